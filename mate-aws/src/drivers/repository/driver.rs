//! Repositories of ECR. A repository is found by its name, which is unique in account and region.

use async_trait::async_trait;
use aws_sdk_ecr::types::{
    EncryptionConfiguration, EncryptionType, ImageScanningConfiguration, ImageTagMutability, Repository as Described,
    Tag,
};
use mate_core::kinds::Repository;
use mate_core::kinds::repository::RepositoryInputs;
use mate_core::model::{Kind, KindModel};
use mate_core::model::{Outputs, Tags};
use mate_core::provider::{
    CreateRequest, Created, DataPolicy, DeleteRequest, Deleted, ErrorClass, Live, Observation, ProviderError,
    RetryStatus, Status, Target, UpdateRequest,
};
use serde_json::{Value, json};

use super::actions;
use super::lifecycle;
use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::batch::{found, gone, incomplete, present};
use crate::drivers::fields::{self, Fields, known_as};
use crate::drivers::{Driver, each};
use crate::policy::Actions;
use crate::tags::{self, TagChange};

const CREATE: &str = "ecr:CreateRepository";
const UPDATE: &str = "ecr:UpdateRepository";
const DELETE: &str = "ecr:DeleteRepository";

/// Most names that `DescribeRepositories` takes.
const PAGE: usize = 100;

/// The driver of `ecr:Repository`.
#[derive(Debug)]
pub(crate) struct RepositoryDriver;

#[async_trait]
impl Driver for RepositoryDriver {
    fn model(&self) -> KindModel {
        Repository::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        let repositories = match describe(aws, targets).await {
            Ok(repositories) => repositories,
            Err(error) => {
                let unknown = |target| Observation::Unknown(fields::repeat(&error, target));
                return targets.iter().map(unknown).collect();
            }
        };
        let repositories = &repositories;
        each(targets, |target| async move {
            let named = |name: &&str| repositories.iter().find(|one| one.repository_name() == Some(*name));
            match known_as(target).iter().find_map(named) {
                Some(repository) => read(aws, target, repository).await,
                None => Ok(Observation::Absent),
            }
        })
        .await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let inputs = target.typed::<Repository>()?;
        let call = aws
            .ecr
            .create_repository()
            .repository_name(&target.name)
            .image_scanning_configuration(scanning(&inputs))
            .image_tag_mutability(mutability(&inputs))
            .encryption_configuration(encryption(target, &inputs)?)
            .set_tags(Some(tag_list(target, CREATE, &target.tags)?));
        match call.send().await.map_err(failed(&target.address, CREATE)) {
            Ok(answer) => {
                let repository = answer.repository.ok_or_else(|| incomplete(target, CREATE, "repository"))?;
                let created = created(&repository);
                if inputs.keep_last_images.is_some() {
                    let put = lifecycle::put(aws, target, &target.name, inputs.keep_last_images).await;
                    put.map_err(fields::behind(&created))?;
                }
                Ok(created)
            }
            Err(error) if error.class == ErrorClass::AlreadyExists => {
                let live = present(self, aws, target, CREATE).await?;
                fields::converge::<Repository>(self, aws, request, live, error).await
            }
            Err(error) => Err(error),
        }
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let live = present(self, aws, target, UPDATE).await?.ok_or_else(|| gone(target, UPDATE))?;
        let inputs = target.typed::<Repository>()?;
        let name = live.physical_id.as_str();
        if request.fields.iter().any(|field| field == "tags") {
            retag(aws, request, &live).await?;
        }
        for field in fields::remaining::<Repository>(&request.fields, &live, target) {
            match field.as_str() {
                "scan_on_push" => {
                    let call = aws.ecr.put_image_scanning_configuration().repository_name(name);
                    let call = call.image_scanning_configuration(scanning(&inputs));
                    call.send().await.map_err(failed(&target.address, "ecr:PutImageScanningConfiguration"))?;
                }
                "immutable_tags" => {
                    let call = aws.ecr.put_image_tag_mutability().repository_name(name);
                    let call = call.image_tag_mutability(mutability(&inputs));
                    call.send().await.map_err(failed(&target.address, "ecr:PutImageTagMutability"))?;
                }
                "keep_last_images" => lifecycle::put(aws, target, name, inputs.keep_last_images).await?,
                _ => {}
            }
        }
        Ok(live.into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        let target = &request.target;
        let Some(live) = present(self, aws, target, DELETE).await? else { return Ok(Deleted::Gone) };
        let discard = request.data == DataPolicy::Discard;
        let call = aws.ecr.delete_repository().repository_name(&live.physical_id).force(discard);
        match if_found(call.send().await.map_err(failed(&target.address, DELETE))) {
            Ok(_) => Ok(Deleted::Gone),
            Err(error) if error.code.as_deref() == Some("RepositoryNotEmptyException") && !discard => Err(error
                .with_message("it holds images: move them away, or consent to losing them")
                .with_retry(RetryStatus::Permanent)),
            Err(error) => Err(error),
        }
    }
}

async fn describe(aws: &Aws, targets: &[Target]) -> Result<Vec<Described>, ProviderError> {
    let Some(first) = targets.first() else { return Ok(Vec::new()) };
    let mut names: Vec<String> = targets.iter().flat_map(known_as).map(str::to_owned).collect();
    names.sort_unstable();
    names.dedup();
    found(&names, PAGE, |names| async move {
        let answer = aws.ecr.describe_repositories().set_repository_names(Some(names)).send().await;
        let answer = answer.map_err(failed(&first.address, "ecr:DescribeRepositories"))?;
        Ok(answer.repositories.unwrap_or_default())
    })
    .await
}

/// The whole of a repository. Of one that is not the target's nothing more is read than its tags.
async fn read(aws: &Aws, target: &Target, repository: &Described) -> Result<Observation, ProviderError> {
    let name = repository.repository_name().unwrap_or_default();
    let arn = repository.repository_arn().unwrap_or_default();
    let answer = aws.ecr.list_tags_for_resource().resource_arn(arn).send().await;
    let Some(answer) = if_found(answer.map_err(failed(&target.address, "ecr:ListTagsForResource")))? else {
        return Ok(Observation::Absent);
    };
    let tags = tags::from_pairs(answer.tags().iter().map(|tag| (tag.key(), tag.value())));
    if !target.accepts(&tags) {
        return Ok(Observation::Foreign(tags::not_ours(target, &tags)));
    }
    let Some(kept) = lifecycle::read(aws, target, name).await? else { return Ok(Observation::Absent) };
    let scanned = repository.image_scanning_configuration().map(ImageScanningConfiguration::scan_on_push);
    let Created { physical_id, status, outputs } = created(repository);
    Ok(Observation::Present(Live {
        physical_id,
        status,
        inputs: Fields::default()
            .with("scan_on_push", scanned)
            .with("immutable_tags", repository.image_tag_mutability().map(told_mutability))
            .with("keep_last_images", Some(kept))
            .with("kms_key_arn", told_key(target, repository))
            .into_value(),
        outputs,
        tags,
    }))
}

fn created(repository: &Described) -> Created {
    let told = [("arn", repository.repository_arn()), ("repository_uri", repository.repository_uri())];
    let outputs: Outputs =
        told.into_iter().filter_map(|(output, told)| Some((output.to_owned(), json!(told?)))).collect();
    Created { physical_id: repository.repository_name().unwrap_or_default().to_owned(), status: Status::Ready, outputs }
}

/// True if tags are immutable, false if they are mutable, and AWS's own word for any other setting.
fn told_mutability(mutability: &ImageTagMutability) -> Value {
    match mutability {
        ImageTagMutability::Immutable => json!(true),
        ImageTagMutability::Mutable => json!(false),
        other => json!(other.as_str()),
    }
}

/// The key; null where ECR's own encryption is told, nothing where none is told or where it cannot be compared.
fn told_key(target: &Target, repository: &Described) -> Option<Value> {
    let encryption = repository.encryption_configuration()?;
    match (encryption.encryption_type(), encryption.kms_key()) {
        (EncryptionType::Aes256, _) => Some(Value::Null),
        (_, key) => fields::kms_key(fields::text(target, "kms_key_arn"), key?).map(Value::String),
    }
}

fn scanning(inputs: &RepositoryInputs) -> ImageScanningConfiguration {
    ImageScanningConfiguration::builder().scan_on_push(inputs.scan_on_push).build()
}

fn mutability(inputs: &RepositoryInputs) -> ImageTagMutability {
    if inputs.immutable_tags { ImageTagMutability::Immutable } else { ImageTagMutability::Mutable }
}

fn encryption(target: &Target, inputs: &RepositoryInputs) -> Result<EncryptionConfiguration, ProviderError> {
    let key = inputs.kms_key_arn.as_ref().map(|key| fields::value(target, key)).transpose()?;
    EncryptionConfiguration::builder()
        .encryption_type(if key.is_some() { EncryptionType::Kms } else { EncryptionType::Aes256 })
        .set_kms_key(key.cloned())
        .build()
        .map_err(|error| bug(target, CREATE, &error.to_string()))
}

fn tag_list(target: &Target, operation: &str, tags: &Tags) -> Result<Vec<Tag>, ProviderError> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    tags.iter().map(tag).collect::<Result<_, _>>().map_err(|error| bug(target, operation, &error.to_string()))
}

fn bug(target: &Target, operation: &str, message: &str) -> ProviderError {
    ProviderError::new(ErrorClass::Bug, operation, target.address.clone()).with_message(message)
}

async fn retag(aws: &Aws, request: &UpdateRequest, live: &Live) -> Result<(), ProviderError> {
    const TAG: &str = "ecr:TagResource";
    let target = &request.target;
    let arn = live.outputs.get("arn").and_then(Value::as_str).ok_or_else(|| incomplete(target, TAG, "ARN"))?;
    let TagChange { set, remove } = TagChange::new(&live.tags, &target.tags).without(&live.tags, &request.untag);
    if !set.is_empty() {
        let call = aws.ecr.tag_resource().resource_arn(arn).set_tags(Some(tag_list(target, TAG, &set)?));
        call.send().await.map_err(failed(&target.address, TAG))?;
    }
    if !remove.is_empty() {
        let call = aws.ecr.untag_resource().resource_arn(arn).set_tag_keys(Some(remove.into_iter().collect()));
        call.send().await.map_err(failed(&target.address, "ecr:UntagResource"))?;
    }
    Ok(())
}
