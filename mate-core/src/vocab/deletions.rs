//! The fate of deleted data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::ids::NodeId;

/// The treatment of the data of deleted objects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletions {
    /// The final snapshots of databases and caches, by node. A database that is not named leaves a snapshot whose name is derived
    /// from its own name and the record's lineage and version; a cache that is not named leaves none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub final_snapshots: BTreeMap<NodeId, FinalSnapshot>,
    /// True if buckets that hold objects and repositories that hold images are emptied. Otherwise their deletion is refused.
    #[serde(default)]
    pub empty: bool,
}

impl Deletions {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The final snapshot of a deleted database or cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinalSnapshot {
    /// A snapshot of this name.
    Named(String),
    /// Nothing: its data is lost.
    Discard,
}
