//! The tables, their migrations, and their statements.

use std::sync::Arc;

use deadpool_postgres::ClientWrapper;
use sha2::{Digest, Sha256};
use tokio_postgres::{GenericClient, IsolationLevel};

use super::failure::failed;
use crate::state::StoreError;

/// The statements that bring the schema to version 1, 2, ...; each runs with the schema as its search path.
///
/// Of two readings of JSON it is `json`: `jsonb` refuses a NUL in a name.
const MIGRATIONS: [&str; 3] = [
    r#"
    CREATE TABLE slot (
        environment text COLLATE "C" NOT NULL,
        tenant text COLLATE "C" NOT NULL,
        lease json NOT NULL,
        version bigint CHECK (version > 0),
        lineage text,
        body text,
        PRIMARY KEY (environment, tenant),
        CONSTRAINT whole_record CHECK (num_nulls(version, lineage, body) IN (0, 3))
    );
"#,
    r#"
    CREATE TABLE log (
        environment text COLLATE "C" NOT NULL,
        tenant text COLLATE "C" NOT NULL,
        seq bigint NOT NULL CHECK (seq > 0),
        hash text NOT NULL,
        body text NOT NULL,
        PRIMARY KEY (environment, tenant, seq)
    );
    CREATE TABLE delivered (
        environment text COLLATE "C" NOT NULL,
        tenant text COLLATE "C" NOT NULL,
        seq bigint NOT NULL CHECK (seq >= 0),
        PRIMARY KEY (environment, tenant)
    );
"#,
    // By the lineage, which a write of the record leaves as it is: a write of the body does not touch the index.
    r#"
    CREATE INDEX record_keys ON slot (environment, tenant) WHERE lineage IS NOT NULL;
    CREATE INDEX log_begins ON log (environment, tenant) WHERE seq = 1;
"#,
];

const OPERATION: &str = "bring the schema to its present version";

/// The name of a schema that is no SQL but a name.
#[derive(Debug, Clone)]
pub(super) struct SchemaName(Arc<str>);

/// A name that PostgreSQL would read otherwise, or cut.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no name for a schema: 1 to 63 of a-z, 0-9 and _, no digit first, and no pg_ before it")]
pub(super) struct InvalidSchema(String);

impl SchemaName {
    pub(super) fn new(name: &str) -> Result<Self, InvalidSchema> {
        let fits = (1..=63).contains(&name.len())
            && !name.starts_with("pg_")
            && !name.starts_with(|first: char| first.is_ascii_digit())
            && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if fits { Ok(Self(name.into())) } else { Err(InvalidSchema(name.to_owned())) }
    }

    /// The advisory lock, unique in the database, that a controller holds while it brings this schema forward.
    fn advisory_lock(&self) -> i64 {
        let digest = Sha256::digest(format!("mate:schema:{}", self.0));
        digest.iter().take(8).fold(0, |key: i64, byte| key << 8 | i64::from(*byte))
    }
}

/// A schema that a newer version of this library has brought forward.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the schema `{schema}` is of version {found}, and this version of mate knows {known}: use a newer one")]
pub(super) struct NewerSchema {
    schema: String,
    found: i32,
    known: i32,
}

/// Everything that is asked of the tables, with the schema's name in it: a search path is not ours to rely on.
#[derive(Debug, Clone)]
pub(super) struct Statements {
    schema: SchemaName,
    pub(super) lock: Arc<str>,
    pub(super) insert: Arc<str>,
    pub(super) write_lease: Arc<str>,
    pub(super) write_record: Arc<str>,
    pub(super) read_record: Arc<str>,
    pub(super) read_lease: Arc<str>,
    pub(super) list: Arc<str>,
    pub(super) hashes: Arc<str>,
    pub(super) append: Arc<str>,
    pub(super) read_log: Arc<str>,
    pub(super) last_logged: Arc<str>,
    pub(super) logged: Arc<str>,
    pub(super) read_delivered: Arc<str>,
    pub(super) write_delivered: Arc<str>,
}

impl Statements {
    pub(super) fn new(schema: SchemaName) -> Self {
        let table = format!("\"{}\".slot", schema.0);
        let (log, delivered) = (format!("\"{}\".log", schema.0), format!("\"{}\".delivered", schema.0));
        let of = "WHERE environment = $1 AND tenant = $2";
        let page = "(environment, tenant) > ($1, $2) ORDER BY environment, tenant LIMIT $3";
        Self {
            lock: format!("SELECT lease::text, version, lineage FROM {table} {of} FOR UPDATE").into(),
            insert: format!(
                "INSERT INTO {table} (environment, tenant, lease) VALUES ($1, $2, $3::text::json) ON CONFLICT DO NOTHING"
            )
            .into(),
            write_lease: format!("UPDATE {table} SET lease = $3::text::json {of}").into(),
            write_record: format!("UPDATE {table} SET version = $3, lineage = $4, body = $5 {of}").into(),
            read_record: format!("SELECT body FROM {table} {of} AND body IS NOT NULL").into(),
            read_lease: format!("SELECT lease::text FROM {table} {of}").into(),
            list: format!("SELECT environment, tenant FROM {table} WHERE lineage IS NOT NULL AND {page}").into(),
            hashes: format!("SELECT seq, hash FROM {log} {of} AND seq >= $3").into(),
            append: format!("INSERT INTO {log} (environment, tenant, seq, hash, body) VALUES ($1, $2, $3, $4, $5)").into(),
            read_log: format!("SELECT body FROM {log} {of} AND seq > $3 ORDER BY seq LIMIT $4").into(),
            last_logged: format!("SELECT body FROM {log} {of} ORDER BY seq DESC LIMIT 1").into(),
            // Each log has one first entry, and an index has these alone.
            logged: format!("SELECT environment, tenant FROM {log} WHERE seq = 1 AND {page}").into(),
            read_delivered: format!("SELECT seq FROM {delivered} {of}").into(),
            write_delivered: format!(
                "INSERT INTO {delivered} AS stands (environment, tenant, seq) VALUES ($1, $2, $3)
                 ON CONFLICT (environment, tenant) DO UPDATE SET seq = greatest(stands.seq, excluded.seq)"
            )
            .into(),
            schema,
        }
    }

    pub(super) fn schema(&self) -> &str {
        &self.schema.0
    }

    /// Makes the tables, or brings them to their present form. Of several that do so at once one does it.
    pub(super) async fn migrate(&self, connection: &mut ClientWrapper) -> Result<(), StoreError> {
        let known = i32::try_from(MIGRATIONS.len()).expect("a short list");
        // Without the lock first: a role that may not change the schema need not, when somebody else has.
        if self.version(&**connection).await? == known {
            return Ok(());
        }
        let transaction = connection.build_transaction().isolation_level(IsolationLevel::ReadCommitted).start().await;
        let transaction = transaction.map_err(failed(OPERATION))?;
        let lock = self.schema.advisory_lock();
        transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&lock]).await.map_err(failed(OPERATION))?;
        let found = self.version(&*transaction).await?;
        if found == 0 {
            self.begin(&*transaction).await?;
        }
        transaction
            .batch_execute(&format!("SET LOCAL search_path TO \"{}\"", self.schema.0))
            .await
            .map_err(failed(OPERATION))?;
        // An index over a large table takes longer than a call may; a lock is waited for as long as by any call.
        let limits = "SELECT set_config('lock_timeout', current_setting('statement_timeout'), true), \
                      set_config('statement_timeout', '0', true)";
        transaction.batch_execute(limits).await.map_err(failed(OPERATION))?;
        for (version, migration) in (1..=known).zip(MIGRATIONS).filter(|(version, _)| *version > found) {
            transaction.batch_execute(migration).await.map_err(failed(OPERATION))?;
            let applied = "INSERT INTO schema_version (version) VALUES ($1)";
            transaction.execute(applied, &[&version]).await.map_err(failed(OPERATION))?;
        }
        transaction.commit().await.map_err(failed(OPERATION))
    }

    /// The version that the database is at; 0 where there is nothing.
    async fn version(&self, connection: &impl GenericClient) -> Result<i32, StoreError> {
        // Asked of the catalogue's rows: `to_regclass` asks a cache, which in a session that has waited for the lock may not
        // know yet what it waited for.
        let table = "SELECT EXISTS (SELECT FROM pg_catalog.pg_tables WHERE schemaname = $1 AND tablename = $2)";
        let there = connection.query_one(table, &[&self.schema(), &"schema_version"]).await;
        let there: bool = there.and_then(|row| row.try_get(0)).map_err(failed(OPERATION))?;
        if !there {
            return Ok(0);
        }
        let found = format!("SELECT coalesce(max(version), 0) FROM \"{}\".schema_version", self.schema.0);
        let found = connection.query_one(&found, &[]).await;
        let found: i32 = found.and_then(|row| row.try_get(0)).map_err(failed(OPERATION))?;
        let known = i32::try_from(MIGRATIONS.len()).expect("a short list");
        if found > known {
            let schema = self.schema.0.to_string();
            return Err(StoreError::permanent(OPERATION, NewerSchema { schema, found, known }));
        }
        Ok(found)
    }

    async fn begin(&self, connection: &impl GenericClient) -> Result<(), StoreError> {
        // `IF NOT EXISTS` asks for the right to create schemas where there is nothing to create.
        let there = "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1)";
        let there = connection.query_one(there, &[&self.schema()]).await;
        let there: bool = there.and_then(|row| row.try_get(0)).map_err(failed(OPERATION))?;
        if !there {
            let create = format!("CREATE SCHEMA \"{}\"", self.schema.0);
            connection.batch_execute(&create).await.map_err(failed(OPERATION))?;
        }
        let create = format!(
            "CREATE TABLE \"{}\".schema_version (
                version integer PRIMARY KEY,
                applied_at timestamptz NOT NULL DEFAULT now()
            )",
            self.schema.0
        );
        connection.batch_execute(&create).await.map_err(failed(OPERATION))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_postgresql_would_read_otherwise_is_refused() {
        for name in ["mate", "_m8", &"m".repeat(63)] {
            assert!(SchemaName::new(name).is_ok(), "{name}");
        }
        for name in ["", "Mate", "8m", "pg_mate", "m\"; DROP SCHEMA public; --", "m.n", "mäte", &"m".repeat(64)] {
            assert_eq!(SchemaName::new(name).err(), Some(InvalidSchema(name.to_owned())));
        }
    }

    #[test]
    fn schemas_are_brought_forward_under_locks_of_their_own() {
        let lock = |name| SchemaName::new(name).unwrap().advisory_lock();
        assert_eq!(lock("mate"), lock("mate"), "one lock for all versions of this library");
        assert_ne!(lock("mate"), lock("mate2"));
    }
}
