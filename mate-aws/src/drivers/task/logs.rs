//! The last lines of a task's log, where its container writes to CloudWatch.

use aws_sdk_ecs::types::{ContainerDefinition, Task as Described};
use mate_core::provider::{Concern, Diagnosis, ProviderError, Target};

use super::form;
use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::findings::unread;

/// Lines that are told.
const TOLD: i32 = 10;

/// The last lines; nothing where there are none. What cannot be read is a finding of its own.
pub(super) async fn last_lines(aws: &Aws, target: &Target, task: &Described) -> Option<Diagnosis> {
    match lines(aws, target, task).await {
        Ok(lines) if lines.is_empty() => None,
        Ok(lines) => Some(Diagnosis {
            concern: Some(Concern::LastLines),
            terminal: false,
            finding: format!("the last lines of its log:\n{}", lines.join("\n")),
            advice: None,
        }),
        Err(error) => Some(unread(&error)),
    }
}

async fn lines(aws: &Aws, target: &Target, task: &Described) -> Result<Vec<String>, ProviderError> {
    let Some((group, stream)) = place(aws, target, task).await? else { return Ok(Vec::new()) };
    let call = aws.logs.get_log_events().log_group_name(group).log_stream_name(stream);
    let answer = call.limit(TOLD).start_from_head(false).send().await;
    // A container that never ran has no stream.
    let answer = if_found(answer.map_err(failed(&target.address, "logs:GetLogEvents")))?;
    let events = answer.and_then(|answer| answer.events).unwrap_or_default();
    Ok(events.into_iter().filter_map(|event| event.message).collect())
}

/// The group and the stream that the container writes to: `prefix/container/task`.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html>
async fn place(aws: &Aws, target: &Target, task: &Described) -> Result<Option<(String, String)>, ProviderError> {
    let (Some(container), Some(id)) = (
        form::container(target, task).and_then(|one| one.name()),
        task.task_arn().and_then(|arn| arn.rsplit('/').next()),
    ) else {
        return Ok(None);
    };
    let call = aws.ecs.describe_task_definition().set_task_definition(task.task_definition_arn.clone());
    let answer = call.send().await.map_err(failed(&target.address, "ecs:DescribeTaskDefinition"))?;
    let definitions =
        answer.task_definition.and_then(|definition| definition.container_definitions).unwrap_or_default();
    let definition = definitions.iter().find(|definition| definition.name() == Some(container));
    let options = definition.and_then(ContainerDefinition::log_configuration).and_then(|logs| logs.options());
    let option = |name: &str| options.and_then(|options| options.get(name)).cloned();
    let place = option("awslogs-group").zip(option("awslogs-stream-prefix"));
    Ok(place.map(|(group, prefix)| (group, format!("{prefix}/{container}/{id}"))))
}
