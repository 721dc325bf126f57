//! Topics of Amazon SNS, found by name on the list of all topics unless their ARN is recorded.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_sns::types::Tag;
use mate_core::kinds::Topic;
use mate_core::kinds::topic::TopicInputs;
use mate_core::model::{Kind, KindModel, Outputs, Tags};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, ErrorClass, Live, Observation, ProviderError, Status, Target,
    UpdateRequest,
};
use serde_json::json;

use super::{actions, policy};
use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::batch::{incomplete, present};
use crate::drivers::fields::{self, Fields};
use crate::drivers::{Driver, each};
use crate::policy::Actions;
use crate::tags::{self, TagChange};

const CREATE: &str = "sns:CreateTopic";
const LIST: &str = "sns:ListTopics";
const SET: &str = "sns:SetTopicAttributes";
const DELETE: &str = "sns:DeleteTopic";

/// The driver of `sns:Topic`.
///
/// SNS answers the creation of a topic that exists with its ARN, whosever it is, so the name is looked up before.
/// <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>
#[derive(Debug)]
pub(crate) struct TopicDriver;

#[async_trait]
impl Driver for TopicDriver {
    fn model(&self) -> KindModel {
        Topic::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        // One list for all that are known by name alone.
        let unknown = targets.iter().find(|target| recorded(target).is_none());
        let listed = match unknown {
            Some(target) => list(aws, target).await,
            None => Ok(BTreeMap::new()),
        };
        each(targets, |target| {
            let arn = match (recorded(target), &listed) {
                (Some(arn), _) => Ok(Some(arn.to_owned())),
                (None, Ok(listed)) => Ok(listed.get(&target.name).cloned()),
                (None, Err(error)) => Err(fields::repeat(error, target)),
            };
            async move {
                let Some(arn) = arn? else { return Ok(Observation::Absent) };
                Ok(read(aws, target, &arn).await?.map_or(Observation::Absent, |live| tags::judge(target, live)))
            }
        })
        .await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        if let Some(live) = present(self, aws, target, CREATE).await? {
            let exists = ProviderError::new(ErrorClass::AlreadyExists, CREATE, target.address.clone());
            return fields::converge::<Topic>(self, aws, request, Some(live), exists).await;
        }
        let inputs = target.typed::<Topic>()?;
        let attributes = attributes(target, &inputs)?.into_iter().collect();
        let call = aws.sns.create_topic().name(&target.name).set_attributes(Some(attributes));
        let call = call.set_tags((!target.tags.is_empty()).then(|| tag_list(&target.tags)));
        let answer = call.send().await.map_err(failed(&target.address, CREATE))?;
        let arn = answer.topic_arn.ok_or_else(|| incomplete(target, CREATE, "ARN"))?;
        let created = Created { physical_id: arn.clone(), status: Status::Ready, outputs: outputs(&target.name, &arn) };
        if !inputs.policy.is_empty() {
            let document = policy::document(target, SET, &arn, &inputs.policy)?;
            set(aws, target, &arn, "Policy", &document).await.map_err(fields::behind(&created))?;
        }
        Ok(created)
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let found = present(self, aws, target, SET).await?;
        let live = fields::needed(target, SET, found)?;
        let inputs = target.typed::<Topic>()?;
        let arn = &live.physical_id;
        for field in fields::to_change::<Topic>(request, &live) {
            let (attribute, value) = match field.as_str() {
                "display_name" => ("DisplayName", inputs.display_name.clone().unwrap_or_default()),
                "content_based_deduplication" => {
                    ("ContentBasedDeduplication", inputs.content_based_deduplication.to_string())
                }
                "kms_key_arn" => ("KmsMasterKeyId", key(target, &inputs)?.unwrap_or_default()),
                "policy" => ("Policy", policy::document(target, SET, arn, &inputs.policy)?),
                _ => continue,
            };
            set(aws, target, arn, attribute, &value).await?;
        }
        // Last: without the ownership tags it would not be ours any more.
        if request.fields.iter().any(|field| field == "tags") {
            retag(aws, target, arn, TagChange::of(request, &live.tags)).await?;
        }
        Ok(live.into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        let target = &request.target;
        let Some(live) = present(self, aws, target, DELETE).await? else { return Ok(Deleted::Gone) };
        let call = aws.sns.delete_topic().topic_arn(&live.physical_id);
        if_found(call.send().await.map_err(failed(&target.address, DELETE)))?;
        Ok(Deleted::Gone)
    }
}

/// The recorded ARN.
fn recorded(target: &Target) -> Option<&str> {
    target.physical_id.as_deref().filter(|id| id.starts_with("arn:"))
}

/// The ARN of every topic by its name. There is no call that finds one by name.
async fn list(aws: &Aws, target: &Target) -> Result<BTreeMap<String, String>, ProviderError> {
    let mut pages = aws.sns.list_topics().into_paginator().items().send();
    let mut found = BTreeMap::new();
    while let Some(topic) = pages.next().await {
        let arn = topic.map_err(failed(&target.address, LIST))?.topic_arn.unwrap_or_default();
        found.insert(arn.rsplit(':').next().unwrap_or_default().to_owned(), arn);
    }
    Ok(found)
}

async fn read(aws: &Aws, target: &Target, arn: &str) -> Result<Option<Live>, ProviderError> {
    let call = aws.sns.get_topic_attributes().topic_arn(arn);
    let answer = if_found(call.send().await.map_err(failed(&target.address, "sns:GetTopicAttributes")))?;
    let Some(attributes) = answer.and_then(|answer| answer.attributes) else { return Ok(None) };
    let call = aws.sns.list_tags_for_resource().resource_arn(arn);
    let answer = if_found(call.send().await.map_err(failed(&target.address, "sns:ListTagsForResource")))?;
    let Some(answer) = answer else { return Ok(None) };
    let text = |name: &str| attributes.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let is = |name: &str| text(name) == Some("true");
    let mut inputs = Fields::default()
        .with("display_name", Some(text("DisplayName")))
        .with("fifo", Some(is("FifoTopic")))
        .with("content_based_deduplication", Some(is("ContentBasedDeduplication")))
        .with("policy", Some(policy::read(target, arn, text("Policy"))));
    inputs = match text("KmsMasterKeyId") {
        // An alias cannot be compared: nothing is told then, and the record decides.
        Some(key) => inputs.with("kms_key_arn", fields::kms_key(fields::text(target, "kms_key_arn"), key)),
        None => inputs.with("kms_key_arn", Some(None::<String>)),
    };
    Ok(Some(Live {
        physical_id: arn.to_owned(),
        status: Status::Ready,
        inputs: inputs.into_value(),
        outputs: outputs(arn.rsplit(':').next().unwrap_or(&target.name), arn),
        tags: tags::from_pairs(answer.tags().iter().map(|tag| (tag.key(), tag.value()))),
    }))
}

fn outputs(name: &str, arn: &str) -> Outputs {
    [("arn".to_owned(), json!(arn)), ("name".to_owned(), json!(name))].into()
}

/// The attributes that a topic is made with. Its policy names the ARN that it has only then.
fn attributes(target: &Target, inputs: &TopicInputs) -> Result<BTreeMap<String, String>, ProviderError> {
    let attributes = [
        ("DisplayName", inputs.display_name.clone()),
        ("FifoTopic", inputs.fifo.then(|| "true".to_owned())),
        ("ContentBasedDeduplication", inputs.content_based_deduplication.then(|| "true".to_owned())),
        ("KmsMasterKeyId", key(target, inputs)?),
    ];
    let attributes = attributes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Ok(attributes.collect())
}

fn key(target: &Target, inputs: &TopicInputs) -> Result<Option<String>, ProviderError> {
    inputs.kms_key_arn.as_ref().map(|key| fields::value(target, key).cloned()).transpose()
}

async fn set(aws: &Aws, target: &Target, arn: &str, attribute: &str, value: &str) -> Result<(), ProviderError> {
    let call = aws.sns.set_topic_attributes().topic_arn(arn).attribute_name(attribute).attribute_value(value);
    call.send().await.map_err(failed(&target.address, SET))?;
    Ok(())
}

async fn retag(aws: &Aws, target: &Target, arn: &str, change: TagChange) -> Result<(), ProviderError> {
    let keys = change.keys();
    if !change.set.is_empty() {
        let call = aws.sns.tag_resource().resource_arn(arn).set_tags(Some(tag_list(&change.set)));
        call.send().await.map_err(failed(&target.address, "sns:TagResource"))?;
    }
    if !keys.is_empty() {
        let call = aws.sns.untag_resource().resource_arn(arn).set_tag_keys(Some(keys));
        call.send().await.map_err(failed(&target.address, "sns:UntagResource"))?;
    }
    Ok(())
}

fn tag_list(tags: &Tags) -> Vec<Tag> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    tags.iter().map(|pair| tag(pair).expect("a tag with key and value")).collect()
}
