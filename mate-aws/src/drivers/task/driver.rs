//! The driver of one-off tasks.

use async_trait::async_trait;
use aws_sdk_ecs::types::{DesiredStatus, Failure, LaunchType, Task as Described, TaskField};
use mate_core::kinds::Task;
use mate_core::model::{Kind, KindModel};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Diagnosis, ErrorClass, Observation, ProviderError, Status, Target,
    UpdateRequest,
};

use super::actions;
use super::form;
use crate::classify::failed;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::batch::{fixed, gone, grouped, incomplete, present};
use crate::drivers::ecs::{change_tags, tag_list};
use crate::drivers::fields::{self, missing, text, value};
use crate::drivers::service::diagnose::endings;
use crate::policy::Actions;
use crate::tags::{TagChange, judge};

const CREATE: &str = "ecs:RunTask";
const UPDATE: &str = "ecs:TagResource";
const DELETE: &str = "ecs:StopTask";

/// Most tasks that `DescribeTasks` takes.
const PAGE: usize = 100;

/// Longest client token.
const TOKEN: usize = 64;

/// One-off tasks on Fargate, known by their ARN; while that is not recorded, by their tags among the tasks of the definition's
/// family, and by who started them, which is the run.
///
/// A creation looks for nothing: its token makes one task, and what ran before is another run. ECS forgets a task about an hour
/// after it has stopped.
#[derive(Debug)]
pub(crate) struct TaskDriver;

/// The place where a target is looked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// By its ARN, in this cluster.
    Known(String),
    /// Among the tasks of a cluster and a family.
    Sought(String, String),
}

#[async_trait]
impl Driver for TaskDriver {
    fn model(&self) -> KindModel {
        Task::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    fn left_out(&self) -> &'static [(&'static str, &'static str)] {
        &[("ecs", "task/")]
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        grouped(targets, PAGE, |target| place(target).into_iter().collect(), |place, group| read(aws, place, group))
            .await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        // What an earlier attempt of this creation has started.
        if target.physical_id.is_some()
            && let Some(live) = present(self, aws, target, CREATE).await?
        {
            return Ok(live.into());
        }
        let inputs = target.typed::<Task>()?;
        let answer = aws
            .ecs
            .run_task()
            .cluster(value(target, &inputs.cluster)?)
            .task_definition(value(target, &inputs.task_definition)?)
            .client_token(request.token.chars().take(TOKEN).collect::<String>())
            .started_by(&inputs.run)
            .count(1)
            .launch_type(LaunchType::Fargate)
            .network_configuration(form::network(target, &inputs)?)
            .overrides(form::overrides(&inputs))
            .set_tags((!target.tags.is_empty()).then(|| tag_list(&target.tags)))
            .send()
            .await
            .map_err(failed(&target.address, CREATE))
            .map_err(missing)?;
        match (answer.tasks().first(), answer.failures().first()) {
            (Some(task), _) => Ok(form::live(target, task).into()),
            (None, Some(failure)) => Err(not_run(target, failure)),
            (None, None) => Err(incomplete(target, CREATE, "task")),
        }
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let live = present(self, aws, target, UPDATE).await?.ok_or_else(|| gone(target, UPDATE))?;
        let mut fields = fields::to_change::<Task>(request, &live);
        let tags = fields.iter().any(|field| field == "tags");
        fields.retain(|field| field != "tags");
        if !fields.is_empty() {
            return Err(fixed(target, UPDATE, &fields));
        }
        if tags {
            let change = TagChange::of(request, &live.tags);
            change_tags(aws, &target.address, &live.physical_id, &change).await?;
        }
        Ok(live.into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        let target = &request.target;
        let Some(live) = present(self, aws, target, DELETE).await? else { return Ok(Deleted::Gone) };
        match live.status {
            // It runs no more, and ECS forgets it by itself.
            Status::Ready | Status::Failed(_) => return Ok(Deleted::Gone),
            Status::Deleting => return Ok(Deleted::Going),
            Status::Pending(_) => {}
        }
        let call = aws.ecs.stop_task().set_cluster(cluster_of(&live.physical_id)).task(&live.physical_id);
        match call.reason(form::DELETED).send().await.map_err(failed(&target.address, DELETE)) {
            Ok(_) => Ok(Deleted::Going),
            // ECS has no code of its own for a task that is not there: look whether it is.
            Err(error) if matches!(error.class, ErrorClass::Invalid | ErrorClass::NotFound) => {
                match present(self, aws, target, DELETE).await? {
                    Some(live) if matches!(live.status, Status::Pending(_) | Status::Deleting) => Err(error),
                    _ => Ok(Deleted::Gone),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Reports the cause that ended the task, and the last lines of its log.
    async fn diagnose(&self, aws: &Aws, target: &Target) -> Result<Vec<Diagnosis>, ProviderError> {
        let Some(task) = find(aws, target).await? else { return Ok(Vec::new()) };
        let mut findings = Vec::new();
        if form::is_stopped(&task) {
            match form::live(target, &task).status {
                Status::Failed(reason) => {
                    findings.push(Diagnosis { concern: None, terminal: true, finding: reason, advice: None });
                    findings.extend(endings(&task));
                }
                _ => findings.push(Diagnosis {
                    concern: None,
                    terminal: false,
                    finding: "exit code 0".to_owned(),
                    advice: None,
                }),
            }
        }
        #[cfg(feature = "logs")]
        findings.extend(super::logs::last_lines(aws, target, &task).await);
        Ok(findings)
    }
}

/// The cluster that a task's ARN names: `arn:aws:ecs:…:task/cluster/id`.
fn cluster_of(arn: &str) -> Option<String> {
    let (cluster, _) = arn.split_once(":task/")?.1.split_once('/')?;
    Some(cluster.to_owned())
}

/// The family of the target's task definition: `arn:aws:ecs:…:task-definition/family:revision`.
fn family(target: &Target) -> Option<&str> {
    let definition = text(target, "task_definition")?;
    let name = definition.rsplit('/').next()?;
    Some(name.split(':').next().unwrap_or(name))
}

/// The place where the task can be; none while its cluster or task definition is not known, because then it was never
/// run.
fn place(target: &Target) -> Option<Place> {
    match &target.physical_id {
        Some(arn) => Some(Place::Known(cluster_of(arn).or_else(|| text(target, "cluster").map(str::to_owned))?)),
        None => Some(Place::Sought(text(target, "cluster")?.to_owned(), family(target)?.to_owned())),
    }
}

async fn read(aws: &Aws, place: Place, group: Vec<&Target>) -> Result<Vec<Observation>, ProviderError> {
    let tasks = tasks(aws, &place, &group).await?;
    let answer = |target: &&Target| match pick(target, &tasks) {
        Some(task) => judge(target, form::live(target, task)),
        None => Observation::Absent,
    };
    Ok(group.iter().map(answer).collect())
}

async fn find(aws: &Aws, target: &Target) -> Result<Option<Described>, ProviderError> {
    let Some(place) = place(target) else { return Ok(None) };
    let tasks = tasks(aws, &place, &[target]).await?;
    Ok(pick(target, &tasks).filter(|task| target.accepts(&form::tags(task))).cloned())
}

/// The target's task: what MATE has stopped to be rid of is none. Among tasks that only their tags tell apart the latest of its
/// run, else one of another run that is not over.
fn pick<'a>(target: &Target, tasks: &'a [Described]) -> Option<&'a Described> {
    let there = tasks.iter().filter(|task| !(form::is_stopped(task) && form::is_deleted(task)));
    if let Some(arn) = target.physical_id.as_deref() {
        return there.into_iter().find(|task| task.task_arn() == Some(arn));
    }
    there
        .filter(|task| target.ownership().owns(&form::tags(task)))
        .filter(|task| form::is_of_run(target, task) || !form::is_stopped(task))
        .max_by_key(|task| (form::is_of_run(target, task), task.created_at().map(|at| at.as_nanos())))
}

/// The tasks in a place. An error names one of the targets for which they are read.
async fn tasks(aws: &Aws, place: &Place, group: &[&Target]) -> Result<Vec<Described>, ProviderError> {
    match place {
        Place::Known(cluster) => {
            let mut arns: Vec<String> = group.iter().filter_map(|target| target.physical_id.clone()).collect();
            arns.sort();
            arns.dedup();
            describe(aws, group[0], cluster, arns).await
        }
        Place::Sought(cluster, family) => {
            let mut arns = list(aws, group[0], cluster, family, DesiredStatus::Running).await?;
            arns.extend(list(aws, group[0], cluster, family, DesiredStatus::Stopped).await?);
            // Between the two calls a task can have moved from one list to the other.
            arns.sort();
            arns.dedup();
            describe(aws, group[0], cluster, arns).await
        }
    }
}

async fn list(
    aws: &Aws,
    target: &Target,
    cluster: &str,
    family: &str,
    desired: DesiredStatus,
) -> Result<Vec<String>, ProviderError> {
    let call = aws.ecs.list_tasks().cluster(cluster).family(family).desired_status(desired);
    let listed: Result<Vec<String>, _> = call.into_paginator().items().send().collect().await;
    match listed.map_err(failed(&target.address, "ecs:ListTasks")) {
        // Without its cluster there is no task.
        Err(error) if error.class == ErrorClass::NotFound => Ok(Vec::new()),
        answer => answer,
    }
}

async fn describe(
    aws: &Aws,
    target: &Target,
    cluster: &str,
    arns: Vec<String>,
) -> Result<Vec<Described>, ProviderError> {
    let mut found = Vec::new();
    for arns in arns.chunks(PAGE) {
        let call = aws.ecs.describe_tasks().cluster(cluster).set_tasks(Some(arns.to_vec())).include(TaskField::Tags);
        match call.send().await.map_err(failed(&target.address, "ecs:DescribeTasks")) {
            Ok(answer) => found.extend(answer.tasks.unwrap_or_default()),
            Err(error) if error.class == ErrorClass::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// ECS answers 200 to what it cannot place.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html>
fn not_run(target: &Target, failure: &Failure) -> ProviderError {
    let reason = failure.reason().unwrap_or("no reason given");
    let class = match reason {
        reason if reason.contains("apacity") || reason.starts_with("RESOURCE:") => ErrorClass::Capacity,
        "MISSING" => ErrorClass::Dependency,
        _ => ErrorClass::Transient,
    };
    let message = failure.detail().map_or_else(|| reason.to_owned(), |detail| format!("{reason}: {detail}"));
    ProviderError::new(class, CREATE, target.address.clone()).with_message(message)
}
