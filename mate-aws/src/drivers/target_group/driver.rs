use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_elasticloadbalancingv2::types::{
    Matcher, ProtocolEnum, TargetGroup as Described, TargetGroupAttribute, TargetTypeEnum,
};
use futures::{StreamExt, TryStreamExt};
use mate_core::kinds::TargetGroup;
use mate_core::kinds::target_group::{TargetGroupInputs, TargetHealthCheck};
use mate_core::model::ids::Address;
use mate_core::model::{Kind, KindModel};
use mate_core::model::{Outputs, Tags};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, ErrorClass, Live, Observation, ProviderError, Status, Target,
    UpdateRequest,
};
use serde_json::{Map, Value, json};

use super::actions;
use crate::classify::failed;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::batch::{fixed, found, gone, grouped, incomplete, present, signed, unlike, vanished};
use crate::drivers::elbv2::{By, PAGE, change_tags, full_name, tag_list, tags_of};
use crate::drivers::fields::{self, behind, missing, value};
use crate::policy::Actions;
use crate::tags::{TagChange, judge};

const DELAY: &str = "deregistration_delay.timeout_seconds";
const STICKY: &str = "stickiness.enabled";
const STICKY_TYPE: &str = "stickiness.type";
const STICKY_SECONDS: &str = "stickiness.lb_cookie.duration_seconds";

/// Target groups of type ip, found by the recorded ARN, else by name.
#[derive(Debug)]
pub(crate) struct TargetGroupDriver;

#[async_trait]
impl Driver for TargetGroupDriver {
    fn model(&self) -> KindModel {
        TargetGroup::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        grouped(targets, PAGE, By::all, |by, group| read(aws, by, group)).await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "elbv2:CreateTargetGroup";
        let target = &request.target;
        if let Some(live) = present(self, aws, target, CALL).await? {
            return adopt(aws, target, live).await;
        }
        let inputs = target.typed::<TargetGroup>()?;
        let check = &inputs.health_check;
        let answer = aws
            .elbv2
            .create_target_group()
            .name(&target.name)
            .target_type(TargetTypeEnum::Ip)
            .protocol(ProtocolEnum::from(inputs.protocol.as_str()))
            .port(i32::from(inputs.port))
            .vpc_id(value(target, &inputs.vpc_id)?)
            .health_check_enabled(true)
            .health_check_protocol(ProtocolEnum::from(inputs.protocol.as_str()))
            .health_check_path(&check.path)
            .health_check_interval_seconds(i32::from(check.interval_seconds))
            .health_check_timeout_seconds(i32::from(check.timeout_seconds))
            .healthy_threshold_count(i32::from(check.healthy_threshold))
            .unhealthy_threshold_count(i32::from(check.unhealthy_threshold))
            .matcher(Matcher::builder().http_code(&check.matcher).build())
            .set_tags(Some(tag_list(&target.tags)))
            .send()
            .await
            .map_err(failed(&target.address, CALL))
            .map_err(missing);
        let group = match answer {
            Ok(answer) => answer.target_groups.unwrap_or_default().into_iter().next(),
            Err(error) if error.class == ErrorClass::AlreadyExists => {
                return match present(self, aws, target, CALL).await? {
                    Some(live) => adopt(aws, target, live).await,
                    None => Err(error),
                };
            }
            Err(error) => return Err(error),
        };
        let arn = group.and_then(|group| group.target_group_arn).ok_or_else(|| incomplete(target, CALL, "ARN"))?;
        let created = Created { outputs: outputs(&arn), status: Status::Ready, physical_id: arn };
        match set_attributes(aws, &target.address, &created.physical_id, attributes(&inputs, |_| true)).await {
            Ok(()) => Ok(created),
            Err(error) => Err(behind(&created)(error)),
        }
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "elbv2:ModifyTargetGroup";
        let target = &request.target;
        let live = present(self, aws, target, CALL).await?.ok_or_else(|| gone(target, CALL))?;
        let fields = fields::to_change::<TargetGroup>(request, &live);
        change(aws, target, &live, &fields, &TagChange::of(request, &live.tags)).await?;
        Ok(live.into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        const CALL: &str = "elbv2:DeleteTargetGroup";
        let target = &request.target;
        let Some(live) = present(self, aws, target, CALL).await? else {
            return Ok(Deleted::Gone);
        };
        let answer = aws
            .elbv2
            .delete_target_group()
            .target_group_arn(&live.physical_id)
            .send()
            .await
            .map_err(failed(&target.address, CALL));
        match answer {
            Err(error) if error.class != ErrorClass::NotFound => Err(error),
            _ => Ok(Deleted::Gone),
        }
    }
}

async fn read(aws: &Aws, by: By, group: Vec<&Target>) -> Result<Vec<Observation>, ProviderError> {
    let address = &group[0].address;
    let groups = found(&by.keys(&group), PAGE, |keys| async move {
        let call = aws.elbv2.describe_target_groups();
        let call = match by {
            By::Arn => call.set_target_group_arns(Some(keys)),
            By::Name => call.set_names(Some(keys)),
        };
        let answer = call.send().await.map_err(failed(address, "elbv2:DescribeTargetGroups"))?;
        Ok(answer.target_groups.unwrap_or_default())
    })
    .await?;
    let arns: Vec<String> = groups.iter().filter_map(|one| one.target_group_arn.clone()).collect();
    if arns.is_empty() {
        return Ok(group.iter().map(|_| Observation::Absent).collect());
    }
    let tags = tags_of(aws, address, &arns).await?;
    let attributes: BTreeMap<String, Option<Attributes>> = futures::stream::iter(tags.keys().cloned())
        .map(|arn| async move { read_attributes(aws, address, arn).await })
        .buffered(8)
        .try_collect()
        .await?;
    let answer = |target: &Target| {
        let asked_for = groups.iter().find(|one| match by {
            By::Arn => one.target_group_arn() == Some(by.key(target)),
            By::Name => one.target_group_name() == Some(by.key(target)),
        });
        let Some((group, arn)) = asked_for.and_then(|group| Some((group, group.target_group_arn()?))) else {
            return Observation::Absent;
        };
        match (tags.get(arn), attributes.get(arn).and_then(Option::as_ref)) {
            (Some(tags), Some(attributes)) => judge(target, live(arn, group, tags, attributes)),
            _ => Observation::Unknown(vanished(target, "elbv2:DescribeTags")),
        }
    };
    Ok(group.into_iter().map(answer).collect())
}

type Attributes = BTreeMap<String, String>;

/// The attributes of a target group; none when it went away meanwhile.
async fn read_attributes(
    aws: &Aws,
    address: &Address,
    arn: String,
) -> Result<(String, Option<Attributes>), ProviderError> {
    let answer = aws
        .elbv2
        .describe_target_group_attributes()
        .target_group_arn(&arn)
        .send()
        .await
        .map_err(failed(address, "elbv2:DescribeTargetGroupAttributes"));
    match answer {
        Ok(answer) => {
            let pairs = answer.attributes.unwrap_or_default();
            Ok((arn, Some(pairs.into_iter().filter_map(|one| Some((one.key?, one.value?))).collect())))
        }
        Err(error) if error.class == ErrorClass::NotFound => Ok((arn, None)),
        Err(error) => Err(error),
    }
}

fn live(arn: &str, group: &Described, tags: &Tags, attributes: &Attributes) -> Live {
    let mut inputs = Map::new();
    let mut put = |field: &str, value: Option<Value>| {
        if let Some(value) = value {
            inputs.insert(field.to_owned(), value);
        }
    };
    put("port", group.port().map(|port| json!(port)));
    put("protocol", group.protocol().map(|protocol| json!(protocol.as_str())));
    put("vpc_id", group.vpc_id().map(|id| json!(id)));
    put("health_check", health_check(group).and_then(|check| serde_json::to_value(check).ok()));
    let seconds = |key: &str| attributes.get(key).and_then(|text| text.parse::<u32>().ok());
    put("deregistration_delay_seconds", seconds(DELAY).map(|seconds| json!(seconds)));
    put(
        "stickiness_seconds",
        attributes.get(STICKY).map(|on| if on == "true" { json!(seconds(STICKY_SECONDS)) } else { Value::Null }),
    );
    Live {
        physical_id: arn.to_owned(),
        status: Status::Ready,
        inputs: Value::Object(inputs),
        outputs: outputs(arn),
        tags: tags.clone(),
    }
}

fn health_check(group: &Described) -> Option<TargetHealthCheck> {
    Some(TargetHealthCheck {
        path: group.health_check_path()?.to_owned(),
        matcher: group.matcher()?.http_code()?.to_owned(),
        interval_seconds: group.health_check_interval_seconds()?.try_into().ok()?,
        timeout_seconds: group.health_check_timeout_seconds()?.try_into().ok()?,
        healthy_threshold: group.healthy_threshold_count()?.try_into().ok()?,
        unhealthy_threshold: group.unhealthy_threshold_count()?.try_into().ok()?,
    })
}

fn outputs(arn: &str) -> Outputs {
    Outputs::from([("arn".to_owned(), json!(arn)), ("full_name".to_owned(), json!(full_name(arn)))])
}

/// Brings an object of ours that a create found to the inputs.
async fn adopt(aws: &Aws, target: &Target, live: Live) -> Result<Created, ProviderError> {
    let fields = unlike(&TargetGroup::model(), target, &live);
    let stuck: Vec<String> =
        fields.iter().filter(|field| ["port", "protocol", "vpc_id"].contains(&field.as_str())).cloned().collect();
    if !stuck.is_empty() {
        return Err(fixed(target, "elbv2:CreateTargetGroup", &stuck));
    }
    match change(aws, target, &live, &fields, &TagChange::new(&live.tags, &target.tags)).await {
        Ok(()) => Ok(live.into()),
        Err(error) => Err(behind(&live.into())(error)),
    }
}

async fn change(
    aws: &Aws,
    target: &Target,
    live: &Live,
    fields: &[String],
    tags: &TagChange,
) -> Result<(), ProviderError> {
    let inputs = target.typed::<TargetGroup>()?;
    let (address, arn) = (&target.address, &live.physical_id);
    let named = |field: &str| fields.iter().any(|name| name == field);
    if named("health_check") {
        let check = &inputs.health_check;
        aws.elbv2
            .modify_target_group()
            .target_group_arn(arn)
            .health_check_enabled(true)
            .health_check_path(&check.path)
            .health_check_interval_seconds(i32::from(check.interval_seconds))
            .health_check_timeout_seconds(i32::from(check.timeout_seconds))
            .healthy_threshold_count(i32::from(check.healthy_threshold))
            .unhealthy_threshold_count(i32::from(check.unhealthy_threshold))
            .matcher(Matcher::builder().http_code(&check.matcher).build())
            .send()
            .await
            .map_err(failed(address, "elbv2:ModifyTargetGroup"))?;
    }
    set_attributes(aws, address, arn, attributes(&inputs, named)).await?;
    if named("tags") {
        change_tags(aws, address, arn, tags).await?;
    }
    Ok(())
}

fn attributes(inputs: &TargetGroupInputs, named: impl Fn(&str) -> bool) -> Vec<TargetGroupAttribute> {
    let mut attributes = Vec::new();
    let mut set = |key: &str, value: String| {
        attributes.push(TargetGroupAttribute::builder().key(key).value(value).build());
    };
    if named("deregistration_delay_seconds") {
        set(DELAY, inputs.deregistration_delay_seconds.to_string());
    }
    if named("stickiness_seconds") {
        set(STICKY, inputs.stickiness_seconds.is_some().to_string());
        if let Some(seconds) = inputs.stickiness_seconds {
            set(STICKY_TYPE, "lb_cookie".to_owned());
            set(STICKY_SECONDS, signed(seconds).to_string());
        }
    }
    attributes
}

async fn set_attributes(
    aws: &Aws,
    address: &Address,
    arn: &str,
    attributes: Vec<TargetGroupAttribute>,
) -> Result<(), ProviderError> {
    if attributes.is_empty() {
        return Ok(());
    }
    aws.elbv2
        .modify_target_group_attributes()
        .target_group_arn(arn)
        .set_attributes(Some(attributes))
        .send()
        .await
        .map_err(failed(address, "elbv2:ModifyTargetGroupAttributes"))?;
    Ok(())
}
