//! An object that is taken away for a time leaves its data and its outputs, and is made anew from them.

use serde_json::{Value, json};

use super::world::{World, id, insert, out};
use crate::model::Graph;
use crate::plan::{Action, Observed, Plan, PlanError, Purpose, Risk, Step};
use crate::provider::{DataPolicy, Status};
use crate::state::NodeState;
use crate::vocab::{FinalSnapshot, Verb};

/// A cache, and a service that reads its address.
fn tenant(count: u32, node_type: &str) -> Graph {
    let mut graph = Graph::new();
    insert(
        &mut graph,
        "redis",
        "elasticache:ReplicationGroup",
        json!({"description": "cache", "engine_version": "7.1", "node_type": node_type, "num_cache_clusters": 1,
            "automatic_failover": false, "multi_az": false, "auth_token_secret_arn": "secret", "kms_key_id": "key-1",
            "snapshot_retention_days": 1, "cache_subnet_group_name": "subnets", "security_group_ids": ["sg-1"],
            "port": 6379, "auth_token_secret_version": null, "auth_token_only": true, "snapshot_name": null}),
    );
    insert(
        &mut graph,
        "definition",
        "ecs:TaskDefinition",
        json!({"cpu": 256, "memory_mib": 512, "execution_role_arn": "role-1", "task_role_arn": "role-2", "volumes": [],
            "containers": [{"name": "django", "image": "django:1",
                "environment": {"REDIS_HOST": out("redis", "primary_endpoint")}}]}),
    );
    insert(
        &mut graph,
        "django",
        "ecs:Service",
        json!({"cluster": "mate-dev", "task_definition": out("definition", "arn"), "desired_count": count,
            "autoscaling": null, "capacity_providers": [], "subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"],
            "load_balancers": [], "health_check_grace_seconds": null, "minimum_healthy_percent": 100,
            "maximum_percent": 200, "circuit_breaker": true, "enable_execute_command": false, "after": []}),
    );
    graph
}

fn running() -> Graph {
    tenant(2, "cache.t4g.micro")
}

fn suspended() -> Graph {
    let mut graph = tenant(0, "cache.t4g.micro");
    graph.rest(id("redis"));
    graph
}

fn step<'p>(plan: &'p Plan, node: &str) -> &'p Step {
    plan.steps.iter().find(|step| step.node == id(node)).unwrap()
}

fn snapshot(step: &Step) -> Option<String> {
    let DataPolicy::Keep { final_snapshot } = &step.data else { panic!("{:?}", step.data) };
    final_snapshot.clone()
}

#[test]
fn a_cache_that_rests_goes_behind_its_users_and_leaves_a_snapshot_without_consent() {
    let world = World::of(&running());
    let plan = world.plan(&suspended(), Purpose::Update).unwrap();
    let cache = step(&plan, "redis");
    let name = snapshot(cache).unwrap();
    assert!(name.starts_with("mate-regional-dev-redis-final-"), "{name}");
    assert_eq!(cache.action, Action::Rest);
    let reason = format!("not needed while the tenant is suspended; its data stays in the final snapshot {name}");
    assert_eq!(cache.reason, reason);
    assert_eq!((&cache.risk, cache.needs_consent()), (&Risk::None, false));
    assert_eq!(step(&plan, "definition").action, Action::NoChange, "the address stands in it as before");
    let verbs: Vec<(String, Verb)> = plan.operations().iter().map(|op| (op.id.node.to_string(), op.id.verb)).collect();
    assert_eq!(verbs, [("django".to_owned(), Verb::Update), ("redis".to_owned(), Verb::Delete)]);
}

#[test]
fn while_it_rests_nothing_is_missing() {
    let mut world = World::of(&running());
    let plan = world.plan(&suspended(), Purpose::Update).unwrap();
    world.apply(&plan);
    let again = world.plan(&suspended(), Purpose::Update).unwrap();
    assert!(again.is_empty(), "{:?}", again.steps);
    let name = snapshot(step(&plan, "redis")).unwrap();
    assert!(step(&again, "redis").reason.ends_with(&name), "{}", step(&again, "redis").reason);
}

#[test]
fn it_is_made_anew_from_its_snapshot_and_then_asks_for_it_no_longer() {
    let mut world = World::of(&running());
    let suspension = world.plan(&suspended(), Purpose::Update).unwrap();
    world.apply(&suspension);
    let plan = world.plan(&running(), Purpose::Update).unwrap();
    let (cache, name) = (step(&plan, "redis"), snapshot(step(&suspension, "redis")).unwrap());
    assert_eq!((cache.action, &cache.inputs["snapshot_name"]), (Action::Create, &json!(name)));
    assert_eq!(cache.reason, format!("made anew from the snapshot {name}, which stays"));
    assert_eq!(step(&plan, "definition").action, Action::Update, "its address may be another one");
    world.apply(&plan);
    assert_eq!(world.record.nodes[&id("redis")].inputs["snapshot_name"], json!(name));
    let again = world.plan(&running(), Purpose::Update).unwrap();
    assert!(again.is_empty(), "{:?}", again.steps);
    let next = world.plan(&suspended(), Purpose::Update).unwrap();
    assert_ne!(snapshot(step(&next, "redis")), Some(name), "a second suspension has a snapshot of its own");
}

#[test]
fn a_deletion_that_may_have_begun_is_asked_for_again_under_the_same_name() {
    let mut world = World::of(&running());
    let plan = world.plan(&suspended(), Purpose::Update).unwrap();
    let name = snapshot(step(&plan, "redis"));
    let mut begun = world.clone();
    begun.rest(step(&plan, "redis"));
    begun.record.nodes.get_mut(&id("redis")).unwrap().state = NodeState::Deleting;
    begun.record.version += 3;
    let of = |world: &World| snapshot(step(&world.plan(&suspended(), Purpose::Update).unwrap(), "redis"));
    assert_eq!(of(&begun), name, "its answer was lost");
    begun.live("redis").status = Status::Deleting;
    assert_eq!(of(&begun), name, "it took effect");
    begun.cloud.remove("mate-regional-dev-redis");
    let plan = begun.plan(&suspended(), Purpose::Update).unwrap();
    assert_eq!((step(&plan, "redis").action, snapshot(step(&plan, "redis"))), (Action::ForgetResting, name.clone()));
    world.rest(step(&plan, "redis"));
    world.record.nodes.get_mut(&id("redis")).unwrap().inputs["snapshot_name"] = json!(name);
    world.record.version += 3;
    assert_ne!(of(&world), name, "it was made from that since");
}

#[test]
fn what_was_gone_before_is_made_anew_and_empty() {
    let mut world = World::of(&running());
    world.cloud.remove("mate-regional-dev-redis");
    let plan = world.plan(&suspended(), Purpose::Update).unwrap();
    assert_eq!(step(&plan, "redis").action, Action::ForgetResting);
    assert_eq!(step(&plan, "redis").reason, "gone from the cloud already; no snapshot of it is known");
    world.apply(&plan);
    assert!(world.plan(&suspended(), Purpose::Update).unwrap().is_empty());
    let plan = world.plan(&running(), Purpose::Update).unwrap();
    assert_eq!(step(&plan, "redis").inputs["snapshot_name"], Value::Null);
    assert!(step(&plan, "redis").reason.starts_with("made anew and empty"), "{}", step(&plan, "redis").reason);
    assert!(step(&plan, "redis").comes_back_empty() && step(&plan, "redis").needs_consent());
}

#[test]
fn a_node_type_of_which_no_snapshot_can_be_taken_is_refused_with_the_way_round() {
    let world = World::of(&tenant(2, "cache.t1.micro"));
    let mut graph = tenant(0, "cache.t1.micro");
    graph.rest(id("redis"));
    let error = world.plan(&graph, Purpose::Update).unwrap_err();
    assert!(matches!(error, PlanError::Impossible(_)), "{error}");
    let text = error.to_string();
    assert!(text.contains("redis") && text.contains("keep the cache while the tenant is suspended"), "{text}");
}

#[test]
fn nothing_rests_that_cannot_be_made_from_a_snapshot() {
    let world = World::of(&running());
    let mut graph = running();
    graph.rest(id("definition"));
    let error = world.plan(&graph, Purpose::Update).unwrap_err();
    assert!(matches!(error, PlanError::Misfit(_)), "{error}");
}

#[test]
fn a_cache_that_goes_for_good_is_lost_unless_its_snapshot_is_named() {
    let mut world = World::of(&running());
    let snapshot_of = world.snapshot(&Graph::new());
    assert!(matches!(snapshot_of[&id("redis")], Observed::Present(_)));
    let plan = world.plan(&Graph::new(), Purpose::Destroy).unwrap();
    assert!(matches!(step(&plan, "redis").risk, Risk::DataLoss(_)));
    world.deletions.final_snapshots.insert(id("redis"), FinalSnapshot::Named("last".into()));
    let plan = world.plan(&Graph::new(), Purpose::Destroy).unwrap();
    assert_eq!(step(&plan, "redis").data, DataPolicy::Keep { final_snapshot: Some("last".into()) });
    assert_eq!(step(&plan, "redis").risk, Risk::None);
}
