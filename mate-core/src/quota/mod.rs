//! The limits of an account before they are met: what a plan needs, what fits, how many more tenants there is room for.
//!
//! [`needs`] counts what a plan adds, [`read`] asks the provider what the account may have and has, and [`Preflight`] sets
//! one against the other. [`Capacity`] says how many more tenants of each tier fit. All but [`read`] is pure.

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

/// Reads what the account may have and has of these quotas. What cannot be read is told as none, and is no error.
pub async fn read<'a, P: Provider + ?Sized>(provider: &P, quotas: impl IntoIterator<Item = &'a QuotaId>) -> Readings {
    let quotas: Vec<QuotaId> = quotas.into_iter().cloned().collect();
    let answers = provider.quotas(quotas.clone()).await;
    quotas.into_iter().zip(answers).collect()
}
