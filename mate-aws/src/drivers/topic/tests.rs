use aws_sdk_sns::Client;
use aws_sdk_sns::operation::create_topic::{CreateTopicError, CreateTopicOutput};
use aws_sdk_sns::operation::delete_topic::DeleteTopicOutput;
use aws_sdk_sns::operation::get_topic_attributes::{GetTopicAttributesError, GetTopicAttributesOutput};
use aws_sdk_sns::operation::list_tags_for_resource::ListTagsForResourceOutput;
use aws_sdk_sns::operation::list_topics::{ListTopicsError, ListTopicsOutput};
use aws_sdk_sns::operation::set_topic_attributes::{SetTopicAttributesError, SetTopicAttributesOutput};
use aws_sdk_sns::operation::tag_resource::TagResourceOutput;
use aws_sdk_sns::operation::untag_resource::UntagResourceOutput;
use aws_sdk_sns::types::{Tag, Topic as Listed};
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::Topic;
use mate_core::kinds::policy::Statement;
use mate_core::kinds::topic::TopicInputs;
use mate_core::provider::{Deleted, ErrorClass, Observation, Target};
use serde_json::{Value, json};

use super::TopicDriver;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::testing::{self, aws, client, code, create, delete, made, present, somebody_s, update};

const NAME: &str = "mate-acme-dev-notices";
const ARN: &str = "arn:aws:sns:us-east-1:123456789012:mate-acme-dev-notices";
const OTHER: &str = "arn:aws:sns:us-east-1:123456789012:mate-acme-dev-notices-2";
const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/0a1b";

fn inputs() -> TopicInputs {
    TopicInputs {
        display_name: Some("Acme".into()),
        fifo: false,
        content_based_deduplication: false,
        kms_key_arn: Some(KEY.to_owned().into()),
        policy: vec![alarms()],
    }
}

/// CloudWatch may publish to the topic.
fn alarms() -> Statement {
    Statement {
        principals: vec!["cloudwatch.amazonaws.com".into()],
        ..Statement::allow("Alarms", ["sns:Publish"], Vec::new())
    }
}

fn target() -> Target {
    testing::target::<Topic>(NAME, &inputs())
}

fn recorded() -> Target {
    Target { physical_id: Some(ARN.into()), ..target() }
}

fn stub(rules: &[&Rule]) -> Aws {
    Aws { sns: client!(aws_sdk_sns, any, rules), ..aws() }
}

fn listed(arns: &'static [&'static str]) -> Rule {
    mock!(Client::list_topics).then_output(move || {
        let topics = arns.iter().map(|arn| Listed::builder().topic_arn(*arn).build()).collect();
        ListTopicsOutput::builder().set_topics(Some(topics)).build()
    })
}

/// The policy as SNS tells it: its own statement first, lists of one as single values.
fn document() -> Value {
    json!({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [
        {"Sid": "__default_statement_ID", "Effect": "Allow", "Principal": {"AWS": "*"},
            "Action": ["SNS:Publish", "SNS:Subscribe"], "Resource": ARN,
            "Condition": {"StringEquals": {"AWS:SourceOwner": "123456789012"}}},
        {"Sid": "Alarms", "Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "SNS:Publish", "Resource": ARN},
    ]})
}

fn attributes(pairs: &'static [(&'static str, &'static str)]) -> Rule {
    mock!(Client::get_topic_attributes).match_requests(|request| request.topic_arn() == Some(ARN)).then_output(
        move || {
            let answer = GetTopicAttributesOutput::builder().attributes("TopicArn", ARN);
            let answer = answer.attributes("Policy", document().to_string());
            pairs.iter().fold(answer, |answer, (name, value)| answer.attributes(*name, *value)).build()
        },
    )
}

const AS_WANTED: &[(&str, &str)] = &[("DisplayName", "Acme"), ("KmsMasterKeyId", KEY)];

fn tagged(ours: bool) -> Rule {
    mock!(Client::list_tags_for_resource).then_output(move || {
        let tags = if ours { target().tags } else { somebody_s() };
        let tags = tags.into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build().unwrap());
        ListTagsForResourceOutput::builder().set_tags(Some(tags.collect())).build()
    })
}

fn set(attribute: &'static str) -> Rule {
    mock!(Client::set_topic_attributes)
        .match_requests(move |request| request.attribute_name() == Some(attribute))
        .then_output(|| SetTopicAttributesOutput::builder().build())
}

#[tokio::test]
async fn a_topic_is_found_by_its_whole_name_and_told_in_the_wanted_words() {
    let aws = stub(&[&listed(&[OTHER, ARN]), &attributes(AS_WANTED), &tagged(true)]);
    let live = present(TopicDriver.observe(&aws, &[target()]).await.remove(0));
    assert_eq!(live.inputs, target().inputs);
    assert_eq!(live.outputs, [("arn".to_owned(), json!(ARN)), ("name".to_owned(), json!(NAME))].into());
    assert_eq!(live.physical_id, ARN);
}

#[tokio::test]
async fn a_name_that_only_begins_alike_is_absent() {
    let answer = TopicDriver.observe(&stub(&[&listed(&[OTHER])]), &[target()]).await.remove(0);
    assert!(matches!(answer, Observation::Absent), "{answer:?}");
}

#[tokio::test]
async fn a_recorded_topic_is_read_without_the_list_of_all() {
    let list = listed(&[ARN]);
    let aws = stub(&[&list, &attributes(AS_WANTED), &tagged(true)]);
    present(TopicDriver.observe(&aws, &[recorded()]).await.remove(0));
    assert_eq!(list.num_calls(), 0);
}

#[tokio::test]
async fn a_topic_that_is_gone_is_absent_and_one_that_cannot_be_read_is_unknown() {
    let gone = mock!(Client::get_topic_attributes).then_error(|| GetTopicAttributesError::generic(code("NotFound")));
    let answer = TopicDriver.observe(&stub(&[&gone]), &[recorded()]).await.remove(0);
    assert!(matches!(answer, Observation::Absent), "{answer:?}");

    let throttled = mock!(Client::list_topics).then_error(|| ListTopicsError::generic(code("Throttling")));
    match TopicDriver.observe(&stub(&[&throttled]), &[target()]).await.remove(0) {
        Observation::Unknown(error) => assert_eq!(error.class, ErrorClass::Throttled),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_differs_is_told_as_it_is() {
    let aws = stub(&[&attributes(&[]), &tagged(true)]);
    let live = present(TopicDriver.observe(&aws, &[recorded()]).await.remove(0));
    assert_eq!(live.inputs["display_name"], Value::Null);
    assert_eq!(live.inputs["kms_key_arn"], Value::Null);

    let other = Target { inputs: json!({"policy": []}).into(), ..recorded() };
    let live = present(TopicDriver.observe(&aws, &[other]).await.remove(0));
    assert_eq!(live.inputs["policy"][0]["sid"], "Alarms");
}

#[tokio::test]
async fn it_is_made_with_its_attributes_and_tags_and_then_gets_its_policy() {
    let new = mock!(Client::create_topic)
        .match_requests(|request| {
            let attributes = request.attributes().unwrap();
            let plain = attributes.len() == 2 && attributes["DisplayName"] == "Acme";
            plain && attributes["KmsMasterKeyId"] == KEY && request.tags().len() == 4 && request.name() == Some(NAME)
        })
        .then_output(|| CreateTopicOutput::builder().topic_arn(ARN).build());
    let policy = mock!(Client::set_topic_attributes)
        .match_requests(|request| {
            let document: Value = serde_json::from_str(request.attribute_value().unwrap()).unwrap();
            let [owner, alarms] = document["Statement"].as_array().unwrap().as_slice() else { return false };
            // The one by which the account keeps its own topic, and ours on this topic.
            owner["Sid"] == "__default_statement_ID"
                && owner["Condition"].to_string().contains("123456789012")
                && alarms["Resource"].to_string().contains(ARN)
        })
        .then_output(|| SetTopicAttributesOutput::builder().build());
    let aws = stub(&[&listed(&[]), &new, &policy]);
    let created = TopicDriver.create(&aws, &create(target())).await.unwrap();
    assert_eq!((created.physical_id.as_str(), policy.num_calls()), (ARN, 1));
}

#[tokio::test]
async fn a_foreign_topic_of_the_name_is_refused_and_not_touched() {
    let new = mock!(Client::create_topic).then_output(|| CreateTopicOutput::builder().topic_arn(ARN).build());
    let aws = stub(&[&listed(&[ARN]), &attributes(AS_WANTED), &tagged(false), &new]);
    let error = TopicDriver.create(&aws, &create(target())).await.unwrap_err();
    assert_eq!((error.class, new.num_calls()), (ErrorClass::AlreadyExists, 0));
}

#[tokio::test]
async fn our_own_is_completed_and_a_failure_says_what_exists() {
    let refused =
        mock!(Client::set_topic_attributes).then_error(|| SetTopicAttributesError::generic(code("InternalError")));
    let aws = stub(&[&listed(&[ARN]), &attributes(&[("KmsMasterKeyId", KEY)]), &tagged(true), &refused]);
    let error = TopicDriver.create(&aws, &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Ambiguous);
    assert_eq!(made(error).physical_id, ARN);
}

#[tokio::test]
async fn the_account_s_limit_is_a_quota() {
    let full = mock!(Client::create_topic).then_error(|| CreateTopicError::generic(code("TopicLimitExceeded")));
    let error = TopicDriver.create(&stub(&[&listed(&[]), &full]), &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Quota);
}

#[tokio::test]
async fn an_update_sets_only_what_still_differs() {
    let (words, key) = (set("DisplayName"), set("KmsMasterKeyId"));
    let aws = stub(&[&attributes(&[("DisplayName", "Old"), ("KmsMasterKeyId", KEY)]), &tagged(true), &words, &key]);
    TopicDriver.update(&aws, &update(recorded(), &["display_name", "kms_key_arn"])).await.unwrap();
    assert_eq!((words.num_calls(), key.num_calls()), (1, 0));
}

#[tokio::test]
async fn deletion_minds_whose_it_is_and_accepts_absence() {
    let deleted = mock!(Client::delete_topic).then_output(|| DeleteTopicOutput::builder().build());
    let aws = stub(&[&attributes(AS_WANTED), &tagged(true), &deleted]);
    assert_eq!(TopicDriver.delete(&aws, &delete(recorded())).await.unwrap(), Deleted::Gone);
    assert_eq!(deleted.num_calls(), 1);

    let aws = stub(&[&attributes(AS_WANTED), &tagged(false)]);
    let error = TopicDriver.delete(&aws, &delete(recorded())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);

    assert_eq!(TopicDriver.delete(&stub(&[&listed(&[])]), &delete(target())).await.unwrap(), Deleted::Gone);
}

#[tokio::test]
async fn what_is_given_back_loses_our_tags() {
    let off = mock!(Client::untag_resource)
        .match_requests(|request| request.resource_arn() == Some(ARN) && request.tag_keys() == testing::OWNERSHIP)
        .then_output(|| UntagResourceOutput::builder().build());
    let aws = stub(&[&attributes(AS_WANTED), &tagged(true), &off]);
    TopicDriver.update(&aws, &testing::give_back(recorded())).await.unwrap();
    assert_eq!(off.num_calls(), 1);
}

#[tokio::test]
async fn what_is_nobody_s_is_adopted_by_a_create_that_finds_it() {
    let on = mock!(Client::tag_resource)
        .match_requests(|request| request.tags().len() == 4)
        .then_output(|| TagResourceOutput::builder().build());
    let untagged = mock!(Client::list_tags_for_resource).then_output(|| ListTagsForResourceOutput::builder().build());
    let aws = stub(&[&listed(&[ARN]), &attributes(AS_WANTED), &untagged, &on]);
    TopicDriver.create(&aws, &create(testing::unowned(target()))).await.unwrap();
    assert_eq!(on.num_calls(), 1);
}
