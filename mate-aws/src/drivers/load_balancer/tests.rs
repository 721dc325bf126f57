use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::operation::create_load_balancer::{
    CreateLoadBalancerError, CreateLoadBalancerOutput,
};
use aws_sdk_elasticloadbalancingv2::operation::delete_load_balancer::DeleteLoadBalancerOutput;
use aws_sdk_elasticloadbalancingv2::operation::describe_load_balancer_attributes::DescribeLoadBalancerAttributesOutput;
use aws_sdk_elasticloadbalancingv2::operation::describe_load_balancers::{
    DescribeLoadBalancersError, DescribeLoadBalancersOutput,
};
use aws_sdk_elasticloadbalancingv2::operation::describe_tags::{DescribeTagsError, DescribeTagsOutput};
use aws_sdk_elasticloadbalancingv2::operation::modify_load_balancer_attributes::{
    ModifyLoadBalancerAttributesError, ModifyLoadBalancerAttributesOutput,
};
use aws_sdk_elasticloadbalancingv2::types::{
    AvailabilityZone, LoadBalancer as Described, LoadBalancerAttribute, LoadBalancerSchemeEnum, LoadBalancerState,
    LoadBalancerStateEnum, TagDescription,
};
use aws_smithy_mocks::{MockResponse, Rule, mock};
use mate_core::kinds::LoadBalancer;
use mate_core::kinds::load_balancer::{AccessLogs, LoadBalancerInputs};
use mate_core::model::Tags;
use mate_core::provider::{Deleted, ErrorClass, Observation, RetryStatus, Status, Target};

use super::LoadBalancerDriver;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::elbv2::tag_list;
use crate::drivers::testing::{self, client, code, create, delete, made, update};

const NAME: &str = "mate-acme-dev-alb";

fn arn(name: &str) -> String {
    format!("arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/{name}/50dc6c495c0c9188")
}

fn target(name: &str, protected: bool) -> Target {
    testing::target::<LoadBalancer>(
        name,
        &LoadBalancerInputs {
            scheme: "internet-facing".into(),
            subnet_ids: vec!["subnet-b".into(), "subnet-a".into()],
            security_group_ids: vec!["sg-1".into()],
            idle_timeout_seconds: 60,
            deletion_protection: protected,
            drop_invalid_header_fields: true,
            access_logs: None,
        },
    )
}

fn balancer(name: &str, state: LoadBalancerStateEnum) -> Described {
    Described::builder()
        .load_balancer_name(name)
        .load_balancer_arn(arn(name))
        .dns_name(format!("{name}-1.us-east-1.elb.amazonaws.com"))
        .canonical_hosted_zone_id("Z35SXDOTRQ7X7K")
        .scheme(LoadBalancerSchemeEnum::InternetFacing)
        .availability_zones(AvailabilityZone::builder().subnet_id("subnet-a").build())
        .availability_zones(AvailabilityZone::builder().subnet_id("subnet-b").build())
        .security_groups("sg-1")
        .state(LoadBalancerState::builder().code(state).reason("no addresses left").build())
        .build()
}

fn missing() -> DescribeLoadBalancersError {
    DescribeLoadBalancersError::generic(code("LoadBalancerNotFound"))
}

/// The named load balancers exist; a call that names another fails as AWS's does.
fn described(existing: Vec<Described>) -> Rule {
    mock!(Client::describe_load_balancers).then_compute_response(move |request| {
        let found: Vec<Described> = existing
            .iter()
            .filter(|one| request.names().iter().any(|n| one.load_balancer_name() == Some(n)))
            .cloned()
            .collect();
        if found.len() < request.names().len() {
            return MockResponse::Error(missing());
        }
        MockResponse::Output(DescribeLoadBalancersOutput::builder().set_load_balancers(Some(found)).build())
    })
}

fn tagged(tags: Tags) -> Rule {
    mock!(Client::describe_tags).then_compute_output(move |request| {
        let descriptions = request
            .resource_arns()
            .iter()
            .map(|arn| TagDescription::builder().resource_arn(arn).set_tags(Some(tag_list(&tags))).build())
            .collect();
        DescribeTagsOutput::builder().set_tag_descriptions(Some(descriptions)).build()
    })
}

fn with_attributes(protected: bool) -> Rule {
    mock!(Client::describe_load_balancer_attributes).then_output(move || {
        let pairs = [
            ("idle_timeout.timeout_seconds", "60".to_owned()),
            ("deletion_protection.enabled", protected.to_string()),
            ("routing.http.drop_invalid_header_fields.enabled", "true".to_owned()),
        ];
        let attributes =
            pairs.into_iter().map(|(key, value)| LoadBalancerAttribute::builder().key(key).value(value).build());
        DescribeLoadBalancerAttributesOutput::builder().set_attributes(Some(attributes.collect())).build()
    })
}

fn attributes_set() -> Rule {
    mock!(Client::modify_load_balancer_attributes).then_output(|| ModifyLoadBalancerAttributesOutput::builder().build())
}

fn deleted() -> Rule {
    mock!(Client::delete_load_balancer).then_output(|| DeleteLoadBalancerOutput::builder().build())
}

fn provisioning() -> Rule {
    mock!(Client::create_load_balancer).then_output(|| {
        CreateLoadBalancerOutput::builder().load_balancers(balancer(NAME, LoadBalancerStateEnum::Provisioning)).build()
    })
}

fn aws(elbv2: Client) -> Aws {
    Aws { elbv2, ..testing::aws() }
}

fn foreign() -> Tags {
    Tags::from([("Owner".to_owned(), "someone".to_owned())])
}

#[tokio::test]
async fn what_was_made_reads_as_it_was_wanted() {
    let target = target(NAME, false);
    let found = described(vec![balancer(NAME, LoadBalancerStateEnum::Active)]);
    let (tags, attributes) = (tagged(target.tags.clone()), with_attributes(false));
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, any, [&found, &tags, &attributes]));
    let live = testing::present(LoadBalancerDriver.observe(&aws, std::slice::from_ref(&target)).await.remove(0));
    assert_eq!(live.status, Status::Ready);
    assert_eq!(live.outputs["full_name"], "app/mate-acme-dev-alb/50dc6c495c0c9188");
    assert_eq!(live.outputs["canonical_hosted_zone_id"], "Z35SXDOTRQ7X7K");
    let model = <LoadBalancer as mate_core::model::Kind>::model();
    assert!(crate::drivers::batch::unlike(&model, &target, &live).is_empty(), "{}", live.inputs);
}

#[tokio::test]
async fn a_failed_one_says_why() {
    let target = target(NAME, false);
    let found = described(vec![balancer(NAME, LoadBalancerStateEnum::Failed)]);
    let (tags, attributes) = (tagged(target.tags.clone()), with_attributes(false));
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, any, [&found, &tags, &attributes]));
    let live = testing::present(LoadBalancerDriver.observe(&aws, &[target]).await.remove(0));
    assert_eq!(live.status, Status::Failed("no addresses left".into()));
}

#[tokio::test]
async fn thirty_are_read_in_two_calls() {
    let targets: Vec<Target> = (0..30).map(|n| target(&format!("lb-{n:02}"), false)).collect();
    let found = described(targets.iter().map(|one| balancer(&one.name, LoadBalancerStateEnum::Active)).collect());
    let (tags, attributes) = (tagged(targets[0].tags.clone()), with_attributes(false));
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, any, [&found, &tags, &attributes]));
    let answers = LoadBalancerDriver.observe(&aws, &targets).await;
    assert!(answers.iter().all(|one| matches!(one, Observation::Present(_))));
    assert_eq!((found.num_calls(), tags.num_calls(), attributes.num_calls()), (2, 2, 30));
}

#[tokio::test]
async fn one_that_is_missing_does_not_hide_the_others() {
    let targets: Vec<Target> = (0..20).map(|n| target(&format!("lb-{n:02}"), false)).collect();
    let existing: Vec<Described> = targets
        .iter()
        .filter(|one| one.name != "lb-07")
        .map(|one| balancer(&one.name, LoadBalancerStateEnum::Active))
        .collect();
    let found = described(existing);
    let (tags, attributes) = (tagged(targets[0].tags.clone()), with_attributes(false));
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, any, [&found, &tags, &attributes]));
    let answers = LoadBalancerDriver.observe(&aws, &targets).await;
    let absent: Vec<usize> = (0..20).filter(|index| matches!(answers[*index], Observation::Absent)).collect();
    assert_eq!(absent, [7]);
    assert!(found.num_calls() <= 11, "{} calls", found.num_calls());
}

#[tokio::test]
async fn a_throttled_read_is_unknown_and_not_absent() {
    let throttled =
        mock!(Client::describe_load_balancers).then_error(|| DescribeLoadBalancersError::generic(code("Throttling")));
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, [&throttled]));
    match LoadBalancerDriver.observe(&aws, &[target(NAME, false)]).await.remove(0) {
        Observation::Unknown(error) => assert_eq!(error.class, ErrorClass::Throttled),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_namesake_is_refused_before_anything_is_made() {
    let found = described(vec![balancer(NAME, LoadBalancerStateEnum::Active)]);
    let (tags, attributes, made) = (tagged(foreign()), with_attributes(false), provisioning());
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, any, [&found, &tags, &attributes, &made]));
    let error = LoadBalancerDriver.create(&aws, &create(target(NAME, false))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    assert_eq!(made.num_calls(), 0);
}

#[tokio::test]
async fn a_namesake_that_came_in_between_is_refused() {
    let absent = mock!(Client::describe_load_balancers).then_error(missing);
    let taken = mock!(Client::create_load_balancer)
        .then_error(|| CreateLoadBalancerError::generic(code("DuplicateLoadBalancerName")));
    let found = described(vec![balancer(NAME, LoadBalancerStateEnum::Active)]);
    let (tags, attributes) = (tagged(foreign()), with_attributes(false));
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, [&absent, &taken, &found, &tags, &attributes]));
    let error = LoadBalancerDriver.create(&aws, &create(target(NAME, false))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    assert!(error.message.unwrap().contains("does not carry MATE's ownership tags"));
}

#[tokio::test]
async fn ours_is_completed_by_a_repeated_create() {
    let target = target(NAME, true);
    let found = described(vec![balancer(NAME, LoadBalancerStateEnum::Provisioning)]);
    let (tags, attributes, set) = (tagged(target.tags.clone()), with_attributes(false), attributes_set());
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, [&found, &tags, &attributes, &set]));
    let created = LoadBalancerDriver.create(&aws, &create(target)).await.unwrap();
    assert_eq!(created.status, Status::Pending("provisioning".into()));
    assert_eq!(set.num_calls(), 1);
}

#[tokio::test]
async fn a_failure_half_way_says_what_exists() {
    let absent = mock!(Client::describe_load_balancers).then_error(missing);
    let made_one = provisioning();
    let refused = mock!(Client::modify_load_balancer_attributes)
        .then_error(|| ModifyLoadBalancerAttributesError::generic(code("InvalidConfigurationRequest")));
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, [&absent, &made_one, &refused]));
    let error = LoadBalancerDriver.create(&aws, &create(target(NAME, false))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
    assert_eq!(made(error).physical_id, arn(NAME));
}

/// A target that writes its logs, and the call that says so.
fn logging() -> (Target, Rule) {
    let mut target = target(NAME, false);
    let logs = AccessLogs { bucket: "mate-dev-logs".into(), prefix: "acme".into() };
    target.inputs["access_logs"] = serde_json::to_value(logs).unwrap();
    let set = mock!(Client::modify_load_balancer_attributes)
        .match_requests(|request| {
            request.attributes().iter().map(|one| (one.key().unwrap(), one.value().unwrap())).collect::<Vec<_>>()
                == [
                    ("access_logs.s3.enabled", "true"),
                    ("access_logs.s3.bucket", "mate-dev-logs"),
                    ("access_logs.s3.prefix", "acme"),
                ]
        })
        .then_output(|| ModifyLoadBalancerAttributesOutput::builder().build());
    (target, set)
}

fn with_access_logs(on: bool) -> Rule {
    mock!(Client::describe_load_balancer_attributes).then_output(move || {
        let pairs = [
            ("idle_timeout.timeout_seconds", "60".to_owned()),
            ("deletion_protection.enabled", "false".to_owned()),
            ("routing.http.drop_invalid_header_fields.enabled", "true".to_owned()),
            ("access_logs.s3.enabled", on.to_string()),
            ("access_logs.s3.bucket", "mate-dev-logs".to_owned()),
            ("access_logs.s3.prefix", "acme".to_owned()),
        ];
        let attributes =
            pairs.into_iter().map(|(key, value)| LoadBalancerAttribute::builder().key(key).value(value).build());
        DescribeLoadBalancerAttributesOutput::builder().set_attributes(Some(attributes.collect())).build()
    })
}

#[tokio::test]
async fn access_logs_are_turned_on_behind_the_creation() {
    let (target, set) = logging();
    let absent = mock!(Client::describe_load_balancers).then_error(missing);
    let (made_one, others) = (provisioning(), attributes_set());
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, [&absent, &made_one, &others, &set]));
    LoadBalancerDriver.create(&aws, &create(target)).await.unwrap();
    assert_eq!((others.num_calls(), set.num_calls()), (1, 1));
}

#[tokio::test]
async fn a_bucket_that_does_not_let_logs_in_yet_is_waited_for() {
    let (target, _) = logging();
    let absent = mock!(Client::describe_load_balancers).then_error(missing);
    let (made_one, others) = (provisioning(), attributes_set());
    let refused = mock!(Client::modify_load_balancer_attributes)
        .then_error(|| ModifyLoadBalancerAttributesError::generic(code("InvalidConfigurationRequest")));
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, [&absent, &made_one, &others, &refused]));
    let error = LoadBalancerDriver.create(&aws, &create(target)).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Dependency, RetryStatus::Temporary));
    assert_eq!(made(error).physical_id, arn(NAME));
}

#[tokio::test]
async fn access_logs_are_told_only_while_they_are_written() {
    for (on, told) in [(true, logging().0.inputs["access_logs"].clone()), (false, serde_json::Value::Null)] {
        let target = logging().0;
        let found = described(vec![balancer(NAME, LoadBalancerStateEnum::Active)]);
        let (tags, attributes) = (tagged(target.tags.clone()), with_access_logs(on));
        let aws = aws(client!(aws_sdk_elasticloadbalancingv2, any, [&found, &tags, &attributes]));
        let live = testing::present(LoadBalancerDriver.observe(&aws, &[target]).await.remove(0));
        assert_eq!(live.inputs["access_logs"], told);
    }
}

#[tokio::test]
async fn access_logs_that_are_wanted_no_more_are_turned_off() {
    let target = target(NAME, false);
    let found = described(vec![balancer(NAME, LoadBalancerStateEnum::Active)]);
    let (tags, attributes) = (tagged(target.tags.clone()), with_access_logs(true));
    let off = mock!(Client::modify_load_balancer_attributes)
        .match_requests(|request| {
            request.attributes().iter().map(|one| (one.key(), one.value())).collect::<Vec<_>>()
                == [(Some("access_logs.s3.enabled"), Some("false"))]
        })
        .then_output(|| ModifyLoadBalancerAttributesOutput::builder().build());
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, [&found, &tags, &attributes, &off]));
    LoadBalancerDriver.update(&aws, &update(target, &["access_logs"])).await.unwrap();
    assert_eq!(off.num_calls(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_ambiguous() {
    let absent = mock!(Client::describe_load_balancers).then_error(missing);
    let lost = mock!(Client::create_load_balancer).sequence().http_status(503, None).build();
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, [&absent, &lost]));
    let error = LoadBalancerDriver.create(&aws, &create(target(NAME, false))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Ambiguous);
}

#[tokio::test]
async fn an_update_touches_only_what_is_named_and_differs() {
    let mut target = target(NAME, false);
    target.inputs["idle_timeout_seconds"] = 120.into();
    target.inputs["security_group_ids"] = serde_json::json!(["sg-2"]);
    let found = described(vec![balancer(NAME, LoadBalancerStateEnum::Active)]);
    let (tags, attributes) = (tagged(target.tags.clone()), with_attributes(false));
    let set = mock!(Client::modify_load_balancer_attributes)
        .match_requests(|request| {
            request.attributes().iter().map(|one| (one.key(), one.value())).collect::<Vec<_>>()
                == [(Some("idle_timeout.timeout_seconds"), Some("120"))]
        })
        .then_output(|| ModifyLoadBalancerAttributesOutput::builder().build());
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, [&found, &tags, &attributes, &set]));
    LoadBalancerDriver.update(&aws, &update(target, &["idle_timeout_seconds", "scheme"])).await.unwrap();
    assert_eq!(set.num_calls(), 1);
}

#[tokio::test]
async fn a_protected_one_is_not_deleted() {
    for (protected, calls) in [(true, 0), (false, 1)] {
        let target = target(NAME, protected);
        let found = described(vec![balancer(NAME, LoadBalancerStateEnum::Active)]);
        let (tags, attributes) = (tagged(target.tags.clone()), with_attributes(protected));
        let gone = deleted();
        let aws = aws(client!(aws_sdk_elasticloadbalancingv2, any, [&found, &tags, &attributes, &gone]));
        let answer = LoadBalancerDriver.delete(&aws, &delete(target)).await;
        assert_eq!(
            answer.map_err(|error| error.class),
            if protected { Err(ErrorClass::Invalid) } else { Ok(Deleted::Going) }
        );
        assert_eq!(gone.num_calls(), calls);
    }
}

#[tokio::test]
async fn one_whose_tags_are_not_seen_yet_is_unsettled() {
    let found = described(vec![balancer(NAME, LoadBalancerStateEnum::Provisioning)]);
    let early = mock!(Client::describe_tags).then_error(|| DescribeTagsError::generic(code("LoadBalancerNotFound")));
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, [&found, &early]));
    match LoadBalancerDriver.observe(&aws, &[target(NAME, false)]).await.remove(0) {
        Observation::Unknown(error) => assert_eq!(error.class, ErrorClass::EventualConsistency),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_not_ours_is_not_deleted_and_what_is_absent_is_gone() {
    let found = described(vec![balancer(NAME, LoadBalancerStateEnum::Active)]);
    let (tags, attributes, deleted) = (tagged(foreign()), with_attributes(false), deleted());
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, any, [&found, &tags, &attributes, &deleted]));
    let error = LoadBalancerDriver.delete(&aws, &delete(target(NAME, false))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    assert_eq!(deleted.num_calls(), 0);
    assert_eq!(LoadBalancerDriver.delete(&aws, &delete(target("other", false))).await.unwrap(), Deleted::Gone);
}

#[tokio::test]
async fn a_recorded_one_is_found_by_its_arn_whatever_its_name() {
    let recorded = Target { physical_id: Some(arn("grown")), ..testing::unowned(target(NAME, false)) };
    let by_arn = mock!(Client::describe_load_balancers)
        .match_requests(|request| request.load_balancer_arns() == [arn("grown")] && request.names().is_empty())
        .then_output(|| {
            let grown = balancer("grown", LoadBalancerStateEnum::Active);
            DescribeLoadBalancersOutput::builder().load_balancers(grown).build()
        });
    let (tags, attributes) = (tagged(Tags::new()), with_attributes(false));
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, any, [&by_arn, &tags, &attributes]));
    let live = testing::present(LoadBalancerDriver.observe(&aws, &[recorded]).await.remove(0));
    assert_eq!(live.physical_id, arn("grown"));
}
