//! One step of a plan.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::ReplaceOrder;
use crate::model::ids::{KindName, NodeId};
use crate::model::{Inputs, Outputs, Tags};
use crate::provider::{DataPolicy, Live};
use crate::state::{Holding, NodeRecord, RetiredObject};

/// The change of one object, with its reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The node.
    pub node: NodeId,
    /// Its kind; for a deletion the kind of what is deleted.
    pub kind: KindName,
    /// The physical name afterwards; for a deletion the name of what is deleted.
    pub name: String,
    /// The object as it stands now.
    pub old: Option<OldObject>,
    /// The action.
    pub action: Action,
    /// The reason.
    pub reason: String,
    /// The differences, leaf by leaf.
    pub changes: Vec<FieldChange>,
    /// The risk.
    pub risk: Risk,
    /// The duration, removal of the old object included; in seconds.
    #[serde(with = "seconds", rename = "expected_seconds")]
    pub expected: Duration,
    /// The part of it that the removal of an old object takes, in seconds.
    #[serde(with = "seconds", rename = "expected_removal_seconds")]
    pub expected_removal: Duration,
    /// The desired inputs, references included; null for a deletion.
    pub inputs: Inputs,
    /// The desired tags; none for a deletion.
    pub tags: Tags,
    /// The outputs that are known now and stay as they are; others are known afterwards.
    pub outputs: Outputs,
    /// The nodes that the desired inputs refer to.
    pub depends_on: BTreeSet<NodeId>,
    /// The nodes that the inputs referred to when they were last applied.
    pub depended_on: BTreeSet<NodeId>,
    /// The policy for the old object's data when it is deleted.
    pub data: DataPolicy,
    /// The generation of the object afterwards.
    pub generation: u32,
    /// The holding of the object afterwards.
    #[serde(default, skip_serializing_if = "Holding::is_managed")]
    pub holding: Holding,
    /// Keys of tags that are taken off.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub untag: BTreeSet<String>,
    /// The place of an update among those of the nodes that use this one.
    #[serde(default, skip_serializing_if = "UpdateOrder::is_before_users")]
    pub update_order: UpdateOrder,
}

/// An object as it stands before the step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OldObject {
    /// Its kind.
    pub kind: KindName,
    /// Its physical name.
    pub name: String,
    /// Its physical id, where one is known.
    pub physical_id: Option<String>,
    /// Its inputs, from the cloud where the cloud tells them, else from the record.
    pub inputs: Inputs,
    /// Its tags.
    pub tags: Tags,
}

impl From<OldObject> for RetiredObject {
    fn from(old: OldObject) -> Self {
        Self { kind: old.kind, name: old.name, physical_id: old.physical_id, inputs: old.inputs, tags: old.tags }
    }
}

impl From<RetiredObject> for OldObject {
    fn from(old: RetiredObject) -> Self {
        Self { kind: old.kind, name: old.name, physical_id: old.physical_id, inputs: old.inputs, tags: old.tags }
    }
}

/// An object as it was found; with the name and the kind that the record knows it by.
pub(super) fn old_object(
    kind: &KindName,
    name: &str,
    live: &Live,
    recorded: Option<&NodeRecord>,
    inputs: &Inputs,
) -> OldObject {
    OldObject {
        kind: recorded.map_or(kind, |recorded| &recorded.kind).clone(),
        name: recorded.map_or_else(|| name.to_owned(), |recorded| recorded.name.clone()),
        physical_id: Some(live.physical_id.clone()),
        inputs: inputs.canonical(),
        tags: live.tags.clone(),
    }
}

/// An object as the record knows it.
pub(super) fn recorded_object(recorded: &NodeRecord) -> OldObject {
    OldObject {
        kind: recorded.kind.clone(),
        name: recorded.name.clone(),
        physical_id: recorded.physical_id.clone(),
        inputs: recorded.inputs.canonical(),
        tags: recorded.tags.clone(),
    }
}

/// The action of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// It is made.
    Create,
    /// It is there, ours and as wanted, but the record does not know it as ready: it is waited for where it is not
    /// ready yet, and recorded. Nothing is changed in the cloud.
    Adopt,
    /// It is there and carries nobody's ownership tags: it gets ours, and is recorded. Nothing else of it is changed.
    TakeOver,
    /// Its node has another id: its ownership tags say so, and nothing else of it is changed.
    Rename,
    /// It stays, and goes out of the record; the ownership tags are taken off what carries them.
    #[serde(alias = "release")]
    Disown,
    /// It is changed in place, and nobody notices.
    Update,
    /// It is changed in place, and its tasks or nodes restart one after another.
    UpdateWithRestart,
    /// It is changed in place, and cannot be used meanwhile.
    UpdateWithDowntime,
    /// A new object takes its place.
    Replace {
        /// The order: the new object or the old one first.
        order: ReplaceOrder,
    },
    /// It is deleted.
    Delete,
    /// It is gone already, and is dropped from the record.
    Forget,
    /// It is deleted for a time, and its data kept: the record keeps what is needed to make it anew.
    Rest,
    /// It was to be deleted for a time and is gone already: the record keeps what is needed to make it anew.
    ForgetResting,
    /// An old object that an earlier replacement left over is deleted, not the node's present one.
    DeleteLeftover,
    /// An old object that an earlier replacement left over stays, and goes out of the record; its ownership tags are taken off.
    DisownLeftover,
    /// It differs, and is left as it is: the record of it says afterwards what it says now.
    Leave,
    /// It is as it should be.
    NoChange,
}

impl Action {
    /// Returns true if an object exists afterwards under the node.
    #[must_use]
    pub fn keeps(self) -> bool {
        match self {
            Self::Create
            | Self::Adopt
            | Self::TakeOver
            | Self::Rename
            | Self::Update
            | Self::UpdateWithRestart
            | Self::UpdateWithDowntime
            | Self::Replace { .. }
            | Self::Leave
            | Self::NoChange => true,
            Self::Disown
            | Self::Delete
            | Self::Forget
            | Self::Rest
            | Self::ForgetResting
            | Self::DeleteLeftover
            | Self::DisownLeftover => false,
        }
    }

    /// Returns true if anything is done: to the object, to its tags or to the record of it.
    #[must_use]
    pub fn acts(self) -> bool {
        !matches!(self, Self::Leave | Self::NoChange)
    }

    /// Returns true if an object is deleted and none takes its place.
    #[must_use]
    pub fn deletes(self) -> bool {
        matches!(self, Self::Delete | Self::Rest | Self::DeleteLeftover)
    }

    /// Returns true if the object is away for a time afterwards, and the record keeps the data to make it anew.
    #[must_use]
    pub fn rests(self) -> bool {
        matches!(self, Self::Rest | Self::ForgetResting)
    }

    /// Returns true if the action is about an old object that an earlier replacement left over, not the node's present one.
    #[must_use]
    pub fn is_about_leftover(self) -> bool {
        matches!(self, Self::DeleteLeftover | Self::DisownLeftover)
    }

    /// The action in one word, as in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Adopt => "adopt",
            Self::TakeOver => "take_over",
            Self::Rename => "rename",
            Self::Disown => "disown",
            Self::Update => "update",
            Self::UpdateWithRestart => "update_with_restart",
            Self::UpdateWithDowntime => "update_with_downtime",
            Self::Replace { .. } => "replace",
            Self::Delete => "delete",
            Self::Forget => "forget",
            Self::Rest => "rest",
            Self::ForgetResting => "forget_resting",
            Self::DeleteLeftover => "delete_leftover",
            Self::DisownLeftover => "disown_leftover",
            Self::Leave => "leave",
            Self::NoChange => "no_change",
        }
    }
}

/// The place of an update among those of the nodes that use the node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpdateOrder {
    /// Before each of them.
    #[default]
    BeforeUsers,
    /// Behind everything that uses the node, directly or not: the services are at 0 before the database stops.
    AfterUsers,
}

impl UpdateOrder {
    fn is_before_users(&self) -> bool {
        *self == Self::BeforeUsers
    }
}

/// The risk of a step.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "level", content = "text")]
pub enum Risk {
    /// Nothing.
    None,
    /// Tasks or nodes restart one after another; the service goes on.
    Restart,
    /// Something cannot be used for a while.
    Downtime(String),
    /// Data that cannot be made again is lost.
    DataLoss(String),
}

impl Risk {
    /// Returns true if the caller has to consent to it.
    #[must_use]
    pub fn needs_consent(&self) -> bool {
        matches!(self, Self::Downtime(_) | Self::DataLoss(_))
    }
}

/// One leaf of the inputs that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The path: `health_check.path`, `containers[0].image`, `ingress[]` for a member of a list without order, `tags.Owner`.
    pub path: String,
    /// The present value.
    pub old: Shown,
    /// The future value.
    pub new: Shown,
}

impl FieldChange {
    /// The top-level field, `tags` for a tag.
    #[must_use]
    pub fn field(&self) -> &str {
        self.path.split(['.', '[']).next().unwrap_or(&self.path)
    }
}

/// A value as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// There is none.
    Absent,
    /// This one.
    Value(Value),
    /// The output of a node that is made or changed first: `{alb.arn}`.
    KnownAfterApply(String),
}

impl Step {
    /// A step of which no more is known than this: it changes no input, puts nothing at risk and takes no time.
    pub(super) fn new(node: NodeId, kind: KindName, name: String, action: Action, reason: impl Into<String>) -> Self {
        Self {
            node,
            kind,
            name,
            old: None,
            action,
            reason: reason.into(),
            changes: Vec::new(),
            risk: Risk::None,
            expected: Duration::ZERO,
            expected_removal: Duration::ZERO,
            inputs: Inputs::default(),
            tags: Tags::new(),
            outputs: Outputs::new(),
            depends_on: BTreeSet::new(),
            depended_on: BTreeSet::new(),
            data: DataPolicy::Keep { final_snapshot: None },
            generation: 0,
            holding: Holding::Managed,
            untag: BTreeSet::new(),
            update_order: UpdateOrder::BeforeUsers,
        }
    }

    /// A step about an object that is there and goes, or stays and goes out of the record.
    pub(super) fn about(
        node: &NodeId,
        old: OldObject,
        action: Action,
        reason: impl Into<String>,
        depended_on: BTreeSet<NodeId>,
    ) -> Self {
        let step = Self::new(node.clone(), old.kind.clone(), old.name.clone(), action, reason);
        Self { old: Some(old), depended_on, ..step }
    }

    /// Returns true if the caller has to consent to this step.
    #[must_use]
    pub fn needs_consent(&self) -> bool {
        self.risk.needs_consent()
    }

    /// The top-level fields that differ, `tags` among them when tags do: what an update request names.
    #[must_use]
    pub fn fields(&self) -> Vec<String> {
        let fields: BTreeSet<&str> = self.changes.iter().map(FieldChange::field).collect();
        fields.into_iter().map(str::to_owned).collect()
    }

    /// The duration of the step apart from the removal of an old object.
    #[must_use]
    pub fn expected_making(&self) -> Duration {
        self.expected.saturating_sub(self.expected_removal)
    }
}

mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(duration.as_secs())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_secs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: [Action; 17] = [
        Action::Create,
        Action::Adopt,
        Action::TakeOver,
        Action::Rename,
        Action::Disown,
        Action::Update,
        Action::UpdateWithRestart,
        Action::UpdateWithDowntime,
        Action::Replace { order: ReplaceOrder::CreateFirst },
        Action::Delete,
        Action::Forget,
        Action::Rest,
        Action::ForgetResting,
        Action::DeleteLeftover,
        Action::DisownLeftover,
        Action::Leave,
        Action::NoChange,
    ];

    #[test]
    fn the_word_of_an_action_is_the_one_of_its_json() {
        for action in EVERY {
            let json = serde_json::to_value(action).unwrap();
            let word = json.as_str().or_else(|| json.as_object()?.keys().next().map(String::as_str)).unwrap();
            assert_eq!(action.word(), word);
        }
    }

    #[test]
    fn what_is_deleted_rests_or_was_left_over_is_not_kept() {
        for action in EVERY {
            let goes = action.deletes() || action.rests() || action.is_about_leftover();
            assert!(!goes || (action.acts() && !action.keeps()), "{action:?}");
        }
        let idle: Vec<Action> = EVERY.into_iter().filter(|action| !action.acts()).collect();
        assert_eq!(idle, [Action::Leave, Action::NoChange]);
    }
}
