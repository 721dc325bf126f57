//! A public DNS zone (`route53:HostedZone`).

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::model::{
    AdoptFacet, ArnForm, Deduplication, DriftClass, FieldRule, Impact, Kind, KindModel, KnownId, Naming, Output, Quota,
    Reach, ReplaceOrder, Sample, SampleBase, SimFacet, TerraformOutput, TerraformResource, TerraformType, Timing,
    outputs,
};

/// A public DNS zone (`route53:HostedZone`). Its physical name is its domain.
#[derive(Debug)]
pub struct HostedZone;

impl HostedZone {
    /// Its id without `/hostedzone/`, `Z…`.
    pub const ID: Output<Self, String> = Output::new("hosted_zone_id");
    /// Its name servers, with commas between: the domain has to be delegated to them.
    pub const NAME_SERVERS: Output<Self, String> = Output::new("name_servers");
}

/// The inputs of a hosted zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostedZoneInputs {
    /// Its domain, `mate.sociant.ai`, without a dot at the end.
    pub domain: String,
    /// The comment of the zone. It is not compared where the zone is only read.
    pub comment: String,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("domain", Impact::Replace("a zone serves the domain that it was made for"))
        .class(DriftClass::Security),
    FieldRule::new("comment", Impact::InPlace).class(DriftClass::Cosmetic).words(),
];

const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

fn zone_id(n: &Naming<'_>) -> String {
    format!("Z{}", n.drawn("id", UPPER, 20))
}

/// One of each of the four top-level domains over which Route 53 spreads a zone.
fn name_servers(n: &Naming<'_>) -> String {
    let servers = ["com", "net", "org", "co.uk"].iter().zip(0_u32..).map(|(domain, block)| {
        let number = block * 512 + n.figure(domain, 512);
        format!("ns-{number}.awsdns-{:02}.{domain}", number % 64)
    });
    servers.collect::<Vec<_>>().join(",")
}

const SIM: SimFacet = SimFacet {
    physical_id: zone_id,
    outputs: Some(|n| outputs([("hosted_zone_id", json!(zone_id(n))), ("name_servers", json!(name_servers(n)))])),
    by_tags: true,
    words: ("PENDING", "PENDING"),
    calls: ("CreateHostedZone", "UpdateHostedZoneComment", "DeleteHostedZone"),
    exists: "HostedZoneAlreadyExists",
    quota: "TooManyHostedZones",
    read: Some(("route53:GetHostedZone", 1)),
    known_by: Some("domain"),
    ..SimFacet::PLAIN
};

const ADOPT: AdoptFacet = AdoptFacet {
    plain_id: |id| id.strip_prefix("/hostedzone/").unwrap_or(id),
    keys: &["domain"],
    known: &[("hosted_zone_id", KnownId::Id)],
    terraform: &[TerraformType {
        names: &["aws_route53_zone"],
        id: |r| r.first(&["zone_id", "id"]),
        name: &["name"],
        hints: &[("name", "domain")],
        // A private zone has VPCs.
        covers: |r| r.text("vpc.0.vpc_id").is_none() && !r.is("private_zone", "true"),
        in_our_form: |field, value| {
            if matches!(field, "domain" | "name") { TerraformResource::host(&value) } else { value }
        },
    }],
    outputs: &[
        // `alb_zone_id` and the like are AWS's zone of a load balancer.
        TerraformOutput::new(
            &[
                "zone_id",
                "hosted_zone_id",
                "route53_zone_id",
                "route53_hosted_zone_id",
                "public_zone_id",
                "public_hosted_zone_id",
                "dns_zone_id",
            ],
            |text| {
                let id = text.strip_prefix("/hostedzone/").unwrap_or(text);
                id.starts_with('Z')
                    && TerraformOutput::within(id, 8, 32, |b| b.is_ascii_uppercase() || b.is_ascii_digit())
            },
        )
        .whole(),
    ],
    folds_case: true,
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "route53",
    "L-4EA4796A",
    "Hosted zones",
    500,
    "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html",
)
.account()];

const SAMPLES: &[Sample] = &[Sample::new("zone", SampleBase::zone, |base| {
    json!(HostedZoneInputs { domain: base.zone(), comment: "conformance suite".into() })
})
.updated("comment", || json!("other words"))];

impl Kind for HostedZone {
    const NAME: &'static str = "route53:HostedZone";
    const REACH: Reach = Reach::World;
    type Inputs = HostedZoneInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["hosted_zone_id", "name_servers"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Capacity)
            .with_timing(|_| Timing::seconds(5, 2, 2))
            .with_name_max(255)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_arn(ArnForm::of_id("route53", "hostedzone/").global().public())
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
            .with_deduplication(Deduplication::Token)
    }
}
