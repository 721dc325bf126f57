//! Nodes that run once: each runs again for another run or after a failure, and is not missed when the cloud has forgotten it.

use serde_json::{Value, json};

use super::world::{World, id, insert, out};
use crate::model::Graph;
use crate::model::ReplaceOrder;
use crate::plan::{Action, Plan, Purpose, Risk, Step};
use crate::provider::Status;
use crate::state::NodeState;
use crate::vocab::Verb;

/// A task definition, its migration, and a service that starts behind that.
fn tenant(run: &str) -> Graph {
    let mut graph = Graph::new();
    insert(
        &mut graph,
        "definition",
        "ecs:TaskDefinition",
        json!({"cpu": 256, "memory_mib": 512, "execution_role_arn": "role-1", "task_role_arn": "role-2",
            "containers": [], "volumes": []}),
    );
    insert(
        &mut graph,
        "migration",
        "ecs:Task",
        json!({"cluster": "mate-dev", "task_definition": out("definition", "arn"), "container": "django",
            "command": ["migrate"], "subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"], "run": run, "after": []}),
    );
    insert(
        &mut graph,
        "django",
        "ecs:Service",
        json!({"cluster": "mate-dev", "task_definition": out("definition", "arn"), "desired_count": 1,
            "autoscaling": null, "capacity_providers": [], "subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"],
            "load_balancers": [], "health_check_grace_seconds": null, "minimum_healthy_percent": 100,
            "maximum_percent": 200, "circuit_breaker": true, "enable_execute_command": false,
            "after": [out("migration", "arn")]}),
    );
    graph
}

fn migration(plan: &Plan) -> &Step {
    plan.steps.iter().find(|step| step.node == id("migration")).unwrap()
}

fn forget(world: &mut World) {
    let name = world.record.nodes[&id("migration")].name.clone();
    world.cloud.remove(&name).unwrap();
}

fn of(world: &World, run: &str) -> (Action, String) {
    let plan = world.plan(&tenant(run), Purpose::Update).unwrap();
    let step = migration(&plan);
    assert!(!step.needs_consent() && step.risk == Risk::None, "{:?}", step.risk);
    (step.action, step.reason.clone())
}

#[test]
fn what_has_run_is_left_alone_whether_the_cloud_still_knows_it_or_not() {
    let mut world = World::of(&tenant("release-1"));
    assert_eq!(of(&world, "release-1"), (Action::NoChange, "has run already".to_owned()));
    forget(&mut world);
    assert_eq!(of(&world, "release-1"), (Action::NoChange, "has run already".to_owned()));
    assert!(world.plan(&tenant("release-1"), Purpose::Update).unwrap().is_empty());
}

#[test]
fn its_outputs_are_known_after_the_cloud_has_forgotten_it() {
    let mut world = World::of(&tenant("release-1"));
    forget(&mut world);
    let plan = world.plan(&tenant("release-1"), Purpose::Update).unwrap();
    assert_eq!(migration(&plan).outputs, world.record.nodes[&id("migration")].outputs);
    assert_eq!(migration(&plan).old.as_ref().unwrap().physical_id, world.record.nodes[&id("migration")].physical_id);
}

#[test]
fn another_run_is_a_creation_and_deletes_nothing() {
    let mut world = World::of(&tenant("release-1"));
    assert_eq!(of(&world, "release-2"), (Action::Create, "another run: run".to_owned()));
    forget(&mut world);
    assert_eq!(of(&world, "release-2"), (Action::Create, "another run: run".to_owned()));
    let plan = world.plan(&tenant("release-2"), Purpose::Update).unwrap();
    let verbs: Vec<Verb> =
        plan.operations().iter().filter(|one| one.id.node == id("migration")).map(|one| one.id.verb).collect();
    assert_eq!(verbs, [Verb::Create]);
    world.apply(&plan);
    assert_eq!(of(&world, "release-2"), (Action::NoChange, "has run already".to_owned()));
}

#[test]
fn what_failed_is_run_again() {
    let mut world = World::of(&tenant("release-1"));
    world.record.nodes.get_mut(&id("migration")).unwrap().state = NodeState::Failed("exit code 1".into());
    world.live("migration").status = Status::Failed("exit code 1".into());
    let again = (Action::Create, "run again: it has failed: exit code 1".to_owned());
    assert_eq!(of(&world, "release-1"), again);
    forget(&mut world);
    assert_eq!(of(&world, "release-1"), again);
}

#[test]
fn what_still_runs_is_waited_for_and_stopped_for_another_run() {
    let mut world = World::of(&tenant("release-1"));
    world.record.nodes.get_mut(&id("migration")).unwrap().state = NodeState::Creating;
    world.live("migration").status = Status::Pending("RUNNING".into());
    assert_eq!(of(&world, "release-1").0, Action::Adopt);
    assert_eq!(of(&world, "release-2").0, Action::Replace { order: ReplaceOrder::DeleteFirst });
}

#[test]
fn what_ended_while_nobody_looked_is_taken_up() {
    let mut world = World::of(&tenant("release-1"));
    world.record.nodes.get_mut(&id("migration")).unwrap().state = NodeState::Creating;
    assert_eq!(of(&world, "release-1").0, Action::Adopt);
    // Begun, and nobody knows of it: it is run.
    forget(&mut world);
    assert_eq!(of(&world, "release-1"), (Action::Create, "not there yet".to_owned()));
}

#[test]
fn tags_of_what_is_over_are_not_looked_at() {
    let mut world = World::of(&tenant("release-1"));
    world.live("migration").tags.clear();
    assert_eq!(of(&world, "release-1").0, Action::NoChange);
}

#[test]
fn out_of_the_graph_it_goes_out_of_the_record() {
    let mut world = World::of(&tenant("release-1"));
    forget(&mut world);
    let mut graph = tenant("release-1");
    graph.get_mut(&id("django")).unwrap().inputs["after"] = Value::Array(Vec::new());
    let without: Graph = {
        let mut kept = Graph::new();
        for node in graph.nodes().filter(|node| node.id != id("migration")) {
            kept.insert(node.clone()).unwrap();
        }
        kept
    };
    let plan = world.plan(&without, Purpose::Update).unwrap();
    assert_eq!((migration(&plan).action, migration(&plan).needs_consent()), (Action::Forget, false));
}
