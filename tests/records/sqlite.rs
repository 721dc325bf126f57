//! The same records in a SQLite store.

use mate::state::StoreError;
use mate::state::{Cursor, Leases, Log, Records};
use mate::{MemoryStore, SqliteStore};

use crate::check::text;
use crate::fixture::Fixture;

/// The store reads what memory reads, and leaves every text as it is.
pub(crate) async fn check(fixture: &Fixture) -> Result<(), String> {
    compare(fixture).await.map_err(text)?
}

async fn compare(fixture: &Fixture) -> Result<Result<(), String>, StoreError> {
    let (sqlite, memory) = (SqliteStore::in_memory()?, MemoryStore::new());
    for kept in &fixture.store {
        sqlite.keep(&kept.key(), &kept.slot(), &kept.log()).await?;
        memory.keep(&kept.key(), &kept.slot(), kept.log())?;
    }
    for key in fixture.store.iter().map(|kept| kept.key()) {
        let before = sqlite.kept_of(&key).await?;
        if sqlite.get(&key).await? != memory.get(&key).await? {
            return Ok(Err(format!("SQLite and memory read other records of {key}")));
        }
        let of_sqlite =
            (sqlite.lease(&key).await?, sqlite.log(&key, 0, usize::MAX).await?, sqlite.delivered(&key).await?);
        let of_memory =
            (memory.lease(&key).await?, memory.log(&key, 0, usize::MAX).await?, memory.delivered(&key).await?);
        if of_sqlite != of_memory {
            return Ok(Err(format!("SQLite and memory read another lease or log of {key}")));
        }
        if sqlite.kept_of(&key).await? != before {
            return Ok(Err(format!("reading {key} has changed the file")));
        }
    }
    let listed = sqlite.list().await?;
    Ok(if listed == memory.list().await? { Ok(()) } else { Err(format!("other records are listed: {listed:?}")) })
}
