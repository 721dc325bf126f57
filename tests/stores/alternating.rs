//! Two controllers as one store: each call goes to the next of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use mate::model::ids::TenantKey;
use mate::state::{
    Cursor, Lease, LeaseRequest, LeaseState, Leases, Log, LogEntry, Record, Records, StateStore, StoreError, Unlock,
    Unlocked,
};

#[derive(Debug)]
pub(crate) struct Alternating {
    stores: Vec<Arc<dyn StateStore>>,
    turn: AtomicUsize,
}

impl Alternating {
    pub(crate) fn between(stores: Vec<Arc<dyn StateStore>>) -> Self {
        Self { stores, turn: AtomicUsize::new(0) }
    }

    fn next(&self) -> &dyn StateStore {
        &*self.stores[self.turn.fetch_add(1, Ordering::Relaxed) % self.stores.len()]
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl Records for Alternating {
    async fn get(&self, key: &TenantKey) -> Result<Option<Record>, StoreError> {
        self.next().get(key).await
    }

    async fn put(&self, lease: &Lease, record: &Record) -> Result<u64, StoreError> {
        self.next().put(lease, record).await
    }

    async fn delete(&self, lease: &Lease, version: u64) -> Result<(), StoreError> {
        self.next().delete(lease, version).await
    }

    async fn list(&self) -> Result<Vec<TenantKey>, StoreError> {
        self.next().list().await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl Leases for Alternating {
    async fn acquire(&self, request: &LeaseRequest) -> Result<Lease, StoreError> {
        self.next().acquire(request).await
    }

    async fn renew(&self, lease: &Lease, now: i64, ttl: Duration) -> Result<Lease, StoreError> {
        self.next().renew(lease, now, ttl).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.next().release(lease).await
    }

    async fn unlock(&self, unlock: &Unlock) -> Result<Option<Unlocked>, StoreError> {
        self.next().unlock(unlock).await
    }

    async fn lease(&self, key: &TenantKey) -> Result<LeaseState, StoreError> {
        self.next().lease(key).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl Log for Alternating {
    async fn append(&self, lease: &Lease, entries: &[LogEntry]) -> Result<(), StoreError> {
        self.next().append(lease, entries).await
    }

    async fn log(&self, key: &TenantKey, after: u64, limit: usize) -> Result<Vec<LogEntry>, StoreError> {
        self.next().log(key, after, limit).await
    }

    async fn last_logged(&self, key: &TenantKey) -> Result<Option<LogEntry>, StoreError> {
        self.next().last_logged(key).await
    }

    async fn logged(&self) -> Result<Vec<TenantKey>, StoreError> {
        self.next().logged().await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl Cursor for Alternating {
    async fn delivered(&self, key: &TenantKey) -> Result<u64, StoreError> {
        self.next().delivered(key).await
    }

    async fn set_delivered(&self, key: &TenantKey, seq: u64) -> Result<(), StoreError> {
        self.next().set_delivered(key, seq).await
    }
}
