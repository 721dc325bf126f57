//! The limits of an account.

use serde::{Deserialize, Serialize};

/// A limit of an account in a region, as Service Quotas names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct QuotaId {
    /// The service's code, `vpc`.
    pub service: String,
    /// The quota's code, `L-F678F1CE`.
    pub code: String,
}

/// What was read of a quota. What could not be read is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaReading {
    /// How much the account may have.
    pub limit: Option<u64>,
    /// How much it has.
    pub used: Option<u64>,
}
