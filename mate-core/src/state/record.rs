//! The record of a tenant as a value. It holds inputs, outputs and tags, and these never hold a secret.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Following, IllegalTransition, Intent, LeftSnapshot, LogDraft, LogEntry, LogEvent, LogTail, RestingNode, Run,
    RunResult, Unlocked,
};
use crate::model::ids::{KindName, NodeId, TenantKey};
use crate::model::{Input, Inputs, Outputs, Tags};
use crate::vocab::{Operating, Release, TenantVerb};

/// The last known state of a tenant, from its last run. The cloud is the truth, this is a hint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The form of this record, [`Record::SCHEMA`].
    pub schema: u32,
    /// Drawn once, when the record is first made, 32 hex digits: a plan of a tenant that was destroyed and made
    /// anew does not fit its successor.
    pub lineage: String,
    /// Counts every write; a write names the version that it replaces. 0 was never stored.
    pub version: u64,
    /// The tenant.
    pub key: TenantKey,
    /// The phase of the tenant's life.
    pub phase: RecordPhase,
    /// The digest of the spec that was applied last.
    pub spec_digest: String,
    /// The fields that a list of tenants shows.
    pub summary: RecordSummary,
    /// Its objects.
    pub nodes: BTreeMap<NodeId, NodeRecord>,
    /// Its outputs: URL and endpoints by name.
    pub outputs: BTreeMap<String, String>,
    /// True if the tenant may not be destroyed.
    pub deletion_protection: bool,
    /// The spec that was applied last, as a document; none for a platform, and before the first run has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<Value>,
    /// The operating state, as the last run that reached its end left it.
    #[serde(default, skip_serializing_if = "Operating::is_default")]
    pub operating: Operating,
    /// The releases that it has run, the latest last, [`Record::RELEASES`] of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub releases: Vec<Release>,
    /// Nodes whose objects are taken away for as long as it is suspended.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resting: BTreeMap<NodeId, RestingNode>,
    /// Snapshots from which something was made anew, the oldest first; [`Record::left_snapshots`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub snapshots: Vec<LeftSnapshot>,
    /// The run that is under way, or was interrupted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
    /// The change that follows the last run, where it has not begun: [`crate::client::Tenant::resume_run`] does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<Following>,
    /// The end of its log.
    #[serde(default, skip_serializing_if = "LogTail::is_empty")]
    pub log: LogTail,
}

/// The phase of a tenant's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RecordPhase {
    /// It is being made, or the run that made it was interrupted.
    Provisioning,
    /// It was made in full.
    Active,
    /// It is being removed, or the run that removed it was interrupted.
    Destroying,
    /// The objects of an interrupted run are being deleted again, or that deletion was interrupted.
    Unwinding,
}

/// The fields that a list of tenants shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordSummary {
    /// The tenant's name for people.
    pub display_name: String,
    /// Its tier.
    pub tier: String,
    /// Its URL.
    pub url: String,
}

/// The last known state of one object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeRecord {
    /// Its kind.
    pub kind: KindName,
    /// Its physical name, as it was created.
    pub name: String,
    /// Its physical id, once the cloud gave one.
    pub physical_id: Option<String>,
    /// Its inputs as last applied, every reference resolved.
    pub inputs: Inputs,
    /// Its outputs as last seen.
    pub outputs: Outputs,
    /// Its tags as last applied.
    pub tags: Tags,
    /// The nodes that its inputs referred to when they were last applied.
    pub depends_on: BTreeSet<NodeId>,
    /// Its state.
    pub state: NodeState,
    /// The number of times that it was replaced by a new object beside the old one; its name carries the number.
    pub generation: u32,
    /// The idempotency token of a call whose answer is not known yet.
    pub token: Option<String>,
    /// Old objects of replacements that still have to be deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retired: Vec<RetiredObject>,
    /// The way in which it is held.
    #[serde(default, skip_serializing_if = "Holding::is_managed")]
    pub holding: Holding,
}

/// The way in which an object is held.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holding {
    /// It was made here.
    #[default]
    Managed,
    /// It was made elsewhere and taken over: the name that it had stays.
    Adopted {
        /// The tags that it had, which it gets back when it is disowned.
        tags: Tags,
    },
    /// It is somebody else's: read and checked, never written, and never deleted.
    Observed,
}

impl Holding {
    pub(crate) fn is_managed(&self) -> bool {
        *self == Self::Managed
    }
}

/// The old object of a replacement, which still has to be deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RetiredObject {
    /// Its kind.
    pub kind: KindName,
    /// Its physical name.
    pub name: String,
    /// Its physical id, where one is known.
    pub physical_id: Option<String>,
    /// Its inputs as last applied.
    pub inputs: Inputs,
    /// Its tags.
    pub tags: Tags,
}

/// The state of an object, as the record knows it. Where an operation has begun, the object is looked up in the cloud again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "reason")]
pub enum NodeState {
    /// Its creation has begun.
    Creating,
    /// It was ready.
    Ready,
    /// A change of it has begun.
    Updating,
    /// Its replacement has begun.
    Replacing,
    /// Its deletion has begun.
    Deleting,
    /// A run failed at it, for this reason.
    Failed(String),
}

/// A text that is not a record that this version can read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// It was written by a newer version of this library.
    #[error("the record has schema {found}, and this version reads up to {supported}: use a newer version of mate")]
    Newer {
        /// The record's schema.
        found: u64,
        /// The newest schema that can be read.
        supported: u32,
    },
    /// It is not a record.
    #[error("the text is not a record")]
    Malformed(#[source] serde_json::Error),
    /// A part of it is nested so deeply that it could be written and never be read back.
    #[error("{0} of the record is nested deeper than {max} levels: JSON of that depth cannot be read back", max = Record::DEPTH)]
    TooDeep(String),
    /// It says something that cannot be.
    #[error("the record is damaged: {0}")]
    Damaged(&'static str),
    /// It is not as it was written.
    #[error(
        "the record is damaged: its digest is another one; restore it, or remove it and rebuild it with `discover`"
    )]
    Digest,
    /// It is the record of another tenant, or of another environment.
    #[error(
        "the record is that of {0}: it was put into the place of another; restore the right one, or remove it and rebuild it with `discover`"
    )]
    OtherKey(TenantKey),
    /// Its journal cannot be.
    #[error("the record is damaged: its journal cannot be")]
    Journal(#[source] IllegalTransition),
}

impl Record {
    /// The form that this version writes.
    pub const SCHEMA: u32 = 3;

    /// The deepest nesting of the inputs and outputs of an object, and of a spec. JSON is read down to 128 levels
    /// (<https://docs.rs/serde_json/latest/serde_json/struct.Deserializer.html#method.disable_recursion_limit>), and a record adds a few.
    pub const DEPTH: usize = 100;

    /// A record that was never stored. `lineage` is 32 hex digits drawn at random.
    #[must_use]
    pub fn new(key: TenantKey, lineage: impl Into<String>) -> Self {
        Self {
            schema: Self::SCHEMA,
            lineage: lineage.into(),
            version: 0,
            key,
            phase: RecordPhase::Provisioning,
            spec_digest: String::new(),
            summary: RecordSummary::default(),
            nodes: BTreeMap::new(),
            outputs: BTreeMap::new(),
            deletion_protection: false,
            spec: None,
            operating: Operating::default(),
            releases: Vec::new(),
            resting: BTreeMap::new(),
            snapshots: Vec::new(),
            run: None,
            then: None,
            log: LogTail::default(),
        }
    }

    /// The outputs that these are with the objects as the record knows them. One whose object is not known is left out.
    pub(crate) fn outputs_of(&self, wanted: &BTreeMap<String, Input<String>>) -> BTreeMap<String, String> {
        let resting = self.resting.iter().map(|(id, node)| (id.clone(), node.outputs.clone()));
        let standing = self.nodes.iter().map(|(id, node)| (id.clone(), node.outputs.clone()));
        let known: BTreeMap<NodeId, Outputs> = resting.chain(standing).collect();
        let value = |input: &Input<String>| match input {
            Input::Literal(text) => Some(text.clone()),
            Input::Ref(reference) => reference.resolve(&known)?.as_str().map(str::to_owned),
        };
        wanted.iter().filter_map(|(name, input)| Some((name.clone(), value(input)?))).collect()
    }

    /// The number of releases that are kept.
    pub const RELEASES: usize = 100;

    /// Keeps a release that stands now.
    pub(crate) fn released(&mut self, release: Option<&Release>) {
        let Some(release) = release else { return };
        if self.releases.iter().all(|known| known.number != release.number) {
            self.releases.push(release.clone());
            let over = self.releases.len().saturating_sub(Self::RELEASES);
            self.releases.drain(..over);
        }
    }

    /// Adds what happened to the run that is under way to the end of the log; says whether it was told anew.
    ///
    /// A run that was interrupted between the entry of its success and the removal of the record has told it already.
    pub(crate) fn note(&mut self, at: i64, what: LogEvent, detail: BTreeMap<String, String>) -> bool {
        let Some(run) = &self.run else { return false };
        let success = LogEvent::Ended(RunResult::Succeeded);
        let told = |last: &LogEntry| last.what == success && last.run.as_ref() == Some(&run.id);
        let repeats = what == LogEvent::Begun || what == success;
        if run.tries > 1 && repeats && self.log.last_of_a_run().is_some_and(told) {
            return false;
        }
        let (plan, id) = (Some(run.plan.clone()), Some(run.id.clone()));
        let (intent, fence) = (run.intent.clone(), run.fence);
        self.log.add(&self.key, LogDraft { at, intent, plan, run: id, fence, what, detail });
        true
    }

    /// Adds to the log which leases were taken away before this one was given, as far as no run has told it yet.
    pub(crate) fn note_unlocked(&mut self, unlocked: &[Unlocked], fence: u64) {
        let untold: Vec<Unlocked> = self.log.untold(unlocked, fence).cloned().collect();
        for Unlocked { fence: lease, owner, by, reason, at } in untold {
            let intent = Intent { actor: by, verb: Some(TenantVerb::ForceUnlock), reason: Some(reason) };
            let what = LogEvent::Unlocked { owner, lease };
            self.log
                .add(&self.key, LogDraft { at, intent, plan: None, run: None, fence, what, detail: BTreeMap::new() });
        }
    }

    /// The record as JSON.
    ///
    /// # Panics
    /// Never: every part of a record has a JSON form.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a record has a JSON form")
    }
}
