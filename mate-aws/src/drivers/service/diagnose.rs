//! The diagnosis of a service that does not become steady: its stopped tasks, the deployment's verdict, its targets'
//! health, its events.

mod events;
#[cfg(feature = "elbv2")]
mod health;
mod reasons;
mod tasks;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use aws_sdk_ecs::types::{Deployment, DeploymentRolloutState, DesiredStatus, Service as Described, Task};
use mate_core::provider::{Concern, Diagnosis, ProviderError, Target};

use crate::classify::failed;
use crate::context::Aws;
use crate::drivers::fields::text;
use crate::drivers::findings::unread;

pub(crate) use tasks::endings;

/// Most tasks that `DescribeTasks` takes.
const TASKS: i32 = 100;

/// The findings, what ended the tasks first. What cannot be asked is a finding of its own, behind what is known.
pub(super) async fn findings(aws: &Aws, target: &Target, cluster: &str, service: &Described) -> Vec<Diagnosis> {
    let present = present(target, service);
    let (mut found, mut unknown) = (Vec::new(), Vec::new());
    match stopped_tasks(aws, target, cluster, service.service_name().unwrap_or(&target.name)).await {
        Ok(stopped) => found.extend(tasks::findings(text(target, "task_definition"), present, &stopped)),
        Err(error) => unknown.push(unread(&error)),
    }
    found.extend(present.and_then(verdict));
    #[cfg(feature = "elbv2")]
    for group in service.load_balancers().iter().filter_map(|balancer| balancer.target_group_arn()) {
        match health::failing(aws, target, group).await {
            Ok(failing) => found.extend(failing),
            Err(error) => unknown.push(unread(&error)),
        }
    }
    found.extend(events::findings(service.events(), present));
    found.extend(unknown);
    let mut told = BTreeSet::new();
    found.retain(|one| told.insert(one.finding.clone()));
    found
}

/// The deployment that is to bring what the target wants. After a rollback that is no more the primary one.
fn present<'a>(target: &Target, service: &'a Described) -> Option<&'a Deployment> {
    let wanted = text(target, "task_definition").filter(|wanted| wanted.starts_with("arn:"));
    let ours = |one: &&Deployment| wanted.is_none() || one.task_definition() == wanted;
    let deployments = service.deployments();
    let primary = deployments.iter().filter(|one| one.status() == Some("PRIMARY")).find(ours);
    primary.or_else(|| deployments.iter().filter(|one| is_failed(one)).find(ours))
}

fn is_failed(deployment: &Deployment) -> bool {
    deployment.rollout_state() == Some(&DeploymentRolloutState::Failed)
}

/// The circuit breaker's verdict, which is final.
fn verdict(deployment: &Deployment) -> Option<Diagnosis> {
    is_failed(deployment).then(|| Diagnosis {
        concern: Some(Concern::DeploymentStuck),
        finding: match deployment.rollout_state_reason().filter(|reason| !reason.is_empty()) {
            Some(reason) => format!("the deployment failed: {reason}"),
            None => "the deployment failed".to_owned(),
        },
        advice: Some("put right what its tasks stopped for, and apply again".to_owned()),
        terminal: true,
    })
}

async fn stopped_tasks(aws: &Aws, target: &Target, cluster: &str, service: &str) -> Result<Vec<Task>, ProviderError> {
    let listed = aws
        .ecs
        .list_tasks()
        .cluster(cluster)
        .service_name(service)
        .desired_status(DesiredStatus::Stopped)
        .max_results(TASKS)
        .send()
        .await
        .map_err(failed(&target.address, "ecs:ListTasks"))?;
    let arns = listed.task_arns.unwrap_or_default();
    if arns.is_empty() {
        return Ok(Vec::new());
    }
    let answer = aws
        .ecs
        .describe_tasks()
        .cluster(cluster)
        .set_tasks(Some(arns))
        .send()
        .await
        .map_err(failed(&target.address, "ecs:DescribeTasks"))?;
    Ok(answer.tasks.unwrap_or_default())
}
