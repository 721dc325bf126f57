//! The contract that every store keeps for logs.

use std::future::Future;
use std::sync::Arc;

use futures::future::join_all;

use super::{NOW, leased, record, request, take_over};
use crate::model::ids::TenantKey;
use crate::state::{Intent, LogDraft, LogEntry, LogEvent, Record, RunResult, StateStore, StoreError, verify};
use crate::vocab::TenantVerb;

pub(super) async fn run<F, Fut>(fresh: &F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = Arc<dyn StateStore>>,
{
    an_empty_log_has_nothing(&*fresh().await).await;
    entries_are_read_back_in_order_and_in_parts(&*fresh().await).await;
    an_append_that_is_repeated_is_once(&*fresh().await).await;
    another_entry_in_the_place_of_one_is_refused(&*fresh().await).await;
    a_gap_in_a_log_is_refused(&*fresh().await).await;
    an_entry_that_does_not_continue_the_last_is_refused(&*fresh().await).await;
    an_append_under_a_lost_lease_is_refused(&*fresh().await).await;
    a_log_outlives_its_record(&*fresh().await).await;
    logs_of_tenants_are_apart(&*fresh().await).await;
    the_cursor_of_a_delivery_never_goes_back(&*fresh().await).await;
    eight_that_append_the_same_add_it_once(fresh().await).await;
}

fn chain(key: &TenantKey, before: Option<&LogEntry>, length: usize) -> Vec<LogEntry> {
    let mut entries: Vec<LogEntry> = Vec::new();
    for turn in 0..length {
        let intent = Intent {
            actor: "Alice \"\u{1F3E5}\"'; DROP TABLE log; --".into(),
            verb: Some(TenantVerb::Update),
            reason: Some("ticket 4711\nsecond line".into()),
        };
        let draft = LogDraft {
            at: NOW + i64::try_from(turn).unwrap_or_default(),
            intent,
            plan: Some("p".into()),
            run: Some("r".into()),
            fence: 7,
            what: if turn % 2 == 0 { LogEvent::Begun } else { LogEvent::Ended(RunResult::Succeeded) },
            detail: [("tier".to_owned(), "trial".to_owned())].into(),
        };
        entries.push(LogEntry::after(entries.last().or(before), key, draft));
    }
    entries
}

fn refused(answer: Result<(), StoreError>, at: u64) {
    match answer {
        Err(StoreError::BrokenLog { seq, .. }) => assert_eq!(seq, at),
        other => panic!("entry {at} must be refused, not {other:?}"),
    }
}

async fn an_empty_log_has_nothing(store: &dyn StateStore) {
    let key = record("a").key;
    assert_eq!(store.log(&key, 0, 10).await.expect("log"), []);
    assert_eq!(store.last_logged(&key).await.expect("last"), None);
    assert_eq!(store.logged().await.expect("logged"), []);
    assert_eq!(store.delivered(&key).await.expect("delivered"), 0);
    let lease = leased(store, &key).await;
    store.append(&lease, &[]).await.expect("nothing is appended");
    assert_eq!(store.logged().await.expect("logged"), [], "a lease alone is no log");
}

async fn entries_are_read_back_in_order_and_in_parts(store: &dyn StateStore) {
    let key = record("a").key;
    let lease = leased(store, &key).await;
    let entries = chain(&key, None, 12);
    store.append(&lease, &entries[..5]).await.expect("append");
    store.append(&lease, &entries[5..]).await.expect("append more");
    let read = store.log(&key, 0, usize::MAX).await.expect("log");
    assert_eq!(read, entries);
    assert_eq!(verify(&key, &read).expect("a whole log").entries, 12);
    assert_eq!(store.log(&key, 7, 3).await.expect("log"), entries[7..10]);
    assert_eq!(store.log(&key, 12, 3).await.expect("log"), []);
    assert_eq!(store.last_logged(&key).await.expect("last").as_ref(), entries.last());
}

async fn an_append_that_is_repeated_is_once(store: &dyn StateStore) {
    let key = record("a").key;
    let lease = leased(store, &key).await;
    let entries = chain(&key, None, 4);
    store.append(&lease, &entries[..2]).await.expect("append");
    store.append(&lease, &entries[..2]).await.expect("append again");
    store.append(&lease, &entries).await.expect("append what overlaps");
    store.append(&lease, &entries[1..3]).await.expect("append what stands in the middle");
    assert_eq!(store.log(&key, 0, 10).await.expect("log"), entries);
}

async fn another_entry_in_the_place_of_one_is_refused(store: &dyn StateStore) {
    let key = record("a").key;
    let lease = leased(store, &key).await;
    let entries = chain(&key, None, 3);
    store.append(&lease, &entries).await.expect("append");
    let mut other = entries[1].clone();
    other.actor = "mallory".into();
    other.hash = other.digest();
    refused(store.append(&lease, &[other.clone()]).await, 2);
    let next = chain(&key, Some(&other), 1);
    refused(store.append(&lease, &[entries[0].clone(), other, next[0].clone()]).await, 2);
    assert_eq!(store.log(&key, 0, 10).await.expect("log"), entries);
}

async fn a_gap_in_a_log_is_refused(store: &dyn StateStore) {
    let key = record("a").key;
    let lease = leased(store, &key).await;
    let entries = chain(&key, None, 5);
    refused(store.append(&lease, &entries[1..2]).await, 2);
    store.append(&lease, &entries[..2]).await.expect("append");
    refused(store.append(&lease, &entries[3..]).await, 4);
    refused(store.append(&lease, &[entries[2].clone(), entries[4].clone()]).await, 5);
    assert_eq!(store.log(&key, 0, 10).await.expect("log"), entries[..2], "nothing of it was written");
}

async fn an_entry_that_does_not_continue_the_last_is_refused(store: &dyn StateStore) {
    let key = record("a").key;
    let lease = leased(store, &key).await;
    let entries = chain(&key, None, 2);
    store.append(&lease, &entries).await.expect("append");
    let mut stranger = entries[1].clone();
    stranger.hash = "f".repeat(64);
    refused(store.append(&lease, &chain(&key, Some(&stranger), 1)).await, 3);
    let of_another = chain(&record("b").key, Some(&entries[1]), 1);
    refused(store.append(&lease, &of_another).await, 3);
}

async fn an_append_under_a_lost_lease_is_refused(store: &dyn StateStore) {
    let key = record("a").key;
    let old = store.acquire(&request(&key, "one", NOW)).await.expect("acquire");
    let entries = chain(&key, None, 2);
    store.append(&old, &entries[..1]).await.expect("append");
    let new = take_over(store, &key, "two", NOW + 31).await.expect("acquire");
    assert!(matches!(store.append(&old, &entries).await, Err(StoreError::Fenced { .. })));
    assert_eq!(store.log(&key, 0, 10).await.expect("log"), entries[..1]);
    store.append(&new, &entries).await.expect("the holder appends");
}

async fn a_log_outlives_its_record(store: &dyn StateStore) {
    let put = record("a");
    let lease = leased(store, &put.key).await;
    let version = store.put(&lease, &put).await.expect("put");
    let entries = chain(&put.key, None, 2);
    store.append(&lease, &entries).await.expect("append");
    store.set_delivered(&put.key, 1).await.expect("set");
    store.delete(&lease, version).await.expect("delete");
    store.release(&lease).await.expect("release");
    assert_eq!(store.log(&put.key, 0, 10).await.expect("log"), entries);
    assert_eq!(store.logged().await.expect("logged"), std::slice::from_ref(&put.key));
    assert_eq!(store.delivered(&put.key).await.expect("delivered"), 1);
    let lease = leased(store, &put.key).await;
    store.put(&lease, &Record { lineage: "e".repeat(32), ..put.clone() }).await.expect("another life");
    store.append(&lease, &chain(&put.key, entries.last(), 1)).await.expect("the log goes on");
}

async fn logs_of_tenants_are_apart(store: &dyn StateStore) {
    let mut elsewhere = record("a").key;
    elsewhere.environment = "production".parse().expect("an environment");
    for (length, key) in (1..).zip([record("b").key, record("a").key, elsewhere.clone()]) {
        let lease = leased(store, &key).await;
        store.append(&lease, &chain(&key, None, length)).await.expect("append");
        store.set_delivered(&key, length as u64).await.expect("set");
    }
    assert_eq!(store.logged().await.expect("logged"), [record("a").key, record("b").key, elsewhere], "in order");
    assert_eq!(store.log(&record("b").key, 0, 10).await.expect("log").len(), 1);
    assert_eq!(store.delivered(&record("a").key).await.expect("delivered"), 2);
    assert_eq!(store.list().await.expect("list"), [], "a log alone is no record");
}

async fn the_cursor_of_a_delivery_never_goes_back(store: &dyn StateStore) {
    let key = record("a").key;
    store.set_delivered(&key, 7).await.expect("set");
    store.set_delivered(&key, 3).await.expect("set an earlier one");
    assert_eq!(store.delivered(&key).await.expect("delivered"), 7);
    store.set_delivered(&key, 8).await.expect("set");
    assert_eq!(store.delivered(&key).await.expect("delivered"), 8);
}

async fn eight_that_append_the_same_add_it_once(store: Arc<dyn StateStore>) {
    let key = record("a").key;
    let lease = leased(&*store, &key).await;
    let entries = chain(&key, None, 3);
    let answers = join_all((0..8).map(|_| {
        let (store, lease, entries) = (Arc::clone(&store), lease.clone(), entries.clone());
        async move { store.append(&lease, &entries).await }
    }))
    .await;
    for answer in answers {
        answer.expect("the same entries");
    }
    assert_eq!(store.log(&key, 0, 10).await.expect("log"), entries);
}
