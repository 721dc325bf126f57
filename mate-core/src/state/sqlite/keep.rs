//! Rows as they stand in the file, for tests that save them and give them to a later version.

use rusqlite::{Connection, OptionalExtension, params};

use super::{SqliteStore, failed, lease, log};
use crate::model::ids::TenantKey;
use crate::state::{LogEntry, LogState, Slot, StoreError, Stored};

impl SqliteStore {
    /// The slot of a tenant with its record as it stands in the file, and its log.
    ///
    /// # Errors
    /// [`StoreError::Backend`].
    pub async fn kept_of(&self, key: &TenantKey) -> Result<(Slot, Vec<LogEntry>), StoreError> {
        let key = key.clone();
        self.blocking(move |connection| {
            let record = stored(connection, &key)?;
            let entries = log::read(connection, &key, 0, usize::MAX)?;
            let state = LogState { delivered: log::delivered(connection, &key)?, ..LogState::default() };
            Ok((Slot { lease: lease(connection, &key)?, record, log: state }, entries))
        })
        .await
    }

    /// Writes the rows of a tenant that has none yet: the record's text as it is given, whatever version wrote it.
    ///
    /// # Errors
    /// [`StoreError::Backend`], also for a tenant that has rows.
    pub async fn keep(&self, key: &TenantKey, slot: &Slot, entries: &[LogEntry]) -> Result<(), StoreError> {
        let (key, slot, entries) = (key.clone(), slot.clone(), entries.to_vec());
        self.alone(move |transaction| {
            let (environment, tenant) = (key.environment.as_str(), key.tenant.as_str());
            if let Some(Stored { version, lineage, body }) = &slot.record {
                transaction
                    .execute(
                        "INSERT INTO record (environment, tenant, version, body, lineage) VALUES (?1, ?2, ?3, ?4, ?5)",
                        params![environment, tenant, version.cast_signed(), body, lineage],
                    )
                    .map_err(failed("write a record"))?;
            }
            let lease = serde_json::to_string(&slot.lease).expect("a lease has a JSON form");
            transaction
                .execute(
                    "INSERT INTO lease (environment, tenant, body) VALUES (?1, ?2, ?3)",
                    params![environment, tenant, lease],
                )
                .map_err(failed("write a lease"))?;
            log::append(transaction, &key, &entries)?;
            log::set_delivered(transaction, &key, slot.log.delivered)
        })
        .await
    }
}

fn stored(connection: &Connection, key: &TenantKey) -> Result<Option<Stored>, StoreError> {
    connection
        .query_row(
            "SELECT version, lineage, body FROM record WHERE environment = ?1 AND tenant = ?2",
            params![key.environment.as_str(), key.tenant.as_str()],
            |row| {
                let version = row.get::<_, i64>(0)?.unsigned_abs();
                Ok(Stored { version, lineage: row.get(1)?, body: row.get(2)? })
            },
        )
        .optional()
        .map_err(failed("read a record"))
}
