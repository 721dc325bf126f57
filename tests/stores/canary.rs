//! The password is in no debug form, no error, no log line of ours or of the server.

use std::error::Error;
use std::fmt::Debug;

use mate::PostgresStore;
use mate::state::{Record, Records, suite};

use crate::logs::Logs;
use crate::postgres::{PASSWORD, Server};
use crate::{builder, builder_at};

/// The part of the password that stays as it is, however it is quoted.
const CANARY: &str = "canary-7f3e";

fn assert_clean(what: &str, said: &str) {
    assert!(!said.contains(CANARY), "{what} holds the password: {said}");
}

fn assert_error_clean(what: &str, error: &(dyn Error + 'static)) {
    assert_clean(what, &format!("{error:?} {error:#?}"));
    let mut cause = Some(error);
    while let Some(error) = cause {
        assert_clean(what, &error.to_string());
        cause = error.source();
    }
}

fn assert_debug_clean(what: &str, value: &impl Debug) {
    assert_clean(what, &format!("{value:?} {value:#?}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_is_in_no_sink() {
    assert!(PASSWORD.starts_with(CANARY));
    let logs = Logs::capture(CANARY);
    let server = Server::start();

    let builder = builder(&server);
    assert_debug_clean("the builder", &builder);
    let store = builder.open().await.unwrap();
    assert_debug_clean("the store", &store);
    let mut record = suite::record("a");
    let lease = suite::leased(&store, &record.key).await;
    record.version = store.put(&lease, &record).await.unwrap();
    store.get(&record.key).await.unwrap();

    for (what, connection) in [
        ("a password with a space", format!("host=127.0.0.1 password=my {CANARY}=1")),
        ("an option that is none", format!("host=127.0.0.1 {CANARY}")),
        ("a quote that does not end", format!("host=127.0.0.1 password='{CANARY}")),
        ("a port that is none", format!("postgres://postgres:{CANARY}@127.0.0.1:x/postgres")),
        ("two at signs", format!("postgres://postgres:a@{CANARY}@127.0.0.1/postgres?sslmode={CANARY}")),
        ("a password that is wrong", format!("{} password={CANARY}-wrong sslmode=disable", server.connection())),
        ("nobody who listens", format!("host=127.0.0.1 port=1 user=postgres password={CANARY} sslmode=disable")),
        ("a name that is none", format!("postgres://postgres:{CANARY}@host.invalid/postgres?sslmode=disable")),
    ] {
        let builder = PostgresStore::builder(&connection);
        assert_debug_clean(what, &builder);
        assert_error_clean(what, &builder.open().await.expect_err(what));
    }
    let stranger = crate::builder(&server).root_certificates("no PEM").open().await;
    assert_error_clean("roots that are none", &stranger.expect_err("no roots"));

    server.sql("ALTER TABLE mate.slot DROP COLUMN lease").await;
    let error =
        store.put(&lease, &Record { version: 1, ..record.clone() }).await.expect_err("a table that does not fit");
    assert_error_clean("an error of the server", &error);
    server.crash();
    assert_error_clean("a connection that broke", &store.get(&record.key).await.expect_err("no server"));
    assert_error_clean(
        "a server that is gone",
        &builder_at(server.address().1, "postgres").open().await.expect_err("no server"),
    );

    assert_clean("the server's log", &server.log());
    logs.assert_clean();
}
