//! The bounds of a service's autoscaling (`application-autoscaling:ScalableTarget`).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Service;
use crate::model::{
    AdoptFacet, Companion, Deduplication, DriftClass, FieldRule, Impact, Input, Kind, KindModel, KnownId, Link, Output,
    Quota, ReplaceOrder, Sample, SimFacet, TerraformType, Timing, outputs,
};

/// The bounds of a service's autoscaling (`application-autoscaling:ScalableTarget`).
#[derive(Debug)]
pub struct ScalableTarget;

impl ScalableTarget {
    /// The scaled resource, available once scaling can be configured.
    pub const RESOURCE_ID: Output<Self, String> = Output::new("resource_id");
}

/// The inputs of a scalable target (`ecs:service:DesiredCount`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScalableTargetInputs {
    /// The service, `service/{cluster}/{service}`.
    pub resource_id: Input<String>,
    /// Fewest tasks.
    pub min_capacity: u32,
    /// Most tasks.
    pub max_capacity: u32,
    /// True if scaling is suspended, in and out.
    pub suspended: bool,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("resource_id", Impact::Replace("a scalable target is of one service")).class(DriftClass::Capacity),
    FieldRule::new("min_capacity", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("max_capacity", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("suspended", Impact::InPlace).class(DriftClass::Capacity),
];

const SIM: SimFacet = SimFacet {
    physical_id: |n| n.text("resource_id").to_owned(),
    outputs: Some(|n| outputs([("resource_id", json!(n.text("resource_id")))])),
    scope: "resource_id",
    place: &["resource_id"],
    calls: ("RegisterScalableTarget", "RegisterScalableTarget", "DeregisterScalableTarget"),
    exists: "ValidationException",
    quota: "LimitExceededException",
    read: Some(("application-autoscaling:DescribeScalableTargets", 50)),
    ..SimFacet::PLAIN
};

const LINKS: &[Link] = &[Link::new("resource_id", "ecs:Service", "resource_id", "ValidationException")];

const ADOPT: AdoptFacet = AdoptFacet {
    name: |id| id.rsplit('/').next(),
    keys: &["resource_id"],
    known: &[("resource_id", KnownId::Id)],
    terraform: &[TerraformType {
        names: &["aws_appautoscaling_target"],
        id: |r| r.text("resource_id"),
        hints: &[("resource_id", "resource_id")],
        covers: |r| r.is("service_namespace", "ecs"),
        ..TerraformType::PLAIN
    }],
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "application-autoscaling",
    "L-782A3EE2",
    "Scalable targets for ECS",
    3000,
    "https://docs.aws.amazon.com/general/latest/gr/as-app.html",
)];

const COMPANIONS: &[Companion] = &[Companion {
    kind: "iam:ServiceLinkedRole",
    name: "AWSServiceRoleForApplicationAutoScaling_ECSService",
    stays: true,
    source: "https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-service-linked-roles.html",
}];

const SAMPLES: &[Sample] = &[Sample::new(
    "scalable-target",
    |base| base.name("web"),
    |base| {
        json!(ScalableTargetInputs {
            resource_id: base.out("service", Service::RESOURCE_ID),
            min_capacity: 1,
            max_capacity: 4,
            suspended: false,
        })
    },
)
.updated("max_capacity", || json!(5))];

impl Kind for ScalableTarget {
    const NAME: &'static str = "application-autoscaling:ScalableTarget";
    type Inputs = ScalableTargetInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["resource_id"])
            .with_named_outputs(&["resource_id"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Capacity)
            .with_timing(|_| Timing::seconds(2, 2, 2))
            .with_name_max(255)
            .with_companions(COMPANIONS)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
            .with_deduplication(Deduplication::Place)
    }
}
