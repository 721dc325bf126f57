//! Records in a SQLite file: the default of an embedded controller.

mod failure;
#[cfg(any(test, feature = "testing"))]
mod keep;
mod keys;
mod log;
mod schema;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use self::failure::failed;
use self::schema::MIGRATIONS;
use super::store::{Standing, check_write};
use super::{
    Cursor, Lease, LeaseRequest, LeaseState, Leases, Log, LogEntry, Record, Records, StoreError, Unlock, Unlocked,
};
use crate::model::ids::TenantKey;

/// Gives the file, its write-ahead log and the index of that the mode 0600. The file is created if it does not exist.
#[cfg(unix)]
fn private(path: &Path) -> std::io::Result<()> {
    use std::fs::{OpenOptions, Permissions, set_permissions};
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};

    // SQLite's own names of what is in memory, and its URIs, are no paths.
    if path.as_os_str().is_empty()
        || path == Path::new(":memory:")
        || path.to_str().is_some_and(|path| path.starts_with("file:"))
    {
        return Ok(());
    }
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(suffix);
        match std::fs::metadata(&file) {
            Ok(found) if found.permissions().mode() & 0o077 != 0 => {
                set_permissions(&file, Permissions::from_mode(0o600))?
            }
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A store in a SQLite file, with write-ahead log and full synchronisation: what was put survives a power cut.
/// Several processes may use the file at once.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    connection: Arc<Mutex<Connection>>,
}

impl SqliteStore {
    /// Opens the file, creates it if it does not exist, and migrates an older one.
    ///
    /// On Unix only the owner may read and write the file (mode 0600). An existing file with a wider mode gets this one, and so do
    /// its write-ahead log and its index of that, which SQLite creates with the mode of the file.
    ///
    /// # Errors
    /// [`StoreError::Backend`] if the file cannot be opened, its mode cannot be set, or it is not such a store.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        #[cfg(unix)]
        private(path.as_ref())
            .map_err(|source| StoreError::permanent("make the file readable by its owner only", source))?;
        Self::prepare(Connection::open(path).map_err(failed("open the file"))?)
    }

    /// A store in memory that goes with its last clone.
    ///
    /// # Errors
    /// [`StoreError::Backend`].
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::prepare(Connection::open_in_memory().map_err(failed("open memory"))?)
    }

    fn prepare(mut connection: Connection) -> Result<Self, StoreError> {
        connection.busy_timeout(Duration::from_secs(10)).map_err(failed("set the busy timeout"))?;
        connection
            .pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))
            .and_then(|()| connection.pragma_update(None, "synchronous", "FULL"))
            .map_err(failed("turn on the write-ahead log"))?;
        MIGRATIONS.to_latest(&mut connection).map_err(|source| StoreError::permanent("migrate the file", source))?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)) })
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let connection = Arc::clone(&self.connection);
        tokio::task::spawn_blocking(move || work(&mut connection.lock().unwrap_or_else(PoisonError::into_inner)))
            .await
            .map_err(|source| StoreError::permanent("run its worker", source))?
    }

    /// Works in one transaction that is the only one that writes, from its first statement on.
    async fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.blocking(move |connection| {
            let transaction = connection
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .map_err(failed("begin a transaction"))?;
            let done = work(&transaction)?;
            transaction.commit().map_err(failed("commit a transaction"))?;
            Ok(done)
        })
        .await
    }

    /// One transition of a lease.
    async fn change_lease<T: Send + 'static>(
        &self,
        key: TenantKey,
        change: impl FnOnce(&mut LeaseState) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.alone(move |transaction| {
            let mut state = lease(transaction, &key)?;
            let before = state.clone();
            let answer = change(&mut state)?;
            if state != before {
                let body = serde_json::to_string(&state).expect("a lease has a JSON form");
                transaction
                    .execute(
                        "INSERT INTO lease (environment, tenant, body) VALUES (?1, ?2, ?3)
                         ON CONFLICT DO UPDATE SET body = excluded.body",
                        params![key.environment.as_str(), key.tenant.as_str(), body],
                    )
                    .map_err(failed("write a lease"))?;
            }
            Ok(answer)
        })
        .await
    }
}

fn standing(connection: &Connection, key: &TenantKey) -> Result<Option<Standing>, StoreError> {
    connection
        .query_row(
            "SELECT version, lineage FROM record WHERE environment = ?1 AND tenant = ?2",
            params![key.environment.as_str(), key.tenant.as_str()],
            |row| Ok(Standing { version: row.get::<_, i64>(0)?.unsigned_abs(), lineage: row.get(1)? }),
        )
        .optional()
        .map_err(failed("read a version"))
}

fn lease(connection: &Connection, key: &TenantKey) -> Result<LeaseState, StoreError> {
    let body: Option<String> = connection
        .query_row(
            "SELECT body FROM lease WHERE environment = ?1 AND tenant = ?2",
            params![key.environment.as_str(), key.tenant.as_str()],
            |row| row.get(0),
        )
        .optional()
        .map_err(failed("read a lease"))?;
    let Some(body) = body else { return Ok(LeaseState::default()) };
    serde_json::from_str(&body).map_err(|source| StoreError::permanent("read a lease", source))
}

#[async_trait]
impl Records for SqliteStore {
    async fn get(&self, key: &TenantKey) -> Result<Option<Record>, StoreError> {
        let key = key.clone();
        self.blocking(move |connection| {
            let body: Option<String> = connection
                .query_row(
                    "SELECT body FROM record WHERE environment = ?1 AND tenant = ?2",
                    params![key.environment.as_str(), key.tenant.as_str()],
                    |row| row.get(0),
                )
                .optional()
                .map_err(failed("read a record"))?;
            let record = body.map(|body| Record::open_for(&key, &body)).transpose();
            record.map_err(|source| StoreError::Unreadable { key, source })
        })
        .await
    }

    async fn put(&self, lease_held: &Lease, record: &Record) -> Result<u64, StoreError> {
        let (held, expected, lineage) = (lease_held.clone(), record.version, record.lineage.clone());
        let (version, body) = record.seal_next(&lease_held.key)?;
        self.alone(move |transaction| {
            let state = lease(transaction, &held.key)?;
            let standing = standing(transaction, &held.key)?;
            check_write(&held, &state, expected, Some(&lineage), standing.as_ref())?;
            transaction
                .execute(
                    "INSERT INTO record (environment, tenant, version, body, lineage) VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT DO UPDATE
                     SET version = excluded.version, body = excluded.body, lineage = excluded.lineage",
                    params![
                        held.key.environment.as_str(),
                        held.key.tenant.as_str(),
                        version.cast_signed(),
                        body,
                        lineage
                    ],
                )
                .map_err(failed("write a record"))?;
            Ok(version)
        })
        .await
    }

    async fn delete(&self, lease_held: &Lease, version: u64) -> Result<(), StoreError> {
        let held = lease_held.clone();
        self.alone(move |transaction| {
            let state = lease(transaction, &held.key)?;
            let standing = standing(transaction, &held.key)?;
            check_write(&held, &state, version, None, standing.as_ref())?;
            transaction
                .execute(
                    "DELETE FROM record WHERE environment = ?1 AND tenant = ?2",
                    params![held.key.environment.as_str(), held.key.tenant.as_str()],
                )
                .map_err(failed("remove a record"))?;
            Ok(())
        })
        .await
    }

    async fn list(&self) -> Result<Vec<TenantKey>, StoreError> {
        self.keys(keys::RECORDS, "list records").await
    }
}

#[async_trait]
impl Leases for SqliteStore {
    async fn acquire(&self, request: &LeaseRequest) -> Result<Lease, StoreError> {
        let request = request.clone();
        self.change_lease(request.key.clone(), move |state| {
            state.acquire(&request).map_err(|holder| StoreError::Held { key: request.key, holder })
        })
        .await
    }

    async fn renew(&self, lease: &Lease, now: i64, ttl: Duration) -> Result<Lease, StoreError> {
        let lease = lease.clone();
        self.change_lease(lease.key.clone(), move |state| {
            let fenced = |holder| StoreError::Fenced { key: lease.key.clone(), fence: lease.fence, holder };
            state.renew(&lease, now, ttl).map_err(fenced)
        })
        .await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.change_lease(lease.key.clone(), move |state| {
            state.release(&lease);
            Ok(())
        })
        .await
    }

    async fn unlock(&self, unlock: &Unlock) -> Result<Option<Unlocked>, StoreError> {
        let unlock = unlock.clone();
        self.change_lease(unlock.key.clone(), move |state| Ok(state.unlock(&unlock))).await
    }

    async fn lease(&self, key: &TenantKey) -> Result<LeaseState, StoreError> {
        let key = key.clone();
        self.blocking(move |connection| lease(connection, &key)).await
    }
}

#[async_trait]
impl Log for SqliteStore {
    async fn append(&self, lease_held: &Lease, entries: &[LogEntry]) -> Result<(), StoreError> {
        let (held, entries) = (lease_held.clone(), entries.to_vec());
        self.alone(move |transaction| {
            let fenced = |holder| StoreError::Fenced { key: held.key.clone(), fence: held.fence, holder };
            lease(transaction, &held.key)?.admit(held.fence).map_err(fenced)?;
            log::append(transaction, &held.key, &entries)
        })
        .await
    }

    async fn log(&self, key: &TenantKey, after: u64, limit: usize) -> Result<Vec<LogEntry>, StoreError> {
        let key = key.clone();
        self.blocking(move |connection| log::read(connection, &key, after, limit)).await
    }

    async fn last_logged(&self, key: &TenantKey) -> Result<Option<LogEntry>, StoreError> {
        let key = key.clone();
        self.blocking(move |connection| log::last(connection, &key)).await
    }

    async fn logged(&self) -> Result<Vec<TenantKey>, StoreError> {
        self.keys(keys::LOGS, "list logs").await
    }
}

#[async_trait]
impl Cursor for SqliteStore {
    async fn delivered(&self, key: &TenantKey) -> Result<u64, StoreError> {
        let key = key.clone();
        self.blocking(move |connection| log::delivered(connection, &key)).await
    }

    async fn set_delivered(&self, key: &TenantKey, seq: u64) -> Result<(), StoreError> {
        let key = key.clone();
        self.alone(move |transaction| log::set_delivered(transaction, &key, seq)).await
    }
}

#[cfg(test)]
mod tests;
