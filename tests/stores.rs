//! The record stores under one suite: memory, SQLite, PostgreSQL; and what can only go wrong with a server.
#![allow(missing_docs, reason = "tests read as specification")]

#[path = "support/figures.rs"]
mod figures;
#[path = "support/logs.rs"]
mod logs;
#[path = "support/postgres.rs"]
mod postgres;

#[path = "stores/alternating.rs"]
mod alternating;
#[path = "stores/canary.rs"]
mod canary;
#[path = "stores/contract.rs"]
mod contract;
#[path = "stores/crash.rs"]
mod crash;
#[path = "stores/cut.rs"]
mod cut;
#[path = "stores/plans.rs"]
mod plans;
#[path = "stores/schema.rs"]
mod schema;
#[path = "stores/server.rs"]
mod server;
#[path = "stores/tls.rs"]
mod tls;

use mate::state::{PostgresBuilder, PostgresStore};
use postgres::{PASSWORD, Server};

/// A store in a schema that nobody has used yet, over TLS.
async fn fresh(server: &Server) -> PostgresStore {
    builder(server).schema(server.fresh_schema()).open().await.expect("a store")
}

/// Over TLS.
fn builder(server: &Server) -> PostgresBuilder {
    PostgresStore::builder(format!("{} sslmode=require", server.connection()))
        .password(PASSWORD)
        .root_certificates(server.authority())
}

/// Without TLS, at another address, which is a proxy's.
fn builder_at(port: u16, user: &str) -> PostgresBuilder {
    let connection = format!("host=127.0.0.1 port={port} user={user} dbname=postgres sslmode=disable");
    PostgresStore::builder(connection).password(PASSWORD)
}
