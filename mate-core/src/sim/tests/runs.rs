//! One-off tasks: how they end, what holds while they run, and how they are forgotten.

use serde_json::json;

use super::world::{World, id, keep, kind};
use crate::provider::{CreateRequest, Deleted, ErrorClass, Observation, Provider, Status};
use crate::sim::{Selector, SimCloud};

const HOUR: u64 = 3600;

async fn built() -> World {
    World::built(SimCloud::builder(), &["service", "task", "scalable-target", "scaling-policy"]).await
}

fn node(name: &str) -> Selector {
    Selector::Node(name.to_owned())
}

#[tokio::test]
async fn a_task_ends_with_exit_code_0_and_is_forgotten_after_an_hour() {
    let mut world = built().await;
    world.create("task").await.unwrap();
    let live = world.live("task").await;
    assert_eq!(live.status, Status::Pending("RUNNING".into()));
    assert!(!live.outputs.contains_key("exit_code"));
    let live = world.make("task").await;
    assert_eq!(live.outputs["exit_code"], json!(0));
    assert_eq!(world.cloud.diagnose(world.target("task")).await.unwrap()[0].finding, "exit code 0");
    world.wait(HOUR).await;
    assert!(matches!(world.look("task").await, Observation::Absent));
}

#[tokio::test]
async fn how_it_ended_is_fixed() {
    let world = built().await;
    world.cloud.fail(node("task"), "exit code 137, out of memory");
    world.create("task").await.unwrap();
    world.wait(200).await;
    world.cloud.heal(&node("task"));
    let live = world.live("task").await;
    assert_eq!(live.status, Status::Failed("exit code 137, out of memory".into()));
    assert_eq!(live.outputs["exit_code"], json!(137));
    let found = world.cloud.diagnose(world.target("task")).await.unwrap();
    assert!(found[0].terminal && found[0].advice.is_some(), "{found:?}");

    // Another creation is another task; the same token is the same one.
    let target = world.target("task");
    let again = CreateRequest { target: target.clone(), token: "again".into() };
    let second = world.cloud.create(again.clone()).await.unwrap();
    assert_ne!(second.physical_id, live.physical_id);
    assert_eq!(world.cloud.create(again).await.unwrap().physical_id, second.physical_id);
    assert_eq!(world.ready("task").await.physical_id, second.physical_id);
}

#[tokio::test]
async fn another_run_is_not_the_one_that_is_over() {
    let mut world = built().await;
    world.make("task").await;
    world.graph.get_mut(&id("task")).unwrap().inputs["run"] = json!("another");
    assert!(matches!(world.look("task").await, Observation::Absent));
    world.graph.get_mut(&id("task")).unwrap().inputs["run"] = json!("no run at all");
    let request = CreateRequest { target: world.target("task"), token: "another".into() };
    let error = world.cloud.create(request).await.unwrap_err();
    assert_eq!((error.class, error.code.as_deref()), (ErrorClass::Invalid, Some("InvalidParameterException")));
}

#[tokio::test]
async fn it_holds_its_security_group_only_while_it_runs() {
    let world = built().await;
    world.create("task").await.unwrap();
    let error = world.delete("ecs-group", keep()).await.unwrap_err();
    assert_eq!(error.code.as_deref(), Some("DependencyViolation"));
    assert_eq!(world.delete("task", keep()).await.unwrap(), Deleted::Going);
    assert_eq!(world.live("task").await.status, Status::Deleting);
    world.wait(120).await;
    assert!(matches!(world.look("task").await, Observation::Absent));

    let request = CreateRequest { target: world.target("task"), token: "second".into() };
    world.cloud.create(request).await.unwrap();
    world.ready("task").await;
    assert_eq!(world.delete("task", keep()).await.unwrap(), Deleted::Gone);
}

#[tokio::test]
async fn a_task_without_what_it_needs_fails() {
    let world = built().await;
    world.cloud.vanish(&kind("secretsmanager:Secret"), "mate/conform/dev/app-secret").unwrap();
    world.create("task").await.unwrap();
    world.wait(200).await;
    let Status::Failed(reason) = world.live("task").await.status else { panic!("it must have failed") };
    assert!(reason.contains("unable to pull secret"), "{reason}");
}
