//! The record of objects that are taken away for a time, and of the snapshots that they left.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Record;
use crate::model::Outputs;
use crate::model::ids::{KindName, NodeId};

/// A node whose object is taken away for as long as the tenant is suspended. In the record before its deletion is asked for, and
/// until it is made anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RestingNode {
    /// Its kind.
    pub kind: KindName,
    /// The physical name that it had.
    pub name: String,
    /// The snapshot that its deletion leaves, from which it is made anew. None where it was gone before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
    /// A snapshot that stays in the cloud, because no verb deletes data.
    pub outputs: Outputs,
}

/// A snapshot that stays in the cloud, because no verb deletes data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LeftSnapshot {
    /// The node whose data it holds, as they were.
    pub node: NodeId,
    /// Its kind.
    pub kind: KindName,
    /// The snapshot's name.
    pub name: String,
}

impl fmt::Display for LeftSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "data of {} ({}) stay in the snapshot {}", self.node, self.kind, self.name)
    }
}

impl Record {
    /// A node is about to be made anew: from now on the snapshot that it left is one of those that stay.
    pub(crate) fn wakes(&mut self, id: &NodeId) {
        let Some(RestingNode { kind, snapshot: Some(name), .. }) = self.resting.get(id) else { return };
        let left = LeftSnapshot { node: id.clone(), kind: kind.clone(), name: name.clone() };
        if !self.snapshots.contains(&left) {
            self.snapshots.push(left);
        }
    }

    /// Every snapshot that stays when the tenant goes, as far as nobody has deleted it since: the oldest first.
    #[must_use]
    pub fn left_snapshots(&self) -> Vec<LeftSnapshot> {
        let mut left = self.snapshots.clone();
        for (id, resting) in &self.resting {
            let snapshot = resting.snapshot.iter();
            let snapshot =
                snapshot.map(|name| LeftSnapshot { node: id.clone(), kind: resting.kind.clone(), name: name.clone() });
            left.extend(snapshot.filter(|one| !self.snapshots.contains(one)));
        }
        left
    }
}
