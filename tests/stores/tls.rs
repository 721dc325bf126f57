//! TLS is what the connection string says, and a server that cannot prove who it is gets no password.

use mate::PostgresStore;
use mate::provider::RetryStatus;
use mate::state::{PostgresBuilder, Records, StoreError, suite};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};

use crate::postgres::{PASSWORD, Server};

fn other_authority() -> String {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem()
}

fn with_mode(server: &Server, mode: &str) -> PostgresBuilder {
    PostgresStore::builder(format!("{} sslmode={mode} application_name={mode}_test", server.connection()))
        .password(PASSWORD)
        .schema(server.fresh_schema())
}

/// The encryption of the sessions of this mode's stores, as the server reports it.
async fn encrypted(server: &Server, mode: &str) -> Vec<String> {
    let sessions = format!(
        "SELECT DISTINCT ssl::text FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
         WHERE application_name = '{mode}_test'"
    );
    server.sql(&sessions).await
}

fn refused_for_good(opened: Result<PostgresStore, StoreError>, why: &str) {
    let error = opened.expect_err(why);
    assert_eq!(error.retry(), RetryStatus::Permanent, "{why}: {error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mode_of_the_connection_string_is_kept() {
    let server = Server::start();
    for (mode, with_roots, expected) in
        [("disable", true, "false"), ("prefer", true, "true"), ("prefer", false, "false"), ("require", true, "true")]
    {
        let mut builder = with_mode(&server, mode);
        if with_roots {
            builder = builder.root_certificates(server.authority());
        }
        let store = builder.open().await.unwrap();
        suite::leased(&store, &suite::record("a").key).await;
        assert_eq!(encrypted(&server, mode).await, [expected], "{mode}");
        drop(store);
        // Until its session is gone.
        while !encrypted(&server, mode).await.is_empty() {}
    }
    refused_for_good(with_mode(&server, "require").open().await, "there is nothing to check the server against");

    server.sql("ALTER SYSTEM SET ssl = off").await;
    server.crash();
    server.start_again();
    let roots = server.authority();
    with_mode(&server, "prefer").root_certificates(roots).open().await.unwrap();
    assert!(with_mode(&server, "require").root_certificates(roots).open().await.is_err(), "the server has no TLS");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_prove_who_it_is_is_refused() {
    let server = Server::shared();
    for mode in ["prefer", "require"] {
        let stranger = with_mode(&server, mode).root_certificates(other_authority());
        refused_for_good(stranger.open().await, "its certificate is of another authority");

        let name = format!("{} sslmode={mode}", server.connection()).replace("host=127.0.0.1", "host=localhost");
        let other_name = PostgresStore::builder(name).password(PASSWORD).root_certificates(server.authority());
        refused_for_good(other_name.open().await, "its certificate is of another name");
    }
    let both = format!("{}{}", other_authority(), server.authority());
    let store = with_mode(&server, "require").root_certificates(both).open().await.unwrap();
    assert_eq!(store.list().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn roots_that_are_none_are_refused() {
    let server = Server::shared();
    for pem in ["", "no PEM", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"] {
        let opened = with_mode(&server, "require").root_certificates(pem).open().await;
        refused_for_good(opened, "there is no certificate in it");
    }
}
