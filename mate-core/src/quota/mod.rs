//! The quotas of an account before they are met: the needs of a plan, the check, and the room for further tenants.
//!
//! [`needs`] counts the amounts that a plan adds, [`read`] reads the limits and the present use from the provider, and
//! [`Preflight`] compares the two. [`Capacity`] counts the further tenants of each tier that fit. All but [`read`] is pure.

mod capacity;
mod count;
mod preflight;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use crate::model::{Per, Quota, QuotaWorld, Unit};
pub use capacity::{Capacity, Room};
pub use count::{Needs, needs, needs_of};
pub use preflight::{Check, Fit, LimitSource, Preflight};

use crate::provider::{Provider, QuotaId, QuotaReading};

/// The readings of the quotas.
pub type Readings = BTreeMap<QuotaId, QuotaReading>;

/// Reads the limit and the present use of these quotas. A value that cannot be read is none, and is no error.
pub async fn read<'a, P: Provider + ?Sized>(provider: &P, quotas: impl IntoIterator<Item = &'a QuotaId>) -> Readings {
    let quotas: Vec<QuotaId> = quotas.into_iter().cloned().collect();
    let answers = provider.quotas(quotas.clone()).await;
    quotas.into_iter().zip(answers).collect()
}
