//! Carries out a plan: checks, the run, and the record before and after.

use std::collections::BTreeMap;
use std::time::Duration;

use super::desk::Desk;
use super::{Applied, Error};
use crate::engine::run::{Asked, Runner, Terms};
use crate::engine::{Cancellation, EventSender};
use crate::plan::{Action, Plan, Step};
use crate::state::{Beginning, Lease, NodeRecord, NodeState, Record, RecordPhase, Run};
use crate::vocab::{Consents, Goal};

impl Desk {
    /// Carries out a plan under the tenant's lease.
    pub(super) async fn apply(
        &self,
        plan: Plan,
        consents: &Consents,
        events: &EventSender,
        cancellation: &Cancellation,
    ) -> Result<Applied, Error> {
        plan.check(consents).map_err(Error::Consent)?;
        let clock = self.provider.clock();
        let (lease, asked) = self.take_lease(&plan.key, &*clock, events, cancellation).await?;
        let applied = self.apply_under(plan, consents, events, cancellation, (&lease, asked)).await;
        if matches!(&applied, Err(Error::Run(error)) if !error.in_flight().is_empty()) {
            // Nobody takes it before those requests have had their time.
            return applied;
        }
        // A lease that cannot be given back ends by itself.
        if let Err(error) = self.store.release(&lease).await {
            tracing::debug!(target: "mate::lease", %error, "the lease was not given back");
        }
        applied
    }

    async fn apply_under(
        &self,
        plan: Plan,
        consents: &Consents,
        events: &EventSender,
        cancellation: &Cancellation,
        (lease, asked): (&Lease, Asked),
    ) -> Result<Applied, Error> {
        let destroys_platform = plan.goal == Goal::Destroy && plan.key.tenant.is_platform();
        if destroys_platform {
            self.free(&plan.key.environment).await?;
        }
        let present = self.store.get(&plan.key).await?;
        fits(&plan, present.as_ref())?;
        if let Some(record) = present.as_ref().filter(|_| plan.is_empty()) {
            let (outputs, record_version) = (record.outputs.clone(), record.version);
            return Ok(Applied { key: record.key.clone(), outputs, record_version });
        }
        let before = present.clone();
        let mut record = present.unwrap_or_else(|| Record::new(plan.key.clone(), lineage()));
        prepare(&mut record, &plan);
        let intent = self.intent(&plan, &record);
        let beginning = Beginning {
            plan: plan.id.clone(),
            goal: plan.goal,
            intent,
            spec: plan.after.spec.clone(),
            operating: plan.after.operating.clone(),
            deletions: plan.deletions.clone(),
            repair: plan.repair.clone(),
            amendment: plan.amendment.clone(),
            consents: consents.clone(),
            on_failure: plan.on_failure,
            then: plan.then.clone(),
            now: self.provider.clock().unix_seconds(),
            fence: lease.fence,
        };
        record.then = None;
        record.run = Some(Run::begin(record.run.take(), beginning));
        let forced = self.tell_begin(&mut record, &plan, lease).await?;
        if destroys_platform || before.is_none() {
            record.version = self.store.put(lease, &record).await?;
            // Each of the two writes first what it is about to do, and looks then for the other: one of them sees it.
            let alone = if destroys_platform {
                self.free(&record.key.environment).await
            } else {
                self.stands(&record.key.environment).await
            };
            if let Err(refused) = alone {
                self.take_back(lease, before, record.version).await?;
                return Err(refused);
            }
        }
        // The former lease holder sends nothing once its time is over, by its own clock: this one has seen that it is, unless the
        // lease was taken away by force.
        let begins_at = asked.time + if forced { self.limits.lease } else { Duration::ZERO };
        let terms = Terms { asked, begins_at, clear_at: begins_at + self.limits.request };

        let runner = Runner {
            provider: self.provider.clone(),
            store: self.store.clone(),
            limits: self.limits,
            kinds: &self.kinds,
            events,
            cancellation,
        };
        let record = runner.run(plan, record, lease.clone(), terms).await?;
        // The run of a tenant that is gone has removed its record.
        if record.run.is_some() {
            return Ok(Applied { key: record.key, outputs: BTreeMap::new(), record_version: 0 });
        }
        Ok(Applied { key: record.key, outputs: record.outputs, record_version: record.version })
    }
}

impl Desk {
    /// Brings the record back to what it was before a run that may not begin.
    async fn take_back(&self, lease: &Lease, before: Option<Record>, version: u64) -> Result<(), Error> {
        match before {
            Some(record) => drop(self.store.put(lease, &Record { version, ..record }).await?),
            None => self.store.delete(lease, version).await?,
        }
        Ok(())
    }
}

/// A plan fits the record that it was made from, and no other.
fn fits(plan: &Plan, record: Option<&Record>) -> Result<(), Error> {
    let present = record.map_or(0, |record| record.version);
    if plan.record_version == present && plan.lineage.as_ref() == record.map(|record| &record.lineage) {
        return Ok(());
    }
    Err(Error::Stale { key: plan.key.clone(), planned: plan.record_version, present })
}

/// The record as the run begins: the goal, and what the plan found to be there and right already. What differs and is left
/// so stays in the record as it was: it must be seen as different again.
fn prepare(record: &mut Record, plan: &Plan) {
    match plan.goal {
        Goal::Destroy => record.phase = RecordPhase::Destroying,
        Goal::Disown => {}
        Goal::Amend => amended(record, plan),
        Goal::Unwind => record.phase = RecordPhase::Unwinding,
        Goal::Apply | Goal::Adopt if record.phase == RecordPhase::Active => {}
        Goal::Apply | Goal::Adopt => record.phase = RecordPhase::Provisioning,
    }
    if matches!(plan.goal, Goal::Apply | Goal::Adopt) {
        record.summary = plan.after.summary.clone();
        record.deletion_protection = plan.after.deletion_protection;
    }
    for step in plan.steps.iter().filter(|step| step.action == Action::NoChange) {
        found(record, step);
    }
}

/// The new ids are in the record before any object carries them. An amendment that goes on has them already.
fn amended(record: &mut Record, plan: &Plan) {
    let goes_on = record.run.as_ref().is_some_and(|run| run.goal == Goal::Amend);
    if let Some(amendment) = plan.amendment.as_ref().filter(|_| !goes_on) {
        record.rename(amendment.renames());
    }
    for step in plan.steps.iter().filter(|step| step.action == Action::Rename) {
        if let Some(node) = record.nodes.get_mut(&step.node) {
            node.holding.clone_from(&step.holding);
        }
    }
}

fn found(record: &mut Record, step: &Step) {
    let Some(old) = &step.old else { return };
    let before = record.nodes.get(&step.node);
    // The recorded inputs hold what AWS does not tell back.
    let inputs = before.map_or_else(|| old.inputs.clone(), |before| before.inputs.clone());
    let node = NodeRecord {
        kind: step.kind.clone(),
        name: old.name.clone(),
        physical_id: old.physical_id.clone(),
        inputs,
        outputs: step.outputs.clone(),
        tags: step.tags.clone(),
        depends_on: step.depends_on.clone(),
        state: NodeState::Ready,
        generation: step.generation,
        token: None,
        retired: before.map(|before| before.retired.clone()).unwrap_or_default(),
        holding: step.holding.clone(),
    };
    record.nodes.insert(step.node.clone(), node);
    record.resting.remove(&step.node);
}

fn lineage() -> String {
    format!("{:032x}", rand::random::<u128>())
}
