//! The task definitions that are still active: inactive revisions stay listed.

use aws_sdk_ecs::types::TaskDefinitionStatus;
use mate_core::provider::{Discovered, ProviderError, Scope};

use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::alive::one_by_one;

pub(super) async fn only(aws: &Aws, scope: &Scope, found: Vec<Discovered>) -> Result<Vec<Discovered>, ProviderError> {
    let anchor = &scope.anchor();
    one_by_one(found, |arn| async move {
        let call = aws.ecs.describe_task_definition().task_definition(arn);
        let answer = if_found(call.send().await.map_err(failed(anchor, "ecs:DescribeTaskDefinition")));
        let status = match answer {
            Ok(answer) => answer.and_then(|answer| answer.task_definition).and_then(|found| found.status),
            // For a revision that is gone ECS says "ClientException", as for every wrong request.
            Err(error) if error.code.as_deref() == Some("ClientException") => None,
            Err(error) => return Err(error),
        };
        Ok(status == Some(TaskDefinitionStatus::Active))
    })
    .await
}
