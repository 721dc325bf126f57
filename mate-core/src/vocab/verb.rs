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
    /// [`crate::client::Tenant::scale`].
    Scale,
    /// [`crate::client::Tenant::change_tier`].
    ChangeTier,
    /// [`crate::client::Tenant::deploy`].
    Deploy,
    /// [`crate::client::Tenant::rollback`].
    Rollback,
    /// [`crate::client::Tenant::restart`].
    Restart,
    /// [`crate::client::Tenant::rotate`].
    Rotate,
    /// [`crate::client::Tenant::suspend`].
    Suspend,
    /// [`crate::client::Tenant::resume`].
    Resume,
    /// [`crate::client::Tenant::deactivate`].
    Deactivate,
    /// [`crate::client::Tenant::activate`].
    Activate,
    /// [`crate::client::Tenant::shut_down`].
    ShutDown,
    /// [`crate::client::Tenant::run_command`].
    RunCommand,
    /// [`crate::client::Tenant::set_maintenance_window`].
    SetMaintenanceWindow,
    /// [`crate::client::Tenant::maintain`].
    Maintain,
    /// [`crate::client::Tenant::tend`].
    Tend,
    /// [`crate::client::Tenant::repair`].
    Repair,
    /// [`crate::client::Tenant::plan_amend`].
    Amend,
    /// [`crate::client::Tenant::force_unlock`].
    ForceUnlock,
    /// [`crate::client::Tenant::resume_run`].
    ResumeRun,
    /// [`crate::client::Tenant::unwind`].
    Unwind,
    /// [`crate::client::Tenant::plan_disown`].
    #[serde(alias = "release")]
    Disown,
    /// [`crate::client::Tenant::destroy`].
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
        Self::Disown,
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
            Self::Disown => "disown",
            Self::Destroy => "destroy",
        }
    }
}

impl fmt::Display for TenantVerb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
