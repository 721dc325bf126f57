//! The identity of an operation: its verb and its node.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::ids::NodeId;

/// The verb of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verb {
    /// The object is created, then waited for until it is ready.
    Create,
    /// The object is updated, then waited for until it is ready.
    Update,
    /// Nothing is called: the object is observed until it is ready, and recorded.
    Adopt,
    /// The object gets our ownership tags, where it can carry tags, and is recorded.
    TakeOver,
    /// The ownership tags get the node's new id, where the object carries any.
    Rename,
    /// The ownership tags are taken off, where there are any, and the object goes out of the record.
    #[serde(alias = "release")]
    Disown,
    /// The node's object is deleted, then waited for until it is absent.
    Delete,
    /// The old object of a replacement is deleted, then waited for until it is absent; the node keeps its new one.
    DeleteOld,
}

/// The identity of an operation within its plan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OpId {
    /// The node.
    pub node: NodeId,
    /// The verb of an operation.
    pub verb: Verb,
    /// The physical name of the object: a node may leave several old ones.
    pub name: String,
}

impl fmt::Display for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.node)
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Adopt => "adopt",
            Self::TakeOver => "take over",
            Self::Rename => "rename",
            Self::Disown => "disown",
            Self::Delete => "delete",
            Self::DeleteOld => "delete old",
        })
    }
}
