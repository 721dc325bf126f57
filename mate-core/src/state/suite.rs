//! The suite that every record store passes; public, so that an embedder's own store can be held to it.

use std::future::Future;
use std::sync::Arc;

use futures::future::join_all;

use super::{NodeRecord, NodeState, Record, StateStore, StoreError};
use crate::ids::TenantKey;

/// A record that was never stored, for tests.
///
/// # Panics
/// When `tenant` is not a tenant id.
#[must_use]
pub fn record(tenant: &str) -> Record {
    let key =
        TenantKey::new("dev".parse().expect("an environment"), tenant.parse().expect("the caller gave a tenant id"));
    Record::new(key, "0123456789abcdef0123456789abcdef")
}

/// Runs every case against a fresh store from `fresh`.
///
/// # Panics
/// When the store does not keep the contract of [`StateStore`]; the message says which part.
pub async fn run<F, Fut>(fresh: F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = Arc<dyn StateStore>>,
{
    nothing_is_read_from_an_empty_store(&*fresh().await).await;
    a_record_is_read_back_as_it_was_put(&*fresh().await).await;
    a_write_on_an_old_version_is_refused(&*fresh().await).await;
    a_first_write_over_a_record_is_refused(&*fresh().await).await;
    a_deletion_names_the_version(&*fresh().await).await;
    tenants_do_not_touch_one_another(&*fresh().await).await;
    one_of_eight_racing_writers_wins(fresh().await).await;
}

async fn nothing_is_read_from_an_empty_store(store: &dyn StateStore) {
    assert_eq!(store.get(&record("a").key).await.expect("get"), None);
    assert_eq!(store.list().await.expect("list"), []);
}

async fn a_record_is_read_back_as_it_was_put(store: &dyn StateStore) {
    let mut put = record("a");
    put.summary.display_name = "Hôpital \u{1F3E5} \"quoted\" '; DROP TABLE record; --".into();
    put.nodes.insert(
        "db".parse().expect("a node id"),
        NodeRecord {
            kind: "rds:DBInstance".parse().expect("a kind"),
            name: "mate-a-dev-db".into(),
            physical_id: None,
            inputs: serde_json::json!({"deep": [{"er": null, "n": 1.5}]}),
            outputs: Default::default(),
            tags: Default::default(),
            depends_on: Default::default(),
            state: NodeState::Creating,
            generation: 3,
            token: Some("t".into()),
            retired: Vec::new(),
            holding: Default::default(),
        },
    );
    assert_eq!(store.put(&put).await.expect("put"), 1);
    put.version = 1;
    assert_eq!(store.get(&put.key).await.expect("get"), Some(put));
}

async fn a_write_on_an_old_version_is_refused(store: &dyn StateStore) {
    let mut put = record("a");
    put.version = store.put(&put).await.expect("put");
    let old = put.clone();
    put.version = store.put(&put).await.expect("put again");
    assert_eq!(put.version, 2, "each write counts one up");
    match store.put(&old).await {
        Err(StoreError::Conflict { expected: 1, found: Some(2), .. }) => {}
        other => panic!("a write on an old version must be a conflict, not {other:?}"),
    }
}

async fn a_first_write_over_a_record_is_refused(store: &dyn StateStore) {
    let put = record("a");
    store.put(&put).await.expect("put");
    assert!(matches!(store.put(&put).await, Err(StoreError::Conflict { expected: 0, found: Some(1), .. })));
}

async fn a_deletion_names_the_version(store: &dyn StateStore) {
    let put = record("a");
    store.put(&put).await.expect("put");
    assert!(matches!(store.delete(&put.key, 7).await, Err(StoreError::Conflict { expected: 7, .. })));
    store.delete(&put.key, 1).await.expect("delete");
    assert_eq!(store.get(&put.key).await.expect("get"), None);
    assert!(matches!(store.delete(&put.key, 1).await, Err(StoreError::Conflict { found: None, .. })));
    assert_eq!(store.put(&put).await.expect("a new record in the old one's place"), 1);
}

async fn tenants_do_not_touch_one_another(store: &dyn StateStore) {
    let mut other_environment = record("a");
    other_environment.key.environment = "production".parse().expect("an environment");
    for record in [record("b"), record("a"), other_environment.clone()] {
        store.put(&record).await.expect("put");
    }
    let keys = store.list().await.expect("list");
    assert_eq!(keys, [record("a").key, record("b").key, other_environment.key.clone()], "in order");
    store.delete(&record("a").key, 1).await.expect("delete");
    assert!(store.get(&other_environment.key).await.expect("get").is_some());
}

async fn one_of_eight_racing_writers_wins(store: Arc<dyn StateStore>) {
    for round in 0..10 {
        let results = join_all((0..8).map(|writer| {
            let store = Arc::clone(&store);
            async move {
                let mut put = record("a");
                put.version = round;
                put.summary.display_name = format!("writer {writer}");
                store.put(&put).await.map(|_| writer)
            }
        }))
        .await;
        let winners: Vec<i32> = results.into_iter().filter_map(Result::ok).collect();
        assert_eq!(winners.len(), 1, "round {round}: exactly one of eight writers wins, not {winners:?}");
        let stands = store.get(&record("a").key).await.expect("get").expect("a record");
        assert_eq!(stands.summary.display_name, format!("writer {}", winners[0]), "the winner's record stands");
    }
}
