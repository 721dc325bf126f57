//! The selection of a repair, and the changes that wait for maintenance.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::DriftClass;
use crate::model::ids::NodeId;

/// Changes that wait for maintenance: fields by node; none where the object itself has to stay until then.
pub(crate) type Waiting = BTreeMap<NodeId, BTreeSet<String>>;

/// The differences to repair: those of certain classes, those of certain nodes, or all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RepairSelection {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) all: bool,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) classes: BTreeSet<DriftClass>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) nodes: BTreeSet<NodeId>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) fields: BTreeMap<NodeId, BTreeSet<String>>,
    /// The changes that wait, whatever is selected.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) but: Waiting,
}

impl RepairSelection {
    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Self { all: true, ..Self::default() }
    }

    /// The same without what waits for maintenance.
    #[must_use]
    pub(crate) fn but(mut self, waiting: Waiting) -> Self {
        self.but = waiting;
        self
    }

    /// Every difference of these classes, and no other.
    #[must_use]
    pub fn classes(classes: impl IntoIterator<Item = DriftClass>) -> Self {
        Self { classes: classes.into_iter().collect(), ..Self::default() }
    }

    /// Every difference of these nodes, and no other.
    #[must_use]
    pub fn nodes(nodes: impl IntoIterator<Item = NodeId>) -> Self {
        Self { nodes: nodes.into_iter().collect(), ..Self::default() }
    }

    /// One class more.
    #[must_use]
    pub fn with_class(mut self, class: DriftClass) -> Self {
        self.classes.insert(class);
        self
    }

    /// One node more.
    #[must_use]
    pub fn with_node(mut self, node: NodeId) -> Self {
        self.nodes.insert(node);
        self
    }

    /// One field of one node more; `tags` for its tags.
    #[must_use]
    pub fn with_field(mut self, node: NodeId, field: impl Into<String>) -> Self {
        self.fields.entry(node).or_default().insert(field.into());
        self
    }

    /// Returns true if everything is selected and nothing waits.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.all && self.but.is_empty()
    }

    pub(crate) fn waits(&self) -> bool {
        !self.but.is_empty()
    }
}
