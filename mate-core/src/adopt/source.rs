//! The sources of an adoption.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::candidate::Candidate;
use super::terraform;
use crate::model::ids::{KindName, NodeId};
use crate::model::{Graph, Kinds, Tags};

/// A source from which an adoption takes existing objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AdoptionSource {
    /// The ids that the caller gives: the physical id of the object for each node.
    Ids(BTreeMap<NodeId, String>),
    /// Everything that carries these tags, found by [`crate::provider::Scope::Tags`].
    Tags(Tags),
    /// The contents of a document.
    Listing(Listing),
}

/// The contents of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The objects that may stand for a node.
    pub candidates: Vec<Candidate>,
    /// The entries that were passed over.
    pub skipped: Vec<Skipped>,
}

/// An entry of a document that was passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The name of an output, or the address of a resource.
    pub origin: String,
    /// The reason.
    pub reason: SkipReason,
}

/// The reason why an entry of a document was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SkipReason {
    /// It is nothing that we have a kind for.
    Unknown,
    /// The document marks what would have been read as sensitive; it was not read.
    Sensitive,
    /// It tells no id.
    WithoutId,
    /// The kind does not cover this sort: a network load balancer, a record of type `CNAME`, a web ACL of CloudFront.
    NotCovered,
}

impl std::fmt::Display for SkipReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unknown => "nothing that there is a kind for",
            Self::Sensitive => "marked as sensitive and so not read",
            Self::WithoutId => "without an id",
            Self::NotCovered => "of a sort that its kind does not cover",
        })
    }
}

/// A source that cannot be used. Never tells a value of the document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The text is not JSON.
    #[error("the text is not JSON, at line {line}, column {column}: give the whole answer of `{command}`")]
    NotJson {
        /// The command whose answer is expected.
        command: &'static str,
        /// The line, from 1.
        line: usize,
        /// The column.
        column: usize,
    },
    /// The text is JSON, but not what the command answers.
    #[error("the text is not the answer of `{command}`: {place} {problem}")]
    NotTheDocument {
        /// The command whose answer is expected.
        command: &'static str,
        /// The place: `values.root_module.resources[3].address`.
        place: String,
        /// The problem at that place.
        problem: &'static str,
    },
    /// The document's format is newer than the one that we know.
    #[error("the text has format version {major}, and only version 1 of `{command}` can be read")]
    NewerFormat {
        /// The command.
        command: &'static str,
        /// The major number of its format.
        major: u64,
    },
    /// An id is given for a node that the graph does not have.
    #[error("an id is given for `{node}`, which is not a node of the graph{}", did_you_mean(.nearest.as_ref()))]
    UnknownNode {
        /// The node.
        node: NodeId,
        /// The node that may be meant.
        nearest: Option<NodeId>,
    },
    /// One object is given for two nodes.
    #[error("the {kind} {physical_id} is given for `{first}` and for `{second}`: an object stands for one node")]
    GivenTwice {
        /// The object's kind.
        kind: KindName,
        /// Its id.
        physical_id: String,
        /// One node.
        first: NodeId,
        /// The other node.
        second: NodeId,
    },
}

fn did_you_mean(nearest: Option<&NodeId>) -> String {
    nearest.map(|node| format!("; did you mean `{node}`?")).unwrap_or_default()
}

impl AdoptionSource {
    /// The objects by their physical ids, each for its node.
    #[must_use]
    pub fn ids(ids: impl IntoIterator<Item = (NodeId, String)>) -> Self {
        Self::Ids(ids.into_iter().collect())
    }

    /// Everything that carries these tags.
    #[must_use]
    pub fn tags(tags: Tags) -> Self {
        Self::Tags(tags)
    }

    /// The objects that the outputs of a Terraform or OpenTofu configuration name: the text of `terraform output -json`.
    ///
    /// An output whose value is an id or an ARN is taken by its form, whatever its name; one whose value is only a name
    /// (`cluster_name`, `s3_bucket_name`) or has no form of its own (`hosted_zone_id`) by the output's name. Lists and
    /// maps are looked through. Outputs marked as sensitive are not read.
    ///
    /// # Errors
    /// [`SourceError`] when the text is something else.
    pub fn terraform_outputs(json: &str) -> Result<Self, SourceError> {
        Self::terraform_outputs_of(&Kinds::standard(), json)
    }

    /// The objects in a Terraform or OpenTofu state: the text of `terraform show -json`, resources and data sources of all
    /// modules.
    ///
    /// Only the attributes that name an object and tell it from others are read; values marked as sensitive are not.
    ///
    /// # Errors
    /// [`SourceError`] when the text is something else, or of a newer format.
    pub fn terraform_state(json: &str) -> Result<Self, SourceError> {
        Self::terraform_state_of(&Kinds::standard(), json)
    }

    /// The same as [`AdoptionSource::terraform_outputs`], with an embedder's own kinds among `kinds`.
    ///
    /// # Errors
    /// [`SourceError`] when the text is something else.
    pub fn terraform_outputs_of(kinds: &Kinds, json: &str) -> Result<Self, SourceError> {
        terraform::outputs(kinds, json).map(Self::Listing)
    }

    /// The same as [`AdoptionSource::terraform_state`], with an embedder's own kinds among `kinds`.
    ///
    /// # Errors
    /// [`SourceError`] when the text is something else, or of a newer format.
    pub fn terraform_state_of(kinds: &Kinds, json: &str) -> Result<Self, SourceError> {
        terraform::state(kinds, json).map(Self::Listing)
    }

    /// The candidates for the nodes of the graph. Of [`AdoptionSource::Tags`] none is known before a provider has
    /// [discovered](crate::provider::Provider::discover) it.
    ///
    /// # Errors
    /// [`SourceError::UnknownNode`] and [`SourceError::GivenTwice`] for ids that cannot be meant.
    pub fn candidates(&self, kinds: &Kinds, graph: &Graph) -> Result<Vec<Candidate>, SourceError> {
        match self {
            Self::Ids(ids) => given(kinds, ids, graph),
            Self::Tags(_) => Ok(Vec::new()),
            Self::Listing(listing) => Ok(listing.candidates.clone()),
        }
    }
}

fn given(kinds: &Kinds, ids: &BTreeMap<NodeId, String>, graph: &Graph) -> Result<Vec<Candidate>, SourceError> {
    let mut candidates: Vec<Candidate> = Vec::new();
    for (id, physical_id) in ids {
        let Some(node) = graph.get(id) else {
            return Err(SourceError::UnknownNode { node: id.clone(), nearest: nearest(id, graph) });
        };
        let candidate = Candidate::new(kinds, node.kind.clone(), physical_id, format!("the id given for {id}"));
        let same = |other: &&Candidate| other.kind == candidate.kind && other.physical_id == candidate.physical_id;
        if let Some(first) = candidates.iter().find(same).and_then(|other| other.node.clone()) {
            let (kind, physical_id) = (candidate.kind, candidate.physical_id);
            return Err(SourceError::GivenTwice { kind, physical_id, first, second: id.clone() });
        }
        candidates.push(Candidate { node: Some(id.clone()), ..candidate });
    }
    Ok(candidates)
}

fn nearest(id: &NodeId, graph: &Graph) -> Option<NodeId> {
    graph
        .nodes()
        .map(|node| (strsim::damerau_levenshtein(id.as_str(), node.id.as_str()), &node.id))
        .filter(|(distance, node)| *distance <= 1 + node.as_str().len() / 4)
        .min()
        .map(|(_, node)| node.clone())
}
