//! One object of a simulated cloud, and what is told of it.

use std::time::Duration;

use serde_json::Value;

use crate::model::ids::{Address, KindName};
use crate::model::{Outputs, Tags, compare};
use crate::provider::Status;

/// An object as the simulated cloud holds it.
#[derive(Debug, Clone)]
pub(super) struct Object {
    pub(super) uid: u64,
    pub(super) kind: KindName,
    pub(super) name: String,
    /// The region in which it was made.
    pub(super) region: String,
    pub(super) physical_id: String,
    pub(super) inputs: Value,
    pub(super) tags: Tags,
    pub(super) outputs: Outputs,
    /// The address that made it through the provider; none when it was planted.
    pub(super) maker: Option<Address>,
    pub(super) serial: u32,
    pub(super) revision: u32,
    pub(super) created_at: Duration,
    /// The end of its creation: late outputs appear then.
    pub(super) made_at: Duration,
    /// The end of its last change.
    pub(super) ready_at: Duration,
    /// Until then observers may not see it.
    pub(super) visible_at: Duration,
    pub(super) gone_at: Option<Duration>,
    pub(super) stuck: bool,
    /// Of a service over two target groups: whether its last deployment moves to the alternate one.
    pub(super) on_alternate: bool,
    /// The result of a run that has ended, for a kind that runs once.
    pub(super) ended: Option<Result<(), String>>,
    /// Its state before the last change, and the time of that change: for stale reads.
    pub(super) before: Option<(Duration, Value, Tags)>,
    /// The identities by which links and requests find it.
    pub(super) keys: Vec<String>,
    /// The objects that it refers to: the target's kind and identity.
    pub(super) refers: Vec<(&'static str, String)>,
}

/// An object as a test sees it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SimObject {
    /// Its kind.
    pub kind: KindName,
    /// Its physical name.
    pub name: String,
    /// Its physical id.
    pub physical_id: String,
    /// The address of its owner, by its tags or by its maker.
    pub address: Option<Address>,
    /// Its inputs, those that the cloud does not tell back included.
    pub inputs: Value,
    /// Its outputs as far as they exist.
    pub outputs: Outputs,
    /// Its tags.
    pub tags: Tags,
    /// Its status.
    pub status: Status,
    /// The virtual time of its creation.
    pub created_at: Duration,
    /// The virtual time at which its creation or its last change ends.
    pub ready_at: Duration,
}

/// A final snapshot that a deleted database or cache left.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Its name, taken for as long as it is there.
    pub name: String,
    /// The kind of what it was taken of.
    pub kind: KindName,
    /// The name of what it was taken of.
    pub source: String,
    /// The tags that it carries.
    pub tags: Tags,
    /// The content that [`super::SimCloud::fill`] gave it.
    pub content: Option<String>,
    /// The virtual time at which it was taken.
    pub taken_at: Duration,
}

/// True if the two values are the same; lists in any order where `unordered`.
pub(super) fn same(old: &Value, new: &Value, unordered: bool) -> bool {
    if unordered { compare::same_members(old, new) } else { compare::same_value(old, new) }
}
