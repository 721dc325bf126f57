//! A target-tracking policy of a service (`application-autoscaling:ScalingPolicy`).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{LoadBalancer, ScalableTarget, TargetGroup};
use crate::model::{
    AdoptFacet, ArnForm, Companion, DriftClass, FieldRule, Impact, Input, Kind, KindModel, Link, Naming, Output,
    ReplaceOrder, Sample, SimFacet, TerraformType, Timing, outputs,
};

/// A target-tracking policy of a service (`application-autoscaling:ScalingPolicy`).
#[derive(Debug)]
pub struct ScalingPolicy;

impl ScalingPolicy {
    /// Its ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
}

/// The inputs of a target-tracking policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScalingPolicyInputs {
    /// The service, as its scalable target names it.
    pub resource_id: Input<String>,
    /// The metric.
    pub metric: ScalingMetric,
    /// The target value of the metric: percent, or requests per target and minute.
    pub target_value: f64,
    /// Seconds to wait after scaling in.
    pub scale_in_cooldown_seconds: u32,
    /// Seconds to wait after scaling out.
    pub scale_out_cooldown_seconds: u32,
}

/// The metric of a policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ScalingMetric {
    /// `ECSServiceAverageCPUUtilization`.
    Cpu,
    /// `ECSServiceAverageMemoryUtilization`.
    Memory,
    /// `ALBRequestCountPerTarget`.
    RequestsPerTarget {
        /// The load balancer's full name.
        load_balancer: Input<String>,
        /// The target group's full name.
        target_group: Input<String>,
    },
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("resource_id", Impact::Replace("a policy is of one service")).class(DriftClass::Capacity),
    FieldRule::new("metric", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("target_value", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("scale_in_cooldown_seconds", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("scale_out_cooldown_seconds", Impact::InPlace).class(DriftClass::Capacity),
];

fn policy_arn(n: &Naming<'_>) -> String {
    let id = n.uuid("id");
    let resource = format!("scalingPolicy:{id}:resource/ecs/{}:policyName/{}", n.text("resource_id"), n.name());
    n.arn("autoscaling", &resource)
}

const SIM: SimFacet = SimFacet {
    physical_id: policy_arn,
    outputs: Some(|n| outputs([("arn", json!(policy_arn(n)))])),
    scope: "resource_id",
    calls: ("PutScalingPolicy", "PutScalingPolicy", "DeleteScalingPolicy"),
    quota: "LimitExceededException",
    read: Some(("application-autoscaling:DescribeScalingPolicies", 10)),
    ..SimFacet::PLAIN
};

const LINKS: &[Link] =
    &[Link::new("resource_id", "application-autoscaling:ScalableTarget", "resource_id", "ObjectNotFoundException")
        .goes_along()];

const ADOPT: AdoptFacet = AdoptFacet {
    name: |id| id.split_once(":policyName/").map(|(_, name)| name),
    place: &["resource_id"],
    terraform: &[TerraformType {
        names: &["aws_appautoscaling_policy"],
        id: |r| r.text("arn"),
        name: &["name"],
        hints: &[("resource_id", "resource_id")],
        covers: |r| r.is("service_namespace", "ecs") && r.is("policy_type", "TargetTrackingScaling"),
        ..TerraformType::PLAIN
    }],
    ..AdoptFacet::PLAIN
};

const COMPANIONS: &[Companion] = &[Companion {
    kind: "cloudwatch:Alarm",
    name: "TargetTracking-{resource_id}-*",
    stays: false,
    source: "https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking.html",
}];

const SAMPLES: &[Sample] = &[Sample::new(
    "scaling-policy",
    |base| base.name("requests"),
    |base| {
        json!(ScalingPolicyInputs {
            resource_id: base.out("scalable-target", ScalableTarget::RESOURCE_ID),
            metric: ScalingMetric::RequestsPerTarget {
                load_balancer: base.out("load-balancer", LoadBalancer::FULL_NAME),
                target_group: base.out("target-group", TargetGroup::FULL_NAME),
            },
            target_value: 1000.0,
            scale_in_cooldown_seconds: 300,
            scale_out_cooldown_seconds: 60,
        })
    },
)
.updated("target_value", || json!(60.0))];

impl Kind for ScalingPolicy {
    const NAME: &'static str = "application-autoscaling:ScalingPolicy";
    type Inputs = ScalingPolicyInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["arn"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Capacity)
            .with_timing(|_| Timing::seconds(2, 2, 2))
            .with_name_max(255)
            .untaggable()
            .with_companions(COMPANIONS)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_arn(ArnForm::whole("autoscaling", "scalingPolicy:"))
            .with_adopt(&ADOPT)
    }
}
