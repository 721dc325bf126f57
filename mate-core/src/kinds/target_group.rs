//! A target group of type ip (`elbv2:TargetGroup`).

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::model::{
    AdoptFacet, ArnForm, DriftClass, FieldRule, HealthFacet, Impact, Input, Kind, KindModel, Link, Naming, Output,
    Quota, ReplaceOrder, Sample, SimFacet, TerraformType, Timing, outputs,
};

/// A target group of type ip (`elbv2:TargetGroup`).
#[derive(Debug)]
pub struct TargetGroup;

impl TargetGroup {
    /// Its ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
    /// The part of its ARN that metrics are named by, `targetgroup/name/id`.
    pub const FULL_NAME: Output<Self, String> = Output::new("full_name");
}

/// The inputs of a target group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetGroupInputs {
    /// The port that the targets listen on.
    pub port: u16,
    /// `HTTP` or `HTTPS`.
    pub protocol: String,
    /// The VPC.
    pub vpc_id: Input<String>,
    /// The health check of the targets.
    pub health_check: TargetHealthCheck,
    /// Seconds that a target is drained for, 0 to 3600.
    pub deregistration_delay_seconds: u16,
    /// Seconds that a client stays with its target by cookie, 1 to 604800; none for no stickiness.
    pub stickiness_seconds: Option<u32>,
}

/// The health check of the targets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetHealthCheck {
    /// The path asked for.
    pub path: String,
    /// The answers that count as healthy: `200,301,302` or `200-299`.
    pub matcher: String,
    /// Seconds between checks, 5 to 300.
    pub interval_seconds: u16,
    /// Seconds until a check has failed, 2 to 120.
    pub timeout_seconds: u16,
    /// Good checks until healthy, 2 to 10.
    pub healthy_threshold: u8,
    /// Bad checks until unhealthy, 2 to 10.
    pub unhealthy_threshold: u8,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("port", Impact::Replace("the port of a target group is fixed at creation"))
        .class(DriftClass::Capacity),
    FieldRule::new("protocol", Impact::Replace("the protocol of a target group is fixed at creation"))
        .class(DriftClass::Security),
    FieldRule::new("vpc_id", Impact::Replace("a target group belongs to one VPC")).class(DriftClass::Security),
    FieldRule::new("health_check", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("deregistration_delay_seconds", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("stickiness_seconds", Impact::InPlace).class(DriftClass::Capacity),
];

fn tg_full_name(n: &Naming<'_>) -> String {
    format!("targetgroup/{}/{}", n.name(), n.hex("id", 16))
}

const SIM: SimFacet = SimFacet {
    physical_id: |n| n.arn("elasticloadbalancing", &tg_full_name(n)),
    outputs: Some(|n| {
        let full_name = tg_full_name(n);
        outputs([("arn", json!(n.arn("elasticloadbalancing", &full_name))), ("full_name", json!(full_name))])
    }),
    calls: ("CreateTargetGroup", "ModifyTargetGroup", "DeleteTargetGroup"),
    exists: "DuplicateTargetGroupName",
    quota: "TooManyTargetGroups",
    read: Some(("elbv2:DescribeTargetGroups", 20)),
    ..SimFacet::PLAIN
};

const LINKS: &[Link] = &[Link::new("vpc_id", "ec2:VPC", "vpc_id", "ValidationError").or_base()];

const ADOPT: AdoptFacet = AdoptFacet {
    name: |id| id.strip_prefix("targetgroup/")?.split('/').next(),
    place: &["vpc_id"],
    terraform: &[TerraformType {
        names: &["aws_lb_target_group", "aws_alb_target_group"],
        hints: &[("vpc_id", "vpc_id"), ("port", "port"), ("protocol", "protocol")],
        ..TerraformType::ARN
    }],
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "elasticloadbalancing",
    "L-B22855CB",
    "Target Groups per Region",
    3000,
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html",
)];

const SAMPLES: &[Sample] = &[Sample::new(
    "target-group",
    |base| base.name("web"),
    |base| {
        json!(TargetGroupInputs {
            port: 8000,
            protocol: "HTTP".into(),
            vpc_id: base.vpc_id.clone().into(),
            health_check: TargetHealthCheck {
                path: "/admin/".into(),
                matcher: "200,301,302".into(),
                interval_seconds: 30,
                timeout_seconds: 5,
                healthy_threshold: 2,
                unhealthy_threshold: 2,
            },
            deregistration_delay_seconds: 30,
            stickiness_seconds: None,
        })
    },
)
.updated("deregistration_delay_seconds", || json!(60))];

impl Kind for TargetGroup {
    const NAME: &'static str = "elbv2:TargetGroup";
    type Inputs = TargetGroupInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["arn", "full_name"])
            .with_replace(ReplaceOrder::CreateFirst)
            .with_lost(DriftClass::Capacity)
            .with_timing(|_| Timing::seconds(2, 2, 2))
            .with_name_max(32)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_arn(ArnForm::whole("elasticloadbalancing", "targetgroup/"))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
            .with_health(HealthFacet::Serving)
    }
}
