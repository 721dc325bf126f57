//! Every store keeps the contract, by itself and with two controllers on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mate::state::{MemoryStore, SqliteStore, StateStore, suite};

use crate::alternating::Alternating;
use crate::postgres::Server;
use crate::{builder, fresh};

#[tokio::test]
async fn memory_keeps_the_contract() {
    suite::run(|| async { Arc::new(MemoryStore::new()) as Arc<dyn StateStore> }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sqlite_file_keeps_the_contract_with_two_controllers() {
    let folder = tempfile::tempdir().unwrap();
    let count = AtomicUsize::new(0);
    suite::run(|| async {
        let path = folder.path().join(format!("{}.db", count.fetch_add(1, Ordering::Relaxed)));
        let open = || Arc::new(SqliteStore::open(&path).unwrap()) as Arc<dyn StateStore>;
        Arc::new(Alternating::between(vec![open(), open()])) as Arc<dyn StateStore>
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_keeps_the_contract() {
    let server = Server::shared();
    suite::run(|| async { Arc::new(fresh(&server).await) as Arc<dyn StateStore> }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_keeps_the_contract_with_two_controllers() {
    let server = Server::shared();
    suite::run(|| async {
        let schema = server.fresh_schema();
        let open = || async {
            let store = builder(&server).schema(&schema).open().await.expect("a store");
            Arc::new(store) as Arc<dyn StateStore>
        };
        Arc::new(Alternating::between(vec![open().await, open().await])) as Arc<dyn StateStore>
    })
    .await;
}

/// One connection is enough for everything, and its calls wait for each other.
#[tokio::test(flavor = "multi_thread")]
async fn postgresql_keeps_the_contract_over_one_connection() {
    let server = Server::shared();
    suite::run(|| async {
        let store = builder(&server).schema(server.fresh_schema()).connections(1).open().await.expect("a store");
        Arc::new(store) as Arc<dyn StateStore>
    })
    .await;
}
