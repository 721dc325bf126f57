//! A subnet of a VPC (`ec2:Subnet`).

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Vpc;
use super::vpc::range;
use crate::model::{
    AdoptFacet, ArnForm, Deduplication, DriftClass, FieldRule, Impact, Input, Kind, KindModel, KnownId, Link, Output,
    Per, Quota, Refused, ReplaceOrder, Sample, SampleBase, SimFacet, SimRequest, SimView, SimWorld, TerraformType,
    Timing, outputs,
};

/// A subnet of a VPC (`ec2:Subnet`).
#[derive(Debug)]
pub struct Subnet;

impl Subnet {
    /// Its id, `subnet-…`.
    pub const ID: Output<Self, String> = Output::new("subnet_id");
}

/// The inputs of a subnet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubnetInputs {
    /// Its VPC.
    pub vpc_id: Input<String>,
    /// Its range of addresses, within the VPC's.
    pub cidr_block: String,
    /// Its zone, `us-east-1a`.
    pub availability_zone: String,
    /// True if instances launched in the subnet receive a public IPv4 address.
    pub map_public_ip_on_launch: bool,
}

const FIXED: &str = "a subnet's VPC, range and zone are fixed at its creation";

const FIELDS: &[FieldRule] = &[
    FieldRule::new("vpc_id", Impact::Replace(FIXED)).class(DriftClass::Security),
    FieldRule::new("cidr_block", Impact::Replace(FIXED)).class(DriftClass::Security),
    FieldRule::new("availability_zone", Impact::Replace(FIXED)).class(DriftClass::Capacity),
    FieldRule::new("map_public_ip_on_launch", Impact::InPlace).class(DriftClass::Security),
];

const RANGE: &str = "InvalidSubnet.Range";

/// The range must lie within the VPC's, and meet that of no other subnet.
fn check_place(request: &SimRequest<'_>, world: &dyn SimWorld) -> Result<(), Refused> {
    let range_of = |inputs: &Value| inputs["cidr_block"].as_str().and_then(|text| text.parse::<Ipv4Net>().ok());
    let wanted = range(request.inputs, RANGE)?;
    let vpc = request.inputs["vpc_id"].as_str().and_then(|id| world.by_key("ec2:VPC", id));
    if vpc.and_then(|vpc| range_of(vpc.inputs)).is_some_and(|range| !range.contains(&wanted)) {
        return Refused::invalid(RANGE, format!("the range {wanted} is not within the VPC's"));
    }
    let mut meets = |other: &SimView<'_>| {
        Some(other.uid) != request.own
            && other.inputs["vpc_id"] == request.inputs["vpc_id"]
            && range_of(other.inputs).is_some_and(|range| range.contains(&wanted) || wanted.contains(&range))
    };
    match world.find("ec2:Subnet", &mut meets) {
        Some(other) => {
            let message = format!("the range {wanted} conflicts with {}", other.physical_id);
            Refused::invalid("InvalidSubnet.Conflict", message)
        }
        None => Ok(()),
    }
}

const SIM: SimFacet = SimFacet {
    physical_id: |n| n.id("subnet"),
    outputs: Some(|n| outputs([("subnet_id", json!(n.id("subnet")))])),
    calls: ("CreateSubnet", "ModifySubnetAttribute", "DeleteSubnet"),
    quota: "SubnetLimitExceeded",
    read: Some(("ec2:DescribeSubnets", 100)),
    inputs: |inputs| range(inputs, RANGE).map(drop),
    request: check_place,
    ..SimFacet::NETWORK
};

const LINKS: &[Link] = &[Link::vpc()];

const ADOPT: AdoptFacet = AdoptFacet {
    id_prefix: "subnet-",
    keys: &["cidr_block", "availability_zone"],
    place: &["vpc_id"],
    known: &[("subnet_id", KnownId::Id)],
    terraform: &[TerraformType {
        names: &["aws_subnet"],
        hints: &[("vpc_id", "vpc_id"), ("cidr_block", "cidr_block"), ("availability_zone", "availability_zone")],
        ..TerraformType::PLAIN
    }],
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "vpc",
    "L-407747CB",
    "Subnets per VPC",
    200,
    "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html",
)
.per(Per::Vpc, |inputs, _| inputs["vpc_id"].to_string())];

fn sample(base: &SampleBase, cidr_block: &str, zone: char, map_public_ip_on_launch: bool) -> Value {
    json!(SubnetInputs {
        vpc_id: base.out("vpc", Vpc::ID),
        cidr_block: cidr_block.into(),
        availability_zone: format!("{}{zone}", base.region),
        map_public_ip_on_launch,
    })
}

const SAMPLES: &[Sample] = &[
    Sample::new("public-subnet", |base| base.name("public-subnet"), |base| sample(base, "10.99.0.0/24", 'a', true))
        .updated("map_public_ip_on_launch", || json!(false)),
    Sample::new(
        "private-subnet-1",
        |base| base.name("private-subnet-1"),
        |base| sample(base, "10.99.10.0/24", 'a', false),
    ),
    Sample::new(
        "private-subnet-2",
        |base| base.name("private-subnet-2"),
        |base| sample(base, "10.99.11.0/24", 'b', false),
    ),
];

impl Kind for Subnet {
    const NAME: &'static str = "ec2:Subnet";
    type Inputs = SubnetInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["subnet_id"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Capacity)
            .with_timing(|_| Timing::seconds(1, 1, 1))
            .with_name_max(255)
            .with_deduplication(Deduplication::Never)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_arn(ArnForm::of_id("ec2", "subnet/"))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
    }
}
