//! An S3 bucket, private and encrypted (`s3:Bucket`).

use serde::{Deserialize, Serialize};

use super::policy::Statement;
use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, Reach, ReplaceOrder, Timing};
use crate::model::{Input, Output};

/// An S3 bucket, private and encrypted (`s3:Bucket`).
#[derive(Debug)]
pub struct Bucket;

impl Bucket {
    /// The bucket's ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
    /// The bucket's name.
    pub const NAME: Output<Self, String> = Output::new("bucket");
}

/// What a bucket is made from. Public access is always blocked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BucketInputs {
    /// The KMS key of its default encryption, with bucket keys on; S3's own (`AES256`) where there is none, which is all
    /// that a load balancer writes its access logs into.
    pub kms_key_arn: Option<Input<String>>,
    /// Whether old versions of objects are kept.
    pub versioning: bool,
    /// Whether a bucket policy refuses every request that does not come over TLS.
    pub tls_only: bool,
    /// When objects move to colder storage and when they go.
    pub lifecycle: Vec<LifecycleRule>,
    /// Who else may do what in it: statements of its policy besides the one of `tls_only`. Each has a `sid` of its own.
    #[serde(default)]
    pub policy: Vec<Statement>,
}

/// One lifecycle rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifecycleRule {
    /// Its name within the bucket.
    pub id: String,
    /// Only keys that begin so; empty for all.
    pub prefix: String,
    /// Moves to colder storage, days after creation.
    pub transitions: Vec<Transition>,
    /// Days after creation when the current version expires.
    pub expiration_days: Option<u32>,
    /// Days after becoming noncurrent when an old version goes.
    pub noncurrent_expiration_days: Option<u32>,
    /// Days after which an upload that was never completed goes.
    pub abort_incomplete_upload_days: Option<u32>,
}

/// A move to colder storage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transition {
    /// Days after creation.
    pub days: u32,
    /// AWS's name of the storage class: `STANDARD_IA`, `GLACIER`, `DEEP_ARCHIVE`.
    pub storage_class: String,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("kms_key_arn", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("versioning", Impact::InPlace).class(DriftClass::Data),
    FieldRule::new("tls_only", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("lifecycle", Impact::InPlace).class(DriftClass::Data).unordered(),
    FieldRule::new("policy", Impact::InPlace).class(DriftClass::Security).unordered(),
];

impl Kind for Bucket {
    const NAME: &'static str = "s3:Bucket";
    const REACH: Reach = Reach::World;
    type Inputs = BucketInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["arn", "bucket"],
            revised_outputs: &[],
            named_outputs: &["arn", "bucket"],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::Held("every object in the bucket"),
            lost: DriftClass::Data,
            timing: |_| Timing::seconds(2, 2, 2),
            name_rule: NameRule { max: 63 },
            taggable: true,
            deduplicated: true,
            run_once: false,
        }
    }
}
