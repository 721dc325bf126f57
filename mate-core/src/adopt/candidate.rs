//! An object that exists and may stand for a node.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::forms::facet;
use crate::model::ids::{KindName, NodeId};
use crate::model::{Kinds, Tags};
use crate::provider::Discovered;

/// An object that exists and may stand for a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Candidate {
    /// Its kind.
    pub kind: KindName,
    /// Its physical id, as [`crate::provider::Live::physical_id`] has it. Where a source only tells another name by which
    /// AWS finds the object too (the name of a cluster, the id of a key), it is that until the object was observed.
    pub physical_id: String,
    /// Its physical name, where it has one; a tag `Name` is not one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The other known fields of the inputs of its kind, as text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hints: BTreeMap<String, String>,
    /// Its tags, as far as they are known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: Tags,
    /// The place where it was found: `module.vpc.aws_vpc.main`, the name of an output, an ARN.
    pub origin: String,
    /// The node that it stands for, where the caller said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeId>,
}

impl Candidate {
    /// An object of which no more is known than its id, and its name where the id carries it.
    #[must_use]
    pub fn new(kinds: &Kinds, kind: KindName, physical_id: impl Into<String>, origin: impl Into<String>) -> Self {
        let facet = facet(kinds, &kind);
        let physical_id = (facet.plain_id)(&physical_id.into()).to_owned();
        let name = facet.name_of(&physical_id);
        let (hints, tags, origin) = (BTreeMap::new(), Tags::new(), origin.into());
        Self { kind, physical_id, name, hints, tags, origin, node: None }
    }

    /// The candidate for an object that a search by tags found; none where its kind is not known here.
    #[must_use]
    pub fn from_discovered(kinds: &Kinds, found: &Discovered) -> Option<Self> {
        let (kind, id) = (found.kind.clone()?, found.physical_id.as_deref()?);
        Some(Self { tags: found.tags.clone(), ..Self::new(kinds, kind, id, &found.arn) })
    }

    /// Its physical name, else its tag `Name`.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.name.as_deref().or_else(|| self.tags.get("Name").map(String::as_str))
    }
}

/// The physical name of an object, where its physical id carries it; none for an object that is known by an opaque id
/// (`vpc-…`, the ARN of a certificate).
#[must_use]
pub fn name_of(kinds: &Kinds, kind: &KindName, physical_id: &str) -> Option<String> {
    facet(kinds, kind).name_of(physical_id)
}
