//! A VPC (`ec2:VPC`).

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::model::{
    AdoptFacet, ArnForm, Companion, Deduplication, DriftClass, FieldRule, Impact, Kind, KindModel, KnownId, Output,
    Quota, Refused, RefusedFor, ReplaceOrder, Sample, SimFacet, TerraformType, Timing, outputs,
};

/// A VPC (`ec2:VPC`).
#[derive(Debug)]
pub struct Vpc;

impl Vpc {
    /// Its id, `vpc-…`.
    pub const ID: Output<Self, String> = Output::new("vpc_id");
}

/// The inputs of a VPC. The tenancy is always `default`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VpcInputs {
    /// Its range of addresses, `10.0.0.0/16`.
    pub cidr_block: String,
    /// True if the Amazon-provided DNS server resolves names in the VPC.
    pub enable_dns_support: bool,
    /// True if public addresses get DNS host names. Private DNS of interface endpoints needs it.
    pub enable_dns_hostnames: bool,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new(
        "cidr_block",
        Impact::Never(
            "the range of a VPC is fixed at its creation: make a platform of another environment with the new range",
        ),
    )
    .class(DriftClass::Security),
    FieldRule::new("enable_dns_support", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("enable_dns_hostnames", Impact::InPlace).class(DriftClass::Capacity),
];

/// The range of a VPC or subnet, of /16 to /28; `code` where it is another.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html>
pub(super) fn range(inputs: &Value, code: &'static str) -> Result<Ipv4Net, Refused> {
    let text = inputs["cidr_block"].as_str().unwrap_or_default();
    match text.parse::<Ipv4Net>() {
        Ok(range) if range.trunc() == range && (16..=28).contains(&range.prefix_len()) => Ok(range),
        Ok(_) => Err(Refused { class: RefusedFor::Invalid, code, message: format!("the range {text} is invalid") }),
        Err(_) => Err(Refused {
            class: RefusedFor::Invalid,
            code: "InvalidParameterValue",
            message: format!("{text} is not a range of addresses"),
        }),
    }
}

const SIM: SimFacet = SimFacet {
    physical_id: |n| n.id("vpc"),
    outputs: Some(|n| outputs([("vpc_id", json!(n.id("vpc")))])),
    calls: ("CreateVpc", "ModifyVpcAttribute", "DeleteVpc"),
    quota: "VpcLimitExceeded",
    read: Some(("ec2:DescribeVpcs", 100)),
    inputs: |inputs| range(inputs, "InvalidVpc.Range").map(drop),
    ..SimFacet::NETWORK
};

const ADOPT: AdoptFacet = AdoptFacet {
    id_prefix: "vpc-",
    keys: &["cidr_block"],
    known: &[("vpc_id", KnownId::Id)],
    terraform: &[TerraformType { names: &["aws_vpc"], hints: &[("cidr_block", "cidr_block")], ..TerraformType::PLAIN }],
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "vpc",
    "L-F678F1CE",
    "VPCs per Region",
    5,
    "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html",
)];

const COMPANIONS: &[Companion] = &[
    Companion {
        kind: "ec2:SecurityGroup",
        name: "default",
        stays: false,
        source: "https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html",
    },
    Companion {
        kind: "ec2:RouteTable",
        name: "",
        stays: false,
        source: "https://docs.aws.amazon.com/vpc/latest/userguide/RouteTables.html",
    },
    Companion {
        kind: "ec2:NetworkAcl",
        name: "",
        stays: false,
        source: "https://docs.aws.amazon.com/vpc/latest/userguide/default-network-acl.html",
    },
];

const SAMPLES: &[Sample] = &[Sample::new(
    "vpc",
    |base| base.name("vpc"),
    |_| json!(VpcInputs { cidr_block: "10.99.0.0/16".into(), enable_dns_support: true, enable_dns_hostnames: false }),
)
.updated("enable_dns_hostnames", || json!(true))];

impl Kind for Vpc {
    const NAME: &'static str = "ec2:VPC";
    type Inputs = VpcInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["vpc_id"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Capacity)
            .with_timing(|_| Timing::seconds(1, 1, 1))
            .with_name_max(255)
            .with_deduplication(Deduplication::Never)
            .with_companions(COMPANIONS)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_arn(ArnForm::of_id("ec2", "vpc/"))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
    }
}
