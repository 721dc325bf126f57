//! The suite that every record store passes; public, so that an embedder's own store can be held to it.

mod log;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;

use super::{Lease, LeaseRequest, NodeRecord, NodeState, Record, RecordError, StateStore, StoreError, Unlock};
use crate::model::ids::TenantKey;

/// The duration of the suite's leases.
const TTL: Duration = Duration::from_secs(30);
/// The date at which the suite takes its leases: they never end by the suite's own time unless a case says so.
const NOW: i64 = 1_767_225_600;

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

/// Takes the lease of a tenant that nobody holds.
///
/// # Panics
/// When somebody holds it, or the store fails.
pub async fn leased(store: &dyn StateStore, key: &TenantKey) -> Lease {
    store.acquire(&request(key, "suite", NOW)).await.expect("a free lease")
}

fn request(key: &TenantKey, owner: &str, now: i64) -> LeaseRequest {
    LeaseRequest { key: key.clone(), owner: owner.to_owned(), now, ttl: TTL, over: None }
}

/// Takes the lease that the requester has seen unchanged for its whole time.
async fn take_over(store: &dyn StateStore, key: &TenantKey, owner: &str, now: i64) -> Result<Lease, StoreError> {
    let over = store.lease(key).await?.holder;
    store.acquire(&LeaseRequest { over, ..request(key, owner, now) }).await
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
    a_record_of_another_life_is_refused(&*fresh().await).await;
    what_would_be_damaged_is_not_written(&*fresh().await).await;
    a_record_is_not_written_in_the_place_of_another_tenant(&*fresh().await).await;
    a_deletion_names_the_version(&*fresh().await).await;
    tenants_do_not_touch_one_another(&*fresh().await).await;
    a_lease_is_held_by_one_until_its_time_is_over(&*fresh().await).await;
    a_lease_is_renewed_and_given_back(&*fresh().await).await;
    a_write_under_a_lost_lease_is_refused(&*fresh().await).await;
    a_lease_that_was_taken_away_is_dead_for_its_old_owner(&*fresh().await).await;
    tokens_go_on_counting_when_the_record_is_removed(&*fresh().await).await;
    leases_of_tenants_are_apart(&*fresh().await).await;
    one_of_eight_racing_writers_wins(fresh().await).await;
    one_of_eight_that_ask_for_a_lease_gets_it(fresh().await).await;
    a_renewal_and_a_write_at_once_are_both_done(fresh().await).await;
    a_call_that_is_dropped_leaves_the_record_before_or_after(fresh().await).await;
    log::run(&fresh).await;
}

async fn nothing_is_read_from_an_empty_store(store: &dyn StateStore) {
    assert_eq!(store.get(&record("a").key).await.expect("get"), None);
    assert_eq!(store.list().await.expect("list"), []);
    let lease = store.lease(&record("a").key).await.expect("lease");
    assert_eq!((lease.fence, lease.holder), (0, None));
}

async fn a_record_is_read_back_as_it_was_put(store: &dyn StateStore) {
    let mut put = record("a");
    put.summary.display_name = "Hôpital \u{1F3E5} \"quoted\" '; DROP TABLE record; --\n{\"schema\":1}".into();
    put.nodes.insert(
        "db".parse().expect("a node id"),
        NodeRecord {
            kind: "rds:DBInstance".parse().expect("a kind"),
            name: "mate-a-dev-db".into(),
            physical_id: None,
            inputs: serde_json::json!({"deep": [{"er": null, "n": 1.5}]}).into(),
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
    let lease = leased(store, &put.key).await;
    assert_eq!(store.put(&lease, &put).await.expect("put"), 1);
    put.version = 1;
    assert_eq!(store.get(&put.key).await.expect("get"), Some(put));
}

async fn a_write_on_an_old_version_is_refused(store: &dyn StateStore) {
    let mut put = record("a");
    let lease = leased(store, &put.key).await;
    put.version = store.put(&lease, &put).await.expect("put");
    let old = put.clone();
    put.version = store.put(&lease, &put).await.expect("put again");
    assert_eq!(put.version, 2, "each write counts one up");
    match store.put(&lease, &old).await {
        Err(StoreError::Conflict { expected: 1, found: Some(2), .. }) => {}
        other => panic!("a write on an old version must be a conflict, not {other:?}"),
    }
}

async fn a_first_write_over_a_record_is_refused(store: &dyn StateStore) {
    let put = record("a");
    let lease = leased(store, &put.key).await;
    store.put(&lease, &put).await.expect("put");
    assert!(matches!(store.put(&lease, &put).await, Err(StoreError::Conflict { expected: 0, found: Some(1), .. })));
}

async fn a_record_of_another_life_is_refused(store: &dyn StateStore) {
    let put = record("a");
    let lease = leased(store, &put.key).await;
    store.put(&lease, &put).await.expect("put");
    let stranger = Record { version: 1, lineage: "f".repeat(32), ..put.clone() };
    assert!(matches!(store.put(&lease, &stranger).await, Err(StoreError::OtherLineage { .. })));
    let stands = store.get(&put.key).await.expect("get").expect("a record");
    assert_eq!((stands.version, stands.lineage), (1, put.lineage));
}

async fn what_would_be_damaged_is_not_written(store: &dyn StateStore) {
    let damaged = Record { lineage: "no lineage".into(), ..record("a") };
    let lease = leased(store, &damaged.key).await;
    assert!(matches!(store.put(&lease, &damaged).await, Err(StoreError::Unwritable { .. })));
    assert_eq!(store.get(&damaged.key).await.expect("get"), None);
}

async fn a_record_is_not_written_in_the_place_of_another_tenant(store: &dyn StateStore) {
    let (put, other) = (record("a"), record("b"));
    let lease = leased(store, &other.key).await;
    let refused = store.put(&lease, &put).await;
    let expected = put.key.clone();
    assert!(
        matches!(&refused, Err(StoreError::Unwritable { key, source: RecordError::OtherKey(found) }) if *key == other.key && *found == expected),
        "{refused:?}"
    );
    assert_eq!(store.get(&other.key).await.expect("get"), None);
}

async fn a_deletion_names_the_version(store: &dyn StateStore) {
    let put = record("a");
    let lease = leased(store, &put.key).await;
    store.put(&lease, &put).await.expect("put");
    assert!(matches!(store.delete(&lease, 7).await, Err(StoreError::Conflict { expected: 7, .. })));
    store.delete(&lease, 1).await.expect("delete");
    assert_eq!(store.get(&put.key).await.expect("get"), None);
    assert_eq!(store.list().await.expect("list"), []);
    assert!(matches!(store.delete(&lease, 1).await, Err(StoreError::Conflict { found: None, .. })));
    let other_life = Record { lineage: "e".repeat(32), ..put };
    assert_eq!(store.put(&lease, &other_life).await.expect("a new record in the old one's place"), 1);
}

async fn tenants_do_not_touch_one_another(store: &dyn StateStore) {
    let mut other_environment = record("a");
    other_environment.key.environment = "production".parse().expect("an environment");
    for record in [record("b"), record("a"), other_environment.clone()] {
        let lease = leased(store, &record.key).await;
        store.put(&lease, &record).await.expect("put");
    }
    let keys = store.list().await.expect("list");
    assert_eq!(keys, [record("a").key, record("b").key, other_environment.key.clone()], "in order");
    let holder = store.lease(&record("a").key).await.expect("lease").holder.expect("a holder");
    let lease = Lease { key: record("a").key, owner: holder.owner, fence: holder.fence, expires_at: holder.expires_at };
    store.delete(&lease, 1).await.expect("delete");
    assert!(store.get(&other_environment.key).await.expect("get").is_some());
}

async fn a_lease_is_held_by_one_until_its_time_is_over(store: &dyn StateStore) {
    let key = record("a").key;
    let first = store.acquire(&request(&key, "one", NOW)).await.expect("acquire");
    assert_eq!((first.fence, first.expires_at), (1, NOW + 30));
    // The date of the requester decides nothing: its clock may be a day ahead.
    let seen = match store.acquire(&request(&key, "two", NOW + 86_400)).await {
        Err(StoreError::Held { holder, .. }) => holder,
        other => panic!("a lease that is held is refused, not {other:?}"),
    };
    assert_eq!((seen.owner.as_str(), seen.fence, seen.ttl, seen.renewals), ("one", 1, 30, 0));
    store.renew(&first, NOW, TTL).await.expect("renew");
    let over = LeaseRequest { over: Some(seen), ..request(&key, "two", NOW) };
    assert!(matches!(store.acquire(&over).await, Err(StoreError::Held { .. })), "it was renewed since it was seen");
    let second = take_over(store, &key, "two", NOW).await.expect("it was seen unchanged for its whole time");
    assert_eq!(second.fence, 2);
}

async fn a_lease_is_renewed_and_given_back(store: &dyn StateStore) {
    let key = record("a").key;
    let lease = store.acquire(&request(&key, "one", NOW)).await.expect("acquire");
    let renewed = store.renew(&lease, NOW + 20, TTL).await.expect("renew");
    assert_eq!((renewed.fence, renewed.expires_at), (lease.fence, NOW + 50));
    assert!(matches!(store.acquire(&request(&key, "two", NOW + 40)).await, Err(StoreError::Held { .. })));
    store.release(&renewed).await.expect("release");
    store.release(&renewed).await.expect("twice is once");
    let next = store.acquire(&request(&key, "two", NOW + 40)).await.expect("it is free");
    store.release(&renewed).await.expect("what is another's by now is left alone");
    store.put(&next, &record("a")).await.expect("the other still holds it");
}

async fn a_write_under_a_lost_lease_is_refused(store: &dyn StateStore) {
    let put = record("a");
    let old = store.acquire(&request(&put.key, "one", NOW)).await.expect("acquire");
    let version = store.put(&old, &put).await.expect("put");
    let new = take_over(store, &put.key, "two", NOW + 31).await.expect("acquire");
    let next = Record { version, ..put.clone() };
    match store.put(&old, &next).await {
        Err(StoreError::Fenced { fence: 1, holder: Some(holder), .. }) => assert_eq!(holder.owner, "two"),
        other => panic!("a stale writer is fenced, not {other:?}"),
    }
    assert!(matches!(store.delete(&old, version).await, Err(StoreError::Fenced { .. })));
    assert!(matches!(store.renew(&old, NOW + 32, TTL).await, Err(StoreError::Fenced { .. })));
    assert_eq!(store.put(&new, &next).await.expect("the holder writes"), 2);
    store.release(&new).await.expect("release");
    let last = Record { version: 2, ..put };
    assert!(matches!(store.put(&new, &last).await, Err(StoreError::Fenced { holder: None, .. })), "it gave it back");
}

async fn a_lease_that_was_taken_away_is_dead_for_its_old_owner(store: &dyn StateStore) {
    let put = record("a");
    let lease = leased(store, &put.key).await;
    let unlock = Unlock {
        key: put.key.clone(),
        fence: lease.fence,
        by: "ops".into(),
        reason: "its host was shut down".into(),
        now: NOW + 5,
    };
    let entry = store.unlock(&unlock).await.expect("unlock").expect("it was held");
    assert_eq!((entry.owner.as_str(), entry.by.as_str(), entry.at), ("suite", "ops", NOW + 5));
    assert!(matches!(store.put(&lease, &put).await, Err(StoreError::Fenced { .. })));
    assert!(matches!(store.renew(&lease, NOW + 6, TTL).await, Err(StoreError::Fenced { .. })));
    let next = store.acquire(&request(&put.key, "two", NOW + 6)).await.expect("it is free at once");
    assert_eq!(store.unlock(&unlock).await.expect("unlock"), None, "that lease is gone: the next one stays");
    store.put(&next, &put).await.expect("put");
    assert_eq!(store.lease(&put.key).await.expect("lease").unlocked, [entry], "it is kept who did it and why");
}

async fn tokens_go_on_counting_when_the_record_is_removed(store: &dyn StateStore) {
    let put = record("a");
    let old = leased(store, &put.key).await;
    store.put(&old, &put).await.expect("put");
    store.delete(&old, 1).await.expect("delete");
    store.release(&old).await.expect("release");
    let new = leased(store, &put.key).await;
    assert!(new.fence > old.fence, "{} after {}", new.fence, old.fence);
    assert!(matches!(store.put(&old, &put).await, Err(StoreError::Fenced { .. })));
}

async fn leases_of_tenants_are_apart(store: &dyn StateStore) {
    let (a, b) = (leased(store, &record("a").key).await, leased(store, &record("b").key).await);
    store.release(&a).await.expect("release");
    store.put(&b, &record("b")).await.expect("put");
    assert_eq!(store.list().await.expect("list"), [record("b").key], "a lease alone is no record");
}

async fn one_of_eight_racing_writers_wins(store: Arc<dyn StateStore>) {
    let lease = leased(&*store, &record("a").key).await;
    for round in 0..10 {
        let results = join_all((0..8).map(|writer| {
            let (store, lease) = (Arc::clone(&store), lease.clone());
            async move {
                let mut put = record("a");
                put.version = round;
                put.summary.display_name = format!("writer {writer}");
                store.put(&lease, &put).await.map(|_| writer)
            }
        }))
        .await;
        let winners: Vec<i32> = results.into_iter().filter_map(Result::ok).collect();
        assert_eq!(winners.len(), 1, "round {round}: exactly one of eight writers wins, not {winners:?}");
        let stands = store.get(&record("a").key).await.expect("get").expect("a record");
        assert_eq!(stands.summary.display_name, format!("writer {}", winners[0]), "the winner's record stands");
    }
}

async fn one_of_eight_that_ask_for_a_lease_gets_it(store: Arc<dyn StateStore>) {
    let key = record("a").key;
    for round in 0..10_i64 {
        // All of them have seen the time of the last lease pass.
        let over = store.lease(&key).await.expect("lease").holder;
        let answers = join_all((0..8).map(|asker| {
            let (store, over) = (Arc::clone(&store), over.clone());
            let request = LeaseRequest { over, ..request(&key, &format!("asker {asker}"), NOW + 100 * round) };
            async move { store.acquire(&request).await }
        }))
        .await;
        let leases: Vec<Lease> = answers.into_iter().filter_map(Result::ok).collect();
        assert_eq!(leases.len(), 1, "round {round}: exactly one of eight gets the lease, not {leases:?}");
        let holder = store.lease(&key).await.expect("lease").holder.expect("a holder");
        assert_eq!((holder.owner, holder.fence), (leases[0].owner.clone(), leases[0].fence));
    }
}

/// A run renews its lease while it writes.
async fn a_renewal_and_a_write_at_once_are_both_done(store: Arc<dyn StateStore>) {
    let lease = leased(&*store, &record("a").key).await;
    for round in 0..20_u64 {
        let put = Record { version: round, ..record("a") };
        let now = NOW + i64::try_from(round).unwrap_or_default();
        let (version, renewed) = futures::join!(store.put(&lease, &put), store.renew(&lease, now, TTL));
        assert_eq!(version.expect("put"), round + 1);
        assert_eq!(renewed.expect("renew").expires_at, now + 30);
    }
}

async fn a_call_that_is_dropped_leaves_the_record_before_or_after(store: Arc<dyn StateStore>) {
    let lease = leased(&*store, &record("a").key).await;
    let mut version = store.put(&lease, &record("a")).await.expect("put");
    for polls in 0..20 {
        let next = Record { version, ..record("a") };
        let mut call = store.put(&lease, &next);
        for _ in 0..polls {
            if futures::poll!(&mut call).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(call);
        // A call that was begun may still end: its record is there, or will not come once a later write has.
        loop {
            let stands = store.get(&lease.key).await.expect("it can be read").expect("a record");
            assert!(stands.version == version || stands.version == version + 1, "{} is neither", stands.version);
            match store.put(&lease, &stands).await {
                Ok(next) => {
                    version = next;
                    break;
                }
                Err(StoreError::Conflict { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        }
    }
}
