//! The desired model of a tenant: nodes with late-bound inputs. Edges are derived from the inputs.

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use super::ids::{KindName, NodeId};
use super::input::each_reference;
use super::order;
use super::{GraphError, Input, Inputs, Kind, OutputRef, Tags};

/// One object of the cloud as it should be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Its id within the tenant.
    pub id: NodeId,
    /// Its kind.
    pub kind: KindName,
    /// Its physical name, as AWS shows it (`mate-regional-dev-db`).
    pub name: String,
    /// Its inputs: the kind's `Inputs` as JSON, references included.
    pub inputs: Inputs,
    /// Its tags, ownership tags included.
    pub tags: Tags,
    /// Set for an object that is there already and somebody else's: it is read and checked, and never written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub existing: Option<Existing>,
    /// The form in which an earlier version of the blueprint made it.
    #[serde(skip)]
    pub former: Former,
}

/// An object that is only read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Existing {
    /// Its physical id; found by its name where there is none.
    pub physical_id: Option<String>,
}

impl Node {
    /// The nodes that this one refers to.
    #[must_use]
    pub fn dependencies(&self) -> BTreeSet<NodeId> {
        let mut found = BTreeSet::new();
        each_reference(&self.inputs, &mut |reference| {
            if !found.contains(reference.node) {
                found.extend(NodeId::new(reference.node));
            }
        });
        found
    }
}

/// A typed token for one output of a kind: what it is called and what type it has.
#[derive(Debug)]
pub struct Output<K, T> {
    name: &'static str,
    kind: PhantomData<fn() -> (K, T)>,
}

impl<K, T> Output<K, T> {
    /// The output called `name`.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, kind: PhantomData }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

/// A node that was added to a graph, by which others refer to its outputs.
#[derive(Debug)]
pub struct NodeHandle<K> {
    id: NodeId,
    kind: PhantomData<fn() -> K>,
}

impl<K> Clone for NodeHandle<K> {
    fn clone(&self) -> Self {
        Self { id: self.id.clone(), kind: PhantomData }
    }
}

impl<K: Kind> NodeHandle<K> {
    /// The node's id.
    #[must_use]
    pub fn id(&self) -> &NodeId {
        &self.id
    }

    /// A late-bound input: this output of this node.
    #[must_use]
    pub fn out<T>(&self, output: Output<K, T>) -> Input<T> {
        Input::Ref(OutputRef {
            node: self.id.clone(),
            output: output.name.to_owned(),
            prefix: String::new(),
            suffix: String::new(),
        })
    }
}

/// The inputs of a node in their JSON form.
///
/// # Errors
/// [`GraphError::Inputs`].
pub(crate) fn json_of<K: Kind>(id: &NodeId, inputs: &K::Inputs) -> Result<Inputs, GraphError> {
    match serde_json::to_value(inputs) {
        Ok(value) => Ok(value.into()),
        Err(source) => Err(GraphError::Inputs { node: id.clone(), reason: source.to_string() }),
    }
}

/// The form in which an earlier version of a blueprint made a node. An object that the record knows in that form keeps it, so that
/// a newer version of the library has nothing to do for a spec that did not change.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Former {
    /// The name that it had.
    pub name: Option<String>,
    /// Keys of tags that it did not carry.
    pub without_tags: BTreeSet<String>,
    /// Values that its inputs had, by field.
    pub inputs: BTreeMap<String, serde_json::Value>,
}

/// The desired objects of a tenant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Graph {
    nodes: BTreeMap<NodeId, Node>,
    #[serde(skip)]
    resting: BTreeSet<NodeId>,
    #[serde(skip)]
    generations: BTreeMap<NodeId, u32>,
}

impl Graph {
    /// An empty graph.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a node of kind `K`.
    ///
    /// # Errors
    /// [`GraphError::Duplicate`] when the id is taken.
    pub fn add<K: Kind>(
        &mut self,
        id: NodeId,
        name: impl Into<String>,
        inputs: &K::Inputs,
        tags: Tags,
    ) -> Result<NodeHandle<K>, GraphError> {
        let inputs = json_of::<K>(&id, inputs)?;
        let kind = K::name();
        self.insert(Node {
            id: id.clone(),
            kind,
            name: name.into(),
            inputs,
            tags,
            existing: None,
            former: Former::default(),
        })?;
        Ok(NodeHandle { id, kind: PhantomData })
    }

    /// Adds a node whose kind is known only by name.
    ///
    /// # Errors
    /// [`GraphError::Duplicate`] when the id is taken.
    pub fn insert(&mut self, node: Node) -> Result<(), GraphError> {
        if self.nodes.contains_key(&node.id) {
            return Err(GraphError::Duplicate(node.id));
        }
        self.nodes.insert(node.id.clone(), node);
        Ok(())
    }

    /// The node called `id`.
    #[must_use]
    pub fn get(&self, id: &NodeId) -> Option<&Node> {
        self.nodes.get(id)
    }

    /// The node whose id has this text.
    pub(crate) fn get_text(&self, id: &str) -> Option<&Node> {
        self.nodes.get(id)
    }

    /// The typed inputs of a node of kind `K`.
    ///
    /// # Errors
    /// [`GraphError::NotFound`], [`GraphError::OtherKind`], and [`GraphError::Misfit`] for inputs that do not fit the kind.
    pub fn inputs<K: Kind>(&self, id: &NodeId) -> Result<K::Inputs, GraphError> {
        let node = self.get(id).ok_or_else(|| GraphError::NotFound(id.clone()))?;
        let wanted = K::name();
        if node.kind != wanted {
            return Err(GraphError::OtherKind { node: id.clone(), is: node.kind.clone(), wanted });
        }
        K::Inputs::deserialize(&*node.inputs)
            .map_err(|source| GraphError::Misfit { node: id.clone(), reason: source.to_string() })
    }

    /// Changes the inputs of a node of kind `K`, for an embedder's own blueprint that adjusts what ours made.
    ///
    /// ```
    /// # use mate_core::model::{Graph, GraphError, ids::NodeId};
    /// # use mate_core::kinds::{LogGroup, log_group::LogGroupInputs};
    /// # let mut graph = Graph::new();
    /// # let id = NodeId::new("django-log-group").unwrap();
    /// # graph.add::<LogGroup>(id.clone(), "/ecs/django", &LogGroupInputs { retention_days: 30 }, Default::default())?;
    /// graph.edit::<LogGroup>(&id, |group| group.retention_days = 365)?;
    /// assert_eq!(graph.inputs::<LogGroup>(&id)?.retention_days, 365);
    /// # Ok::<(), GraphError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Graph::inputs`]; the node is as it was then.
    pub fn edit<K: Kind>(&mut self, id: &NodeId, change: impl FnOnce(&mut K::Inputs)) -> Result<(), GraphError> {
        let mut inputs = self.inputs::<K>(id)?;
        change(&mut inputs);
        let inputs = json_of::<K>(id, &inputs)?;
        if let Some(node) = self.nodes.get_mut(id) {
            node.inputs = inputs;
        }
        Ok(())
    }

    /// A node to be changed in place, whose kind is known only by name; [`Graph::edit`] where it is known.
    pub fn get_mut(&mut self, id: &NodeId) -> Option<&mut Node> {
        self.nodes.get_mut(id)
    }

    /// Has a node rest: its object is taken away for a time, and its data kept in a final snapshot. What refers to it stays as it
    /// is. Once it rests no longer, it is made anew from that snapshot.
    pub fn rest(&mut self, id: NodeId) {
        self.resting.insert(id);
    }

    /// Returns true if the node rests.
    #[must_use]
    pub fn rests(&self, id: &NodeId) -> bool {
        self.resting.contains(id)
    }

    /// Asks for an object of this generation, or of a later one: a node whose object is of an earlier generation is replaced. The
    /// record counts them, from 0 for the first object of a node.
    pub fn at_generation(&mut self, id: NodeId, generation: u32) {
        self.generations.insert(id, generation);
    }

    /// The earliest generation that the object of a node may be of; 0 where nothing else was asked for.
    #[must_use]
    pub fn generation(&self, id: &NodeId) -> u32 {
        self.generations.get(id).copied().unwrap_or(0)
    }

    /// The nodes that a node refers to, as far as they are in the graph. As [`Node::dependencies`], with the graph's own ids.
    pub(crate) fn dependencies(&self, node: &Node) -> BTreeSet<NodeId> {
        let mut found = BTreeSet::new();
        each_reference(&node.inputs, &mut |reference| {
            if !found.contains(reference.node)
                && let Some((id, _)) = self.nodes.get_key_value(reference.node)
            {
                found.insert(id.clone());
            }
        });
        found
    }

    /// All nodes in the order of their ids.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values()
    }

    /// The number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Returns true if there are no nodes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The node ids so that each stands behind all that it refers to.
    ///
    /// # Errors
    /// [`GraphError::Dangling`] for a reference to a node that is not there, [`GraphError::Cycle`] for a cycle.
    pub fn order(&self) -> Result<Vec<NodeId>, GraphError> {
        order::topological(&self.nodes)
    }
}
