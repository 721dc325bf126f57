//! The way on from a run of which a step failed.

use serde::{Deserialize, Serialize};

/// The way on from a run of which a step failed for good.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnFailure {
    /// It stops there. The caller resumes it, or unwinds it.
    #[default]
    Stop,
    /// It is unwound: the tenant goes back by itself to what it was before.
    Unwind,
}

impl OnFailure {
    pub(crate) fn is_stop(&self) -> bool {
        *self == Self::Stop
    }
}
