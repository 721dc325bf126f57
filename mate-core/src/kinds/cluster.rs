//! An ECS cluster on Fargate (`ecs:Cluster`).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::service::CapacityProvider;
use crate::model::{
    AdoptFacet, ArnForm, Companion, DriftClass, FieldRule, HealthFacet, Impact, Kind, KindModel, KnownId, Naming,
    Output, Quota, ReplaceOrder, Sample, SimFacet, TerraformOutput, TerraformType, Timing, outputs,
};

/// An ECS cluster on Fargate (`ecs:Cluster`).
#[derive(Debug)]
pub struct Cluster;

impl Cluster {
    /// Its ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
    /// Its name.
    pub const NAME: Output<Self, String> = Output::new("cluster_name");
}

/// The inputs of a cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterInputs {
    /// True if Container Insights is on.
    pub container_insights: bool,
    /// The capacity that its services may use: `FARGATE`, `FARGATE_SPOT`.
    pub capacity_providers: Vec<String>,
    /// The default capacity provider strategy, for tasks without one of their own.
    pub default_strategy: Vec<CapacityProvider>,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("container_insights", Impact::InPlace).class(DriftClass::Cosmetic),
    FieldRule::new("capacity_providers", Impact::InPlace).class(DriftClass::Capacity).unordered(),
    FieldRule::new("default_strategy", Impact::InPlace).class(DriftClass::Capacity).unordered(),
];

fn cluster_arn(n: &Naming<'_>) -> String {
    n.arn("ecs", &format!("cluster/{}", n.name()))
}

const SIM: SimFacet = SimFacet {
    physical_id: cluster_arn,
    outputs: Some(|n| outputs([("arn", json!(cluster_arn(n))), ("cluster_name", json!(n.name()))])),
    words: ("PROVISIONING", "updating"),
    calls: ("CreateCluster", "UpdateCluster", "DeleteCluster"),
    exists: "InvalidParameterException",
    busy: "UpdateInProgressException",
    quota: "LimitExceededException",
    read: Some(("ecs:DescribeClusters", 100)),
    ..SimFacet::PLAIN
};

const ADOPT: AdoptFacet = AdoptFacet {
    name: |id| id.rsplit('/').next(),
    known: &[("arn", KnownId::Arn), ("cluster_name", KnownId::Name)],
    terraform: &[TerraformType { names: &["aws_ecs_cluster"], name: &["name", "cluster_name"], ..TerraformType::ARN }],
    outputs: &[TerraformOutput::new(
        &["cluster", "cluster_name", "cluster_id", "ecs_cluster", "ecs_cluster_name", "ecs_cluster_id"],
        |text| TerraformOutput::within(text, 1, 255, |b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'),
    )
    .whole()],
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "ecs",
    "L-21C621EB",
    "Clusters per account",
    10_000,
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html",
)];

const COMPANIONS: &[Companion] = &[
    Companion {
        kind: "logs:LogGroup",
        name: "/aws/ecs/containerinsights/{name}/performance",
        stays: true,
        source: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-reference-performance-logs-ECS.html",
    },
    Companion {
        kind: "iam:ServiceLinkedRole",
        name: "AWSServiceRoleForECS",
        stays: true,
        source: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using-service-linked-roles.html",
    },
];

const SAMPLES: &[Sample] = &[Sample::new(
    "cluster",
    |base| base.name("cluster"),
    |_| {
        json!(ClusterInputs {
            container_insights: false,
            capacity_providers: vec!["FARGATE".into(), "FARGATE_SPOT".into()],
            default_strategy: vec![CapacityProvider { name: "FARGATE".into(), weight: 1, base: 1 }],
        })
    },
)
.updated("container_insights", || json!(true))];

impl Kind for Cluster {
    const NAME: &'static str = "ecs:Cluster";
    type Inputs = ClusterInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["arn", "cluster_name"])
            .with_named_outputs(&["arn", "cluster_name"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Capacity)
            .with_timing(|_| Timing::seconds(10, 5, 5))
            .with_name_max(255)
            .with_companions(COMPANIONS)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_arn(ArnForm::whole("ecs", "cluster/"))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
            .with_health(HealthFacet::Serving)
    }
}
