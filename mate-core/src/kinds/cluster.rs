//! An ECS cluster on Fargate (`ecs:Cluster`).

use serde::{Deserialize, Serialize};

use super::service::CapacityProvider;
use crate::model::Output;
use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};

/// An ECS cluster on Fargate (`ecs:Cluster`).
#[derive(Debug)]
pub struct Cluster;

impl Cluster {
    /// Its ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
    /// Its name.
    pub const NAME: Output<Self, String> = Output::new("cluster_name");
}

/// What a cluster is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterInputs {
    /// Whether Container Insights is on.
    pub container_insights: bool,
    /// The capacity that its services may use: `FARGATE`, `FARGATE_SPOT`.
    pub capacity_providers: Vec<String>,
    /// Where tasks run that do not say it themselves.
    pub default_strategy: Vec<CapacityProvider>,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("container_insights", Impact::InPlace).class(DriftClass::Cosmetic),
    FieldRule::new("capacity_providers", Impact::InPlace).class(DriftClass::Capacity).unordered(),
    FieldRule::new("default_strategy", Impact::InPlace).class(DriftClass::Capacity).unordered(),
];

impl Kind for Cluster {
    const NAME: &'static str = "ecs:Cluster";
    type Inputs = ClusterInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["arn", "cluster_name"],
            revised_outputs: &[],
            named_outputs: &["arn", "cluster_name"],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::None,
            lost: DriftClass::Capacity,
            timing: |_| Timing::seconds(10, 5, 5),
            name_rule: NameRule { max: 255 },
            taggable: true,
            deduplicated: true,
            run_once: false,
        }
    }
}
