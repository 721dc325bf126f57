//! The subnets that a cache may stand in (`elasticache:CacheSubnetGroup`).

use serde::{Deserialize, Serialize};

use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};

/// The subnets that a cache may stand in (`elasticache:CacheSubnetGroup`).
#[derive(Debug)]
pub struct CacheSubnetGroup;

impl CacheSubnetGroup {
    /// The group's name.
    pub const NAME: Output<Self, String> = Output::new("name");
    /// The group's ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
}

/// What the group is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CacheSubnetGroupInputs {
    /// What it is for.
    pub description: String,
    /// The subnets, in two zones at least for a database.
    pub subnet_ids: Vec<Input<String>>,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("description", Impact::InPlace).class(DriftClass::Cosmetic).words(),
    FieldRule::new("subnet_ids", Impact::InPlace).class(DriftClass::Security).unordered(),
];

impl Kind for CacheSubnetGroup {
    const NAME: &'static str = "elasticache:CacheSubnetGroup";
    type Inputs = CacheSubnetGroupInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["name", "arn"],
            revised_outputs: &[],
            named_outputs: &["name", "arn"],
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
