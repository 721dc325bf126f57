//! The subnets that a database instance may stand in (`rds:DBSubnetGroup`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::model::{
    AdoptFacet, ArnForm, DriftClass, FieldRule, Impact, Input, Kind, KindModel, KnownId, Link, Output, Quota, Refused,
    ReplaceOrder, Sample, SimFacet, TerraformOutput, TerraformType, Timing, outputs,
};

/// The subnets that a database instance may stand in (`rds:DBSubnetGroup`).
#[derive(Debug)]
pub struct DbSubnetGroup;

impl DbSubnetGroup {
    /// The group's name.
    pub const NAME: Output<Self, String> = Output::new("name");
    /// The group's ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
}

/// The inputs of a database subnet group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DbSubnetGroupInputs {
    /// The description of the group.
    pub description: String,
    /// The subnets, in two zones at least for a database.
    pub subnet_ids: Vec<Input<String>>,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("description", Impact::InPlace).class(DriftClass::Cosmetic).words(),
    FieldRule::new("subnet_ids", Impact::InPlace).class(DriftClass::Security).unordered(),
];

fn check_inputs(inputs: &Value) -> Result<(), Refused> {
    if inputs["subnet_ids"].as_array().map_or(0, Vec::len) < 2 {
        return Refused::invalid(
            "DBSubnetGroupDoesNotCoverEnoughAZs",
            "the subnet group must cover two zones at least",
        );
    }
    Ok(())
}

const SIM: SimFacet = SimFacet {
    outputs: Some(|n| {
        outputs([("name", json!(n.name())), ("arn", json!(n.arn("rds", &format!("subgrp:{}", n.name()))))])
    }),
    calls: ("CreateDBSubnetGroup", "ModifyDBSubnetGroup", "DeleteDBSubnetGroup"),
    exists: "DBSubnetGroupAlreadyExists",
    quota: "DBSubnetGroupQuotaExceeded",
    read: Some(("rds:DescribeDBSubnetGroups", 1)),
    inputs: check_inputs,
    ..SimFacet::PLAIN
};

const LINKS: &[Link] = &[Link::subnet("subnet_ids.*", "InvalidSubnet").or_base()];

const ADOPT: AdoptFacet = AdoptFacet {
    name: |id| id.rsplit(':').next(),
    known: &[("name", KnownId::Id)],
    terraform: &[TerraformType { names: &["aws_db_subnet_group"], ..TerraformType::NAMED }],
    outputs: &[TerraformOutput::new(
        &["db_subnet_group_name", "database_subnet_group", "database_subnet_group_name"],
        TerraformOutput::group,
    )],
    folds_case: true,
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "rds",
    "L-48C6BF61",
    "DB subnet groups",
    50,
    "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html",
)];

const SAMPLES: &[Sample] = &[Sample::new(
    "db-subnets",
    |base| base.name("db"),
    |base| json!(DbSubnetGroupInputs { description: "conformance suite".into(), subnet_ids: base.private_subnets() }),
)];

impl Kind for DbSubnetGroup {
    const NAME: &'static str = "rds:DBSubnetGroup";
    type Inputs = DbSubnetGroupInputs;

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
            .with_arn(ArnForm::of_id("rds", "subgrp:"))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
    }
}
