//! The subnets that a cache may stand in (`elasticache:CacheSubnetGroup`).

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::model::{
    AdoptFacet, ArnForm, DriftClass, FieldRule, Impact, Input, Kind, KindModel, KnownId, Link, Output, Quota,
    ReplaceOrder, Sample, SimFacet, TerraformOutput, TerraformType, Timing, outputs,
};

/// The subnets that a cache may stand in (`elasticache:CacheSubnetGroup`).
#[derive(Debug)]
pub struct CacheSubnetGroup;

impl CacheSubnetGroup {
    /// The group's name.
    pub const NAME: Output<Self, String> = Output::new("name");
    /// The group's ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
}

/// The inputs of a cache subnet group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CacheSubnetGroupInputs {
    /// The description of the group.
    pub description: String,
    /// The subnets, in two zones at least for a database.
    pub subnet_ids: Vec<Input<String>>,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("description", Impact::InPlace).class(DriftClass::Cosmetic).words(),
    FieldRule::new("subnet_ids", Impact::InPlace).class(DriftClass::Security).unordered(),
];

const SIM: SimFacet = SimFacet {
    outputs: Some(|n| {
        let arn = n.arn("elasticache", &format!("subnetgroup:{}", n.name()));
        outputs([("name", json!(n.name())), ("arn", json!(arn))])
    }),
    calls: ("CreateCacheSubnetGroup", "ModifyCacheSubnetGroup", "DeleteCacheSubnetGroup"),
    exists: "CacheSubnetGroupAlreadyExists",
    quota: "CacheSubnetGroupQuotaExceeded",
    read: Some(("elasticache:DescribeCacheSubnetGroups", 100)),
    ..SimFacet::PLAIN
};

const LINKS: &[Link] = &[Link::subnet("subnet_ids.*", "InvalidSubnet").or_base()];

const ADOPT: AdoptFacet = AdoptFacet {
    name: |id| id.rsplit(':').next(),
    known: &[("name", KnownId::Id)],
    terraform: &[TerraformType { names: &["aws_elasticache_subnet_group"], ..TerraformType::NAMED }],
    outputs: &[TerraformOutput::new(
        &["elasticache_subnet_group_name", "redis_subnet_group_name"],
        TerraformOutput::group,
    )],
    folds_case: true,
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "elasticache",
    "L-3E7F7726",
    "Subnet groups per Region",
    300,
    "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/quota-limits.html",
)];

const SAMPLES: &[Sample] = &[Sample::new(
    "cache-subnets",
    |base| base.name("redis"),
    |base| {
        json!(CacheSubnetGroupInputs { description: "conformance suite".into(), subnet_ids: base.private_subnets() })
    },
)];

impl Kind for CacheSubnetGroup {
    const NAME: &'static str = "elasticache:CacheSubnetGroup";
    type Inputs = CacheSubnetGroupInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["name", "arn"])
            .with_named_outputs(&["name", "arn"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Capacity)
            .with_timing(|_| Timing::seconds(2, 2, 2))
            .with_name_max(255)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_arn(ArnForm::of_id("elasticache", "subnetgroup:"))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
    }
}
