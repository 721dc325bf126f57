//! An EFS access point: one directory seen as one POSIX user (`efs:AccessPoint`).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::FileSystem;
use crate::model::{
    AdoptFacet, ArnForm, Deduplication, DriftClass, FieldRule, Impact, Input, Kind, KindModel, KnownId, Link, Output,
    ReplaceOrder, Sample, SimFacet, TerraformType, Timing, outputs,
};

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

/// The inputs of an access point. All of them are fixed at creation.
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

const SIM: SimFacet = SimFacet {
    physical_id: |n| n.id("fsap"),
    outputs: Some(|n| {
        let id = n.id("fsap");
        let arn = n.arn("elasticfilesystem", &format!("access-point/{id}"));
        let file_system = n.text("file_system_id");
        outputs([("access_point_id", json!(id)), ("arn", json!(arn)), ("file_system_id", json!(file_system))])
    }),
    scope: "file_system_id",
    calls: ("CreateAccessPoint", "TagResource", "DeleteAccessPoint"),
    exists: "AccessPointAlreadyExists",
    quota: "AccessPointLimitExceeded",
    read: Some(("efs:DescribeAccessPoints", 1)),
    ..SimFacet::PLAIN
};

const LINKS: &[Link] = &[Link::new("file_system_id", "efs:FileSystem", "file_system_id", "FileSystemNotFound")
    .needs_ready("IncorrectFileSystemLifeCycleState")
    .goes_along()
    .or_base()];

const ADOPT: AdoptFacet = AdoptFacet {
    id_prefix: "fsap-",
    keys: &["file_system_id", "root_directory"],
    known: &[("access_point_id", KnownId::Id)],
    terraform: &[TerraformType {
        names: &["aws_efs_access_point"],
        id: |r| r.first(&["id", "access_point_id"]),
        hints: &[("file_system_id", "file_system_id"), ("root_directory.0.path", "root_directory")],
        ..TerraformType::PLAIN
    }],
    ..AdoptFacet::PLAIN
};

const SAMPLES: &[Sample] = &[Sample::new(
    "access-point",
    |base| base.name("data"),
    |base| {
        json!(AccessPointInputs {
            file_system_id: base.out("file-system", FileSystem::ID),
            posix_uid: 1000,
            posix_gid: 1000,
            root_directory: "/data".into(),
            permissions: "0750".into(),
        })
    },
)];

impl Kind for AccessPoint {
    const NAME: &'static str = "efs:AccessPoint";
    type Inputs = AccessPointInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["access_point_id", "arn", "file_system_id"])
            .with_replace(ReplaceOrder::CreateFirst)
            .with_lost(DriftClass::Data)
            .with_timing(|_| Timing::seconds(5, 2, 2))
            .with_name_max(255)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_arn(ArnForm::of_id("elasticfilesystem", "access-point/"))
            .with_adopt(&ADOPT)
            .with_deduplication(Deduplication::Token)
    }
}
