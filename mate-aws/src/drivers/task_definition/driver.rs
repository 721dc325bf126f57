use async_trait::async_trait;
use aws_sdk_ecs::types::{SortOrder, TaskDefinition as Described, TaskDefinitionField, TaskDefinitionStatus};
use futures::{StreamExt, TryStreamExt};
use mate_core::kinds::TaskDefinition;
use mate_core::model::Ownership;
use mate_core::model::{Kind, KindModel};
use mate_core::model::{Outputs, Tags};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Discovered, ErrorClass, Live, Observation, ProviderError, Scope,
    Status, Target, UpdateRequest,
};
use serde_json::json;

use super::form;
use super::{actions, alive};
use crate::classify::failed;
use crate::context::Aws;
use crate::drivers::batch::{gone, incomplete, present, unlike};
use crate::drivers::ecs::{change_tags, tag_map};
use crate::drivers::fields;
use crate::drivers::{Driver, each};
use crate::policy::Actions;
use crate::tags::{TagChange, judge, refuse};

const REGISTER: &str = "ecs:RegisterTaskDefinition";
const DESCRIBE: &str = "ecs:DescribeTaskDefinition";
const DELETE: &str = "ecs:DeleteTaskDefinitions";

/// Most revisions that `DeleteTaskDefinitions` takes.
const PAGE: usize = 10;

/// Task definitions. The object is the family: the recorded one, else the one named as the target. Its state is the
/// latest ACTIVE revision.
///
/// An update registers the next revision. Former revisions stay ACTIVE: a service still runs one of them until it is
/// moved, and a rollback needs them. A deletion takes every revision of ours.
#[derive(Debug)]
pub(crate) struct TaskDefinitionDriver;

#[async_trait]
impl Driver for TaskDefinitionDriver {
    fn model(&self) -> KindModel {
        TaskDefinition::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn alive(&self, aws: &Aws, scope: &Scope, found: Vec<Discovered>) -> Result<Vec<Discovered>, ProviderError> {
        alive::only(aws, scope, found).await
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        each(targets, |target| async move {
            for family in families(target) {
                if let Some((described, tags)) = describe(aws, target, family).await? {
                    return Ok(judge(target, live(target, &described, tags)));
                }
            }
            Ok(Observation::Absent)
        })
        .await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        match present(self, aws, target, REGISTER).await? {
            Some(live) => {
                let fields = unlike(&TaskDefinition::model(), target, &live);
                let tags = TagChange::new(&live.tags, &target.tags);
                revise(aws, target, live, &fields, &tags).await
            }
            None => register(aws, target, &target.name).await,
        }
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let live = present(self, aws, target, REGISTER).await?.ok_or_else(|| gone(target, REGISTER))?;
        let fields = fields::to_change::<TaskDefinition>(request, &live);
        let tags = TagChange::of(request, &live.tags);
        if tags.remove.iter().any(|key| Ownership::KEYS.contains(&key.as_str())) {
            give_back(aws, request, &live).await?;
        }
        revise(aws, target, live, &fields, &tags).await
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        let target = &request.target;
        let mut revisions = Vec::new();
        for family in families(target) {
            revisions.extend(list(aws, target, family, TaskDefinitionStatus::Active).await?);
            // A deletion that was cut off after the deregistration left revisions INACTIVE.
            revisions.extend(list(aws, target, family, TaskDefinitionStatus::Inactive).await?);
        }
        let calls: Vec<_> = revisions.iter().map(|arn| describe(aws, target, arn)).collect();
        let described: Vec<Option<(Described, Tags)>> = futures::stream::iter(calls).buffered(8).try_collect().await?;
        let (ours, foreign): (Vec<_>, Vec<_>) =
            described.into_iter().flatten().partition(|(_, tags)| target.accepts(tags));
        if let (true, Some((_, tags))) = (ours.is_empty(), foreign.first()) {
            return Err(refuse(target, DELETE, tags));
        }
        let mut arns = Vec::new();
        for (described, _) in ours {
            let Some(arn) = described.task_definition_arn else { continue };
            if described.status == Some(TaskDefinitionStatus::Active) {
                deregister(aws, target, &arn).await?;
            }
            arns.push(arn);
        }
        for chunk in arns.chunks(PAGE) {
            remove(aws, target, chunk).await?;
        }
        Ok(Deleted::Gone)
    }
}

/// The families that the target can be: that of the recorded revision first.
fn families(target: &Target) -> Vec<&str> {
    let recorded = target.physical_id.as_deref().and_then(family);
    let mut families: Vec<&str> = recorded.into_iter().chain([target.name.as_str()]).collect();
    families.dedup();
    families
}

/// A revision, or the latest ACTIVE one of a family, with its tags.
async fn describe(aws: &Aws, target: &Target, name: &str) -> Result<Option<(Described, Tags)>, ProviderError> {
    let answer = aws
        .ecs
        .describe_task_definition()
        .task_definition(name)
        .include(TaskDefinitionField::Tags)
        .send()
        .await
        .map_err(failed(&target.address, DESCRIBE));
    match answer {
        Ok(answer) => {
            let tags = tag_map(answer.tags());
            Ok(answer.task_definition.map(|described| (described, tags)))
        }
        // ECS has no code of its own for a task definition that is absent; this is the one it uses.
        Err(error) if error.code.as_deref() == Some("ClientException") => Ok(None),
        Err(error) if error.class == ErrorClass::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn live(target: &Target, described: &Described, tags: Tags) -> Live {
    let arn = described.task_definition_arn().unwrap_or_default();
    Live {
        physical_id: arn.to_owned(),
        status: Status::Ready,
        inputs: form::inputs(target, described),
        outputs: outputs(target, arn),
        tags,
    }
}

fn outputs(target: &Target, arn: &str) -> Outputs {
    Outputs::from([("arn".to_owned(), json!(arn)), ("family".to_owned(), json!(family(arn).unwrap_or(&target.name)))])
}

/// Registers the next revision when one of the fields is to be changed, and brings the tags.
async fn revise(
    aws: &Aws,
    target: &Target,
    live: Live,
    fields: &[String],
    tags: &TagChange,
) -> Result<Created, ProviderError> {
    if fields.iter().any(|field| field != "tags") {
        return register(aws, target, family(&live.physical_id).unwrap_or(&target.name)).await;
    }
    if !fields.is_empty() {
        change_tags(aws, &target.address, &live.physical_id, tags).await?;
    }
    Ok(live.into())
}

/// Takes tags off the former revisions that are ACTIVE. The latest comes after them: by its tags a repeated update
/// still knows the family.
async fn give_back(aws: &Aws, request: &UpdateRequest, latest: &Live) -> Result<(), ProviderError> {
    let target = &request.target;
    let family = family(&latest.physical_id).unwrap_or(&target.name);
    for arn in list(aws, target, family, TaskDefinitionStatus::Active).await? {
        if arn == latest.physical_id {
            continue;
        }
        let Some((_, tags)) = describe(aws, target, &arn).await? else { continue };
        if target.accepts(&tags) {
            let off = TagChange::new(&tags, &Tags::new()).without(&tags, &request.untag);
            change_tags(aws, &target.address, &arn, &off).await?;
        }
    }
    Ok(())
}

async fn register(aws: &Aws, target: &Target, family: &str) -> Result<Created, ProviderError> {
    let inputs = target.typed::<TaskDefinition>()?;
    let call = form::register(&aws.ecs, target, &inputs)?.family(family);
    let answer = call.send().await.map_err(failed(&target.address, REGISTER))?;
    let arn = answer
        .task_definition
        .and_then(|described| described.task_definition_arn)
        .ok_or_else(|| incomplete(target, REGISTER, "ARN"))?;
    Ok(Created { outputs: outputs(target, &arn), physical_id: arn, status: Status::Ready })
}

/// The ARNs of the family's revisions in a state, and of no other family that the prefix fits.
async fn list(
    aws: &Aws,
    target: &Target,
    of: &str,
    status: TaskDefinitionStatus,
) -> Result<Vec<String>, ProviderError> {
    let mut pages =
        aws.ecs.list_task_definitions().family_prefix(of).status(status).sort(SortOrder::Desc).into_paginator().send();
    let mut arns = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed(&target.address, "ecs:ListTaskDefinitions"))?;
        arns.extend(page.task_definition_arns.unwrap_or_default());
    }
    arns.retain(|arn| family(arn) == Some(of));
    Ok(arns)
}

fn family(arn: &str) -> Option<&str> {
    arn.rsplit('/').next()?.rsplit_once(':').map(|(family, _)| family)
}

async fn deregister(aws: &Aws, target: &Target, arn: &str) -> Result<(), ProviderError> {
    aws.ecs
        .deregister_task_definition()
        .task_definition(arn)
        .send()
        .await
        .map_err(failed(&target.address, "ecs:DeregisterTaskDefinition"))?;
    Ok(())
}

/// Deletes deregistered revisions. A deregistered revision starts no task and costs nothing, so a place that does not
/// have this call is no failure.
async fn remove(aws: &Aws, target: &Target, arns: &[String]) -> Result<(), ProviderError> {
    let answer = aws.ecs.delete_task_definitions().set_task_definitions(Some(arns.to_vec())).send().await;
    match answer {
        Ok(_) => Ok(()),
        Err(error) if error.raw_response().is_some_and(|response| response.status().as_u16() == 501) => Ok(()),
        Err(error) => {
            let error = failed(&target.address, DELETE)(error);
            match error.code.as_deref() {
                Some("UnknownOperationException" | "NotImplemented" | "UnsupportedFeatureException") => Ok(()),
                _ => Err(error),
            }
        }
    }
}
