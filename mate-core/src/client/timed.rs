//! The store as a client calls it: every call has its time, by the provider's clock.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::clock::{Clock, attend};
use crate::engine::Limits;
use crate::engine::run::within;
use crate::model::ids::TenantKey;
use crate::provider::Provider;
use crate::state::{
    Cursor, Lease, LeaseRequest, LeaseState, Leases, Log, LogEntry, Record, Records, StateStore, StoreError, Unlock,
    Unlocked,
};

/// A store whose calls are given up when their time is over. A write that was given up may have taken effect.
#[derive(Debug)]
pub(super) struct Timed {
    store: Arc<dyn StateStore>,
    provider: Arc<dyn Provider>,
    limits: Limits,
}

impl Timed {
    pub(super) fn new(store: Arc<dyn StateStore>, provider: Arc<dyn Provider>, limits: Limits) -> Self {
        Self { store, provider, limits }
    }

    async fn call<T>(
        &self,
        operation: &'static str,
        limit: Duration,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let clock: Arc<dyn Clock> = self.provider.clock();
        // A store that works in real time lets no simulated time pass.
        let answer = within(&*clock, limit, attend(&*clock, call)).await;
        let silent = || StoreError::temporary(operation, format!("no answer within {} s", limit.as_secs()));
        answer.unwrap_or_else(|| Err(silent()))
    }

    /// A read: a list may have many pages.
    async fn read<T>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        self.call(operation, self.limits.call, call).await
    }

    /// A write, within the time of a lease.
    async fn write<T>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        self.call(operation, self.limits.store_call(), call).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl Records for Timed {
    async fn get(&self, key: &TenantKey) -> Result<Option<Record>, StoreError> {
        self.read("read a record", self.store.get(key)).await
    }

    async fn put(&self, lease: &Lease, record: &Record) -> Result<u64, StoreError> {
        self.write("write a record", self.store.put(lease, record)).await
    }

    async fn delete(&self, lease: &Lease, version: u64) -> Result<(), StoreError> {
        self.write("remove a record", self.store.delete(lease, version)).await
    }

    async fn list(&self) -> Result<Vec<TenantKey>, StoreError> {
        self.read("list the records", self.store.list()).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl Leases for Timed {
    async fn acquire(&self, request: &LeaseRequest) -> Result<Lease, StoreError> {
        self.write("take a lease", self.store.acquire(request)).await
    }

    async fn renew(&self, lease: &Lease, now: i64, ttl: Duration) -> Result<Lease, StoreError> {
        self.write("renew a lease", self.store.renew(lease, now, ttl)).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.write("give a lease back", self.store.release(lease)).await
    }

    async fn unlock(&self, unlock: &Unlock) -> Result<Option<Unlocked>, StoreError> {
        self.write("take a lease away", self.store.unlock(unlock)).await
    }

    async fn lease(&self, key: &TenantKey) -> Result<LeaseState, StoreError> {
        self.read("read a lease", self.store.lease(key)).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl Log for Timed {
    async fn append(&self, lease: &Lease, entries: &[LogEntry]) -> Result<(), StoreError> {
        self.write("append to a log", self.store.append(lease, entries)).await
    }

    async fn log(&self, key: &TenantKey, after: u64, limit: usize) -> Result<Vec<LogEntry>, StoreError> {
        self.read("read a log", self.store.log(key, after, limit)).await
    }

    async fn last_logged(&self, key: &TenantKey) -> Result<Option<LogEntry>, StoreError> {
        self.read("read the end of a log", self.store.last_logged(key)).await
    }

    async fn logged(&self) -> Result<Vec<TenantKey>, StoreError> {
        self.read("list the logs", self.store.logged()).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl Cursor for Timed {
    async fn delivered(&self, key: &TenantKey) -> Result<u64, StoreError> {
        self.read("read a cursor", self.store.delivered(key)).await
    }

    async fn set_delivered(&self, key: &TenantKey, seq: u64) -> Result<(), StoreError> {
        self.write("move a cursor", self.store.set_delivered(key, seq)).await
    }
}
