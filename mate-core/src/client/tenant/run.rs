//! A run that was interrupted, and the lease under which it ran: on with it, back from it, and who holds the tenant.

use super::{Applied, DestroyOptions, Error, Operation, Tenant};
use crate::client::resume;
#[cfg(doc)]
use crate::client::{Mate, TenantStatus};
use crate::lifecycle::Wanted;
use crate::plan::Plan;
use crate::state::{Following, LeaseState, Unlock, Unlocked};
use crate::vocab::Goal;

impl Tenant {
    /// Goes on with a run that was interrupted: by a crash, a cancellation, a deadline, a lost lease, or a failure.
    ///
    /// 1. The record holds the goal of the run, its spec, and the consents of its caller.
    /// 2. Every object of it is looked up in the cloud: by id where one is recorded, by name, token and ownership tags otherwise.
    ///    Objects that the interrupted run made are found and kept; the others are made.
    /// 3. A new plan brings the tenant from there to the same end, and is carried out as [`Mate::apply`] does.
    ///
    /// Guaranteed: the end is the one that the interrupted run would have come to; nothing is made twice. May be dropped at any
    /// await, and resumed again. An interrupted unwind or destroy goes on as such. The run says itself whether it goes back where
    /// it fails now, and what follows it, also where it has ended and what follows had not begun.
    ///
    /// # Errors
    /// [`Error::NothingInterrupted`]; [`Error::NotPossible`] for an adoption, which needs its source again;
    /// [`Error::SpecNotRecorded`] for a record of an earlier version; and as [`Mate::plan`] and [`Mate::apply`].
    pub fn resume_run(&self) -> Operation<Applied> {
        self.operation(|inner, key, events, cancellation| async move {
            let record = inner.desk.record(&key).await?;
            if let (None, Some(Following { change, consents })) = (&record.run, record.then.clone()) {
                let (plan, consents) = inner.following(&record, change, &consents).await?;
                return inner.carry_out(plan, &consents, &events, &cancellation).await;
            }
            let run = record.run.clone().ok_or_else(|| Error::NothingInterrupted(key.clone()))?;
            let plan = match run.goal {
                Goal::Apply => {
                    let spec = resume::spec(&key, run.spec.as_ref())?;
                    let wanted = Wanted { spec, operating: run.operating.clone() };
                    let plan = inner.plan_part(&record, &wanted, &run.selection()).await?;
                    let plan = run.intent.verb.into_iter().fold(plan, Plan::of_verb);
                    plan.going_on(run.on_failure(), run.then().cloned())
                }
                Goal::Destroy => inner.desk.plan_destroy_of(&record, &DestroyOptions::of(&run)).await?,
                Goal::Disown => inner.desk.plan_disown_of(&record)?,
                Goal::Amend => inner.amendment(&record, &run.amendment.clone().unwrap_or_default())?,
                Goal::Unwind => inner.plan_unwind_of(&record, &DestroyOptions::of(&run)).await?,
                Goal::Adopt => {
                    return Err(Error::NotPossible {
                        key,
                        reason: "is an adoption: adopt it again from the same source",
                    });
                }
            };
            inner.carry_out(plan, &run.consents, &events, &cancellation).await
        })
    }

    /// Plans to undo an interrupted run: [`Tenant::unwind`] without carrying it out. Changes nothing.
    ///
    /// # Errors
    /// As [`Tenant::unwind`].
    pub fn plan_unwind(&self, options: &DestroyOptions) -> Operation<Plan> {
        let options = options.clone();
        self.operation(|inner, key, _, _| async move { inner.plan_unwind(&key, &options).await })
    }

    /// Undoes what an interrupted run has done.
    ///
    /// 1. If the tenant was never created completely, the objects that the run created are deleted, in the reverse order. Objects
    ///    that existed before the run stay. The record is deleted after the last object.
    /// 2. If the tenant was active, it returns to the spec that was applied last.
    ///
    /// Data is protected as in [`Tenant::destroy`]: a database leaves a final snapshot, a bucket that holds objects is refused, and
    /// each step that loses data needs consent in `options`. An unwind that fails is not retried by itself:
    /// [`TenantStatus::stuck`] names the object and the next step, and [`Tenant::resume_run`] continues the unwind.
    ///
    /// # Errors
    /// [`Error::NothingInterrupted`]; [`Error::NotPossible`] for an interrupted destroy, which has lost what it deleted;
    /// and as [`Tenant::destroy`].
    pub fn unwind(&self, options: &DestroyOptions) -> Operation<Applied> {
        let options = options.clone();
        self.operation(|inner, key, events, cancellation| async move {
            let plan = inner.plan_unwind(&key, &options).await?;
            inner.carry_out(plan, &options.consents, &events, &cancellation).await
        })
    }

    /// The lease of a tenant: its present holder, and the leases that were taken away.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn lease(&self) -> Operation<LeaseState> {
        self.operation(|inner, key, _, _| async move { Ok(inner.desk.store.lease(&key).await?) })
    }

    /// Takes the lease of a tenant away from its holder, who is sure to be dead: `fence` is its token as [`Tenant::lease`]
    /// showed it. Who did it (`by`) and why is kept with the lease.
    ///
    /// Safe when the old owner comes back: its token admits no write, so its run stops at its next step. Answers none when
    /// that lease is not held any more. Hardly ever needed: a lease that nobody renews ends by itself.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn force_unlock(
        &self,
        fence: u64,
        by: impl Into<String>,
        reason: impl Into<String>,
    ) -> Operation<Option<Unlocked>> {
        let (by, reason) = (by.into(), reason.into());
        self.operation(move |inner, key, _, _| async move {
            let now = inner.desk.provider.clock().unix_seconds();
            Ok(inner.desk.store.unlock(&Unlock { key, fence, by, reason, now }).await?)
        })
    }
}
