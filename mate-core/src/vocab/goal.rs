//! The goal of a plan.

use serde::{Deserialize, Serialize};

/// The purpose of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// Bring the tenant to its desired state.
    Apply,
    /// Remove the tenant.
    Destroy,
    /// To take over what is there already: ownership tags and record, and nothing else.
    Adopt,
    /// To give it back: ownership tags and record go, every object stays.
    #[serde(alias = "release")]
    Disown,
    /// To take away again what an interrupted run has made.
    Unwind,
    /// To give nodes other ids, or let them go out of the record: every object stays.
    Amend,
}

impl Goal {
    /// The goal in one word, as in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Destroy => "destroy",
            Self::Adopt => "adopt",
            Self::Disown => "disown",
            Self::Unwind => "unwind",
            Self::Amend => "amend",
        }
    }
}
