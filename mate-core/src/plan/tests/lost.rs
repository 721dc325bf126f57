//! Objects that held data and are gone.

use super::world::{World, id, tenant};
use crate::plan::{Action, Plan, Purpose, Risk, Step};
use crate::provider::Status;
use crate::state::NodeState;

fn step<'p>(plan: &'p Plan, node: &str) -> &'p Step {
    plan.steps.iter().find(|step| step.node == id(node)).unwrap()
}

fn planned(state: NodeState) -> Plan {
    let graph = tenant();
    let mut world = World::of(&graph);
    let name = world.record.nodes[&id("db")].name.clone();
    world.cloud.remove(&name);
    world.record.nodes.get_mut(&id("db")).unwrap().state = state;
    world.plan(&graph, Purpose::Update).unwrap()
}

#[test]
fn what_held_data_and_is_gone_is_made_anew_with_consent_only() {
    for state in [NodeState::Ready, NodeState::Updating, NodeState::Failed("no capacity".into())] {
        let plan = planned(state);
        let Risk::DataLoss(text) = &step(&plan, "db").risk else { panic!("{:?}", step(&plan, "db")) };
        assert!(text.contains("comes back empty"), "{text}");
        assert!(step(&plan, "db").needs_consent() && step(&plan, "db").comes_back_empty());
        assert_eq!(step(&plan, "db").action, Action::Create);
    }
}

#[test]
fn what_was_never_there_and_what_was_deleted_on_purpose_need_none() {
    for state in [NodeState::Creating, NodeState::Deleting, NodeState::Replacing] {
        let plan = planned(state);
        assert_eq!((&step(&plan, "db").risk, step(&plan, "db").needs_consent()), (&Risk::None, false));
    }
}

#[test]
fn what_holds_no_data_needs_none() {
    let graph = tenant();
    let mut world = World::of(&graph);
    assert_eq!(world.live("db").status, Status::Ready);
    let name = world.record.nodes[&id("django-targets")].name.clone();
    world.cloud.remove(&name);
    let plan = world.plan(&graph, Purpose::Update).unwrap();
    assert_eq!(step(&plan, "django-targets").risk, Risk::None);
}
