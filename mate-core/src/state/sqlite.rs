//! Records in a SQLite file: the default of an embedded controller.

mod failure;
#[cfg(any(test, feature = "testing"))]
mod keep;
mod log;

use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Statement, Transaction, TransactionBehavior, params};
use rusqlite_migration::{M, Migrations};

use self::failure::failed;
use super::store::{Standing, check_write};
use super::{
    Cursor, Lease, LeaseRequest, LeaseState, Leases, Log, LogEntry, Record, Records, StoreError, Unlock, Unlocked,
};
use crate::model::ids::TenantKey;

static MIGRATIONS: LazyLock<Migrations<'static>> = LazyLock::new(|| {
    Migrations::new(vec![
        M::up(
            "CREATE TABLE record (
                environment TEXT NOT NULL,
                tenant TEXT NOT NULL,
                version INTEGER NOT NULL,
                body TEXT NOT NULL,
                PRIMARY KEY (environment, tenant)
            ) STRICT, WITHOUT ROWID;",
        ),
        M::up(
            "ALTER TABLE record ADD COLUMN lineage TEXT NOT NULL DEFAULT '';
            UPDATE record SET lineage = json_extract(body, '$.lineage');
            CREATE TABLE lease (
                environment TEXT NOT NULL,
                tenant TEXT NOT NULL,
                body TEXT NOT NULL,
                PRIMARY KEY (environment, tenant)
            ) STRICT, WITHOUT ROWID;",
        ),
        M::up(
            "CREATE TABLE log (
                environment TEXT NOT NULL,
                tenant TEXT NOT NULL,
                seq INTEGER NOT NULL,
                hash TEXT NOT NULL,
                body TEXT NOT NULL,
                PRIMARY KEY (environment, tenant, seq)
            ) STRICT, WITHOUT ROWID;
            CREATE TRIGGER log_is_not_changed BEFORE UPDATE ON log
            BEGIN SELECT RAISE(ABORT, 'a log is only added to'); END;
            CREATE TRIGGER log_is_not_cut BEFORE DELETE ON log
            BEGIN SELECT RAISE(ABORT, 'a log is only added to'); END;
            CREATE TABLE delivered (
                environment TEXT NOT NULL,
                tenant TEXT NOT NULL,
                seq INTEGER NOT NULL,
                PRIMARY KEY (environment, tenant)
            ) STRICT, WITHOUT ROWID;",
        ),
    ])
});

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

fn keys(statement: &mut Statement<'_>, operation: &'static str) -> Result<Vec<TenantKey>, StoreError> {
    let rows = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(failed(operation))?;
    rows.into_iter()
        .map(|(environment, tenant)| Ok(TenantKey::new(environment.parse()?, tenant.parse()?)))
        .collect::<Result<_, crate::model::ids::InvalidId>>()
        .map_err(|source| StoreError::permanent("read a key", source))
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
        self.blocking(|connection| {
            let mut statement = connection
                .prepare("SELECT environment, tenant FROM record ORDER BY environment, tenant")
                .map_err(failed("list records"))?;
            keys(&mut statement, "list records")
        })
        .await
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
        self.blocking(|connection| log::keys_of(connection)).await
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
mod tests {
    use super::super::{RecordError, StateStore, suite};
    use super::*;

    #[tokio::test]
    async fn it_keeps_the_contract_of_a_store() {
        let folder = tempfile::tempdir().unwrap();
        let count = std::sync::atomic::AtomicUsize::new(0);
        suite::run(|| {
            let number = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let path = folder.path().join(format!("{number}.db"));
            async move { Arc::new(SqliteStore::open(path).unwrap()) as Arc<dyn StateStore> }
        })
        .await;
    }

    #[tokio::test]
    async fn what_was_put_is_there_for_the_next_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mate.db");
        let record = suite::record("regional");
        let store = SqliteStore::open(&path).unwrap();
        let lease = suite::leased(&store, &record.key).await;
        store.put(&lease, &record).await.unwrap();
        drop(store);
        let again = SqliteStore::open(&path).unwrap();
        assert_eq!(again.get(&record.key).await.unwrap(), Some(Record { version: 1, ..record.clone() }));
        assert_eq!(again.lease(&record.key).await.unwrap().fence, lease.fence);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn only_the_owner_reads_the_file_and_what_stands_beside_it() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let files = ["mate.db", "mate.db-wal", "mate.db-shm"].map(|name| folder.path().join(name));
        let modes = || files.each_ref().map(|file| std::fs::metadata(file).unwrap().permissions().mode() & 0o777);
        let store = SqliteStore::open(&files[0]).unwrap();
        drop(suite::leased(&store, &suite::record("regional").key).await);
        assert_eq!(modes(), [0o600; 3]);
        for file in &files {
            std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o644)).unwrap();
        }
        let again = SqliteStore::open(&files[0]).unwrap();
        assert_eq!(modes(), [0o600; 3], "files of an earlier version");
        assert!(again.list().await.unwrap().is_empty());
    }

    #[test]
    fn what_is_in_memory_leaves_no_file() {
        let names = [":memory:", "", "file:never?mode=memory"];
        for name in names {
            drop(SqliteStore::open(name).unwrap());
            assert!(!Path::new(name).exists(), "{name}");
        }
    }

    #[tokio::test]
    async fn a_file_of_the_first_schema_is_brought_to_the_present_form() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mate.db");
        let body =
            suite::record("regional").to_json().replace(&format!("\"schema\":{}", Record::SCHEMA), "\"schema\":1");
        {
            let mut connection = Connection::open(&path).unwrap();
            MIGRATIONS.to_version(&mut connection, 1).unwrap();
            connection.execute("INSERT INTO record VALUES ('dev', 'regional', 0, ?1)", [body]).unwrap();
        }
        let store = SqliteStore::open(&path).unwrap();
        let record = store.get(&suite::record("regional").key).await.unwrap().unwrap();
        assert_eq!(record, suite::record("regional"));
        let lease = suite::leased(&store, &record.key).await;
        let stranger = Record { lineage: "f".repeat(32), ..record.clone() };
        assert!(matches!(store.put(&lease, &stranger).await, Err(StoreError::OtherLineage { .. })));
        assert_eq!(store.put(&lease, &record).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_record_in_the_place_of_another_tenant_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mate.db");
        let (acme, other) = (suite::record("acme"), suite::record("other"));
        let store = SqliteStore::open(&path).unwrap();
        store.put(&suite::leased(&store, &acme.key).await, &acme).await.unwrap();
        let wrong = "INSERT INTO record SELECT environment, 'other', version, body, lineage FROM record";
        Connection::open(&path).unwrap().execute(wrong, []).unwrap();
        let read = store.get(&other.key).await;
        assert!(
            matches!(&read, Err(StoreError::Unreadable { key, source: RecordError::OtherKey(found) })
                if *key == other.key && *found == acme.key),
            "{read:?}"
        );
        assert_eq!(store.get(&acme.key).await.unwrap().map(|record| record.key), Some(acme.key));
    }

    #[tokio::test]
    async fn a_file_that_is_no_store_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("letter.txt");
        let text = "Dear hospital, this is not a database. ".repeat(100);
        std::fs::write(&path, &text).unwrap();
        assert!(matches!(SqliteStore::open(&path), Err(StoreError::Backend { .. })));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn the_migrations_are_sound() {
        MIGRATIONS.validate().unwrap();
    }
}
