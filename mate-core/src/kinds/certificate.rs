//! A TLS certificate with its DNS validation record (`acm:Certificate`).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};

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

/// What a certificate is made from. It is validated by DNS, and renewed by ACM as long as the record stands.
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

impl Kind for Certificate {
    const NAME: &'static str = "acm:Certificate";
    type Inputs = CertificateInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["arn"],
            revised_outputs: &[],
            named_outputs: &[],
            replace: ReplaceOrder::CreateFirst,
            data: Data::None,
            lost: DriftClass::Security,
            // DNS validation: 1:00 to 1:42 in public logs.
            timing: |_| Timing::seconds(80, 10, 2),
            name_rule: NameRule { max: 255 },
            taggable: true,
            deduplicated: true,
            run_once: false,
        }
    }
}
