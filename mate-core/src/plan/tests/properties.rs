//! The properties of the plan of every graph and every record.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::world::{World, id, insert, out};
use crate::model::Graph;
use crate::model::{DriftClass, FieldRule, Impact, Kind, KindModel, Kinds, ReplaceOrder, Timing};
use crate::plan::{Action, Plan, Purpose};
use crate::vocab::Consents;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Inputs {
    size: u8,
    shape: u8,
    uses: Vec<Value>,
    bound: Vec<Value>,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("size", Impact::InPlace),
    FieldRule::new("shape", Impact::Replace("its shape is fixed")),
    FieldRule::new("uses", Impact::Restart("it reads them at its start")).unordered(),
    FieldRule::new("bound", Impact::Replace("it is bound to them")).unordered(),
];

fn model(name: &str, replace: ReplaceOrder) -> KindModel {
    KindModel::new(name.parse().unwrap(), FIELDS)
        .with_outputs(&["id", "revision"])
        .with_revised_outputs(&["revision"])
        .with_replace(replace)
        .with_lost(DriftClass::Capacity)
        .with_timing(|_| Timing::seconds(3, 2, 1))
        .with_name_max(32)
}

#[derive(Debug)]
struct NewFirst;

impl Kind for NewFirst {
    const NAME: &'static str = "test:NewFirst";
    type Inputs = Inputs;
    fn model() -> KindModel {
        model(Self::NAME, ReplaceOrder::CreateFirst)
    }
}

#[derive(Debug)]
struct OldFirst;

impl Kind for OldFirst {
    const NAME: &'static str = "test:OldFirst";
    type Inputs = Inputs;
    fn model() -> KindModel {
        model(Self::NAME, ReplaceOrder::DeleteFirst)
    }
}

/// One node: whether it is there, its size and shape, and for each node before it in `rank` how it is used.
#[derive(Debug, Clone)]
struct Sketch {
    there: bool,
    size: u8,
    shape: u8,
    uses: Vec<u8>,
}

const NODES: usize = 7;

fn sketches() -> impl Strategy<Value = (Vec<Sketch>, Vec<usize>)> {
    let sketch = (prop::bool::weighted(0.8), 0..2_u8, prop::bool::weighted(0.3), prop::collection::vec(0..6_u8, NODES));
    let sketch = sketch.prop_map(|(there, size, shape, uses)| Sketch { there, size, shape: u8::from(shape), uses });
    (prop::collection::vec(sketch, NODES), Just((0..NODES).collect::<Vec<_>>()).prop_shuffle())
}

/// Kinds stay with their nodes; the order in which nodes may use one another is the graph's own.
fn graph((sketches, rank): &(Vec<Sketch>, Vec<usize>)) -> Graph {
    let mut graph = Graph::new();
    for (index, sketch) in sketches.iter().enumerate().filter(|(_, sketch)| sketch.there) {
        let (mut uses, mut bound) = (Vec::new(), Vec::new());
        for (other, how) in sketch.uses.iter().enumerate() {
            if !sketches[other].there || rank[other] >= rank[index] {
                continue;
            }
            match how {
                0 => uses.push(out(&format!("n{other}"), "id")),
                1 => uses.push(out(&format!("n{other}"), "revision")),
                2 => bound.push(out(&format!("n{other}"), "id")),
                _ => {}
            }
        }
        let kind = if index % 2 == 0 { NewFirst::NAME } else { OldFirst::NAME };
        let inputs = json!({"size": sketch.size, "shape": sketch.shape, "uses": uses, "bound": bound});
        insert(&mut graph, &format!("n{index}"), kind, inputs);
    }
    graph
}

fn world() -> World {
    World::empty(Kinds::standard().with::<NewFirst>().with::<OldFirst>())
}

fn check_order(plan: &Plan) -> Result<(), TestCaseError> {
    let place: BTreeMap<_, _> = plan
        .steps
        .iter()
        .enumerate()
        .filter(|(_, step)| !step.action.is_about_leftover())
        .map(|(index, step)| (step.node.clone(), index))
        .collect();
    for (index, step) in plan.steps.iter().enumerate().filter(|(_, step)| step.action.keeps()) {
        for used in &step.depends_on {
            prop_assert!(place[used] < index, "{} stands before {}", step.node, used);
        }
    }
    let mut seen = BTreeSet::new();
    for operation in plan.operations() {
        prop_assert!(operation.after.is_subset(&seen));
        prop_assert!(seen.insert(operation.id), "an id twice");
    }
    let calls: usize = plan
        .steps
        .iter()
        .map(|step| match step.action {
            Action::Leave | Action::NoChange => 0,
            Action::Replace { .. } => 2,
            _ => 1,
        })
        .sum();
    prop_assert_eq!(seen.len(), calls, "an operation is missing");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn from_any_tenant_to_any_other_and_then_nothing(from in sketches(), to in sketches()) {
        let (from, to) = (graph(&from), graph(&to));
        let mut world = world();
        let plan = world.plan(&from, Purpose::Provision).unwrap();
        check_order(&plan)?;
        world.apply(&plan);
        prop_assert!(world.plan(&from, Purpose::Update).unwrap().is_empty());

        let plan = world.plan(&to, Purpose::Update).unwrap();
        prop_assert_eq!(&plan, &world.plan(&to, Purpose::Update).unwrap());
        prop_assert_eq!(&plan, &Plan::from_json(&plan.to_json()).unwrap());
        prop_assert!(plan.check(&Consents::to_every_step_of(&plan)).is_ok());
        check_order(&plan)?;
        world.apply(&plan);
        let again = world.plan(&to, Purpose::Update).unwrap();
        prop_assert!(again.is_empty(), "{}", again.render(&crate::plan::TextStyle::plain()));
        prop_assert_eq!(world.cloud.len(), to.len());

        let plan = world.plan(&Graph::new(), Purpose::Destroy).unwrap();
        check_order(&plan)?;
        world.apply(&plan);
        prop_assert!(world.cloud.is_empty() && world.record.nodes.is_empty());
    }

    #[test]
    fn whatever_is_lost_is_made_again(sketch in sketches(), lost in prop::collection::btree_set(0..NODES, 0..4)) {
        let graph = graph(&sketch);
        let mut world = world();
        world.apply(&world.plan(&graph, Purpose::Provision).unwrap().clone());
        for node in lost {
            if let Some(recorded) = world.record.nodes.get(&id(&format!("n{node}"))) {
                world.cloud.remove(&recorded.name);
            }
        }
        let plan = world.plan(&graph, Purpose::Update).unwrap();
        check_order(&plan)?;
        world.apply(&plan);
        prop_assert!(world.plan(&graph, Purpose::Update).unwrap().is_empty());
    }
}
