//! The mount target of a file system in one subnet (`efs:MountTarget`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{FileSystem, SecurityGroup};
use crate::model::{
    AdoptFacet, Companion, Deduplication, DriftClass, FieldRule, HealthFacet, Impact, Input, Kind, KindModel, KnownId,
    Link, Output, Refused, ReplaceOrder, Sample, SampleBase, SimFacet, TerraformType, Timing, outputs,
};

/// The mount target of a file system in one subnet (`efs:MountTarget`).
#[derive(Debug)]
pub struct MountTarget;

impl MountTarget {
    /// The mount target's id, `fsmt-…`.
    pub const ID: Output<Self, String> = Output::new("mount_target_id");
    /// The file system, once it can be mounted in this subnet.
    pub const FILE_SYSTEM_ID: Output<Self, String> = Output::new("file_system_id");
}

/// The inputs of a mount target.
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

fn check_inputs(inputs: &Value) -> Result<(), Refused> {
    if inputs["security_group_ids"].as_array().map_or(0, Vec::len) > 5 {
        return Refused::invalid("SecurityGroupLimitExceeded", "at most five security groups");
    }
    Ok(())
}

const SIM: SimFacet = SimFacet {
    physical_id: |n| n.id("fsmt"),
    outputs: Some(|n| {
        outputs([("mount_target_id", json!(n.id("fsmt"))), ("file_system_id", json!(n.text("file_system_id")))])
    }),
    late: &["file_system_id"],
    scope: "file_system_id",
    place: &["file_system_id", "subnet_id"],
    words: ("creating", "updating"),
    calls: ("CreateMountTarget", "ModifyMountTargetSecurityGroups", "DeleteMountTarget"),
    exists: "MountTargetConflict",
    busy: "IncorrectMountTargetState",
    quota: "NetworkInterfaceLimitExceeded",
    read: Some(("efs:DescribeMountTargets", 1)),
    inputs: check_inputs,
    ..SimFacet::PLAIN
};

const LINKS: &[Link] = &[
    Link::security_group("security_group_ids.*", "SecurityGroupNotFound"),
    Link::subnet("subnet_id", "SubnetNotFound").or_base(),
    Link::new("file_system_id", "efs:FileSystem", "file_system_id", "FileSystemNotFound")
        .needs_ready("IncorrectFileSystemLifeCycleState")
        .holds("FileSystemInUse")
        .or_base(),
];

const ADOPT: AdoptFacet = AdoptFacet {
    id_prefix: "fsmt-",
    keys: &["file_system_id", "subnet_id"],
    known: &[("mount_target_id", KnownId::Id)],
    terraform: &[TerraformType {
        names: &["aws_efs_mount_target"],
        id: |r| r.first(&["id", "mount_target_id"]),
        hints: &[("file_system_id", "file_system_id"), ("subnet_id", "subnet_id")],
        ..TerraformType::PLAIN
    }],
    ..AdoptFacet::PLAIN
};

const COMPANIONS: &[Companion] = &[Companion {
    kind: "ec2:NetworkInterface",
    name: "",
    stays: false,
    source: "https://docs.aws.amazon.com/efs/latest/ug/API_CreateMountTarget.html",
}];

/// The sample file system, once its mount targets are there.
pub(super) fn sample_ids(base: &SampleBase) -> Vec<Input<String>> {
    let nodes = ["mount-target-1", "mount-target-2"].into_iter().take(base.private_subnet_ids.len());
    nodes.map(|node| base.out(node, MountTarget::FILE_SYSTEM_ID)).collect()
}

fn sample(base: &SampleBase, subnet: usize) -> Value {
    json!(MountTargetInputs {
        file_system_id: base.out("file-system", FileSystem::ID),
        subnet_id: base.private_subnets()[subnet].clone(),
        security_group_ids: vec![base.out("data-group", SecurityGroup::ID)],
    })
}

const SAMPLES: &[Sample] = &[
    Sample::new("mount-target-1", |base| base.name("mount-target-1"), |base| sample(base, 0)),
    Sample::new("mount-target-2", |base| base.name("mount-target-2"), |base| sample(base, 1))
        .only_if(|base| base.private_subnet_ids.len() > 1),
];

impl Kind for MountTarget {
    const NAME: &'static str = "efs:MountTarget";
    type Inputs = MountTargetInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["mount_target_id", "file_system_id"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Capacity)
            .with_timing(|_| Timing::seconds(84, 2, 60))
            .with_name_max(255)
            .untaggable()
            .with_companions(COMPANIONS)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_adopt(&ADOPT)
            .with_health(HealthFacet::Serving)
            .with_deduplication(Deduplication::Place)
    }
}
