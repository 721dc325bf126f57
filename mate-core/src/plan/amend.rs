//! Plans that change what the record says of nodes, and no object but for its ownership tags: other ids, and nodes that are
//! no longer held.

use crate::vocab::Amendment;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::Plan;
use super::assemble::assemble;
use super::differ::physical_name;
use super::holding::{given_back, without_ownership};
use super::request::{After, DiffRequest, Purpose, Snapshot};
use super::step::{Action, FieldChange, Shown, Step, recorded_object};
use crate::model::Ownership;
use crate::model::ids::NodeId;
use crate::model::{Graph, Input};
use crate::model::{Kinds, UnknownKind};
use crate::state::{Holding, NodeState, Record};
use crate::vocab::Deletions;
use crate::vocab::Goal;

/// The tag that an object carries its node's id in.
const NODE_TAG: &str = "Component";

/// An amendment that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AmendError {
    /// The record has no such node.
    #[error("the record has no node `{0}`")]
    NoSuchNode(NodeId),
    /// The new id is another node's.
    #[error("`{0}` is the id of another node: rename that one too, or choose another id")]
    Taken(NodeId),
    /// It is renamed and forgotten.
    #[error("`{0}` cannot be renamed and forgotten in one")]
    Both(NodeId),
    /// A replacement left an object over that carries the old id.
    #[error("a replacement left an old object of `{0}` over: apply a plan first, which deletes it")]
    LeftOver(NodeId),
    /// Its last change did not end.
    #[error("the last change of `{0}` did not end: apply a plan first")]
    NotReady(NodeId),
    /// Its object is not there as ours.
    #[error("the object of `{node}` cannot be renamed: it {problem}")]
    NotThere {
        /// The node.
        node: NodeId,
        /// The problem.
        problem: String,
    },
    /// A kind is not registered.
    #[error(transparent)]
    Kind(#[from] UnknownKind),
}

/// Makes the plan of an amendment. `graph` is what the blueprint makes: an object that has another name than it gives keeps
/// its own, as an adopted object does. A record whose amendment was interrupted has the new ids already. Pure.
///
/// # Errors
/// [`AmendError`], the first.
pub fn amend(record: &Record, amendment: &Amendment, kinds: &Kinds, graph: &Graph) -> Result<Plan, AmendError> {
    let goes_on = record.run.as_ref().is_some_and(|run| run.goal == Goal::Amend);
    let mut after = record.clone();
    if !goes_on {
        check(record, amendment)?;
        after.rename(amendment.renames());
    }
    let mut steps = Vec::new();
    let mut notes = vec!["no object is made, changed or deleted, but for its ownership tags".to_owned()];
    for (from, to) in amendment.renames() {
        let node = after.nodes.get(to).ok_or_else(|| AmendError::NoSuchNode(from.clone()))?;
        if goes_on && node.state == NodeState::Ready {
            continue;
        }
        let tagged = kinds.get(&node.kind)?.taggable && node.holding != Holding::Observed;
        let mut step = Step::about(to, recorded_object(node), Action::Rename, String::new(), BTreeSet::new());
        step.reason = format!("`{from}` is `{to}` from now on");
        step.inputs = node.inputs.clone();
        step.outputs = node.outputs.clone();
        step.tags = node.tags.clone();
        step.depends_on = node.depends_on.clone();
        step.generation = node.generation;
        step.holding = node.holding.clone();
        if tagged {
            step.tags.extend(Ownership(record.key.node(to.clone())).tags());
            step.changes.push(FieldChange {
                path: format!("tags.{NODE_TAG}"),
                old: Shown::Value(Value::String(from.to_string())),
                new: Shown::Value(Value::String(to.to_string())),
            });
            step.expected = Duration::from_secs(2);
        }
        let model = kinds.get(&node.kind)?;
        let wanted = graph.get(to).map(|wanted| physical_name(wanted, Some(node), model));
        if wanted.is_none() {
            notes.push(format!("the blueprint makes no `{to}`: the next plan would delete it"));
        }
        // The blueprint that makes it under the new id, perhaps that of the next version, may give it another name.
        if node.holding == Holding::Managed && wanted.is_none_or(|name| name != node.name) {
            step.holding = Holding::Adopted { tags: without_ownership(&node.tags) };
            step.reason.push_str("; it keeps its name");
        }
        steps.push(step);
    }
    for id in amendment.forgets() {
        let Some(node) = after.nodes.get(id) else { continue };
        let tagged = kinds.get(&node.kind)?.taggable && node.holding != Holding::Observed;
        let reason = "it stays, and goes out of the record".to_owned();
        let mut step = Step::about(id, recorded_object(node), Action::Disown, reason, BTreeSet::new());
        if tagged {
            (step.untag, step.tags) = given_back(&node.holding, &node.tags);
            step.expected = Duration::from_secs(2);
        }
        if graph.get(id).is_some() {
            notes.push(format!("the blueprint makes `{id}`: the next plan finds it to be nobody's, and is refused"));
        }
        steps.push(step);
    }
    Ok(assembled(record, amendment, kinds, (steps, notes)))
}

fn check(record: &Record, amendment: &Amendment) -> Result<(), AmendError> {
    let mut taken: BTreeSet<&NodeId> = BTreeSet::new();
    for id in amendment.renames().keys().chain(amendment.forgets()) {
        let node = record.nodes.get(id).ok_or_else(|| AmendError::NoSuchNode(id.clone()))?;
        if amendment.renames().contains_key(id) && amendment.forgets().contains(id) {
            return Err(AmendError::Both(id.clone()));
        }
        if !node.retired.is_empty() {
            return Err(AmendError::LeftOver(id.clone()));
        }
        if node.state != NodeState::Ready {
            return Err(AmendError::NotReady(id.clone()));
        }
    }
    for to in amendment.renames().values() {
        let stays = record.nodes.contains_key(to) && !amendment.renames().contains_key(to);
        if stays || !taken.insert(to) {
            return Err(AmendError::Taken(to.clone()));
        }
    }
    Ok(())
}

fn assembled(record: &Record, amendment: &Amendment, kinds: &Kinds, (steps, notes): (Vec<Step>, Vec<String>)) -> Plan {
    let (graph, snapshot, deletions) = (Graph::new(), Snapshot::new(), Deletions::default());
    let outputs = record.outputs.iter().map(|(name, value)| (name.clone(), Input::Literal(value.clone())));
    let base = DiffRequest {
        key: &record.key,
        purpose: Purpose::Update,
        graph: &graph,
        record: Some(record),
        snapshot: &snapshot,
        kinds,
        deletions: &deletions,
        after: After {
            phase: None,
            spec_digest: record.spec_digest.clone(),
            spec: record.spec.clone(),
            operating: record.operating.clone(),
            summary: record.summary.clone(),
            deletion_protection: record.deletion_protection,
            outputs: outputs.collect(),
        },
        notes,
    };
    let mut plan = assemble(base, Goal::Amend, steps);
    plan.amendment = Some(amendment.clone());
    plan.id = plan.digest();
    plan
}

impl Record {
    /// Gives nodes other ids, all at once, wherever the record names them. Their objects carry the old ones until each is
    /// tagged anew.
    pub(crate) fn rename(&mut self, renames: &BTreeMap<NodeId, NodeId>) {
        let renamed = |id: NodeId| renames.get(&id).cloned().unwrap_or(id);
        self.nodes = std::mem::take(&mut self.nodes)
            .into_iter()
            .map(|(id, mut node)| {
                if renames.contains_key(&id) {
                    node.state = NodeState::Updating;
                }
                node.depends_on = node.depends_on.into_iter().map(renamed).collect();
                (renamed(id), node)
            })
            .collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::fixtures::{id, ready, record};

    fn world() -> Record {
        let mut record = record();
        record.run = None;
        record.nodes = [("a", &[][..]), ("b", &["a"][..]), ("c", &["a", "b"][..])]
            .into_iter()
            .map(|(node, uses)| {
                let mut found = ready(node);
                found.depends_on = uses.iter().map(|to| id(to)).collect();
                (id(node), found)
            })
            .collect();
        record
    }

    fn uses(record: &Record, node: &str) -> Vec<String> {
        record.nodes[&id(node)].depends_on.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_rename_follows_every_reference_and_nothing_else_changes() {
        let before = world();
        let mut after = before.clone();
        after.rename(&BTreeMap::from([(id("a"), id("first"))]));
        assert_eq!(after.nodes.keys().map(NodeId::as_str).collect::<Vec<_>>(), ["b", "c", "first"]);
        assert_eq!(
            (uses(&after, "b"), uses(&after, "c")),
            (vec!["first".to_owned()], vec!["b".into(), "first".into()])
        );
        assert_eq!(after.nodes[&id("first")].state, NodeState::Updating, "its object carries the old id");
        after.rename(&BTreeMap::from([(id("first"), id("a"))]));
        after.nodes.get_mut(&id("a")).unwrap().state = NodeState::Ready;
        assert_eq!(after, before, "and back");
    }

    #[test]
    fn two_nodes_change_places() {
        let mut record = world();
        let (a, b) = (record.nodes[&id("a")].clone(), record.nodes[&id("b")].clone());
        record.rename(&BTreeMap::from([(id("a"), id("b")), (id("b"), id("a"))]));
        assert_eq!((&record.nodes[&id("b")].name, &record.nodes[&id("a")].name), (&a.name, &b.name));
        assert_eq!(uses(&record, "a"), ["b"]);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let refused = |record: &Record, amendment: Amendment| check(record, &amendment).unwrap_err();
        let record = world();
        let none = Amendment::none;
        assert_eq!(refused(&record, none().rename(id("x"), id("y"))), AmendError::NoSuchNode(id("x")));
        assert_eq!(refused(&record, none().forget(id("x"))), AmendError::NoSuchNode(id("x")));
        assert_eq!(refused(&record, none().rename(id("a"), id("b"))), AmendError::Taken(id("b")));
        let twice = none().rename(id("a"), id("x")).rename(id("b"), id("x"));
        assert_eq!(refused(&record, twice), AmendError::Taken(id("x")));
        assert_eq!(refused(&record, none().rename(id("a"), id("x")).forget(id("a"))), AmendError::Both(id("a")));
        check(&record, &none().rename(id("a"), id("b")).rename(id("b"), id("a"))).unwrap();

        let mut left_over = world();
        let old = left_over.nodes[&id("a")].clone();
        left_over.nodes.get_mut(&id("a")).unwrap().retired.push(recorded_object(&old).into());
        assert_eq!(refused(&left_over, none().rename(id("a"), id("x"))), AmendError::LeftOver(id("a")));
        let mut changing = world();
        changing.nodes.get_mut(&id("a")).unwrap().state = NodeState::Updating;
        assert_eq!(refused(&changing, none().forget(id("a"))), AmendError::NotReady(id("a")));
    }
}
