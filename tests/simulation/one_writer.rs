//! Invariant: one writer a tenant.
//!
//! A lease is given only when nobody holds it, or the last one's time is over; every write that succeeds is made under the lease
//! that was given last and has not been taken away, on the version that stands there.

use std::time::Duration;

use mate::state::{Lease, LeaseRequest};
use mate::state::{Leases, Records};
use mate::{MemoryStore, Record, StoreError};

use crate::findings::{Findings, Invariant};
use crate::ledger::Page;
use crate::world::Bug;

/// A lease was given.
pub(crate) fn granted(findings: &Findings, page: &Page, now: Duration, lease: &Lease) {
    if let Some((fence, _)) = page.holder.filter(|(_, until)| *until > now) {
        let what = format!("{} was given to {} while token {fence} held it", lease.key, lease.owner);
        findings.add(Invariant::OneWriter, what);
    }
    if let Some((fence, _)) = page.holder.filter(|(fence, _)| *fence >= lease.fence) {
        findings.add(Invariant::OneWriter, format!("{}: token {} came after {fence}", lease.key, lease.fence));
    }
}

/// A write succeeded, of a record on a version where it is one.
pub(crate) fn written(findings: &Findings, page: &Page, lease: &Lease, versions: Option<(u64, u64)>) {
    if page.holder.map(|(fence, _)| fence) != Some(lease.fence) {
        let what = format!(
            "{} was written by {} with token {}; it is held by {:?}",
            lease.key, lease.owner, lease.fence, page.holder
        );
        findings.add(Invariant::OneWriter, what);
    }
    if let Some((replaced, version)) = versions {
        let stood = page.record.as_ref().map_or(0, |record| record.version);
        if replaced != stood || version != stood + 1 {
            let what = format!("{}: version {version} replaced {replaced}, and {stood} stood there", lease.key);
            findings.add(Invariant::OneWriter, what);
        }
    }
}

/// The write of a store that checks neither fence nor version.
pub(crate) async fn forced(store: &MemoryStore, lease: &Lease, record: &mut Record) -> Result<u64, StoreError> {
    let key = &lease.key;
    let fence = match store.lease(key).await?.holder {
        Some(holder) => holder.fence,
        None => {
            let (owner, ttl) = (lease.owner.clone(), Duration::from_secs(1));
            store.acquire(&LeaseRequest { key: key.clone(), owner, now: 0, ttl, over: None }).await?.fence
        }
    };
    if let Some(standing) = store.get(key).await? {
        record.version = standing.version;
        record.lineage = standing.lineage;
    }
    store.put(&Lease { fence, ..lease.clone() }, record).await
}

/// A store that writes whatever the lease.
#[derive(Debug)]
struct IgnoresFences;

impl Bug for IgnoresFences {
    fn ignores_fences(&self) -> bool {
        true
    }
}

#[test]
fn a_store_that_ignores_the_fence_is_caught() {
    crate::sweep::catches(IgnoresFences, Invariant::OneWriter);
}
