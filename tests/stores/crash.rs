//! The connection breaks at every request of every change: the slot is as before or as after, and the contract still holds.

use std::time::Duration;

use mate::model::ids::TenantKey;
use mate::provider::RetryStatus;
use mate::state::{
    Lease, LeaseRequest, LeaseState, Leases, PostgresStore, Record, Records, StateStore, StoreError, Unlock, suite,
};

use crate::cut::{Cut, Proxy};
use crate::figures::count;
use crate::postgres::Server;
use crate::{builder, builder_at};

const NOW: i64 = 1_767_225_600;
const TTL: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    FirstAcquire,
    Acquire,
    FirstPut,
    Put,
    Delete,
    Renew,
    Release,
    Unlock,
}

const CHANGES: [Change; 8] = [
    Change::FirstAcquire,
    Change::Acquire,
    Change::FirstPut,
    Change::Put,
    Change::Delete,
    Change::Renew,
    Change::Release,
    Change::Unlock,
];

/// The state of a tenant in a store.
type Standing = (LeaseState, Option<Record>);

/// A tenant on which a change can be made.
struct Case {
    change: Change,
    key: TenantKey,
    lease: Lease,
    version: u64,
}

impl Case {
    async fn prepare(change: Change, store: &PostgresStore, number: usize) -> Self {
        let record = suite::record(&format!("t{number}"));
        let key = record.key.clone();
        let mut lease = Lease { key: key.clone(), owner: "nobody".into(), fence: 0, expires_at: 0 };
        let mut version = 0;
        if change != Change::FirstAcquire {
            lease = suite::leased(store, &key).await;
        }
        if !matches!(change, Change::FirstAcquire | Change::FirstPut) {
            version = store.put(&lease, &record).await.unwrap();
        }
        if change == Change::Acquire {
            store.release(&lease).await.unwrap();
        }
        Self { change, key, lease, version }
    }

    fn request(&self) -> LeaseRequest {
        LeaseRequest { key: self.key.clone(), owner: "one".into(), now: NOW + 1, ttl: TTL, over: None }
    }

    fn unlock(&self) -> Unlock {
        let (by, reason) = ("ops".into(), "its host was shut down".into());
        Unlock { key: self.key.clone(), fence: self.lease.fence, by, reason, now: NOW + 1 }
    }

    fn record(&self) -> Record {
        Record { version: self.version, ..suite::record(self.key.tenant.as_str()) }
    }

    async fn make(&self, store: &dyn StateStore) -> Result<(), StoreError> {
        match self.change {
            Change::FirstAcquire | Change::Acquire => store.acquire(&self.request()).await.map(drop),
            Change::FirstPut | Change::Put => store.put(&self.lease, &self.record()).await.map(drop),
            Change::Delete => store.delete(&self.lease, self.version).await,
            Change::Renew => store.renew(&self.lease, NOW + 1, TTL).await.map(drop),
            Change::Release => store.release(&self.lease).await,
            Change::Unlock => store.unlock(&self.unlock()).await.map(drop),
        }
    }

    /// The change made again, as who lost the answer does.
    async fn again(&self, store: &dyn StateStore, was_made: bool) {
        let answer = settled(|| self.make(store)).await;
        match (self.change, was_made) {
            (Change::FirstAcquire | Change::Acquire, true) => match answer {
                Err(StoreError::Held { holder, .. }) => assert_eq!(holder.owner, "one", "it holds it itself"),
                other => panic!("{:?} again: {other:?}", self.change),
            },
            (Change::FirstPut | Change::Put, true) => match answer {
                Err(StoreError::Conflict { expected, found: Some(found), .. }) => assert_eq!(found, expected + 1),
                other => panic!("{:?} again: {other:?}", self.change),
            },
            (Change::Delete, true) => assert!(matches!(answer, Err(StoreError::Conflict { found: None, .. }))),
            _ => answer.unwrap_or_else(|error| panic!("{:?} again: {error:?}", self.change)),
        }
    }
}

async fn standing(store: &dyn StateStore, key: &TenantKey) -> Standing {
    (store.lease(key).await.unwrap(), store.get(key).await.unwrap())
}

/// Asks again as the engine does, as long as the store says that it may help.
async fn settled<F: Future<Output = Result<(), StoreError>>>(call: impl Fn() -> F) -> Result<(), StoreError> {
    let mut answer = call().await;
    for _ in 0..8 {
        match answer {
            Err(error) if error.retry() == RetryStatus::Temporary => answer = call().await,
            settled => return settled,
        }
    }
    answer
}

/// Whoever comes next works as if nothing had been.
async fn the_contract_holds(store: &dyn StateStore, key: &TenantKey) {
    let over = store.lease(key).await.unwrap().holder;
    let next = LeaseRequest { key: key.clone(), owner: "two".into(), now: NOW + 1000, ttl: TTL, over };
    let lease = store.acquire(&next).await.expect("the time of every other lease is over");
    let version = store.get(key).await.unwrap().map_or(0, |record| record.version);
    let record = Record { version, ..suite::record(key.tenant.as_str()) };
    let stale = Lease { fence: lease.fence - 1, ..lease.clone() };
    assert!(matches!(store.put(&stale, &record).await, Err(StoreError::Fenced { .. })));
    assert_eq!(store.put(&lease, &record).await.unwrap(), version + 1);
    assert!(matches!(store.put(&lease, &record).await, Err(StoreError::Conflict { .. })));
    store.delete(&lease, version + 1).await.unwrap();
    store.release(&lease).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_at_any_request_leaves_the_slot_before_or_after() {
    let server = Server::shared();
    server.trust().await;
    let schema = server.fresh_schema();
    let direct = builder(&server).schema(&schema).open().await.unwrap();
    let (mut number, mut cases) = (0, 0);
    for change in CHANGES {
        // What it comes to without a fault.
        let case = Case::prepare(change, &direct, number).await;
        number += 1;
        let before = standing(&direct, &case.key).await;
        case.make(&direct).await.unwrap();
        let after = standing(&direct, &case.key).await;
        assert_ne!(before, after, "{change:?} changes something");
        let expected = (scrubbed(before), scrubbed(after));

        let mut requests = 0;
        let mut made = Vec::new();
        'requests: loop {
            for cut in Cut::BREAKS {
                let case = Case::prepare(change, &direct, number).await;
                number += 1;
                // One for each case: what a connection of the last one still says is no request of this one.
                let proxy = Proxy::before(server.address()).await;
                let store = builder_at(proxy.port(), "trusted").schema(&schema).open().await.unwrap();
                proxy.cut(requests, cut);
                let answer = case.make(&store).await;
                if !proxy.has_cut() {
                    answer.unwrap_or_else(|error| panic!("{change:?} without a cut: {error:?}"));
                    break 'requests;
                }
                let error = answer.expect_err("an answer that was lost");
                assert_eq!(error.retry(), RetryStatus::Temporary, "{change:?}, request {requests}, {cut:?}: {error:?}");
                let stands = scrubbed(standing(&direct, &case.key).await);
                let is_made = stands == expected.1;
                assert!(is_made || stands == expected.0, "{change:?}, request {requests}, {cut:?}: {stands:?}");
                if is_made {
                    made.push((requests, cut));
                }
                cases += 1;
                case.again(&store, is_made).await;
                the_contract_holds(&direct, &case.key).await;
            }
            requests += 1;
        }
        assert!(requests >= 4, "{change:?}: begin, lock, write and commit, not {requests} requests");
        assert_eq!(made, [(requests - 1, Cut::After)], "{change:?} is made by its last request and by no other");
    }
    count("stores", cases, "cuts of a change");
}

/// Without what differs from tenant to tenant.
fn scrubbed((mut lease, mut record): Standing) -> Standing {
    let nobody = suite::record("nobody").key;
    if let Some(record) = &mut record {
        record.key = nobody;
    }
    if let Some(holder) = &mut lease.holder {
        holder.expires_at -= NOW;
    }
    (lease, record)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_while_it_comes_about_is_a_failure_that_passes() {
    let server = Server::shared();
    let schema = server.fresh_schema();
    let direct = builder(&server).schema(&schema).open().await.unwrap();
    let mut requests = 0;
    'requests: loop {
        for cut in Cut::BREAKS {
            let proxy = Proxy::before(server.address()).await;
            proxy.cut(requests, cut);
            let opened = builder_at(proxy.port(), "postgres").schema(&schema).open().await;
            if !proxy.has_cut() {
                opened.unwrap();
                break 'requests;
            }
            let error = opened.expect_err("an answer that was lost");
            assert_eq!(error.retry(), RetryStatus::Temporary, "request {requests}, {cut:?}: {error:?}");
        }
        requests += 1;
    }
    assert!(requests >= 5, "start, two of the password, the session's settings, the schema; not {requests}");
    the_contract_holds(&direct, &suite::record("a").key).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_whose_making_breaks_off_is_made_by_the_next() {
    let server = Server::shared();
    server.trust().await;
    let mut requests = 0;
    'requests: loop {
        for cut in Cut::BREAKS {
            let schema = server.fresh_schema();
            let proxy = Proxy::before(server.address()).await;
            proxy.cut(requests, cut);
            let opened = builder_at(proxy.port(), "trusted").schema(&schema).open().await;
            if !proxy.has_cut() {
                opened.unwrap();
                break 'requests;
            }
            assert_eq!(opened.expect_err("an answer that was lost").retry(), RetryStatus::Temporary);
            let store = builder_at(server.address().1, "trusted").schema(&schema).open().await.unwrap();
            the_contract_holds(&store, &suite::record("a").key).await;
        }
        requests += 1;
    }
    assert!(requests >= 12, "the tables are made by more than {requests} requests");
}

/// Nothing breaks, and nothing is heard: the call ends all the same, and its row is free again.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_falls_silent_is_given_up() {
    let server = Server::shared();
    let schema = server.fresh_schema();
    let direct = builder(&server).schema(&schema).open().await.unwrap();
    for (number, change) in CHANGES.into_iter().enumerate() {
        let case = Case::prepare(change, &direct, number).await;
        let proxy = Proxy::before(server.address()).await;
        let impatient = builder_at(proxy.port(), "postgres").schema(&schema).statement_timeout(Duration::from_secs(1));
        let store = impatient.open().await.unwrap();
        // The row is locked by then.
        proxy.cut(3, Cut::Silence);
        let error = case.make(&store).await.expect_err("nothing is heard");
        assert!(proxy.has_cut());
        assert_eq!(error.retry(), RetryStatus::Temporary, "{change:?}: {error:?}");
        case.again(&store, false).await;
        the_contract_holds(&direct, &case.key).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_says_a_word_is_given_up() {
    let server = Server::shared();
    let proxy = Proxy::before(server.address()).await;
    proxy.cut(0, Cut::Silence);
    let opened = builder_at(proxy.port(), "postgres").connect_timeout(Duration::from_millis(200)).open().await;
    assert_eq!(opened.expect_err("nothing is heard").retry(), RetryStatus::Temporary);
}
