//! The same records in the file of a SQLite store.

use std::path::PathBuf;

use mate::{MemoryStore, SqliteStore, StateStore};
use rusqlite::{Connection, params};

use crate::fixture::{Fixture, Kept};

/// Files with one fixture each.
pub(crate) struct Files {
    folder: tempfile::TempDir,
    empty: PathBuf,
}

type Row = (String, String, i64, String, String);

impl Files {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty.db");
        drop(SqliteStore::open(&empty).unwrap());
        Self { folder, empty }
    }

    /// The store reads what is in its file, and leaves it byte by byte as it is.
    pub(crate) async fn check(&self, fixture: &Fixture) -> Result<(), String> {
        let path = self.folder.path().join(format!("{}.db", fixture.place().replace('/', "-")));
        std::fs::copy(&self.empty, &path).unwrap();
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, "synchronous", "OFF").unwrap();
        fixture.store.iter().for_each(|kept| insert(&connection, kept));
        let before = rows(&connection);
        let (store, memory) = (SqliteStore::open(&path).unwrap(), MemoryStore::new());
        for kept in &fixture.store {
            let key = kept.key();
            memory.keep(&key, &kept.slot(), kept.log()).unwrap();
            let read = store.get(&key).await.map_err(|error| format!("{error:?}"))?;
            if read != memory.get(&key).await.unwrap() {
                return Err(format!("SQLite and memory read other records of {key}"));
            }
            let lease = store.lease(&key).await.map_err(|error| format!("{error:?}"))?;
            let log = store.log(&key, 0, usize::MAX >> 1).await.map_err(|error| format!("{error:?}"))?;
            if lease != kept.lease() || log != kept.log() {
                return Err(format!("lease or log of {key} is another one"));
            }
        }
        let listed = store.list().await.map_err(|error| format!("{error:?}"))?;
        if listed != memory.list().await.unwrap() {
            return Err(format!("other records are listed: {listed:?}"));
        }
        if rows(&connection) != before {
            return Err("reading it has changed the file".to_owned());
        }
        Ok(())
    }
}

fn insert(connection: &Connection, kept: &Kept) {
    let (key, slot) = (kept.key(), kept.slot());
    let (environment, tenant) = (key.environment.as_str(), key.tenant.as_str());
    if let Some(stored) = &slot.record {
        let version = i64::try_from(stored.version).unwrap();
        let row = params![environment, tenant, version, stored.body, stored.lineage];
        let insert = "INSERT INTO record (environment, tenant, version, body, lineage) VALUES (?1, ?2, ?3, ?4, ?5)";
        connection.execute(insert, row).unwrap();
    }
    let lease = serde_json::to_string(&slot.lease).unwrap();
    let insert = "INSERT INTO lease (environment, tenant, body) VALUES (?1, ?2, ?3)";
    connection.execute(insert, params![environment, tenant, lease]).unwrap();
    for entry in kept.log() {
        let body = serde_json::to_string(&entry).unwrap();
        let row = params![environment, tenant, i64::try_from(entry.seq).unwrap(), entry.hash, body];
        let insert = "INSERT INTO log (environment, tenant, seq, hash, body) VALUES (?1, ?2, ?3, ?4, ?5)";
        connection.execute(insert, row).unwrap();
    }
}

fn rows(connection: &Connection) -> Vec<Row> {
    let select = "SELECT environment, tenant, version, body, lineage FROM record ORDER BY environment, tenant";
    let mut statement = connection.prepare(select).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)));
    rows.unwrap().map(Result::unwrap).collect()
}
