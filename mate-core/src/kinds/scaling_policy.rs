//! A target-tracking policy of a service (`application-autoscaling:ScalingPolicy`).

use serde::{Deserialize, Serialize};

use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};

/// A target-tracking policy of a service (`application-autoscaling:ScalingPolicy`).
#[derive(Debug)]
pub struct ScalingPolicy;

impl ScalingPolicy {
    /// Its ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
}

/// What a target-tracking policy is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScalingPolicyInputs {
    /// The service, as its scalable target names it.
    pub resource_id: Input<String>,
    /// What is measured.
    pub metric: ScalingMetric,
    /// The figure to hold: percent, or requests a target and minute.
    pub target_value: f64,
    /// Seconds to wait after scaling in.
    pub scale_in_cooldown_seconds: u32,
    /// Seconds to wait after scaling out.
    pub scale_out_cooldown_seconds: u32,
}

/// What a policy measures.
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

impl Kind for ScalingPolicy {
    const NAME: &'static str = "application-autoscaling:ScalingPolicy";
    type Inputs = ScalingPolicyInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["arn"],
            revised_outputs: &[],
            named_outputs: &[],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::None,
            lost: DriftClass::Capacity,
            timing: |_| Timing::seconds(2, 2, 2),
            name_rule: NameRule { max: 255 },
            taggable: false,
            deduplicated: true,
            run_once: false,
        }
    }
}
