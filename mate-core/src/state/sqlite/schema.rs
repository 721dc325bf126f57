//! The tables of the file, and the migrations that bring an older file to the present form.

use std::sync::LazyLock;

use rusqlite_migration::{M, Migrations};

pub(super) static MIGRATIONS: LazyLock<Migrations<'static>> = LazyLock::new(|| {
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
        // The primary key of a table without rowids is the table itself, bodies included.
        M::up(
            "CREATE INDEX record_keys ON record (environment, tenant);
            CREATE INDEX log_begins ON log (environment, tenant) WHERE seq = 1;",
        ),
    ])
});
