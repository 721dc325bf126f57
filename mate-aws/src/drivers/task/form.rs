//! A one-off task between the kind's form and ECS's: live inputs, status, request parts.

use aws_sdk_ecs::types::{
    AssignPublicIp, AwsVpcConfiguration, Container, ContainerOverride, NetworkConfiguration, Task as Described,
    TaskOverride, TaskStopCode,
};
use mate_core::kinds::task::TaskInputs;
use mate_core::model::{Outputs, Tags};
use mate_core::provider::{ErrorClass, Live, ProviderError, Status, Target};
use serde_json::json;

use crate::drivers::ecs::tag_map;
use crate::drivers::fields::{Fields, text, values};

/// The reason that MATE gives when it stops a task to delete it. A task with this reason is deleted, and no run that
/// failed.
pub(super) const DELETED: &str = "deleted by MATE";

/// The exit code of what was killed; where nobody asked for that, for want of memory.
const KILLED: i32 = 137;

pub(super) fn tags(task: &Described) -> Tags {
    tag_map(task.tags())
}

/// Returns true if the task belongs to the run that the target wants.
pub(super) fn is_of_run(target: &Target, task: &Described) -> bool {
    task.started_by().is_some() && text(target, "run") == task.started_by()
}

pub(super) fn is_stopped(task: &Described) -> bool {
    task.last_status() == Some("STOPPED")
}

/// Returns true if MATE has stopped the task to delete it.
pub(super) fn is_deleted(task: &Described) -> bool {
    task.stopped_reason().is_some_and(|reason| reason.contains(DELETED))
}

pub(super) fn live(target: &Target, task: &Described) -> Live {
    let command = task.overrides().and_then(|overrides| overrides.container_overrides().first());
    let inputs = Fields::default()
        .with("cluster", task.cluster_arn().and_then(|arn| arn.rsplit('/').next()))
        .with("task_definition", task.task_definition_arn())
        .with("container", command.and_then(|command| command.name()))
        .with("command", command.map(|command| command.command()))
        .with("run", task.started_by())
        .into_value();
    let mut outputs = Outputs::new();
    outputs.extend(task.task_arn().map(|arn| ("arn".to_owned(), json!(arn))));
    let ran = container(target, task).and_then(Container::exit_code).filter(|_| is_stopped(task));
    outputs.extend(ran.map(|code| ("exit_code".to_owned(), json!(code))));
    Live {
        physical_id: task.task_arn().unwrap_or_default().to_owned(),
        status: status(target, task),
        inputs,
        outputs,
        tags: tags(task),
    }
}

/// The container whose exit code counts.
pub(super) fn container<'a>(target: &Target, task: &'a Described) -> Option<&'a Container> {
    let wanted = text(target, "container");
    task.containers().iter().find(|container| wanted.is_some() && container.name() == wanted)
}

/// The status of the task.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html>
fn status(target: &Target, task: &Described) -> Status {
    if !is_stopped(task) {
        return match task.last_status() {
            _ if is_deleted(task) => Status::Deleting,
            word => Status::Pending(word.unwrap_or("PROVISIONING").to_owned()),
        };
    }
    let reason = task.stopped_reason().filter(|reason| !reason.is_empty());
    // What was told to stop has not come to its own end, whatever its exit code says.
    if matches!(
        task.stop_code(),
        Some(TaskStopCode::UserInitiated | TaskStopCode::SpotInterruption | TaskStopCode::TerminationNotice)
    ) {
        return Status::Failed(format!("it was stopped: {}", reason.unwrap_or("nobody said why")));
    }
    let container = container(target, task);
    let of_container = container.and_then(|container| container.reason()).filter(|reason| !reason.is_empty());
    match (container.and_then(Container::exit_code), of_container) {
        (Some(0), _) => Status::Ready,
        (Some(KILLED), _) => Status::Failed(format!("exit code {KILLED}, out of memory")),
        (Some(code), Some(words)) if words.contains("OutOfMemory") => {
            Status::Failed(format!("exit code {code}, out of memory"))
        }
        (Some(code), Some(words)) => Status::Failed(format!("exit code {code}, {words}")),
        (Some(code), None) => Status::Failed(format!("exit code {code}")),
        (None, words) => Status::Failed(words.or(reason).unwrap_or("it never ran").to_owned()),
    }
}

pub(super) fn network(target: &Target, inputs: &TaskInputs) -> Result<NetworkConfiguration, ProviderError> {
    let configuration = AwsVpcConfiguration::builder()
        .set_subnets(Some(values(target, &inputs.subnet_ids)?))
        .set_security_groups(Some(values(target, &inputs.security_group_ids)?))
        .assign_public_ip(AssignPublicIp::Disabled)
        .build()
        .map_err(|error| {
            ProviderError::new(ErrorClass::Bug, "ecs:RunTask", target.address.clone()).with_message(error.to_string())
        })?;
    Ok(NetworkConfiguration::builder().awsvpc_configuration(configuration).build())
}

pub(super) fn overrides(inputs: &TaskInputs) -> TaskOverride {
    let command = (!inputs.command.is_empty()).then(|| inputs.command.clone());
    let container = ContainerOverride::builder().name(&inputs.container).set_command(command).build();
    TaskOverride::builder().container_overrides(container).build()
}
