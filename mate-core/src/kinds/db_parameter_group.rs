//! The engine settings of a database instance (`rds:DBParameterGroup`).

use serde::{Deserialize, Serialize};

use crate::model::Output;
use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
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

/// What a parameter group is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DbParameterGroupInputs {
    /// The engine family, such as `postgres16`.
    pub family: String,
    /// What it is for.
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

impl Kind for DbParameterGroup {
    const NAME: &'static str = "rds:DBParameterGroup";
    type Inputs = DbParameterGroupInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["name", "arn"],
            revised_outputs: &[],
            named_outputs: &["name", "arn"],
            replace: ReplaceOrder::CreateFirst,
            data: Data::None,
            lost: DriftClass::Security,
            timing: |_| Timing::seconds(2, 2, 2),
            name_rule: NameRule { max: 255 },
            taggable: true,
            deduplicated: true,
            run_once: false,
        }
    }
}
