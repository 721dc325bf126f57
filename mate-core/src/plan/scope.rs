//! The scope of a repair: what of each object is taken, and what is left as it is.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::Difference;
use super::step::{Action, FieldChange, Risk, Step};
use crate::model::ids::NodeId;
use crate::model::{Data, Inputs, KindModel, references};
use crate::state::NodeRecord;
use crate::vocab::RepairSelection;

/// The reason for which a step that would do something does nothing.
const NOT_NOW: &str = "differs, and is not to be repaired now";
const WAITS: &str = "differs, and waits for maintenance";

/// The scope of a repair, and the object that is compared in it.
pub(super) type Scoped<'s> = Option<(&'s Scope<'s>, &'s NodeId, &'s KindModel)>;

/// The bounds of a plan.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    pub(super) selection: &'a RepairSelection,
    /// Nodes that are taken because another node needs them.
    pub(super) needed: BTreeMap<NodeId, NodeId>,
}

impl Scope<'_> {
    /// True if everything of the node is taken.
    pub(super) fn takes(&self, id: &NodeId) -> bool {
        self.selection.all || self.selection.nodes.contains(id) || self.needed.contains_key(id)
    }

    /// True if an object goes that the tenant no longer should have.
    pub(super) fn lets_go(&self, id: &NodeId) -> bool {
        self.selection.all && !self.selection.but.contains_key(id)
    }

    /// The reason for which a step that would do something does nothing.
    pub(super) fn reason(&self) -> &'static str {
        if self.selection.waits() { WAITS } else { NOT_NOW }
    }

    /// True if an object is made anew because it should have another name.
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

    /// The node that needs this one.
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

/// The changes of one object that are not taken.
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
    pub(super) fn keep(&self, inputs: &mut Inputs, recorded: Option<&NodeRecord>) {
        if self.fields.is_empty() {
            return;
        }
        let (Some(inputs), Some(recorded)) = (inputs.as_object_mut(), recorded) else { return };
        for field in &self.fields {
            if let Some(value) = recorded.inputs.get(*field) {
                inputs.insert((*field).to_owned(), value.clone());
            }
        }
    }

    /// Adds the explanation of the scope to the reason of a step.
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
    step.action = Action::Leave;
    reason.clone_into(&mut step.reason);
    step.changes = changes;
    step.untag.clear();
    step.risk = Risk::None;
    // The nodes that refer to it refer to the applied object.
    if let Some(recorded) = recorded.filter(|recorded| !recorded.outputs.is_empty()) {
        step.outputs.clone_from(&recorded.outputs);
    }
}
