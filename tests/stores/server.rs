//! The effects of an operator, of another session or of a crash of the server on a store.

use std::time::Duration;

use mate::provider::RetryStatus;
use mate::state::{PostgresStore, Record, Records, StoreError, suite};
use tokio_postgres::error::SqlState;

use crate::builder;
use crate::postgres::Server;

fn passes(error: &StoreError) -> Option<SqlState> {
    let StoreError::Backend { retry: RetryStatus::Temporary, source, .. } = error else {
        panic!("a failure that passes, not {error:?}")
    };
    source.downcast_ref::<tokio_postgres::Error>().and_then(|error| error.code().cloned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_crashes_is_a_failure_that_passes() {
    let server = Server::start();
    let store = builder(&server).schema("mate").open().await.unwrap();
    let mut record = suite::record("a");
    let lease = suite::leased(&store, &record.key).await;
    record.version = store.put(&lease, &record).await.unwrap();
    // As many connections as the pool holds.
    let (a, b, c, d) =
        futures::join!(store.get(&record.key), store.get(&record.key), store.get(&record.key), store.get(&record.key));
    assert!([a, b, c, d].into_iter().all(|read| read.is_ok()));

    server.crash();
    for _ in 0..6 {
        passes(&store.put(&lease, &record).await.expect_err("there is no server"));
        passes(&store.get(&record.key).await.expect_err("there is no server"));
    }
    passes(&builder(&server).open().await.expect_err("there is no server"));

    server.start_again();
    // Each connection that was held may say once that it is none any more.
    let mut version = None;
    for _ in 0..5 {
        match store.put(&lease, &record).await {
            Ok(put) => version = Some(put),
            Err(StoreError::Conflict { expected: 1, found: Some(2), .. }) => break,
            Err(error) => drop(passes(&error)),
        }
    }
    assert_eq!(version, Some(2), "it works again");
    assert_eq!(store.get(&record.key).await.unwrap(), Some(Record { version: 2, ..record }));
}

/// A session that holds the row of a tenant until it is dropped.
async fn holding(server: &Server, schema: &str) -> tokio_postgres::Client {
    let session = server.session().await;
    session.batch_execute(&format!("BEGIN; SELECT FROM {schema}.slot FOR UPDATE")).await.expect("a lock");
    session
}

async fn written(schema: &str, server: &Server, patience: Duration) -> (PostgresStore, mate::state::Lease, Record) {
    let builder = builder(server).schema(schema).statement_timeout(patience);
    let store = builder.open().await.unwrap();
    let mut record = suite::record("a");
    let lease = suite::leased(&store, &record.key).await;
    record.version = store.put(&lease, &record).await.unwrap();
    (store, lease, record)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_somebody_holds_is_not_waited_for_for_ever() {
    let server = Server::shared();
    let schema = server.fresh_schema();
    let (store, lease, record) = written(&schema, &server, Duration::from_secs(60)).await;
    // A busy machine takes its time for what nobody holds, too: only this client is impatient.
    let impatient = builder(&server).schema(&schema).statement_timeout(Duration::from_secs(2)).open().await.unwrap();
    let holder = holding(&server, &schema).await;
    let error = impatient.put(&lease, &record).await.expect_err("the row is locked");
    assert_eq!(passes(&error), Some(SqlState::QUERY_CANCELED));
    assert_eq!(store.get(&record.key).await.unwrap(), Some(record.clone()), "it can be read meanwhile");
    holder.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(store.put(&lease, &record).await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_an_operator_ends_has_written_nothing() {
    let server = Server::shared();
    let schema = server.fresh_schema();
    let (store, lease, record) = written(&schema, &server, Duration::from_secs(60)).await;
    let holder = holding(&server, &schema).await;
    let end = format!(
        "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity
         WHERE wait_event_type = 'Lock' AND query LIKE '%{schema}\".slot%'"
    );
    let ended = async {
        // Until it waits.
        while server.sql(&end).await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    let (answer, ()) = futures::join!(store.put(&lease, &record), ended);
    assert_eq!(passes(&answer.expect_err("its session was ended")), Some(SqlState::ADMIN_SHUTDOWN));
    holder.batch_execute("ROLLBACK").await.unwrap();
    // The pool may not know yet that the session is over: a read through it fails for the moment, and the next has another.
    let read = match store.get(&record.key).await {
        Err(error) if error.retry() == RetryStatus::Temporary => store.get(&record.key).await,
        read => read,
    };
    assert_eq!(read.unwrap(), Some(record.clone()));
    assert_eq!(store.put(&lease, &record).await.unwrap(), 2);
}

/// A transition that was decided by what is there waits for who changes it.
#[tokio::test(flavor = "multi_thread")]
async fn a_writer_that_waited_decides_by_what_stands_then() {
    let server = Server::shared();
    let schema = server.fresh_schema();
    let (store, lease, record) = written(&schema, &server, Duration::from_secs(60)).await;
    let holder = holding(&server, &schema).await;
    let waiting =
        format!("SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%{schema}\".slot%'");
    let taken = async {
        while server.sql(&waiting).await.is_empty() {
            tokio::task::yield_now().await;
        }
        let take = format!("UPDATE {schema}.slot SET lease = '{{\"fence\": 9, \"holder\": null}}'; COMMIT");
        holder.batch_execute(&take).await.unwrap();
    };
    let (answer, ()) = futures::join!(store.put(&lease, &record), taken);
    assert!(matches!(answer, Err(StoreError::Fenced { holder: None, .. })), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_refuses_for_good_does_not_pass() {
    let server = Server::shared();
    let connection =
        |database: &str| format!("{} sslmode=disable", server.connection()).replace("dbname=postgres", database);
    for (builder, code) in [
        (PostgresStore::builder(connection("dbname=postgres")).password("wrong"), SqlState::INVALID_PASSWORD),
        (
            PostgresStore::builder(connection("dbname=none")).password(crate::postgres::PASSWORD),
            SqlState::INVALID_CATALOG_NAME,
        ),
    ] {
        match builder.open().await {
            Err(StoreError::Backend { retry: RetryStatus::Permanent, source, .. }) => {
                let error = source.downcast_ref::<tokio_postgres::Error>().expect("the server's own error");
                assert_eq!(error.code(), Some(&code));
            }
            other => panic!("{other:?}"),
        }
    }
}
