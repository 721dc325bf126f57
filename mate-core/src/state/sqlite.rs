//! Records in a SQLite file: the default of an embedded controller.

use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use rusqlite_migration::{M, Migrations};

use super::store::check;
use super::{Record, StateStore, StoreError};
use crate::ids::TenantKey;

static MIGRATIONS: LazyLock<Migrations<'static>> = LazyLock::new(|| {
    Migrations::new(vec![M::up(
        "CREATE TABLE record (
            environment TEXT NOT NULL,
            tenant TEXT NOT NULL,
            version INTEGER NOT NULL,
            body TEXT NOT NULL,
            PRIMARY KEY (environment, tenant)
        ) STRICT, WITHOUT ROWID;",
    )])
});

/// A store in a SQLite file, with write-ahead log and full synchronisation: what was put survives a power cut.
/// Several processes may use the file at once.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    connection: Arc<Mutex<Connection>>,
}

impl SqliteStore {
    /// Opens the file, makes it when it is not there, and brings an older one to the present form.
    ///
    /// # Errors
    /// [`StoreError::Backend`] when the file cannot be opened or is not such a store.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
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
        MIGRATIONS
            .to_latest(&mut connection)
            .map_err(|source| StoreError::Backend { operation: "migrate the file", source: source.into() })?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)) })
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let connection = Arc::clone(&self.connection);
        tokio::task::spawn_blocking(move || work(&mut connection.lock().unwrap_or_else(PoisonError::into_inner)))
            .await
            .map_err(|source| StoreError::Backend { operation: "run its worker", source: source.into() })?
    }
}

fn failed(operation: &'static str) -> impl FnOnce(rusqlite::Error) -> StoreError {
    move |source| StoreError::Backend { operation, source: source.into() }
}

fn version(connection: &Connection, key: &TenantKey) -> Result<Option<u64>, StoreError> {
    connection
        .query_row(
            "SELECT version FROM record WHERE environment = ?1 AND tenant = ?2",
            params![key.environment.as_str(), key.tenant.as_str()],
            |row| row.get::<_, i64>(0),
        )
        .optional()
        .map(|version| version.map(i64::unsigned_abs))
        .map_err(failed("read a version"))
}

#[async_trait]
impl StateStore for SqliteStore {
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
            body.map(|body| Record::from_json(&body))
                .transpose()
                .map_err(|source| StoreError::Unreadable { key, source })
        })
        .await
    }

    async fn put(&self, record: &Record) -> Result<u64, StoreError> {
        let next = Record { version: record.version + 1, ..record.clone() };
        let expected = record.version;
        self.blocking(move |connection| {
            let transaction = connection
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .map_err(failed("begin a transaction"))?;
            check(&next.key, expected, version(&transaction, &next.key)?)?;
            transaction
                .execute(
                    "INSERT INTO record (environment, tenant, version, body) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO UPDATE SET version = excluded.version, body = excluded.body",
                    params![
                        next.key.environment.as_str(),
                        next.key.tenant.as_str(),
                        next.version.cast_signed(),
                        next.to_json()
                    ],
                )
                .map_err(failed("write a record"))?;
            transaction.commit().map_err(failed("commit a record"))?;
            Ok(next.version)
        })
        .await
    }

    async fn delete(&self, key: &TenantKey, expected: u64) -> Result<(), StoreError> {
        let key = key.clone();
        self.blocking(move |connection| {
            let transaction = connection
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .map_err(failed("begin a transaction"))?;
            check(&key, expected, version(&transaction, &key)?)?;
            transaction
                .execute(
                    "DELETE FROM record WHERE environment = ?1 AND tenant = ?2",
                    params![key.environment.as_str(), key.tenant.as_str()],
                )
                .map_err(failed("remove a record"))?;
            transaction.commit().map_err(failed("commit a removal"))
        })
        .await
    }

    async fn list(&self) -> Result<Vec<TenantKey>, StoreError> {
        self.blocking(|connection| {
            let mut statement = connection
                .prepare("SELECT environment, tenant FROM record ORDER BY environment, tenant")
                .map_err(failed("list records"))?;
            let rows = statement
                .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(failed("list records"))?;
            rows.into_iter()
                .map(|(environment, tenant)| Ok(TenantKey::new(environment.parse()?, tenant.parse()?)))
                .collect::<Result<_, crate::ids::InvalidId>>()
                .map_err(|source| StoreError::Backend { operation: "read a key", source: source.into() })
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::super::suite;
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
        SqliteStore::open(&path).unwrap().put(&record).await.unwrap();
        let again = SqliteStore::open(&path).unwrap().get(&record.key).await.unwrap();
        assert_eq!(again, Some(Record { version: 1, ..record }));
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
