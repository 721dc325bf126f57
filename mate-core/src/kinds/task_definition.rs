//! A task definition of Fargate (`ecs:TaskDefinition`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{AccessPoint, FileSystem, LogGroup, Role, Secret};
use crate::model::{
    AdoptFacet, ArnForm, DriftClass, FieldRule, Impact, Input, Kind, KindModel, KnownId, Link, Mechanism, Output,
    ReplaceOrder, Sample, SimFacet, SimView, SimWorld, TerraformType, Timing, outputs, texts_at,
};

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

/// The inputs of a task definition. A change registers the family's next revision.
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
    /// True if the task stops when this container stops.
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
    /// The destination of its logs.
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
    /// True if the volume is mounted read-only.
    pub read_only: bool,
}

/// The destination of a container's logs (driver `awslogs`).
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

/// The reason why tasks of this definition do not run, if there is one: a mount target, a secret or the database is missing.
pub(super) fn trouble(definition: &SimView<'_>, world: &dyn SimWorld) -> Option<String> {
    for id in texts_at(definition.inputs, "volumes.*.file_system_id") {
        let Some(file_system) = world.by_key("efs:FileSystem", id) else { continue };
        let targets = world.holders(file_system.uid);
        let mut targets = targets.iter().filter(|holder| holder.kind == "efs:MountTarget");
        if !targets.any(|target| world.is_ready(target.uid)) {
            return Some(format!("no mount target of {id} is available"));
        }
    }
    let secrets = definition.inputs["containers"].as_array().into_iter().flatten();
    let secrets = secrets.filter_map(|container| container["secrets"].as_object()).flat_map(|map| map.values());
    for arn in secrets.filter_map(Value::as_str) {
        let arn = arn.split(':').take(7).collect::<Vec<_>>().join(":");
        if world.by_key("secretsmanager:Secret", &arn).is_none() {
            return Some(format!("unable to pull secret {arn}: ResourceNotFoundException"));
        }
    }
    let environment = definition.inputs["containers"].as_array().into_iter().flatten();
    let hosts = environment.filter_map(|container| container["environment"]["DATABASE_HOST"].as_str());
    for host in hosts {
        let mut is_at = |database: &SimView<'_>| database.outputs.get("address").is_some_and(|address| address == host);
        if world.find_stopped(&mut is_at).is_some() {
            return Some(format!("exit code 1: could not connect to {host}: Connection refused"));
        }
    }
    None
}

const SIM: SimFacet = SimFacet {
    outputs: Some(|n| {
        let arn = n.arn("ecs", &format!("task-definition/{}:{}", n.name(), n.revision()));
        outputs([("arn", json!(arn)), ("family", json!(n.name()))])
    }),
    words: ("registering", "registering"),
    calls: ("RegisterTaskDefinition", "RegisterTaskDefinition", "DeregisterTaskDefinition"),
    exists: "ClientException",
    quota: "LimitExceededException",
    read: Some(("ecs:DescribeTaskDefinition", 1)),
    mechanism: Mechanism::Revisions,
    ..SimFacet::PLAIN
};

const LINKS: &[Link] = &[
    Link::new("execution_role_arn", "iam:Role", "arn", "ClientException"),
    Link::new("task_role_arn", "iam:Role", "arn", "ClientException"),
];

const ADOPT: AdoptFacet = AdoptFacet {
    name: |id| id.rsplit('/').next()?.split(':').next(),
    known: &[("arn", KnownId::Arn), ("family", KnownId::Name)],
    terraform: &[TerraformType { names: &["aws_ecs_task_definition"], name: &["family"], ..TerraformType::ARN }],
    ..AdoptFacet::PLAIN
};

const SAMPLES: &[Sample] = &[Sample::new(
    "task-definition",
    |base| base.name("web"),
    |base| {
        json!(TaskDefinitionInputs {
            cpu: 256,
            memory_mib: 1024,
            execution_role_arn: base.out("execution-role", Role::ARN),
            task_role_arn: base.out("task-role", Role::ARN),
            containers: vec![Container {
                name: "web".into(),
                image: base.image.clone(),
                essential: true,
                command: Vec::new(),
                port: Some(8000),
                environment: BTreeMap::from([("MODE".to_owned(), "conformance".into())]),
                secrets: BTreeMap::from([("APP_SECRET".to_owned(), base.out("app-secret", Secret::ARN))]),
                mounts: vec![Mount { volume: "data".into(), path: "/mnt/tenant-data".into(), read_only: false }],
                logs: ContainerLogs {
                    group: base.out("logs", LogGroup::NAME),
                    region: base.region.clone(),
                    stream_prefix: "web".into(),
                },
                stop_timeout_seconds: 30,
            }],
            volumes: vec![EfsVolume {
                name: "data".into(),
                file_system_id: base.out("file-system", FileSystem::ID),
                access_point_id: Some(base.out("access-point", AccessPoint::ID)),
            }],
        })
    },
)
.updated("cpu", || json!(512))];

impl Kind for TaskDefinition {
    const NAME: &'static str = "ecs:TaskDefinition";
    type Inputs = TaskDefinitionInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["arn", "family"])
            .with_revised_outputs(&["arn"])
            .with_named_outputs(&["family"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Capacity)
            .with_timing(|_| Timing::seconds(1, 1, 1))
            .with_name_max(255)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_arn(ArnForm::whole("ecs", "task-definition/"))
            .with_adopt(&ADOPT)
    }
}
