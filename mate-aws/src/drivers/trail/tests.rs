use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::operation::add_tags::AddTagsOutput;
use aws_sdk_cloudtrail::operation::create_trail::{CreateTrailError, CreateTrailOutput};
use aws_sdk_cloudtrail::operation::delete_trail::DeleteTrailOutput;
use aws_sdk_cloudtrail::operation::describe_trails::{DescribeTrailsError, DescribeTrailsOutput};
use aws_sdk_cloudtrail::operation::get_trail_status::GetTrailStatusOutput;
use aws_sdk_cloudtrail::operation::list_tags::ListTagsOutput;
use aws_sdk_cloudtrail::operation::remove_tags::RemoveTagsOutput;
use aws_sdk_cloudtrail::operation::start_logging::{StartLoggingError, StartLoggingOutput};
use aws_sdk_cloudtrail::operation::update_trail::UpdateTrailOutput;
use aws_sdk_cloudtrail::types::{ResourceTag, Tag, Trail as Described};
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::trail::{Trail, TrailInputs};
use mate_core::model::Tags;
use mate_core::provider::{Claim, Deleted, ErrorClass, Observation, RetryStatus, Target};
use serde_json::{Value, json};

use super::TrailDriver;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::testing::{self, client, code, create, delete, made, present, update};

const ARN: &str = "arn:aws:cloudtrail:us-east-1:123456789012:trail/mate-dev";
const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/0a1b";

fn target() -> Target {
    let inputs = TrailInputs {
        s3_bucket_name: "mate-dev-trail".into(),
        kms_key_arn: Some(KEY.into()),
        multi_region: true,
        log_file_validation: true,
        logging: true,
    };
    testing::target::<Trail>("mate-dev", &inputs)
}

fn trail(home: &str) -> Described {
    Described::builder()
        .name("mate-dev")
        .trail_arn(ARN)
        .home_region(home)
        .s3_bucket_name("mate-dev-trail")
        .kms_key_id(KEY)
        .is_multi_region_trail(true)
        .log_file_validation_enabled(true)
        .build()
}

fn listed(trails: Vec<Described>) -> Rule {
    mock!(Client::describe_trails)
        .match_requests(|request| request.include_shadow_trails() == Some(true))
        .then_output(move || DescribeTrailsOutput::builder().set_trail_list(Some(trails.clone())).build())
}

fn tagged(tags: Tags) -> Rule {
    let sdk: Vec<Tag> = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build().unwrap()).collect();
    mock!(Client::list_tags).match_requests(|request| request.resource_id_list() == [ARN]).then_output(move || {
        let tags = ResourceTag::builder().resource_id(ARN).set_tags_list(Some(sdk.clone())).build();
        ListTagsOutput::builder().resource_tag_list(tags).build()
    })
}

fn state(logging: bool) -> Rule {
    mock!(Client::get_trail_status).then_output(move || GetTrailStatusOutput::builder().is_logging(logging).build())
}

fn standing(logging: bool) -> [Rule; 3] {
    [listed(vec![trail("us-east-1")]), tagged(target().tags), state(logging)]
}

fn aws<'a>(rules: impl IntoIterator<Item = &'a Rule>) -> Aws {
    let rules: Vec<&Rule> = rules.into_iter().collect();
    Aws { cloudtrail: client!(aws_sdk_cloudtrail, any, rules), ..testing::aws() }
}

async fn observe(aws: &Aws, target: Target) -> Observation {
    TrailDriver.observe(aws, &[target]).await.remove(0)
}

#[tokio::test]
async fn a_trail_tells_all_that_is_wanted_of_it() {
    let live = present(observe(&aws(&standing(true)), target()).await);
    assert_eq!((live.inputs.clone().into(), live.physical_id.as_str()), (target().inputs, ARN));
    assert_eq!(live.outputs["arn"], ARN);
    let stopped = present(observe(&aws(&standing(false)), target()).await);
    assert_eq!(stopped.inputs["logging"], json!(false));
}

#[tokio::test]
async fn a_trail_without_a_key_tells_none() {
    let mut plain = trail("us-east-1");
    plain.kms_key_id = None;
    let live = present(observe(&aws(&[listed(vec![plain]), tagged(target().tags), state(true)]), target()).await);
    assert_eq!(live.inputs["kms_key_arn"], Value::Null);
}

#[tokio::test]
async fn a_key_is_told_in_the_form_in_which_it_is_wanted() {
    let mut target = target();
    target.inputs["kms_key_arn"] = json!("0a1b");
    assert_eq!(present(observe(&aws(&standing(true)), target).await).inputs["kms_key_arn"], "0a1b");
}

#[tokio::test]
async fn only_a_certain_answer_is_absent() {
    assert!(matches!(observe(&aws(&[listed(Vec::new())]), target()).await, Observation::Absent));
    let failing =
        mock!(Client::describe_trails).then_error(|| DescribeTrailsError::generic(code("ThrottlingException")));
    match observe(&aws(&[failing]), target()).await {
        Observation::Unknown(error) => assert_eq!(error.class, ErrorClass::Throttled),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_shadow_of_another_region_s_trail_is_not_ours() {
    let answer = observe(&aws(&[listed(vec![trail("eu-west-1")])]), target()).await;
    assert!(matches!(&answer, Observation::Foreign(what) if what.contains("eu-west-1")), "{answer:?}");
}

#[tokio::test]
async fn a_trail_without_our_tags_is_foreign_unless_it_is_adopted_or_only_read() {
    let rules = [listed(vec![trail("us-east-1")]), tagged(Tags::new()), state(true)];
    assert!(matches!(observe(&aws(&rules), target()).await, Observation::Foreign(_)));
    for claim in [Claim::Unowned, Claim::ReadOnly] {
        present(observe(&aws(&rules), Target { claim, ..target() }).await);
    }
}

fn new_trail() -> Rule {
    mock!(Client::create_trail)
        .match_requests(|request| {
            request.name() == Some("mate-dev") && request.tags_list().len() == 4 && request.kms_key_id() == Some(KEY)
        })
        .then_output(|| CreateTrailOutput::builder().trail_arn(ARN).build())
}

fn started() -> Rule {
    mock!(Client::start_logging).then_output(|| StartLoggingOutput::builder().build())
}

#[tokio::test]
async fn a_new_trail_is_tagged_as_it_is_made_and_then_logs() {
    let rules = [listed(Vec::new()), new_trail(), started()];
    assert_eq!(TrailDriver.create(&aws(&rules), &create(target())).await.unwrap().physical_id, ARN);
    assert_eq!((rules[1].num_calls(), rules[2].num_calls()), (1, 1));
}

#[tokio::test]
async fn a_trail_whose_answer_was_lost_is_found_and_started() {
    let started = started();
    TrailDriver.create(&aws(standing(false).iter().chain([&started])), &create(target())).await.unwrap();
    assert_eq!(started.num_calls(), 1);
}

#[tokio::test]
async fn what_the_trail_cannot_write_to_yet_is_waited_for() {
    for reason in [
        "InsufficientS3BucketPolicyException",
        "InsufficientEncryptionPolicyException",
        "S3BucketDoesNotExistException",
        "KmsKeyNotFoundException",
    ] {
        let refused = mock!(Client::create_trail).then_error(move || CreateTrailError::generic(code(reason)));
        let error = TrailDriver.create(&aws(&[listed(Vec::new()), refused]), &create(target())).await.unwrap_err();
        assert_eq!((error.class, error.retry), (ErrorClass::Dependency, RetryStatus::Temporary), "{reason}");
    }
}

#[tokio::test]
async fn a_failure_half_way_says_what_exists() {
    let denied = mock!(Client::start_logging).then_error(|| StartLoggingError::generic(code("AccessDeniedException")));
    let rules = [listed(Vec::new()), new_trail(), denied];
    let error = TrailDriver.create(&aws(&rules), &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Denied);
    assert_eq!(made(error).physical_id, ARN);
}

#[tokio::test]
async fn a_name_that_somebody_else_has_is_refused() {
    let error = TrailDriver.create(&aws(&[listed(vec![trail("eu-west-1")])]), &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn an_update_touches_only_the_named_fields() {
    let changed = mock!(Client::update_trail)
        .match_requests(|request| {
            request.name() == Some("mate-dev")
                && request.kms_key_id() == Some("")
                && request.s3_bucket_name().is_none()
                && request.is_multi_region_trail().is_none()
                && request.enable_log_file_validation().is_none()
        })
        .then_output(|| UpdateTrailOutput::builder().build());
    let mut target = target();
    target.inputs["kms_key_arn"] = Value::Null;
    let rules = standing(true);
    TrailDriver.update(&aws(rules.iter().chain([&changed])), &update(target, &["kms_key_arn"])).await.unwrap();
    assert_eq!(changed.num_calls(), 1);
}

#[tokio::test]
async fn a_trail_that_was_stopped_is_started_again() {
    let started = started();
    let rules = standing(false);
    TrailDriver.update(&aws(rules.iter().chain([&started])), &update(target(), &["logging"])).await.unwrap();
    assert_eq!(started.num_calls(), 1);
}

#[tokio::test]
async fn tags_are_set_and_taken_off() {
    let added = mock!(Client::add_tags)
        .match_requests(|request| request.tags_list().len() == 1 && request.tags_list()[0].key() == "CostCenter")
        .then_output(|| AddTagsOutput::builder().build());
    let removed = mock!(Client::remove_tags)
        .match_requests(|request| request.tags_list().len() == 1 && request.tags_list()[0].key() == "Tenant")
        .then_output(|| RemoveTagsOutput::builder().build());
    let mut request = update(target(), &["tags"]);
    request.target.tags.insert("CostCenter".into(), "care".into());
    request.target.tags.remove("Tenant");
    request.untag = ["Tenant".to_owned()].into();
    let rules = standing(true);
    TrailDriver.update(&aws(rules.iter().chain([&added, &removed])), &request).await.unwrap();
    assert_eq!((added.num_calls(), removed.num_calls()), (1, 1));
}

#[tokio::test]
async fn a_deletion_minds_whose_the_trail_is() {
    let deleted = mock!(Client::delete_trail).then_output(|| DeleteTrailOutput::builder().build());
    let rules = standing(true);
    let gone = TrailDriver.delete(&aws(rules.iter().chain([&deleted])), &delete(target())).await.unwrap();
    assert_eq!((gone, deleted.num_calls()), (Deleted::Gone, 1));
    let gone = TrailDriver.delete(&aws(&[listed(Vec::new())]), &delete(target())).await.unwrap();
    assert_eq!(gone, Deleted::Gone);
    let foreign = [listed(vec![trail("us-east-1")]), tagged(Tags::new()), state(true)];
    let error = TrailDriver.delete(&aws(&foreign), &delete(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn what_could_not_be_delivered_is_told_with_the_bucket() {
    let state = mock!(Client::get_trail_status)
        .then_output(|| GetTrailStatusOutput::builder().is_logging(true).latest_delivery_error("AccessDenied").build());
    let found = TrailDriver.diagnose(&aws(&[listed(vec![trail("us-east-1")]), state]), &target()).await.unwrap();
    assert_eq!(found.len(), 1);
    assert!(found[0].finding.contains("mate-dev-trail: AccessDenied"), "{found:?}");
}
