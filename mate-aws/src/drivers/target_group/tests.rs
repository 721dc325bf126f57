use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::operation::add_tags::AddTagsOutput;
use aws_sdk_elasticloadbalancingv2::operation::create_target_group::{CreateTargetGroupError, CreateTargetGroupOutput};
use aws_sdk_elasticloadbalancingv2::operation::delete_target_group::DeleteTargetGroupError;
use aws_sdk_elasticloadbalancingv2::operation::describe_tags::DescribeTagsOutput;
use aws_sdk_elasticloadbalancingv2::operation::describe_target_group_attributes::DescribeTargetGroupAttributesOutput;
use aws_sdk_elasticloadbalancingv2::operation::describe_target_groups::{
    DescribeTargetGroupsError, DescribeTargetGroupsOutput,
};
use aws_sdk_elasticloadbalancingv2::operation::modify_target_group_attributes::{
    ModifyTargetGroupAttributesError, ModifyTargetGroupAttributesOutput,
};
use aws_sdk_elasticloadbalancingv2::operation::remove_tags::RemoveTagsOutput;
use aws_sdk_elasticloadbalancingv2::types::{
    Matcher, ProtocolEnum, TagDescription, TargetGroup as Described, TargetGroupAttribute,
};
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::TargetGroup;
use mate_core::kinds::target_group::{TargetGroupInputs, TargetHealthCheck};
use mate_core::model::Kind;
use mate_core::model::Tags;
use mate_core::provider::{Deleted, ErrorClass, Observation, Target};
use serde_json::json;

use super::TargetGroupDriver;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::batch::unlike;
use crate::drivers::elbv2::tag_list;
use crate::drivers::testing::{self, client, code, create, delete, made, present, update};

const NAME: &str = "mate-acme-dev-django";
const ARN: &str =
    "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/mate-acme-dev-django/73e2d6bc24d8a067";

fn target() -> Target {
    testing::target::<TargetGroup>(
        NAME,
        &TargetGroupInputs {
            port: 8000,
            protocol: "HTTP".into(),
            vpc_id: "vpc-1".into(),
            health_check: TargetHealthCheck {
                path: "/admin/".into(),
                matcher: "200,301,302".into(),
                interval_seconds: 30,
                timeout_seconds: 5,
                healthy_threshold: 2,
                unhealthy_threshold: 2,
            },
            deregistration_delay_seconds: 30,
            stickiness_seconds: None,
        },
    )
}

fn group(port: i32) -> Described {
    Described::builder()
        .target_group_name(NAME)
        .target_group_arn(ARN)
        .port(port)
        .protocol(ProtocolEnum::Http)
        .vpc_id("vpc-1")
        .health_check_path("/admin/")
        .matcher(Matcher::builder().http_code("200,301,302").build())
        .health_check_interval_seconds(30)
        .health_check_timeout_seconds(5)
        .healthy_threshold_count(2)
        .unhealthy_threshold_count(2)
        .build()
}

fn found(port: i32) -> Rule {
    mock!(Client::describe_target_groups)
        .then_output(move || DescribeTargetGroupsOutput::builder().target_groups(group(port)).build())
}

fn absent() -> Rule {
    mock!(Client::describe_target_groups).then_error(|| DescribeTargetGroupsError::generic(code("TargetGroupNotFound")))
}

fn tagged(tags: Tags) -> Rule {
    mock!(Client::describe_tags).then_output(move || {
        let one = TagDescription::builder().resource_arn(ARN).set_tags(Some(tag_list(&tags))).build();
        DescribeTagsOutput::builder().tag_descriptions(one).build()
    })
}

fn attributes(sticky: bool) -> Rule {
    mock!(Client::describe_target_group_attributes).then_output(move || {
        let pairs = [
            ("deregistration_delay.timeout_seconds", "30".to_owned()),
            ("stickiness.enabled", sticky.to_string()),
            ("stickiness.lb_cookie.duration_seconds", "86400".to_owned()),
        ];
        let attributes =
            pairs.into_iter().map(|(key, value)| TargetGroupAttribute::builder().key(key).value(value).build());
        DescribeTargetGroupAttributesOutput::builder().set_attributes(Some(attributes.collect())).build()
    })
}

fn aws(elbv2: Client) -> Aws {
    Aws { elbv2, ..testing::aws() }
}

#[tokio::test]
async fn the_default_cookie_time_of_aws_is_no_stickiness() {
    let target = target();
    let aws =
        aws(client!(aws_sdk_elasticloadbalancingv2, [&found(8000), &tagged(target.tags.clone()), &attributes(false)]));
    let live = present(TargetGroupDriver.observe(&aws, std::slice::from_ref(&target)).await.remove(0));
    assert!(unlike(&TargetGroup::model(), &target, &live).is_empty(), "{}", live.inputs);
    assert_eq!(live.outputs["full_name"], "targetgroup/mate-acme-dev-django/73e2d6bc24d8a067");
}

#[tokio::test]
async fn stickiness_is_turned_off_by_its_own_attribute() {
    let target = target();
    let set = mock!(Client::modify_target_group_attributes)
        .match_requests(|request| {
            request.attributes().iter().map(|one| (one.key(), one.value())).collect::<Vec<_>>()
                == [(Some("stickiness.enabled"), Some("false"))]
        })
        .then_output(|| ModifyTargetGroupAttributesOutput::builder().build());
    let aws = aws(client!(
        aws_sdk_elasticloadbalancingv2,
        [&found(8000), &tagged(target.tags.clone()), &attributes(true), &set]
    ));
    TargetGroupDriver.update(&aws, &update(target, &["stickiness_seconds"])).await.unwrap();
    assert_eq!(set.num_calls(), 1);
}

#[tokio::test]
async fn a_name_taken_meanwhile_is_read_and_judged() {
    let target = target();
    let taken = || {
        mock!(Client::create_target_group)
            .then_error(|| CreateTargetGroupError::generic(code("DuplicateTargetGroupName")))
    };
    let ours = aws(client!(
        aws_sdk_elasticloadbalancingv2,
        [&absent(), &taken(), &found(8000), &tagged(target.tags.clone()), &attributes(false)]
    ));
    let created = TargetGroupDriver.create(&ours, &create(target.clone())).await.unwrap();
    assert_eq!(created.physical_id, ARN);
    let foreign = aws(client!(
        aws_sdk_elasticloadbalancingv2,
        [&absent(), &taken(), &found(8000), &tagged(Tags::new()), &attributes(false)]
    ));
    let error = TargetGroupDriver.create(&foreign, &create(target)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn ours_on_another_port_cannot_become_what_is_wanted() {
    let target = target();
    let aws =
        aws(client!(aws_sdk_elasticloadbalancingv2, [&found(80), &tagged(target.tags.clone()), &attributes(false)]));
    let error = TargetGroupDriver.create(&aws, &create(target)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    assert!(error.message.unwrap().contains("cannot change its port"));
}

#[tokio::test]
async fn a_failure_half_way_says_what_exists() {
    let made_one = mock!(Client::create_target_group)
        .then_output(|| CreateTargetGroupOutput::builder().target_groups(group(8000)).build());
    let refused = mock!(Client::modify_target_group_attributes)
        .then_error(|| ModifyTargetGroupAttributesError::generic(code("Throttling")));
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, [&absent(), &made_one, &refused]));
    let error = TargetGroupDriver.create(&aws, &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Throttled);
    assert_eq!(made(error).outputs["arn"], json!(ARN));
}

#[tokio::test]
async fn one_that_a_listener_uses_is_waited_for() {
    let target = target();
    let used = mock!(Client::delete_target_group).then_error(|| DeleteTargetGroupError::generic(code("ResourceInUse")));
    let aws = aws(client!(
        aws_sdk_elasticloadbalancingv2,
        [&found(8000), &tagged(target.tags.clone()), &attributes(false), &used]
    ));
    let error = TargetGroupDriver.delete(&aws, &delete(target)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Dependency);
}

#[tokio::test]
async fn one_that_is_absent_is_gone() {
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, any, [&absent()]));
    assert!(matches!(TargetGroupDriver.observe(&aws, &[target()]).await.remove(0), Observation::Absent));
    assert_eq!(TargetGroupDriver.delete(&aws, &delete(target())).await.unwrap(), Deleted::Gone);
    let error = TargetGroupDriver.update(&aws, &update(target(), &["health_check"])).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::NotFound);
}

#[tokio::test]
async fn what_is_given_back_loses_our_tags() {
    let off = mock!(Client::remove_tags)
        .match_requests(|request| request.resource_arns() == [ARN] && request.tag_keys() == testing::OWNERSHIP)
        .then_output(|| RemoveTagsOutput::builder().build());
    let rules = [found(8000), tagged(target().tags), attributes(false), off.clone()];
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, rules));
    let answer = TargetGroupDriver.update(&aws, &testing::give_back(target())).await.unwrap();
    assert_eq!((answer.physical_id.as_str(), off.num_calls()), (ARN, 1));
}

#[tokio::test]
async fn what_is_nobody_s_is_found_by_its_arn_and_adopted_by_its_tags() {
    let recorded = Target { physical_id: Some(ARN.into()), name: "another-name".into(), ..testing::unowned(target()) };
    let by_arn = || {
        mock!(Client::describe_target_groups)
            .match_requests(|request| request.target_group_arns() == [ARN] && request.names().is_empty())
            .then_output(|| DescribeTargetGroupsOutput::builder().target_groups(group(8000)).build())
    };
    let on = mock!(Client::add_tags)
        .match_requests(|request| request.resource_arns() == [ARN] && request.tags().len() == 4)
        .then_output(|| AddTagsOutput::builder().build());
    let rules = [by_arn(), tagged(Tags::new()), attributes(false), on.clone()];
    let adopting = aws(client!(aws_sdk_elasticloadbalancingv2, rules));
    TargetGroupDriver.update(&adopting, &update(recorded.clone(), &["tags"])).await.unwrap();
    assert_eq!(on.num_calls(), 1);

    let rules = [by_arn(), tagged(testing::somebody_s()), attributes(false)];
    let somebody_s = aws(client!(aws_sdk_elasticloadbalancingv2, rules));
    let answer = TargetGroupDriver.observe(&somebody_s, &[recorded]).await.remove(0);
    assert!(matches!(answer, Observation::Foreign(_)), "{answer:?}");
}

#[tokio::test]
async fn without_the_recorded_one_the_name_decides() {
    let recorded = Target { physical_id: Some(format!("{ARN}0")), ..target() };
    let rules = [absent(), found(8000), tagged(target().tags), attributes(false)];
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, rules));
    assert_eq!(present(TargetGroupDriver.observe(&aws, &[recorded]).await.remove(0)).physical_id, ARN);
}
