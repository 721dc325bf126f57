//! The bounds of a service's autoscaling (`application-autoscaling:ScalableTarget`).

use serde::{Deserialize, Serialize};

use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};

/// The bounds of a service's autoscaling (`application-autoscaling:ScalableTarget`).
#[derive(Debug)]
pub struct ScalableTarget;

impl ScalableTarget {
    /// What is scaled, once it can be.
    pub const RESOURCE_ID: Output<Self, String> = Output::new("resource_id");
}

/// What a scalable target is made from (`ecs:service:DesiredCount`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScalableTargetInputs {
    /// The service, `service/{cluster}/{service}`.
    pub resource_id: Input<String>,
    /// Fewest tasks.
    pub min_capacity: u32,
    /// Most tasks.
    pub max_capacity: u32,
    /// Whether scaling is suspended, in and out.
    pub suspended: bool,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("resource_id", Impact::Replace("a scalable target is of one service")).class(DriftClass::Capacity),
    FieldRule::new("min_capacity", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("max_capacity", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("suspended", Impact::InPlace).class(DriftClass::Capacity),
];

impl Kind for ScalableTarget {
    const NAME: &'static str = "application-autoscaling:ScalableTarget";
    type Inputs = ScalableTargetInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["resource_id"],
            revised_outputs: &[],
            named_outputs: &["resource_id"],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::None,
            lost: DriftClass::Capacity,
            timing: |_| Timing::seconds(2, 2, 2),
            name_rule: NameRule { max: 255 },
            taggable: true,
            deduplicated: true,
            run_once: false,
        }
    }
}
