//! A TLS certificate with its DNS validation record (`acm:Certificate`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::model::{
    AdoptFacet, ArnForm, Deduplication, DriftClass, FieldRule, Impact, Input, Kind, KindModel, Link, Naming, Output,
    Quota, ReplaceOrder, Sample, SimFacet, TerraformResource, TerraformType, Timing, outputs,
};

/// A TLS certificate with its DNS validation record (`acm:Certificate`).
///
/// The record belongs to the certificate: it is put into the zone when the certificate is requested, put back when it is
/// missing (without it ACM cannot renew), and removed with it. The certificate is ready when ACM has issued it.
#[derive(Debug)]
pub struct Certificate;

impl Certificate {
    /// Its ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
}

/// The inputs of a certificate. ACM validates the certificate by DNS, and renews it as long as the validation record exists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateInputs {
    /// The first name, `*.mate.sociant.ai`.
    pub domain_name: String,
    /// The other names, `mate.sociant.ai`.
    pub subject_alternative_names: Vec<String>,
    /// The zone that the validation records stand in; none is told while one of them is missing there.
    pub hosted_zone_id: Input<String>,
}

fn zone(old: &Value, _new: &Value) -> Impact {
    if old["hosted_zone_id"].is_null() {
        return Impact::InPlace;
    }
    Impact::Replace("a certificate is validated in the zone that it was requested for")
}

const FIXED: &str = "the names of a certificate are fixed when it is requested";

const FIELDS: &[FieldRule] = &[
    FieldRule::new("domain_name", Impact::Replace(FIXED)).class(DriftClass::Security),
    FieldRule::new("subject_alternative_names", Impact::Replace(FIXED)).class(DriftClass::Security).unordered(),
    FieldRule::by("hosted_zone_id", zone).class(DriftClass::Security),
];

fn certificate_arn(n: &Naming<'_>) -> String {
    n.arn("acm", &format!("certificate/{}", n.uuid("id")))
}

const SIM: SimFacet = SimFacet {
    physical_id: certificate_arn,
    outputs: Some(|n| outputs([("arn", json!(certificate_arn(n)))])),
    by_tags: true,
    words: ("PENDING_VALIDATION", "PENDING_VALIDATION"),
    calls: ("RequestCertificate", "AddTagsToCertificate", "DeleteCertificate"),
    quota: "LimitExceededException",
    read: Some(("acm:DescribeCertificate", 1)),
    ..SimFacet::PLAIN
};

const LINKS: &[Link] =
    &[Link::new("hosted_zone_id", "route53:HostedZone", "hosted_zone_id", "NoSuchHostedZone").or_base()];

const ADOPT: AdoptFacet = AdoptFacet {
    keys: &["domain_name"],
    terraform: &[TerraformType {
        names: &["aws_acm_certificate"],
        name: &[],
        hints: &[("domain_name", "domain_name"), ("domain", "domain_name")],
        in_our_form: |field, value| if field == "domain_name" { TerraformResource::host(&value) } else { value },
        ..TerraformType::ARN
    }],
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "acm",
    "L-F141DD1D",
    "ACM certificates",
    2500,
    "https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html",
)];

const SAMPLES: &[Sample] = &[Sample::new(
    "certificate",
    |base| base.name("certificate"),
    |base| {
        json!(CertificateInputs {
            domain_name: format!("*.{}", base.zone()),
            subject_alternative_names: vec![base.zone()],
            hosted_zone_id: base.hosted_zone_id.clone().into(),
        })
    },
)];

impl Kind for Certificate {
    const NAME: &'static str = "acm:Certificate";
    type Inputs = CertificateInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["arn"])
            .with_replace(ReplaceOrder::CreateFirst)
            .with_lost(DriftClass::Security)
            // DNS validation: 1:00 to 1:42 in public logs.
            .with_timing(|_| Timing::seconds(80, 10, 2))
            .with_name_max(255)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_arn(ArnForm::whole("acm", "certificate/"))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
            .asked()
            .with_deduplication(Deduplication::Token)
    }
}
