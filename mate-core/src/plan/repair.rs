//! Repair of a part of what differs. What is not selected stays as it is, and so does the record of it.

use crate::vocab::RepairSelection;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Plan;
use super::compare::Difference;
use super::diff::{Scoped, scoped};
use super::error::PlanError;
use super::request::DiffRequest;
use super::step::{Action, FieldChange, Risk, Step};
use crate::model::ids::NodeId;
use crate::model::references;
use crate::model::{Data, KindModel};
use crate::state::NodeRecord;

/// Why a step that would do something does nothing.
const NOT_NOW: &str = "differs, and is not to be repaired now";
const WAITS: &str = "differs, and waits for maintenance";

impl RepairSelection {
    /// What this plan does, named one by one: the selection of a run that goes on with it.
    fn of(steps: &[Step]) -> Self {
        let mut selection = Self::default();
        for step in steps.iter().filter(|step| step.action != Action::NoChange) {
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

/// Makes the plan of a repair: as [`super::diff()`], but that what is not selected does not change. Objects that are no longer
/// part of the tenant, or left over from a replacement, are no drift: they are not touched either.
///
/// What is selected may need an object that is gone: then that one is made too, and its reason says so. What refers to an
/// object that is made anew follows it.
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
            let left: Vec<&str> = plan.steps.iter().filter(|step| step.left).map(|step| step.node.as_str()).collect();
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

/// What is left out and gone, though a step needs it: by which node.
fn needed(steps: &[Step]) -> BTreeMap<NodeId, NodeId> {
    let gone: BTreeMap<&NodeId, &Step> =
        steps.iter().filter(|step| step.left && step.old.is_none()).map(|step| (&step.node, step)).collect();
    let mut needed = BTreeMap::new();
    for step in steps.iter().filter(|step| step.action != Action::NoChange) {
        let whole = matches!(step.action, Action::Create | Action::Replace { .. });
        let fields = step.fields();
        let refers = fields.iter().filter_map(|field| step.inputs.get(field)).flat_map(references);
        let refers: BTreeSet<NodeId> = refers.map(|reference| reference.node).collect();
        for (id, missing) in step.depends_on.iter().filter_map(|to| gone.get_key_value(to)) {
            // What was never made has no outputs to go by.
            if whole || refers.contains(*id) || missing.outputs.is_empty() {
                needed.insert((*id).clone(), step.node.clone());
            }
        }
    }
    needed
}

/// What a plan is bounded to.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    selection: &'a RepairSelection,
    /// What is taken because another node needs it.
    needed: BTreeMap<NodeId, NodeId>,
}

impl Scope<'_> {
    /// Whether everything of the node is taken.
    pub(super) fn takes(&self, id: &NodeId) -> bool {
        self.selection.all || self.selection.nodes.contains(id) || self.needed.contains_key(id)
    }

    /// Whether an object goes that the tenant no longer should have.
    pub(super) fn lets_go(&self, id: &NodeId) -> bool {
        self.selection.all && !self.selection.but.contains_key(id)
    }

    /// Why a step that would do something does nothing.
    pub(super) fn reason(&self) -> &'static str {
        if self.selection.waits() { WAITS } else { NOT_NOW }
    }

    /// Whether an object is made anew because it should have another name.
    pub(super) fn takes_name(&self, id: &NodeId) -> bool {
        let waits = self.selection.but.get(id).is_some_and(|fields| fields.contains("name"));
        self.takes(id) && (!waits || self.needed.contains_key(id))
    }

    /// True if an object that is gone is made again. One that held data is not where it only has to stay as it is.
    pub(super) fn takes_lost(&self, id: &NodeId, model: &KindModel, recorded: bool) -> bool {
        let stays = self.selection.but.get(id).is_some_and(BTreeSet::is_empty) && model.data != Data::None;
        (self.takes(id) && (!stays || self.needed.contains_key(id)))
            || (recorded && self.selection.classes.contains(&model.lost))
    }

    /// Which node needs this one.
    pub(super) fn needed_by(&self, id: &NodeId) -> Option<&NodeId> {
        self.needed.get(id)
    }

    fn takes_change(&self, id: &NodeId, model: &KindModel, change: &FieldChange) -> bool {
        let waits = self.selection.but.get(id).is_some_and(|fields| fields.contains(change.field()));
        if waits && !self.needed.contains_key(id) {
            return false;
        }
        self.takes(id)
            || self.selection.classes.contains(&model.drift_class(&change.path))
            || self.selection.fields.get(id).is_some_and(|fields| fields.contains(change.field()))
    }
}

/// What of one object is not taken.
#[derive(Debug, Default)]
pub(super) struct Left {
    fields: Vec<&'static str>,
    pub(super) changes: Vec<FieldChange>,
    /// Nodes that are made anew, and that this one follows.
    followed: BTreeSet<NodeId>,
}

impl Left {
    /// Keeps those that are taken, or that follow an object which is made anew.
    pub(super) fn differences(
        &mut self,
        scoped: Scoped<'_>,
        found: &mut Vec<Difference>,
        acts: impl Fn(&NodeId) -> bool,
    ) {
        let Some((scope, id, model)) = scoped else { return };
        found.retain(|difference| {
            let follows: BTreeSet<NodeId> =
                references(&difference.new).into_iter().map(|reference| reference.node).filter(|to| acts(to)).collect();
            let taken = difference.changes.iter().any(|change| scope.takes_change(id, model, change));
            if !taken && follows.is_empty() {
                self.fields.push(difference.field);
                self.changes.extend(difference.changes.clone());
                return false;
            }
            if !taken {
                self.followed.extend(follows);
            }
            true
        });
    }

    /// Keeps the tags that are taken.
    pub(super) fn tags(&mut self, scoped: Scoped<'_>, changes: &mut Vec<FieldChange>, untag: &mut BTreeSet<String>) {
        let Some((scope, id, model)) = scoped else { return };
        changes.retain(|change| {
            let taken = scope.takes_change(id, model, change);
            if !taken {
                self.changes.push(change.clone());
                untag.remove(change.path.strip_prefix("tags.").unwrap_or_default());
            }
            taken
        });
    }

    /// Of fields that are not taken the record says afterwards what it says now.
    pub(super) fn keep(&self, inputs: &mut Value, recorded: Option<&NodeRecord>) {
        let (Some(inputs), Some(recorded)) = (inputs.as_object_mut(), recorded) else { return };
        for field in &self.fields {
            if let Some(value) = recorded.inputs.get(*field) {
                inputs.insert((*field).to_owned(), value.clone());
            }
        }
    }

    /// What the reason of a step says of it.
    pub(super) fn explain(&self, reason: &mut String) {
        if !self.followed.is_empty() {
            let nodes: Vec<&str> = self.followed.iter().map(NodeId::as_str).collect();
            reason.push_str(&format!("; it follows {}", nodes.join(", ")));
        }
        if !self.changes.is_empty() {
            let fields: BTreeSet<&str> = self.changes.iter().map(FieldChange::field).collect();
            let fields: Vec<&str> = fields.into_iter().collect();
            reason.push_str(&format!("; not to be repaired now: {}", fields.join(", ")));
        }
    }
}

/// The step of an object that is left as it is.
pub(super) fn leave(step: &mut Step, reason: &str, recorded: Option<&NodeRecord>, changes: Vec<FieldChange>) {
    step.action = Action::NoChange;
    step.left = true;
    reason.clone_into(&mut step.reason);
    step.changes = changes;
    step.untag.clear();
    step.risk = Risk::None;
    // Who refers to it refers to what was applied.
    if let Some(recorded) = recorded.filter(|recorded| !recorded.outputs.is_empty()) {
        step.outputs.clone_from(&recorded.outputs);
    }
}
