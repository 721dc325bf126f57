//! A subnet of a VPC (`ec2:Subnet`).

use serde::{Deserialize, Serialize};

use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};

/// A subnet of a VPC (`ec2:Subnet`).
#[derive(Debug)]
pub struct Subnet;

impl Subnet {
    /// Its id, `subnet-…`.
    pub const ID: Output<Self, String> = Output::new("subnet_id");
}

/// What a subnet is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubnetInputs {
    /// Its VPC.
    pub vpc_id: Input<String>,
    /// Its range of addresses, within the VPC's.
    pub cidr_block: String,
    /// Its zone, `us-east-1a`.
    pub availability_zone: String,
    /// Whether what is started in it gets a public address.
    pub map_public_ip_on_launch: bool,
}

const FIXED: &str = "a subnet's VPC, range and zone are fixed at its creation";

const FIELDS: &[FieldRule] = &[
    FieldRule::new("vpc_id", Impact::Replace(FIXED)).class(DriftClass::Security),
    FieldRule::new("cidr_block", Impact::Replace(FIXED)).class(DriftClass::Security),
    FieldRule::new("availability_zone", Impact::Replace(FIXED)).class(DriftClass::Capacity),
    FieldRule::new("map_public_ip_on_launch", Impact::InPlace).class(DriftClass::Security),
];

impl Kind for Subnet {
    const NAME: &'static str = "ec2:Subnet";
    type Inputs = SubnetInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["subnet_id"],
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
