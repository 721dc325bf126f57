//! One-off commands on the simulated cloud: what they answer, and what they leave behind.

use mate::provider::{Concern, Diagnosis};
use mate::sim::{Fault, FaultRule, Faults, Method, Selector, SimObject, crash};
use mate::spec::{ServiceName, TenantSpec};
use mate::vocab::{Command, TenantPhase, TenantVerb};
use mate::{CommandOutput, Error};

use crate::cloud::{World, example, world};

fn clinic() -> TenantSpec {
    example("clinic.tfvars")
}

fn command() -> Command {
    Command::new(ServiceName::new("django").unwrap(), ["python", "manage.py", "check", "--deploy"])
}

async fn provisioned() -> World {
    let world = world();
    world.mate.provision(&clinic()).await.unwrap();
    world
}

async fn run(world: &World) -> Result<CommandOutput, Error> {
    world.mate.tenant(&clinic().id()).run_command(&command()).await
}

fn tasks(world: &World) -> Vec<SimObject> {
    world.cloud.objects().into_iter().filter(|object| object.kind.as_str() == "ecs:Task").collect()
}

fn every_task() -> Selector {
    Selector::Kind("ecs:Task".parse().unwrap())
}

fn says(world: &World, lines: &str) {
    let finding = format!("the last lines of its log:\n{lines}");
    let told = Diagnosis { finding, advice: None, terminal: false, concern: Some(Concern::LastLines) };
    world.cloud.report(every_task(), told);
}

#[tokio::test]
async fn a_command_tells_its_exit_code_and_the_last_lines_of_its_log() {
    let world = provisioned().await;
    says(&world, "System check identified no issues\n0 silenced");
    let output = run(&world).await.unwrap();
    assert_eq!((output.exit_code, output.is_success()), (0, true));
    assert_eq!(output.last_lines, ["System check identified no issues", "0 silenced"]);
    let [task] = tasks(&world).try_into().unwrap();
    assert_eq!(task.physical_id, output.task_arn);
    assert_eq!(task.inputs["command"], serde_json::json!(["python", "manage.py", "check", "--deploy"]));
}

#[tokio::test]
async fn an_exit_code_other_than_0_is_an_answer_and_the_tenant_is_as_before() {
    let world = provisioned().await;
    world.cloud.fail(every_task(), "essential container exited: exit code 3");
    let output = run(&world).await.unwrap();
    assert_eq!((output.exit_code, output.is_success()), (3, false));
    assert_eq!(world.mate.tenant(&clinic().id()).phase().await.unwrap(), TenantPhase::Active);
    world.cloud.heal(&every_task());
    assert!(world.mate.plan(&clinic()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_command_changes_nothing_of_the_tenant_and_can_run_again_and_again() {
    let world = provisioned().await;
    for _ in 0..3 {
        assert!(run(&world).await.unwrap().is_success());
        assert!(world.mate.plan(&clinic()).await.unwrap().is_empty());
    }
    assert_eq!(tasks(&world).len(), 3, "three runs, each of its own");
    let history = world.mate.tenant(&clinic().id()).history().await.unwrap();
    assert_eq!(history.iter().filter(|entry| entry.verb == TenantVerb::RunCommand && entry.is_success()).count(), 3);
}

#[tokio::test]
async fn a_task_that_is_not_started_is_an_error_and_leaves_nothing() {
    let world = provisioned().await;
    let fault = FaultRule::new(Fault::Capacity).on(Method::Create).kind("ecs:Task".parse().unwrap());
    world.cloud.set_faults(Faults::none().with(fault));
    let error = run(&world).await.unwrap_err();
    assert!(matches!(error, Error::Run(_)), "{error}");
    assert_eq!(world.mate.tenant(&clinic().id()).phase().await.unwrap(), TenantPhase::Active);
    assert!(tasks(&world).is_empty());
}

#[tokio::test]
async fn a_command_runs_once_whenever_its_process_dies() {
    let id = clinic().id();
    let command = command();
    let world = provisioned().await;
    let awaits = crash::awaits(world.mate.tenant(&id).run_command(&command)).await;
    for n in (1..awaits).step_by((awaits / 8).max(1)) {
        let world = provisioned().await;
        assert!(crash::at_await(n, world.mate.tenant(&id).run_command(&command)).await.is_none());
        match world.mate.tenant(&id).resume_run().await {
            Ok(_) => assert_eq!(tasks(&world).len(), 1, "it dies at {n} of {awaits}"),
            Err(Error::NothingInterrupted(_)) => assert!(tasks(&world).len() <= 1, "it dies at {n} of {awaits}"),
            Err(error) => panic!("it dies at {n} of {awaits}: {error}"),
        }
        assert!(world.mate.plan(&clinic()).await.unwrap().is_empty(), "it dies at {n} of {awaits}");
    }
}

#[tokio::test]
async fn a_command_that_cannot_be_is_refused_with_everything_that_is_wrong() {
    let world = provisioned().await;
    let nothing: [&str; 0] = [];
    let command = Command::new(ServiceName::new("web").unwrap(), nothing);
    let error = world.mate.tenant(&clinic().id()).run_command(&command).await.unwrap_err();
    let Error::Spec(errors) = &error else { panic!("{error}") };
    let text = errors.to_string();
    assert!(text.contains("command.service") && text.contains("command.command: is empty"), "{text}");
    assert!(tasks(&world).is_empty());
}
