//! A store that fails: before a call takes effect, after it, or late. From one seed, as the faults of the cloud.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::SimClock;
use crate::clock::Clock;
use crate::model::Seed;
use crate::model::ids::TenantKey;
use crate::state::{
    Cursor, Lease, LeaseRequest, LeaseState, Leases, Log, LogEntry, Record, Records, StateStore, StoreError, Unlock,
    Unlocked,
};

/// A store around another one that fails for the moment, from one seed. Clones share the store and what happens to it.
///
/// A call that fails has had no effect, or has taken effect and lost its answer; which one, its caller cannot know.
///
/// ```
/// use mate_core::sim::ChaosStore;
/// use mate_core::state::{MemoryStore, Records};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let store = ChaosStore::new(MemoryStore::new(), 7, 1.0);
/// assert!(store.list().await.is_err());
/// assert_eq!(store.failures(), 1);
/// store.calm();
/// assert!(store.list().await.unwrap().is_empty());
/// # });
/// ```
#[derive(Clone)]
pub struct ChaosStore {
    inner: Arc<dyn StateStore>,
    chaos: Arc<Chaos>,
}

struct Chaos {
    seed: Seed,
    probability: f64,
    late: Option<(SimClock, Duration)>,
    calm: AtomicBool,
    failures: AtomicU64,
    calls: Mutex<BTreeMap<String, u64>>,
}

/// The fate of a call.
enum Meets {
    Nothing,
    FailsBefore,
    LosesAnswer,
    IsLate(SimClock, Duration),
}

impl fmt::Debug for ChaosStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChaosStore")
            .field("inner", &self.inner)
            .field("failures", &self.failures())
            .finish_non_exhaustive()
    }
}

impl ChaosStore {
    /// A store around `inner` in which each call fails with this probability, 0 to 1: half of them before their effect, half
    /// of them after it.
    #[must_use]
    pub fn new(inner: impl StateStore + 'static, seed: u64, probability: f64) -> Self {
        let chaos = Chaos {
            seed: Seed(seed),
            probability,
            late: None,
            calm: AtomicBool::new(false),
            failures: AtomicU64::new(0),
            calls: Mutex::default(),
        };
        Self { inner: Arc::new(inner), chaos: Arc::new(chaos) }
    }

    /// Lets as many calls as fail come late too: they take effect after up to this much virtual time. A lease may be over by
    /// then.
    ///
    /// # Panics
    /// When the store has been cloned already.
    #[must_use]
    pub fn late(mut self, clock: SimClock, up_to: Duration) -> Self {
        Arc::get_mut(&mut self.chaos).expect("set up before it is shared").late = Some((clock, up_to));
        self
    }

    /// Nothing fails from now on.
    pub fn calm(&self) {
        self.chaos.calm.store(true, Ordering::Relaxed);
    }

    /// Calls fail again from now on.
    pub fn storm(&self) {
        self.chaos.calm.store(false, Ordering::Relaxed);
    }

    /// The number of calls that have failed or were late.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.chaos.failures.load(Ordering::Relaxed)
    }

    fn meets(&self, operation: &str, key: Option<&TenantKey>) -> Meets {
        let chaos = &*self.chaos;
        if chaos.calm.load(Ordering::Relaxed) {
            return Meets::Nothing;
        }
        let label = key.map_or_else(|| operation.to_owned(), |key| format!("{operation} {key}"));
        let number = {
            let mut calls = chaos.calls.lock().unwrap_or_else(PoisonError::into_inner);
            let number = calls.entry(label.clone()).or_default();
            *number += 1;
            number.to_string()
        };
        let drawn = chaos.seed.unit(&["store", &label, &number]);
        let meets = if drawn < chaos.probability / 2.0 {
            Meets::FailsBefore
        } else if drawn < chaos.probability {
            Meets::LosesAnswer
        } else {
            match &chaos.late {
                Some((clock, up_to)) if drawn < 2.0 * chaos.probability => {
                    Meets::IsLate(clock.clone(), chaos.seed.up_to(&["late", &label, &number], *up_to))
                }
                _ => return Meets::Nothing,
            }
        };
        chaos.failures.fetch_add(1, Ordering::Relaxed);
        meets
    }

    async fn call<T>(
        &self,
        operation: &'static str,
        key: Option<&TenantKey>,
        effect: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let failure = || StoreError::temporary(operation, "injected fault");
        match self.meets(operation, key) {
            Meets::Nothing => effect.await,
            Meets::FailsBefore => Err(failure()),
            Meets::LosesAnswer => effect.await.and_then(|_| Err(failure())),
            Meets::IsLate(clock, by) => {
                clock.sleep_until(clock.now() + by).await;
                effect.await
            }
        }
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl Records for ChaosStore {
    async fn get(&self, key: &TenantKey) -> Result<Option<Record>, StoreError> {
        self.call("read a record", Some(key), self.inner.get(key)).await
    }

    async fn put(&self, lease: &Lease, record: &Record) -> Result<u64, StoreError> {
        self.call("write a record", Some(&lease.key), self.inner.put(lease, record)).await
    }

    async fn delete(&self, lease: &Lease, version: u64) -> Result<(), StoreError> {
        self.call("remove a record", Some(&lease.key), self.inner.delete(lease, version)).await
    }

    async fn list(&self) -> Result<Vec<TenantKey>, StoreError> {
        self.call("list the records", None, self.inner.list()).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl Leases for ChaosStore {
    async fn acquire(&self, request: &LeaseRequest) -> Result<Lease, StoreError> {
        self.call("take a lease", Some(&request.key), self.inner.acquire(request)).await
    }

    async fn renew(&self, lease: &Lease, now: i64, ttl: Duration) -> Result<Lease, StoreError> {
        self.call("renew a lease", Some(&lease.key), self.inner.renew(lease, now, ttl)).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.call("give a lease back", Some(&lease.key), self.inner.release(lease)).await
    }

    async fn unlock(&self, unlock: &Unlock) -> Result<Option<Unlocked>, StoreError> {
        self.call("take a lease away", Some(&unlock.key), self.inner.unlock(unlock)).await
    }

    async fn lease(&self, key: &TenantKey) -> Result<LeaseState, StoreError> {
        self.call("read a lease", Some(key), self.inner.lease(key)).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl Log for ChaosStore {
    async fn append(&self, lease: &Lease, entries: &[LogEntry]) -> Result<(), StoreError> {
        self.call("append to a log", Some(&lease.key), self.inner.append(lease, entries)).await
    }

    async fn log(&self, key: &TenantKey, after: u64, limit: usize) -> Result<Vec<LogEntry>, StoreError> {
        self.call("read a log", Some(key), self.inner.log(key, after, limit)).await
    }

    async fn last_logged(&self, key: &TenantKey) -> Result<Option<LogEntry>, StoreError> {
        self.call("read the end of a log", Some(key), self.inner.last_logged(key)).await
    }

    async fn logged(&self) -> Result<Vec<TenantKey>, StoreError> {
        self.call("list the logs", None, self.inner.logged()).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl Cursor for ChaosStore {
    async fn delivered(&self, key: &TenantKey) -> Result<u64, StoreError> {
        self.call("read a cursor", Some(key), self.inner.delivered(key)).await
    }

    async fn set_delivered(&self, key: &TenantKey, seq: u64) -> Result<(), StoreError> {
        self.call("move a cursor", Some(key), self.inner.set_delivered(key, seq)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::RetryStatus;
    use crate::state::{MemoryStore, suite};

    fn request(now: i64) -> LeaseRequest {
        let key = suite::record("clinic").key;
        LeaseRequest { key, owner: "a".into(), now, ttl: Duration::from_secs(30), over: None }
    }

    #[tokio::test]
    async fn without_failures_it_keeps_the_contract_of_a_store() {
        suite::run(|| async { Arc::new(ChaosStore::new(MemoryStore::new(), 1, 0.0)) as Arc<dyn StateStore> }).await;
    }

    #[tokio::test]
    async fn some_failures_come_before_the_effect_and_some_after_it() {
        let inner = MemoryStore::new();
        let (mut before, mut after) = (0, 0);
        for turn in 1..=40 {
            let store = ChaosStore::new(inner.clone(), turn, 1.0);
            let state = inner.lease(&request(0).key).await.unwrap();
            let (fence, over) = (state.fence, state.holder);
            let error = store.acquire(&LeaseRequest { over, ..request(0) }).await.unwrap_err();
            assert_eq!(error.retry(), RetryStatus::Temporary);
            let took_effect = inner.lease(&request(0).key).await.unwrap().fence > fence;
            *(if took_effect { &mut after } else { &mut before }) += 1;
        }
        assert!(before > 10 && after > 10, "{before} before, {after} after");
    }

    #[tokio::test]
    async fn a_late_call_takes_effect_all_the_same() {
        let clock = SimClock::new();
        let chaos = |seed| ChaosStore::new(MemoryStore::new(), seed, 0.5).late(clock.clone(), Duration::from_secs(60));
        let mut late = 0;
        for seed in 0..20 {
            let (store, began) = (chaos(seed), clock.now());
            let granted = store.acquire(&request(0)).await.is_ok();
            if granted && clock.now() > began {
                late += 1;
                assert!(store.inner.lease(&request(0).key).await.unwrap().holder.is_some());
            }
        }
        assert!(late > 5, "{late}");
    }

    #[tokio::test]
    async fn one_seed_gives_one_course_and_a_calm_store_fails_no_more() {
        let course = async |seed| {
            let store = ChaosStore::new(MemoryStore::new(), seed, 0.5);
            let mut course = Vec::new();
            for _ in 0..30 {
                course.push(store.list().await.is_ok());
            }
            store.calm();
            assert!(store.list().await.is_ok());
            assert_eq!(usize::try_from(store.failures()).unwrap(), course.iter().filter(|done| !**done).count());
            course
        };
        assert_eq!(course(3).await, course(3).await);
        assert_ne!(course(3).await, course(4).await);
    }
}
