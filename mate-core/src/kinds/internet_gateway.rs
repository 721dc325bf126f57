//! The way of a VPC to the internet (`ec2:InternetGateway`).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Vpc;
use crate::model::{
    AdoptFacet, ArnForm, Deduplication, DriftClass, FieldRule, Impact, Input, Kind, KindModel, KnownId, Link, Output,
    Quota, Refused, ReplaceOrder, Sample, SimDeletion, SimFacet, SimRequest, SimView, SimWorld, TerraformType, Timing,
    outputs, texts_at,
};

/// The way of a VPC to the internet (`ec2:InternetGateway`).
#[derive(Debug)]
pub struct InternetGateway;

impl InternetGateway {
    /// Its id, `igw-…`.
    pub const ID: Output<Self, String> = Output::new("internet_gateway_id");
}

/// The inputs of an internet gateway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InternetGatewayInputs {
    /// The VPC that it is attached to. One that is made and not attached yet tells none.
    pub vpc_id: Input<String>,
}

fn attachment(old: &serde_json::Value, _new: &serde_json::Value) -> Impact {
    if old["vpc_id"].is_null() {
        return Impact::InPlace;
    }
    Impact::Replace("a gateway in use is not moved to another VPC")
}

const FIELDS: &[FieldRule] = &[FieldRule::by("vpc_id", attachment).class(DriftClass::Security)];

/// A VPC has one gateway at most.
fn check_one(request: &SimRequest<'_>, world: &dyn SimWorld) -> Result<(), Refused> {
    let vpc = &request.inputs["vpc_id"];
    let mut other = |other: &SimView<'_>| Some(other.uid) != request.own && other.inputs["vpc_id"] == *vpc;
    if world.find("ec2:InternetGateway", &mut other).is_some() {
        let message = format!("network {vpc} already has an internet gateway attached");
        return Refused::invalid("Resource.AlreadyAssociated", message);
    }
    Ok(())
}

/// It is detached only once no public address of its VPC is mapped.
fn check_unmapped(deletion: &SimDeletion<'_>, world: &dyn SimWorld) -> Result<(), Refused> {
    let vpc = &deletion.object.inputs["vpc_id"];
    let within = |object: &SimView<'_>, path: &str| {
        let subnets = texts_at(object.inputs, path);
        let mut subnets = subnets.into_iter().filter_map(|id| world.by_key("ec2:Subnet", id));
        subnets.any(|subnet| subnet.inputs["vpc_id"] == *vpc)
    };
    let nat = world.find("ec2:NatGateway", &mut |nat| within(nat, "subnet_id"));
    let mapped = nat.or_else(|| {
        world.find("elbv2:LoadBalancer", &mut |balancer| {
            balancer.inputs["scheme"] == "internet-facing" && within(balancer, "subnet_ids.*")
        })
    });
    match mapped {
        Some(object) => {
            let message = format!("network {vpc} has a mapped public address: that of {}", object.physical_id);
            Refused::dependency("DependencyViolation", message)
        }
        None => Ok(()),
    }
}

const SIM: SimFacet = SimFacet {
    physical_id: |n| n.id("igw"),
    outputs: Some(|n| outputs([("internet_gateway_id", json!(n.id("igw")))])),
    words: ("attaching", "attaching"),
    calls: ("CreateInternetGateway", "AttachInternetGateway", "DeleteInternetGateway"),
    quota: "InternetGatewayLimitExceeded",
    read: Some(("ec2:DescribeInternetGateways", 100)),
    request: check_one,
    deletion: check_unmapped,
    ..SimFacet::NETWORK
};

const LINKS: &[Link] = &[Link::vpc()];

const ADOPT: AdoptFacet = AdoptFacet {
    id_prefix: "igw-",
    keys: &["vpc_id"],
    known: &[("internet_gateway_id", KnownId::Id)],
    terraform: &[TerraformType {
        names: &["aws_internet_gateway"],
        id: |r| r.first(&["id", "internet_gateway_id"]),
        hints: &[("vpc_id", "vpc_id"), ("attachments.0.vpc_id", "vpc_id")],
        ..TerraformType::PLAIN
    }],
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "vpc",
    "L-A4707A72",
    "Internet gateways per Region",
    5,
    "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html",
)];

const SAMPLES: &[Sample] = &[Sample::new(
    "internet-gateway",
    |base| base.name("igw"),
    |base| json!(InternetGatewayInputs { vpc_id: base.out("vpc", Vpc::ID) }),
)];

impl Kind for InternetGateway {
    const NAME: &'static str = "ec2:InternetGateway";
    type Inputs = InternetGatewayInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["internet_gateway_id"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Capacity)
            .with_timing(|_| Timing::seconds(1, 1, 1))
            .with_name_max(255)
            .with_deduplication(Deduplication::Never)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_arn(ArnForm::of_id("ec2", "internet-gateway/"))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
    }
}
