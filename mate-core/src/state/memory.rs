//! Records in memory, for tests and for programs that need none tomorrow.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::{Lease, LeaseRequest, LeaseState, Record, Slot, StateStore, StoreError, Unlock, Unlocked};
use crate::ids::TenantKey;

/// A store in memory. Clones share the records, so that one can outlive a client and be given to the next.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    slots: Arc<Mutex<BTreeMap<TenantKey, Slot<Record>>>>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn with<T>(&self, key: &TenantKey, work: impl FnOnce(&mut Slot<Record>) -> T) -> T {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        work(slots.entry(key.clone()).or_default())
    }
}

#[async_trait]
impl StateStore for MemoryStore {
    async fn get(&self, key: &TenantKey) -> Result<Option<Record>, StoreError> {
        let record = self.with(key, |slot| slot.record.as_ref().map(|stored| stored.body.clone()));
        // Through the stored form, as in every other store; but here, because a record is written a hundred times as often.
        let record = record.map(|record| Record::open(&record.seal())).transpose();
        record.map_err(|source| StoreError::Unreadable { key: key.clone(), source })
    }

    async fn put(&self, lease: &Lease, record: &Record) -> Result<u64, StoreError> {
        self.with(&lease.key, |slot| slot.put_as(lease, record, |next| next))
    }

    async fn delete(&self, lease: &Lease, version: u64) -> Result<(), StoreError> {
        self.with(&lease.key, |slot| slot.delete(lease, version))
    }

    async fn list(&self) -> Result<Vec<TenantKey>, StoreError> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(slots.iter().filter(|(_, slot)| slot.record.is_some()).map(|(key, _)| key.clone()).collect())
    }

    async fn acquire(&self, request: &LeaseRequest) -> Result<Lease, StoreError> {
        self.with(&request.key, |slot| slot.acquire(request))
    }

    async fn renew(&self, lease: &Lease, now: i64, ttl: Duration) -> Result<Lease, StoreError> {
        self.with(&lease.key, |slot| slot.renew(lease, now, ttl))
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.with(&lease.key, |slot| slot.release(lease));
        Ok(())
    }

    async fn unlock(&self, unlock: &Unlock) -> Result<Option<Unlocked>, StoreError> {
        Ok(self.with(&unlock.key, |slot| slot.unlock(unlock)))
    }

    async fn lease(&self, key: &TenantKey) -> Result<LeaseState, StoreError> {
        Ok(self.with(key, |slot| slot.lease.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::suite;
    use super::*;

    #[tokio::test]
    async fn it_keeps_the_contract_of_a_store() {
        suite::run(|| async { Arc::new(MemoryStore::new()) as Arc<dyn StateStore> }).await;
    }
}
