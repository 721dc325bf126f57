use aws_sdk_ecs::Client;
use aws_sdk_ecs::operation::create_service::{CreateServiceError, CreateServiceInput, CreateServiceOutput};
use aws_sdk_ecs::operation::delete_service::{DeleteServiceError, DeleteServiceOutput};
use aws_sdk_ecs::operation::describe_services::{DescribeServicesError, DescribeServicesOutput};
use aws_sdk_ecs::operation::tag_resource::TagResourceOutput;
use aws_sdk_ecs::operation::untag_resource::UntagResourceOutput;
use aws_sdk_ecs::operation::update_service::{UpdateServiceError, UpdateServiceInput, UpdateServiceOutput};
use aws_sdk_ecs::types::{
    CapacityProviderStrategyItem, Deployment, DeploymentRolloutState, LaunchType, Service as Described, ServiceEvent,
};
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::Service;
use mate_core::kinds::service::{CapacityProvider, CountRange, DeploymentStrategy, ServiceInputs, ServiceLoadBalancer};
use mate_core::model::Kind;
use mate_core::model::Tags;
use mate_core::provider::{Deleted, ErrorClass, Observation, Status, Target};
use serde_json::json;

use super::{ServiceDriver, form};
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::batch::unlike;
use crate::drivers::ecs::tag_list;
use crate::drivers::testing::{self, client, code, create, delete, present, update};

const NAME: &str = "mate-acme-dev-django";
pub(super) const TASK: &str = "arn:aws:ecs:us-east-1:123456789012:task-definition/mate-acme-dev-django:2";
pub(super) const FORMER: &str = "arn:aws:ecs:us-east-1:123456789012:task-definition/mate-acme-dev-django:1";
const GROUP: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/tg/73e2d6bc24d8a067";

fn arn(name: &str) -> String {
    format!("arn:aws:ecs:us-east-1:123456789012:service/mate-dev/{name}")
}

fn inputs() -> ServiceInputs {
    ServiceInputs {
        cluster: "mate-dev".into(),
        task_definition: TASK.into(),
        desired_count: 2,
        autoscaling: None,
        capacity_providers: Vec::new(),
        subnet_ids: vec!["subnet-a".into(), "subnet-b".into()],
        security_group_ids: vec!["sg-1".into()],
        load_balancers: vec![ServiceLoadBalancer {
            alternate: None,
            target_group_arn: GROUP.into(),
            container_name: "django".into(),
            container_port: 8000,
        }],
        health_check_grace_seconds: Some(60),
        minimum_healthy_percent: 100,
        maximum_percent: 200,
        circuit_breaker: true,
        deployment_strategy: DeploymentStrategy::Rolling,
        enable_execute_command: false,
        after: Vec::new(),
        restart_on: Vec::new(),
    }
}

pub(super) fn target() -> Target {
    testing::target::<Service>(NAME, &inputs())
}

fn deployment(task: &str, state: DeploymentRolloutState, running: i32) -> Deployment {
    Deployment::builder()
        .status("PRIMARY")
        .task_definition(task)
        .rollout_state(state)
        .rollout_state_reason("tasks failed to start")
        .running_count(running)
        .build()
}

/// The service as AWS tells it when it does what the target wants.
pub(super) fn steady(target: &Target) -> Described {
    let inputs = target.typed::<Service>().unwrap();
    Described::builder()
        .service_name(&target.name)
        .service_arn(arn(&target.name))
        .cluster_arn("arn:aws:ecs:us-east-1:123456789012:cluster/mate-dev")
        .status("ACTIVE")
        .task_definition(TASK)
        .desired_count(2)
        .running_count(2)
        .launch_type(LaunchType::Fargate)
        .network_configuration(form::network(target, &inputs).unwrap())
        .set_load_balancers(Some(form::load_balancers(target, &inputs).unwrap()))
        .deployment_configuration(form::deployment(&inputs))
        .set_health_check_grace_period_seconds(form::grace(&inputs))
        .enable_execute_command(inputs.enable_execute_command)
        .deployments(deployment(TASK, DeploymentRolloutState::Completed, 2))
        .set_tags(Some(tag_list(&target.tags)))
        .build()
}

pub(super) fn described(services: Vec<Described>) -> Rule {
    mock!(Client::describe_services).then_compute_output(move |request| {
        assert!(request.services().len() <= 10, "AWS takes 10 services a call");
        let found = services
            .iter()
            .filter(|one| request.services().iter().any(|name| one.service_name() == Some(name)))
            .cloned()
            .collect();
        DescribeServicesOutput::builder().set_services(Some(found)).build()
    })
}

fn updated(check: fn(&UpdateServiceInput) -> bool) -> Rule {
    mock!(Client::update_service)
        .match_requests(check)
        .then_output(|| UpdateServiceOutput::builder().service(steady(&target())).build())
}

pub(super) fn aws(ecs: Client) -> Aws {
    Aws { ecs, ..testing::aws() }
}

#[tokio::test]
async fn what_is_steady_reads_as_it_was_wanted() {
    let target = target();
    let aws = aws(client!(aws_sdk_ecs, [&described(vec![steady(&target)])]));
    let live = present(ServiceDriver.observe(&aws, std::slice::from_ref(&target)).await.remove(0));
    assert_eq!(live.status, Status::Ready);
    assert!(unlike(&Service::model(), &target, &live).is_empty(), "{}", live.inputs);
    assert_eq!(live.outputs["resource_id"], json!("service/mate-dev/mate-acme-dev-django"));
    assert_eq!(live.outputs["service_name"], json!(NAME));
}

#[tokio::test]
async fn twenty_five_are_read_in_three_calls() {
    let targets: Vec<Target> =
        (0..25).map(|number| testing::target::<Service>(&format!("mate-acme-dev-{number:02}"), &inputs())).collect();
    let calls = described(targets.iter().filter(|one| !one.name.ends_with("07")).map(steady).collect());
    let aws = aws(client!(aws_sdk_ecs, any, [&calls]));
    let answers = ServiceDriver.observe(&aws, &targets).await;
    let absent: Vec<usize> = (0..25).filter(|index| matches!(answers[*index], Observation::Absent)).collect();
    assert_eq!((absent, calls.num_calls()), (vec![7], 3));
}

#[test]
fn the_status_is_told_from_counts_and_deployments() {
    let target = target();
    let status = |change: fn(&mut Described)| {
        let mut service = steady(&target);
        change(&mut service);
        form::status(&target, &service)
    };
    assert_eq!(status(|one| one.running_count = 1), Status::Pending("1 of 2 tasks running".into()));
    assert_eq!(status(|one| one.running_count = 3), Status::Ready);
    assert_eq!(status(|one| one.deployments = None), Status::Ready);
    assert_eq!(status(|one| one.status = Some("DRAINING".into())), Status::Deleting);
    assert_eq!(
        status(|one| one.deployments = Some(vec![deployment(TASK, DeploymentRolloutState::InProgress, 0)])),
        Status::Pending("0 of 2 tasks running".into())
    );
    assert_eq!(
        status(|one| one.deployments = Some(vec![deployment(TASK, DeploymentRolloutState::InProgress, 2)])),
        Status::Pending("the deployment is in progress".into())
    );
    assert_eq!(
        status(|one| one.deployments = Some(vec![deployment(TASK, DeploymentRolloutState::Failed, 0)])),
        Status::Failed("tasks failed to start".into())
    );
}

#[test]
fn a_deployment_that_was_rolled_back_has_failed() {
    let target = target();
    let mut failed = deployment(TASK, DeploymentRolloutState::Failed, 0);
    failed.status = Some("INACTIVE".into());
    let mut service = steady(&target);
    service.deployments = Some(vec![deployment(FORMER, DeploymentRolloutState::Completed, 2), failed.clone()]);
    assert_eq!(form::status(&target, &service), Status::Failed("tasks failed to start".into()));
    service.deployments = Some(vec![deployment(TASK, DeploymentRolloutState::Completed, 2), failed]);
    assert_eq!(form::status(&target, &service), Status::Ready, "a later try went well");
}

#[test]
fn a_rollback_that_is_over_by_the_time_of_a_look_is_known_by_the_events() {
    let target = target();
    let mut back = deployment(FORMER, DeploymentRolloutState::Completed, 2);
    back.id = Some("ecs-svc/1675294001379389663".into());
    let mut service = steady(&target);
    service.task_definition = Some(FORMER.into());
    service.deployments = Some(vec![back]);
    let status = |service: &mut Described, messages: &[&str]| {
        let event = |message: &&str| ServiceEvent::builder().message(*message).build();
        service.events = Some(messages.iter().map(event).collect());
        form::status(&target, service)
    };
    let rolled_back = [
        "(service web) has reached a steady state.",
        "(service web) (deployment ecs-svc/1675294001379389663) deployment completed.",
        "(service web) rolling back to deployment ecs-svc/1675294001379389663.",
        "(service web) (deployment ecs-svc/1571272475813219068) deployment failed: tasks failed to start.",
    ];
    let failed = Status::Failed("the deployment failed, and ECS rolled it back".into());
    assert_eq!(status(&mut service, &rolled_back), failed);
    assert_eq!(status(&mut service, &rolled_back[..2]), Status::Ready, "somebody chose the former definition");
    let another = ["(service web) rolling back to deployment ecs-svc/16752940013793896631."];
    assert_eq!(status(&mut service, &another), Status::Ready);
    service.deployments = Some(vec![deployment(TASK, DeploymentRolloutState::Completed, 2)]);
    assert_eq!(status(&mut service, &rolled_back), Status::Ready, "a later try went well");

    // Tasks that were started anew, for a secret that was rotated, and did not come up.
    let mut back = deployment(TASK, DeploymentRolloutState::InProgress, 2);
    back.id = Some("ecs-svc/1675294001379389663".into());
    let mut anew = deployment(TASK, DeploymentRolloutState::Failed, 0);
    anew.status = Some("ACTIVE".into());
    service.deployments = Some(vec![back, anew]);
    assert_eq!(status(&mut service, &rolled_back), Status::Failed("tasks failed to start".into()));
}

#[tokio::test]
async fn what_an_answer_leaves_out_is_not_guessed() {
    let mut target = target();
    target.inputs["enable_execute_command"] = json!(true);
    let mut service = steady(&target);
    service.deployment_configuration = None;
    service.enable_execute_command = false;
    service.health_check_grace_period_seconds = None;
    service.launch_type = Some(LaunchType::Ec2);
    let live = form::live(&target, &service);
    for field in [
        "capacity_providers",
        "circuit_breaker",
        "enable_execute_command",
        "health_check_grace_seconds",
        "maximum_percent",
        "minimum_healthy_percent",
    ] {
        assert!(live.inputs.get(field).is_none(), "{field}: {}", live.inputs);
    }
}

#[test]
fn any_count_between_the_bounds_is_the_desired_one() {
    let scaled = ServiceInputs { autoscaling: Some(CountRange { min: 1, max: 5 }), ..inputs() };
    let target = testing::target::<Service>(NAME, &scaled);
    let mut service = steady(&target);
    for (count, told) in [(1, 2), (5, 2), (0, 0), (6, 6)] {
        service.desired_count = count;
        assert_eq!(form::live(&target, &service).inputs["desired_count"], json!(told), "{count}");
    }
}

#[test]
fn fargate_alone_is_no_provider_at_all() {
    let target = target();
    let mut service = steady(&target);
    service.launch_type = None;
    service.capacity_provider_strategy = Some(form::strategy(&target, &[form::fargate_alone()]).unwrap());
    assert_eq!(form::live(&target, &service).inputs["capacity_providers"], json!([]));
    let spot = CapacityProviderStrategyItem::builder().capacity_provider("FARGATE_SPOT").weight(3).build().unwrap();
    service.capacity_provider_strategy.as_mut().unwrap().push(spot);
    assert_eq!(
        form::live(&target, &service).inputs["capacity_providers"],
        json!([{"name": "FARGATE", "weight": 1, "base": 0}, {"name": "FARGATE_SPOT", "weight": 3, "base": 0}])
    );
}

#[tokio::test]
async fn a_creation_names_strategy_or_launch_type_and_not_both() {
    let answer = || CreateServiceOutput::builder().service(steady(&target())).build();
    let plain: fn(&CreateServiceInput) -> bool = |request| {
        request.launch_type() == Some(&LaunchType::Fargate)
            && request.capacity_provider_strategy().is_empty()
            && request.client_token().is_some_and(|token| token.len() <= 36)
            && request.health_check_grace_period_seconds() == Some(60)
            && request.deployment_configuration().unwrap().deployment_circuit_breaker().unwrap().rollback()
    };
    let made = mock!(Client::create_service).match_requests(plain).then_output(answer);
    let aws_one = aws(client!(aws_sdk_ecs, [&described(vec![]), &made]));
    ServiceDriver.create(&aws_one, &create(target())).await.unwrap();

    let spot = ServiceInputs {
        capacity_providers: vec![CapacityProvider { name: "FARGATE_SPOT".into(), weight: 1, base: 0 }],
        load_balancers: Vec::new(),
        ..inputs()
    };
    let shared: fn(&CreateServiceInput) -> bool = |request| {
        request.launch_type().is_none()
            && request.capacity_provider_strategy().len() == 1
            && request.health_check_grace_period_seconds().is_none()
    };
    let made = mock!(Client::create_service).match_requests(shared).then_output(answer);
    let aws_two = aws(client!(aws_sdk_ecs, [&described(vec![]), &made]));
    ServiceDriver.create(&aws_two, &create(testing::target::<Service>(NAME, &spot))).await.unwrap();
}

#[tokio::test]
async fn a_name_that_still_drains_is_waited_for() {
    let mut draining = steady(&target());
    draining.status = Some("DRAINING".into());
    let aws = aws(client!(aws_sdk_ecs, any, [&described(vec![draining])]));
    let error = ServiceDriver.create(&aws, &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
    assert_eq!(ServiceDriver.delete(&aws, &delete(target())).await.unwrap(), Deleted::Going);
}

#[tokio::test]
async fn a_name_taken_meanwhile_is_read_and_judged() {
    let taken =
        || mock!(Client::create_service).then_error(|| CreateServiceError::generic(code("InvalidParameterException")));
    let mut foreign = steady(&target());
    foreign.tags = None;
    let refused = aws(client!(aws_sdk_ecs, [&described(vec![]), &taken(), &described(vec![foreign])]));
    let error = ServiceDriver.create(&refused, &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    let ours = aws(client!(aws_sdk_ecs, [&described(vec![]), &taken(), &described(vec![steady(&target())])]));
    assert_eq!(ServiceDriver.create(&ours, &create(target())).await.unwrap().physical_id, arn(NAME));
    let wrong = aws(client!(aws_sdk_ecs, [&described(vec![]), &taken(), &described(vec![])]));
    let error = ServiceDriver.create(&wrong, &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
}

#[tokio::test]
async fn a_failure_half_way_says_what_exists() {
    let mut former = steady(&target());
    former.task_definition = Some(FORMER.into());
    let failing = mock!(Client::update_service).then_error(|| UpdateServiceError::generic(code("ThrottlingException")));
    let aws = aws(client!(aws_sdk_ecs, [&described(vec![former]), &failing]));
    let error = ServiceDriver.create(&aws, &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Throttled);
    assert_eq!(testing::made(error).physical_id, arn(NAME));
}

#[tokio::test]
async fn an_update_leaves_the_count_to_autoscaling() {
    let scaled = ServiceInputs { autoscaling: Some(CountRange { min: 1, max: 5 }), ..inputs() };
    let target = testing::target::<Service>(NAME, &scaled);
    let mut live = steady(&target);
    live.desired_count = 4;
    live.task_definition = Some(FORMER.into());
    let call = updated(|request| {
        request.desired_count().is_none()
            && request.task_definition() == Some(TASK)
            && request.force_new_deployment().is_none()
            && request.network_configuration().is_none()
    });
    let aws = aws(client!(aws_sdk_ecs, [&described(vec![live]), &call]));
    ServiceDriver.update(&aws, &update(target, &["task_definition", "desired_count", "autoscaling"])).await.unwrap();
    assert_eq!(call.num_calls(), 1);
}

#[tokio::test]
async fn a_restart_is_a_forced_deployment_and_nothing_else() {
    let wanted = ServiceInputs { restart_on: vec!["restart 1".into()], ..inputs() };
    let target = testing::target::<Service>(NAME, &wanted);
    let call = updated(|request| {
        request.force_new_deployment() == Some(true)
            && request.task_definition().is_none()
            && request.desired_count().is_none()
    });
    let aws = aws(client!(aws_sdk_ecs, [&described(vec![steady(&target)]), &call]));
    ServiceDriver.update(&aws, &update(target, &["restart_on"])).await.unwrap();
    assert_eq!(call.num_calls(), 1);
}

#[test]
fn a_service_without_tasks_is_ready_once_the_last_one_has_stopped() {
    let none = ServiceInputs { desired_count: 0, ..inputs() };
    let target = testing::target::<Service>(NAME, &none);
    let mut service = steady(&target);
    service.desired_count = 0;
    assert_eq!(form::status(&target, &service), Status::Pending("2 tasks are stopping".into()));
    service.running_count = 0;
    assert_eq!(form::status(&target, &service), Status::Ready);
}

#[tokio::test]
async fn other_capacity_forces_one_deployment() {
    let spot = ServiceInputs {
        capacity_providers: vec![CapacityProvider { name: "FARGATE_SPOT".into(), weight: 1, base: 0 }],
        ..inputs()
    };
    let target = testing::target::<Service>(NAME, &spot);
    let mut moved = steady(&target);
    moved.capacity_provider_strategy = Some(form::strategy(&target, &spot.capacity_providers).unwrap());
    let call = updated(|request| request.force_new_deployment() == Some(true));
    let aws = aws(client!(aws_sdk_ecs, [&described(vec![steady(&target)]), &call, &described(vec![moved])]));
    let request = update(target, &["capacity_providers"]);
    ServiceDriver.update(&aws, &request).await.unwrap();
    ServiceDriver.update(&aws, &request).await.unwrap();
    assert_eq!(call.num_calls(), 1, "a repeated update finds it done");
}

#[tokio::test]
async fn a_deletion_stops_the_tasks_first() {
    let stopped = updated(|request| request.desired_count() == Some(0));
    let deleted = mock!(Client::delete_service)
        .match_requests(|request| request.force() == Some(true) && request.cluster() == Some("mate-dev"))
        .then_output(|| {
            let service = Described::builder().status("DRAINING").build();
            DeleteServiceOutput::builder().service(service).build()
        });
    let aws_one = aws(client!(aws_sdk_ecs, [&described(vec![steady(&target())]), &stopped, &deleted]));
    assert_eq!(ServiceDriver.delete(&aws_one, &delete(target())).await.unwrap(), Deleted::Going);

    let missing =
        mock!(Client::delete_service).then_error(|| DeleteServiceError::generic(code("ServiceNotFoundException")));
    let stopped = updated(|_| true);
    let aws_two = aws(client!(aws_sdk_ecs, [&described(vec![steady(&target())]), &stopped, &missing]));
    assert_eq!(ServiceDriver.delete(&aws_two, &delete(target())).await.unwrap(), Deleted::Gone);
}

#[tokio::test]
async fn it_goes_with_its_cluster_and_an_inactive_one_is_absent() {
    let none = mock!(Client::describe_services)
        .then_error(|| DescribeServicesError::generic(code("ClusterNotFoundException")));
    let aws_one = aws(client!(aws_sdk_ecs, any, [&none]));
    assert!(matches!(ServiceDriver.observe(&aws_one, &[target()]).await.remove(0), Observation::Absent));
    let mut inactive = steady(&target());
    inactive.status = Some("INACTIVE".into());
    let aws_two = aws(client!(aws_sdk_ecs, any, [&described(vec![inactive])]));
    assert!(matches!(ServiceDriver.observe(&aws_two, &[target()]).await.remove(0), Observation::Absent));
    assert_eq!(ServiceDriver.delete(&aws_two, &delete(target())).await.unwrap(), Deleted::Gone);
}

#[tokio::test]
async fn what_is_not_ours_is_not_deleted() {
    let mut foreign = steady(&target());
    foreign.tags = Some(tag_list(&Tags::from([("Owner".to_owned(), "someone".to_owned())])));
    let aws = aws(client!(aws_sdk_ecs, [&described(vec![foreign])]));
    let error = ServiceDriver.delete(&aws, &delete(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn what_is_given_back_loses_our_tags() {
    let off = mock!(Client::untag_resource)
        .match_requests(|request| {
            request.resource_arn() == Some(&arn(NAME)) && request.tag_keys() == testing::OWNERSHIP
        })
        .then_output(|| UntagResourceOutput::builder().build());
    let aws = aws(client!(aws_sdk_ecs, [&described(vec![steady(&target())]), &off]));
    let answer = ServiceDriver.update(&aws, &testing::give_back(target())).await.unwrap();
    assert_eq!((answer.physical_id, off.num_calls()), (arn(NAME), 1));
}

#[tokio::test]
async fn what_is_nobody_s_is_found_by_its_arn_and_adopted_by_its_tags() {
    let recorded = Target { physical_id: Some(arn("grown")), ..testing::unowned(target()) };
    let mut grown = steady(&Target { name: "grown".into(), ..target() });
    grown.tags = None;
    let on = mock!(Client::tag_resource)
        .match_requests(|request| request.resource_arn() == Some(&arn("grown")) && request.tags().len() == 4)
        .then_output(|| TagResourceOutput::builder().build());
    let adopting = aws(client!(aws_sdk_ecs, [&described(vec![grown.clone()]), &on]));
    ServiceDriver.update(&adopting, &update(recorded.clone(), &["tags"])).await.unwrap();
    assert_eq!(on.num_calls(), 1);

    // From then on it is ours under its own name.
    grown.tags = Some(tag_list(&target().tags));
    let mut wanted = Target { claim: Default::default(), ..recorded };
    wanted.inputs["desired_count"] = json!(3);
    let named = updated(|request| request.service() == Some("grown") && request.desired_count() == Some(3));
    let ours = aws(client!(aws_sdk_ecs, [&described(vec![grown]), &named]));
    ServiceDriver.update(&ours, &update(wanted, &["desired_count"])).await.unwrap();
    assert_eq!(named.num_calls(), 1);
}
