//! The phase of a tenant, by its record.

use super::{Phase, Record};
use crate::vocab::{Mode, TenantPhase};

impl TenantPhase {
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
}
