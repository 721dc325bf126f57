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

/// A reading of a quota. A figure that could not be read is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaReading {
    /// The account's limit.
    pub limit: Option<u64>,
    /// The account's usage.
    pub used: Option<u64>,
}
