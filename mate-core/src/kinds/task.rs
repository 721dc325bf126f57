//! A one-off task of ECS on Fargate (`ecs:Task`): a migration, a command.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::task_definition;
use super::{SecurityGroup, TaskDefinition, mount_target};
use crate::model::{
    Deduplication, DriftClass, FieldRule, Impact, Input, Kind, KindModel, Link, Naming, Output, Refused, ReplaceOrder,
    Sample, SimFacet, Timing, outputs,
};

/// A one-off task of ECS on Fargate (`ecs:Task`). It is run once, and ready when its container has ended with exit code 0; any
/// other end is a failure. ECS forgets it about an hour later: from then on the record tells that it has run.
#[derive(Debug)]
pub struct Task;

impl Task {
    /// Its ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
    /// The exit code of its container.
    pub const EXIT_CODE: Output<Self, i32> = Output::new("exit_code");
}

/// The inputs of a one-off task. The task has no public address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskInputs {
    /// The cluster's name.
    pub cluster: Input<String>,
    /// The task definition's ARN, with its revision.
    pub task_definition: Input<String>,
    /// The container whose exit code counts.
    pub container: String,
    /// Its command; empty for the definition's own.
    pub command: Vec<String>,
    /// The subnets.
    pub subnet_ids: Vec<Input<String>>,
    /// The security groups.
    pub security_group_ids: Vec<Input<String>>,
    /// The identifier of the run, such as a release: a different value is a different run. ECS stores it as `startedBy`: 1 to 128
    /// letters, digits, `-`, `_` and `/`.
    pub run: String,
    /// The objects that must be ready before it starts and that no other field names: the database, the mount targets of its
    /// volumes.
    pub after: Vec<Input<String>>,
}

const ANOTHER: Impact = Impact::Replace("what has run cannot be changed: it is another run");

const FIELDS: &[FieldRule] = &[
    FieldRule::new("cluster", ANOTHER).class(DriftClass::Capacity).class(DriftClass::Cosmetic),
    FieldRule::new("task_definition", ANOTHER).class(DriftClass::Capacity).class(DriftClass::Cosmetic),
    FieldRule::new("container", ANOTHER).class(DriftClass::Capacity).class(DriftClass::Cosmetic),
    FieldRule::new("command", ANOTHER).class(DriftClass::Capacity).class(DriftClass::Cosmetic),
    FieldRule::new("subnet_ids", ANOTHER)
        .class(DriftClass::Capacity)
        .class(DriftClass::Cosmetic)
        .write_only()
        .unordered(),
    FieldRule::new("security_group_ids", ANOTHER)
        .class(DriftClass::Capacity)
        .class(DriftClass::Cosmetic)
        .write_only()
        .unordered(),
    FieldRule::new("run", ANOTHER).class(DriftClass::Capacity).class(DriftClass::Cosmetic),
    FieldRule::new("after", Impact::InPlace).edge_only(),
];

fn task_arn(n: &Naming<'_>) -> String {
    n.arn("ecs", &format!("task/{}/{}", n.text("cluster"), n.hex("id", 32)))
}

fn check_inputs(inputs: &Value) -> Result<(), Refused> {
    if is_starter(inputs["run"].as_str().unwrap_or_default()) {
        return Ok(());
    }
    let message = "startedBy must be 1 to 128 letters, digits, hyphens, underscores and slashes";
    Refused::invalid("InvalidParameterException", message)
}

/// True if ECS takes it for who started a task.
fn is_starter(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/');
    (1..=128).contains(&text.len()) && text.bytes().all(allowed)
}

const SIM: SimFacet = SimFacet {
    physical_id: task_arn,
    outputs: Some(|n| outputs([("arn", json!(task_arn(n))), ("exit_code", json!(0))])),
    late: &["exit_code"],
    by_tags: true,
    words: ("RUNNING", "RUNNING"),
    calls: ("RunTask", "TagResource", "StopTask"),
    exists: "ConflictException",
    quota: "LimitExceededException",
    read: Some(("ecs:DescribeTasks", 100)),
    inputs: check_inputs,
    trouble: |task, world| {
        let definition = world.by_key("ecs:TaskDefinition", task.inputs["task_definition"].as_str()?)?;
        task_definition::trouble(&definition, world)
    },
    ..SimFacet::PLAIN
};

const LINKS: &[Link] = &[
    Link::security_group("security_group_ids.*", "InvalidParameterException"),
    Link::subnet("subnet_ids.*", "InvalidParameterException").or_base(),
    Link::new("cluster", "ecs:Cluster", "cluster_name", "ClusterNotFoundException")
        .holds("ClusterContainsTasksException")
        .or_base(),
    Link::new("task_definition", "ecs:TaskDefinition", "arn", "InvalidParameterException"),
];

const SAMPLES: &[Sample] = &[Sample::new(
    "task",
    |base| base.name("migrate"),
    |base| {
        json!(TaskInputs {
            cluster: base.cluster.clone().into(),
            task_definition: base.out("task-definition", TaskDefinition::ARN),
            container: "web".into(),
            command: vec!["python".into(), "manage.py".into(), "migrate".into()],
            subnet_ids: base.private_subnets(),
            security_group_ids: vec![base.out("ecs-group", SecurityGroup::ID)],
            run: "conformance".into(),
            after: mount_target::sample_ids(base),
        })
    },
)];

impl Kind for Task {
    const NAME: &'static str = "ecs:Task";
    type Inputs = TaskInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["arn", "exit_code"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Cosmetic)
            .with_timing(|_| Timing::seconds(90, 1, 60))
            .with_name_max(255)
            .run_once()
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_deduplication(Deduplication::Token)
    }
}
