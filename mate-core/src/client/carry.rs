//! Carries out a plan with all that its run says: the way back where a step fails, and the change that follows.

use super::desk::Desk;
use super::{Applied, DestroyOptions, Error, Inner};
use crate::engine::{Cancellation, EventSender, RunError};
use crate::lifecycle::Change;
use crate::model::ids::TenantKey;
use crate::plan::Plan;
use crate::state::Record;
use crate::vocab::{Consents, OnFailure, TenantVerb};

/// The parts of a plan by which it goes on after its run.
#[derive(Debug)]
pub(super) struct Way {
    key: TenantKey,
    verb: Option<TenantVerb>,
    release: Option<u32>,
    on_failure: OnFailure,
    then: Option<Change>,
}

impl Way {
    pub(super) fn of(plan: &Plan) -> Self {
        Self {
            key: plan.key.clone(),
            verb: plan.verb,
            release: plan.after.operating.release.as_ref().map(|release| release.number),
            on_failure: plan.on_failure,
            then: plan.then.clone(),
        }
    }
}

/// A tenant after a run and all that belongs to it.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) applied: Applied,
    /// The run that failed and was undone, if one was.
    pub(super) went_back: Option<WentBack>,
}

/// A run that failed and was undone.
#[derive(Debug)]
pub(super) struct WentBack {
    pub(super) reason: Box<RunError>,
    verb: Option<TenantVerb>,
    release: Option<u32>,
}

impl Inner {
    /// Carries out a plan, goes back where its run says so and a step fails, and carries out what follows.
    pub(super) async fn carry_out(
        &self,
        plan: Plan,
        consents: &Consents,
        events: &EventSender,
        cancellation: &Cancellation,
    ) -> Result<Applied, Error> {
        let way = Way::of(&plan);
        let ended = self.desk.apply(plan, consents, events, cancellation).await;
        let arrived = self.go_on(way, consents, ended, events, cancellation).await?;
        self.desk.told(arrived).await
    }

    /// Goes on from the end of a run. All of it stands in the record too, so that a process that dies on the way is followed
    /// by one that resumes.
    pub(super) async fn go_on(
        &self,
        mut way: Way,
        consents: &Consents,
        mut ended: Result<Applied, Error>,
        events: &EventSender,
        cancellation: &Cancellation,
    ) -> Result<Arrived, Error> {
        let mut went_back = None;
        loop {
            let applied = match ended {
                Err(Error::Run(reason))
                    if way.on_failure == OnFailure::Unwind && matches!(*reason, RunError::Failed { .. }) =>
                {
                    went_back = Some(WentBack { reason, verb: way.verb, release: way.release });
                    let back = self.plan_unwind(&way.key, &DestroyOptions::new()).await?;
                    let consents = Consents::none().and_to_downtime_of(&back);
                    way = Way::of(&back);
                    ended = self.desk.apply(back, &consents, events, cancellation).await;
                    continue;
                }
                ended => ended?,
            };
            let Some(change) = way.then.take() else { return Ok(Arrived { applied, went_back }) };
            let record = self.desk.record(&way.key).await?;
            let (plan, consents) = self.following(&record, change, consents).await?;
            way = Way::of(&plan);
            ended = self.desk.apply(plan, &consents, events, cancellation).await;
        }
    }

    /// Plans a change that follows a run, with what its caller consented to.
    pub(super) async fn following(
        &self,
        record: &Record,
        change: Change,
        consents: &Consents,
    ) -> Result<(Plan, Consents), Error> {
        // To ask for maintenance is the consent to its downtime.
        let maintains = change.verb() == TenantVerb::Maintain;
        let plan = self.planned_change(record, change).await?;
        let consents = consents.clone();
        let consents = if maintains { consents.and_to_downtime_of(&plan) } else { consents };
        Ok((plan, consents))
    }
}

impl Desk {
    /// The answer to a verb: the tenant as it stands, or why its run was undone.
    pub(super) async fn told(&self, arrived: Arrived) -> Result<Applied, Error> {
        let Arrived { applied, went_back } = arrived;
        let Some(WentBack { reason, verb, release }) = went_back else { return Ok(applied) };
        let key = applied.key;
        Err(match verb {
            Some(TenantVerb::Deploy | TenantVerb::Rollback) => {
                let to = self.record(&key).await?.operating.release.map(|release| release.number);
                Error::RolledBack { key, release, to, reason }
            }
            Some(TenantVerb::Rotate) => Error::PutBack { key, reason },
            Some(TenantVerb::Maintain) => Error::Maintenance { key, reason },
            _ => Error::Run(reason),
        })
    }
}
