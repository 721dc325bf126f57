//! The audit trail of an account (`cloudtrail:Trail`).

use serde::{Deserialize, Serialize};

use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, Reach, ReplaceOrder, Timing};
use crate::model::{Input, Output};

/// The audit trail of an account (`cloudtrail:Trail`): management events, always logging.
#[derive(Debug)]
pub struct Trail;

impl Trail {
    /// Its ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
}

/// What a trail is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrailInputs {
    /// The bucket that it writes into, whose policy lets it.
    pub s3_bucket_name: Input<String>,
    /// The key that encrypts what it writes.
    pub kms_key_arn: Option<Input<String>>,
    /// Whether it covers every region.
    pub multi_region: bool,
    /// Whether it signs what it writes, so that a change can be told.
    pub log_file_validation: bool,
    /// Whether it logs; one that was stopped is started again.
    pub logging: bool,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("s3_bucket_name", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("kms_key_arn", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("multi_region", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("log_file_validation", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("logging", Impact::InPlace).class(DriftClass::Security),
];

impl Kind for Trail {
    const NAME: &'static str = "cloudtrail:Trail";
    const REACH: Reach = Reach::Account;
    type Inputs = TrailInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["arn"],
            revised_outputs: &[],
            named_outputs: &["arn"],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::None,
            lost: DriftClass::Security,
            timing: |_| Timing::seconds(3, 3, 3),
            name_rule: NameRule { max: 128 },
            taggable: true,
            deduplicated: true,
            run_once: false,
        }
    }
}
