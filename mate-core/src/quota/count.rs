//! How much a plan or a graph adds to what the account has.

use std::collections::BTreeMap;

use serde_json::Value;

use super::table::Quota;
use crate::model::ReplaceOrder;
use crate::model::ids::{KindName, NodeId};
use crate::model::{Graph, OutputRef};
use crate::plan::{Action, Plan, Step};
use crate::provider::QuotaId;

/// How much is needed of each quota, in [`Unit::parts`](super::Unit::parts) of it. Where a quota holds for each of several
/// places (a VPC, a zone, a cluster), it is what the place with the most gets. A quota of which nothing is needed is left out.
pub type Needs = BTreeMap<QuotaId, u64>;

/// The inputs around an object: what its references lead to.
#[derive(Debug, Default)]
pub(super) struct World<'a> {
    nodes: BTreeMap<&'a NodeId, &'a Value>,
}

impl World<'_> {
    fn node(&self, reference: &Value) -> Option<&Value> {
        self.nodes.get(&OutputRef::from_json(reference)?.node).copied()
    }

    /// `field` of the object that the reference leads to; the reference itself where that is not known.
    pub(super) fn followed(&self, reference: &Value, field: &str) -> String {
        self.node(reference).map_or(reference, |inputs| &inputs[field]).to_string()
    }

    /// The CPU units of a service's task; none for a task definition that is not among the nodes.
    pub(super) fn task_cpu(&self, service: &Value) -> u64 {
        self.node(&service["task_definition"]).and_then(|task| task["cpu"].as_u64()).unwrap_or(0)
    }
}

/// How many of a service's tasks run on FARGATE_SPOT, or on FARGATE. Where its strategy divides unevenly, both get the one
/// more: which of them does is up to ECS.
pub(super) fn tasks(service: &Value, spot: bool) -> u64 {
    let count = service["desired_count"].as_u64().unwrap_or(0);
    let empty = Vec::new();
    let strategy = service["capacity_providers"].as_array().unwrap_or(&empty);
    if strategy.is_empty() {
        return if spot { 0 } else { count };
    }
    let figure = |provider: &Value, field: &str| provider[field].as_u64().unwrap_or(0);
    let total = |field: &str| strategy.iter().map(|provider| figure(provider, field)).sum::<u64>();
    let rest = count.saturating_sub(total("base"));
    strategy
        .iter()
        .filter(|provider| (provider["name"] == "FARGATE_SPOT") == spot)
        .map(|provider| {
            let share = (rest * figure(provider, "weight")).checked_div(total("weight").max(1)).unwrap_or(0);
            let uneven = u64::from(rest * figure(provider, "weight") % total("weight").max(1) > 0);
            figure(provider, "base").min(count) + share + uneven
        })
        .sum::<u64>()
        .min(count)
}

/// What everything in a graph takes.
#[must_use]
pub fn needs_of(graph: &Graph) -> Needs {
    let world = World { nodes: graph.nodes().map(|node| (&node.id, &*node.inputs)).collect() };
    let mut sum = Sum::default();
    for node in graph.nodes() {
        sum.add(&node.kind, &node.inputs, &world, |quota| (quota.amount)(&node.inputs, &world));
    }
    sum.finish()
}

/// What a plan adds at most while it is carried out.
///
/// An object that is made counts whole, one that changes by as much as it grows. A deletion counts only where it surely
/// goes first, in a replacement that deletes before it makes. A rolling deployment's tasks of both sorts are not counted.
#[must_use]
pub fn needs(plan: &Plan) -> Needs {
    let kept = || plan.steps.iter().filter(|step| step.action.keeps());
    let after = World { nodes: kept().map(|step| (&step.node, &*step.inputs)).collect() };
    let before =
        World { nodes: kept().filter_map(|step| step.old.as_ref().map(|old| (&step.node, &*old.inputs))).collect() };
    let mut sum = Sum::default();
    for step in kept() {
        sum.add(&step.kind, &step.inputs, &after, |quota| growth(quota, step, &before, &after));
    }
    sum.finish()
}

fn growth(quota: &Quota, step: &Step, before: &World<'_>, after: &World<'_>) -> u64 {
    let wanted = (quota.amount)(&step.inputs, after);
    match (&step.action, &step.old) {
        (Action::Adopt | Action::Forget | Action::Delete, _) => 0,
        (Action::Create | Action::Replace { order: ReplaceOrder::CreateFirst }, _) | (_, None) => wanted,
        (_, Some(old)) => {
            // The live object names its task definition by ARN; the desired reference says which node that was.
            let mut inputs = old.inputs.clone();
            if let (Some(fields), Some(task)) = (inputs.as_object_mut(), step.inputs.get("task_definition")) {
                fields.insert("task_definition".to_owned(), task.clone());
            }
            wanted.saturating_sub((quota.amount)(&inputs, before))
        }
    }
}

/// Amounts by quota and place.
#[derive(Debug, Default)]
struct Sum {
    amounts: BTreeMap<(QuotaId, String), u64>,
}

impl Sum {
    fn add(&mut self, kind: &KindName, inputs: &Value, world: &World<'_>, amount: impl Fn(&Quota) -> u64) {
        for quota in Quota::all().iter().filter(|quota| quota.kind == kind.as_str()) {
            let place = (quota.place)(inputs, world);
            *self.amounts.entry((quota.id(), place)).or_default() += amount(quota);
        }
    }

    fn finish(self) -> Needs {
        let mut needs = Needs::new();
        for ((id, _), amount) in self.amounts.into_iter().filter(|(_, amount)| *amount > 0) {
            let need = needs.entry(id).or_default();
            *need = amount.max(*need);
        }
        needs
    }
}
