//! An EFS access point: one directory seen as one POSIX user (`efs:AccessPoint`).

use serde::{Deserialize, Serialize};

use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};

/// An EFS access point: one directory seen as one POSIX user (`efs:AccessPoint`).
#[derive(Debug)]
pub struct AccessPoint;

impl AccessPoint {
    /// The access point's id, `fsap-…`.
    pub const ID: Output<Self, String> = Output::new("access_point_id");
    /// The access point's ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
    /// The file system that it opens.
    pub const FILE_SYSTEM_ID: Output<Self, String> = Output::new("file_system_id");
}

/// What an access point is made from. None of it can be changed later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessPointInputs {
    /// The file system.
    pub file_system_id: Input<String>,
    /// The POSIX user that every access is made as, and that owns the root directory.
    pub posix_uid: u32,
    /// The POSIX group.
    pub posix_gid: u32,
    /// The directory that is seen as `/`.
    pub root_directory: String,
    /// The permissions of the root directory when it is made, in octal: `0750`.
    pub permissions: String,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("file_system_id", Impact::Replace("an access point belongs to one file system"))
        .class(DriftClass::Data),
    FieldRule::new("posix_uid", Impact::Replace("the POSIX user of an access point is fixed at creation"))
        .class(DriftClass::Security),
    FieldRule::new("posix_gid", Impact::Replace("the POSIX group of an access point is fixed at creation"))
        .class(DriftClass::Security),
    FieldRule::new("root_directory", Impact::Replace("the root directory of an access point is fixed at creation"))
        .class(DriftClass::Data),
    FieldRule::new(
        "permissions",
        Impact::Replace("the permissions of the root directory are given once, at its creation"),
    )
    .class(DriftClass::Security),
];

impl Kind for AccessPoint {
    const NAME: &'static str = "efs:AccessPoint";
    type Inputs = AccessPointInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["access_point_id", "arn", "file_system_id"],
            revised_outputs: &[],
            named_outputs: &[],
            replace: ReplaceOrder::CreateFirst,
            data: Data::None,
            lost: DriftClass::Data,
            timing: |_| Timing::seconds(5, 2, 2),
            name_rule: NameRule { max: 255 },
            taggable: true,
            deduplicated: true,
            run_once: false,
        }
    }
}
