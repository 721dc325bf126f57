//! The phases of a tenant's lifecycle.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::TenantVerb;

/// The phase of a tenant's lifecycle. It is derived from the tenant's record alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TenantPhase {
    /// Nothing of it stands and nothing was ever recorded: it can be provisioned.
    Requested,
    /// It is being made, or the run that made it was interrupted.
    Provisioning,
    /// It stands and serves.
    Active,
    /// It stands, and a run that changes it is under way or was interrupted.
    Updating,
    /// No task of it runs: suspended, or shut down in an emergency.
    Suspended,
    /// It runs, and nobody is let through.
    Deactivated,
    /// It runs behind a page, and is maintained.
    Maintained,
    /// It is being removed, or what an interrupted first run made of it is; or that was interrupted.
    Offboarding,
    /// It was removed. It can be provisioned anew.
    Gone,
}

impl TenantPhase {
    /// Every phase, in the order of a life.
    pub const ALL: [Self; 9] = [
        Self::Requested,
        Self::Provisioning,
        Self::Active,
        Self::Updating,
        Self::Suspended,
        Self::Deactivated,
        Self::Maintained,
        Self::Offboarding,
        Self::Gone,
    ];

    /// The verbs that can be asked for in this phase: those that name it ([`TenantVerb::phases`]). Any other is refused with
    /// [`crate::client::Error::IllegalTransition`], before anything is changed. An interrupted run may admit fewer:
    /// [`crate::client::TenantStatus::possible`] has those.
    pub fn possible(self) -> impl Iterator<Item = TenantVerb> {
        TenantVerb::ALL.iter().copied().filter(move |verb| self.admits(*verb))
    }

    /// Returns true if the verb is allowed in this phase.
    #[must_use]
    pub fn admits(self, verb: TenantVerb) -> bool {
        verb.phases().contains(&self)
    }

    /// The phase as it is written: `active`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Provisioning => "provisioning",
            Self::Active => "active",
            Self::Updating => "updating",
            Self::Suspended => "suspended",
            Self::Deactivated => "deactivated",
            Self::Maintained => "maintained",
            Self::Offboarding => "offboarding",
            Self::Gone => "gone",
        }
    }
}

impl fmt::Display for TenantPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
