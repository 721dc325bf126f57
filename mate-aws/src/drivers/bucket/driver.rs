//! S3 buckets. Their names are everybody's: a name can be taken by another account.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use mate_core::kinds::Bucket;
use mate_core::kinds::s3_bucket::BucketInputs;
use mate_core::model::{Kind, KindModel};
use mate_core::model::{Tags, Unresolved};
use mate_core::provider::{
    CreateRequest, Created, DataPolicy, DeleteRequest, Deleted, ErrorClass, Live, Observation, ProviderError, Status,
    Target, UpdateRequest,
};
use serde_json::{Value, json};

use super::actions;
use super::aspects;
use super::empty::{Objects, empty};
use super::policy::{self, Parts};
use crate::classify::{behind, failed, if_found};
use crate::context::Aws;
use crate::drivers::{Driver, each};
use crate::policy::Actions;
use crate::tags as ownership;

const CREATE: &str = "s3:CreateBucket";

/// The driver of `s3:Bucket`.
#[derive(Debug)]
pub(crate) struct BucketDriver;

#[async_trait]
impl Driver for BucketDriver {
    fn model(&self) -> KindModel {
        Bucket::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        each(targets, |target| async move {
            let tags = match aspects::tags(aws, target).await {
                Ok(Some(tags)) => tags,
                Ok(None) => return Ok(Observation::Absent),
                Err(error) => return elsewhere(target, error),
            };
            match ownership::judge(target, head(aws, target, tags)) {
                Observation::Present(live) => read(aws, target, live).await,
                other => Ok(other),
            }
        })
        .await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let inputs = target.typed::<Bucket>()?;
        // Looked at before: in us-east-1 S3 answers "created" for a bucket that the account has already.
        let tags = match aspects::tags(aws, target).await? {
            Some(tags) => {
                if !target.accepts(&tags) {
                    return Err(ownership::refuse(target, CREATE, &tags));
                }
                tags
            }
            None => make(aws, target).await?,
        };
        let created = Created::from(head(aws, target, tags.clone()));
        complete(aws, target, &inputs, &tags).await.map_err(behind(&created))?;
        Ok(created)
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "s3:UpdateBucket";
        let target = &request.target;
        let tags = aspects::tags(aws, target).await?.ok_or_else(|| {
            ProviderError::new(ErrorClass::NotFound, CALL, target.address.clone())
                .with_message(format!("there is no bucket `{}`", target.name))
        })?;
        if !target.accepts(&tags) {
            return Err(ownership::refuse(target, CALL, &tags));
        }
        let inputs = target.typed::<Bucket>()?;
        for field in &request.fields {
            match field.as_str() {
                "kms_key_arn" => aspects::put_encryption(aws, target, key(target, &inputs)?).await?,
                "versioning" => aspects::put_versioning(aws, target, inputs.versioning).await?,
                "lifecycle" => aspects::put_lifecycle(aws, target, &inputs.lifecycle).await?,
                "tags" => aspects::put_tags(aws, target, &tags, &request.untag).await?,
                _ => {}
            }
        }
        let named = |field: &str| request.fields.iter().any(|name| name == field);
        if named("tls_only") || named("policy") {
            let parts = Parts {
                tls_only: named("tls_only").then_some(inputs.tls_only),
                others: named("policy").then_some(inputs.policy.as_slice()),
            };
            policy::put(aws, target, parts, policy::read(aws, target).await?).await?;
        }
        Ok(head(aws, target, tags).into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        const CALL: &str = "s3:DeleteBucket";
        let target = &request.target;
        let Some(tags) = aspects::tags(aws, target).await? else { return Ok(Deleted::Gone) };
        if !target.accepts(&tags) {
            return Err(ownership::refuse(target, CALL, &tags));
        }
        let objects = if request.data == DataPolicy::Discard { Objects::Discard } else { Objects::Keep };
        // Over plain HTTP the bucket's own policy would refuse the calls that look at its objects.
        let lifted = match aws.plain_http {
            true => policy::read(aws, target).await?.filter(|policy| policy::is_tls_only(aws, target, Some(policy))),
            false => None,
        };
        if lifted.is_some() {
            let parts = Parts { tls_only: Some(false), others: None };
            policy::put(aws, target, parts, lifted.clone()).await?;
        }
        if let Err(error) = empty(aws, target, objects).await {
            if lifted.is_some() {
                let now = policy::read(aws, target).await?;
                policy::put(aws, target, Parts { tls_only: Some(true), others: None }, now).await?;
            }
            return if error.code.as_deref() == Some("NoSuchBucket") { Ok(Deleted::Gone) } else { Err(error) };
        }
        let call = aws.s3.delete_bucket().bucket(&target.name);
        if_found(call.send().await.map_err(failed(&target.address, CALL)))?;
        Ok(Deleted::Gone)
    }
}

/// A bucket that these credentials may not look at, or that stands in another region. Without a record of ours it is
/// somebody else's; with one, it is not known.
fn elsewhere(target: &Target, error: ProviderError) -> Result<Observation, ProviderError> {
    let barred = error.class == ErrorClass::Denied || error.code.as_deref() == Some("PermanentRedirect");
    if !barred || target.physical_id.is_some() {
        return Err(error);
    }
    Ok(Observation::Foreign(format!(
        "{} `{}` exists and cannot be read ({}): another account has the name, it stands in another region, or its \
         policy or the caller's own forbids s3:GetBucketTagging",
        target.kind,
        target.name,
        error.code.as_deref().unwrap_or("no code")
    )))
}

/// Makes the bucket with its tags in the one call, and answers the tags that it has.
async fn make(aws: &Aws, target: &Target) -> Result<Tags, ProviderError> {
    let elsewhere = aws.region != "us-east-1";
    let configuration = CreateBucketConfiguration::builder()
        .set_location_constraint(elsewhere.then(|| BucketLocationConstraint::from(aws.region.as_str())))
        .set_tags(Some(aspects::tags_to_sdk(&target.tags)))
        .build();
    let call = aws.s3.create_bucket().bucket(&target.name).create_bucket_configuration(configuration);
    let answer = call.send().await.map(drop).map_err(failed(&target.address, CREATE));
    // It was not there a moment ago: if it is this account's now, it comes from this call, whose answer was lost.
    let lost = |error: &ProviderError| {
        error.class == ErrorClass::Ambiguous || error.code.as_deref() == Some("BucketAlreadyOwnedByYou")
    };
    match answer {
        Ok(()) => Ok(aspects::tags(aws, target).await?.unwrap_or_default()),
        Err(error) if lost(&error) => match aspects::tags(aws, target).await {
            Ok(Some(tags)) if tags.is_empty() || target.accepts(&tags) => Ok(tags),
            Ok(Some(tags)) => Err(ownership::refuse(target, CREATE, &tags)),
            _ => Err(error),
        },
        Err(error) => Err(error),
    }
}

/// Every aspect, the policy last: over plain HTTP it refuses what comes after it.
async fn complete(aws: &Aws, target: &Target, inputs: &BucketInputs, tags: &Tags) -> Result<(), ProviderError> {
    aspects::put_tags(aws, target, tags, &BTreeSet::new()).await?;
    aspects::block_public_access(aws, target).await?;
    aspects::put_encryption(aws, target, key(target, inputs)?).await?;
    if inputs.versioning || aspects::versioning(aws, target).await? {
        aspects::put_versioning(aws, target, inputs.versioning).await?;
    }
    if !inputs.lifecycle.is_empty() || aspects::lifecycle(aws, target).await? != json!([]) {
        aspects::put_lifecycle(aws, target, &inputs.lifecycle).await?;
    }
    let policy = policy::read(aws, target).await?;
    let parts = Parts { tls_only: Some(inputs.tls_only), others: Some(&inputs.policy) };
    policy::put(aws, target, parts, policy).await
}

async fn read(aws: &Aws, target: &Target, live: Live) -> Result<Observation, ProviderError> {
    let (encryption, versioning, policy, lifecycle) = futures::try_join!(
        aspects::encryption(aws, target),
        aspects::versioning(aws, target),
        policy::read(aws, target),
        aspects::lifecycle(aws, target),
    )?;
    let inputs = json!({
        "kms_key_arn": encryption,
        "versioning": versioning,
        "tls_only": policy::is_tls_only(aws, target, policy.as_ref()),
        "lifecycle": lifecycle,
        "policy": policy::others(target, policy.as_ref()),
    });
    Ok(Observation::Present(Live { inputs, ..live }))
}

fn head(aws: &Aws, target: &Target, tags: Tags) -> Live {
    let arn = aspects::arn(aws, &target.name);
    Live {
        physical_id: target.name.clone(),
        status: Status::Ready,
        inputs: Value::Null,
        outputs: [("arn".to_owned(), json!(arn)), ("bucket".to_owned(), json!(target.name))].into(),
        tags,
    }
}

fn key<'a>(target: &Target, inputs: &'a BucketInputs) -> Result<Option<&'a str>, ProviderError> {
    let unresolved = |error: Unresolved| {
        ProviderError::new(ErrorClass::Bug, "s3:PutBucketEncryption", target.address.clone()).with_source(error)
    };
    inputs.kms_key_arn.as_ref().map(|key| key.get().map(String::as_str)).transpose().map_err(unresolved)
}
