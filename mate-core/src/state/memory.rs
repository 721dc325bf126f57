//! Records in memory, for tests and for programs that need none tomorrow.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

#[cfg(any(test, feature = "testing"))]
use super::Stored;
use super::{
    Cursor, Lease, LeaseRequest, LeaseState, Leases, Log, LogEntry, Record, RecordError, Records, Slot, StoreError,
    Unlock, Unlocked, check_append,
};
use crate::model::ids::TenantKey;

/// A store in memory. Clones share the records, so that one can outlive a client and be given to the next.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    slots: Arc<Mutex<BTreeMap<TenantKey, Kept>>>,
}

/// The data kept of one tenant.
#[derive(Debug, Default)]
struct Kept {
    slot: Slot<Record>,
    log: Vec<LogEntry>,
    /// The version of the record that went through the stored form.
    opened: Option<u64>,
}

impl Kept {
    /// The record through the stored form, as in every other store: once, when a version is first read, because a record is
    /// written a hundred times as often.
    fn record(&mut self, key: &TenantKey) -> Result<Option<Record>, RecordError> {
        let Some(stored) = &mut self.slot.record else { return Ok(None) };
        if self.opened != Some(stored.version) {
            stored.body = Record::open_for(key, &stored.body.seal())?;
            self.opened = Some(stored.version);
        }
        Ok(Some(stored.body.clone()))
    }
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn with<T>(&self, key: &TenantKey, work: impl FnOnce(&mut Slot<Record>) -> T) -> T {
        self.kept(key, |kept| work(&mut kept.slot))
    }

    fn kept<T>(&self, key: &TenantKey, work: impl FnOnce(&mut Kept) -> T) -> T {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        work(slots.entry(key.clone()).or_default())
    }

    fn keys(&self, of: impl Fn(&Kept) -> bool) -> Vec<TenantKey> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.iter().filter(|(_, kept)| of(kept)).map(|(key, _)| key.clone()).collect()
    }
}

/// Slots as stores keep them, for tests that save them and give them to a later version.
#[cfg(any(test, feature = "testing"))]
impl MemoryStore {
    /// The slot of a tenant with its record in the form in which it leaves the process, and its log.
    #[must_use]
    pub fn kept_of(&self, key: &TenantKey) -> (Slot, Vec<LogEntry>) {
        self.kept(key, |kept| {
            let record = kept.slot.record.as_ref().map(|stored| Stored {
                version: stored.version,
                lineage: stored.lineage.clone(),
                body: stored.body.seal(),
            });
            (Slot { lease: kept.slot.lease.clone(), record, log: kept.slot.log.clone() }, kept.log.clone())
        })
    }

    /// Keeps a slot and a log in the place of what is kept of this tenant. A record of an earlier version is brought to the
    /// present form, as when it is read.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub fn keep(&self, key: &TenantKey, slot: &Slot, log: Vec<LogEntry>) -> Result<(), StoreError> {
        let body = slot.get(key)?;
        let record = slot.record.as_ref().zip(body).map(|(stored, body)| Stored {
            version: stored.version,
            lineage: stored.lineage.clone(),
            body,
        });
        self.kept(key, |kept| {
            *kept = Kept { slot: Slot { lease: slot.lease.clone(), record, log: slot.log.clone() }, log, opened: None };
        });
        Ok(())
    }
}

#[async_trait]
impl Records for MemoryStore {
    async fn get(&self, key: &TenantKey) -> Result<Option<Record>, StoreError> {
        self.kept(key, |kept| kept.record(key)).map_err(|source| StoreError::Unreadable { key: key.clone(), source })
    }

    async fn put(&self, lease: &Lease, record: &Record) -> Result<u64, StoreError> {
        self.kept(&lease.key, |kept| {
            let version = kept.slot.put_as(lease, record, |next| next)?;
            kept.opened = None;
            Ok(version)
        })
    }

    async fn delete(&self, lease: &Lease, version: u64) -> Result<(), StoreError> {
        self.kept(&lease.key, |kept| {
            kept.slot.delete(lease, version)?;
            kept.opened = None;
            Ok(())
        })
    }

    async fn list(&self) -> Result<Vec<TenantKey>, StoreError> {
        Ok(self.keys(|kept| kept.slot.record.is_some()))
    }
}

#[async_trait]
impl Leases for MemoryStore {
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

#[async_trait]
impl Log for MemoryStore {
    async fn append(&self, lease: &Lease, entries: &[LogEntry]) -> Result<(), StoreError> {
        self.kept(&lease.key, |kept| {
            kept.slot.admit(lease)?;
            let standing = kept.log.iter().map(|entry| (entry.seq, entry.hash.clone())).collect();
            kept.log.extend_from_slice(check_append(&lease.key, &standing, entries)?);
            Ok(())
        })
    }

    async fn log(&self, key: &TenantKey, after: u64, limit: usize) -> Result<Vec<LogEntry>, StoreError> {
        Ok(self.kept(key, |kept| kept.log.iter().filter(|entry| entry.seq > after).take(limit).cloned().collect()))
    }

    async fn last_logged(&self, key: &TenantKey) -> Result<Option<LogEntry>, StoreError> {
        Ok(self.kept(key, |kept| kept.log.last().cloned()))
    }

    async fn logged(&self) -> Result<Vec<TenantKey>, StoreError> {
        Ok(self.keys(|kept| !kept.log.is_empty()))
    }
}

#[async_trait]
impl Cursor for MemoryStore {
    async fn delivered(&self, key: &TenantKey) -> Result<u64, StoreError> {
        Ok(self.with(key, |slot| slot.log.delivered))
    }

    async fn set_delivered(&self, key: &TenantKey, seq: u64) -> Result<(), StoreError> {
        self.with(key, |slot| slot.set_delivered(seq));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{StateStore, suite};
    use super::*;

    #[tokio::test]
    async fn it_keeps_the_contract_of_a_store() {
        suite::run(|| async { Arc::new(MemoryStore::new()) as Arc<dyn StateStore> }).await;
    }

    #[tokio::test]
    async fn what_one_store_kept_is_kept_by_another_as_it_was() {
        let (store, record) = (MemoryStore::new(), suite::record("regional"));
        let lease = suite::leased(&store, &record.key).await;
        store.put(&lease, &record).await.unwrap();
        let (slot, log) = store.kept_of(&record.key);
        let other = MemoryStore::new();
        other.keep(&record.key, &slot, log.clone()).unwrap();
        assert_eq!(other.get(&record.key).await.unwrap(), store.get(&record.key).await.unwrap());
        assert_eq!(other.kept_of(&record.key), (slot.clone(), log.clone()));
        let mut damaged = slot;
        let stored = damaged.record.as_mut().unwrap();
        stored.body = stored.body.replace("regional", "national");
        let error = other.keep(&record.key, &damaged, log).unwrap_err();
        assert!(matches!(error, StoreError::Unreadable { .. }), "{error}");
    }
}
