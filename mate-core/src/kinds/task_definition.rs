//! A task definition of Fargate (`ecs:TaskDefinition`).

use serde::{Deserialize, Serialize};

use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};
use std::collections::BTreeMap;

/// A task definition of Fargate (`ecs:TaskDefinition`).
#[derive(Debug)]
pub struct TaskDefinition;

impl TaskDefinition {
    /// The ARN of the active revision.
    pub const ARN: Output<Self, String> = Output::new("arn");
    /// The family, the same for every revision.
    pub const FAMILY: Output<Self, String> = Output::new("family");
}

/// What a task definition is made from. A change registers the family's next revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskDefinitionInputs {
    /// CPU units; 1024 are one vCPU.
    pub cpu: u32,
    /// Memory, MiB.
    pub memory_mib: u32,
    /// The role that pulls the image, reads the secrets and writes the logs.
    pub execution_role_arn: Input<String>,
    /// The role that the application has.
    pub task_role_arn: Input<String>,
    /// The containers.
    pub containers: Vec<Container>,
    /// The volumes.
    pub volumes: Vec<EfsVolume>,
}

/// A container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Its image with tag or digest.
    pub image: String,
    /// Whether the task stops when it stops.
    pub essential: bool,
    /// The command; empty for the image's own.
    pub command: Vec<String>,
    /// The port that it listens on.
    pub port: Option<u16>,
    /// Plain environment variables. Never a secret.
    pub environment: BTreeMap<String, Input<String>>,
    /// Environment variables that ECS fills from Secrets Manager: the name, and the secret's ARN
    /// (with `:key::` behind it for one key of a JSON secret).
    pub secrets: BTreeMap<String, Input<String>>,
    /// Volumes seen inside.
    pub mounts: Vec<Mount>,
    /// Where its logs go.
    pub logs: ContainerLogs,
    /// Seconds between SIGTERM and SIGKILL, up to 120.
    pub stop_timeout_seconds: u8,
}

/// A volume seen inside a container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mount {
    /// The volume's name.
    pub volume: String,
    /// The path inside.
    pub path: String,
    /// Whether it can only be read.
    pub read_only: bool,
}

/// Where a container's logs go (driver `awslogs`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContainerLogs {
    /// The log group.
    pub group: Input<String>,
    /// Its region.
    pub region: String,
    /// The first part of the stream's name.
    pub stream_prefix: String,
}

/// An EFS file system as a volume. TLS in transit and IAM authorisation are always on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EfsVolume {
    /// The volume's name.
    pub name: String,
    /// The file system.
    pub file_system_id: Input<String>,
    /// The access point; none mounts the file system's root.
    pub access_point_id: Option<Input<String>>,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("cpu", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("memory_mib", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("execution_role_arn", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("task_role_arn", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("containers", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("volumes", Impact::InPlace).class(DriftClass::Data).unordered(),
];

impl Kind for TaskDefinition {
    const NAME: &'static str = "ecs:TaskDefinition";
    type Inputs = TaskDefinitionInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["arn", "family"],
            revised_outputs: &["arn"],
            named_outputs: &["family"],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::None,
            lost: DriftClass::Capacity,
            timing: |_| Timing::seconds(1, 1, 1),
            name_rule: NameRule { max: 255 },
            taggable: true,
            deduplicated: true,
            run_once: false,
        }
    }
}
