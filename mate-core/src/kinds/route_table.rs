//! A route table with its routes and the subnets that use it (`ec2:RouteTable`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{InternetGateway, NatGateway, Subnet, Vpc};
use crate::model::{
    AdoptFacet, ArnForm, Deduplication, DriftClass, FieldRule, Impact, Input, Kind, KindModel, KnownId, Link, Output,
    Per, Quota, ReplaceOrder, Sample, SampleBase, SimFacet, TerraformType, Timing, outputs,
};

/// A route table with its routes and the subnets that use it (`ec2:RouteTable`).
#[derive(Debug)]
pub struct RouteTable;

impl RouteTable {
    /// Its id, `rtb-…`.
    pub const ID: Output<Self, String> = Output::new("route_table_id");
}

/// The inputs of a route table. They exclude the local route and the routes of gateway endpoints, which AWS manages.
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
    /// The destination, `0.0.0.0/0`.
    pub destination_cidr_block: String,
    /// The target.
    pub target: RouteTarget,
}

/// The target of a route.
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

const SIM: SimFacet = SimFacet {
    physical_id: |n| n.id("rtb"),
    outputs: Some(|n| outputs([("route_table_id", json!(n.id("rtb")))])),
    calls: ("CreateRouteTable", "ReplaceRoute", "DeleteRouteTable"),
    quota: "RouteTableLimitExceeded",
    read: Some(("ec2:DescribeRouteTables", 100)),
    ..SimFacet::NETWORK
};

const LINKS: &[Link] = &[
    Link::vpc(),
    // A subnet takes its place in a route table along, and a route to a gateway that is gone becomes a black hole.
    Link::new("subnet_ids.*", "ec2:Subnet", "subnet_id", "InvalidSubnetID.NotFound"),
    Link::new(
        "routes.*.target.internet_gateway",
        "ec2:InternetGateway",
        "internet_gateway_id",
        "InvalidGatewayID.NotFound",
    ),
    Link::new("routes.*.target.nat_gateway", "ec2:NatGateway", "nat_gateway_id", "NatGatewayNotFound"),
];

const ADOPT: AdoptFacet = AdoptFacet {
    id_prefix: "rtb-",
    keys: &["subnet_ids"],
    place: &["vpc_id"],
    known: &[("route_table_id", KnownId::Id)],
    terraform: &[TerraformType {
        names: &["aws_route_table"],
        id: |r| r.first(&["id", "route_table_id"]),
        hints: &[("vpc_id", "vpc_id")],
        ..TerraformType::PLAIN
    }],
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "vpc",
    "L-589F43AA",
    "Route tables per VPC",
    200,
    "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html",
)
.per(Per::Vpc, |inputs, _| inputs["vpc_id"].to_string())];

fn sample(base: &SampleBase, target: RouteTarget, subnets: &[&str]) -> Value {
    json!(RouteTableInputs {
        vpc_id: base.out("vpc", Vpc::ID),
        routes: vec![Route { destination_cidr_block: "0.0.0.0/0".into(), target }],
        subnet_ids: subnets.iter().map(|subnet| base.out(subnet, Subnet::ID)).collect(),
    })
}

const SAMPLES: &[Sample] = &[
    Sample::new(
        "public-routes",
        |base| base.name("public-routes"),
        |base| {
            let way_out = RouteTarget::InternetGateway(base.out("internet-gateway", InternetGateway::ID));
            sample(base, way_out, &["public-subnet"])
        },
    ),
    Sample::new(
        "private-routes",
        |base| base.name("private-routes"),
        |base| {
            let way_out = RouteTarget::NatGateway(base.out("nat-gateway", NatGateway::ID));
            sample(base, way_out, &["private-subnet-1", "private-subnet-2"])
        },
    )
    .updated("subnet_ids", || json!([])),
];

impl Kind for RouteTable {
    const NAME: &'static str = "ec2:RouteTable";
    type Inputs = RouteTableInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["route_table_id"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Capacity)
            .with_timing(|_| Timing::seconds(1, 1, 1))
            .with_name_max(255)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_arn(ArnForm::of_id("ec2", "route-table/"))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
            .with_deduplication(Deduplication::Token)
    }
}
