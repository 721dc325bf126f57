//! The settings of a bucket after its creation: encryption, versioning, lifecycle, tags. Each has a function that reads
//! and one that puts.

use std::collections::BTreeSet;

use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, BucketVersioningStatus, ExpirationStatus,
    LifecycleExpiration, LifecycleRule as SdkRule, LifecycleRuleFilter, NoncurrentVersionExpiration,
    PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, Tag, Tagging, Transition as SdkTransition,
    TransitionStorageClass, VersioningConfiguration,
};
use mate_core::kinds::s3_bucket::{LifecycleRule, Transition};
use mate_core::model::Tags;
use mate_core::provider::{ErrorClass, ProviderError, Target};
use serde_json::{Value, json};

use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::keys;

/// The result of a call on a bucket.
pub(super) type Outcome<T> = Result<T, ProviderError>;

pub(super) fn arn(aws: &Aws, bucket: &str) -> String {
    let partition = match aws.region.split('-').next() {
        Some("cn") => "aws-cn",
        Some("us") if aws.region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    format!("arn:{partition}:s3:::{bucket}")
}

/// The bucket's tags; none when there is no bucket.
pub(super) async fn tags(aws: &Aws, target: &Target) -> Outcome<Option<Tags>> {
    let answer = aws.s3.get_bucket_tagging().bucket(&target.name).send().await;
    match answer.map_err(failed(&target.address, "s3:GetBucketTagging")) {
        Ok(answer) => Ok(Some(crate::tags::from_pairs(answer.tag_set().iter().map(|tag| (tag.key(), tag.value()))))),
        Err(error) if error.code.as_deref() == Some("NoSuchTagSet") => Ok(Some(Tags::new())),
        Err(error) if error.class == ErrorClass::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Sets the tags beside those that are there, without those that are taken off: the call replaces all of them.
pub(super) async fn put_tags(aws: &Aws, target: &Target, live: &Tags, untag: &BTreeSet<String>) -> Outcome<()> {
    let mut all = live.clone();
    all.retain(|key, _| !untag.contains(key));
    all.extend(target.tags.clone());
    if &all == live {
        return Ok(());
    }
    if all.is_empty() {
        let call = aws.s3.delete_bucket_tagging().bucket(&target.name);
        call.send().await.map_err(failed(&target.address, "s3:DeleteBucketTagging"))?;
        return Ok(());
    }
    let tagging = Tagging::builder().set_tag_set(Some(tags_to_sdk(&all))).build().expect("a tagging with its tags");
    let call = aws.s3.put_bucket_tagging().bucket(&target.name).tagging(tagging);
    call.send().await.map_err(failed(&target.address, "s3:PutBucketTagging"))?;
    Ok(())
}

pub(super) fn tags_to_sdk(tags: &Tags) -> Vec<Tag> {
    let tag = |(key, value): (&String, &String)| {
        Tag::builder().key(key).value(value).build().expect("a tag with key and value")
    };
    tags.iter().map(tag).collect()
}

/// The key of the default encryption, in the desired form; the words say what is there instead.
pub(super) async fn encryption(aws: &Aws, target: &Target) -> Outcome<Value> {
    let answer = aws.s3.get_bucket_encryption().bucket(&target.name).send().await;
    let answer = if_found(answer.map_err(failed(&target.address, "s3:GetBucketEncryption")))?;
    let Some(configuration) = answer.and_then(|answer| answer.server_side_encryption_configuration) else {
        return Ok(Value::Null);
    };
    let Some((rule, default)) =
        configuration.rules().first().and_then(|rule| Some((rule, rule.apply_server_side_encryption_by_default()?)))
    else {
        return Ok(Value::Null);
    };
    let desired = target.inputs.get("kms_key_arn").and_then(Value::as_str);
    if *default.sse_algorithm() == ServerSideEncryption::Aes256 {
        return Ok(Value::Null);
    }
    let key = keys::report(desired, default.kms_master_key_id(), "alias/aws/s3");
    Ok(match key.as_str() {
        Some(key) if rule.bucket_key_enabled() != Some(true) => json!(format!("{key} without a bucket key")),
        Some(key) => json!(key),
        None => json!(default.sse_algorithm().as_str()),
    })
}

pub(super) async fn put_encryption(aws: &Aws, target: &Target, key: Option<&str>) -> Outcome<()> {
    let algorithm = if key.is_some() { ServerSideEncryption::AwsKms } else { ServerSideEncryption::Aes256 };
    let default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(algorithm)
        .set_kms_master_key_id(key.map(str::to_owned))
        .build()
        .expect("an encryption with its algorithm");
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(default)
        .bucket_key_enabled(key.is_some())
        .build();
    let configuration =
        ServerSideEncryptionConfiguration::builder().rules(rule).build().expect("a configuration with its rule");
    let call = aws.s3.put_bucket_encryption().bucket(&target.name).server_side_encryption_configuration(configuration);
    call.send().await.map_err(failed(&target.address, "s3:PutBucketEncryption"))?;
    Ok(())
}

pub(super) async fn versioning(aws: &Aws, target: &Target) -> Outcome<bool> {
    let answer = aws.s3.get_bucket_versioning().bucket(&target.name).send().await;
    let answer = answer.map_err(failed(&target.address, "s3:GetBucketVersioning"))?;
    Ok(answer.status() == Some(&BucketVersioningStatus::Enabled))
}

pub(super) async fn put_versioning(aws: &Aws, target: &Target, on: bool) -> Outcome<()> {
    let status = if on { BucketVersioningStatus::Enabled } else { BucketVersioningStatus::Suspended };
    let configuration = VersioningConfiguration::builder().status(status).build();
    let call = aws.s3.put_bucket_versioning().bucket(&target.name).versioning_configuration(configuration);
    call.send().await.map_err(failed(&target.address, "s3:PutBucketVersioning"))?;
    Ok(())
}

pub(super) async fn block_public_access(aws: &Aws, target: &Target) -> Outcome<()> {
    let block = PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .ignore_public_acls(true)
        .block_public_policy(true)
        .restrict_public_buckets(true)
        .build();
    let call = aws.s3.put_public_access_block().bucket(&target.name).public_access_block_configuration(block);
    call.send().await.map_err(failed(&target.address, "s3:PutBucketPublicAccessBlock"))?;
    Ok(())
}

/// The lifecycle rules; in the desired form where they mean the same.
pub(super) async fn lifecycle(aws: &Aws, target: &Target) -> Outcome<Value> {
    let answer = aws.s3.get_bucket_lifecycle_configuration().bucket(&target.name).send().await;
    let answer = if_found(answer.map_err(failed(&target.address, "s3:GetLifecycleConfiguration")))?;
    let live: Vec<LifecycleRule> =
        answer.and_then(|answer| answer.rules).unwrap_or_default().iter().map(rule_from_sdk).collect();
    let desired = target.inputs.get("lifecycle").cloned().unwrap_or_default();
    let means = |rules: &[LifecycleRule]| -> Vec<LifecycleRule> {
        let mut rules = rules.to_vec();
        rules.iter_mut().for_each(|rule| rule.transitions.sort_by_key(|transition| transition.days));
        rules.sort_by(|one, other| one.id.cmp(&other.id));
        rules
    };
    match serde_json::from_value::<Vec<LifecycleRule>>(desired.clone()) {
        Ok(rules) if means(&rules) == means(&live) => Ok(desired),
        _ => Ok(json!(live)),
    }
}

pub(super) async fn put_lifecycle(aws: &Aws, target: &Target, rules: &[LifecycleRule]) -> Outcome<()> {
    if rules.is_empty() {
        let call = aws.s3.delete_bucket_lifecycle().bucket(&target.name);
        if_found(call.send().await.map_err(failed(&target.address, "s3:DeleteBucketLifecycle")))?;
        return Ok(());
    }
    let configuration = BucketLifecycleConfiguration::builder()
        .set_rules(Some(rules.iter().map(rule_to_sdk).collect()))
        .build()
        .expect("a configuration with its rules");
    let call = aws.s3.put_bucket_lifecycle_configuration().bucket(&target.name).lifecycle_configuration(configuration);
    call.send().await.map_err(failed(&target.address, "s3:PutLifecycleConfiguration"))?;
    Ok(())
}

fn rule_to_sdk(rule: &LifecycleRule) -> SdkRule {
    let count = |days: u32| i32::try_from(days).unwrap_or(i32::MAX);
    let transition = |transition: &Transition| {
        SdkTransition::builder()
            .days(count(transition.days))
            .storage_class(TransitionStorageClass::from(transition.storage_class.as_str()))
            .build()
    };
    let transitions: Vec<_> = rule.transitions.iter().map(transition).collect();
    SdkRule::builder()
        .id(&rule.id)
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix(&rule.prefix).build())
        .set_transitions((!transitions.is_empty()).then_some(transitions))
        .set_expiration(rule.expiration_days.map(|days| LifecycleExpiration::builder().days(count(days)).build()))
        .set_noncurrent_version_expiration(
            rule.noncurrent_expiration_days
                .map(|days| NoncurrentVersionExpiration::builder().noncurrent_days(count(days)).build()),
        )
        .set_abort_incomplete_multipart_upload(
            rule.abort_incomplete_upload_days
                .map(|days| AbortIncompleteMultipartUpload::builder().days_after_initiation(count(days)).build()),
        )
        .build()
        .expect("a rule with its status")
}

#[allow(deprecated)] // An old rule carries its prefix outside of the filter.
fn rule_from_sdk(rule: &SdkRule) -> LifecycleRule {
    let count = |days: Option<i32>| days.and_then(|days| u32::try_from(days).ok());
    let prefix = rule.filter().and_then(LifecycleRuleFilter::prefix).or(rule.prefix()).unwrap_or_default();
    let transition = |transition: &SdkTransition| Transition {
        days: count(transition.days()).unwrap_or_default(),
        storage_class: transition.storage_class().map_or_else(String::new, |class| class.as_str().to_owned()),
    };
    let off = if rule.status() == &ExpirationStatus::Enabled { "" } else { " (disabled)" };
    LifecycleRule {
        id: format!("{}{off}", rule.id().unwrap_or_default()),
        prefix: prefix.to_owned(),
        transitions: rule.transitions().iter().map(transition).collect(),
        expiration_days: rule.expiration().and_then(|expiration| count(expiration.days())),
        noncurrent_expiration_days: rule
            .noncurrent_version_expiration()
            .and_then(|expiration| count(expiration.noncurrent_days())),
        abort_incomplete_upload_days: rule
            .abort_incomplete_multipart_upload()
            .and_then(|abort| count(abort.days_after_initiation())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifecycle_rule_is_read_back_as_it_was_written() {
        let rule = LifecycleRule {
            id: "archive".into(),
            prefix: "media/".into(),
            transitions: vec![
                Transition { days: 30, storage_class: "STANDARD_IA".into() },
                Transition { days: 90, storage_class: "GLACIER".into() },
            ],
            expiration_days: Some(2557),
            noncurrent_expiration_days: Some(90),
            abort_incomplete_upload_days: Some(7),
        };
        assert_eq!(rule_from_sdk(&rule_to_sdk(&rule)), rule);
    }

    #[test]
    fn the_partition_follows_the_region() {
        let mut aws = crate::drivers::testing::aws();
        assert_eq!(arn(&aws, "b"), "arn:aws:s3:::b");
        aws.region = "us-gov-west-1".into();
        assert_eq!(arn(&aws, "b"), "arn:aws-us-gov:s3:::b");
        aws.region = "cn-north-1".into();
        assert_eq!(arn(&aws, "b"), "arn:aws-cn:s3:::b");
    }
}
