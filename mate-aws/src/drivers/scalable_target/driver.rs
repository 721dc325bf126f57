use async_trait::async_trait;
use aws_sdk_applicationautoscaling::config::retry::RetryConfig;
use aws_sdk_applicationautoscaling::types::{
    ScalableDimension, ScalableTarget as Described, ServiceNamespace, SuspendedState,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures::{StreamExt, TryStreamExt};
use mate_core::kinds::ScalableTarget;
use mate_core::model::ids::Address;
use mate_core::model::{ArnForm, Kind, KindModel};
use mate_core::model::{Outputs, Tags};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Discovered, ErrorClass, Live, Observation, ProviderError, Scope,
    Status, Target, UpdateRequest,
};
use serde_json::{Value, json};

use super::{actions, alive};
use crate::classify::failed;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::batch::{count, fixed, gone, grouped, present, signed, unlike};
use crate::drivers::fields::{self, text, unsettled, value};
use crate::policy::Actions;
use crate::tags::{TagChange, judge};

const REGISTER: &str = "application-autoscaling:RegisterScalableTarget";
const LIST_TAGS: &str = "application-autoscaling:ListTagsForResource";
const DEREGISTER: &str = "application-autoscaling:DeregisterScalableTarget";

/// Most resource ids that one call takes.
const PAGE: usize = 50;

/// The bounds of a service's desired count, found by the service's resource id, which is the physical id too.
///
/// Ownership is told by tags. Where the endpoint keeps none for scalable targets, it is told by the tags of the service
/// that the target hangs on: a target has no life of its own.
#[derive(Debug)]
pub(crate) struct ScalableTargetDriver;

#[async_trait]
impl Driver for ScalableTargetDriver {
    fn model(&self) -> KindModel {
        ScalableTarget::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    fn arn(&self) -> Option<ArnForm> {
        Some(ArnForm::whole("application-autoscaling", "scalable-target/"))
    }

    async fn alive(&self, aws: &Aws, scope: &Scope, found: Vec<Discovered>) -> Result<Vec<Discovered>, ProviderError> {
        alive::only(aws, scope, found).await
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        grouped(targets, PAGE, resources, |id, group| read(aws, id, group)).await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        // A second registration changes the one that is there, whoever made it: so look first.
        if let Some(live) = present(self, aws, target, REGISTER).await? {
            let fields = unlike(&ScalableTarget::model(), target, &live);
            if fields.iter().any(|field| field == "resource_id") {
                return Err(fixed(target, REGISTER, &["resource_id".to_owned()]));
            }
            let tags = TagChange::new(&live.tags, &target.tags);
            return change(aws, target, live, &fields, &tags).await;
        }
        register(aws, target, Some(&target.tags)).await?;
        let id = text(target, "resource_id").unwrap_or_default();
        Ok(Created { physical_id: id.to_owned(), status: Status::Ready, outputs: outputs(id) })
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let live = present(self, aws, target, REGISTER).await?.ok_or_else(|| gone(target, REGISTER))?;
        let fields = fields::to_change::<ScalableTarget>(request, &live);
        let tags = TagChange::of(request, &live.tags);
        change(aws, target, live, &fields, &tags).await
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        let target = &request.target;
        let Some(live) = present(self, aws, target, DEREGISTER).await? else {
            return Ok(Deleted::Gone);
        };
        let answer = aws
            .applicationautoscaling
            .deregister_scalable_target()
            .service_namespace(ServiceNamespace::Ecs)
            .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
            .resource_id(&live.physical_id)
            .send()
            .await
            .map_err(failed(&target.address, DEREGISTER));
        match answer {
            Err(error) if error.class != ErrorClass::NotFound => Err(error),
            _ => Ok(Deleted::Gone),
        }
    }
}

/// The resources that the target can be of: the recorded one first, then the desired one. All resources share the
/// calls, so the key is only the place in this list.
fn resources(target: &Target) -> Vec<usize> {
    (0..resource_ids(target).len()).collect()
}

fn resource_ids(target: &Target) -> Vec<String> {
    let mut ids: Vec<String> = target
        .physical_id
        .as_deref()
        .into_iter()
        .chain(text(target, "resource_id"))
        .filter(|id| id.starts_with("service/"))
        .map(str::to_owned)
        .collect();
    ids.dedup();
    ids
}

async fn read(aws: &Aws, place: usize, group: Vec<&Target>) -> Result<Vec<Observation>, ProviderError> {
    let address = &group[0].address;
    let wanted: Vec<String> = group.iter().filter_map(|target| resource_ids(target).into_iter().nth(place)).collect();
    let mut ids = wanted.clone();
    ids.sort();
    ids.dedup();
    let mut pages = aws
        .applicationautoscaling
        .describe_scalable_targets()
        .service_namespace(ServiceNamespace::Ecs)
        .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
        .set_resource_ids(Some(ids))
        .into_paginator()
        .send();
    let mut described = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed(address, "application-autoscaling:DescribeScalableTargets"))?;
        described.extend(page.scalable_targets.unwrap_or_default());
    }
    let mut answers = Vec::new();
    for (target, id) in group.into_iter().zip(wanted) {
        let found = described.iter().find(|one| one.resource_id == id);
        answers.push(async move {
            match found {
                Some(found) => answer(aws, target, found).await,
                None => Ok(Observation::Absent),
            }
        });
    }
    futures::stream::iter(answers).buffered(8).try_collect().await
}

async fn answer(aws: &Aws, target: &Target, found: &Described) -> Result<Observation, ProviderError> {
    let tags = match found.scalable_target_arn() {
        Some(arn) => tags_of(aws, &target.address, arn).await?,
        None => Kept::Nowhere,
    };
    match tags {
        Kept::Tags(tags) => Ok(judge(target, live(target, found, tags))),
        Kept::Nowhere => by_service(aws, target, found).await,
    }
}

/// The place of a scalable target's tags.
enum Kept {
    Tags(Tags),
    /// The endpoint keeps none.
    Nowhere,
}

async fn tags_of(aws: &Aws, address: &Address, arn: &str) -> Result<Kept, ProviderError> {
    let once = aws_sdk_applicationautoscaling::Config::builder().retry_config(RetryConfig::disabled());
    let answer = aws
        .applicationautoscaling
        .list_tags_for_resource()
        .resource_arn(arn)
        .customize()
        .config_override(once)
        .send()
        .await;
    match answer {
        Ok(answer) => Ok(Kept::Tags(answer.tags.unwrap_or_default().into_iter().collect())),
        // An endpoint that does not know the call answers with a bare status. AWS puts a code beside every status.
        Err(error)
            if error.code().is_none() && error.raw_response().is_some_and(|answer| answer.status().as_u16() >= 400) =>
        {
            Ok(Kept::Nowhere)
        }
        Err(error) => Err(unsettled(failed(address, LIST_TAGS)(error))),
    }
}

/// Judges by the tags of the service.
#[cfg(feature = "ecs")]
async fn by_service(aws: &Aws, target: &Target, found: &Described) -> Result<Observation, ProviderError> {
    use aws_sdk_ecs::types::ServiceField;
    use mate_core::model::Ownership;

    use crate::drivers::ecs::tag_map;
    use crate::tags::not_ours;

    let mut parts = found.resource_id().splitn(3, '/').skip(1);
    let (Some(cluster), Some(service)) = (parts.next(), parts.next()) else {
        return Ok(Observation::Foreign(not_ours(target, &Tags::new())));
    };
    let answer = aws
        .ecs
        .describe_services()
        .cluster(cluster)
        .services(service)
        .include(ServiceField::Tags)
        .send()
        .await
        .map_err(failed(&target.address, "ecs:DescribeServices"));
    let tags = match answer {
        Ok(answer) => answer.services().first().map(|service| tag_map(service.tags())).unwrap_or_default(),
        Err(error) if error.class == ErrorClass::NotFound => Tags::new(),
        Err(error) => return Err(error),
    };
    let recorded = target.physical_id.as_deref() == Some(found.resource_id());
    let hangs_on_ours = Ownership::from_tags(&tags).map_or(recorded && tags.is_empty(), |owner| {
        owner.tenant == target.address.tenant && owner.environment == target.address.environment
    });
    Ok(if hangs_on_ours || target.accepts(&tags) {
        Observation::Present(live(target, found, target.tags.clone()))
    } else {
        Observation::Foreign(not_ours(target, &tags))
    })
}

/// Judges by the record alone: without the ECS client the service cannot be asked.
#[cfg(not(feature = "ecs"))]
async fn by_service(_: &Aws, target: &Target, found: &Described) -> Result<Observation, ProviderError> {
    use crate::tags::not_ours;

    let recorded = target.physical_id.as_deref() == Some(found.resource_id());
    Ok(if recorded || target.accepts(&Tags::new()) {
        Observation::Present(live(target, found, target.tags.clone()))
    } else {
        Observation::Foreign(not_ours(target, &Tags::new()))
    })
}

fn live(target: &Target, found: &Described, tags: Tags) -> Live {
    let state = found.suspended_state();
    let on = |flag: Option<bool>| flag.unwrap_or_default();
    let inward = on(state.and_then(|state| state.dynamic_scaling_in_suspended()));
    let outward = on(state.and_then(|state| state.dynamic_scaling_out_suspended()));
    // Half suspended is neither, and so differs from every wish.
    let wanted = target.inputs.get("suspended").and_then(Value::as_bool).unwrap_or_default();
    let suspended = if inward == outward { inward } else { !wanted };
    Live {
        physical_id: found.resource_id().to_owned(),
        status: Status::Ready,
        inputs: json!({
            "resource_id": found.resource_id(),
            "min_capacity": count(found.min_capacity()),
            "max_capacity": count(found.max_capacity()),
            "suspended": suspended,
        }),
        outputs: outputs(found.resource_id()),
        tags,
    }
}

fn outputs(resource_id: &str) -> Outputs {
    Outputs::from([("resource_id".to_owned(), json!(resource_id))])
}

/// Registers the target, or changes it when it is there. AWS takes tags only with the first registration.
async fn register(aws: &Aws, target: &Target, tags: Option<&Tags>) -> Result<(), ProviderError> {
    let inputs = target.typed::<ScalableTarget>()?;
    let state = SuspendedState::builder()
        .dynamic_scaling_in_suspended(inputs.suspended)
        .dynamic_scaling_out_suspended(inputs.suspended)
        .scheduled_scaling_suspended(inputs.suspended)
        .build();
    aws.applicationautoscaling
        .register_scalable_target()
        .service_namespace(ServiceNamespace::Ecs)
        .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
        .resource_id(value(target, &inputs.resource_id)?)
        .min_capacity(signed(inputs.min_capacity))
        .max_capacity(signed(inputs.max_capacity))
        .suspended_state(state)
        .set_tags(tags.map(|tags| tags.clone().into_iter().collect()))
        .send()
        .await
        .map_err(failed(&target.address, REGISTER))?;
    Ok(())
}

async fn change(
    aws: &Aws,
    target: &Target,
    live: Live,
    fields: &[String],
    tags: &TagChange,
) -> Result<Created, ProviderError> {
    if fields.iter().any(|field| field != "tags") {
        register(aws, target, None).await?;
    }
    if fields.iter().any(|field| field == "tags") && !tags.is_empty() {
        change_tags(aws, target, &live.physical_id, tags).await?;
    }
    Ok(live.into())
}

async fn change_tags(aws: &Aws, target: &Target, resource_id: &str, tags: &TagChange) -> Result<(), ProviderError> {
    let described = aws
        .applicationautoscaling
        .describe_scalable_targets()
        .service_namespace(ServiceNamespace::Ecs)
        .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
        .resource_ids(resource_id)
        .send()
        .await
        .map_err(failed(&target.address, "application-autoscaling:DescribeScalableTargets"))?;
    let Some(arn) = described.scalable_targets().iter().find_map(|one| one.scalable_target_arn()) else {
        return Err(gone(target, "application-autoscaling:TagResource"));
    };
    if !tags.set.is_empty() {
        let call = aws.applicationautoscaling.tag_resource().resource_arn(arn);
        let call = call.set_tags(Some(tags.set.clone().into_iter().collect()));
        call.send().await.map_err(failed(&target.address, "application-autoscaling:TagResource"))?;
    }
    if !tags.remove.is_empty() {
        let call = aws.applicationautoscaling.untag_resource().resource_arn(arn).set_tag_keys(Some(tags.keys()));
        call.send().await.map_err(failed(&target.address, "application-autoscaling:UntagResource"))?;
    }
    Ok(())
}
