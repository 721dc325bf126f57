//! The log's table.

use std::collections::BTreeMap;

use deadpool_postgres::ClientWrapper;
use tokio::time::error::Elapsed;
use tokio_postgres::types::ToSql;
use tokio_postgres::{IsolationLevel, Row};

use super::schema::Statements;
use super::{PostgresStore, failed, lease};
use crate::model::ids::TenantKey;
use crate::state::{Lease, LogEntry, StoreError, check_append};

const APPEND: &str = "append to a log";
const READ: &str = "read a log";
const CURSOR: &str = "move a cursor";

impl PostgresStore {
    pub(super) async fn append_to_log(&self, lease: &Lease, entries: &[LogEntry]) -> Result<(), StoreError> {
        let mut connection = self.connection(APPEND).await?;
        let appended = append(&mut connection, &self.statements, lease, entries);
        match tokio::time::timeout(self.patience, appended).await {
            Ok(answer) => answer,
            Err(Elapsed { .. }) => Err(self.give_up(APPEND, connection)),
        }
    }

    pub(super) async fn read_log(
        &self,
        key: &TenantKey,
        after: u64,
        limit: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        let (after, limit) = (i64::try_from(after).unwrap_or(i64::MAX), i64::try_from(limit).unwrap_or(i64::MAX));
        let of: [&(dyn ToSql + Sync); 4] = [&key.environment.as_str(), &key.tenant.as_str(), &after, &limit];
        self.read(READ, &self.statements.read_log, &of).await?.iter().map(entry).collect()
    }

    pub(super) async fn read_last_logged(&self, key: &TenantKey) -> Result<Option<LogEntry>, StoreError> {
        let of: [&(dyn ToSql + Sync); 2] = [&key.environment.as_str(), &key.tenant.as_str()];
        self.read(READ, &self.statements.last_logged, &of).await?.first().map(entry).transpose()
    }

    pub(super) async fn read_delivered(&self, key: &TenantKey) -> Result<u64, StoreError> {
        const OPERATION: &str = "read a cursor";
        let of: [&(dyn ToSql + Sync); 2] = [&key.environment.as_str(), &key.tenant.as_str()];
        let rows = self.read(OPERATION, &self.statements.read_delivered, &of).await?;
        let Some(row) = rows.first() else { return Ok(0) };
        let seq: i64 = row.try_get(0).map_err(failed(OPERATION))?;
        Ok(seq.unsigned_abs())
    }

    pub(super) async fn write_delivered(&self, key: &TenantKey, seq: u64) -> Result<(), StoreError> {
        let seq = number(seq)?;
        let of: [&(dyn ToSql + Sync); 3] = [&key.environment.as_str(), &key.tenant.as_str(), &seq];
        self.read(CURSOR, &self.statements.write_delivered, &of).await.map(drop)
    }
}

/// In one transaction, under the lock of the tenant's row.
async fn append(
    connection: &mut ClientWrapper,
    statements: &Statements,
    held: &Lease,
    entries: &[LogEntry],
) -> Result<(), StoreError> {
    let (environment, tenant) = (held.key.environment.as_str(), held.key.tenant.as_str());
    let transaction = connection.build_transaction().isolation_level(IsolationLevel::ReadCommitted).start().await;
    let transaction = transaction.map_err(failed(APPEND))?;
    let lock = transaction.prepare_cached(&statements.lock).await.map_err(failed(APPEND))?;
    let row = transaction.query_opt(&lock, &[&environment, &tenant]).await.map_err(failed(APPEND))?;
    let state = row.map(|row| lease(&row, APPEND)).transpose()?.unwrap_or_default();
    let fenced = |holder| StoreError::Fenced { key: held.key.clone(), fence: held.fence, holder };
    state.admit(held.fence).map_err(fenced)?;

    let from = number(entries.first().map_or(0, |first| first.seq.saturating_sub(1)))?;
    let hashes = transaction.prepare_cached(&statements.hashes).await.map_err(failed(APPEND))?;
    let rows = transaction.query(&hashes, &[&environment, &tenant, &from]).await.map_err(failed(APPEND))?;
    let standing = rows.iter().map(|row| Ok((row.try_get::<_, i64>(0)?.unsigned_abs(), row.try_get(1)?)));
    let standing: BTreeMap<u64, String> = standing.collect::<Result<_, _>>().map_err(failed(APPEND))?;

    let insert = transaction.prepare_cached(&statements.append).await.map_err(failed(APPEND))?;
    for entry in check_append(&held.key, &standing, entries)? {
        let (seq, body) = (number(entry.seq)?, serde_json::to_string(entry).expect("an entry has a JSON form"));
        let row: [&(dyn ToSql + Sync); 5] = [&environment, &tenant, &seq, &entry.hash, &body];
        transaction.execute(&insert, &row).await.map_err(failed(APPEND))?;
    }
    transaction.commit().await.map_err(failed(APPEND))
}

fn number(seq: u64) -> Result<i64, StoreError> {
    i64::try_from(seq).map_err(|source| StoreError::permanent(APPEND, source))
}

fn entry(row: &Row) -> Result<LogEntry, StoreError> {
    let body: &str = row.try_get(0).map_err(failed(READ))?;
    serde_json::from_str(body).map_err(|source| StoreError::permanent("understand a log", source))
}
