//! The amounts that a plan or a graph adds to the use of an account.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::ids::KindName;
use crate::model::{Graph, Kinds, Quota, QuotaWorld, ReplaceOrder};
use crate::plan::{Action, Plan, Step};
use crate::provider::QuotaId;

/// The need of each quota, in [`Unit::parts`](super::Unit::parts) of it. Where a quota holds for each of several places (a VPC,
/// a zone, a cluster), the need is that of the place with the most. A quota of which nothing is needed is left out.
pub type Needs = BTreeMap<QuotaId, u64>;

/// The needs of all nodes of a graph.
#[must_use]
pub fn needs_of(kinds: &Kinds, graph: &Graph) -> Needs {
    let world = QuotaWorld { nodes: graph.nodes().map(|node| (&node.id, &*node.inputs)).collect() };
    let mut sum = Sum { kinds, amounts: BTreeMap::new() };
    for node in graph.nodes() {
        sum.add(&node.kind, &node.inputs, &world, |quota| (quota.amount)(&node.inputs, &world));
    }
    sum.finish()
}

/// The most that a plan adds while it is carried out.
///
/// An object that is made counts whole, one that changes by as much as it grows. A deletion counts only where it surely
/// goes first, in a replacement that deletes before it makes. A rolling deployment's tasks of both sorts are not counted.
#[must_use]
pub fn needs(kinds: &Kinds, plan: &Plan) -> Needs {
    let kept = || plan.steps.iter().filter(|step| step.action.keeps());
    let after = QuotaWorld { nodes: kept().map(|step| (&step.node, &*step.inputs)).collect() };
    let before = QuotaWorld {
        nodes: kept().filter_map(|step| step.old.as_ref().map(|old| (&step.node, &*old.inputs))).collect(),
    };
    let mut sum = Sum { kinds, amounts: BTreeMap::new() };
    for step in kept() {
        sum.add(&step.kind, &step.inputs, &after, |quota| growth(quota, step, &before, &after));
    }
    sum.finish()
}

fn growth(quota: &Quota, step: &Step, before: &QuotaWorld<'_>, after: &QuotaWorld<'_>) -> u64 {
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
#[derive(Debug)]
struct Sum<'k> {
    kinds: &'k Kinds,
    amounts: BTreeMap<(QuotaId, String), u64>,
}

impl Sum<'_> {
    fn add(&mut self, kind: &KindName, inputs: &Value, world: &QuotaWorld<'_>, amount: impl Fn(&Quota) -> u64) {
        for quota in self.kinds.get(kind).map_or(&[][..], |model| model.quotas) {
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
