//! Other ids for nodes, and nodes that leave the record.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::ids::NodeId;

/// The nodes that get new ids, and the nodes that leave the record while their objects stay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Amendment {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    renames: BTreeMap<NodeId, NodeId>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    forgets: BTreeSet<NodeId>,
}

impl Amendment {
    /// Nothing.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The node `from` becomes `to`: with its object, which stays as it is under the name that it has. All renames happen at
    /// once, so that two nodes can change places.
    #[must_use]
    pub fn rename(mut self, from: NodeId, to: NodeId) -> Self {
        self.renames.insert(from, to);
        self
    }

    /// The node goes out of the record; its object stays, without our ownership tags.
    #[must_use]
    pub fn forget(mut self, node: NodeId) -> Self {
        self.forgets.insert(node);
        self
    }

    /// The renames, from and to.
    #[must_use]
    pub fn renames(&self) -> &BTreeMap<NodeId, NodeId> {
        &self.renames
    }

    /// The nodes that go out of the record.
    #[must_use]
    pub fn forgets(&self) -> &BTreeSet<NodeId> {
        &self.forgets
    }
}
