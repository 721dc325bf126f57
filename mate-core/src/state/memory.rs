//! Records in memory, for tests and for programs that need none tomorrow.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::store::check;
use super::{Record, StateStore, StoreError};
use crate::ids::TenantKey;

/// A store in memory. Clones share the records, so that one can outlive a client and be given to the next.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    // As JSON, so that a record goes the same way as through a file.
    records: Arc<Mutex<BTreeMap<TenantKey, (u64, String)>>>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<TenantKey, (u64, String)>) -> T) -> T {
        work(&mut self.records.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl StateStore for MemoryStore {
    async fn get(&self, key: &TenantKey) -> Result<Option<Record>, StoreError> {
        let text = self.with(|records| records.get(key).map(|(_, text)| text.clone()));
        text.map(|text| Record::from_json(&text))
            .transpose()
            .map_err(|source| StoreError::Unreadable { key: key.clone(), source })
    }

    async fn put(&self, record: &Record) -> Result<u64, StoreError> {
        self.with(|records| {
            check(&record.key, record.version, records.get(&record.key).map(|(version, _)| *version))?;
            let next = Record { version: record.version + 1, ..record.clone() };
            records.insert(next.key.clone(), (next.version, next.to_json()));
            Ok(next.version)
        })
    }

    async fn delete(&self, key: &TenantKey, version: u64) -> Result<(), StoreError> {
        self.with(|records| {
            check(key, version, records.get(key).map(|(version, _)| *version))?;
            records.remove(key);
            Ok(())
        })
    }

    async fn list(&self) -> Result<Vec<TenantKey>, StoreError> {
        Ok(self.with(|records| records.keys().cloned().collect()))
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
