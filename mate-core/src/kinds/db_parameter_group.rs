//! The engine settings of a database instance (`rds:DBParameterGroup`).

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::model::{
    AdoptFacet, ArnForm, DriftClass, FieldRule, Impact, Kind, KindModel, KnownId, Output, Quota, ReplaceOrder, Sample,
    SimFacet, TerraformOutput, TerraformType, Timing, outputs,
};

use std::collections::BTreeMap;

/// The engine settings of a database instance (`rds:DBParameterGroup`).
#[derive(Debug)]
pub struct DbParameterGroup;

impl DbParameterGroup {
    /// The group's name.
    pub const NAME: Output<Self, String> = Output::new("name");
    /// The group's ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
}

/// The inputs of a parameter group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DbParameterGroupInputs {
    /// The engine family, such as `postgres16`.
    pub family: String,
    /// The description of the group.
    pub description: String,
    /// The parameters that differ from the family's defaults.
    pub parameters: BTreeMap<String, String>,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("family", Impact::Replace("a parameter group belongs to one engine family")).class(DriftClass::Data),
    FieldRule::new("description", Impact::Replace("the description of a parameter group is fixed at creation"))
        .class(DriftClass::Cosmetic)
        .words(),
    FieldRule::new("parameters", Impact::Restart("static parameters take effect when the instance restarts"))
        .class(DriftClass::Security),
];

const SIM: SimFacet = SimFacet {
    outputs: Some(|n| outputs([("name", json!(n.name())), ("arn", json!(n.arn("rds", &format!("pg:{}", n.name()))))])),
    calls: ("CreateDBParameterGroup", "ModifyDBParameterGroup", "DeleteDBParameterGroup"),
    exists: "DBParameterGroupAlreadyExists",
    quota: "DBParameterGroupQuotaExceeded",
    read: Some(("rds:DescribeDBParameterGroups", 1)),
    ..SimFacet::PLAIN
};

const ADOPT: AdoptFacet = AdoptFacet {
    name: |id| id.rsplit(':').next(),
    known: &[("name", KnownId::Id)],
    terraform: &[TerraformType { names: &["aws_db_parameter_group"], ..TerraformType::NAMED }],
    outputs: &[TerraformOutput::new(&["db_parameter_group_name"], TerraformOutput::group)],
    folds_case: true,
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "rds",
    "L-DE55804A",
    "Parameter groups",
    50,
    "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html",
)];

const SAMPLES: &[Sample] = &[Sample::new(
    "db-parameters",
    |base| base.name("db"),
    |_| {
        json!(DbParameterGroupInputs {
            family: "postgres16".into(),
            description: "conformance suite".into(),
            parameters: BTreeMap::from([("rds.force_ssl".to_owned(), "1".to_owned())]),
        })
    },
)];

impl Kind for DbParameterGroup {
    const NAME: &'static str = "rds:DBParameterGroup";
    type Inputs = DbParameterGroupInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["name", "arn"])
            .with_named_outputs(&["name", "arn"])
            .with_replace(ReplaceOrder::CreateFirst)
            .with_lost(DriftClass::Security)
            .with_timing(|_| Timing::seconds(2, 2, 2))
            .with_name_max(255)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_arn(ArnForm::of_id("rds", "pg:"))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
    }
}
