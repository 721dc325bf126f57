use mate_core::kinds::Bucket;
use mate_core::kinds::s3_bucket::BucketInputs;
use mate_core::provider::Target;

use crate::drivers::testing;

pub(super) fn target() -> Target {
    testing::target::<Bucket>(
        "mate-acme-dev-data",
        &BucketInputs { kms_key_arn: KEY.into(), versioning: true, tls_only: true, lifecycle: Vec::new() },
    )
}

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/0a1b";
