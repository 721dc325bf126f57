//! An alias record in a hosted zone (`route53:RecordSet`).

use serde::{Deserialize, Serialize};

use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};

/// An alias record in a hosted zone (`route53:RecordSet`).
#[derive(Debug)]
pub struct RecordSet;

impl RecordSet {
    /// The full host name.
    pub const FQDN: Output<Self, String> = Output::new("fqdn");
}

/// What an alias record (type A) is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordSetInputs {
    /// The zone, without `/hostedzone/` before it.
    pub hosted_zone_id: Input<String>,
    /// The full host name, without a dot at its end.
    pub record_name: String,
    /// The host name that it stands for.
    pub alias_dns_name: Input<String>,
    /// The zone of that host name.
    pub alias_hosted_zone_id: Input<String>,
    /// Whether the answer depends on the target's health.
    pub evaluate_target_health: bool,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("hosted_zone_id", Impact::Replace("a record belongs to one zone")).class(DriftClass::Security),
    FieldRule::new("record_name", Impact::Replace("a record is found by its name")).class(DriftClass::Security),
    FieldRule::new("alias_dns_name", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("alias_hosted_zone_id", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("evaluate_target_health", Impact::InPlace).class(DriftClass::Capacity),
];

impl Kind for RecordSet {
    const NAME: &'static str = "route53:RecordSet";
    type Inputs = RecordSetInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["fqdn"],
            revised_outputs: &[],
            named_outputs: &["fqdn"],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::None,
            lost: DriftClass::Capacity,
            timing: |_| Timing::seconds(45, 45, 45),
            name_rule: NameRule { max: 255 },
            taggable: false,
            deduplicated: true,
            run_once: false,
        }
    }
}
