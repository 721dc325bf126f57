//! A security group with its rules (`ec2:SecurityGroup`).

use serde::{Deserialize, Serialize};

use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};

/// A security group with its rules (`ec2:SecurityGroup`).
#[derive(Debug)]
pub struct SecurityGroup;

impl SecurityGroup {
    /// The group's id, `sg-…`.
    pub const ID: Output<Self, String> = Output::new("group_id");
}

/// What a security group is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityGroupInputs {
    /// What it is for; fixed at creation.
    pub description: String,
    /// The VPC.
    pub vpc_id: Input<String>,
    /// What may come in.
    pub ingress: Vec<Rule>,
    /// What may go out.
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
    /// What the rule is for.
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

impl Kind for SecurityGroup {
    const NAME: &'static str = "ec2:SecurityGroup";
    type Inputs = SecurityGroupInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["group_id"],
            revised_outputs: &[],
            named_outputs: &[],
            replace: ReplaceOrder::CreateFirst,
            data: Data::None,
            lost: DriftClass::Security,
            timing: |_| Timing::seconds(2, 2, 2),
            name_rule: NameRule { max: 255 },
            taggable: true,
            deduplicated: true,
            run_once: false,
        }
    }
}
