//! The input of a plan.

use crate::vocab::Deletions;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::Kinds;
use crate::model::ids::{NodeId, TenantKey};
use crate::model::{Graph, Input};
use crate::provider::{Live, Observation};
use crate::state::{Record, RecordPhase, RecordSummary};
use crate::vocab::Operating;

/// The observation of one node. As [`Observation`], but a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Observed {
    /// It is not there.
    Absent,
    /// Something that is not ours stands under its name.
    Foreign(String),
    /// It could not be found out, for this reason.
    Unknown(String),
    /// It is there and ours.
    Present(Live),
}

impl From<Observation> for Observed {
    fn from(observation: Observation) -> Self {
        match observation {
            Observation::Absent => Self::Absent,
            Observation::Foreign(text) => Self::Foreign(text),
            Observation::Unknown(error) => Self::Unknown(error.to_string()),
            Observation::Present(live) => Self::Present(live),
        }
    }
}

/// The observations: an entry for every node of the graph and of the record.
pub type Snapshot = BTreeMap<NodeId, Observed>;

/// The purpose of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// The tenant is made, or an interrupted creation goes on.
    Provision,
    /// The tenant is changed.
    Update,
    /// The tenant is removed: whatever the record or the graph names.
    Destroy,
    /// The objects that an interrupted run has made are taken away again: all that the given record names.
    Unwind,
}

/// The record once the plan is carried out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct After {
    /// The phase; none once the tenant is removed.
    pub phase: Option<RecordPhase>,
    /// The digest of the spec that the graph was made from.
    pub spec_digest: String,
    /// The spec itself, as a document, from which an interrupted run is resumed; none for a platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<serde_json::Value>,
    /// The operating state afterwards.
    #[serde(default, skip_serializing_if = "Operating::is_default")]
    pub operating: Operating,
    /// The fields that a list of tenants shows.
    pub summary: RecordSummary,
    /// True if the tenant may not be destroyed.
    pub deletion_protection: bool,
    /// The outputs of the tenant, by name: late-bound like a node's inputs.
    #[serde(default)]
    pub outputs: BTreeMap<String, Input<String>>,
}

/// Everything that a plan follows from.
#[derive(Debug, Clone)]
pub struct DiffRequest<'a> {
    /// The tenant.
    pub key: &'a TenantKey,
    /// The purpose.
    pub purpose: Purpose,
    /// The desired graph. When the tenant is destroyed: empty, or the graph that it would be made of, so that objects which no
    /// record knows are found too.
    pub graph: &'a Graph,
    /// The record, where there is one.
    pub record: Option<&'a Record>,
    /// The observations.
    pub snapshot: &'a Snapshot,
    /// The kinds.
    pub kinds: &'a Kinds,
    /// The options for deleted data.
    pub deletions: &'a Deletions,
    /// The record afterwards. Its phase is set by the plan.
    pub after: After,
    /// Remarks for the reader of the plan.
    pub notes: Vec<String>,
}
