//! A one-off task of ECS on Fargate (`ecs:Task`): a migration, a command.

use serde::{Deserialize, Serialize};

use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};

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

/// What a one-off task is made from. It has no public address.
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
    /// Which run it is, a release for one: another value is another run. ECS keeps it as who started the task, 1 to 128 letters,
    /// digits, `-`, `_` and `/`.
    pub run: String,
    /// What must be ready before it starts and that no other field names: the database, the mount targets of its volumes.
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

impl Kind for Task {
    const NAME: &'static str = "ecs:Task";
    type Inputs = TaskInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["arn", "exit_code"],
            revised_outputs: &[],
            named_outputs: &[],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::None,
            lost: DriftClass::Cosmetic,
            timing: |_| Timing::seconds(90, 1, 60),
            name_rule: NameRule { max: 255 },
            taggable: true,
            deduplicated: true,
            run_once: true,
        }
    }
}
