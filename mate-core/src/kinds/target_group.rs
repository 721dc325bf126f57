//! A target group of type ip (`elbv2:TargetGroup`).

use serde::{Deserialize, Serialize};

use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};

/// A target group of type ip (`elbv2:TargetGroup`).
#[derive(Debug)]
pub struct TargetGroup;

impl TargetGroup {
    /// Its ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
    /// The part of its ARN that metrics are named by, `targetgroup/name/id`.
    pub const FULL_NAME: Output<Self, String> = Output::new("full_name");
}

/// What a target group is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetGroupInputs {
    /// The port that the targets listen on.
    pub port: u16,
    /// `HTTP` or `HTTPS`.
    pub protocol: String,
    /// The VPC.
    pub vpc_id: Input<String>,
    /// How a target is found healthy.
    pub health_check: TargetHealthCheck,
    /// Seconds that a target is drained for, 0 to 3600.
    pub deregistration_delay_seconds: u16,
    /// Seconds that a client stays with its target by cookie, 1 to 604800; none for no stickiness.
    pub stickiness_seconds: Option<u32>,
}

/// How a target is found healthy.
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

impl Kind for TargetGroup {
    const NAME: &'static str = "elbv2:TargetGroup";
    type Inputs = TargetGroupInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["arn", "full_name"],
            revised_outputs: &[],
            named_outputs: &[],
            replace: ReplaceOrder::CreateFirst,
            data: Data::None,
            lost: DriftClass::Capacity,
            timing: |_| Timing::seconds(2, 2, 2),
            name_rule: NameRule { max: 32 },
            taggable: true,
            deduplicated: true,
            run_once: false,
        }
    }
}
