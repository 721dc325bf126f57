//! The way of private subnets to the internet (`ec2:NatGateway`).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{ElasticIp, InternetGateway, Subnet};
use crate::model::{
    AdoptFacet, ArnForm, Companion, Deduplication, DriftClass, FieldRule, Impact, Input, Kind, KindModel, KnownId,
    Link, Output, Per, Quota, Refused, ReplaceOrder, Sample, SimFacet, SimRequest, SimView, SimWorld, TerraformType,
    Timing, outputs,
};

/// The way of private subnets to the internet (`ec2:NatGateway`), public.
#[derive(Debug)]
pub struct NatGateway;

impl NatGateway {
    /// Its id, `nat-…`.
    pub const ID: Output<Self, String> = Output::new("nat_gateway_id");
}

/// The inputs of a NAT gateway.
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

/// Its VPC must have a way to the internet.
fn check_way_out(request: &SimRequest<'_>, world: &dyn SimWorld) -> Result<(), Refused> {
    let subnet = request.inputs["subnet_id"].as_str().and_then(|id| world.by_key("ec2:Subnet", id));
    let Some(subnet) = subnet else { return Ok(()) };
    let vpc = &subnet.inputs["vpc_id"];
    let mut attached = |gateway: &SimView<'_>| !gateway.going && gateway.inputs["vpc_id"] == *vpc;
    if world.find("ec2:InternetGateway", &mut attached).is_some() {
        return Ok(());
    }
    Refused::dependency("Gateway.NotAttached", format!("network {vpc} has no internet gateway attached"))
}

const SIM: SimFacet = SimFacet {
    physical_id: |n| n.id("nat"),
    outputs: Some(|n| outputs([("nat_gateway_id", json!(n.id("nat")))])),
    calls: ("CreateNatGateway", "CreateTags", "DeleteNatGateway"),
    quota: "NatGatewayLimitExceeded",
    read: Some(("ec2:DescribeNatGateways", 100)),
    request: check_way_out,
    ..SimFacet::NETWORK
};

const LINKS: &[Link] = &[
    Link::subnet("subnet_id", "InvalidSubnetID.NotFound"),
    // AWS owns the network interface that has the address, hence its words when the address is to be released.
    Link::new("allocation_id", "ec2:EIP", "allocation_id", "InvalidAllocationID.NotFound").holds("AuthFailure"),
];

const ADOPT: AdoptFacet = AdoptFacet {
    id_prefix: "nat-",
    keys: &["subnet_id"],
    place: &["allocation_id"],
    known: &[("nat_gateway_id", KnownId::Id)],
    terraform: &[TerraformType {
        names: &["aws_nat_gateway"],
        hints: &[("subnet_id", "subnet_id"), ("allocation_id", "allocation_id")],
        // A private one stands for no way to the internet.
        covers: |r| !r.is("connectivity_type", "private"),
        ..TerraformType::PLAIN
    }],
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "vpc",
    "L-FE5A380F",
    "NAT gateways per Availability Zone",
    5,
    "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html",
)
.per(Per::AvailabilityZone, |inputs, world| world.followed(&inputs["subnet_id"], "availability_zone"))];

const COMPANIONS: &[Companion] = &[Companion {
    kind: "ec2:NetworkInterface",
    name: "",
    stays: false,
    source: "https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html",
}];

const SAMPLES: &[Sample] = &[Sample::new(
    "nat-gateway",
    |base| base.name("nat"),
    |base| {
        json!(NatGatewayInputs {
            subnet_id: base.out("public-subnet", Subnet::ID),
            allocation_id: base.out("elastic-ip", ElasticIp::ALLOCATION_ID),
            after: vec![base.out("internet-gateway", InternetGateway::ID)],
        })
    },
)];

impl Kind for NatGateway {
    const NAME: &'static str = "ec2:NatGateway";
    type Inputs = NatGatewayInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["nat_gateway_id"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Capacity)
            // 1:24 to 2:01 in public logs.
            .with_timing(|_| Timing::seconds(100, 1, 60))
            .with_name_max(255)
            .with_companions(COMPANIONS)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_arn(ArnForm::of_id("ec2", "natgateway/"))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
            .with_deduplication(Deduplication::Token)
    }
}
