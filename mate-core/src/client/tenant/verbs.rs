//! The verbs: each a [`Change`], planned and carried out like any other plan.

use std::collections::BTreeSet;

use super::{Applied, Error, Inner, MaintenanceOptions, Operation, Tenant};
#[cfg(doc)]
use crate::client::Mate;
use crate::client::resume;
use crate::kinds::DbInstance;
use crate::lifecycle::{Change, Scale, Wanted};
use crate::model::Kind;
use crate::model::ids::{KindName, NodeId, TenantKey};
use crate::plan::Plan;
use crate::spec::Tier;
use crate::state::Record;
use crate::vocab::{Consents, RepairSelection};
use crate::vocab::{Page, Suspension, TenantPhase, TenantVerb};

impl Tenant {
    /// The phase of a tenant's life, which says which verbs are possible now ([`TenantPhase::possible`]).
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn phase(&self) -> Operation<TenantPhase> {
        self.operation(|inner, key, _, _| async move {
            let record = inner.desk.store.get(&key).await?;
            if record.is_none() && inner.desk.store.last_logged(&key).await?.is_some_and(|last| last.is_success()) {
                return Ok(TenantPhase::Gone);
            }
            Ok(TenantPhase::of(record.as_ref()))
        })
    }

    /// Plans a verb: the steps that bring a tenant to the state that the change asks for. Changes nothing.
    ///
    /// 1. The record holds the present desired state of the tenant: its spec, and its operating state.
    /// 2. The change makes a new desired state from it, in no time and without the cloud.
    /// 3. From there it is a plan like any other: steps with reasons, risks, durations; a step with downtime says so.
    ///
    /// # Errors
    /// [`Error::IllegalTransition`] where the tenant's phase does not admit the verb, with what is possible instead;
    /// [`Error::NotFound`], [`Error::Spec`] for a change that does not fit the spec, and as [`Mate::plan`]: what AWS cannot do,
    /// such as storage that would have to shrink, is [`crate::plan::PlanError::Impossible`] with the way round.
    pub fn plan_change(&self, change: Change) -> Operation<Plan> {
        self.operation(|inner, key, _, _| async move { inner.plan_change(&key, change).await })
    }

    /// Carries out a verb: [`Tenant::plan_change`] and [`Mate::apply`] in one. Where taking the tenant down is what the verb is for
    /// ([`Change::takes_down`]), the call is the consent to that downtime; nothing is ever a consent to data loss but `consents`.
    ///
    /// Guaranteed, as of every run: killed or dropped at any instant, [`Tenant::resume_run`] brings it to its end and [`Tenant::unwind`]
    /// back to the state before.
    ///
    /// # Errors
    /// As [`Tenant::plan_change`] and [`Mate::apply`].
    pub fn change(&self, change: Change, consents: Consents) -> Operation<Applied> {
        self.operation(|inner, key, events, cancellation| async move {
            let takes_down = change.takes_down();
            let plan = inner.plan_change(&key, change).await?;
            let consents = if takes_down { consents.and_to_downtime_of(&plan) } else { consents };
            inner.carry_out(plan, &consents, &events, &cancellation).await
        })
    }

    /// Scales a tenant: tasks and their size, the database's class and storage, the cache's nodes. Tasks are replaced one after
    /// another; a single database instance is down for minutes while its class changes, which needs consent.
    ///
    /// # Errors
    /// As [`Tenant::change`].
    pub fn scale(&self, scale: Scale, consents: Consents) -> Operation<Applied> {
        self.change(Change::Scale(Box::new(scale)), consents)
    }

    /// Brings a tenant to another tier, up or down. What it sets itself stays, and so does every datum: a tier into which the data
    /// does not fit is refused in the plan.
    ///
    /// # Errors
    /// As [`Tenant::change`].
    pub fn change_tier(&self, tier: Tier, consents: Consents) -> Operation<Applied> {
        self.change(Change::ChangeTier(tier), consents)
    }

    /// Suspends a tenant.
    ///
    /// 1. The load balancer answers with a page.
    /// 2. Autoscaling is suspended, and the services go to 0.
    /// 3. The database is stopped. AWS starts it again after seven days; [`Tenant::tend`] stops it again.
    ///
    /// All data stays. The plan states the time that it takes to resume.
    ///
    /// # Errors
    /// As [`Tenant::change`].
    pub fn suspend(&self, suspension: Suspension) -> Operation<Applied> {
        self.change(Change::Suspend(suspension), Consents::none())
    }

    /// Starts a suspended tenant again, or one that was shut down: the database, then the services with their autoscaling, and
    /// when all their tasks run the page goes.
    ///
    /// # Errors
    /// As [`Tenant::change`].
    pub fn resume(&self) -> Operation<Applied> {
        self.change(Change::Resume, Consents::none())
    }

    /// Blocks a tenant's traffic: the load balancer answers with this page, and everything behind it goes on.
    ///
    /// # Errors
    /// As [`Tenant::change`].
    pub fn deactivate(&self, page: Page) -> Operation<Applied> {
        self.change(Change::Deactivate(page), Consents::none())
    }

    /// Lets a deactivated tenant's traffic through again.
    ///
    /// # Errors
    /// As [`Tenant::change`].
    pub fn activate(&self) -> Operation<Applied> {
        self.change(Change::Activate, Consents::none())
    }

    /// Shuts a tenant down in an emergency: a page, and no task runs. Database, cache and all data stay as they are, and running,
    /// so that nothing slow stands in the way. [`Tenant::resume`] starts it again.
    ///
    /// Possible while another run was interrupted too: that one is given up, and what it was for is lost, unless it is asked for
    /// again.
    ///
    /// # Errors
    /// As [`Tenant::change`].
    pub fn shut_down(&self) -> Operation<Applied> {
        self.change(Change::ShutDown(Page::maintenance()), Consents::none())
    }

    /// Sees to it that a tenant stays as it is wanted where AWS changes it by itself: a stopped database that AWS has started
    /// after seven days is stopped again. And does what its time has come for: within the maintenance window what waits for it
    /// ([`Tenant::defer`]), and the end of a rotation or a maintenance that was interrupted. For a controller to call regularly, once a day at least; does nothing where nothing is
    /// to be done, and writes nothing then. What people have changed is drift, and left to [`Tenant::repair`].
    ///
    /// # Errors
    /// As [`Tenant::change`].
    pub fn tend(&self) -> Operation<Applied> {
        self.operation(|inner, key, events, cancellation| async move {
            let mut record = inner.admitted(&key, TenantVerb::Tend).await?;
            if record.operating.both_tokens && record.operating.mode.has_tasks() {
                let plan = inner.planned_change(&record, Change::RetireTokens).await?;
                return inner.carry_out(plan, &Consents::none(), &events, &cancellation).await;
            }
            if inner.can_be_maintained(&record) {
                match inner.maintain(&key, &MaintenanceOptions::new(), &events, &cancellation).await {
                    // Of the window too little is left: it comes again.
                    Ok(_) | Err(Error::NotTheTime { .. }) => {}
                    Err(error) => return Err(error),
                }
                record = inner.admitted(&key, TenantVerb::Tend).await?;
            }
            let plan = inner.plan_tend(&key, &record).await?;
            if plan.is_empty() {
                return Ok(Applied { key, outputs: record.outputs, record_version: record.version });
            }
            let consents = Consents::none().and_to_downtime_of(&plan);
            inner.desk.apply(plan, &consents, &events, &cancellation).await
        })
    }
}

/// The nodes of a record that a plan makes anew and empty, though they held data, with their kinds.
fn made_anew(plan: &Plan, record: &Record) -> Vec<(NodeId, KindName)> {
    let lost = plan.steps.iter().filter(|step| step.comes_back_empty() && record.nodes.contains_key(&step.node));
    lost.map(|step| (step.node.clone(), step.kind.clone())).collect()
}

impl Inner {
    /// Plans to put back what AWS changes by itself, and nothing else.
    async fn plan_tend(&self, key: &TenantKey, record: &Record) -> Result<Plan, Error> {
        let databases = record.nodes.iter().filter(|(_, node)| node.kind == DbInstance::name());
        let restless = databases
            .fold(RepairSelection::default(), |selection, (id, _)| selection.with_field(id.clone(), "stopped"));
        let wanted = Wanted { spec: resume::spec(key, record.spec.as_ref())?, operating: record.operating.clone() };
        let plan = self.plan_part(record, &wanted, &restless).await?;
        Ok(plan.of_verb(TenantVerb::Tend))
    }

    pub(in crate::client) async fn plan_change(&self, key: &TenantKey, change: Change) -> Result<Plan, Error> {
        let record = self.admitted(key, change.verb()).await?;
        self.planned_change(&record, change).await
    }

    /// Refuses a plan by which a verb that is about something else would make anew, and empty, what held data and is gone.
    pub(in crate::client) fn refuse_lost(&self, plan: &Plan, record: &Record, verb: TenantVerb) -> Result<(), Error> {
        let lost = made_anew(plan, record);
        if lost.is_empty() || verb == TenantVerb::Update {
            return Ok(());
        }
        Err(Error::DataGone { key: record.key.clone(), verb, lost })
    }

    /// Plans a change of what this record says is wanted.
    pub(in crate::client) async fn planned_change(&self, record: &Record, change: Change) -> Result<Plan, Error> {
        let (key, verb) = (&record.key, change.verb());
        let spec = resume::spec(key, record.spec.as_ref())?;
        let (on_failure, then) = (change.on_failure(), change.then(&record.operating));
        let wanted = change.of(Wanted { spec, operating: record.operating.clone() })?;
        let plan = self.plan_wanted(Some(record), &wanted).await?.of_verb(verb).going_on(on_failure, then);
        if verb != TenantVerb::ShutDown {
            self.refuse_lost(&plan, record, verb)?;
            return Ok(plan);
        }
        let lost = made_anew(&plan, record);
        if lost.is_empty() {
            return Ok(plan);
        }
        // An emergency does not wait: what is gone stays gone until somebody decides about it.
        let mut left = wanted.operating.deferred.clone();
        left.extend(lost.into_iter().map(|(id, _)| (id, BTreeSet::new())));
        let plan = self.plan_part(record, &wanted, &RepairSelection::all().but(left)).await?;
        Ok(plan.of_verb(verb))
    }
}
