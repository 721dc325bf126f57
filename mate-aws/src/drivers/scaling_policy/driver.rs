use async_trait::async_trait;
use aws_sdk_applicationautoscaling::types::{
    MetricType, PolicyType, PredefinedMetricSpecification, ScalableDimension, ScalingPolicy as Described,
    ServiceNamespace, TargetTrackingScalingPolicyConfiguration,
};
use mate_core::kinds::ScalingPolicy;
use mate_core::kinds::scaling_policy::{ScalingMetric, ScalingPolicyInputs};
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
use crate::drivers::batch::{count, fixed, gone, grouped, present, signed, unlike};
use crate::drivers::fields::{self, missing, text, value};
use crate::policy::Actions;

const PUT: &str = "application-autoscaling:PutScalingPolicy";
const DELETE: &str = "application-autoscaling:DeleteScalingPolicy";

/// Most policy names that one call takes.
const PAGE: usize = 50;

/// Target-tracking policies, found by the service and name of the recorded ARN, else by the desired ones. A policy
/// carries no tags: one that has our name at our service is ours. It goes with its scalable target.
#[derive(Debug)]
pub(crate) struct ScalingPolicyDriver;

#[async_trait]
impl Driver for ScalingPolicyDriver {
    fn model(&self) -> KindModel {
        ScalingPolicy::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        grouped(targets, PAGE, keys, |(id, place), group| read(aws, id, place, group)).await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        match present(self, aws, target, PUT).await? {
            Some(live) => change(aws, target, live).await,
            None => put(aws, target, &target.name).await,
        }
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let live = present(self, aws, target, PUT).await?.ok_or_else(|| gone(target, PUT))?;
        if fields::to_change::<ScalingPolicy>(request, &live).is_empty() {
            return Ok(live.into());
        }
        change(aws, target, live).await
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        let target = &request.target;
        let Some(live) = present(self, aws, target, DELETE).await? else {
            return Ok(Deleted::Gone);
        };
        let resource = live.inputs.get("resource_id").and_then(Value::as_str).unwrap_or_default();
        let answer = aws
            .applicationautoscaling
            .delete_scaling_policy()
            .service_namespace(ServiceNamespace::Ecs)
            .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
            .resource_id(resource)
            .policy_name(name(target, &live.physical_id))
            .send()
            .await
            .map_err(failed(&target.address, DELETE));
        match answer {
            Err(error) if error.class != ErrorClass::NotFound => Err(error),
            _ => Ok(Deleted::Gone),
        }
    }
}

/// The service and the name in a policy's ARN (`…:resource/ecs/service/cluster/name:policyName/…`).
fn place(arn: &str) -> Option<(&str, &str)> {
    arn.split_once(":resource/ecs/")?.1.split_once(":policyName/")
}

/// The name of a policy that is there.
fn name<'a>(target: &'a Target, arn: &'a str) -> &'a str {
    place(arn).map_or(&target.name, |(_, name)| name)
}

/// The services and names that the policy can have: the recorded ones first, then the desired ones.
fn places(target: &Target) -> Vec<(&str, &str)> {
    let recorded = target.physical_id.as_deref().and_then(place);
    let desired = text(target, "resource_id").map(|resource| (resource, target.name.as_str()));
    let mut places: Vec<(&str, &str)> = recorded.into_iter().chain(desired).collect();
    places.dedup();
    places
}

/// The groups that are read together: the policies of one service. The index in a key is that of the target's place.
fn keys(target: &Target) -> Vec<(String, usize)> {
    places(target).into_iter().enumerate().map(|(place, (resource, _))| (resource.to_owned(), place)).collect()
}

async fn read(
    aws: &Aws,
    resource: String,
    place: usize,
    group: Vec<&Target>,
) -> Result<Vec<Observation>, ProviderError> {
    let wanted: Vec<&str> = group
        .iter()
        .map(|target| places(target).into_iter().nth(place).map_or(target.name.as_str(), |(_, name)| name))
        .collect();
    let mut names: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
    names.sort();
    names.dedup();
    let mut pages = aws
        .applicationautoscaling
        .describe_scaling_policies()
        .service_namespace(ServiceNamespace::Ecs)
        .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
        .resource_id(&resource)
        .set_policy_names(Some(names))
        .into_paginator()
        .send();
    let mut policies = Vec::new();
    while let Some(page) = pages.next().await {
        match page.map_err(failed(&group[0].address, "application-autoscaling:DescribeScalingPolicies")) {
            Ok(page) => policies.extend(page.scaling_policies.unwrap_or_default()),
            Err(error) if error.class == ErrorClass::NotFound => break,
            Err(error) => return Err(error),
        }
    }
    let answer = |wanted: &&str| {
        let named = |one: &&Described| one.policy_name == *wanted && one.resource_id == resource;
        policies.iter().find(named).map_or(Observation::Absent, |policy| Observation::Present(live(policy)))
    };
    Ok(wanted.iter().map(answer).collect())
}

fn live(policy: &Described) -> Live {
    let mut inputs = Map::new();
    inputs.insert("resource_id".into(), json!(policy.resource_id()));
    let tracking = policy.target_tracking_scaling_policy_configuration();
    let metric = tracking.and_then(|one| read_metric(one.predefined_metric_specification()?));
    let metric = metric.and_then(|metric| serde_json::to_value(metric).ok());
    // What the kind cannot say is told as `other`, and so differs from every wish.
    inputs.insert("metric".into(), metric.unwrap_or_else(|| json!({ "other": policy.policy_type().as_str() })));
    if let Some(tracking) = tracking {
        inputs.insert("target_value".into(), json!(tracking.target_value()));
        for (field, seconds) in [
            ("scale_in_cooldown_seconds", tracking.scale_in_cooldown()),
            ("scale_out_cooldown_seconds", tracking.scale_out_cooldown()),
        ] {
            if let Some(seconds) = seconds {
                inputs.insert(field.into(), json!(count(seconds)));
            }
        }
    }
    Live {
        physical_id: policy.policy_arn().to_owned(),
        status: Status::Ready,
        inputs: Value::Object(inputs),
        outputs: outputs(policy.policy_arn()),
        tags: Tags::new(),
    }
}

fn outputs(arn: &str) -> Outputs {
    Outputs::from([("arn".to_owned(), json!(arn))])
}

fn read_metric(specification: &PredefinedMetricSpecification) -> Option<ScalingMetric> {
    match specification.predefined_metric_type() {
        MetricType::EcsServiceAverageCpuUtilization => Some(ScalingMetric::Cpu),
        MetricType::EcsServiceAverageMemoryUtilization => Some(ScalingMetric::Memory),
        MetricType::AlbRequestCountPerTarget => {
            let label = specification.resource_label()?;
            let place = label.find("/targetgroup/")?;
            Some(ScalingMetric::RequestsPerTarget {
                load_balancer: label[..place].into(),
                target_group: label[place + 1..].into(),
            })
        }
        _ => None,
    }
}

fn write_metric(target: &Target, metric: &ScalingMetric) -> Result<PredefinedMetricSpecification, ProviderError> {
    let built = match metric {
        ScalingMetric::Cpu => {
            PredefinedMetricSpecification::builder().predefined_metric_type(MetricType::EcsServiceAverageCpuUtilization)
        }
        ScalingMetric::Memory => PredefinedMetricSpecification::builder()
            .predefined_metric_type(MetricType::EcsServiceAverageMemoryUtilization),
        ScalingMetric::RequestsPerTarget { load_balancer, target_group } => PredefinedMetricSpecification::builder()
            .predefined_metric_type(MetricType::AlbRequestCountPerTarget)
            .resource_label(format!("{}/{}", value(target, load_balancer)?, value(target, target_group)?)),
    };
    built.build().map_err(|error| bug(target, &error.to_string()))
}

fn bug(target: &Target, message: &str) -> ProviderError {
    ProviderError::new(ErrorClass::Bug, PUT, target.address.clone()).with_message(message)
}

fn tracking(
    target: &Target,
    inputs: &ScalingPolicyInputs,
) -> Result<TargetTrackingScalingPolicyConfiguration, ProviderError> {
    TargetTrackingScalingPolicyConfiguration::builder()
        .target_value(inputs.target_value)
        .predefined_metric_specification(write_metric(target, &inputs.metric)?)
        .scale_in_cooldown(signed(inputs.scale_in_cooldown_seconds))
        .scale_out_cooldown(signed(inputs.scale_out_cooldown_seconds))
        .build()
        .map_err(|error| bug(target, &error.to_string()))
}

/// Writes the whole policy when anything of it differs.
async fn change(aws: &Aws, target: &Target, live: Live) -> Result<Created, ProviderError> {
    let fields = unlike(&ScalingPolicy::model(), target, &live);
    if fields.iter().any(|field| field == "resource_id") {
        return Err(fixed(target, PUT, &["resource_id".to_owned()]));
    }
    if fields.is_empty() {
        return Ok(live.into());
    }
    put(aws, target, name(target, &live.physical_id)).await
}

async fn put(aws: &Aws, target: &Target, name: &str) -> Result<Created, ProviderError> {
    let inputs = target.typed::<ScalingPolicy>()?;
    let answer = aws
        .applicationautoscaling
        .put_scaling_policy()
        .policy_name(name)
        .service_namespace(ServiceNamespace::Ecs)
        .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
        .resource_id(value(target, &inputs.resource_id)?)
        .policy_type(PolicyType::TargetTrackingScaling)
        .target_tracking_scaling_policy_configuration(tracking(target, &inputs)?)
        .send()
        .await
        .map_err(failed(&target.address, PUT))
        .map_err(missing)?;
    let arn = answer.policy_arn;
    Ok(Created { outputs: outputs(&arn), physical_id: arn, status: Status::Ready })
}
