//! Objects that go: without a record, left over, and already under way.

use serde_json::json;

use super::actions::{set, step, waits};
use super::world::{World, id, tenant};
use crate::model::{Graph, ReplaceOrder};
use crate::plan::{Action, Purpose, Risk};
use crate::provider::{DataPolicy, Status};
use crate::state::NodeState;
use crate::vocab::Verb;

#[test]
fn without_a_record_destroying_finds_what_the_graph_names() {
    let graph = tenant();
    let mut world = World::of(&graph);
    world.record.nodes.clear();
    world.record.version = 0;
    let plan = world.plan(&graph, Purpose::Destroy).unwrap();
    assert_eq!(plan.counts().delete, graph.len());
    assert!(waits(&plan, ("db-group", Verb::Delete), ("db", Verb::Delete)));
}

#[test]
fn leftovers_of_a_replacement_are_deleted_behind_their_users() {
    let mut graph = tenant();
    let mut world = World::of(&graph);
    let old = step(&world.plan(&Graph::new(), Purpose::Destroy).unwrap(), "django-targets").old.clone().unwrap();
    set(&mut graph, "django-targets", "port", json!(9000));
    world.apply(&world.plan(&graph, Purpose::Update).unwrap().clone());
    let live = world.live("django-targets").clone();
    world.cloud.insert(old.name.clone(), live);
    world.record.nodes.get_mut(&id("django-targets")).unwrap().retired = vec![old.into()];
    set(&mut graph, "https", "ssl_policy", json!("TLS14"));
    let plan = world.plan(&graph, Purpose::Update).unwrap();
    let leftover = plan.steps.iter().find(|step| step.action.is_about_leftover()).unwrap();
    assert_eq!((leftover.action, leftover.reason.as_str()), (Action::DeleteLeftover, "left over from a replacement"));
    assert!(waits(&plan, ("django-targets", Verb::DeleteOld), ("https", Verb::Update)));
    let destroy = world.plan(&Graph::new(), Purpose::Destroy).unwrap();
    let (left, present) = (("django-targets", Verb::DeleteOld), ("django-targets", Verb::Delete));
    assert!(waits(&destroy, present, left), "the record goes with the present object, and names what is left over");
    world.apply(&plan);
    assert!(world.plan(&graph, Purpose::Update).unwrap().is_empty());
}

#[test]
fn a_deletion_of_our_own_that_was_interrupted_is_waited_for() {
    let graph = tenant();
    let mut world = World::of(&graph);
    world.live("django").status = Status::Deleting;
    world.record.nodes.get_mut(&id("django")).unwrap().state = NodeState::Deleting;
    let plan = world.plan(&graph, Purpose::Update).unwrap();
    let service = step(&plan, "django");
    assert_eq!(service.action, Action::Replace { order: ReplaceOrder::DeleteFirst });
    assert_eq!(service.reason, "its deletion has begun already; it is made anew");
    assert_eq!((&service.risk, service.needs_consent()), (&Risk::None, false));
    assert!(waits(&plan, ("django", Verb::Create), ("django", Verb::Delete)));
}

#[test]
fn a_deletion_that_is_waited_for_is_not_asked_to_lose_data() {
    let graph = tenant();
    let mut world = World::of(&graph);
    world.live("db-secret").status = Status::Deleting;
    world.record.nodes.get_mut(&id("db-secret")).unwrap().state = NodeState::Deleting;
    let plan = world.plan(&graph, Purpose::Update).unwrap();
    let secret = step(&plan, "db-secret");
    assert_eq!(secret.action, Action::Replace { order: ReplaceOrder::DeleteFirst });
    assert_eq!((&secret.data, &secret.risk), (&DataPolicy::Keep { final_snapshot: None }, &Risk::None));
}
