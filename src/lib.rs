//! Embedded SDK for the life of a SaaS tenant on AWS.

pub use mate_core::{ids, spec};
pub use mate_tiers as tiers;
