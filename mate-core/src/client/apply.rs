//! Carries out a plan: checks, the run, and the record before and after.

use std::collections::BTreeMap;

use super::desk::Desk;
use super::{Applied, Error};
use crate::engine::run::Runner;
use crate::graph::{Input, Outputs};
use crate::ids::NodeId;
use crate::operation::{Cancellation, EventSender};
use crate::plan::{Action, Consents, Goal, Plan, Step};
use crate::state::{NodeRecord, NodeState, Phase, Record};

impl Desk {
    pub(super) async fn apply(
        &self,
        plan: Plan,
        consents: &Consents,
        events: &EventSender,
        cancellation: &Cancellation,
    ) -> Result<Applied, Error> {
        plan.check(consents).map_err(Error::Consent)?;
        if plan.goal == Goal::Destroy && plan.key.tenant.is_platform() {
            self.free(&plan.key.environment).await?;
        }
        let present = self.store.get(&plan.key).await?;
        fits(&plan, present.as_ref())?;
        let mut record = present.unwrap_or_else(|| Record::new(plan.key.clone(), lineage()));
        prepare(&mut record, &plan);

        let runner = Runner {
            provider: self.provider.clone(),
            store: self.store.clone(),
            limits: self.limits,
            events,
            cancellation,
        };
        let (goal, after) = (plan.goal, plan.after.clone());
        let mut record = runner.run(plan, record).await?;

        if matches!(goal, Goal::Destroy | Goal::Release) {
            self.store.delete(&record.key, record.version).await?;
            return Ok(Applied { key: record.key, outputs: BTreeMap::new(), record_version: 0 });
        }
        record.phase = Phase::Active;
        record.outputs = outputs(&record.nodes, &after.outputs);
        record.spec_digest = after.spec_digest;
        record.version = self.store.put(&record).await?;
        Ok(Applied { key: record.key, outputs: record.outputs, record_version: record.version })
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

/// The record as the run begins: the goal, and what the plan found to be there and right already.
fn prepare(record: &mut Record, plan: &Plan) {
    match plan.goal {
        Goal::Destroy => record.phase = Phase::Destroying,
        Goal::Release => {}
        Goal::Apply | Goal::Adopt if record.phase == Phase::Active => {}
        Goal::Apply | Goal::Adopt => record.phase = Phase::Provisioning,
    }
    if matches!(plan.goal, Goal::Apply | Goal::Adopt) {
        record.summary = plan.after.summary.clone();
        record.deletion_protection = plan.after.deletion_protection;
    }
    for step in plan.steps.iter().filter(|step| step.action == Action::NoChange) {
        found(record, step);
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
}

/// The tenant's outputs, from its nodes'.
fn outputs(nodes: &BTreeMap<NodeId, NodeRecord>, wanted: &BTreeMap<String, Input<String>>) -> BTreeMap<String, String> {
    let known: BTreeMap<NodeId, Outputs> = nodes.iter().map(|(id, node)| (id.clone(), node.outputs.clone())).collect();
    wanted
        .iter()
        .filter_map(|(name, input)| {
            let value = match input {
                Input::Literal(text) => text.clone(),
                Input::Ref(reference) => reference.resolve(&known)?.as_str()?.to_owned(),
            };
            Some((name.clone(), value))
        })
        .collect()
}

fn lineage() -> String {
    format!("{:032x}", rand::random::<u128>())
}
