//! Stores that return to their executor at every call, so that a process can die between any two of them.

use std::time::Duration;

use async_trait::async_trait;
use mate::model::ids::TenantKey;
use mate::state::{Cursor, Lease, LeaseRequest, LeaseState, Leases, Log, LogEntry, Records, Unlock, Unlocked};
use mate::tiers::TierCatalogue;
use mate::{Mate, MemoryStore, Record, SimCloud, StateStore, StoreError};

use crate::cloud::base;

pub(crate) fn mate(cloud: SimCloud, store: impl StateStore + 'static) -> Mate {
    Mate::builder().provider(cloud).store(store).catalogue(TierCatalogue::standard()).base(base()).build().unwrap()
}

/// A store in memory that yields before and after each call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Yielding(pub(crate) MemoryStore);

async fn around<T>(call: impl Future<Output = T>) -> T {
    tokio::task::yield_now().await;
    let answer = call.await;
    tokio::task::yield_now().await;
    answer
}

/// Records of one store, logs of another.
#[derive(Debug, Clone)]
pub(crate) struct Mixed {
    pub(crate) records: MemoryStore,
    pub(crate) logs: MemoryStore,
}

macro_rules! forwarded {
    ($store:ty, |$this:ident| $records:expr, $logs:expr, $wrap:expr) => {
        #[async_trait]
        impl Records for $store {
            async fn get(&self, key: &TenantKey) -> Result<Option<Record>, StoreError> {
                let $this = self;
                $wrap($records.get(key)).await
            }

            async fn put(&self, lease: &Lease, record: &Record) -> Result<u64, StoreError> {
                let $this = self;
                $wrap($records.put(lease, record)).await
            }

            async fn delete(&self, lease: &Lease, version: u64) -> Result<(), StoreError> {
                let $this = self;
                $wrap($records.delete(lease, version)).await
            }

            async fn list(&self) -> Result<Vec<TenantKey>, StoreError> {
                let $this = self;
                $wrap($records.list()).await
            }
        }

        #[async_trait]
        impl Leases for $store {
            async fn acquire(&self, request: &LeaseRequest) -> Result<Lease, StoreError> {
                let $this = self;
                $wrap($records.acquire(request)).await
            }

            async fn renew(&self, lease: &Lease, now: i64, ttl: Duration) -> Result<Lease, StoreError> {
                let $this = self;
                $wrap($records.renew(lease, now, ttl)).await
            }

            async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
                let $this = self;
                $wrap($records.release(lease)).await
            }

            async fn unlock(&self, unlock: &Unlock) -> Result<Option<Unlocked>, StoreError> {
                let $this = self;
                $wrap($records.unlock(unlock)).await
            }

            async fn lease(&self, key: &TenantKey) -> Result<LeaseState, StoreError> {
                let $this = self;
                $wrap($records.lease(key)).await
            }
        }

        #[async_trait]
        impl Log for $store {
            async fn append(&self, lease: &Lease, entries: &[LogEntry]) -> Result<(), StoreError> {
                let $this = self;
                $wrap($logs.append(lease, entries)).await
            }

            async fn log(&self, key: &TenantKey, after: u64, limit: usize) -> Result<Vec<LogEntry>, StoreError> {
                let $this = self;
                $wrap($logs.log(key, after, limit)).await
            }

            async fn last_logged(&self, key: &TenantKey) -> Result<Option<LogEntry>, StoreError> {
                let $this = self;
                $wrap($logs.last_logged(key)).await
            }

            async fn logged(&self) -> Result<Vec<TenantKey>, StoreError> {
                let $this = self;
                $wrap($logs.logged()).await
            }
        }

        #[async_trait]
        impl Cursor for $store {
            async fn delivered(&self, key: &TenantKey) -> Result<u64, StoreError> {
                let $this = self;
                $wrap($logs.delivered(key)).await
            }

            async fn set_delivered(&self, key: &TenantKey, seq: u64) -> Result<(), StoreError> {
                let $this = self;
                $wrap($logs.set_delivered(key, seq)).await
            }
        }
    };
}

forwarded!(Yielding, |this| this.0, this.0, around);
forwarded!(Mixed, |this| this.records, this.logs, around);
