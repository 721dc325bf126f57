//! Subscriptions to topics of Amazon SNS. One is known by its topic, protocol and endpoint; it carries no tags, so the one that
//! is there is the target's.

use async_trait::async_trait;
use aws_sdk_sns::types::Subscription as Listed;
use mate_core::kinds::Subscription;
use mate_core::model::{Kind, KindModel, Outputs, Tags};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Live, Observation, ProviderError, Status, Target, UpdateRequest,
};
use serde_json::json;

use super::actions;
use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::batch::{gone, incomplete, present};
use crate::drivers::fields::{self, Fields};
use crate::drivers::{Driver, each};
use crate::policy::Actions;

const CREATE: &str = "sns:Subscribe";
const LIST: &str = "sns:ListSubscriptionsByTopic";
const SET: &str = "sns:SetSubscriptionAttributes";
const DELETE: &str = "sns:Unsubscribe";

/// The word that SNS lists in the place of the ARN while the owner of the endpoint has not confirmed.
const PENDING: &str = "PendingConfirmation";

/// The word that SNS lists in the place of the ARN for a while after a deletion.
const DELETED: &str = "Deleted";

/// The driver of `sns:Subscription`.
///
/// A subscription that waits for its confirmation is ready: nobody but the owner of the endpoint can end that.
/// <https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html>
#[derive(Debug)]
pub(crate) struct SubscriptionDriver;

#[async_trait]
impl Driver for SubscriptionDriver {
    fn model(&self) -> KindModel {
        Subscription::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        each(targets, |target| async move {
            let Some(topic) = topic(target) else { return Ok(Observation::Absent) };
            let Some(listed) = find(aws, target, topic).await? else { return Ok(Observation::Absent) };
            read(aws, target, topic, &listed).await.map(Observation::Present)
        })
        .await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        // SNS would answer with the subscription that is there, and refuse it where an attribute differs.
        if let Some(live) = present(self, aws, target, CREATE).await? {
            return fields::complete::<Subscription>(self, aws, request, live).await;
        }
        let inputs = target.typed::<Subscription>()?;
        let mut call = aws
            .sns
            .subscribe()
            .topic_arn(fields::value(target, &inputs.topic_arn)?)
            .protocol(&inputs.protocol)
            .endpoint(fields::value(target, &inputs.endpoint)?)
            // Without it the ARN of one that is not confirmed is not told.
            .return_subscription_arn(true);
        if inputs.raw_message_delivery {
            call = call.attributes("RawMessageDelivery", "true");
        }
        let answer = call.send().await.map_err(failed(&target.address, CREATE)).map_err(fields::missing)?;
        let arn = answer.subscription_arn.ok_or_else(|| incomplete(target, CREATE, "ARN"))?;
        Ok(Created { outputs: outputs(&arn), physical_id: arn, status: Status::Ready })
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let live = present(self, aws, target, SET).await?.ok_or_else(|| gone(target, SET))?;
        let raw = target.typed::<Subscription>()?.raw_message_delivery;
        if fields::to_change::<Subscription>(request, &live).iter().any(|field| field == "raw_message_delivery") {
            let call = aws.sns.set_subscription_attributes().subscription_arn(&live.physical_id);
            let call = call.attribute_name("RawMessageDelivery").attribute_value(raw.to_string());
            call.send().await.map_err(failed(&target.address, SET))?;
        }
        Ok(live.into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        let target = &request.target;
        let Some(topic) = topic(target) else { return Ok(Deleted::Gone) };
        let Some(listed) = find(aws, target, topic).await? else { return Ok(Deleted::Gone) };
        // SNS takes no deletion of one that waits for its confirmation. It removes it by itself after two days.
        // <https://docs.aws.amazon.com/sns/latest/dg/sns-delete-subscription-topic.html>
        let Some(arn) = arn(&listed) else { return Ok(Deleted::Gone) };
        let call = aws.sns.unsubscribe().subscription_arn(arn);
        if_found(call.send().await.map_err(failed(&target.address, DELETE)))?;
        Ok(Deleted::Gone)
    }
}

/// The ARN of the topic: known by the inputs, or a part of the recorded ARN.
fn topic(target: &Target) -> Option<&str> {
    let recorded = || target.physical_id.as_deref()?.rsplit_once(':').map(|(topic, _)| topic);
    fields::text(target, "topic_arn").or_else(recorded)
}

/// The ARN of a subscription that is confirmed.
fn arn(listed: &Listed) -> Option<&str> {
    listed.subscription_arn().filter(|arn| arn.starts_with("arn:"))
}

/// The recorded subscription, or that of the endpoint.
async fn find(aws: &Aws, target: &Target, topic: &str) -> Result<Option<Listed>, ProviderError> {
    let wanted = [fields::text(target, "protocol"), fields::text(target, "endpoint")];
    let mut pages = aws.sns.list_subscriptions_by_topic().topic_arn(topic).into_paginator().items().send();
    while let Some(listed) = pages.next().await {
        let Some(listed) = if_found(listed.map_err(failed(&target.address, LIST)))? else { return Ok(None) };
        let is_recorded = arn(&listed).is_some() && arn(&listed) == target.physical_id.as_deref();
        let is_wanted = wanted[1].is_some() && wanted == [listed.protocol(), listed.endpoint()];
        if (is_recorded || is_wanted) && listed.subscription_arn() != Some(DELETED) {
            return Ok(Some(listed));
        }
    }
    Ok(None)
}

async fn read(aws: &Aws, target: &Target, topic: &str, listed: &Listed) -> Result<Live, ProviderError> {
    let recorded = target.physical_id.clone().filter(|id| id.starts_with("arn:"));
    let physical_id = arn(listed).map(str::to_owned).or(recorded).unwrap_or_else(|| format!("{topic}:{PENDING}"));
    let mut inputs = Fields::default()
        .with("topic_arn", Some(topic))
        .with("protocol", listed.protocol())
        .with("endpoint", listed.endpoint());
    if let Some(arn) = arn(listed) {
        let call = aws.sns.get_subscription_attributes().subscription_arn(arn);
        let answer = call.send().await.map_err(failed(&target.address, "sns:GetSubscriptionAttributes"));
        let attributes = answer.map_err(fields::unsettled)?.attributes.unwrap_or_default();
        let is_raw = attributes.get("RawMessageDelivery").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        inputs = inputs.with("raw_message_delivery", Some(is_raw));
    }
    Ok(Live {
        outputs: outputs(&physical_id),
        physical_id,
        status: Status::Ready,
        inputs: inputs.into_value(),
        tags: Tags::new(),
    })
}

fn outputs(arn: &str) -> Outputs {
    [("arn".to_owned(), json!(arn))].into()
}
