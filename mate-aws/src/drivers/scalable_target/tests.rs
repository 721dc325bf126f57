use aws_sdk_applicationautoscaling::Client;
use aws_sdk_applicationautoscaling::operation::deregister_scalable_target::{
    DeregisterScalableTargetError, DeregisterScalableTargetOutput,
};
use aws_sdk_applicationautoscaling::operation::describe_scalable_targets::DescribeScalableTargetsOutput;
use aws_sdk_applicationautoscaling::operation::list_tags_for_resource::ListTagsForResourceOutput;
use aws_sdk_applicationautoscaling::operation::register_scalable_target::{
    RegisterScalableTargetError, RegisterScalableTargetOutput,
};
use aws_sdk_applicationautoscaling::operation::tag_resource::TagResourceOutput;
use aws_sdk_applicationautoscaling::operation::untag_resource::UntagResourceOutput;
use aws_sdk_applicationautoscaling::types::{
    ScalableDimension, ScalableTarget as Described, ServiceNamespace, SuspendedState,
};
use aws_sdk_ecs::operation::describe_services::DescribeServicesOutput;
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::DateTime;
use mate_core::kinds::ScalableTarget;
use mate_core::kinds::scalable_target::ScalableTargetInputs;
use mate_core::model::Kind;
use mate_core::model::Tags;
use mate_core::provider::{Deleted, ErrorClass, Observation, Target};
use serde_json::json;

use super::ScalableTargetDriver;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::batch::unlike;
use crate::drivers::ecs::tag_list;
use crate::drivers::testing::{self, client, code, create, delete, present, update};

const RESOURCE: &str = "service/mate-dev/mate-acme-dev-django";
const ARN: &str = "arn:aws:application-autoscaling:us-east-1:123456789012:scalable-target/1234abcd";

fn target_of(resource: &str) -> Target {
    testing::target::<ScalableTarget>(
        "mate-acme-dev-django",
        &ScalableTargetInputs { resource_id: resource.into(), min_capacity: 1, max_capacity: 3, suspended: false },
    )
}

fn target() -> Target {
    target_of(RESOURCE)
}

fn bounds(resource: &str, max: i32, inward: bool) -> Described {
    Described::builder()
        .service_namespace(ServiceNamespace::Ecs)
        .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
        .resource_id(resource)
        .min_capacity(1)
        .max_capacity(max)
        .role_arn("arn:aws:iam::123456789012:role/aws-service-role/ecs")
        .creation_time(DateTime::from_secs(0))
        .scalable_target_arn(ARN)
        .suspended_state(
            SuspendedState::builder().dynamic_scaling_in_suspended(inward).dynamic_scaling_out_suspended(false).build(),
        )
        .build()
        .unwrap()
}

fn found(max: i32) -> Rule {
    mock!(Client::describe_scalable_targets).then_output(move || {
        DescribeScalableTargetsOutput::builder().scalable_targets(bounds(RESOURCE, max, false)).build()
    })
}

fn none() -> Rule {
    mock!(Client::describe_scalable_targets).then_output(|| DescribeScalableTargetsOutput::builder().build())
}

fn tagged(tags: Tags) -> Rule {
    mock!(Client::list_tags_for_resource).then_output(move || {
        ListTagsForResourceOutput::builder().set_tags(Some(tags.clone().into_iter().collect())).build()
    })
}

fn without_tags() -> Rule {
    mock!(Client::list_tags_for_resource).sequence().http_status(500, Some("<html></html>".into())).build()
}

fn registered() -> Rule {
    mock!(Client::register_scalable_target).then_output(|| RegisterScalableTargetOutput::builder().build())
}

fn aws(applicationautoscaling: Client) -> Aws {
    Aws { applicationautoscaling, ..testing::aws() }
}

#[tokio::test]
async fn what_was_registered_reads_as_it_was_wanted() {
    let target = target();
    let aws = aws(client!(aws_sdk_applicationautoscaling, [&found(3), &tagged(target.tags.clone())]));
    let live = present(ScalableTargetDriver.observe(&aws, std::slice::from_ref(&target)).await.remove(0));
    assert!(unlike(&ScalableTarget::model(), &target, &live).is_empty(), "{}", live.inputs);
    assert_eq!(live.outputs["resource_id"], json!(RESOURCE));
}

#[tokio::test]
async fn sixty_are_read_in_two_calls() {
    let targets: Vec<Target> = (0..60).map(|number| target_of(&format!("service/mate-dev/{number:02}"))).collect();
    let calls = mock!(Client::describe_scalable_targets).then_compute_output(|request| {
        assert!(request.resource_ids().len() <= 50, "AWS takes 50 resources a call");
        let found = request.resource_ids().iter().filter(|id| !id.ends_with("59")).map(|id| bounds(id, 3, false));
        DescribeScalableTargetsOutput::builder().set_scalable_targets(Some(found.collect())).build()
    });
    let aws = aws(client!(aws_sdk_applicationautoscaling, any, [&calls, &tagged(targets[0].tags.clone())]));
    let answers = ScalableTargetDriver.observe(&aws, &targets).await;
    assert_eq!(calls.num_calls(), 2);
    assert!(matches!(answers[59], Observation::Absent));
    assert!(answers[..59].iter().all(|one| matches!(one, Observation::Present(_))));
}

#[tokio::test]
async fn half_suspended_is_a_difference() {
    for wanted in [true, false] {
        let mut target = target();
        target.inputs["suspended"] = json!(wanted);
        let half = mock!(Client::describe_scalable_targets).then_output(|| {
            DescribeScalableTargetsOutput::builder().scalable_targets(bounds(RESOURCE, 3, true)).build()
        });
        let aws = aws(client!(aws_sdk_applicationautoscaling, [&half, &tagged(target.tags.clone())]));
        let live = present(ScalableTargetDriver.observe(&aws, std::slice::from_ref(&target)).await.remove(0));
        assert_eq!(unlike(&ScalableTarget::model(), &target, &live), ["suspended"]);
    }
}

#[tokio::test]
async fn tags_go_with_the_first_registration_only() {
    let first = mock!(Client::register_scalable_target)
        .match_requests(|request| request.tags().is_some_and(|tags| tags["ManagedBy"] == "mate"))
        .then_output(|| RegisterScalableTargetOutput::builder().build());
    let aws_one = aws(client!(aws_sdk_applicationautoscaling, [&none(), &first]));
    assert_eq!(ScalableTargetDriver.create(&aws_one, &create(target())).await.unwrap().physical_id, RESOURCE);

    let second = mock!(Client::register_scalable_target)
        .match_requests(|request| request.tags().is_none() && request.max_capacity() == Some(3))
        .then_output(|| RegisterScalableTargetOutput::builder().build());
    let aws_two = aws(client!(aws_sdk_applicationautoscaling, [&found(5), &tagged(target().tags), &second]));
    ScalableTargetDriver.update(&aws_two, &update(target(), &["max_capacity"])).await.unwrap();
    assert_eq!(second.num_calls(), 1);
}

#[tokio::test]
async fn tags_are_set_by_the_arn() {
    let mut target = target();
    target.tags.insert("CostCenter".into(), "radiology".into());
    let set = mock!(Client::tag_resource)
        .match_requests(|request| request.resource_arn() == Some(ARN))
        .then_output(|| TagResourceOutput::builder().build());
    let aws = aws(client!(aws_sdk_applicationautoscaling, [&found(3), &tagged(self::target().tags), &found(3), &set]));
    ScalableTargetDriver.update(&aws, &update(target, &["tags"])).await.unwrap();
    assert_eq!(set.num_calls(), 1);
}

#[tokio::test]
async fn a_registration_never_overwrites_somebody_else_s() {
    let made = registered();
    let aws = aws(client!(aws_sdk_applicationautoscaling, any, [&found(3), &tagged(Tags::new()), &made]));
    let error = ScalableTargetDriver.create(&aws, &create(target())).await.unwrap_err();
    assert_eq!((error.class, made.num_calls()), (ErrorClass::AlreadyExists, 0));
    let error = ScalableTargetDriver.delete(&aws, &delete(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn where_no_tags_are_kept_the_service_says_whose_it_is() {
    let of_service = |tags: Tags| {
        mock!(aws_sdk_ecs::Client::describe_services).then_output(move || {
            let service = aws_sdk_ecs::types::Service::builder().set_tags(Some(tag_list(&tags))).build();
            DescribeServicesOutput::builder().services(service).build()
        })
    };
    let mut service_tags = target().tags;
    service_tags.insert("Component".into(), "django-service".into());
    let mut somebody_s = service_tags.clone();
    somebody_s.insert("Tenant".into(), "other".into());
    for (tags, ours) in [(service_tags, true), (somebody_s, false), (Tags::new(), false)] {
        let aws = Aws {
            ecs: client!(aws_sdk_ecs, [&of_service(tags)]),
            ..aws(client!(aws_sdk_applicationautoscaling, [&found(3), &without_tags()]))
        };
        let answer = ScalableTargetDriver.observe(&aws, &[target()]).await.remove(0);
        assert_eq!(matches!(answer, Observation::Present(_)), ours, "{answer:?}");
        assert_eq!(matches!(answer, Observation::Foreign(_)), !ours, "{answer:?}");
    }
}

#[tokio::test]
async fn one_that_went_meanwhile_is_gone() {
    let missing = mock!(Client::deregister_scalable_target)
        .then_error(|| DeregisterScalableTargetError::generic(code("ObjectNotFoundException")));
    let aws_one = aws(client!(aws_sdk_applicationautoscaling, [&found(3), &tagged(target().tags), &missing]));
    assert_eq!(ScalableTargetDriver.delete(&aws_one, &delete(target())).await.unwrap(), Deleted::Gone);
    let aws_two = aws(client!(aws_sdk_applicationautoscaling, [&none()]));
    assert_eq!(ScalableTargetDriver.delete(&aws_two, &delete(target())).await.unwrap(), Deleted::Gone);
    let gone =
        mock!(Client::deregister_scalable_target).then_output(|| DeregisterScalableTargetOutput::builder().build());
    let aws_three = aws(client!(aws_sdk_applicationautoscaling, [&found(3), &tagged(target().tags), &gone]));
    assert_eq!(ScalableTargetDriver.delete(&aws_three, &delete(target())).await.unwrap(), Deleted::Gone);
    assert_eq!(gone.num_calls(), 1);
}

#[tokio::test]
async fn two_registrations_at_once_are_a_conflict() {
    let busy = mock!(Client::register_scalable_target)
        .then_error(|| RegisterScalableTargetError::generic(code("ConcurrentUpdateException")));
    let aws = aws(client!(aws_sdk_applicationautoscaling, [&none(), &busy]));
    let error = ScalableTargetDriver.create(&aws, &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
}

#[tokio::test]
async fn what_is_given_back_loses_our_tags() {
    let off = mock!(Client::untag_resource)
        .match_requests(|request| request.resource_arn() == Some(ARN) && request.tag_keys() == testing::OWNERSHIP)
        .then_output(|| UntagResourceOutput::builder().build());
    let aws = aws(client!(aws_sdk_applicationautoscaling, [&found(3), &tagged(target().tags), &found(3), &off]));
    let answer = ScalableTargetDriver.update(&aws, &testing::give_back(target())).await.unwrap();
    assert_eq!((answer.physical_id.as_str(), off.num_calls()), (RESOURCE, 1));
}

#[tokio::test]
async fn what_is_nobody_s_is_adopted_by_its_tags() {
    let on = mock!(Client::tag_resource)
        .match_requests(|request| request.tags().is_some_and(|tags| tags.len() == 4))
        .then_output(|| TagResourceOutput::builder().build());
    let adopted = testing::unowned(target());
    let aws = aws(client!(aws_sdk_applicationautoscaling, [&found(9), &tagged(Tags::new()), &found(9), &on]));
    ScalableTargetDriver.update(&aws, &update(adopted, &["tags"])).await.unwrap();
    assert_eq!(on.num_calls(), 1);
}

#[tokio::test]
async fn where_no_tags_are_kept_what_hangs_on_nobody_s_service_can_be_adopted() {
    for (tags, adoptable) in [(Tags::new(), true), (testing::somebody_s(), false)] {
        let of_service = mock!(aws_sdk_ecs::Client::describe_services).then_output(move || {
            let service = aws_sdk_ecs::types::Service::builder().set_tags(Some(tag_list(&tags))).build();
            DescribeServicesOutput::builder().services(service).build()
        });
        let aws = Aws {
            ecs: client!(aws_sdk_ecs, [&of_service]),
            ..aws(client!(aws_sdk_applicationautoscaling, [&found(3), &without_tags()]))
        };
        let answer = ScalableTargetDriver.observe(&aws, &[testing::unowned(target())]).await.remove(0);
        assert_eq!(matches!(answer, Observation::Present(_)), adoptable, "{answer:?}");
    }
}
