use aws_sdk_sns::Client;
use aws_sdk_sns::operation::get_subscription_attributes::GetSubscriptionAttributesOutput;
use aws_sdk_sns::operation::list_subscriptions_by_topic::{
    ListSubscriptionsByTopicError, ListSubscriptionsByTopicOutput,
};
use aws_sdk_sns::operation::set_subscription_attributes::SetSubscriptionAttributesOutput;
use aws_sdk_sns::operation::subscribe::{SubscribeError, SubscribeOutput};
use aws_sdk_sns::operation::unsubscribe::UnsubscribeOutput;
use aws_sdk_sns::types::Subscription as Listed;
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::Subscription;
use mate_core::kinds::subscription::SubscriptionInputs;
use mate_core::provider::{Deleted, ErrorClass, Observation, Status, Target};
use serde_json::json;

use super::SubscriptionDriver;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::testing::{self, aws, client, code, create, delete, present, update};

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:mate-acme-dev-notices";
const ARN: &str = "arn:aws:sns:us-east-1:123456789012:mate-acme-dev-notices:0a1b2c3d-0000-1111-2222-333344445555";
const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:jobs";

fn target() -> Target {
    let inputs = SubscriptionInputs {
        topic_arn: TOPIC.to_owned().into(),
        protocol: "sqs".into(),
        endpoint: QUEUE.to_owned().into(),
        raw_message_delivery: true,
    };
    testing::target::<Subscription>("mate-acme-dev-notices-jobs", &inputs)
}

fn stub(rules: &[&Rule]) -> Aws {
    Aws { sns: client!(aws_sdk_sns, any, rules), ..aws() }
}

/// The subscriptions of the topic: ARN and endpoint, all of queues.
fn listed(subscriptions: &'static [(&'static str, &'static str)]) -> Rule {
    mock!(Client::list_subscriptions_by_topic).match_requests(|request| request.topic_arn() == Some(TOPIC)).then_output(
        move || {
            let one = |(arn, endpoint): &(&str, &str)| {
                Listed::builder().subscription_arn(*arn).endpoint(*endpoint).protocol("sqs").topic_arn(TOPIC).build()
            };
            let all = subscriptions.iter().map(one).collect();
            ListSubscriptionsByTopicOutput::builder().set_subscriptions(Some(all)).build()
        },
    )
}

fn raw(value: &'static str) -> Rule {
    mock!(Client::get_subscription_attributes)
        .match_requests(|request| request.subscription_arn() == Some(ARN))
        .then_output(move || GetSubscriptionAttributesOutput::builder().attributes("RawMessageDelivery", value).build())
}

fn subscribed() -> Rule {
    mock!(Client::subscribe)
        .match_requests(|request| {
            request.return_subscription_arn() == Some(true)
                && request.attributes().is_some_and(|attributes| attributes["RawMessageDelivery"] == "true")
        })
        .then_output(|| SubscribeOutput::builder().subscription_arn(ARN).build())
}

#[tokio::test]
async fn it_is_known_by_its_topic_protocol_and_endpoint() {
    let aws = stub(&[&listed(&[("arn:aws:sns:a", "arn:other"), (ARN, QUEUE)]), &raw("true")]);
    let live = present(SubscriptionDriver.observe(&aws, &[target()]).await.remove(0));
    assert_eq!(live.inputs, target().inputs);
    assert_eq!((live.physical_id.as_str(), live.outputs["arn"].clone()), (ARN, json!(ARN)));
}

#[tokio::test]
async fn one_that_waits_for_its_confirmation_is_ready_under_its_recorded_arn() {
    let recorded = Target { physical_id: Some(ARN.into()), ..target() };
    let aws = stub(&[&listed(&[("PendingConfirmation", QUEUE)])]);
    let live = present(SubscriptionDriver.observe(&aws, &[recorded]).await.remove(0));
    assert_eq!((live.status, live.physical_id.as_str()), (Status::Ready, ARN));
    assert!(live.inputs.get("raw_message_delivery").is_none(), "SNS does not tell it yet");
}

#[tokio::test]
async fn it_is_absent_without_its_topic_and_once_it_is_deleted() {
    let gone = mock!(Client::list_subscriptions_by_topic)
        .then_error(|| ListSubscriptionsByTopicError::generic(code("NotFound")));
    for rule in [gone, listed(&[]), listed(&[("Deleted", QUEUE)])] {
        let answer = SubscriptionDriver.observe(&stub(&[&rule]), &[target()]).await.remove(0);
        assert!(matches!(answer, Observation::Absent), "{answer:?}");
    }
    let early = Target { inputs: json!({}).into(), ..target() };
    let answer = SubscriptionDriver.observe(&stub(&[]), &[early]).await.remove(0);
    assert!(matches!(answer, Observation::Absent), "the topic is not made yet: {answer:?}");
}

#[tokio::test]
async fn a_creation_asks_for_the_arn_at_once() {
    let new = subscribed();
    let created = SubscriptionDriver.create(&stub(&[&listed(&[]), &new]), &create(target())).await.unwrap();
    assert_eq!((created.physical_id.as_str(), created.status, new.num_calls()), (ARN, Status::Ready, 1));
}

#[tokio::test]
async fn the_one_that_is_there_is_brought_to_the_inputs_and_no_second_one_is_made() {
    let new = subscribed();
    let set = mock!(Client::set_subscription_attributes)
        .match_requests(|request| request.attribute_value() == Some("true") && request.subscription_arn() == Some(ARN))
        .then_output(|| SetSubscriptionAttributesOutput::builder().build());
    let aws = stub(&[&listed(&[(ARN, QUEUE)]), &raw("false"), &set, &new]);
    let created = SubscriptionDriver.create(&aws, &create(target())).await.unwrap();
    assert_eq!((created.physical_id.as_str(), set.num_calls(), new.num_calls()), (ARN, 1, 0));
}

#[tokio::test]
async fn a_topic_that_is_missing_is_a_dependency() {
    let refused = mock!(Client::subscribe).then_error(|| SubscribeError::generic(code("NotFound")));
    let error = SubscriptionDriver.create(&stub(&[&listed(&[]), &refused]), &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Dependency);
}

#[tokio::test]
async fn an_update_of_what_is_as_wanted_calls_nothing() {
    let set =
        mock!(Client::set_subscription_attributes).then_output(|| SetSubscriptionAttributesOutput::builder().build());
    let aws = stub(&[&listed(&[(ARN, QUEUE)]), &raw("true"), &set]);
    SubscriptionDriver.update(&aws, &update(target(), &["raw_message_delivery"])).await.unwrap();
    assert_eq!(set.num_calls(), 0);
}

#[tokio::test]
async fn a_confirmed_one_is_deleted_and_one_that_waits_is_left_to_sns() {
    let off = mock!(Client::unsubscribe)
        .match_requests(|request| request.subscription_arn() == Some(ARN))
        .then_output(|| UnsubscribeOutput::builder().build());
    let aws = stub(&[&listed(&[(ARN, QUEUE)]), &raw("true"), &off]);
    assert_eq!(SubscriptionDriver.delete(&aws, &delete(target())).await.unwrap(), Deleted::Gone);
    assert_eq!(off.num_calls(), 1);

    let aws = stub(&[&listed(&[("PendingConfirmation", QUEUE)]), &off]);
    assert_eq!(SubscriptionDriver.delete(&aws, &delete(target())).await.unwrap(), Deleted::Gone);
    assert_eq!(off.num_calls(), 1);
}
