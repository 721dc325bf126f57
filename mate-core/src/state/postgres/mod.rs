//! Records in PostgreSQL, for fleets of controllers.

mod builder;
mod failure;
mod log;
mod schema;
mod tls;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use deadpool_postgres::{Client, ClientWrapper, Pool};
use tokio::time::error::Elapsed;
use tokio_postgres::types::ToSql;
use tokio_postgres::{IsolationLevel, Row};

pub use builder::PostgresBuilder;
use failure::{failed, no_answer, no_connection};
use schema::Statements;

use super::{
    Cursor, Lease, LeaseRequest, LeaseState, Leases, Log, LogEntry, Record, Records, Slot, StoreError, Stored, Unlock,
    Unlocked,
};
use crate::model::ids::{InvalidId, TenantKey};

/// The number of keys that are read at once.
const PAGE: i64 = 1000;

/// The slot of a tenant without the text of its record, which no transition asks for: none until one is written.
type Outline = Slot<Option<String>>;

/// A store in a PostgreSQL database, for any number of controllers on any number of machines.
///
/// One table, `slot`, in a schema of its own (`mate`) has a row for each tenant and environment: the lease, and version, lineage
/// and body of the record. Every change locks the row, decides, and writes it back in the same transaction, so that version and
/// fencing token are checked in the same step as the write. What was put is durable when the call answers: a session that
/// finds `synchronous_commit` off turns it on.
///
/// Clones share the pool of connections. What a role needs: `CREATE` on the database the first time, and to own the schema
/// where a newer version brings it forward; otherwise `USAGE` on it, `SELECT`, `INSERT` and `UPDATE` on `slot` and `delivered`,
/// `SELECT` and `INSERT` on `log`, and `SELECT` on `schema_version`. Between it and the server nothing may share sessions by transaction.
///
/// ```no_run
/// # async fn open() -> Result<(), Box<dyn std::error::Error>> {
/// use mate_core::state::PostgresStore;
///
/// let store = PostgresStore::builder("host=db.internal user=mate dbname=mate sslmode=require")
///     .password(std::env::var("MATE_DATABASE_PASSWORD")?)
///     .root_certificates(std::fs::read("rds-global-bundle.pem")?)
///     .open()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PostgresStore {
    pool: Pool,
    statements: Statements,
    /// The timeout of the wait for a connection, and again of the wait for the answer.
    patience: Duration,
}

/// Without the pool, which knows the password.
impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("schema", &self.statements.schema()).finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// A store in the database of this connection string, in either form of libpq: `postgres://user@host/database?sslmode=require`
    /// or `host=… user=… dbname=…`. Calls nothing until [`PostgresBuilder::open`].
    #[must_use]
    pub fn builder(connection: impl Into<String>) -> PostgresBuilder {
        PostgresBuilder::new(connection.into())
    }

    async fn connection(&self, operation: &'static str) -> Result<Client, StoreError> {
        self.pool.get().await.map_err(no_connection(operation))
    }

    async fn read(
        &self,
        operation: &'static str,
        statement: &str,
        of: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let connection = self.connection(operation).await?;
        let read = async {
            let statement = connection.prepare_cached(statement).await?;
            connection.query(&statement, of).await
        };
        match tokio::time::timeout(self.patience, read).await {
            Ok(rows) => rows.map_err(failed(operation)),
            Err(Elapsed { .. }) => Err(self.give_up(operation, connection)),
        }
    }

    /// All keys that a statement gives, a page at a time. A key that is there all the time is in the list, whatever is written
    /// meanwhile.
    async fn keys(&self, operation: &'static str, statement: &str) -> Result<Vec<TenantKey>, StoreError> {
        let mut keys: Vec<TenantKey> = Vec::new();
        loop {
            let after = keys.last().map_or(("", ""), |key| (key.environment.as_str(), key.tenant.as_str()));
            let rows = self.read(operation, statement, &[&after.0, &after.1, &PAGE]).await?;
            for row in &rows {
                keys.push(key(row, operation)?);
            }
            if i64::try_from(rows.len()).is_ok_and(|read| read < PAGE) {
                return Ok(keys);
            }
        }
    }

    /// One transition of a tenant's slot.
    async fn change<T: Send>(
        &self,
        operation: &'static str,
        of: &TenantKey,
        transition: impl FnOnce(&mut Outline) -> Result<T, StoreError> + Send,
    ) -> Result<T, StoreError> {
        let mut connection = self.connection(operation).await?;
        let changed = change(&mut connection, &self.statements, operation, of, transition);
        match tokio::time::timeout(self.patience, changed).await {
            Ok(answer) => answer,
            Err(Elapsed { .. }) => Err(self.give_up(operation, connection)),
        }
    }

    /// A connection that does not answer does not come back to the pool.
    fn give_up(&self, operation: &'static str, connection: Client) -> StoreError {
        drop(Client::take(connection));
        no_answer(operation, self.patience)
    }
}

/// In one transaction, which is rolled back when this ends early, also by being dropped.
async fn change<T: Send>(
    connection: &mut ClientWrapper,
    statements: &Statements,
    operation: &'static str,
    of: &TenantKey,
    transition: impl FnOnce(&mut Outline) -> Result<T, StoreError> + Send,
) -> Result<T, StoreError> {
    let (environment, tenant) = (of.environment.as_str(), of.tenant.as_str());
    // Whatever the database's default is: under a stricter level, whoever waited for the lock would be refused.
    let transaction = connection.build_transaction().isolation_level(IsolationLevel::ReadCommitted).start().await;
    let transaction = transaction.map_err(failed(operation))?;

    let lock = transaction.prepare_cached(&statements.lock).await.map_err(failed(operation))?;
    let row = match transaction.query_opt(&lock, &[&environment, &tenant]).await.map_err(failed(operation))? {
        Some(row) => row,
        None => {
            let insert = transaction.prepare_cached(&statements.insert).await.map_err(failed(operation))?;
            let free = json(&LeaseState::default());
            transaction.execute(&insert, &[&environment, &tenant, &free]).await.map_err(failed(operation))?;
            transaction.query_one(&lock, &[&environment, &tenant]).await.map_err(failed(operation))?
        }
    };
    let before = outline(&row, operation)?;
    let mut slot = before.clone();
    let answer = transition(&mut slot)?;
    if slot == before {
        return Ok(answer);
    }
    if slot.lease != before.lease {
        let write = transaction.prepare_cached(&statements.write_lease).await.map_err(failed(operation))?;
        let lease = json(&slot.lease);
        transaction.execute(&write, &[&environment, &tenant, &lease]).await.map_err(failed(operation))?;
    }
    if slot.record != before.record {
        let write = transaction.prepare_cached(&statements.write_record).await.map_err(failed(operation))?;
        let version = slot.record.as_ref().map(|record| i64::try_from(record.version)).transpose();
        let version = version.map_err(|source| StoreError::permanent(operation, source))?;
        let lineage = slot.record.as_ref().map(|record| &record.lineage);
        let body = slot.record.as_ref().and_then(|record| record.body.as_ref());
        let record: [&(dyn ToSql + Sync); 5] = [&environment, &tenant, &version, &lineage, &body];
        transaction.execute(&write, &record).await.map_err(failed(operation))?;
    }
    transaction.commit().await.map_err(failed(operation))?;
    Ok(answer)
}

fn json(lease: &LeaseState) -> String {
    serde_json::to_string(lease).expect("a lease has a JSON form")
}

fn lease(row: &Row, operation: &'static str) -> Result<LeaseState, StoreError> {
    let lease: &str = row.try_get("lease").map_err(failed(operation))?;
    serde_json::from_str(lease).map_err(|source| StoreError::permanent("understand a lease", source))
}

fn outline(row: &Row, operation: &'static str) -> Result<Outline, StoreError> {
    let version: Option<i64> = row.try_get("version").map_err(failed(operation))?;
    let lineage: Option<String> = row.try_get("lineage").map_err(failed(operation))?;
    let record = version.zip(lineage).map(|(version, lineage)| {
        let version = u64::try_from(version).map_err(|source| StoreError::permanent("understand a version", source))?;
        Ok(Stored { version, lineage, body: None })
    });
    Ok(Slot { lease: lease(row, operation)?, record: record.transpose()?, ..Slot::default() })
}

fn key(row: &Row, operation: &'static str) -> Result<TenantKey, StoreError> {
    let (environment, tenant): (&str, &str) =
        row.try_get(0).and_then(|of| Ok((of, row.try_get(1)?))).map_err(failed(operation))?;
    let key = environment.parse().and_then(|of| Ok(TenantKey::new(of, tenant.parse()?)));
    key.map_err(|source: InvalidId| StoreError::permanent("read a key", source))
}

#[async_trait]
impl Records for PostgresStore {
    async fn get(&self, key: &TenantKey) -> Result<Option<Record>, StoreError> {
        const OPERATION: &str = "read a record";
        let of: [&(dyn ToSql + Sync); 2] = [&key.environment.as_str(), &key.tenant.as_str()];
        let rows = self.read(OPERATION, &self.statements.read_record, &of).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let body: &str = row.try_get("body").map_err(failed(OPERATION))?;
        Record::open_for(key, body).map(Some).map_err(|source| StoreError::Unreadable { key: key.clone(), source })
    }

    async fn put(&self, lease: &Lease, record: &Record) -> Result<u64, StoreError> {
        let transition = |slot: &mut Outline| slot.put_as(lease, record, |next| Some(next.seal()));
        self.change("write a record", &lease.key, transition).await
    }

    async fn delete(&self, lease: &Lease, version: u64) -> Result<(), StoreError> {
        self.change("remove a record", &lease.key, |slot| slot.delete(lease, version)).await
    }

    async fn list(&self) -> Result<Vec<TenantKey>, StoreError> {
        self.keys("list records", &self.statements.list).await
    }
}

#[async_trait]
impl Leases for PostgresStore {
    async fn acquire(&self, request: &LeaseRequest) -> Result<Lease, StoreError> {
        self.change("take a lease", &request.key, |slot| slot.acquire(request)).await
    }

    async fn renew(&self, lease: &Lease, now: i64, ttl: Duration) -> Result<Lease, StoreError> {
        self.change("renew a lease", &lease.key, |slot| slot.renew(lease, now, ttl)).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        let transition = |slot: &mut Outline| {
            slot.release(lease);
            Ok(())
        };
        self.change("give a lease back", &lease.key, transition).await
    }

    async fn unlock(&self, unlock: &Unlock) -> Result<Option<Unlocked>, StoreError> {
        self.change("take a lease away", &unlock.key, |slot| Ok(slot.unlock(unlock))).await
    }

    async fn lease(&self, key: &TenantKey) -> Result<LeaseState, StoreError> {
        const OPERATION: &str = "read a lease";
        let of: [&(dyn ToSql + Sync); 2] = [&key.environment.as_str(), &key.tenant.as_str()];
        let rows = self.read(OPERATION, &self.statements.read_lease, &of).await?;
        rows.first().map_or_else(|| Ok(LeaseState::default()), |row| lease(row, OPERATION))
    }
}

#[async_trait]
impl Log for PostgresStore {
    async fn append(&self, lease: &Lease, entries: &[LogEntry]) -> Result<(), StoreError> {
        self.append_to_log(lease, entries).await
    }

    async fn log(&self, key: &TenantKey, after: u64, limit: usize) -> Result<Vec<LogEntry>, StoreError> {
        self.read_log(key, after, limit).await
    }

    async fn last_logged(&self, key: &TenantKey) -> Result<Option<LogEntry>, StoreError> {
        self.read_last_logged(key).await
    }

    async fn logged(&self) -> Result<Vec<TenantKey>, StoreError> {
        self.keys("list logs", &self.statements.logged).await
    }
}

#[async_trait]
impl Cursor for PostgresStore {
    async fn delivered(&self, key: &TenantKey) -> Result<u64, StoreError> {
        self.read_delivered(key).await
    }

    async fn set_delivered(&self, key: &TenantKey, seq: u64) -> Result<(), StoreError> {
        self.write_delivered(key, seq).await
    }
}
