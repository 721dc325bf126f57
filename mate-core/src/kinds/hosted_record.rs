//! An alias record in a hosted zone (`route53:RecordSet`).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::LoadBalancer;
use crate::model::{
    AdoptFacet, Deduplication, DriftClass, FieldRule, HealthFacet, Impact, Input, Kind, KindModel, KnownId, Link,
    Output, Per, Quota, Reach, ReplaceOrder, Sample, SimFacet, TerraformResource, TerraformType, Timing, outputs,
};

/// An alias record in a hosted zone (`route53:RecordSet`).
#[derive(Debug)]
pub struct RecordSet;

impl RecordSet {
    /// The full host name.
    pub const FQDN: Output<Self, String> = Output::new("fqdn");
}

/// The inputs of an alias record (type A).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordSetInputs {
    /// The zone, without `/hostedzone/` before it.
    pub hosted_zone_id: Input<String>,
    /// The full host name, without a dot at its end.
    pub record_name: String,
    /// The host name that it stands for.
    pub alias_dns_name: Input<String>,
    /// The zone of that host name.
    pub alias_hosted_zone_id: Input<String>,
    /// True if Route 53 evaluates the health of the alias target.
    pub evaluate_target_health: bool,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("hosted_zone_id", Impact::Replace("a record belongs to one zone")).class(DriftClass::Security),
    FieldRule::new("record_name", Impact::Replace("a record is found by its name")).class(DriftClass::Security),
    FieldRule::new("alias_dns_name", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("alias_hosted_zone_id", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("evaluate_target_health", Impact::InPlace).class(DriftClass::Capacity),
];

const SIM: SimFacet = SimFacet {
    physical_id: |n| format!("{}/{}/A", n.text("hosted_zone_id"), n.text("record_name")),
    outputs: Some(|n| outputs([("fqdn", json!(n.text("record_name")))])),
    scope: "hosted_zone_id",
    place: &["hosted_zone_id", "record_name"],
    words: ("PENDING", "PENDING"),
    calls: ("ChangeResourceRecordSets", "ChangeResourceRecordSets", "ChangeResourceRecordSets"),
    exists: "InvalidChangeBatch",
    quota: "LimitsExceeded",
    read: Some(("route53:ListResourceRecordSets", 1)),
    ..SimFacet::PLAIN
};

const LINKS: &[Link] = &[Link::new("hosted_zone_id", "route53:HostedZone", "hosted_zone_id", "NoSuchHostedZone")
    .holds("HostedZoneNotEmpty")
    .or_base()];

const ADOPT: AdoptFacet = AdoptFacet {
    name: |id| id.strip_suffix("/A")?.split_once('/').map(|(_, name)| name.trim_end_matches('.')),
    keys: &["hosted_zone_id", "record_name"],
    known: &[("fqdn", KnownId::Name)],
    terraform: &[TerraformType {
        names: &["aws_route53_record"],
        id: |r| Some(format!("{}/{}/A", r.text("zone_id")?, TerraformResource::host(&r.first(&["fqdn", "name"])?))),
        hints: &[("zone_id", "hosted_zone_id"), ("fqdn", "record_name")],
        covers: |r| r.is("type", "A") && r.text("set_identifier").is_none(),
        in_our_form: |field, value| if field == "record_name" { TerraformResource::host(&value) } else { value },
        ..TerraformType::PLAIN
    }],
    folds_case: true,
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "route53",
    "L-E209CC9F",
    "Records per hosted zone",
    10_000,
    "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html",
)
.per(Per::HostedZone, |inputs, _| inputs["hosted_zone_id"].to_string())];

const SAMPLES: &[Sample] = &[Sample::new(
    "record",
    |base| format!("{}.{}", base.tenant, base.domain),
    |base| {
        json!(RecordSetInputs {
            hosted_zone_id: base.hosted_zone_id.clone().into(),
            record_name: format!("{}.{}", base.tenant, base.domain),
            alias_dns_name: base.out("load-balancer", LoadBalancer::DNS_NAME),
            alias_hosted_zone_id: base.out("load-balancer", LoadBalancer::CANONICAL_HOSTED_ZONE_ID),
            evaluate_target_health: true,
        })
    },
)];

impl Kind for RecordSet {
    const NAME: &'static str = "route53:RecordSet";
    const REACH: Reach = Reach::World;
    type Inputs = RecordSetInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["fqdn"])
            .with_named_outputs(&["fqdn"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Capacity)
            .with_timing(|_| Timing::seconds(45, 45, 45))
            .with_name_max(255)
            .untaggable()
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
            .with_health(HealthFacet::Serving)
            .with_deduplication(Deduplication::Place)
    }
}
