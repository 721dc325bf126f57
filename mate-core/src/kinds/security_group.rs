//! A security group with its rules (`ec2:SecurityGroup`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Vpc;
use crate::model::{
    AdoptFacet, ArnForm, DriftClass, FieldRule, Impact, Input, Kind, KindModel, KnownId, Link, Output, Quota,
    ReplaceOrder, Sample, SampleBase, SimFacet, TerraformType, Timing, outputs,
};

/// A security group with its rules (`ec2:SecurityGroup`).
#[derive(Debug)]
pub struct SecurityGroup;

impl SecurityGroup {
    /// The group's id, `sg-…`.
    pub const ID: Output<Self, String> = Output::new("group_id");
}

/// The inputs of a security group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityGroupInputs {
    /// The description of the group; fixed at creation.
    pub description: String,
    /// The VPC.
    pub vpc_id: Input<String>,
    /// The inbound rules.
    pub ingress: Vec<Rule>,
    /// The outbound rules.
    pub egress: Vec<Rule>,
}

/// One rule of a security group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// `tcp`, `udp`, or `-1` for every protocol.
    pub protocol: String,
    /// First port; none for every port.
    pub from_port: Option<u16>,
    /// Last port; none for every port.
    pub to_port: Option<u16>,
    /// The other side.
    pub peer: Peer,
    /// The description of the rule.
    pub description: String,
}

/// The other side of a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Peer {
    /// An IPv4 range.
    Cidr(String),
    /// The members of another group, by its id.
    SecurityGroup(Input<String>),
}

impl Rule {
    /// TCP on one port.
    #[must_use]
    pub fn tcp(port: u16, peer: Peer, description: impl Into<String>) -> Self {
        Self {
            protocol: "tcp".into(),
            from_port: Some(port),
            to_port: Some(port),
            peer,
            description: description.into(),
        }
    }

    /// Everything to everywhere, the rule that AWS gives a new group for what goes out.
    #[must_use]
    pub fn all_out() -> Self {
        Self {
            protocol: "-1".into(),
            from_port: None,
            to_port: None,
            peer: Peer::Cidr("0.0.0.0/0".into()),
            description: String::new(),
        }
    }
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("description", Impact::Replace("the description of a security group is fixed at creation"))
        .class(DriftClass::Cosmetic)
        .words(),
    FieldRule::new("vpc_id", Impact::Replace("a security group belongs to one VPC")).class(DriftClass::Security),
    FieldRule::new("ingress", Impact::InPlace).class(DriftClass::Security).unordered(),
    FieldRule::new("egress", Impact::InPlace).class(DriftClass::Security).unordered(),
];

const SIM: SimFacet = SimFacet {
    physical_id: |n| n.id("sg"),
    outputs: Some(|n| outputs([("group_id", json!(n.id("sg")))])),
    scope: "vpc_id",
    calls: ("CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "DeleteSecurityGroup"),
    exists: "InvalidGroup.Duplicate",
    quota: "SecurityGroupLimitExceeded",
    read: Some(("ec2:DescribeSecurityGroups", 100)),
    ..SimFacet::PLAIN
};

const LINKS: &[Link] = &[
    Link::security_group("ingress.*.peer.security_group", "InvalidGroup.NotFound"),
    Link::security_group("egress.*.peer.security_group", "InvalidGroup.NotFound"),
    Link::vpc().or_base(),
];

const ADOPT: AdoptFacet = AdoptFacet {
    id_prefix: "sg-",
    place: &["vpc_id"],
    known: &[("group_id", KnownId::Id)],
    terraform: &[TerraformType {
        names: &["aws_security_group"],
        name: &["name"],
        hints: &[("vpc_id", "vpc_id")],
        ..TerraformType::PLAIN
    }],
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "vpc",
    "L-E79EC296",
    "VPC security groups per Region",
    2500,
    "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html",
)];

fn from(base: &SampleBase, group: &str, port: u16) -> Rule {
    Rule::tcp(port, Peer::SecurityGroup(base.out(group, SecurityGroup::ID)), "from inside")
}

fn sample(base: &SampleBase, node: &str, ingress: Vec<Rule>) -> Value {
    json!(SecurityGroupInputs {
        description: format!("{node} of the conformance suite"),
        vpc_id: base.vpc_id.clone().into(),
        ingress,
        egress: vec![Rule::all_out()],
    })
}

const SAMPLES: &[Sample] = &[
    Sample::new(
        "endpoint-group",
        |base| base.name("endpoint-group"),
        |base| {
            json!(SecurityGroupInputs {
                description: "endpoints of the conformance suite".into(),
                vpc_id: base.out("vpc", Vpc::ID),
                ingress: vec![Rule::tcp(443, Peer::Cidr("10.99.0.0/16".into()), "from the network")],
                egress: vec![Rule::all_out()],
            })
        },
    ),
    Sample::new(
        "alb-group",
        |base| base.name("alb-group"),
        |base| {
            let anywhere = |port| Rule::tcp(port, Peer::Cidr("0.0.0.0/0".into()), "from anywhere");
            sample(base, "alb-group", vec![anywhere(80), anywhere(443)])
        },
    ),
    Sample::new(
        "ecs-group",
        |base| base.name("ecs-group"),
        |base| sample(base, "ecs-group", vec![from(base, "alb-group", 8000)]),
    ),
    Sample::new(
        "data-group",
        |base| base.name("data-group"),
        |base| sample(base, "data-group", [5432, 6379, 2049].map(|port| from(base, "ecs-group", port)).to_vec()),
    ),
];

impl Kind for SecurityGroup {
    const NAME: &'static str = "ec2:SecurityGroup";
    type Inputs = SecurityGroupInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["group_id"])
            .with_replace(ReplaceOrder::CreateFirst)
            .with_lost(DriftClass::Security)
            .with_timing(|_| Timing::seconds(2, 2, 2))
            .with_name_max(255)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_arn(ArnForm::of_id("ec2", "security-group/"))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
    }
}
