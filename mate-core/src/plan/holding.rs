//! Plans that change who holds an object, and nothing else of it: adoption, and to disown.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

use super::Plan;
use super::assemble::assemble;
use super::compare;
use super::error::PlanError;
use super::request::{After, DiffRequest, Purpose, Snapshot};
use super::step::{Action, FieldChange, OldObject, Step, recorded_object};
use crate::model::Ownership;
use crate::model::canonical;
use crate::model::ids::{KindName, NodeId, TenantKey};
use crate::model::{Graph, Inputs, Known, Node, Outputs, Tags, references, resolve_with};
use crate::model::{KindModel, Kinds, UnknownKind};
use crate::provider::{Live, Status};
use crate::state::{Holding, NodeRecord, Record};
use crate::vocab::Deletions;
use crate::vocab::Goal;

/// The input of an adoption.
#[derive(Debug, Clone)]
pub struct AdoptRequest<'a> {
    /// The tenant or platform.
    pub key: &'a TenantKey,
    /// The desired graph.
    pub graph: &'a Graph,
    /// The record, where there is one already.
    pub record: Option<&'a Record>,
    /// The object that was found for each node.
    pub found: &'a BTreeMap<NodeId, Found>,
    /// The kinds.
    pub kinds: &'a Kinds,
    /// The record afterwards.
    pub after: After,
    /// Remarks for the reader of the plan.
    pub notes: Vec<String>,
}

/// An object that stands for a node.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its physical name, where it is known by one; the node's otherwise.
    pub name: Option<String>,
    /// The place where it was named: a Terraform address, an ARN, the node's own place.
    pub origin: String,
    /// The observed state.
    pub live: Live,
}

/// The differences of one object from its spec.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NodeDifferences {
    /// The node.
    pub node: NodeId,
    /// Its kind.
    pub kind: KindName,
    /// Field by field; ownership tags are not counted.
    pub changes: Vec<FieldChange>,
}

impl fmt::Display for NodeDifferences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.node, self.kind)?;
        for change in &self.changes {
            write!(f, "\n  {change}")?;
        }
        Ok(())
    }
}

/// The known outputs of the found objects.
fn outputs(found: &BTreeMap<NodeId, Found>) -> BTreeMap<&str, &Outputs> {
    found.iter().map(|(id, found)| (id.as_str(), &found.live.outputs)).collect()
}

/// The differences between the found objects and the graph: a plan would change them after the adoption.
///
/// # Errors
/// [`UnknownKind`] for a node of a kind that is not registered.
pub fn differences(
    graph: &Graph,
    found: &BTreeMap<NodeId, Found>,
    kinds: &Kinds,
) -> Result<Vec<NodeDifferences>, UnknownKind> {
    let known = outputs(found);
    let mut all = Vec::new();
    for node in graph.nodes() {
        let Some(found) = found.get(&node.id) else { continue };
        let model = kinds.get(&node.kind)?;
        let old = compare::present_inputs(model, &found.live.inputs, None);
        let mut differences = compare::differences(model, &old, &node.inputs.canonical(), &known);
        if Ownership::from_tags(&found.live.tags).is_none() {
            differences = compare::but_words(model, differences);
        }
        let changes: Vec<FieldChange> = differences.into_iter().flat_map(|difference| difference.changes).collect();
        if !changes.is_empty() {
            all.push(NodeDifferences { node: node.id.clone(), kind: node.kind.clone(), changes });
        }
    }
    Ok(all)
}

/// The changes of an object since it was applied: the old value is the applied one.
#[must_use]
pub fn since_applied(model: &KindModel, recorded: &NodeRecord, live: &Live) -> Vec<FieldChange> {
    let told = compare::present_inputs(model, &live.inputs, Some(&recorded.inputs));
    let mut changes: Vec<FieldChange> =
        compare::differences(model, &recorded.inputs.canonical(), &told, &compare::Nothing)
            .into_iter()
            .flat_map(|difference| difference.changes)
            .collect();
    if model.taggable && recorded.holding != Holding::Observed {
        let turned = |change: FieldChange| FieldChange { path: change.path, old: change.new, new: change.old };
        changes.extend(compare::missing_tags(&live.tags, &recorded.tags).into_iter().map(turned));
    }
    changes
}

/// Plans to take over the found objects: ownership tags and record, and nothing else. Other objects are not made; the next
/// plan of the tenant or platform shows them, and the differences.
///
/// # Errors
/// [`PlanError`] for a graph without order and a kind that is not registered.
pub fn adoption(request: AdoptRequest<'_>) -> Result<Plan, PlanError> {
    request.graph.order().map_err(PlanError::Graph)?;
    let known = outputs(request.found);
    let mut steps = Vec::new();
    for node in request.graph.nodes() {
        let Some(found) = request.found.get(&node.id) else { continue };
        let model = request.kinds.get(&node.kind)?;
        steps.push(take_over(&request, model, node, found, &known));
    }
    let missing = request.graph.len() - steps.len();
    let mut notes = request.notes;
    if missing > 0 {
        notes.push(format!("{missing} of {} objects were not found: the next plan makes them", request.graph.len()));
    }
    let (snapshot, deletions) = (Snapshot::new(), Deletions::default());
    let base = DiffRequest {
        key: request.key,
        purpose: Purpose::Update,
        graph: request.graph,
        record: request.record,
        snapshot: &snapshot,
        kinds: request.kinds,
        deletions: &deletions,
        after: request.after,
        notes,
    };
    Ok(assemble(base, Goal::Adopt, steps))
}

fn take_over(request: &AdoptRequest<'_>, model: &KindModel, node: &Node, found: &Found, known: &dyn Known) -> Step {
    let live = &found.live;
    let desired = resolve_with(&node.inputs.canonical(), known);
    let ours = Ownership(request.key.node(node.id.clone())).owns(&live.tags);
    let recorded = request.record.and_then(|record| record.nodes.get(&node.id));
    let only_read = node.existing.is_some();
    let name = found.name.clone().unwrap_or_else(|| node.name.clone());
    let changes = if model.taggable && !only_read { compare::missing_tags(&live.tags, &node.tags) } else { Vec::new() };
    let action = match recorded {
        _ if only_read => Action::NoChange,
        Some(recorded) if recorded.physical_id.as_ref() == Some(&live.physical_id) && changes.is_empty() => {
            Action::NoChange
        }
        _ if ours && changes.is_empty() => Action::Adopt,
        _ => Action::TakeOver,
    };
    let holding = match recorded {
        _ if only_read => Holding::Observed,
        Some(recorded) if recorded.holding != Holding::Observed => recorded.holding.clone(),
        _ if ours && name == node.name => Holding::Managed,
        // Of what carries our tags already nobody knows which it had before.
        _ if ours => Holding::Adopted { tags: without_ownership(&live.tags) },
        _ => Holding::Adopted { tags: live.tags.clone() },
    };
    let old = OldObject {
        kind: node.kind.clone(),
        name: name.clone(),
        physical_id: Some(live.physical_id.clone()),
        inputs: canonical(&live.inputs).into(),
        tags: live.tags.clone(),
    };
    let reason = format!("found: {}", found.origin);
    Step {
        old: Some(old),
        changes,
        expected: Duration::from_secs(if action == Action::TakeOver { 2 } else { 0 }),
        inputs: as_found(model, &live.inputs, &desired),
        tags: if only_read { live.tags.clone() } else { node.tags.clone() },
        outputs: if live.status == Status::Ready { live.outputs.clone() } else { Outputs::new() },
        depends_on: node.dependencies().into_iter().filter(|to| request.found.contains_key(to)).collect(),
        holding,
        ..Step::new(node.id.clone(), node.kind.clone(), name, action, reason)
    }
}

/// The inputs to be recorded: as the cloud tells them, and as they are wanted where it does not tell.
fn as_found(model: &KindModel, live: &Value, desired: &Value) -> Inputs {
    let mut fields = Map::new();
    for rule in model.fields {
        let told = live.get(rule.field).filter(|_| !rule.write_only && !rule.edge_only);
        let wanted = desired.get(rule.field).filter(|value| references(value).is_empty());
        if let Some(value) = told.or(wanted) {
            fields.insert(rule.field.to_owned(), value.clone());
        }
    }
    fields.into()
}

/// Plans to disown everything of a record: ownership tags off, record gone, every object as it was.
///
/// # Errors
/// [`PlanError::Kind`] for a kind that is not registered.
pub fn disown(record: &Record, kinds: &Kinds) -> Result<Plan, PlanError> {
    let mut steps = Vec::new();
    for (id, node) in &record.nodes {
        let objects = std::iter::once((recorded_object(node), Action::Disown))
            .chain(node.retired.iter().map(|retired| (retired.clone().into(), Action::DisownLeftover)));
        for (old, action) in objects {
            let old: OldObject = old;
            let ours = action == Action::DisownLeftover || node.holding != Holding::Observed;
            let tagged = kinds.get(&old.kind)?.taggable && ours;
            let reason = if tagged { "disowned: its ownership tags go" } else { "disowned" };
            let mut step = Step::about(id, old, action, reason.to_owned(), BTreeSet::new());
            step.expected = Duration::from_secs(if tagged { 2 } else { 0 });
            if tagged {
                (step.untag, step.tags) = given_back(&node.holding, &node.tags);
            }
            steps.push(step);
        }
    }
    let mut notes = vec!["nothing is deleted: every object stays as it is, without an owner".to_owned()];
    notes.extend(record.left_snapshots().iter().map(ToString::to_string));
    let (graph, snapshot, deletions) = (Graph::new(), Snapshot::new(), Deletions::default());
    let base = DiffRequest {
        key: &record.key,
        purpose: Purpose::Destroy,
        graph: &graph,
        record: Some(record),
        snapshot: &snapshot,
        kinds,
        deletions: &deletions,
        after: After::default(),
        notes,
    };
    Ok(assemble(base, Goal::Disown, steps))
}

pub(super) fn without_ownership(tags: &Tags) -> Tags {
    let mut tags = tags.clone();
    tags.retain(|key, _| !Ownership::KEYS.contains(&key.as_str()));
    tags
}

/// The keys that are taken off and the tags that are restored: an adopted object has the tags again that it was found with.
pub(super) fn given_back(holding: &Holding, tags: &Tags) -> (BTreeSet<String>, Tags) {
    let ownership = Ownership::KEYS.iter().map(|key| (*key).to_owned());
    match holding {
        Holding::Adopted { tags: before } => {
            let set = tags.keys().cloned().chain(ownership);
            (set.filter(|key| !before.contains_key(key)).collect(), before.clone())
        }
        Holding::Managed | Holding::Observed => (ownership.collect(), Tags::new()),
    }
}
