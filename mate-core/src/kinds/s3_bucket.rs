//! An S3 bucket, private and encrypted (`s3:Bucket`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::policy::Statement;
use crate::model::{
    AdoptFacet, ArnForm, Data, DriftClass, FieldRule, Impact, Input, Kind, KindModel, KnownId, Link, Output, Quota,
    Reach, ReplaceOrder, Sample, SimFacet, TerraformOutput, TerraformType, Timing, outputs,
};

/// An S3 bucket, private and encrypted (`s3:Bucket`).
#[derive(Debug)]
pub struct Bucket;

impl Bucket {
    /// The bucket's ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
    /// The bucket's name.
    pub const NAME: Output<Self, String> = Output::new("bucket");
}

/// The inputs of a bucket. Public access is always blocked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BucketInputs {
    /// The KMS key of its default encryption, with bucket keys on; S3's own (`AES256`) where there is none, which is all
    /// that a load balancer writes its access logs into.
    pub kms_key_arn: Option<Input<String>>,
    /// True if versioning is on: the bucket keeps old versions of objects.
    pub versioning: bool,
    /// True if the bucket policy denies every request that does not use TLS.
    pub tls_only: bool,
    /// The lifecycle rules: transitions to colder storage, and expiration.
    pub lifecycle: Vec<LifecycleRule>,
    /// The statements of the bucket policy besides the one of `tls_only`. Each has a `sid` of its own.
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

/// True if a bucket with these inputs lets a service do this.
pub(super) fn lets(bucket: &Value, service: &str, action: &str) -> bool {
    let has = |list: &Value, wanted: &[&str]| {
        list.as_array().into_iter().flatten().filter_map(Value::as_str).any(|item| wanted.contains(&item))
    };
    bucket["policy"].as_array().into_iter().flatten().any(|statement| {
        statement["effect"] == "Allow"
            && has(&statement["principals"], &[service, "*"])
            && has(&statement["actions"], &[action, "s3:*", "*"])
    })
}

const SIM: SimFacet = SimFacet {
    outputs: Some(|n| outputs([("arn", json!(format!("arn:aws:s3:::{}", n.name()))), ("bucket", json!(n.name()))])),
    calls: ("CreateBucket", "PutBucketConfiguration", "DeleteBucket"),
    exists: "BucketAlreadyExists",
    quota: "TooManyBuckets",
    read: Some(("s3:HeadBucket", 1)),
    not_empty: "BucketNotEmpty",
    ..SimFacet::PLAIN
};

const LINKS: &[Link] = &[Link::key("kms_key_arn", "KMS.NotFoundException")];

const ADOPT: AdoptFacet = AdoptFacet {
    name: AdoptFacet::itself,
    known: &[("bucket", KnownId::Id)],
    terraform: &[TerraformType {
        names: &["aws_s3_bucket"],
        id: |r| r.first(&["bucket", "id"]),
        ..TerraformType::PLAIN
    }],
    outputs: &[TerraformOutput::new(&["bucket", "bucket_name", "bucket_id", "bucket_names", "bucket_ids"], |text| {
        TerraformOutput::within(text, 3, 63, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.')
    })],
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "s3",
    "L-DC2B2D3D",
    "General purpose buckets",
    10_000,
    "https://docs.aws.amazon.com/general/latest/gr/s3.html",
)
.account()];

const SAMPLES: &[Sample] = &[
    Sample::new(
        "log-bucket",
        |base| base.name("logs"),
        |base| {
            const TRAIL: &str = "cloudtrail.amazonaws.com";
            const LOAD_BALANCER: &str = "logdelivery.elasticloadbalancing.amazonaws.com";
            let lets_in = |sid: &str, service: &str, action: &str, resource: String| Statement {
                principals: vec![service.to_owned()],
                ..Statement::allow(sid, [action], vec![resource.into()])
            };
            let (arn, account) = (format!("arn:aws:s3:::{}", base.name("logs")), &base.account);
            let of_balancer = format!("{arn}/{}/AWSLogs/{account}/*", base.tenant);
            json!(BucketInputs {
                kms_key_arn: None,
                versioning: false,
                tls_only: true,
                lifecycle: Vec::new(),
                policy: vec![
                    lets_in("TrailLooks", TRAIL, "s3:GetBucketAcl", arn.clone()),
                    lets_in("TrailWrites", TRAIL, "s3:PutObject", format!("{arn}/AWSLogs/{account}/*")),
                    lets_in("LoadBalancerWrites", LOAD_BALANCER, "s3:PutObject", of_balancer),
                ],
            })
        },
    ),
    Sample::new(
        "bucket",
        |base| base.name("data"),
        |base| {
            json!(BucketInputs {
                kms_key_arn: Some(base.key()),
                versioning: true,
                tls_only: true,
                lifecycle: vec![LifecycleRule {
                    id: "cold".into(),
                    prefix: String::new(),
                    transitions: vec![Transition { days: 30, storage_class: "STANDARD_IA".into() }],
                    expiration_days: None,
                    noncurrent_expiration_days: Some(90),
                    abort_incomplete_upload_days: Some(7),
                }],
                policy: Vec::new(),
            })
        },
    )
    .updated("versioning", || json!(false)),
];

impl Kind for Bucket {
    const NAME: &'static str = "s3:Bucket";
    const REACH: Reach = Reach::World;
    type Inputs = BucketInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["arn", "bucket"])
            .with_named_outputs(&["arn", "bucket"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_data(Data::Held("every object in the bucket"))
            .with_lost(DriftClass::Data)
            .with_timing(|_| Timing::seconds(2, 2, 2))
            .with_name_max(63)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_arn(ArnForm::of_id("s3", "").global().public().with_parts(&["/", ":", "*"]))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
            .with_content("objects")
    }
}
