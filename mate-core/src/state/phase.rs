//! The phase of a tenant, by its record.

use super::{Record, RecordPhase};
use crate::vocab::{Goal, Mode, TenantPhase, TenantVerb};

impl Record {
    /// The verbs that are possible now: those of the phase, without the ways on from an interrupted run that its goal does
    /// not have. An adoption is not resumed but adopted again from its source; a destroy, a disowning, an adoption and a change
    /// of ids are not unwound.
    #[must_use]
    pub fn possible(&self) -> Vec<TenantVerb> {
        let goal = self.run.as_ref().map(|run| run.goal);
        if goal == Some(Goal::Amend) {
            // Until it is finished, objects carry ids that the record no longer has.
            return vec![TenantVerb::ResumeRun];
        }
        let possible = |verb: &TenantVerb| match verb {
            TenantVerb::ResumeRun => goal.is_some_and(|goal| goal != Goal::Adopt),
            TenantVerb::Unwind => matches!(goal, Some(Goal::Apply | Goal::Unwind)),
            _ => true,
        };
        let of_phase = TenantPhase::of(Some(self)).possible().filter(possible);
        // The change that follows a run that has ended is begun by resuming the run.
        let follows = (goal.is_none() && self.then.is_some()).then_some(TenantVerb::ResumeRun);
        of_phase.chain(follows).collect()
    }
}

impl TenantPhase {
    /// The phase of a tenant by its record. Without one it is [`TenantPhase::Requested`]; that it was there before and is
    /// [`TenantPhase::Gone`], only its history can tell.
    #[must_use]
    pub fn of(record: Option<&Record>) -> Self {
        let Some(record) = record else { return Self::Requested };
        match (record.phase, record.run.is_some()) {
            (RecordPhase::Provisioning, _) => Self::Provisioning,
            (RecordPhase::Unwinding, _) if record.spec.is_some() => Self::Updating,
            (RecordPhase::Destroying | RecordPhase::Unwinding, _) => Self::Offboarding,
            (RecordPhase::Active, true) => Self::Updating,
            (RecordPhase::Active, false) => match record.operating.mode {
                Mode::Running => Self::Active,
                Mode::Suspended(_) | Mode::ShutDown(_) => Self::Suspended,
                Mode::Deactivated(_) => Self::Deactivated,
                Mode::Maintained(_) => Self::Maintained,
            },
        }
    }
}
