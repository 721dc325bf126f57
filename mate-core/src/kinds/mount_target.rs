//! The mount target of a file system in one subnet (`efs:MountTarget`).

use serde::{Deserialize, Serialize};

use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};

/// The mount target of a file system in one subnet (`efs:MountTarget`).
#[derive(Debug)]
pub struct MountTarget;

impl MountTarget {
    /// The mount target's id, `fsmt-…`.
    pub const ID: Output<Self, String> = Output::new("mount_target_id");
    /// The file system, once it can be mounted in this subnet.
    pub const FILE_SYSTEM_ID: Output<Self, String> = Output::new("file_system_id");
}

/// What a mount target is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MountTargetInputs {
    /// The file system.
    pub file_system_id: Input<String>,
    /// The subnet.
    pub subnet_id: Input<String>,
    /// Its security groups, at most five.
    pub security_group_ids: Vec<Input<String>>,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("file_system_id", Impact::Replace("a mount target belongs to one file system"))
        .class(DriftClass::Data),
    FieldRule::new("subnet_id", Impact::Replace("a mount target stands in one subnet")).class(DriftClass::Security),
    FieldRule::new("security_group_ids", Impact::InPlace).class(DriftClass::Security).unordered(),
];

impl Kind for MountTarget {
    const NAME: &'static str = "efs:MountTarget";
    type Inputs = MountTargetInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["mount_target_id", "file_system_id"],
            revised_outputs: &[],
            named_outputs: &[],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::None,
            lost: DriftClass::Capacity,
            timing: |_| Timing::seconds(84, 2, 60),
            name_rule: NameRule { max: 255 },
            taggable: false,
            deduplicated: true,
            run_once: false,
        }
    }
}
