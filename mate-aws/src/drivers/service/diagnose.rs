//! Why a service does not become steady: its events, its stopped tasks, its targets' health.

use std::collections::BTreeSet;

use aws_sdk_ecs::types::{Container, DeploymentRolloutState, DesiredStatus, Service as Described, Task, TaskStopCode};
use mate_core::provider::{Diagnosis, ProviderError, Target};

use crate::classify::failed;
use crate::context::Aws;

/// Events that are told.
const EVENTS: usize = 10;

/// Most tasks that `DescribeTasks` takes.
const TASKS: i32 = 100;

/// Tasks of one deployment that fail before it counts as one that will not become steady.
const FAILURES: i32 = 3;

/// Exit code of a process that was killed (128 + SIGKILL).
const KILLED: i32 = 137;

pub(super) async fn findings(
    aws: &Aws,
    target: &Target,
    cluster: &str,
    service: &Described,
) -> Result<Vec<Diagnosis>, ProviderError> {
    let mut found = Vec::new();
    let stopped = stopped_tasks(aws, target, cluster, service.service_name().unwrap_or(&target.name)).await?;
    let terminal = keeps_failing(service, &stopped);
    for task in &stopped {
        found.extend(of_task(task).into_iter().map(|one| Diagnosis { terminal, ..one }));
    }
    #[cfg(feature = "elbv2")]
    for group in service.load_balancers().iter().filter_map(|balancer| balancer.target_group_arn()) {
        found.extend(health::unhealthy(aws, target, group).await?);
    }
    found.extend(service.events().iter().take(EVENTS).filter_map(|event| event.message()).map(|message| Diagnosis {
        terminal: false,
        finding: message.to_owned(),
        advice: None,
    }));
    let mut seen = BTreeSet::new();
    found.retain(|one| seen.insert(one.finding.clone()));
    Ok(found)
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

/// Whether the tasks of the present deployment have failed often enough that another one will fail too: the circuit
/// breaker's own least threshold, or its verdict.
fn keeps_failing(service: &Described, stopped: &[Task]) -> bool {
    let primary = service.deployments().iter().find(|deployment| deployment.status() == Some("PRIMARY"));
    let Some(primary) = primary else { return false };
    let of_deployment = |task: &&Task| task.started_by().is_some_and(|by| Some(by) == primary.id());
    let crashed = |task: &&Task| {
        task.containers().iter().any(|container| container.exit_code().is_some_and(|code| code != 0))
            || task.stop_code() == Some(&TaskStopCode::TaskFailedToStart)
    };
    primary.rollout_state() == Some(&DeploymentRolloutState::Failed)
        || primary.failed_tasks() >= FAILURES
        || i32::try_from(stopped.iter().filter(of_deployment).filter(crashed).count()).unwrap_or(i32::MAX) >= FAILURES
}

fn of_task(task: &Task) -> Vec<Diagnosis> {
    let mut found: Vec<Diagnosis> = task.containers().iter().filter_map(of_container).collect();
    if let Some(reason) = task.stopped_reason().filter(|reason| !reason.is_empty()) {
        found.push(Diagnosis { terminal: false, finding: reason.to_owned(), advice: advice(reason) });
    }
    found
}

fn of_container(container: &Container) -> Option<Diagnosis> {
    let name = container.name().unwrap_or("container");
    let reason = container.reason().filter(|reason| !reason.is_empty());
    match (container.exit_code(), reason) {
        (Some(KILLED), _) => Some(Diagnosis {
            terminal: false,
            finding: format!("container {name}: exit code {KILLED}: out of memory"),
            advice: Some("give the service more memory".to_owned()),
        }),
        (Some(code), Some(reason)) if code != 0 => Some(Diagnosis {
            terminal: false,
            finding: format!("container {name}: exit code {code}: {reason}"),
            advice: advice(reason),
        }),
        (Some(code), None) if code != 0 => Some(Diagnosis {
            terminal: false,
            finding: format!("container {name}: exit code {code}"),
            advice: Some("read the container's log for its last lines".to_owned()),
        }),
        (None, Some(reason)) => {
            Some(Diagnosis { terminal: false, finding: format!("container {name}: {reason}"), advice: advice(reason) })
        }
        _ => None,
    }
}

/// What to do about a reason that begins with one of ECS's own error names.
fn advice(reason: &str) -> Option<String> {
    let known = [
        ("CannotPullContainer", "see that the image and tag exist, and that the subnets reach the registry"),
        (
            "ResourceInitializationError",
            "see that the execution role may read the secrets and that the subnets reach Secrets Manager, ECR, \
             CloudWatch Logs and the file system's mount targets",
        ),
        ("OutOfMemoryError", "give the service more memory"),
        ("CannotStartContainerError", "see the container's command and user"),
        ("EssentialContainerExited", "read the container's log for its last lines"),
    ];
    known.iter().find(|(name, _)| reason.starts_with(name)).map(|(_, advice)| (*advice).to_owned())
}

#[cfg(feature = "elbv2")]
mod health {
    use aws_sdk_elasticloadbalancingv2::types::TargetHealthStateEnum;
    use mate_core::provider::{Diagnosis, ErrorClass, ProviderError, Target};

    use crate::classify::failed;
    use crate::context::Aws;

    pub(super) async fn unhealthy(aws: &Aws, target: &Target, group: &str) -> Result<Vec<Diagnosis>, ProviderError> {
        let answer = aws
            .elbv2
            .describe_target_health()
            .target_group_arn(group)
            .send()
            .await
            .map_err(failed(&target.address, "elbv2:DescribeTargetHealth"));
        let described = match answer {
            Ok(answer) => answer.target_health_descriptions.unwrap_or_default(),
            Err(error) if error.class == ErrorClass::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        Ok(described
            .iter()
            .filter_map(|one| {
                let health = one.target_health()?;
                let failing = matches!(
                    health.state(),
                    Some(TargetHealthStateEnum::Unhealthy | TargetHealthStateEnum::Unavailable)
                );
                let reason = health.reason().map_or("unhealthy", |reason| reason.as_str());
                let address = one.target().and_then(|target| target.id()).unwrap_or("target");
                failing.then(|| Diagnosis {
                    terminal: false,
                    finding: match health.description() {
                        Some(words) => format!("target {address}: {reason}: {words}"),
                        None => format!("target {address}: {reason}"),
                    },
                    advice: advice(reason),
                })
            })
            .collect())
    }

    fn advice(reason: &str) -> Option<String> {
        let advice = match reason {
            "Target.ResponseCodeMismatch" => "see the health check's path and the answers that count as healthy",
            "Target.Timeout" => {
                "see that the security groups let the load balancer reach the port, and how long the \
                                 application takes to answer"
            }
            "Target.FailedHealthChecks" => "see that the application listens on the container's port",
            _ => return None,
        };
        Some(advice.to_owned())
    }
}
