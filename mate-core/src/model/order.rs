//! The order of a graph, and what can be wrong with it.

use std::collections::BTreeMap;

use petgraph::algo::{tarjan_scc, toposort};
use petgraph::graphmap::DiGraphMap;

use super::Node;
use super::input::each_reference;
use crate::model::ids::{KindName, NodeId};

/// A graph that cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// Two nodes of one id.
    #[error("two nodes are called `{0}`")]
    Duplicate(NodeId),
    /// A reference to a node that is not in the graph.
    #[error("`{from}` refers to `{to}`, which is not in the graph")]
    Dangling {
        /// The node that refers.
        from: NodeId,
        /// The node that is missing.
        to: NodeId,
    },
    /// Nodes that refer to one another in a circle.
    #[error("nodes refer to one another in a circle: {0}")]
    Cycle(Cycle),
    /// A node id that cannot be one.
    #[error("{0}")]
    NodeId(String),
    /// A service's image comes from a repository that the base does not have.
    #[error("the base has no repository `{repository}`; {}", Repositories(known))]
    UnknownRepository {
        /// The repository, by its short name.
        repository: String,
        /// Those that the base has.
        known: Vec<String>,
    },
    /// A node that is to be changed and is not in the graph.
    #[error("there is no node `{0}`")]
    NotFound(NodeId),
    /// A node that is to be changed as one of another kind.
    #[error("`{node}` is of the kind {is}, not {wanted}")]
    OtherKind {
        /// The node.
        node: NodeId,
        /// Its kind.
        is: KindName,
        /// The kind that was named.
        wanted: KindName,
    },
    /// Inputs that do not fit their kind.
    #[error("the inputs of `{node}` do not fit its kind: {reason}")]
    Misfit {
        /// The node.
        node: NodeId,
        /// Why.
        reason: String,
    },
    /// Inputs that have no JSON form.
    #[error("the inputs of `{node}` cannot be written as JSON: {reason}")]
    Inputs {
        /// The node.
        node: NodeId,
        /// Why.
        reason: String,
    },
}

struct Repositories<'a>(&'a [String]);

impl std::fmt::Display for Repositories<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            [] => f.write_str("it has none: name the image by its whole URI"),
            known => write!(f, "it has {}", known.join(", ")),
        }
    }
}

/// The nodes of a cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle(pub Vec<NodeId>);

impl std::fmt::Display for Cycle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, node) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" -> ")?;
            }
            write!(f, "{node}")?;
        }
        Ok(())
    }
}

pub(super) fn topological(nodes: &BTreeMap<NodeId, Node>) -> Result<Vec<NodeId>, GraphError> {
    let order = ordered(nodes.keys(), |id, refers_to| each_reference(&nodes[id].inputs, &mut |to| refers_to(to.node)))?;
    Ok(order.into_iter().cloned().collect())
}

/// The ids, in order and each once, so that each stands behind all that it refers to. `references` tells these.
///
/// # Errors
/// [`GraphError::Dangling`] for a reference to an id that is not there, [`GraphError::Cycle`] for a cycle.
pub(crate) fn ordered<'n>(
    ids: impl Iterator<Item = &'n NodeId>,
    references: impl Fn(&NodeId, &mut dyn FnMut(&str)),
) -> Result<Vec<&'n NodeId>, GraphError> {
    let ids: Vec<&NodeId> = ids.collect();
    let mut edges = DiGraphMap::<usize, ()>::with_capacity(ids.len(), 2 * ids.len());
    // Added in reverse because petgraph's sort walks from the last to the first: ties come out by id.
    for (index, id) in ids.iter().enumerate().rev() {
        edges.add_node(index);
        let mut dangling = None;
        // By the order of the ids that are referred to, as they are told in any order.
        let mut before: Vec<usize> = Vec::new();
        references(id, &mut |to| match ids.binary_search_by(|id| id.as_str().cmp(to)) {
            Ok(from) => before.push(from),
            Err(_) => {
                dangling.get_or_insert_with(|| to.to_owned());
            }
        });
        if let Some(to) = dangling.and_then(|to| NodeId::new(to).ok()) {
            return Err(GraphError::Dangling { from: (*id).clone(), to });
        }
        before.sort_unstable();
        before.dedup();
        for from in before {
            edges.add_edge(from, index, ());
        }
    }
    match toposort(&edges, None) {
        Ok(order) => Ok(order.into_iter().map(|node| ids[node]).collect()),
        Err(_) => {
            let cycle = tarjan_scc(&edges)
                .into_iter()
                .find(|component| component.len() > 1 || edges.contains_edge(component[0], component[0]))
                .unwrap_or_default();
            Err(GraphError::Cycle(Cycle(cycle.into_iter().map(|node| ids[node].clone()).collect())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn node(id: &str, refers_to: &[&str]) -> Node {
        let inputs = refers_to.iter().map(|to| json!({"$node": to, "$output": "id"})).collect::<Vec<_>>();
        Node {
            id: NodeId::new(id).unwrap(),
            kind: "test:Thing".parse().unwrap(),
            name: id.into(),
            inputs: json!(inputs).into(),
            tags: Default::default(),
            existing: None,
            former: Default::default(),
        }
    }

    fn map(nodes: Vec<Node>) -> BTreeMap<NodeId, Node> {
        nodes.into_iter().map(|node| (node.id.clone(), node)).collect()
    }

    #[test]
    fn each_node_stands_behind_what_it_refers_to() {
        let order = topological(&map(vec![node("a", &["b"]), node("b", &["c"]), node("c", &[])])).unwrap();
        assert_eq!(order.iter().map(NodeId::as_str).collect::<Vec<_>>(), ["c", "b", "a"]);
    }

    #[test]
    fn a_circle_is_named() {
        let error = topological(&map(vec![node("a", &["b"]), node("b", &["a"])])).unwrap_err();
        assert!(matches!(error, GraphError::Cycle(Cycle(nodes)) if nodes.len() == 2));
    }

    #[test]
    fn a_reference_into_nothing_is_named() {
        let error = topological(&map(vec![node("a", &["z"])])).unwrap_err();
        assert_eq!(error.to_string(), "`a` refers to `z`, which is not in the graph");
    }
}
