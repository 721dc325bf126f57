//! The tables of PostgreSQL: how they come about, what is newer, what is damaged, and who may do what.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use mate::PostgresStore;
use mate::provider::RetryStatus;
use mate::state::{Lease, Leases, PostgresBuilder, RecordError, Records, StateStore, StoreError, suite};
use tokio_postgres::error::SqlState;

use crate::builder;
use crate::postgres::{PASSWORD, Server};

fn permanent(opened: Result<PostgresStore, StoreError>) -> String {
    match opened {
        Err(StoreError::Backend { retry: RetryStatus::Permanent, source, .. }) => source.to_string(),
        other => panic!("a failure that does not pass, not {other:?}"),
    }
}

fn as_role(server: &Server, role: &str) -> PostgresBuilder {
    let (host, port) = server.address();
    let connection = format!("host={host} port={port} user={role} dbname=postgres sslmode=disable");
    PostgresStore::builder(connection).password("plain")
}

#[tokio::test(flavor = "multi_thread")]
async fn of_eight_controllers_that_start_at_once_each_finds_the_tables() {
    let server = Server::shared();
    for _ in 0..5 {
        let schema = server.fresh_schema();
        let opened = join_all((0..8).map(|_| builder(&server).schema(&schema).open())).await;
        let stores: Vec<PostgresStore> = opened.into_iter().map(|store| store.expect("a store")).collect();
        let record = suite::record("a");
        let lease = suite::leased(&stores[0], &record.key).await;
        stores[7].put(&lease, &record).await.unwrap();
        let versions = server.sql(&format!("SELECT version FROM {schema}.schema_version")).await;
        assert_eq!(versions, ["1", "2", "3"], "one of them made the tables");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_put_is_there_for_the_next_process() {
    let server = Server::shared();
    let schema = server.fresh_schema();
    let record = suite::record("regional");
    let store = builder(&server).schema(&schema).open().await.unwrap();
    let lease = suite::leased(&store, &record.key).await;
    store.put(&lease, &record).await.unwrap();
    drop(store);
    let again = builder(&server).schema(&schema).open().await.unwrap();
    assert_eq!(again.get(&record.key).await.unwrap().map(|record| record.version), Some(1));
    assert_eq!(again.lease(&record.key).await.unwrap().fence, lease.fence);
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_a_newer_version_are_refused_and_left_alone() {
    let server = Server::shared();
    let schema = server.fresh_schema();
    builder(&server).schema(&schema).open().await.unwrap();
    server.sql(&format!("INSERT INTO {schema}.schema_version (version) VALUES (4), (7)")).await;
    let refused = permanent(builder(&server).schema(&schema).open().await);
    assert_eq!(
        refused,
        format!("the schema `{schema}` is of version 7, and this version of mate knows 3: use a newer one")
    );
    let versions = server.sql(&format!("SELECT version FROM {schema}.schema_version ORDER BY version")).await;
    assert_eq!(versions, ["1", "2", "3", "4", "7"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_somebody_else_are_refused_and_left_alone() {
    let server = Server::shared();
    let schema = server.fresh_schema();
    server.sql(&format!("CREATE SCHEMA {schema}; CREATE TABLE {schema}.slot (theirs text)")).await;
    permanent(builder(&server).schema(&schema).open().await);
    let tables = format!("SELECT table_name FROM information_schema.tables WHERE table_schema = '{schema}'");
    assert_eq!(server.sql(&tables).await, ["slot"], "nothing half made stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_is_a_plain_name() {
    let server = Server::shared();
    let refused = permanent(builder(&server).schema("m\"; DROP SCHEMA public; --").open().await);
    assert!(refused.contains("is no name for a schema"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_record_is_refused() {
    let server = Server::shared();
    let schema = server.fresh_schema();
    let store = builder(&server).schema(&schema).open().await.unwrap();
    let record = suite::record("a");
    let lease = suite::leased(&store, &record.key).await;
    store.put(&lease, &record).await.unwrap();
    let damage = format!("UPDATE {schema}.slot SET body = replace(body, '\"version\":1', '\"version\":2')");
    server.sql(&damage).await;
    match store.get(&record.key).await {
        Err(StoreError::Unreadable { source: RecordError::Digest, .. }) => {}
        other => panic!("a damaged record is not read: {other:?}"),
    }
    let newer = format!("UPDATE {schema}.slot SET body = regexp_replace(body, '\"schema\":[0-9]+', '\"schema\":99')");
    server.sql(&newer).await;
    assert!(matches!(store.get(&record.key).await, Err(StoreError::Unreadable { .. })), "nor is one of a newer schema");
    server.sql(&format!("UPDATE {schema}.slot SET lease = '{{\"fence\": \"one\"}}'")).await;
    let error = store.lease(&record.key).await.expect_err("a lease that makes no sense");
    assert_eq!(error.retry(), RetryStatus::Permanent);
}

/// An index over a large table takes longer than a call may; a lock is waited for as long as by any call.
#[tokio::test(flavor = "multi_thread")]
async fn a_migration_has_as_long_as_it_needs() {
    let server = Server::shared();
    server.sql("CREATE DATABASE large").await;
    let (host, port) = server.address();
    let connection = format!("host={host} port={port} user=postgres dbname=large sslmode=disable");
    let mut config: tokio_postgres::Config = connection.parse().unwrap();
    let (session, task) = config.password(PASSWORD).connect(tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(task);
    let watch = "CREATE TABLE made (index text);
        CREATE FUNCTION limits() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
            ASSERT current_setting('statement_timeout') = '0', 'a statement ends before the index is there';
            ASSERT current_setting('lock_timeout') = '7s', 'a lock is waited for too long';
            INSERT INTO public.made VALUES (tg_tag);
        END $$;
        CREATE EVENT TRIGGER limits ON ddl_command_start WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION limits()";
    session.batch_execute(watch).await.unwrap();
    let store = PostgresStore::builder(connection).password(PASSWORD).statement_timeout(Duration::from_secs(7));
    let store = store.open().await.unwrap();
    assert_eq!(store.list().await.unwrap(), []);
    let made: i64 = session.query_one("SELECT count(*) FROM made", &[]).await.unwrap().get(0);
    assert!(made >= 2, "{made} indexes were made under these limits");
}

/// A role that may only read and write rows is enough where the tables stand.
#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_not_change_the_schema_works_in_it() {
    let server = Server::shared();
    let schema = server.fresh_schema();
    let role = format!("role_{schema}");
    let mine = || as_role(&server, &role).schema(&schema);
    server.sql(&format!("CREATE ROLE {role} LOGIN PASSWORD 'plain'")).await;
    let refused = mine().open().await.expect_err("it may not make a schema");
    assert_eq!(refused.retry(), RetryStatus::Permanent);

    builder(&server).schema(&schema).open().await.unwrap();
    server
        .sql(&format!(
            "GRANT USAGE ON SCHEMA {schema} TO {role};
            GRANT SELECT, INSERT, UPDATE ON {schema}.slot, {schema}.delivered TO {role};
            GRANT SELECT, INSERT ON {schema}.log TO {role};
            GRANT SELECT ON {schema}.schema_version TO {role}"
        ))
        .await;
    let store = mine().open().await.unwrap();
    let record = suite::record("a");
    let lease = suite::leased(&store, &record.key).await;
    store.put(&lease, &record).await.unwrap();
    store.delete(&lease, 1).await.unwrap();
    server.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

/// Under `serializable`, whoever waited for a row would be refused; with an empty search path nothing would be found.
#[tokio::test(flavor = "multi_thread")]
async fn defaults_of_a_role_do_not_change_the_contract() {
    let server = Server::shared();
    let role = format!("role_{}", server.fresh_schema());
    server
        .sql(&format!(
            "CREATE ROLE {role} SUPERUSER LOGIN PASSWORD 'plain';
            ALTER ROLE {role} SET default_transaction_isolation = 'serializable';
            ALTER ROLE {role} SET search_path = ''"
        ))
        .await;
    suite::run(|| async {
        let store = as_role(&server, &role).schema(server.fresh_schema()).open().await;
        Arc::new(store.expect("a store")) as Arc<dyn StateStore>
    })
    .await;
}

/// An acknowledged commit is on the disk, whatever the role's default.
#[tokio::test(flavor = "multi_thread")]
async fn no_commit_is_acknowledged_before_it_is_durable() {
    let server = Server::shared();
    let schema = server.fresh_schema();
    let role = format!("role_{schema}");
    server
        .sql(&format!(
            "CREATE ROLE {role} SUPERUSER LOGIN PASSWORD 'plain';
            ALTER ROLE {role} SET synchronous_commit = off"
        ))
        .await;
    let store = as_role(&server, &role).schema(&schema).open().await.unwrap();
    server
        .sql(&format!(
            "CREATE FUNCTION {schema}.durable() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                ASSERT current_setting('synchronous_commit') <> 'off', 'it is not durable';
                RETURN NEW;
            END $$;
            CREATE TRIGGER durable BEFORE INSERT OR UPDATE ON {schema}.slot
            FOR EACH ROW EXECUTE FUNCTION {schema}.durable()"
        ))
        .await;
    let record = suite::record("a");
    let lease = suite::leased(&store, &record.key).await;
    store.put(&lease, &record).await.unwrap();

    let session = server.session().await;
    let write = format!("SET synchronous_commit = off; UPDATE {schema}.slot SET version = 2");
    let refused = session.batch_execute(&write).await.expect_err("the trigger sees it");
    assert_eq!(refused.code(), Some(&SqlState::ASSERT_FAILURE));
}

/// A row stays for ever, for the fencing token: one that was only asked about is not made.
#[tokio::test(flavor = "multi_thread")]
async fn who_asks_in_vain_leaves_no_row() {
    let server = Server::shared();
    let schema = server.fresh_schema();
    let store = builder(&server).schema(&schema).open().await.unwrap();
    let record = suite::record("a");
    let lease = Lease { key: record.key.clone(), owner: "one".into(), fence: 1, expires_at: 0 };
    store.release(&lease).await.unwrap();
    assert!(matches!(store.put(&lease, &record).await, Err(StoreError::Fenced { .. })));
    assert!(matches!(store.delete(&lease, 1).await, Err(StoreError::Fenced { .. })));
    assert_eq!(store.get(&record.key).await.unwrap(), None);
    assert_eq!(store.lease(&record.key).await.unwrap().fence, 0);
    assert_eq!(server.sql(&format!("SELECT tenant FROM {schema}.slot")).await, Vec::<String>::new());
    suite::leased(&store, &record.key).await;
    assert_eq!(server.sql(&format!("SELECT tenant FROM {schema}.slot")).await, ["a"]);
}
