//! The way of private subnets to the internet (`ec2:NatGateway`).

use serde::{Deserialize, Serialize};

use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};

/// The way of private subnets to the internet (`ec2:NatGateway`), public.
#[derive(Debug)]
pub struct NatGateway;

impl NatGateway {
    /// Its id, `nat-…`.
    pub const ID: Output<Self, String> = Output::new("nat_gateway_id");
}

/// What a NAT gateway is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NatGatewayInputs {
    /// The public subnet that it stands in.
    pub subnet_id: Input<String>,
    /// Its elastic IP.
    pub allocation_id: Input<String>,
    /// The internet gateway, which must be there first: AWS refuses a public NAT gateway in a VPC without one.
    pub after: Vec<Input<String>>,
}

const FIXED: &str = "a NAT gateway's subnet and address are fixed at its creation";

const FIELDS: &[FieldRule] = &[
    FieldRule::new("subnet_id", Impact::Replace(FIXED)).class(DriftClass::Security),
    FieldRule::new("allocation_id", Impact::Replace(FIXED)).class(DriftClass::Security),
    FieldRule::new("after", Impact::InPlace).edge_only(),
];

impl Kind for NatGateway {
    const NAME: &'static str = "ec2:NatGateway";
    type Inputs = NatGatewayInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["nat_gateway_id"],
            revised_outputs: &[],
            named_outputs: &[],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::None,
            lost: DriftClass::Capacity,
            // 1:24 to 2:01 in public logs.
            timing: |_| Timing::seconds(100, 1, 60),
            name_rule: NameRule { max: 255 },
            taggable: true,
            deduplicated: true,
            run_once: false,
        }
    }
}
