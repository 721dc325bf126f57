//! The data that a store keeps of one tenant, and every transition of it. Pure: a store reads the slot, asks it, and writes it
//! back in one step, by a lock, a transaction or a conditional write.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::store::{Standing, check_write};
use super::{GENESIS, Lease, LeaseRequest, LeaseState, LogEntry, Record, StoreError, Unlock, Unlocked};
use crate::model::ids::TenantKey;

/// The lease of a tenant and its record, whose body is the text of [`Record::seal`] where it leaves the process. A slot without a
/// record stays for ever, for the fencing token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot<B = String> {
    /// The lease.
    pub lease: LeaseState,
    /// The record; none before the tenant's first run, and after its end.
    #[serde(default = "nothing", skip_serializing_if = "Option::is_none")]
    pub record: Option<Stored<B>>,
    /// The state of the tenant's log, for a store that keeps it here.
    #[serde(default, skip_serializing_if = "LogState::is_new")]
    pub log: LogState,
}

/// The state of a tenant's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogState {
    /// The number of its last entry; 0 for none.
    pub seq: u64,
    /// The hash of its last entry.
    pub hash: String,
    /// The number of the last entry whose event was delivered.
    pub delivered: u64,
}

impl Default for LogState {
    fn default() -> Self {
        Self { seq: 0, hash: GENESIS.to_owned(), delivered: 0 }
    }
}

impl LogState {
    fn is_new(&self) -> bool {
        *self == Self::default()
    }
}

fn nothing<B>() -> Option<Stored<B>> {
    None
}

impl<B> Default for Slot<B> {
    fn default() -> Self {
        Self { lease: LeaseState::default(), record: None, log: LogState::default() }
    }
}

/// A record in the form in which it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored<B = String> {
    /// Its version.
    pub version: u64,
    /// Its lineage.
    pub lineage: String,
    /// The record itself.
    pub body: B,
}

impl Slot {
    /// [`Records::get`](super::Records::get).
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub fn get(&self, key: &TenantKey) -> Result<Option<Record>, StoreError> {
        let record = self.record.as_ref().map(|stored| Record::open_for(key, &stored.body)).transpose();
        record.map_err(|source| StoreError::Unreadable { key: key.clone(), source })
    }

    /// [`Records::put`](super::Records::put).
    ///
    /// # Errors
    /// As there; the slot is as it was then.
    pub fn put(&mut self, lease: &Lease, record: &Record) -> Result<u64, StoreError> {
        self.put_as(lease, record, |next| next.seal())
    }
}

impl<B> Slot<B> {
    fn standing(&self) -> Option<Standing> {
        self.record.as_ref().map(|stored| Standing { version: stored.version, lineage: stored.lineage.clone() })
    }

    pub(super) fn put_as(
        &mut self,
        lease: &Lease,
        record: &Record,
        body: impl FnOnce(Record) -> B,
    ) -> Result<u64, StoreError> {
        check_write(lease, &self.lease, record.version, Some(&record.lineage), self.standing().as_ref())?;
        let next = record.next(&lease.key)?;
        let (version, lineage) = (next.version, next.lineage.clone());
        self.record = Some(Stored { version, lineage, body: body(next) });
        Ok(version)
    }

    /// [`Records::delete`](super::Records::delete).
    ///
    /// # Errors
    /// As there; the slot is as it was then.
    pub fn delete(&mut self, lease: &Lease, version: u64) -> Result<(), StoreError> {
        check_write(lease, &self.lease, version, None, self.standing().as_ref())?;
        self.record = None;
        Ok(())
    }

    /// [`Leases::acquire`](super::Leases::acquire).
    ///
    /// # Errors
    /// [`StoreError::Held`].
    pub fn acquire(&mut self, request: &LeaseRequest) -> Result<Lease, StoreError> {
        self.lease.acquire(request).map_err(|holder| StoreError::Held { key: request.key.clone(), holder })
    }

    /// [`Leases::renew`](super::Leases::renew).
    ///
    /// # Errors
    /// [`StoreError::Fenced`].
    pub fn renew(&mut self, lease: &Lease, now: i64, ttl: Duration) -> Result<Lease, StoreError> {
        let fenced = |holder| StoreError::Fenced { key: lease.key.clone(), fence: lease.fence, holder };
        self.lease.renew(lease, now, ttl).map_err(fenced)
    }

    /// [`Leases::release`](super::Leases::release).
    pub fn release(&mut self, lease: &Lease) {
        self.lease.release(lease);
    }

    /// Admits a write under this lease: only the holder's.
    ///
    /// # Errors
    /// [`StoreError::Fenced`].
    pub fn admit(&self, lease: &Lease) -> Result<(), StoreError> {
        let fenced = |holder| StoreError::Fenced { key: lease.key.clone(), fence: lease.fence, holder };
        self.lease.admit(lease.fence).map_err(fenced)
    }

    /// Moves the end of the log to this entry, which stands in the store.
    ///
    /// # Errors
    /// [`StoreError::Fenced`].
    pub fn appended(&mut self, lease: &Lease, last: &LogEntry) -> Result<(), StoreError> {
        self.admit(lease)?;
        if last.seq > self.log.seq {
            self.log.seq = last.seq;
            self.log.hash.clone_from(&last.hash);
        }
        Ok(())
    }

    /// [`Cursor::set_delivered`](super::Cursor::set_delivered).
    pub fn set_delivered(&mut self, seq: u64) {
        self.log.delivered = self.log.delivered.max(seq);
    }

    /// [`Leases::unlock`](super::Leases::unlock).
    pub fn unlock(&mut self, unlock: &Unlock) -> Option<Unlocked> {
        self.lease.unlock(unlock)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{RecordError, suite};
    use super::*;

    #[test]
    fn a_slot_does_not_give_out_the_record_of_another_key() {
        let (acme, other) = (suite::record("acme"), suite::record("other"));
        let body = acme.seal();
        let slot = Slot { record: Some(Stored { version: 0, lineage: acme.lineage.clone(), body }), ..Slot::default() };
        assert_eq!(slot.get(&acme.key).unwrap(), Some(acme.clone()));
        let read = slot.get(&other.key);
        assert!(
            matches!(&read, Err(StoreError::Unreadable { source: RecordError::OtherKey(found), .. }) if *found == acme.key),
            "{read:?}"
        );
    }
}
