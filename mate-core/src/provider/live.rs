//! The answers of a provider.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ProviderError;
use crate::model::ids::{Address, KindName};
use crate::model::{Outputs, Tags};

/// The status of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "reason")]
pub enum Status {
    /// The object works and its outputs are final.
    Ready,
    /// The object is becoming ready; the cloud's description of the progress (`creating`, `1 of 2 tasks running`).
    Pending(String),
    /// The object is being deleted.
    Deleting,
    /// The object will not become ready by itself.
    Failed(String),
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("ready"),
            Self::Pending(reason) => write!(f, "pending: {reason}"),
            Self::Deleting => f.write_str("deleting"),
            Self::Failed(reason) => write!(f, "failed: {reason}"),
        }
    }
}

/// An object as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Live {
    /// Its physical id.
    pub physical_id: String,
    /// Its status.
    pub status: Status,
    /// Its inputs as far as the cloud tells them, in the kind's own form. A field that is missing is not
    /// compared with the cloud but with the record.
    pub inputs: Value,
    /// Its outputs as far as they exist.
    pub outputs: Outputs,
    /// Its tags, where the kind can carry tags.
    pub tags: Tags,
}

/// The answer to one request to observe.
#[derive(Debug)]
pub enum Observation {
    /// The object does not exist. This is certain, not a guess.
    Absent,
    /// An object that is not ours exists under its name. The text describes it.
    Foreign(String),
    /// The state could not be determined.
    Unknown(ProviderError),
    /// The object exists and is ours.
    Present(Live),
}

/// The result of a create or update.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Created {
    /// Its physical id.
    pub physical_id: String,
    /// Its status: the engine waits until it is ready.
    pub status: Status,
    /// Its outputs as far as they exist.
    pub outputs: Outputs,
}

impl From<Live> for Created {
    fn from(live: Live) -> Self {
        Self { physical_id: live.physical_id, status: live.status, outputs: live.outputs }
    }
}

/// The result of a delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deleted {
    /// The object is gone.
    Gone,
    /// The object is being deleted: the engine waits until it is absent.
    Going,
}

/// An object that was found by its tags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discovered {
    /// The owner according to its tags; none for an object without MATE's tags, which only [`super::Scope::Tags`] finds.
    pub address: Option<Address>,
    /// Its kind, where it is one that we know.
    pub kind: Option<KindName>,
    /// Its ARN.
    pub arn: String,
    /// Its physical id, as [`Live::physical_id`] has it; none where its kind is not one that we know.
    pub physical_id: Option<String>,
    /// Its tags.
    pub tags: Tags,
}

/// One finding about why an object is stuck or has failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// The finding, in the cloud's words.
    pub finding: String,
    /// The advice about the finding, where it is known.
    pub advice: Option<String>,
    /// True if the object does not recover by itself: the engine stops waiting for it.
    #[serde(default)]
    pub terminal: bool,
    /// The concern, where the finding is one that an object in a ready state can have too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concern: Option<Concern>,
}

impl Diagnosis {
    /// A finding about this concern, with advice.
    #[must_use]
    pub fn about(concern: Concern, finding: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { finding: finding.into(), advice: Some(advice.into()), terminal: false, concern: Some(concern) }
    }
}

/// A concern about an object that may be ready nevertheless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Concern {
    /// Its storage is nearly full.
    StorageNearlyFull,
    /// Maintenance waits for its window, or for a restart.
    PendingMaintenance,
    /// The certificate is valid until this time, in seconds of the Unix epoch. It is reported however far away that is.
    CertificateExpires(i64),
    /// Targets behind the load balancer fail their health checks.
    UnhealthyTargets,
    /// A deployment does not complete.
    DeploymentStuck,
    /// There is no problem: the finding is the last lines of its log.
    LastLines,
}
