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
    /// Take over existing objects: ownership tags and record, and nothing else.
    Adopt,
    /// Give the tenant back: ownership tags and record go, every object stays.
    #[serde(alias = "release")]
    Disown,
    /// Remove the objects that an interrupted run has made.
    Unwind,
    /// Give nodes new ids, or remove them from the record: every object stays.
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
