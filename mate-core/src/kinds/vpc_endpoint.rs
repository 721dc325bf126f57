//! A private way of a VPC to a service of AWS (`ec2:VPCEndpoint`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{RouteTable, SecurityGroup, Subnet, Vpc};
use crate::model::{
    AdoptFacet, ArnForm, Deduplication, DriftClass, FieldRule, Impact, Input, Kind, KindModel, KnownId, Link, Output,
    Per, Quota, Refused, ReplaceOrder, Sample, SimFacet, TerraformType, Timing, Unit, outputs,
};

/// A private way of a VPC to a service of AWS (`ec2:VPCEndpoint`).
#[derive(Debug)]
pub struct VpcEndpoint;

impl VpcEndpoint {
    /// Its id, `vpce-…`.
    pub const ID: Output<Self, String> = Output::new("vpc_endpoint_id");
}

/// The inputs of an endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VpcEndpointInputs {
    /// Its VPC.
    pub vpc_id: Input<String>,
    /// The service, `com.amazonaws.us-east-1.s3`.
    pub service_name: String,
    /// `Gateway` or `Interface`.
    pub endpoint_type: String,
    /// The route tables that lead to a gateway endpoint; none for an interface endpoint.
    pub route_table_ids: Vec<Input<String>>,
    /// The subnets of an interface endpoint; none for a gateway endpoint.
    pub subnet_ids: Vec<Input<String>>,
    /// The security groups of an interface endpoint; none for a gateway endpoint.
    pub security_group_ids: Vec<Input<String>>,
    /// True if private DNS is on: the service's own host name resolves to the interface endpoint. False for a gateway endpoint.
    pub private_dns_enabled: bool,
}

const FIXED: &str = "an endpoint's VPC, service and type are fixed at its creation";

const FIELDS: &[FieldRule] = &[
    FieldRule::new("vpc_id", Impact::Replace(FIXED)).class(DriftClass::Security),
    FieldRule::new("service_name", Impact::Replace(FIXED)).class(DriftClass::Security),
    FieldRule::new("endpoint_type", Impact::Replace(FIXED)).class(DriftClass::Security),
    FieldRule::new("route_table_ids", Impact::InPlace).class(DriftClass::Security).unordered(),
    FieldRule::new("subnet_ids", Impact::InPlace).class(DriftClass::Security).unordered(),
    FieldRule::new("security_group_ids", Impact::InPlace).class(DriftClass::Security).unordered(),
    FieldRule::new("private_dns_enabled", Impact::InPlace).class(DriftClass::Security),
];

fn check_inputs(inputs: &Value) -> Result<(), Refused> {
    let length = |field: &str| inputs[field].as_array().map_or(0, Vec::len);
    if inputs["endpoint_type"] == "Gateway" && length("subnet_ids") + length("security_group_ids") > 0 {
        return Refused::invalid("InvalidParameter", "a gateway endpoint takes neither subnets nor security groups");
    }
    Ok(())
}

const SIM: SimFacet = SimFacet {
    physical_id: |n| n.id("vpce"),
    outputs: Some(|n| outputs([("vpc_endpoint_id", json!(n.id("vpce")))])),
    calls: ("CreateVpcEndpoint", "ModifyVpcEndpoint", "DeleteVpcEndpoints"),
    quota: "VpcEndpointLimitExceeded",
    read: Some(("ec2:DescribeVpcEndpoints", 100)),
    inputs: check_inputs,
    ..SimFacet::NETWORK
};

const LINKS: &[Link] = &[
    Link::security_group("security_group_ids.*", "InvalidSecurityGroupId.NotFound"),
    Link::vpc(),
    Link::subnet("subnet_ids.*", "InvalidSubnetId.NotFound"),
    Link::new("route_table_ids.*", "ec2:RouteTable", "route_table_id", "InvalidRouteTableId.NotFound"),
];

const ADOPT: AdoptFacet = AdoptFacet {
    id_prefix: "vpce-",
    keys: &["service_name"],
    place: &["vpc_id", "endpoint_type"],
    known: &[("vpc_endpoint_id", KnownId::Id)],
    terraform: &[TerraformType {
        names: &["aws_vpc_endpoint"],
        hints: &[("vpc_id", "vpc_id"), ("service_name", "service_name"), ("vpc_endpoint_type", "endpoint_type")],
        ..TerraformType::PLAIN
    }],
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[
    Quota::region(
        "vpc",
        "L-29B6F2EB",
        "Interface VPC endpoints per VPC",
        50,
        "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html",
    )
    .per(Per::Vpc, |inputs, _| inputs["vpc_id"].to_string())
    .counted(Unit::Objects, |inputs, _| u64::from(inputs["endpoint_type"] == "Interface")),
    Quota::region(
        "vpc",
        "L-1B52E74A",
        "Gateway VPC endpoints per Region",
        20,
        "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html",
    )
    .counted(Unit::Objects, |inputs, _| u64::from(inputs["endpoint_type"] == "Gateway")),
];

const SAMPLES: &[Sample] = &[
    Sample::new(
        "s3-endpoint",
        |base| base.name("s3"),
        |base| {
            json!(VpcEndpointInputs {
                vpc_id: base.out("vpc", Vpc::ID),
                service_name: format!("com.amazonaws.{}.s3", base.region),
                endpoint_type: "Gateway".into(),
                route_table_ids: vec![base.out("private-routes", RouteTable::ID)],
                subnet_ids: Vec::new(),
                security_group_ids: Vec::new(),
                private_dns_enabled: false,
            })
        },
    ),
    Sample::new(
        "ecr-endpoint",
        |base| base.name("ecr-api"),
        |base| {
            json!(VpcEndpointInputs {
                vpc_id: base.out("vpc", Vpc::ID),
                service_name: format!("com.amazonaws.{}.ecr.api", base.region),
                endpoint_type: "Interface".into(),
                route_table_ids: Vec::new(),
                subnet_ids: ["private-subnet-1", "private-subnet-2"]
                    .map(|subnet| base.out(subnet, Subnet::ID))
                    .to_vec(),
                security_group_ids: vec![base.out("endpoint-group", SecurityGroup::ID)],
                private_dns_enabled: false,
            })
        },
    )
    .updated("private_dns_enabled", || json!(true)),
];

impl Kind for VpcEndpoint {
    const NAME: &'static str = "ec2:VPCEndpoint";
    type Inputs = VpcEndpointInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["vpc_endpoint_id"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Security)
            .with_timing(|inputs| {
                if inputs["endpoint_type"] == "Gateway" {
                    Timing::seconds(5, 5, 5)
                } else {
                    Timing::seconds(90, 60, 90)
                }
            })
            .with_name_max(255)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_arn(ArnForm::of_id("ec2", "vpc-endpoint/"))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
            .with_deduplication(Deduplication::Token)
    }
}
