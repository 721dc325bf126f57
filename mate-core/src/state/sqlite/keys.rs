//! Lists of keys: by an index that holds nothing else, a page at a time.

use rusqlite::{Connection, params};

use super::{SqliteStore, failed};
use crate::model::ids::{InvalidId, TenantKey};
use crate::state::StoreError;

/// The number of keys that are read at once. The connection is free for other calls between two pages.
pub(super) const PAGE: usize = 1000;

/// The keys of the records after a key.
pub(super) const RECORDS: &str = "SELECT environment, tenant FROM record
    WHERE (environment, tenant) > (?1, ?2) ORDER BY environment, tenant LIMIT ?3";

/// The keys of the logs after a key: each log has one first entry.
pub(super) const LOGS: &str = "SELECT environment, tenant FROM log
    WHERE seq = 1 AND (environment, tenant) > (?1, ?2) ORDER BY environment, tenant LIMIT ?3";

impl SqliteStore {
    /// All keys that a statement gives. A key that is there all the time is in the list, whatever is written meanwhile.
    pub(super) async fn keys(
        &self,
        statement: &'static str,
        operation: &'static str,
    ) -> Result<Vec<TenantKey>, StoreError> {
        let mut keys: Vec<TenantKey> = Vec::new();
        loop {
            let after = keys.last().cloned();
            let next = self.blocking(move |connection| page(connection, statement, operation, after.as_ref())).await?;
            let full = next.len() == PAGE;
            keys.extend(next);
            if !full {
                return Ok(keys);
            }
        }
    }
}

/// The keys after `after`, [`PAGE`] at most.
pub(super) fn page(
    connection: &Connection,
    statement: &str,
    operation: &'static str,
    after: Option<&TenantKey>,
) -> Result<Vec<TenantKey>, StoreError> {
    let after = after.map_or(("", ""), |key| (key.environment.as_str(), key.tenant.as_str()));
    let mut statement = connection.prepare_cached(statement).map_err(failed(operation))?;
    let rows = statement
        .query_map(params![after.0, after.1, PAGE as i64], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(failed(operation))?;
    rows.into_iter()
        .map(|(environment, tenant)| Ok(TenantKey::new(environment.parse()?, tenant.parse()?)))
        .collect::<Result<_, InvalidId>>()
        .map_err(|source| StoreError::permanent("read a key", source))
}
