use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::operation::create_log_group::{CreateLogGroupError, CreateLogGroupOutput};
use aws_sdk_cloudwatchlogs::operation::delete_log_group::DeleteLogGroupOutput;
use aws_sdk_cloudwatchlogs::operation::describe_log_groups::{DescribeLogGroupsError, DescribeLogGroupsOutput};
use aws_sdk_cloudwatchlogs::operation::list_tags_for_resource::ListTagsForResourceOutput;
use aws_sdk_cloudwatchlogs::operation::put_retention_policy::{PutRetentionPolicyError, PutRetentionPolicyOutput};
use aws_sdk_cloudwatchlogs::operation::tag_resource::TagResourceOutput;
use aws_sdk_cloudwatchlogs::operation::untag_resource::UntagResourceOutput;
use aws_sdk_cloudwatchlogs::types::LogGroup as SdkLogGroup;
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::LogGroup;
use mate_core::kinds::log_group::LogGroupInputs;
use mate_core::provider::{Deleted, ErrorClass, Observation, Target};
use serde_json::json;

use super::LogGroupDriver;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::testing::{self, aws, client, code, create, delete, made, present, update};

const NAME: &str = "/ecs/mate-acme-dev/web";
const ARN: &str = "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/mate-acme-dev/web";

fn target() -> Target {
    testing::target::<LogGroup>(NAME, &LogGroupInputs { retention_days: 90 })
}

fn stub(rules: &[&Rule]) -> Aws {
    Aws { logs: client!(aws_sdk_cloudwatchlogs, rules), ..aws() }
}

fn page(names: &'static [&'static str], days: Option<i32>, next: Option<&'static str>) -> Rule {
    mock!(Client::describe_log_groups).then_output(move || {
        let group = |name: &&str| {
            let arn = format!("arn:aws:logs:us-east-1:123456789012:log-group:{name}:*");
            SdkLogGroup::builder().log_group_name(*name).arn(arn).set_retention_in_days(days).build()
        };
        let groups = names.iter().map(group).collect();
        DescribeLogGroupsOutput::builder().set_log_groups(Some(groups)).set_next_token(next.map(str::to_owned)).build()
    })
}

fn tagged(ours: bool) -> Rule {
    mock!(Client::list_tags_for_resource).match_requests(|request| request.resource_arn() == Some(ARN)).then_output(
        move || {
            let tags = if ours { target().tags.into_iter().collect() } else { Default::default() };
            ListTagsForResourceOutput::builder().set_tags(Some(tags)).build()
        },
    )
}

fn exists() -> Rule {
    mock!(Client::create_log_group).then_error(|| CreateLogGroupError::generic(code("ResourceAlreadyExistsException")))
}

#[tokio::test]
async fn only_the_exact_name_counts_on_whatever_page_it_stands() {
    let first = page(&["/ecs/mate-acme-dev/web-2"], None, Some("next"));
    let second = page(&[NAME], Some(90), None);
    let live = present(LogGroupDriver.observe(&stub(&[&first, &second, &tagged(true)]), &[target()]).await.remove(0));
    assert_eq!(live.inputs, json!({"retention_days": 90}));
    assert_eq!(live.outputs["arn"], json!(ARN));

    let only_longer = page(&["/ecs/mate-acme-dev/web-2"], None, None);
    let answer = LogGroupDriver.observe(&stub(&[&only_longer]), &[target()]).await.remove(0);
    assert!(matches!(answer, Observation::Absent), "{answer:?}");
}

#[tokio::test]
async fn a_throttled_read_is_unknown() {
    let rule =
        mock!(Client::describe_log_groups).then_error(|| DescribeLogGroupsError::generic(code("ThrottlingException")));
    match LogGroupDriver.observe(&stub(&[&rule]), &[target()]).await.remove(0) {
        Observation::Unknown(error) => assert_eq!(error.class, ErrorClass::Throttled),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn it_is_made_with_its_tags_and_kept_for_its_days() {
    let new = mock!(Client::create_log_group)
        .match_requests(|request| request.tags().is_some_and(|tags| tags.contains_key("Component")))
        .then_output(|| CreateLogGroupOutput::builder().build());
    let kept = mock!(Client::put_retention_policy)
        .match_requests(|request| request.retention_in_days() == Some(90))
        .then_output(|| PutRetentionPolicyOutput::builder().build());
    let aws = stub(&[&new, &page(&[NAME], None, None), &tagged(true), &kept]);
    assert_eq!(LogGroupDriver.create(&aws, &create(target())).await.unwrap().physical_id, ARN);
}

#[tokio::test]
async fn a_foreign_group_of_the_name_is_refused() {
    let aws = stub(&[&exists(), &page(&[NAME], None, None), &tagged(false)]);
    let error = LogGroupDriver.create(&aws, &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn our_own_is_completed_and_a_failure_says_what_exists() {
    let refused = mock!(Client::put_retention_policy)
        .then_error(|| PutRetentionPolicyError::generic(code("OperationAbortedException")));
    let aws = stub(&[&exists(), &page(&[NAME], None, None), &tagged(true), &refused]);
    let error = LogGroupDriver.create(&aws, &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
    assert_eq!(made(error).physical_id, ARN);
}

#[tokio::test]
async fn an_update_of_the_days_leaves_the_tags_alone() {
    let kept = mock!(Client::put_retention_policy).then_output(|| PutRetentionPolicyOutput::builder().build());
    let aws = stub(&[&page(&[NAME], Some(30), None), &tagged(true), &kept]);
    LogGroupDriver.update(&aws, &update(target(), &["retention_days"])).await.unwrap();
    assert_eq!(kept.num_calls(), 1);
}

#[tokio::test]
async fn deletion_minds_whose_it_is_and_accepts_absence() {
    let deleted = mock!(Client::delete_log_group).then_output(|| DeleteLogGroupOutput::builder().build());
    let aws = stub(&[&page(&[NAME], None, None), &tagged(true), &deleted]);
    assert_eq!(LogGroupDriver.delete(&aws, &delete(target())).await.unwrap(), Deleted::Gone);
    assert_eq!(deleted.num_calls(), 1);

    let aws = stub(&[&page(&[NAME], None, None), &tagged(false)]);
    let error = LogGroupDriver.delete(&aws, &delete(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);

    let gone = LogGroupDriver.delete(&stub(&[&page(&[], None, None)]), &delete(target())).await.unwrap();
    assert_eq!(gone, Deleted::Gone);
}

#[tokio::test]
async fn what_is_given_back_loses_our_tags() {
    let off = mock!(Client::untag_resource)
        .match_requests(|request| request.resource_arn() == Some(ARN) && request.tag_keys() == testing::OWNERSHIP)
        .then_output(|| UntagResourceOutput::builder().build());
    let aws = stub(&[&page(&[NAME], Some(90), None), &tagged(true), &off]);
    let answer = LogGroupDriver.update(&aws, &testing::give_back(target())).await.unwrap();
    assert_eq!((answer.physical_id.as_str(), off.num_calls()), (ARN, 1));
}

#[tokio::test]
async fn what_is_nobody_s_is_adopted_by_a_create_that_finds_it() {
    let on = mock!(Client::tag_resource)
        .match_requests(|request| request.tags().is_some_and(|tags| tags.len() == 4))
        .then_output(|| TagResourceOutput::builder().build());
    let aws = stub(&[&exists(), &page(&[NAME], Some(90), None), &tagged(false), &on]);
    LogGroupDriver.create(&aws, &create(testing::unowned(target()))).await.unwrap();
    assert_eq!(on.num_calls(), 1);
}
