//! The verbs of a tenant's life, and the phases that admit each: one table.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::TenantPhase;

macro_rules! verbs {
    ($($(#[$doc:meta])+ $verb:ident = $word:literal in [$($phase:ident),*],)+) => {
        /// A verb that can be asked for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum TenantVerb {
            $($(#[$doc])+ $verb,)+
        }

        impl TenantVerb {
            /// Every verb.
            pub const ALL: &[Self] = &[$(Self::$verb),+];

            /// The verb as it is written: `change_tier`.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$verb => $word,)+
                }
            }

            /// The phases of a tenant in which it can be asked for.
            #[must_use]
            pub fn phases(self) -> &'static [TenantPhase] {
                match self {
                    $(Self::$verb => &[$(TenantPhase::$phase),*],)+
                }
            }
        }
    };
}

verbs! {
    /// [`crate::client::Mate::provision`].
    Provision = "provision" in [Requested, Provisioning, Active, Updating, Deactivated, Gone],
    /// [`crate::client::Mate::adopt`].
    Adopt = "adopt" in [Requested, Provisioning, Active, Updating, Gone],
    /// [`crate::client::Mate::update`].
    Update = "update" in [Active, Updating, Deactivated],
    /// [`crate::client::Tenant::scale`].
    Scale = "scale" in [Active, Deactivated],
    /// [`crate::client::Tenant::change_tier`].
    ChangeTier = "change_tier" in [Active, Deactivated],
    /// [`crate::client::Tenant::deploy`].
    Deploy = "deploy" in [Active, Deactivated],
    /// [`crate::client::Tenant::rollback`].
    Rollback = "rollback" in [Active, Deactivated],
    /// [`crate::client::Tenant::restart`].
    Restart = "restart" in [Active, Deactivated],
    /// [`crate::client::Tenant::rotate`].
    Rotate = "rotate" in [Active, Deactivated],
    /// [`crate::client::Tenant::suspend`].
    Suspend = "suspend" in [Active, Suspended, Deactivated],
    /// [`crate::client::Tenant::resume`].
    Resume = "resume" in [Suspended],
    /// [`crate::client::Tenant::deactivate`].
    Deactivate = "deactivate" in [Active, Deactivated],
    /// [`crate::client::Tenant::activate`].
    Activate = "activate" in [Deactivated],
    /// [`crate::client::Tenant::shut_down`].
    ShutDown = "shut_down" in [Active, Updating, Deactivated, Maintained],
    /// [`crate::client::Tenant::run_command`].
    RunCommand = "run_command" in [Active, Deactivated],
    /// [`crate::client::Tenant::set_maintenance_window`].
    SetMaintenanceWindow = "set_maintenance_window" in [Active, Deactivated],
    /// [`crate::client::Tenant::maintain`].
    Maintain = "maintain" in [Active, Deactivated, Maintained],
    /// [`crate::client::Tenant::tend`].
    Tend = "tend" in [Active, Suspended, Deactivated, Maintained],
    /// [`crate::client::Tenant::repair`].
    Repair = "repair" in [],
    /// [`crate::client::Tenant::replace`].
    Replace = "replace" in [Active, Deactivated],
    /// [`crate::client::Tenant::plan_amend`].
    Amend = "amend" in [],
    /// [`crate::client::Tenant::force_unlock`].
    ForceUnlock = "force_unlock" in [],
    /// [`crate::client::Tenant::resume_run`].
    ResumeRun = "resume_run" in [Provisioning, Updating, Offboarding],
    /// [`crate::client::Tenant::unwind`].
    Unwind = "unwind" in [Provisioning, Updating],
    /// [`crate::client::Tenant::plan_disown`].
    #[serde(alias = "release")]
    Disown = "disown" in [Provisioning, Active, Updating, Suspended, Deactivated, Maintained],
    /// [`crate::client::Tenant::destroy`].
    Destroy = "destroy" in [Provisioning, Active, Updating, Suspended, Deactivated, Maintained, Offboarding],
}

impl fmt::Display for TenantVerb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
