//! A route table with its routes and the subnets that use it (`ec2:RouteTable`).

use serde::{Deserialize, Serialize};

use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};

/// A route table with its routes and the subnets that use it (`ec2:RouteTable`).
#[derive(Debug)]
pub struct RouteTable;

impl RouteTable {
    /// Its id, `rtb-…`.
    pub const ID: Output<Self, String> = Output::new("route_table_id");
}

/// What a route table is made from. The local route, and those that a gateway endpoint puts in, are AWS's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteTableInputs {
    /// Its VPC.
    pub vpc_id: Input<String>,
    /// Its routes.
    pub routes: Vec<Route>,
    /// The subnets that use it.
    pub subnet_ids: Vec<Input<String>>,
}

/// A route.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Where it leads to, `0.0.0.0/0`.
    pub destination_cidr_block: String,
    /// The way.
    pub target: RouteTarget,
}

/// The way that a route takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RouteTarget {
    /// An internet gateway.
    InternetGateway(Input<String>),
    /// A NAT gateway.
    NatGateway(Input<String>),
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("vpc_id", Impact::Replace("a route table belongs to one VPC")).class(DriftClass::Security),
    FieldRule::new("routes", Impact::InPlace).class(DriftClass::Security).unordered(),
    FieldRule::new("subnet_ids", Impact::InPlace).class(DriftClass::Security).unordered(),
];

impl Kind for RouteTable {
    const NAME: &'static str = "ec2:RouteTable";
    type Inputs = RouteTableInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["route_table_id"],
            revised_outputs: &[],
            named_outputs: &[],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::None,
            lost: DriftClass::Capacity,
            timing: |_| Timing::seconds(1, 1, 1),
            name_rule: NameRule { max: 255 },
            taggable: true,
            deduplicated: true,
            run_once: false,
        }
    }
}
