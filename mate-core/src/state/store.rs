//! The contract of a record store: compare-and-swap on a version, under a lease with a fencing token.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{GENESIS, Holder, Lease, LeaseRequest, LeaseState, LogEntry, Record, RecordError, Unlock, Unlocked};
use crate::model::ids::TenantKey;
use crate::provider::RetryStatus;

/// A record store: [`Records`], [`Leases`], [`Log`] and [`Cursor`] in one. Implemented for whatever implements these four.
///
/// The contract that every store keeps, and that [`super::suite`] checks:
/// - [`put`](Records::put) replaces exactly the version that the record names (0: no record yet) and no other.
///   Of several writers on one version one succeeds, the others get [`StoreError::Conflict`].
/// - A record that was put is durable when `put` answers, and read back as it was put, with the next version.
/// - A dropped call leaves either the record before or the record after, never a part.
/// - A write names the lease under which it is made, and is refused with [`StoreError::Fenced`] unless that lease is the
///   present one: checked in the same step as the version, so that nothing comes between.
/// - Of several that ask for a free lease one gets it. Tokens count up for ever, across the removal of the record too.
/// - A record of another lineage than the one that stands there is refused: it is of another life of the tenant.
/// - A record belongs to its key. One with another key is neither written under this one nor read.
/// - The log of a tenant outlives its record. An entry that stands in it is never changed and never removed; each continues the
///   one before it.
pub trait StateStore: Records + Leases + Log + Cursor {}

impl<S: Records + Leases + Log + Cursor + ?Sized> StateStore for S {}

/// Keeps the records of tenants, one a tenant and environment.
#[async_trait]
pub trait Records: Send + Sync + fmt::Debug {
    /// The record of a tenant, if there is one. Needs no lease.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] for a record that this version cannot read, [`StoreError::Backend`] otherwise.
    async fn get(&self, key: &TenantKey) -> Result<Option<Record>, StoreError>;

    /// Writes a record in the place of version [`Record::version`] and gives the new version.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when the lease is not the present one, [`StoreError::Conflict`] when another version stands
    /// there, [`StoreError::OtherLineage`] when that is of another life of the tenant.
    async fn put(&self, lease: &Lease, record: &Record) -> Result<u64, StoreError>;

    /// Removes a record of this version. The lease stays with its holder.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when the lease is not the present one, [`StoreError::Conflict`] when another version stands
    /// there, or none.
    async fn delete(&self, lease: &Lease, version: u64) -> Result<(), StoreError>;

    /// The keys of all records, in order.
    ///
    /// # Errors
    /// [`StoreError::Backend`].
    async fn list(&self) -> Result<Vec<TenantKey>, StoreError>;
}

/// Keeps the leases: one writer a tenant, each with a fencing token.
#[async_trait]
pub trait Leases: Send + Sync + fmt::Debug {
    /// Takes the lease of a tenant, whether it has a record or not.
    ///
    /// # Errors
    /// [`StoreError::Held`] while somebody else has it.
    async fn acquire(&self, request: &LeaseRequest) -> Result<Lease, StoreError>;

    /// Prolongs a lease to `ttl` from `now` (seconds of the Unix epoch).
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when it is not the present one.
    async fn renew(&self, lease: &Lease, now: i64, ttl: Duration) -> Result<Lease, StoreError>;

    /// Gives a lease back. One that is somebody else's by now is left alone.
    ///
    /// # Errors
    /// [`StoreError::Backend`].
    async fn release(&self, lease: &Lease) -> Result<(), StoreError>;

    /// Takes a lease away from its holder, and keeps who did it and why; none when that lease is not held any more.
    ///
    /// # Errors
    /// [`StoreError::Backend`].
    async fn unlock(&self, unlock: &Unlock) -> Result<Option<Unlocked>, StoreError>;

    /// The lease of a tenant as it stands, with the leases that were taken away.
    ///
    /// # Errors
    /// [`StoreError::Backend`].
    async fn lease(&self, key: &TenantKey) -> Result<LeaseState, StoreError>;
}

/// Keeps the log of each tenant. It outlives the record.
#[async_trait]
pub trait Log: Send + Sync + fmt::Debug {
    /// Adds entries to the end of a tenant's log. One that stands there already, with the same hash, is passed over, so that
    /// the same call twice is once.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when the lease is not the present one, [`StoreError::BrokenLog`] when another entry stands in the
    /// place of one of these, or one before them is missing. Nothing was written then.
    async fn append(&self, lease: &Lease, entries: &[LogEntry]) -> Result<(), StoreError>;

    /// The entries of a tenant's log after number `after`, in order, `limit` at most. Also of a tenant without a record.
    ///
    /// # Errors
    /// [`StoreError::Backend`].
    async fn log(&self, key: &TenantKey, after: u64, limit: usize) -> Result<Vec<LogEntry>, StoreError>;

    /// The last entry of a tenant's log.
    ///
    /// # Errors
    /// [`StoreError::Backend`].
    async fn last_logged(&self, key: &TenantKey) -> Result<Option<LogEntry>, StoreError>;

    /// The keys of every log that has an entry, in order.
    ///
    /// # Errors
    /// [`StoreError::Backend`].
    async fn logged(&self) -> Result<Vec<TenantKey>, StoreError>;
}

/// Keeps how far the events of each tenant were delivered.
#[async_trait]
pub trait Cursor: Send + Sync + fmt::Debug {
    /// The number of the last entry whose event was delivered; 0 for none.
    ///
    /// # Errors
    /// [`StoreError::Backend`].
    async fn delivered(&self, key: &TenantKey) -> Result<u64, StoreError>;

    /// Says that the events up to this entry were delivered. Never goes back, and so needs no lease: a delivery does not wait
    /// for a run, nor a run for a delivery.
    ///
    /// # Errors
    /// [`StoreError::Backend`].
    async fn set_delivered(&self, key: &TenantKey, seq: u64) -> Result<(), StoreError>;
}

/// A store that is chosen while the program runs: `Arc<dyn StateStore>`.
#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl<S: StateStore + ?Sized> Records for Arc<S> {
    async fn get(&self, key: &TenantKey) -> Result<Option<Record>, StoreError> {
        (**self).get(key).await
    }

    async fn put(&self, lease: &Lease, record: &Record) -> Result<u64, StoreError> {
        (**self).put(lease, record).await
    }

    async fn delete(&self, lease: &Lease, version: u64) -> Result<(), StoreError> {
        (**self).delete(lease, version).await
    }

    async fn list(&self) -> Result<Vec<TenantKey>, StoreError> {
        (**self).list().await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl<S: StateStore + ?Sized> Leases for Arc<S> {
    async fn acquire(&self, request: &LeaseRequest) -> Result<Lease, StoreError> {
        (**self).acquire(request).await
    }

    async fn renew(&self, lease: &Lease, now: i64, ttl: Duration) -> Result<Lease, StoreError> {
        (**self).renew(lease, now, ttl).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        (**self).release(lease).await
    }

    async fn unlock(&self, unlock: &Unlock) -> Result<Option<Unlocked>, StoreError> {
        (**self).unlock(unlock).await
    }

    async fn lease(&self, key: &TenantKey) -> Result<LeaseState, StoreError> {
        (**self).lease(key).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl<S: StateStore + ?Sized> Log for Arc<S> {
    async fn append(&self, lease: &Lease, entries: &[LogEntry]) -> Result<(), StoreError> {
        (**self).append(lease, entries).await
    }

    async fn log(&self, key: &TenantKey, after: u64, limit: usize) -> Result<Vec<LogEntry>, StoreError> {
        (**self).log(key, after, limit).await
    }

    async fn last_logged(&self, key: &TenantKey) -> Result<Option<LogEntry>, StoreError> {
        (**self).last_logged(key).await
    }

    async fn logged(&self) -> Result<Vec<TenantKey>, StoreError> {
        (**self).logged().await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl<S: StateStore + ?Sized> Cursor for Arc<S> {
    async fn delivered(&self, key: &TenantKey) -> Result<u64, StoreError> {
        (**self).delivered(key).await
    }

    async fn set_delivered(&self, key: &TenantKey, seq: u64) -> Result<(), StoreError> {
        (**self).set_delivered(key, seq).await
    }
}

/// A store that did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another version stands there: somebody else wrote in between.
    #[error("the record of {key} is at version {}, not {expected}: another run has changed it", Version(.found))]
    Conflict {
        /// The tenant.
        key: TenantKey,
        /// The version that was to be replaced.
        expected: u64,
        /// The version that stands there; none for no record.
        found: Option<u64>,
    },
    /// Somebody else has the lease.
    #[error("{key} is being worked at by {holder}")]
    Held {
        /// The tenant.
        key: TenantKey,
        /// The holder.
        holder: Holder,
    },
    /// The lease of the write is not the present one: it was over and somebody took it, or it was taken away.
    #[error("the lease of {key} with token {fence} was lost{}: nothing was written", Now(.holder.as_ref()))]
    Fenced {
        /// The tenant.
        key: TenantKey,
        /// The token of the write.
        fence: u64,
        /// The present holder, if there is one.
        holder: Option<Holder>,
    },
    /// The record is of another life of the tenant than the one that stands there.
    #[error(
        "the record of {key} that is to be written has lineage {given}, and {found} stands there: it is of another life of the tenant, such as a restored file of before its destruction"
    )]
    OtherLineage {
        /// The tenant.
        key: TenantKey,
        /// The lineage of the record that was to be written.
        given: String,
        /// The lineage that stands there.
        found: String,
    },
    /// A record that this version cannot read.
    #[error("the record of {key} cannot be read")]
    Unreadable {
        /// The tenant.
        key: TenantKey,
        /// The cause.
        #[source]
        source: RecordError,
    },
    /// A record that may not be written: it says something that cannot be.
    #[error("the record of {key} was not written, because it would be damaged")]
    Unwritable {
        /// The tenant.
        key: TenantKey,
        /// The cause.
        #[source]
        source: RecordError,
    },
    /// An entry of a log that does not continue what stands there.
    #[error(
        "entry {seq} of the log of {key} does not continue what stands in the store: another one stands in its place, or the \
         one before it is missing; what stands there was changed by other hands, or is an older copy"
    )]
    BrokenLog {
        /// The tenant.
        key: TenantKey,
        /// The number of the entry.
        seq: u64,
    },
    /// The store itself failed.
    #[error("the record store failed while it had to {operation}")]
    Backend {
        /// The operation that failed.
        operation: &'static str,
        /// The retry status: whether another try may succeed. A write that failed so may have taken effect.
        retry: RetryStatus,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StoreError {
    /// A failure of the store itself that trying again may get over.
    pub fn temporary(operation: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Backend { operation, retry: RetryStatus::Temporary, source: source.into() }
    }

    /// A failure of the store itself that trying again does not get over.
    pub fn permanent(operation: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Backend { operation, retry: RetryStatus::Permanent, source: source.into() }
    }

    /// The retry status: whether the same call may succeed later. A lease that somebody holds ends some day, but waiting for it
    /// is left to the caller.
    #[must_use]
    pub fn retry(&self) -> RetryStatus {
        match self {
            Self::Backend { retry, .. } => *retry,
            _ => RetryStatus::Permanent,
        }
    }
}

struct Version<'a>(&'a Option<u64>);

impl fmt::Display for Version<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(version) => write!(f, "{version}"),
            None => f.write_str("none"),
        }
    }
}

struct Now<'a>(Option<&'a Holder>);

impl fmt::Display for Now<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |holder| write!(f, " to {holder}"))
    }
}

/// The version and the lineage of the record in a store, against which a write is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its version.
    pub version: u64,
    /// Its lineage.
    pub lineage: String,
}

/// Checks that a write may be done, by the lease and the record in the store. Every store calls this in the same step as it
/// writes.
///
/// # Errors
/// [`StoreError::Fenced`], [`StoreError::Conflict`], [`StoreError::OtherLineage`].
pub fn check_write(
    lease: &Lease,
    state: &LeaseState,
    expected: u64,
    lineage: Option<&str>,
    standing: Option<&Standing>,
) -> Result<(), StoreError> {
    let key = lease.key.clone();
    state.admit(lease.fence).map_err(|holder| StoreError::Fenced { key: key.clone(), fence: lease.fence, holder })?;
    if let (Some(lineage), Some(standing)) = (lineage, standing)
        && lineage != standing.lineage
    {
        let (given, found) = (lineage.to_owned(), standing.lineage.clone());
        return Err(StoreError::OtherLineage { key, given, found });
    }
    let found = standing.map(|standing| standing.version);
    if found.unwrap_or(0) == expected {
        return Ok(());
    }
    Err(StoreError::Conflict { key, expected, found })
}

/// Returns the entries that a store has to add to its log. `standing` holds the hashes of the log by number: at least those
/// from the entry before the first of `entries` to the last of the log. Every store calls this in the same step as it writes.
///
/// # Errors
/// [`StoreError::BrokenLog`].
pub fn check_append<'a>(
    key: &TenantKey,
    standing: &BTreeMap<u64, String>,
    entries: &'a [LogEntry],
) -> Result<&'a [LogEntry], StoreError> {
    let mut before: Option<&LogEntry> = None;
    let mut fresh = entries;
    for entry in entries {
        let stands = standing.get(&entry.seq);
        let earlier = entry.seq.checked_sub(1).and_then(|seq| match before {
            Some(before) => (before.seq == seq).then_some(before.hash.as_str()),
            None if seq == 0 => Some(GENESIS),
            None => standing.get(&seq).map(String::as_str),
        });
        // Where an entry stands already, the one before it need not be known.
        let fits = match stands {
            Some(hash) => *hash == entry.hash,
            None => earlier == Some(entry.prev.as_str()),
        };
        if !fits || entry.tenant != *key {
            return Err(StoreError::BrokenLog { key: key.clone(), seq: entry.seq });
        }
        if stands.is_some() {
            fresh = &fresh[1..];
        }
        before = Some(entry);
    }
    Ok(fresh)
}
