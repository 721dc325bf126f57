//! Each cause that a service can have: its words, its advice, and whether it ends the wait.

use aws_sdk_ecs::Client;
use aws_sdk_ecs::operation::describe_tasks::DescribeTasksOutput;
use aws_sdk_ecs::operation::list_tasks::{ListTasksError, ListTasksOutput};
use aws_sdk_ecs::types::{
    Container, Deployment, DeploymentRolloutState, Service as Described, ServiceEvent, Task, TaskStopCode,
};
use aws_sdk_elasticloadbalancingv2::Client as Balancers;
use aws_sdk_elasticloadbalancingv2::operation::describe_target_health::{
    DescribeTargetHealthError, DescribeTargetHealthOutput,
};
use aws_sdk_elasticloadbalancingv2::types::{
    TargetDescription, TargetHealth, TargetHealthDescription, TargetHealthReasonEnum as Reason,
    TargetHealthStateEnum as State,
};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::DateTime;
use mate_core::provider::Diagnosis;

use super::super::ServiceDriver;
use super::super::tests::{FORMER, TASK, aws, described, steady, target};
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::testing::{client, code};

const DEPLOYMENT: &str = "ecs-svc/1";
const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:mate/acme/dev/django-AbCdEf";

fn deployment() -> aws_sdk_ecs::types::builders::DeploymentBuilder {
    Deployment::builder()
        .id(DEPLOYMENT)
        .status("PRIMARY")
        .task_definition(TASK)
        .rollout_state(DeploymentRolloutState::InProgress)
        .created_at(DateTime::from_secs(1_000))
}

fn service(deployment: Deployment) -> Described {
    let mut service = steady(&target());
    service.deployments = Some(vec![deployment]);
    service
}

fn task() -> aws_sdk_ecs::types::builders::TaskBuilder {
    Task::builder().started_by(DEPLOYMENT).task_definition_arn(TASK)
}

fn event(message: &str, at: i64) -> ServiceEvent {
    ServiceEvent::builder().message(message).created_at(DateTime::from_secs(at)).build()
}

fn listed(stopped: Vec<Task>) -> [Rule; 2] {
    let arns: Vec<String> = (0..stopped.len()).map(|number| format!("arn:{number}")).collect();
    [
        mock!(Client::list_tasks)
            .then_output(move || ListTasksOutput::builder().set_task_arns(Some(arns.clone())).build()),
        mock!(Client::describe_tasks)
            .then_output(move || DescribeTasksOutput::builder().set_tasks(Some(stopped.clone())).build()),
    ]
}

fn targets(found: &[(&str, State, Option<Reason>)]) -> Rule {
    let one = |(id, state, reason): &(&str, State, Option<Reason>)| {
        TargetHealthDescription::builder()
            .target(TargetDescription::builder().id(*id).build())
            .target_health(TargetHealth::builder().state(state.clone()).set_reason(reason.clone()).build())
            .build()
    };
    let found: Vec<_> = found.iter().map(one).collect();
    mock!(Balancers::describe_target_health).then_output(move || {
        DescribeTargetHealthOutput::builder().set_target_health_descriptions(Some(found.clone())).build()
    })
}

async fn ask(service: Described, stopped: Vec<Task>, health: Rule) -> Vec<Diagnosis> {
    let [list, tasks] = listed(stopped);
    let aws = Aws {
        elbv2: client!(aws_sdk_elasticloadbalancingv2, any, [health]),
        ..aws(client!(aws_sdk_ecs, any, [described(vec![service]), list, tasks]))
    };
    ServiceDriver.diagnose(&aws, &target()).await.unwrap()
}

/// The findings for a deployment in progress with these stopped tasks, and nothing else the matter.
async fn of_tasks(stopped: Vec<Task>) -> Vec<Diagnosis> {
    ask(service(deployment().build()), stopped, targets(&[])).await
}

fn words(found: &[Diagnosis]) -> Vec<&str> {
    found.iter().map(|one| one.finding.as_str()).collect()
}

fn advice(found: &Diagnosis) -> &str {
    found.advice.as_deref().unwrap_or_else(|| panic!("no advice: {found:?}"))
}

#[tokio::test]
async fn the_cause_comes_first_then_the_targets_and_the_events() {
    let mut service = steady(&target());
    service.events = Some(vec![
        event("unable to place a task", 3),
        event("unable to place a task", 2),
        event("has started 1 tasks", 1),
    ]);
    let killed = Container::builder().name("django").exit_code(137).build();
    let fine = Container::builder().name("xray").exit_code(0).build();
    let secret = "ResourceInitializationError: unable to pull secrets or registry auth";
    let stopped = vec![
        Task::builder().containers(killed.clone()).containers(fine).build(),
        Task::builder().containers(killed).build(),
        Task::builder().stopped_reason(secret).build(),
    ];
    let health = mock!(Balancers::describe_target_health).then_output(|| {
        let health = TargetHealth::builder()
            .state(State::Unhealthy)
            .reason(Reason::ResponseCodeMismatch)
            .description("Health checks failed with these codes: [500]")
            .build();
        let one = TargetHealthDescription::builder()
            .target(TargetDescription::builder().id("10.0.1.7").build())
            .target_health(health)
            .build();
        DescribeTargetHealthOutput::builder().target_health_descriptions(one).build()
    });
    let found = ask(service, stopped, health).await;
    assert_eq!(
        words(&found),
        [
            "container django: exit code 137, out of memory",
            "ResourceInitializationError: unable to pull secrets or registry auth",
            "target 10.0.1.7: Target.ResponseCodeMismatch: Health checks failed with these codes: [500]",
            "unable to place a task",
        ]
    );
    assert!(advice(&found[1]).contains("execution role"));
    found.iter().for_each(|one| assert!(!advice(one).is_empty()));
}

#[tokio::test]
async fn out_of_memory_ends_the_wait_once_three_tasks_were_killed() {
    let killed = |at: i64| {
        let container = Container::builder()
            .name("django")
            .exit_code(137)
            .reason("OutOfMemoryError: Container killed due to memory usage");
        let stopped = "Essential container in task exited";
        task()
            .containers(container.build())
            .stop_code(TaskStopCode::EssentialContainerExited)
            .stopped_reason(stopped)
            .stopped_at(DateTime::from_secs(at))
            .build()
    };
    let found = of_tasks(vec![killed(1), killed(2)]).await;
    assert_eq!(words(&found), ["container django: exit code 137, out of memory"]);
    assert!(!found[0].terminal && advice(&found[0]).contains("memory"), "{found:?}");
    assert!(of_tasks(vec![killed(1), killed(2), killed(3)]).await[0].terminal);
}

#[tokio::test]
async fn a_task_that_is_told_to_stop_does_not_fail_by_its_exit_codes() {
    let stopped = |code: TaskStopCode, reason: &str| {
        let killed = Container::builder().name("django").exit_code(137).build();
        task().containers(killed).stop_code(code).stopped_reason(reason).build()
    };
    let routine =
        stopped(TaskStopCode::ServiceSchedulerInitiated, "Scaling activity initiated by (deployment ecs-svc/1)");
    let person = stopped(TaskStopCode::UserInitiated, "Task stopped by a person");
    assert_eq!(of_tasks(vec![routine.clone(), person, routine]).await, []);
    let spot = stopped(TaskStopCode::SpotInterruption, "Your Spot Task was interrupted.");
    let found = of_tasks(vec![spot.clone(), spot.clone(), spot]).await;
    assert_eq!(words(&found), ["Your Spot Task was interrupted."]);
    assert!(!found[0].terminal && advice(&found[0]).contains("FARGATE_SPOT"));
    let unhealthy = "Task failed ELB health checks in (target-group tg)";
    let unhealthy = stopped(TaskStopCode::ServiceSchedulerInitiated, unhealthy);
    let found = of_tasks(vec![unhealthy.clone(), unhealthy.clone(), unhealthy]).await;
    assert_eq!(words(&found), ["Task failed ELB health checks in (target-group tg)"]);
    assert!(found[0].terminal && advice(&found[0]).contains("grace"));
}

#[tokio::test]
async fn what_is_killed_because_another_container_failed_is_not_the_cause() {
    let side = Container::builder().name("xray").exit_code(137).build();
    let main = Container::builder().name("django").exit_code(1).build();
    let task = task()
        .containers(side)
        .containers(main)
        .started_at(DateTime::from_secs(2_000))
        .execution_stopped_at(DateTime::from_secs(2_003))
        .build();
    let found = of_tasks(vec![task]).await;
    assert_eq!(words(&found), ["container django: exit code 1, 3 s after its start"]);
    assert!(advice(&found[0]).contains("environment variable") && advice(&found[0]).contains("log"));
}

#[tokio::test]
async fn a_command_that_is_not_found_is_told_by_its_exit_code() {
    let lost = |code: i32| task().containers(Container::builder().name("django").exit_code(code).build()).build();
    let found = of_tasks(vec![lost(127), lost(126)]).await;
    assert_eq!(
        words(&found),
        [
            "container django: exit code 127: the command was not found",
            "container django: exit code 126: the command cannot be run"
        ]
    );
    assert!(advice(&found[0]).contains("command"));
}

/// A task that did not start, for this reason, told of the container and of the task.
fn unstarted(reason: &str) -> Task {
    let container = Container::builder().name("django").reason(reason).build();
    task().containers(container).stop_code(TaskStopCode::TaskFailedToStart).stopped_reason(reason).build()
}

#[tokio::test]
async fn an_image_that_cannot_be_pulled_ends_the_wait_once_it_repeats() {
    let reason = |request: u32| {
        format!(
            "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref \
             registry/django:v2: not found, request {request}"
        )
    };
    let found = of_tasks(vec![unstarted(&reason(1))]).await;
    assert_eq!(words(&found), [format!("container django: {}", reason(1))]);
    assert!(!found[0].terminal && advice(&found[0]).contains("image and tag"), "{found:?}");
    let found = of_tasks(vec![unstarted(&reason(1)), unstarted(&reason(2))]).await;
    assert!(found.len() == 1 && found[0].terminal, "{found:?}");
    let limited = "CannotPullContainerError: toomanyrequests: You have reached your pull rate limit";
    let found = of_tasks(vec![unstarted(limited), unstarted(limited), unstarted(limited)]).await;
    assert!(!found[0].terminal && advice(&found[0]).contains("ECR"), "{found:?}");
}

#[tokio::test]
async fn a_missing_secret_is_named() {
    let start =
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed:";
    let asm =
        format!("{start} unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch");
    for (reason, terminal, parts) in [
        (
            format!(
                "{asm} secret {SECRET} from secrets manager: ResourceNotFoundException: Secrets Manager can't find it"
            ),
            true,
            [SECRET, "does not exist"],
        ),
        (
            format!(
                "{asm} secret {SECRET} from secrets manager: ResourceNotFoundException: Secrets Manager can't find the \
                 specified secret value for staging label: AWSCURRENT"
            ),
            true,
            [SECRET, "no value yet"],
        ),
        (
            format!(
                "{asm} secret {SECRET} from secrets manager: AccessDeniedException: User: arn:aws:sts::123456789012:\
                 assumed-role/role/task is not authorized to perform: secretsmanager:GetSecretValue on resource: {SECRET}"
            ),
            false,
            [SECRET, "execution role"],
        ),
        (
            format!("{start} retrieved secret from Secrets Manager did not contain json key SENTRY_DSN"),
            true,
            ["no such key", "service names"],
        ),
        (
            format!("{start} unable to retrieve secrets from ssm: invalid ssm parameters: /mate/acme/dev/key"),
            true,
            ["the parameter /mate/acme/dev/key", "does not exist"],
        ),
    ] {
        let found = of_tasks(vec![unstarted(&reason), unstarted(&reason)]).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].terminal, terminal, "{found:?}");
        parts.iter().for_each(|part| assert!(advice(&found[0]).contains(part), "`{part}` in {found:?}"));
    }
}

#[tokio::test]
async fn a_missing_mount_target_and_log_group_are_told() {
    let start = "ResourceInitializationError: failed to";
    for (reason, part) in [
        (
            format!(
                "{start} invoke EFS utils commands to set up EFS volumes: stderr: Failed to resolve \
                 \"fs-1.efs.us-east-1.amazonaws.com\" - ensure that the VPC has an EFS mount target for this file system ID."
            ),
            "mount target",
        ),
        (format!("{start} invoke EFS utils commands: stderr: mount.nfs4: Connection timed out"), "2049"),
        (format!("{start} validate logger args: The specified log group does not exist."), "log group"),
    ] {
        let found = of_tasks(vec![unstarted(&reason), unstarted(&reason)]).await;
        assert!(found.len() == 1 && found[0].terminal && advice(&found[0]).contains(part), "{found:?}");
    }
    let busy = "ResourceInitializationError: Timeout waiting for network interface provisioning to complete.";
    assert!(!of_tasks(vec![unstarted(busy), unstarted(busy), unstarted(busy)]).await[0].terminal);
}

#[tokio::test]
async fn the_tasks_of_another_deployment_do_not_count() {
    let reason = "CannotPullContainerError: not found";
    let former = || {
        let mut task = unstarted(reason);
        task.started_by = Some("ecs-svc/0".into());
        task
    };
    let found = of_tasks(vec![former(), former(), former()]).await;
    assert!(found.len() == 1 && !found[0].terminal, "{found:?}");
    let mut other = unstarted(reason);
    other.task_definition_arn = Some(FORMER.into());
    assert_eq!(of_tasks(vec![other]).await, []);
}

#[tokio::test]
async fn the_circuit_breaker_s_verdict_is_final_also_after_the_rollback() {
    let reason = "ECS deployment circuit breaker: tasks failed to start.";
    let failed = deployment().rollout_state(DeploymentRolloutState::Failed).rollout_state_reason(reason).build();
    let found =
        ask(service(failed.clone()), vec![unstarted("CannotStartContainerError: no such user")], targets(&[])).await;
    assert_eq!(
        words(&found),
        ["container django: CannotStartContainerError: no such user", &format!("the deployment failed: {reason}")]
    );
    assert!(found.iter().all(|one| one.terminal && one.advice.is_some()), "{found:?}");

    let mut back = steady(&target());
    let former = Deployment::builder().id("ecs-svc/0").status("PRIMARY").task_definition(FORMER).build();
    let mut failed = failed;
    failed.status = Some("INACTIVE".into());
    back.deployments = Some(vec![former, failed]);
    let found = ask(back, Vec::new(), targets(&[])).await;
    assert_eq!(words(&found), [format!("the deployment failed: {reason}")]);
}

#[tokio::test]
async fn events_of_this_deployment_are_told_with_advice_and_those_of_ordinary_life_are_not() {
    let no_room = "(service django) was unable to place a task. Reason: Capacity is unavailable at this time. Please try \
                   again later or in a different availability zone.";
    let no_role = "(service django) was unable to place a task. Reason: ECS was unable to assume the role 'role'";
    let quota = "(service django) was unable to place a task. Reason: You've reached the limit on the number of vCPUs";
    let mut service = service(deployment().build());
    service.events = Some(vec![
        event("(service django) has started 1 tasks: (task 1).", 1_005),
        event("(service django) has reached a steady state.", 1_004),
        event("(service django) registered 1 targets in (target-group tg)", 1_003),
        event(no_room, 1_002),
        event(no_role, 1_001),
        event(quota, 999),
    ]);
    let found = ask(service.clone(), Vec::new(), targets(&[])).await;
    assert_eq!(words(&found), [no_room, no_role]);
    assert!(advice(&found[0]).contains("FARGATE_SPOT") && advice(&found[1]).contains("ecs-tasks.amazonaws.com"));
    assert!(found.iter().all(|one| !one.terminal));

    service.events =
        Some([no_room, no_role, quota].into_iter().cycle().take(9).map(|words| event(words, 1_001)).collect());
    let found = ask(service, Vec::new(), targets(&[])).await;
    let lasting: Vec<bool> = found.iter().map(|one| one.terminal).collect();
    assert_eq!(lasting, [false, true, true], "capacity may come back: {found:?}");
    assert!(advice(&found[2]).contains("Service Quotas"));
}

#[tokio::test]
async fn targets_that_fail_are_told_and_those_that_begin_or_drain_are_not() {
    let health = targets(&[
        ("10.0.0.1", State::Healthy, None),
        ("10.0.0.2", State::Initial, Some(Reason::InitialHealthChecking)),
        ("10.0.0.3", State::Initial, Some(Reason::RegistrationInProgress)),
        ("10.0.0.4", State::Draining, Some(Reason::DeregistrationInProgress)),
        ("10.0.0.5", State::Unhealthy, Some(Reason::Timeout)),
        ("10.0.0.6", State::Unhealthy, Some(Reason::FailedHealthChecks)),
        ("10.0.0.7", State::Unused, Some(Reason::NotInUse)),
        ("10.0.0.8", State::Unavailable, Some(Reason::HealthCheckDisabled)),
    ]);
    let found = ask(service(deployment().build()), Vec::new(), health).await;
    assert_eq!(
        words(&found),
        [
            "target 10.0.0.5: Target.Timeout",
            "target 10.0.0.6: Target.FailedHealthChecks",
            "target 10.0.0.7: Target.NotInUse"
        ]
    );
    assert!(advice(&found[0]).contains("security groups") && advice(&found[2]).contains("listener"));
    assert!(found.iter().all(|one| !one.terminal), "a target may still become healthy");
}

#[tokio::test]
async fn what_cannot_be_asked_hides_nothing() {
    let mut service = service(deployment().build());
    service.events = Some(vec![event("(service django) was unable to place a task.", 1_001)]);
    let list = mock!(Client::list_tasks).then_error(|| ListTasksError::generic(code("AccessDeniedException")));
    let health = mock!(Balancers::describe_target_health)
        .then_error(|| DescribeTargetHealthError::generic(code("HealthUnavailable")));
    let aws = Aws {
        elbv2: client!(aws_sdk_elasticloadbalancingv2, any, [health]),
        ..aws(client!(aws_sdk_ecs, any, [described(vec![service]), list]))
    };
    let found = ServiceDriver.diagnose(&aws, &target()).await.unwrap();
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(found[0].finding, "(service django) was unable to place a task.");
    assert!(found[1].finding.contains("ecs:ListTasks") && found[1].advice.is_some(), "{found:?}");
    assert!(found[2].finding.contains("elbv2:DescribeTargetHealth"), "{found:?}");
    assert!(found.iter().all(|one| !one.terminal));
}
