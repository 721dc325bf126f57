//! The fate of deleted data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::ids::NodeId;

/// What becomes of the data of objects that are deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletions {
    /// What a database or a cache leaves. A database that is not named leaves a snapshot whose name follows from its own name and
    /// the record's lineage and version, and a cache leaves nothing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub final_snapshots: BTreeMap<NodeId, FinalSnapshot>,
    /// Whether a bucket that still holds objects, and a repository that still holds images, is emptied. Otherwise its
    /// deletion is refused.
    #[serde(default)]
    pub empty: bool,
}

impl Deletions {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What a database or a cache leaves when it is deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinalSnapshot {
    /// A snapshot of this name.
    Named(String),
    /// Nothing: its data is lost.
    Discard,
}
