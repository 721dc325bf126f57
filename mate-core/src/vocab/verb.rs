//! The verbs of a tenant's life.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TenantVerb {
    /// [`crate::client::Mate::provision`].
    Provision,
    /// [`crate::client::Mate::adopt`].
    Adopt,
    /// [`crate::client::Mate::update`].
    Update,
    /// [`crate::client::Mate::scale`].
    Scale,
    /// [`crate::client::Mate::change_tier`].
    ChangeTier,
    /// [`crate::client::Mate::deploy`].
    Deploy,
    /// [`crate::client::Mate::rollback`].
    Rollback,
    /// [`crate::client::Mate::restart`].
    Restart,
    /// [`crate::client::Mate::rotate`].
    Rotate,
    /// [`crate::client::Mate::suspend`].
    Suspend,
    /// [`crate::client::Mate::resume`].
    Resume,
    /// [`crate::client::Mate::deactivate`].
    Deactivate,
    /// [`crate::client::Mate::activate`].
    Activate,
    /// [`crate::client::Mate::shut_down`].
    ShutDown,
    /// [`crate::client::Mate::run_command`].
    RunCommand,
    /// [`crate::client::Mate::set_maintenance_window`].
    SetMaintenanceWindow,
    /// [`crate::client::Mate::maintain`].
    Maintain,
    /// [`crate::client::Mate::tend`].
    Tend,
    /// [`crate::client::Mate::repair`].
    Repair,
    /// [`crate::client::Mate::plan_amend`].
    Amend,
    /// [`crate::client::Mate::force_unlock`].
    ForceUnlock,
    /// [`crate::client::Mate::resume_run`].
    ResumeRun,
    /// [`crate::client::Mate::unwind`].
    Unwind,
    /// [`crate::client::Mate::plan_release`].
    Release,
    /// [`crate::client::Mate::destroy`].
    Destroy,
}

impl TenantVerb {
    /// Every verb.
    pub const ALL: [Self; 25] = [
        Self::Provision,
        Self::Adopt,
        Self::Update,
        Self::Scale,
        Self::ChangeTier,
        Self::Deploy,
        Self::Rollback,
        Self::Restart,
        Self::Rotate,
        Self::Suspend,
        Self::Resume,
        Self::Deactivate,
        Self::Activate,
        Self::ShutDown,
        Self::RunCommand,
        Self::SetMaintenanceWindow,
        Self::Maintain,
        Self::Tend,
        Self::Repair,
        Self::Amend,
        Self::ForceUnlock,
        Self::ResumeRun,
        Self::Unwind,
        Self::Release,
        Self::Destroy,
    ];

    /// The verb as it is written: `change_tier`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Provision => "provision",
            Self::Adopt => "adopt",
            Self::Update => "update",
            Self::Scale => "scale",
            Self::ChangeTier => "change_tier",
            Self::Deploy => "deploy",
            Self::Rollback => "rollback",
            Self::Restart => "restart",
            Self::Rotate => "rotate",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Deactivate => "deactivate",
            Self::Activate => "activate",
            Self::ShutDown => "shut_down",
            Self::RunCommand => "run_command",
            Self::SetMaintenanceWindow => "set_maintenance_window",
            Self::Maintain => "maintain",
            Self::Tend => "tend",
            Self::Repair => "repair",
            Self::Amend => "amend",
            Self::ForceUnlock => "force_unlock",
            Self::ResumeRun => "resume_run",
            Self::Unwind => "unwind",
            Self::Release => "release",
            Self::Destroy => "destroy",
        }
    }
}

impl fmt::Display for TenantVerb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
