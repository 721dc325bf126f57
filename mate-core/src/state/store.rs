//! The contract of a record store: compare-and-swap on a version.

use std::fmt;

use async_trait::async_trait;

use super::{Record, RecordError};
use crate::ids::TenantKey;

/// Keeps the records of tenants, one a tenant and environment.
///
/// What every store keeps to, and [`super::suite`] checks:
/// - [`put`](StateStore::put) replaces exactly the version that the record names (0: no record yet) and no other.
///   Of several writers on one version one succeeds, the others get [`StoreError::Conflict`].
/// - A record that was put is durable when `put` answers, and read back as it was put, with the next version.
/// - What a dropped call left is either the record before or the record after, never a part.
#[async_trait]
pub trait StateStore: Send + Sync + fmt::Debug {
    /// The record of a tenant, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] for a record that this version cannot read, [`StoreError::Backend`] otherwise.
    async fn get(&self, key: &TenantKey) -> Result<Option<Record>, StoreError>;

    /// Writes a record in the place of version [`Record::version`] and gives the new version.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another version stands there.
    async fn put(&self, record: &Record) -> Result<u64, StoreError>;

    /// Removes a record of this version.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another version stands there, or none.
    async fn delete(&self, key: &TenantKey, version: u64) -> Result<(), StoreError>;

    /// The keys of all records, in order.
    ///
    /// # Errors
    /// [`StoreError::Backend`].
    async fn list(&self) -> Result<Vec<TenantKey>, StoreError>;
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
    /// A record that this version cannot read.
    #[error("the record of {key} cannot be read")]
    Unreadable {
        /// The tenant.
        key: TenantKey,
        /// Why.
        #[source]
        source: RecordError,
    },
    /// The store itself failed.
    #[error("the record store failed while it had to {operation}")]
    Backend {
        /// What it had to do.
        operation: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
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

/// Whether a write that expects `expected` may replace what stands there.
pub(super) fn check(key: &TenantKey, expected: u64, found: Option<u64>) -> Result<(), StoreError> {
    if found.unwrap_or(0) == expected {
        return Ok(());
    }
    Err(StoreError::Conflict { key: key.clone(), expected, found })
}
