//! One run from its start to its end, every end of it, and what ECS answers beside.

use aws_sdk_ecs::Client;
use aws_sdk_ecs::operation::describe_tasks::DescribeTasksOutput;
use aws_sdk_ecs::operation::list_tasks::ListTasksOutput;
use aws_sdk_ecs::operation::run_task::RunTaskOutput;
use aws_sdk_ecs::operation::stop_task::{StopTaskError, StopTaskOutput};
use aws_sdk_ecs::types::builders::TaskBuilder;
use aws_sdk_ecs::types::{
    Container, ContainerOverride, DesiredStatus, Failure, LaunchType, Task as Described, TaskOverride, TaskStopCode,
};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::DateTime;
use mate_core::kinds::Task;
use mate_core::kinds::task::TaskInputs;
use mate_core::provider::{Deleted, ErrorClass, Observation, RetryStatus, Status, Target};
use serde_json::json;

use super::TaskDriver;
use super::form::DELETED;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::ecs::tag_list;
use crate::drivers::testing::{self, client, code, create, delete, present, update};

const DEFINITION: &str = "arn:aws:ecs:us-east-1:123456789012:task-definition/mate-acme-dev-django:2";

fn arn(id: &str) -> String {
    format!("arn:aws:ecs:us-east-1:123456789012:task/mate-dev/{id}")
}

fn target() -> Target {
    let inputs = TaskInputs {
        cluster: "mate-dev".into(),
        task_definition: DEFINITION.into(),
        container: "django".into(),
        command: vec!["python".into(), "manage.py".into(), "migrate".into()],
        subnet_ids: vec!["subnet-a".into(), "subnet-b".into()],
        security_group_ids: vec!["sg-1".into()],
        run: "release-7".into(),
        after: Vec::new(),
    };
    testing::target::<Task>("mate-acme-dev-migrate", &inputs)
}

fn known() -> Target {
    Target { physical_id: Some(arn("1")), ..target() }
}

fn task(id: &str, word: &str) -> TaskBuilder {
    let command = ContainerOverride::builder().name("django").command("python").command("manage.py").command("migrate");
    Described::builder()
        .task_arn(arn(id))
        .cluster_arn("arn:aws:ecs:us-east-1:123456789012:cluster/mate-dev")
        .task_definition_arn(DEFINITION)
        .started_by("release-7")
        .last_status(word)
        .overrides(TaskOverride::builder().container_overrides(command.build()).build())
        .set_tags(Some(tag_list(&target().tags)))
}

fn stopped(container: Container) -> TaskBuilder {
    let ended = task("1", "STOPPED").stop_code(TaskStopCode::EssentialContainerExited);
    ended.stopped_reason("Essential container in task exited").containers(container)
}

fn exited(exit: i32) -> Container {
    Container::builder().name("django").exit_code(exit).build()
}

fn described(tasks: Vec<TaskBuilder>) -> Rule {
    let tasks: Vec<Described> = tasks.into_iter().map(TaskBuilder::build).collect();
    mock!(Client::describe_tasks)
        .then_output(move || DescribeTasksOutput::builder().set_tasks(Some(tasks.clone())).build())
}

fn listed(desired: DesiredStatus, ids: &[&str]) -> Rule {
    let arns: Vec<String> = ids.iter().map(|id| arn(id)).collect();
    mock!(Client::list_tasks)
        .match_requests(move |request| {
            request.family() == Some("mate-acme-dev-django") && request.desired_status() == Some(&desired)
        })
        .then_output(move || ListTasksOutput::builder().set_task_arns(Some(arns.clone())).build())
}

fn aws(ecs: Client) -> Aws {
    Aws { ecs, ..testing::aws() }
}

async fn look(ecs: Client, target: Target) -> Observation {
    TaskDriver.observe(&aws(ecs), &[target]).await.remove(0)
}

#[tokio::test]
async fn it_is_run_once_with_a_token() {
    let run = mock!(Client::run_task)
        .match_requests(|request| {
            let command = &request.overrides().unwrap().container_overrides()[0];
            let network = request.network_configuration().unwrap().awsvpc_configuration().unwrap();
            request.client_token() == Some("0123456789abcdef".repeat(4).as_str())
                && request.started_by() == Some("release-7")
                && request.count() == Some(1)
                && request.launch_type() == Some(&LaunchType::Fargate)
                && request.tags().len() == target().tags.len()
                && (command.name(), command.command().len()) == (Some("django"), 3)
                && network.subnets() == ["subnet-a", "subnet-b"]
        })
        .then_output(|| RunTaskOutput::builder().tasks(task("1", "PROVISIONING").build()).build());
    // Without a look before: what ran before is another run.
    let created = TaskDriver.create(&aws(client!(aws_sdk_ecs, [run])), &create(target())).await.unwrap();
    assert_eq!((created.physical_id, created.status), (arn("1"), Status::Pending("PROVISIONING".into())));
    assert_eq!(created.outputs["arn"], arn("1"));
}

#[tokio::test]
async fn a_repeated_creation_finds_what_the_first_has_started() {
    let aws = aws(client!(aws_sdk_ecs, [described(vec![task("1", "RUNNING")])]));
    let created = TaskDriver.create(&aws, &create(known())).await.unwrap();
    assert_eq!(created.status, Status::Pending("RUNNING".into()));
}

#[tokio::test]
async fn what_ecs_cannot_place_is_an_error() {
    for (reason, class) in [
        ("Capacity is unavailable at this time. Please try again later", ErrorClass::Capacity),
        ("RESOURCE:MEMORY", ErrorClass::Capacity),
        ("MISSING", ErrorClass::Dependency),
        ("AGENT", ErrorClass::Transient),
    ] {
        let run = mock!(Client::run_task).then_output(move || {
            RunTaskOutput::builder().failures(Failure::builder().reason(reason).detail("more").build()).build()
        });
        let error = TaskDriver.create(&aws(client!(aws_sdk_ecs, [run])), &create(target())).await.unwrap_err();
        assert_eq!((error.class, error.retry), (class, RetryStatus::Temporary), "{reason}");
        assert_eq!(error.message, Some(format!("{reason}: more")));
    }
}

#[tokio::test]
async fn what_has_ended_well_is_ready_and_shows_no_difference() {
    let live = present(look(client!(aws_sdk_ecs, [described(vec![stopped(exited(0))])]), known()).await);
    assert_eq!(live.status, Status::Ready);
    assert_eq!(live.outputs["exit_code"], json!(0));
    let inputs = json!({"cluster": "mate-dev", "task_definition": DEFINITION, "container": "django",
        "command": ["python", "manage.py", "migrate"], "run": "release-7"});
    assert_eq!(live.inputs, inputs);
}

#[tokio::test]
async fn every_other_end_is_a_failure_with_its_reason() {
    let container = |reason: &str| Container::builder().name("django").reason(reason);
    let by_hand = || task("1", "STOPPED").stop_code(TaskStopCode::UserInitiated).containers(exited(0));
    for (ended, reason) in [
        (stopped(exited(1)), "exit code 1"),
        (stopped(exited(137)), "exit code 137, out of memory"),
        (
            stopped(container("OutOfMemoryError: Container killed due to memory usage").exit_code(1).build()),
            "exit code 1, out of memory",
        ),
        (stopped(container("CannotPullContainerError: no").build()), "CannotPullContainerError: no"),
        (stopped(Container::builder().name("django").build()), "Essential container in task exited"),
        (stopped(Container::builder().name("sidecar").exit_code(0).build()), "Essential container in task exited"),
        (by_hand().stopped_reason("by Ann"), "it was stopped: by Ann"),
    ] {
        let live = present(look(client!(aws_sdk_ecs, [described(vec![ended])]), known()).await);
        assert_eq!(live.status, Status::Failed(reason.into()));
    }
}

#[tokio::test]
async fn while_it_runs_it_is_pending_and_has_no_exit_code() {
    for word in ["PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING"] {
        let rules = client!(aws_sdk_ecs, [described(vec![task("1", word).containers(exited(0))])]);
        let live = present(look(rules, known()).await);
        assert_eq!(live.status, Status::Pending(word.into()));
        assert!(!live.outputs.contains_key("exit_code"));
    }
}

#[tokio::test]
async fn what_ecs_has_forgotten_is_absent() {
    assert!(matches!(look(client!(aws_sdk_ecs, [described(vec![])]), known()).await, Observation::Absent));
    // Nothing is asked where it cannot have been run.
    let mut early = target();
    early.inputs["task_definition"] = json!({"$ref": "task-definition.arn"});
    assert!(matches!(look(client!(aws_sdk_ecs, []), early).await, Observation::Absent));
}

#[tokio::test]
async fn without_its_arn_it_is_known_by_its_tags_and_its_run() {
    let at = |task: TaskBuilder, seconds| task.created_at(DateTime::from_secs(seconds));
    let found = |tasks| async move {
        let (running, over) = (listed(DesiredStatus::Running, &["1"]), listed(DesiredStatus::Stopped, &["2", "3"]));
        look(client!(aws_sdk_ecs, any, [running, over, described(tasks)]), target()).await
    };
    let strangers = || task("1", "RUNNING").set_tags(Some(tag_list(&testing::somebody_s())));
    // A failed run is not the one that came after it.
    let tasks = vec![strangers(), at(task("2", "STOPPED"), 1), at(task("3", "STOPPED"), 2)];
    assert_eq!(present(found(tasks).await).physical_id, arn("3"));
    // What runs is ours, whatever it runs for; what ran for another release is not this run.
    let another = || task("2", "RUNNING").started_by("release-6");
    let live = present(found(vec![strangers(), another()]).await);
    assert_eq!((live.physical_id, &live.inputs["run"]), (arn("2"), &json!("release-6")));
    assert!(matches!(found(vec![strangers(), another().last_status("STOPPED")]).await, Observation::Absent));
}

#[tokio::test]
async fn somebody_elses_task_is_foreign() {
    let other = task("1", "RUNNING").set_tags(Some(tag_list(&testing::somebody_s())));
    let rules = || client!(aws_sdk_ecs, [described(vec![other.clone()])]);
    assert!(matches!(look(rules(), known()).await, Observation::Foreign(_)));
    let error = TaskDriver.create(&aws(rules()), &create(known())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    assert_eq!(TaskDriver.delete(&aws(rules()), &delete(known())).await.unwrap_err().class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn what_runs_is_stopped_and_what_has_run_is_left() {
    let stop = mock!(Client::stop_task)
        .match_requests(|request| request.cluster() == Some("mate-dev") && request.reason() == Some(DELETED))
        .then_output(|| StopTaskOutput::builder().build());
    let running = || described(vec![task("1", "RUNNING")]);
    let removed = TaskDriver.delete(&aws(client!(aws_sdk_ecs, [running(), stop])), &delete(known())).await;
    assert_eq!(removed.unwrap(), Deleted::Going);
    for ended in [stopped(exited(0)), stopped(exited(1))] {
        let removed = TaskDriver.delete(&aws(client!(aws_sdk_ecs, [described(vec![ended])])), &delete(known())).await;
        assert_eq!(removed.unwrap(), Deleted::Gone);
    }
    // It ended between the look and the call.
    let raced = mock!(Client::stop_task).then_error(|| StopTaskError::generic(code("InvalidParameterException")));
    let rules = client!(aws_sdk_ecs, [running(), raced, described(vec![stopped(exited(0))])]);
    assert_eq!(TaskDriver.delete(&aws(rules), &delete(known())).await.unwrap(), Deleted::Gone);
}

#[tokio::test]
async fn what_was_stopped_to_be_rid_of_it_goes() {
    let deleted = |word| task("1", word).stop_code(TaskStopCode::UserInitiated).stopped_reason(DELETED);
    let live = present(look(client!(aws_sdk_ecs, [described(vec![deleted("STOPPING")])]), known()).await);
    assert_eq!(live.status, Status::Deleting);
    let removed =
        TaskDriver.delete(&aws(client!(aws_sdk_ecs, [described(vec![deleted("STOPPING")])])), &delete(known())).await;
    assert_eq!(removed.unwrap(), Deleted::Going);
    let gone = look(client!(aws_sdk_ecs, [described(vec![deleted("STOPPED")])]), known()).await;
    assert!(matches!(gone, Observation::Absent));
}

#[tokio::test]
async fn nothing_but_its_tags_changes() {
    let mut other = known();
    other.inputs["run"] = json!("release-8");
    let rules = client!(aws_sdk_ecs, [described(vec![task("1", "RUNNING")])]);
    let error = TaskDriver.update(&aws(rules), &update(other, &["run"])).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[cfg(feature = "logs")]
mod logs {
    use aws_sdk_cloudwatchlogs::operation::get_log_events::{GetLogEventsError, GetLogEventsOutput};
    use aws_sdk_cloudwatchlogs::types::OutputLogEvent;
    use aws_sdk_ecs::operation::describe_task_definition::DescribeTaskDefinitionOutput;
    use aws_sdk_ecs::types::{ContainerDefinition, LogConfiguration, LogDriver, TaskDefinition};

    use super::*;

    fn definition() -> Rule {
        let logs = LogConfiguration::builder()
            .log_driver(LogDriver::Awslogs)
            .options("awslogs-group", "/ecs/mate-acme-dev/django")
            .options("awslogs-stream-prefix", "ecs")
            .build()
            .unwrap();
        let container = ContainerDefinition::builder().name("django").log_configuration(logs).build();
        let definition = TaskDefinition::builder().container_definitions(container).build();
        mock!(Client::describe_task_definition)
            .match_requests(|request| request.task_definition() == Some(DEFINITION))
            .then_output(move || DescribeTaskDefinitionOutput::builder().task_definition(definition.clone()).build())
    }

    async fn findings(ended: TaskBuilder, events: Rule) -> Vec<(bool, String)> {
        let aws = Aws {
            ecs: client!(aws_sdk_ecs, [described(vec![ended]), definition()]),
            logs: client!(aws_sdk_cloudwatchlogs, [events]),
            ..testing::aws()
        };
        let found = TaskDriver.diagnose(&aws, &known()).await.unwrap();
        found.into_iter().map(|one| (one.terminal, one.finding)).collect()
    }

    fn lines(lines: &[&str]) -> Rule {
        let events: Vec<OutputLogEvent> =
            lines.iter().map(|line| OutputLogEvent::builder().message(*line).build()).collect();
        mock!(aws_sdk_cloudwatchlogs::Client::get_log_events)
            .match_requests(|request| {
                request.log_group_name() == Some("/ecs/mate-acme-dev/django")
                    && request.log_stream_name() == Some("ecs/django/1")
                    && request.start_from_head() == Some(false)
            })
            .then_output(move || GetLogEventsOutput::builder().set_events(Some(events.clone())).build())
    }

    #[tokio::test]
    async fn a_diagnosis_tells_the_exit_code_and_the_last_lines() {
        let found = findings(stopped(exited(1)), lines(&["Applying 0001", "no such column"])).await;
        assert_eq!(found[0], (true, "exit code 1".to_owned()));
        assert!(found.iter().any(|(_, text)| text == "container django: exit code 1"), "{found:?}");
        let last = "the last lines of its log:\nApplying 0001\nno such column";
        assert_eq!(found.last().unwrap(), &(false, last.to_owned()));
        let found = findings(stopped(exited(0)), lines(&["done"])).await;
        assert_eq!(found, [(false, "exit code 0".into()), (false, "the last lines of its log:\ndone".into())]);
    }

    #[tokio::test]
    async fn a_log_that_cannot_be_read_takes_nothing_away() {
        let refused = |word: &'static str| {
            mock!(aws_sdk_cloudwatchlogs::Client::get_log_events)
                .then_error(move || GetLogEventsError::generic(code(word)))
        };
        let found = findings(stopped(exited(1)), refused("AccessDeniedException")).await;
        assert!(found[0].1 == "exit code 1" && found.last().unwrap().1.contains("not everything could be asked"));
        let found = findings(stopped(exited(0)), refused("ResourceNotFoundException")).await;
        assert_eq!(found, [(false, "exit code 0".to_owned())]);
    }
}
