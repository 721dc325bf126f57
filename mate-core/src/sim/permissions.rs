//! Whether a bucket lets the services of AWS write into it that are told to.

use serde_json::Value;

use super::rules::{Refusal, refuse};
use super::state::State;
use crate::provider::ErrorClass;

/// Whether a bucket with these inputs lets a service do this.
fn lets(bucket: &Value, service: &str, action: &str) -> bool {
    let has = |list: &Value, wanted: &[&str]| {
        list.as_array().into_iter().flatten().filter_map(Value::as_str).any(|item| wanted.contains(&item))
    };
    bucket["policy"].as_array().into_iter().flatten().any(|statement| {
        statement["effect"] == "Allow"
            && has(&statement["principals"], &[service, "*"])
            && has(&statement["actions"], &[action, "s3:*", "*"])
    })
}

impl State {
    /// Whether what the object writes arrives in its bucket. What a bucket that was never here allows is not known.
    pub(super) fn check_writable(&self, kind: &str, inputs: &Value) -> Result<(), Refusal> {
        const LOG_DELIVERY: &str = "logdelivery.elasticloadbalancing.amazonaws.com";
        let bucket = |name: &Value| name.as_str().and_then(|name| self.by_key("s3:Bucket", name));
        match kind {
            "cloudtrail:Trail" => {
                let Some(bucket) = bucket(&inputs["s3_bucket_name"]) else { return Ok(()) };
                // CloudTrail reads the bucket's list of access rights before it writes.
                let needed = ["s3:GetBucketAcl", "s3:PutObject"];
                if needed.iter().all(|action| lets(&bucket.inputs, "cloudtrail.amazonaws.com", action)) {
                    return Ok(());
                }
                let message = format!("incorrect S3 bucket policy is detected for bucket {}", bucket.name);
                refuse(ErrorClass::Invalid, "InsufficientS3BucketPolicyException", message)
            }
            "elbv2:LoadBalancer" => {
                let Some(bucket) = bucket(&inputs["access_logs"]["bucket"]) else { return Ok(()) };
                let problem = if !bucket.inputs["kms_key_arn"].is_null() {
                    "it is encrypted with a key of KMS"
                } else if !lets(&bucket.inputs, LOG_DELIVERY, "s3:PutObject") {
                    "please check the bucket's permission"
                } else {
                    return Ok(());
                };
                let message = format!("access denied for bucket {}: {problem}", bucket.name);
                refuse(ErrorClass::Invalid, "InvalidConfigurationRequest", message)
            }
            _ => Ok(()),
        }
    }
}
