//! The audit trail of an account (`cloudtrail:Trail`).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Bucket;
use super::s3_bucket;
use crate::model::{
    AdoptFacet, ArnForm, DriftClass, FieldRule, Impact, Input, Kind, KindModel, Link, Naming, Output, Quota, Reach,
    Refused, ReplaceOrder, Sample, SimFacet, SimRequest, SimWorld, TerraformType, Timing, outputs,
};

/// The audit trail of an account (`cloudtrail:Trail`): management events, always logging.
#[derive(Debug)]
pub struct Trail;

impl Trail {
    /// Its ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
}

/// The inputs of a trail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrailInputs {
    /// The bucket that it writes into, whose policy lets it.
    pub s3_bucket_name: Input<String>,
    /// The key that encrypts what it writes.
    pub kms_key_arn: Option<Input<String>>,
    /// True for a multi-Region trail.
    pub multi_region: bool,
    /// True if log file validation is on: CloudTrail signs its log files, so that a change can be detected.
    pub log_file_validation: bool,
    /// True if the trail logs. A stopped trail is started again.
    pub logging: bool,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("s3_bucket_name", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("kms_key_arn", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("multi_region", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("log_file_validation", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("logging", Impact::InPlace).class(DriftClass::Security),
];

fn trail_arn(n: &Naming<'_>) -> String {
    n.arn("cloudtrail", &format!("trail/{}", n.name()))
}

/// The bucket must let CloudTrail in. The rights of a bucket that was never here are not known.
fn check_bucket(request: &SimRequest<'_>, world: &dyn SimWorld) -> Result<(), Refused> {
    let name = request.inputs["s3_bucket_name"].as_str();
    let Some(bucket) = name.and_then(|name| world.by_key("s3:Bucket", name)) else { return Ok(()) };
    // CloudTrail reads the bucket's list of access rights before it writes.
    let needed = ["s3:GetBucketAcl", "s3:PutObject"];
    if needed.iter().all(|action| s3_bucket::lets(bucket.inputs, "cloudtrail.amazonaws.com", action)) {
        return Ok(());
    }
    let message = format!("incorrect S3 bucket policy is detected for bucket {}", bucket.name);
    Refused::invalid("InsufficientS3BucketPolicyException", message)
}

const SIM: SimFacet = SimFacet {
    physical_id: trail_arn,
    outputs: Some(|n| outputs([("arn", json!(trail_arn(n)))])),
    calls: ("CreateTrail", "UpdateTrail", "DeleteTrail"),
    exists: "TrailAlreadyExistsException",
    quota: "MaximumNumberOfTrailsExceededException",
    read: Some(("cloudtrail:DescribeTrails", 10)),
    request: check_bucket,
    ..SimFacet::PLAIN
};

const LINKS: &[Link] = &[
    Link::key("kms_key_arn", "KmsKeyNotFoundException"),
    Link::new("s3_bucket_name", "s3:Bucket", "bucket", "S3BucketDoesNotExistException"),
];

const ADOPT: AdoptFacet = AdoptFacet {
    name: |id| id.rsplit('/').next(),
    terraform: &[TerraformType {
        names: &["aws_cloudtrail"],
        id: |r| r.text("arn"),
        name: &["name"],
        ..TerraformType::PLAIN
    }],
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "cloudtrail",
    "",
    "Trails per Region",
    5,
    "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html",
)
.without_code()
.fixed()];

const SAMPLES: &[Sample] = &[Sample::new(
    "trail",
    |base| base.name("trail"),
    |base| {
        json!(TrailInputs {
            s3_bucket_name: base.out("log-bucket", Bucket::NAME),
            kms_key_arn: None,
            multi_region: false,
            log_file_validation: false,
            logging: true,
        })
    },
)
.updated("log_file_validation", || json!(true))];

impl Kind for Trail {
    const NAME: &'static str = "cloudtrail:Trail";
    const REACH: Reach = Reach::Account;
    type Inputs = TrailInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["arn"])
            .with_named_outputs(&["arn"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Security)
            .with_timing(|_| Timing::seconds(3, 3, 3))
            .with_name_max(128)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_arn(ArnForm::whole("cloudtrail", "trail/"))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
    }
}
