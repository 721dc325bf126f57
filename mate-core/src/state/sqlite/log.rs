//! The log's table.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::failed;
use crate::model::ids::TenantKey;
use crate::state::{LogEntry, StoreError, check_append};

const READ: &str = "read a log";

pub(super) fn append(connection: &Connection, key: &TenantKey, entries: &[LogEntry]) -> Result<(), StoreError> {
    let from = entries.first().map_or(0, |first| first.seq.saturating_sub(1));
    let mut statement = connection
        .prepare("SELECT seq, hash FROM log WHERE environment = ?1 AND tenant = ?2 AND seq >= ?3")
        .map_err(failed(READ))?;
    let standing: BTreeMap<u64, String> = statement
        .query_map(params![key.environment.as_str(), key.tenant.as_str(), from.cast_signed()], |row| {
            Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?))
        })
        .and_then(Iterator::collect)
        .map_err(failed(READ))?;
    for entry in check_append(key, &standing, entries)? {
        let body = serde_json::to_string(entry).expect("an entry has a JSON form");
        connection
            .execute(
                "INSERT INTO log (environment, tenant, seq, hash, body) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![key.environment.as_str(), key.tenant.as_str(), entry.seq.cast_signed(), entry.hash, body],
            )
            .map_err(failed("append to a log"))?;
    }
    Ok(())
}

pub(super) fn read(
    connection: &Connection,
    key: &TenantKey,
    after: u64,
    limit: usize,
) -> Result<Vec<LogEntry>, StoreError> {
    let mut statement = connection
        .prepare("SELECT body FROM log WHERE environment = ?1 AND tenant = ?2 AND seq > ?3 ORDER BY seq LIMIT ?4")
        .map_err(failed(READ))?;
    let (after, limit) = (after.cast_signed(), i64::try_from(limit).unwrap_or(i64::MAX));
    let bodies = statement
        .query_map(params![key.environment.as_str(), key.tenant.as_str(), after, limit], |row| row.get::<_, String>(0))
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(failed(READ))?;
    bodies.iter().map(|body| entry(body)).collect()
}

pub(super) fn last(connection: &Connection, key: &TenantKey) -> Result<Option<LogEntry>, StoreError> {
    let body: Option<String> = connection
        .query_row(
            "SELECT body FROM log WHERE environment = ?1 AND tenant = ?2 ORDER BY seq DESC LIMIT 1",
            params![key.environment.as_str(), key.tenant.as_str()],
            |row| row.get(0),
        )
        .optional()
        .map_err(failed(READ))?;
    body.map(|body| entry(&body)).transpose()
}

pub(super) fn delivered(connection: &Connection, key: &TenantKey) -> Result<u64, StoreError> {
    let seq: Option<i64> = connection
        .query_row(
            "SELECT seq FROM delivered WHERE environment = ?1 AND tenant = ?2",
            params![key.environment.as_str(), key.tenant.as_str()],
            |row| row.get(0),
        )
        .optional()
        .map_err(failed("read a cursor"))?;
    Ok(seq.map_or(0, i64::unsigned_abs))
}

pub(super) fn set_delivered(connection: &Connection, key: &TenantKey, seq: u64) -> Result<(), StoreError> {
    connection
        .execute(
            "INSERT INTO delivered (environment, tenant, seq) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)",
            params![key.environment.as_str(), key.tenant.as_str(), seq.cast_signed()],
        )
        .map(drop)
        .map_err(failed("move a cursor"))
}

fn entry(body: &str) -> Result<LogEntry, StoreError> {
    serde_json::from_str(body).map_err(|source| StoreError::permanent("understand a log", source))
}
