//! The store of the simulation: the durable state of each tenant, the holder of its lease, and a check that each write
//! was allowed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use mate::clock::Clock;
use mate::model::ids::TenantKey;
use mate::sim::SimClock;
use mate::state::{Cursor, Lease, LeaseRequest, LeaseState, Leases, Log, LogEntry, Records, Unlock, Unlocked};
use mate::{MemoryStore, Record, StoreError};

use crate::findings::Findings;
use crate::one_writer;
use crate::world::Bug;

/// The durable state of one tenant.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page {
    /// The holder of the lease: the fencing token, and the end of the lease in the time of the cloud.
    pub(crate) holder: Option<(u64, Duration)>,
    /// The controller that took the lease last, and true once it has sent a call under it.
    pub(crate) last: (String, bool),
    /// The latest record that was written.
    pub(crate) record: Option<Arc<Record>>,
}

/// A store that keeps books of what passes. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    inner: MemoryStore,
    clock: SimClock,
    pages: Arc<Mutex<BTreeMap<TenantKey, Page>>>,
    fenced: Arc<Mutex<u64>>,
    findings: Findings,
    bug: Arc<dyn Bug>,
}

impl Ledger {
    pub(crate) fn new(clock: SimClock, findings: Findings, bug: Arc<dyn Bug>) -> Self {
        Self { inner: MemoryStore::new(), clock, pages: Arc::default(), fenced: Arc::default(), findings, bug }
    }

    fn pages(&self) -> MutexGuard<'_, BTreeMap<TenantKey, Page>> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn page(&self, key: &TenantKey) -> Page {
        self.pages().get(key).cloned().unwrap_or_default()
    }

    pub(crate) fn record(&self, key: &TenantKey) -> Option<Arc<Record>> {
        self.page(key).record
    }

    /// Changes what is known of a tenant.
    pub(crate) fn change<T>(&self, key: &TenantKey, change: impl FnOnce(&mut Page) -> T) -> T {
        change(self.pages().entry(key.clone()).or_default())
    }

    /// The number of writes that were refused because their lease was lost.
    pub(crate) fn fenced(&self) -> u64 {
        *self.fenced.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn counts<T>(&self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        if matches!(answer, Err(StoreError::Fenced { .. })) {
            *self.fenced.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        }
        answer
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl Records for Ledger {
    async fn get(&self, key: &TenantKey) -> Result<Option<Record>, StoreError> {
        self.inner.get(key).await
    }

    async fn put(&self, lease: &Lease, record: &Record) -> Result<u64, StoreError> {
        let mut record = record.clone();
        self.bug.puts(&mut record);
        let mut answer = self.counts(self.inner.put(lease, &record).await);
        if matches!(answer, Err(StoreError::Fenced { .. })) && self.bug.ignores_fences() {
            answer = one_writer::forced(&self.inner, lease, &mut record).await;
        }
        let version = answer?;
        let mut pages = self.pages();
        let page = pages.entry(lease.key.clone()).or_default();
        one_writer::written(&self.findings, page, lease, Some((record.version, version)));
        record.version = version;
        page.record = Some(Arc::new(record));
        Ok(version)
    }

    async fn delete(&self, lease: &Lease, version: u64) -> Result<(), StoreError> {
        self.counts(self.inner.delete(lease, version).await)?;
        let mut pages = self.pages();
        let page = pages.entry(lease.key.clone()).or_default();
        one_writer::written(&self.findings, page, lease, None);
        page.record = None;
        Ok(())
    }

    async fn list(&self) -> Result<Vec<TenantKey>, StoreError> {
        self.inner.list().await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl Leases for Ledger {
    async fn acquire(&self, request: &LeaseRequest) -> Result<Lease, StoreError> {
        let lease = self.inner.acquire(request).await?;
        let mut pages = self.pages();
        let page = pages.entry(lease.key.clone()).or_default();
        let now = self.clock.now();
        one_writer::granted(&self.findings, page, now, &lease);
        page.holder = Some((lease.fence, now + request.ttl));
        let controller = lease.owner.split('/').next().unwrap_or_default();
        page.last = (controller.to_owned(), false);
        Ok(lease)
    }

    async fn renew(&self, lease: &Lease, now: i64, ttl: Duration) -> Result<Lease, StoreError> {
        let renewed = self.counts(self.inner.renew(lease, now, ttl).await)?;
        let mut pages = self.pages();
        let page = pages.entry(lease.key.clone()).or_default();
        one_writer::written(&self.findings, page, lease, None);
        page.holder = Some((renewed.fence, self.clock.now() + ttl));
        Ok(renewed)
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.inner.release(lease).await?;
        let mut pages = self.pages();
        let page = pages.entry(lease.key.clone()).or_default();
        page.holder = page.holder.filter(|(fence, _)| *fence != lease.fence);
        Ok(())
    }

    async fn unlock(&self, unlock: &Unlock) -> Result<Option<Unlocked>, StoreError> {
        let entry = self.inner.unlock(unlock).await?;
        let mut pages = self.pages();
        let page = pages.entry(unlock.key.clone()).or_default();
        page.holder = page.holder.filter(|(fence, _)| *fence != unlock.fence);
        Ok(entry)
    }

    async fn lease(&self, key: &TenantKey) -> Result<LeaseState, StoreError> {
        self.inner.lease(key).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl Log for Ledger {
    async fn append(&self, lease: &Lease, entries: &[LogEntry]) -> Result<(), StoreError> {
        self.inner.append(lease, entries).await
    }

    async fn log(&self, key: &TenantKey, after: u64, limit: usize) -> Result<Vec<LogEntry>, StoreError> {
        self.inner.log(key, after, limit).await
    }

    async fn last_logged(&self, key: &TenantKey) -> Result<Option<LogEntry>, StoreError> {
        self.inner.last_logged(key).await
    }

    async fn logged(&self) -> Result<Vec<TenantKey>, StoreError> {
        self.inner.logged().await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl Cursor for Ledger {
    async fn delivered(&self, key: &TenantKey) -> Result<u64, StoreError> {
        self.inner.delivered(key).await
    }

    async fn set_delivered(&self, key: &TenantKey, seq: u64) -> Result<(), StoreError> {
        self.inner.set_delivered(key, seq).await
    }
}
