//! Where a tenant stands in its life, and what is possible there: one table.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Mode;
use crate::state::{Phase, Record};

/// Where a tenant stands in its life. Follows from its record alone.
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
    /// It is being removed, or that was interrupted.
    Offboarding,
    /// It was removed. It can be provisioned anew.
    Gone,
}

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
    pub const ALL: [Self; 22] = [
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
            Self::ResumeRun => "resume_run",
            Self::Unwind => "unwind",
            Self::Release => "release",
            Self::Destroy => "destroy",
        }
    }
}

impl fmt::Display for TenantVerb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
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

    /// The phase of a tenant by its record. Without one it is [`TenantPhase::Requested`]; that it was there before and is
    /// [`TenantPhase::Gone`], only its history can tell.
    #[must_use]
    pub fn of(record: Option<&Record>) -> Self {
        let Some(record) = record else { return Self::Requested };
        match (record.phase, record.run.is_some()) {
            (Phase::Provisioning, _) => Self::Provisioning,
            (Phase::Unwinding, _) if record.spec.is_some() => Self::Updating,
            (Phase::Destroying | Phase::Unwinding, _) => Self::Offboarding,
            (Phase::Active, true) => Self::Updating,
            (Phase::Active, false) => match record.operating.mode {
                Mode::Running => Self::Active,
                Mode::Suspended(_) | Mode::ShutDown(_) => Self::Suspended,
                Mode::Deactivated(_) => Self::Deactivated,
                Mode::Maintained(_) => Self::Maintained,
            },
        }
    }

    /// What can be asked for in this phase. Anything else is refused with [`crate::client::Error::IllegalTransition`], before
    /// anything is changed.
    #[must_use]
    pub fn possible(self) -> &'static [TenantVerb] {
        use TenantVerb::*;
        match self {
            Self::Requested | Self::Gone => &[Provision, Adopt],
            Self::Provisioning => &[Provision, Adopt, ResumeRun, Unwind, Release, Destroy],
            Self::Active => &[
                Update,
                Scale,
                ChangeTier,
                Deploy,
                Rollback,
                Restart,
                Rotate,
                Suspend,
                Deactivate,
                ShutDown,
                RunCommand,
                SetMaintenanceWindow,
                Maintain,
                Tend,
                Provision,
                Adopt,
                Release,
                Destroy,
            ],
            Self::Updating => &[ResumeRun, Unwind, Update, ShutDown, Provision, Adopt, Release, Destroy],
            Self::Suspended => &[Resume, Suspend, Tend, Release, Destroy],
            Self::Maintained => &[Maintain, ShutDown, Tend, Release, Destroy],
            Self::Deactivated => &[
                Activate,
                Update,
                Scale,
                ChangeTier,
                Deploy,
                Rollback,
                Restart,
                Rotate,
                Suspend,
                Deactivate,
                ShutDown,
                RunCommand,
                SetMaintenanceWindow,
                Maintain,
                Tend,
                Provision,
                Release,
                Destroy,
            ],
            Self::Offboarding => &[ResumeRun, Unwind, Destroy],
        }
    }

    /// Whether this can be asked for here.
    #[must_use]
    pub fn admits(self, verb: TenantVerb) -> bool {
        self.possible().contains(&verb)
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
