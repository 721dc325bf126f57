//! Repair of a part of what differs. What is not selected stays as it is, and so does the record of it.

use crate::vocab::RepairSelection;
use std::collections::{BTreeMap, BTreeSet};

use super::Plan;
use super::diff::scoped;
use super::error::PlanError;
use super::request::DiffRequest;
use super::scope::Scope;
use super::step::{Action, Step};
use crate::model::ids::NodeId;
use crate::model::references;

impl RepairSelection {
    /// The selection of the changes of this plan, named one by one: a run that goes on with the plan takes it.
    fn of(steps: &[Step]) -> Self {
        let mut selection = Self::default();
        for step in steps.iter().filter(|step| step.action.acts()) {
            match step.action {
                Action::Update | Action::UpdateWithRestart | Action::UpdateWithDowntime => {
                    selection.fields.insert(step.node.clone(), step.fields().into_iter().collect());
                }
                _ => drop(selection.nodes.insert(step.node.clone())),
            }
        }
        selection
    }
}

/// Makes the plan of a repair: as [`super::diff()`], but an object that is not selected does not change. Objects that are no
/// longer part of the tenant, or left over from a replacement, are no drift: they are not touched either.
///
/// A selected object may need one that is gone: then that one is made too, and its reason says so. The objects that refer to
/// one that is made anew follow it.
///
/// # Errors
/// As [`super::diff()`].
pub fn repair(request: DiffRequest<'_>, selection: &RepairSelection) -> Result<Plan, PlanError> {
    if selection.is_all() {
        return super::diff(request);
    }
    let mut scope = Scope { selection, needed: BTreeMap::new() };
    loop {
        let mut plan = scoped(request.clone(), Some(&scope))?;
        let needed = needed(&plan.steps);
        if needed.is_empty() {
            let left = plan.steps.iter().filter(|step| step.action == Action::Leave);
            let left: Vec<&str> = left.map(|step| step.node.as_str()).collect();
            if !left.is_empty() {
                let what = if selection.waits() { "waits for maintenance" } else { "not to be repaired now" };
                plan.notes.push(format!("{what}: {}", left.join(", ")));
            }
            plan.repair = Some(if selection.waits() { selection.clone() } else { RepairSelection::of(&plan.steps) });
            plan.id = plan.digest();
            return Ok(plan);
        }
        scope.needed.extend(needed);
    }
}

/// The nodes that are left out and gone though a step needs them, each with the node that needs it.
fn needed(steps: &[Step]) -> BTreeMap<NodeId, NodeId> {
    let left = steps.iter().filter(|step| step.action == Action::Leave);
    let gone: BTreeMap<&NodeId, &Step> =
        left.filter(|step| step.old.is_none()).map(|step| (&step.node, step)).collect();
    let mut needed = BTreeMap::new();
    for step in steps.iter().filter(|step| step.action.acts()) {
        let whole = matches!(step.action, Action::Create | Action::Replace { .. });
        let fields = step.fields();
        let refers = fields.iter().filter_map(|field| step.inputs.get(field)).flat_map(references);
        let refers: BTreeSet<NodeId> = refers.map(|reference| reference.node).collect();
        for (id, missing) in step.depends_on.iter().filter_map(|to| gone.get_key_value(to)) {
            // An object that was never made has no outputs to go by.
            if whole || refers.contains(*id) || missing.outputs.is_empty() {
                needed.insert((*id).clone(), step.node.clone());
            }
        }
    }
    needed
}
