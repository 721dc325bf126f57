//! Nodes get other ids, and go out of the record, with every object as it is.

use std::collections::BTreeMap;
use std::time::Duration;

use mate::blueprint::{Blueprint, Design, TenantBlueprint};
use mate::model::ids::NodeId;
use mate::model::{Graph, GraphError};
use mate::plan::{Action, AmendError, PlanError};
use mate::sim::Latencies;
use mate::sim::crash::{at_await, awaits};
use mate::spec::{Base, ResolvedTenant};
use mate::vocab::{Amendment, Consents, Goal};
use mate::{Applied, DestroyOptions, Error, SimCloud};
use serde_json::Value;

use crate::cloud::{World, changes, with_blueprint};
use crate::drift::{drift, provisioned, provisioned_in, spec, vanish};

/// The ids that the next version of a blueprint gives: a bucket, a database, a role, a node that carries no tags, and one whose
/// object would have another name.
pub(crate) const RENAMES: [(&str, &str); 5] = [
    ("bucket", "uploads"),
    ("db", "database"),
    ("task-role", "role-of-tasks"),
    ("dns-record", "name"),
    ("alb-security-group", "edge-security-group"),
];

/// The tenant's blueprint with these ids.
#[derive(Debug, Clone)]
pub(crate) struct Renamed(pub(crate) Vec<(&'static str, &'static str)>);

impl Renamed {
    fn id(&self, id: &str) -> String {
        self.0.iter().find(|(from, _)| *from == id).map_or(id, |(_, to)| to).to_owned()
    }

    fn value(&self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(fields) => {
                for (name, field) in fields {
                    match field {
                        Value::String(id) if name == "$node" => *id = self.id(id),
                        field => self.value(field),
                    }
                }
            }
            _ => {}
        }
    }
}

impl Blueprint for Renamed {
    fn design(&self, tenant: &ResolvedTenant, base: &Base) -> Result<Design, GraphError> {
        let design = TenantBlueprint.design(tenant, base)?;
        let mut graph = Graph::new();
        for node in design.graph.nodes() {
            let mut node = node.clone();
            let id = self.id(node.id.as_str());
            if id == "edge-security-group" {
                node.name = node.name.replace("alb", "edge");
            }
            node.id = id.parse().unwrap();
            node.tags.insert("Component".to_owned(), id);
            self.value(&mut node.inputs);
            graph.insert(node)?;
        }
        let mut outputs = serde_json::to_value(&design.outputs).unwrap();
        self.value(&mut outputs);
        let outputs = serde_json::from_value(outputs).unwrap();
        Ok(Design { graph, outputs, notes: design.notes })
    }
}

fn id(node: &str) -> NodeId {
    node.parse().unwrap()
}

pub(crate) fn renames() -> Amendment {
    RENAMES.iter().fold(Amendment::none(), |amendment, (from, to)| amendment.rename(id(from), id(to)))
}

fn bare(cloud: &SimCloud) -> BTreeMap<String, (String, Value)> {
    let objects = cloud.objects().into_iter();
    objects.map(|object| (format!("{} {}", object.kind, object.physical_id), (object.name, object.inputs))).collect()
}

async fn amend(mate: &mate::Mate, amendment: &Amendment) -> Result<Applied, Error> {
    let plan = mate.tenant(&spec().id()).plan_amend(amendment).await?;
    mate.apply(plan, Consents::none()).await
}

/// The tenant is as it was, under the new ids, for a client whose blueprint has them.
async fn assert_renamed(world: &World, before: &BTreeMap<String, (String, Value)>, case: &str) {
    assert_eq!(bare(&world.cloud), *before, "{case}: every object is the one that it was");
    let mate = with_blueprint(world, Renamed(RENAMES.to_vec()));
    let plan = mate.plan(&spec()).await.unwrap();
    assert!(plan.is_empty(), "{case}: {}", plan.render(&mate::plan::TextStyle::plain()));
    assert!(mate.unclaimed().await.unwrap().is_empty(), "{case}");
    assert!(drift(world).await.is_empty(), "{case}");
}

#[tokio::test]
async fn nodes_get_other_ids_and_no_object_is_touched_but_for_its_tag() {
    let world = provisioned().await;
    let (before, calls) = (bare(&world.cloud), world.cloud.calls().len());
    let mate = with_blueprint(&world, Renamed(RENAMES.to_vec()));
    let moved = mate.plan(&spec()).await.unwrap_err();
    assert!(matches!(moved, Error::Plan(PlanError::Foreign(_))), "without it the plan is refused: {moved}");

    let outputs = mate.tenant(&spec().id()).outputs().await.unwrap();
    let plan = mate.tenant(&spec().id()).plan_amend(&renames()).await.unwrap();
    assert_eq!((plan.goal, plan.counts().rename, plan.steps.len()), (Goal::Amend, RENAMES.len(), RENAMES.len()));
    assert!(plan.headline().contains("5 to rename"), "{}", plan.headline());
    assert!(plan.steps.iter().all(|step| step.action == Action::Rename && !step.needs_consent()));
    let edge = plan.steps.iter().find(|step| step.node.as_str() == "edge-security-group").unwrap();
    assert!(edge.reason.ends_with("it keeps its name"), "{}", edge.reason);
    let plan = mate::plan::Plan::from_json(&plan.to_json()).unwrap();
    let applied = mate.apply(plan, Consents::none()).await.unwrap();
    assert_eq!(applied.outputs, outputs);
    assert_renamed(&world, &before, "undisturbed").await;
    let written = world.cloud.calls().into_iter().skip(calls).filter(|call| call.method != mate::sim::Method::Observe);
    let updates = written.filter(|call| call.method == mate::sim::Method::Update).count();
    assert_eq!(updates, RENAMES.len() - 1, "one object carries no tags");
    assert_eq!(mate.tenant(&spec().id()).status().await.unwrap().phase, mate::vocab::TenantPhase::Active);

    // It lives on under the new ids, down to its end.
    let options = DestroyOptions::new().without_final_snapshot().empty_bucket();
    let plan = mate.tenant(&spec().id()).plan_destroy(&options).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    mate.apply(plan, consents).await.unwrap();
    assert!(world.cloud.objects().is_empty());
}

/// A tenant in a cloud whose calls take their time, so that a run can die between any two of them.
async fn slow() -> World {
    let latencies = Latencies::typical().call(Duration::from_millis(50));
    provisioned_in(SimCloud::builder().seed(7).latencies(latencies).build()).await
}

#[tokio::test]
async fn a_rename_that_dies_at_any_moment_is_resumed_to_the_same_end() {
    let first = slow().await;
    let all = awaits(amend(&first.mate, &renames())).await;
    let mut interrupted = 0;
    for n in 1..=all {
        let world = slow().await;
        let before = bare(&world.cloud);
        assert!(at_await(n, amend(&world.mate, &renames())).await.is_none(), "await {n} of {all}");
        match world.mate.tenant(&spec().id()).resume_run().await {
            Ok(_) => interrupted += 1,
            Err(Error::NothingInterrupted(_)) => drop(amend(&world.mate, &renames()).await),
            Err(error) => panic!("await {n}: {error}"),
        }
        assert_renamed(&world, &before, &format!("await {n} of {all}")).await;
    }
    assert!(interrupted > 2, "{interrupted} of {all}");
}

#[tokio::test]
async fn an_interrupted_rename_is_neither_unwound_nor_amended_again() {
    let world = slow().await;
    let all = awaits(async { drop(world.mate.tenant(&spec().id()).plan_amend(&renames()).await) }).await;
    assert!(at_await(all + 2, amend(&world.mate, &renames())).await.is_none());
    let refused = world.mate.tenant(&spec().id()).unwind(&DestroyOptions::new()).await.unwrap_err();
    assert!(matches!(refused, Error::NotPossible { .. }), "{refused}");
    let refused = amend(&world.mate, &renames()).await.unwrap_err();
    assert!(matches!(refused, Error::NotPossible { .. }), "{refused}");
    world.mate.tenant(&spec().id()).resume_run().await.unwrap();
}

#[tokio::test]
async fn two_nodes_change_places_and_back() {
    let world = provisioned().await;
    let before = world.cloud.objects();
    let swap = Amendment::none().rename(id("bucket"), id("db")).rename(id("db"), id("bucket"));
    amend(&world.mate, &swap).await.unwrap();
    let status = world.mate.tenant(&spec().id()).status().await.unwrap();
    assert_eq!(status.nodes.iter().find(|node| node.node.as_str() == "db").unwrap().kind.as_str(), "s3:Bucket");
    assert!(status.is_ready());
    amend(&world.mate, &swap).await.unwrap();
    assert_eq!(world.cloud.objects(), before);
    assert!(world.mate.plan(&spec()).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_forgotten_stays_and_is_nobodys() {
    let world = provisioned().await;
    let before = bare(&world.cloud);
    let plan = world
        .mate
        .tenant(&spec().id())
        .plan_amend(&Amendment::none().forget(id("dns-record")).forget(id("bucket")))
        .await;
    let plan = plan.unwrap();
    assert!(plan.notes.iter().any(|note| note.contains("the blueprint makes `bucket`")), "{:?}", plan.notes);
    world.mate.apply(plan, Consents::none()).await.unwrap();
    assert_eq!(bare(&world.cloud), before);
    let status = world.mate.tenant(&spec().id()).status().await.unwrap();
    assert!(status.nodes.iter().all(|node| !["bucket", "dns-record"].contains(&node.node.as_str())));
    assert!(status.is_ready() && world.mate.unclaimed().await.unwrap().is_empty());
    let bucket = world.cloud.objects().into_iter().find(|object| object.kind.as_str() == "s3:Bucket").unwrap();
    assert!(!bucket.tags.contains_key("ManagedBy"), "{:?}", bucket.tags);
}

#[tokio::test]
async fn what_is_not_there_cannot_be_renamed() {
    let world = provisioned().await;
    vanish(&world, "bucket").await;
    let refused = world.mate.tenant(&spec().id()).rename_node(id("bucket"), id("uploads")).await.unwrap_err();
    let Error::Amend { source: AmendError::NotThere { node, .. }, .. } = &refused else { panic!("{refused}") };
    assert_eq!(node.as_str(), "bucket");
    let refused = world.mate.tenant(&spec().id()).rename_node(id("nothing"), id("uploads")).await.unwrap_err();
    assert!(matches!(&refused, Error::Amend { source: AmendError::NoSuchNode(_), .. }), "{refused}");
    let plan =
        world.mate.tenant(&spec().id()).plan_amend(&Amendment::none().rename(id("db"), id("database"))).await.unwrap();
    assert_eq!(changes(&plan).count(), 1);
    assert!(
        plan.notes.iter().any(|note| note.contains("would delete it")),
        "this client's blueprint: {:?}",
        plan.notes
    );
}
