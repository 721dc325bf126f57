use aws_sdk_applicationautoscaling::Client;
use aws_sdk_applicationautoscaling::operation::delete_scaling_policy::DeleteScalingPolicyError;
use aws_sdk_applicationautoscaling::operation::describe_scaling_policies::DescribeScalingPoliciesOutput;
use aws_sdk_applicationautoscaling::operation::put_scaling_policy::{PutScalingPolicyError, PutScalingPolicyOutput};
use aws_sdk_applicationautoscaling::types::{
    MetricType, PolicyType, PredefinedMetricSpecification, ScalableDimension, ScalingPolicy as Described,
    ServiceNamespace, TargetTrackingScalingPolicyConfiguration,
};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::DateTime;
use mate_core::kinds::ScalingPolicy;
use mate_core::kinds::scaling_policy::{ScalingMetric, ScalingPolicyInputs};
use mate_core::model::Kind;
use mate_core::provider::{Deleted, ErrorClass, Observation, Target};
use serde_json::json;

use super::ScalingPolicyDriver;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::batch::unlike;
use crate::drivers::testing::{self, client, code, create, delete, present, update};

const RESOURCE: &str = "service/mate-dev/mate-acme-dev-django";
const LABEL: &str = "app/lb/50dc6c495c0c9188/targetgroup/tg/73e2d6bc24d8a067";

fn arn(name: &str) -> String {
    format!("arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:ac54:resource/ecs/{RESOURCE}:policyName/{name}")
}

fn target(name: &str, metric: ScalingMetric) -> Target {
    testing::target::<ScalingPolicy>(
        name,
        &ScalingPolicyInputs {
            resource_id: RESOURCE.into(),
            metric,
            target_value: 70.0,
            scale_in_cooldown_seconds: 300,
            scale_out_cooldown_seconds: 60,
        },
    )
}

fn requests() -> ScalingMetric {
    ScalingMetric::RequestsPerTarget {
        load_balancer: "app/lb/50dc6c495c0c9188".into(),
        target_group: "targetgroup/tg/73e2d6bc24d8a067".into(),
    }
}

fn policy(name: &str, metric: MetricType, label: Option<&str>, figure: f64) -> Described {
    let specification = PredefinedMetricSpecification::builder()
        .predefined_metric_type(metric)
        .set_resource_label(label.map(str::to_owned))
        .build()
        .unwrap();
    let tracking = TargetTrackingScalingPolicyConfiguration::builder()
        .target_value(figure)
        .predefined_metric_specification(specification)
        .scale_in_cooldown(300)
        .scale_out_cooldown(60)
        .build()
        .unwrap();
    Described::builder()
        .policy_arn(arn(name))
        .policy_name(name)
        .service_namespace(ServiceNamespace::Ecs)
        .resource_id(RESOURCE)
        .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
        .policy_type(PolicyType::TargetTrackingScaling)
        .target_tracking_scaling_policy_configuration(tracking)
        .creation_time(DateTime::from_secs(0))
        .build()
        .unwrap()
}

fn found(policies: Vec<Described>) -> Rule {
    mock!(Client::describe_scaling_policies).then_output(move || {
        DescribeScalingPoliciesOutput::builder().set_scaling_policies(Some(policies.clone())).build()
    })
}

fn put() -> Rule {
    mock!(Client::put_scaling_policy)
        .then_output(|| PutScalingPolicyOutput::builder().policy_arn(arn("cpu")).build().unwrap())
}

fn aws(applicationautoscaling: Client) -> Aws {
    Aws { applicationautoscaling, ..testing::aws() }
}

#[tokio::test]
async fn the_policies_of_a_service_are_read_in_one_call() {
    let targets = [
        target("cpu", ScalingMetric::Cpu),
        target("memory", ScalingMetric::Memory),
        target("requests", requests()),
        target("absent", ScalingMetric::Cpu),
    ];
    let call = found(vec![
        policy("cpu", MetricType::EcsServiceAverageCpuUtilization, None, 70.0),
        policy("memory", MetricType::EcsServiceAverageMemoryUtilization, None, 70.0),
        policy("requests", MetricType::AlbRequestCountPerTarget, Some(LABEL), 70.0),
        policy("absent-elsewhere", MetricType::EcsServiceAverageCpuUtilization, None, 70.0),
    ]);
    let aws = aws(client!(aws_sdk_applicationautoscaling, [&call]));
    let mut answers = ScalingPolicyDriver.observe(&aws, &targets).await;
    assert!(matches!(answers.pop().unwrap(), Observation::Absent));
    for (target, answer) in targets.iter().zip(answers) {
        let live = present(answer);
        assert!(unlike(&ScalingPolicy::model(), target, &live).is_empty(), "{}", live.inputs);
        assert_eq!(live.outputs["arn"], json!(arn(&target.name)));
    }
    assert_eq!(call.num_calls(), 1);
}

#[tokio::test]
async fn requests_are_counted_by_the_label_of_both_names() {
    let labelled = mock!(Client::put_scaling_policy)
        .match_requests(|request| {
            let tracking = request.target_tracking_scaling_policy_configuration().unwrap();
            tracking.predefined_metric_specification().unwrap().resource_label() == Some(LABEL)
        })
        .then_output(|| PutScalingPolicyOutput::builder().policy_arn(arn("requests")).build().unwrap());
    let aws = aws(client!(aws_sdk_applicationautoscaling, [&found(vec![]), &labelled]));
    let created = ScalingPolicyDriver.create(&aws, &create(target("requests", requests()))).await.unwrap();
    assert_eq!(created.physical_id, arn("requests"));
}

#[tokio::test]
async fn what_is_as_wanted_is_not_written_again() {
    let as_wanted = || found(vec![policy("cpu", MetricType::EcsServiceAverageCpuUtilization, None, 70.0)]);
    let put = put();
    let aws_one = aws(client!(aws_sdk_applicationautoscaling, any, [&as_wanted(), &put]));
    ScalingPolicyDriver.create(&aws_one, &create(target("cpu", ScalingMetric::Cpu))).await.unwrap();
    assert_eq!(put.num_calls(), 0);
    let other = found(vec![policy("cpu", MetricType::EcsServiceAverageCpuUtilization, None, 50.0)]);
    let aws_two = aws(client!(aws_sdk_applicationautoscaling, any, [&other, &put]));
    ScalingPolicyDriver.update(&aws_two, &update(target("cpu", ScalingMetric::Cpu), &["target_value"])).await.unwrap();
    assert_eq!(put.num_calls(), 1);
}

#[tokio::test]
async fn a_metric_that_the_kind_cannot_say_is_a_difference() {
    let target = target("cpu", ScalingMetric::Cpu);
    let other = found(vec![policy("cpu", MetricType::Ec2SpotFleetRequestAverageCpuUtilization, None, 70.0)]);
    let aws = aws(client!(aws_sdk_applicationautoscaling, [&other]));
    let live = present(ScalingPolicyDriver.observe(&aws, std::slice::from_ref(&target)).await.remove(0));
    assert_eq!(unlike(&ScalingPolicy::model(), &target, &live), ["metric"]);
}

#[tokio::test]
async fn the_recorded_one_is_found_when_its_service_is_not_known() {
    let mut target = target("cpu", ScalingMetric::Cpu);
    target.inputs["resource_id"] = json!({"$node": "django-scaling", "$output": "resource_id"});
    let call = found(vec![policy("cpu", MetricType::EcsServiceAverageCpuUtilization, None, 70.0)]);
    let aws = aws(client!(aws_sdk_applicationautoscaling, [&call]));
    assert!(matches!(
        ScalingPolicyDriver.observe(&aws, std::slice::from_ref(&target)).await.remove(0),
        Observation::Absent
    ));
    assert_eq!(call.num_calls(), 0);
    target.physical_id = Some(arn("cpu"));
    present(ScalingPolicyDriver.observe(&aws, std::slice::from_ref(&target)).await.remove(0));
}

#[tokio::test]
async fn one_that_went_with_its_target_is_gone() {
    let missing = mock!(Client::delete_scaling_policy)
        .then_error(|| DeleteScalingPolicyError::generic(code("ObjectNotFoundException")));
    let call = found(vec![policy("cpu", MetricType::EcsServiceAverageCpuUtilization, None, 70.0)]);
    let aws = aws(client!(aws_sdk_applicationautoscaling, [&call, &missing]));
    assert_eq!(
        ScalingPolicyDriver.delete(&aws, &delete(target("cpu", ScalingMetric::Cpu))).await.unwrap(),
        Deleted::Gone
    );
}

#[tokio::test]
async fn a_lost_answer_is_ambiguous_and_a_limit_a_quota() {
    let lost = mock!(Client::put_scaling_policy).sequence().http_status(503, None).build();
    let aws_one = aws(client!(aws_sdk_applicationautoscaling, [&found(vec![]), &lost]));
    let error = ScalingPolicyDriver.create(&aws_one, &create(target("cpu", ScalingMetric::Cpu))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Ambiguous);
    let limit =
        mock!(Client::put_scaling_policy).then_error(|| PutScalingPolicyError::generic(code("LimitExceededException")));
    let aws_two = aws(client!(aws_sdk_applicationautoscaling, [&found(vec![]), &limit]));
    let error = ScalingPolicyDriver.create(&aws_two, &create(target("cpu", ScalingMetric::Cpu))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Quota);
}

#[tokio::test]
async fn the_recorded_one_is_found_and_written_under_its_own_name() {
    let grown = policy("grown", MetricType::EcsServiceAverageCpuUtilization, None, 50.0);
    let recorded = Target { physical_id: Some(arn("grown")), ..target("cpu", ScalingMetric::Cpu) };
    let read = || {
        let grown = grown.clone();
        mock!(Client::describe_scaling_policies)
            .match_requests(|request| request.policy_names() == ["grown"])
            .then_output(move || DescribeScalingPoliciesOutput::builder().scaling_policies(grown.clone()).build())
    };
    let named = mock!(Client::put_scaling_policy)
        .match_requests(|request| request.policy_name() == Some("grown"))
        .then_output(|| PutScalingPolicyOutput::builder().policy_arn(arn("grown")).build().unwrap());
    let aws = aws(client!(aws_sdk_applicationautoscaling, [&read(), &read(), &named]));
    // A policy carries no tags: to adopt it, nothing is written.
    ScalingPolicyDriver.update(&aws, &update(recorded.clone(), &["tags"])).await.unwrap();
    ScalingPolicyDriver.update(&aws, &update(recorded, &["target_value"])).await.unwrap();
    assert_eq!(named.num_calls(), 1);
}
