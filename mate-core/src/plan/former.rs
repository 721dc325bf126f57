//! The forms in which earlier versions made objects: what the record knows in such a form keeps it.

use serde_json::Value;

use super::request::{Observed, Snapshot};
use crate::model::canonical;
use crate::model::ids::NodeId;
use crate::model::{Former, Graph, Node};
use crate::state::{NodeRecord, Record};

/// Gives every node the form in which the record knows its object, where that is one that an earlier version of the blueprint
/// made. For example, a bucket that is recorded as `mate-clinic-dev-data` keeps this name, although a new one is called
/// `mate-clinic-dev-data-123456789012-us-east-1`.
pub(crate) fn keep(graph: &mut Graph, record: Option<&Record>) {
    let Some(record) = record else { return };
    for (id, recorded) in &record.nodes {
        if let Some(node) = graph.get_mut(id).filter(|node| node.kind == recorded.kind) {
            let former = std::mem::take(&mut node.former);
            keep_node(node, &former, recorded);
            node.former = former;
        }
    }
}

fn keep_node(node: &mut Node, former: &Former, recorded: &NodeRecord) {
    if former.name.as_ref() == Some(&recorded.name) {
        rename(node, &recorded.name);
    }
    node.tags.retain(|key, _| !former.without_tags.contains(key) || recorded.tags.contains_key(key));
    let Some(fields) = recorded.inputs.as_object() else { return };
    for (field, value) in &former.inputs {
        if canonical(fields.get(field).unwrap_or(&Value::Null)) == canonical(value) {
            node.inputs[field] = value.clone();
        }
    }
}

fn rename(node: &mut Node, name: &str) {
    if node.tags.get("Name") == Some(&node.name) {
        node.tags.insert("Name".into(), name.to_owned());
    }
    name.clone_into(&mut node.name);
}

/// The nodes that no record knows and that are absent under their name, as an earlier version would have made them: what a
/// lost record may have named.
pub(crate) fn unrecorded(graph: &Graph, record: Option<&Record>, snapshot: &Snapshot) -> Graph {
    let mut before = Graph::new();
    for node in graph.nodes() {
        let known = record.is_some_and(|record| record.nodes.contains_key(&node.id));
        let absent = matches!(snapshot.get(&node.id), Some(Observed::Absent));
        if let (Some(name), false, true) = (&node.former.name, known, absent) {
            let mut node = node.clone();
            rename(&mut node, name);
            node.tags.retain(|key, _| !node.former.without_tags.contains(key));
            // The id was unique in the graph that it comes from.
            let _ = before.insert(node);
        }
    }
    before
}

/// Puts a node of [`unrecorded`] whose object was found in the place of the one that it was made from.
pub(crate) fn take(graph: &mut Graph, before: &Graph, id: &NodeId) {
    if let (Some(node), Some(found)) = (graph.get_mut(id), before.get(id)) {
        node.clone_from(found);
    }
}
