//! A fixed public address (`ec2:EIP`).

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::model::{
    AdoptFacet, ArnForm, Deduplication, DriftClass, FieldRule, Kind, KindModel, KnownId, Naming, Output, Quota,
    ReplaceOrder, Sample, SimFacet, TerraformType, Timing, outputs,
};

/// A fixed public address (`ec2:EIP`), of domain `vpc`.
#[derive(Debug)]
pub struct ElasticIp;

impl ElasticIp {
    /// Its id, `eipalloc-…`.
    pub const ALLOCATION_ID: Output<Self, String> = Output::new("allocation_id");
    /// The address.
    pub const PUBLIC_IP: Output<Self, String> = Output::new("public_ip");
}

/// The inputs of an elastic IP: none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElasticIpInputs {}

const FIELDS: &[FieldRule] = &[];

/// An address of the ranges that are kept for documentation.
fn public_ip(n: &Naming<'_>) -> String {
    let range = ["203.0.113", "198.51.100"][usize::from(n.figure("range", 2) == 1)];
    format!("{range}.{}", 1 + n.figure("address", 254))
}

const SIM: SimFacet = SimFacet {
    physical_id: |n| n.id("eipalloc"),
    outputs: Some(|n| outputs([("allocation_id", json!(n.id("eipalloc"))), ("public_ip", json!(public_ip(n)))])),
    calls: ("AllocateAddress", "CreateTags", "ReleaseAddress"),
    quota: "AddressLimitExceeded",
    read: Some(("ec2:DescribeAddresses", 100)),
    ..SimFacet::NETWORK
};

const ADOPT: AdoptFacet = AdoptFacet {
    id_prefix: "eipalloc-",
    known: &[("allocation_id", KnownId::Id)],
    terraform: &[TerraformType {
        names: &["aws_eip"],
        id: |r| r.first(&["allocation_id", "id"]),
        ..TerraformType::PLAIN
    }],
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "ec2",
    "L-0263D0A3",
    "EC2-VPC Elastic IPs",
    5,
    "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/elastic-ip-addresses-eip.html",
)];

const SAMPLES: &[Sample] = &[Sample::new("elastic-ip", |base| base.name("nat"), |_| json!(ElasticIpInputs {}))];

impl Kind for ElasticIp {
    const NAME: &'static str = "ec2:EIP";
    type Inputs = ElasticIpInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["allocation_id", "public_ip"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Capacity)
            .with_timing(|_| Timing::seconds(1, 1, 1))
            .with_name_max(255)
            .with_deduplication(Deduplication::Never)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_arn(ArnForm::of_id("ec2", "elastic-ip/"))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
    }
}
