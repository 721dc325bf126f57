//! A VPC (`ec2:VPC`).

use serde::{Deserialize, Serialize};

use crate::model::Output;
use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};

/// A VPC (`ec2:VPC`).
#[derive(Debug)]
pub struct Vpc;

impl Vpc {
    /// Its id, `vpc-…`.
    pub const ID: Output<Self, String> = Output::new("vpc_id");
}

/// What a VPC is made from. Its tenancy is always `default`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VpcInputs {
    /// Its range of addresses, `10.0.0.0/16`.
    pub cidr_block: String,
    /// Whether the resolver of AWS answers in it.
    pub enable_dns_support: bool,
    /// Whether public addresses get host names; private DNS of interface endpoints needs it.
    pub enable_dns_hostnames: bool,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new(
        "cidr_block",
        Impact::Never(
            "the range of a VPC is fixed at its creation: make a platform of another environment with the new range",
        ),
    )
    .class(DriftClass::Security),
    FieldRule::new("enable_dns_support", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("enable_dns_hostnames", Impact::InPlace).class(DriftClass::Capacity),
];

impl Kind for Vpc {
    const NAME: &'static str = "ec2:VPC";
    type Inputs = VpcInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["vpc_id"],
            revised_outputs: &[],
            named_outputs: &[],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::None,
            lost: DriftClass::Capacity,
            timing: |_| Timing::seconds(1, 1, 1),
            name_rule: NameRule { max: 255 },
            taggable: true,
            deduplicated: false,
            run_once: false,
        }
    }
}
