//! A part of what differs is put right, and the rest is still seen as different.

use std::collections::BTreeSet;

use mate::model::DriftClass;
use mate::model::ids::NodeId;
use mate::plan::{Action, Plan, PlanError};
use mate::sim::crash::{at_await, awaits};
use mate::vocab::{Consents, RepairSelection};
use mate::{Drift, Error};
use serde_json::json;

use crate::cloud::{World, changes};
use crate::drift::{drift, object, open_to_the_world, provisioned, spec, tamper, vanish};

fn id(node: &str) -> NodeId {
    node.parse().unwrap()
}

async fn plan(world: &World, selection: &RepairSelection) -> Plan {
    world.mate.tenant(&spec().id()).plan_repair(selection).await.unwrap()
}

fn nodes(plan: &Plan) -> Vec<&str> {
    changes(plan).map(|step| step.node.as_str()).collect()
}

fn differing(drift: &Drift) -> BTreeSet<&str> {
    drift
        .changed
        .iter()
        .map(|node| node.node.as_str())
        .chain(drift.lost.iter().map(|lost| lost.node.as_str()))
        .collect()
}

/// One difference of each class: an open security group, a bucket without versions and with another tag, no tasks.
async fn drifted() -> World {
    let world = provisioned().await;
    open_to_the_world(&world).await;
    tamper(&world, "bucket", |inputs| inputs["versioning"] = json!(false)).await;
    let (kind, name) = object(&world, "bucket").await;
    world.cloud.tamper_tags(&kind, &name, |tags| drop(tags.insert("CostCenter".into(), "nobody".into()))).unwrap();
    tamper(&world, "django-service", |inputs| inputs["desired_count"] = json!(0)).await;
    world
}

#[tokio::test]
async fn one_class_is_repaired_and_the_others_are_still_drift() {
    for (class, node) in [
        (DriftClass::Security, "alb-security-group"),
        (DriftClass::Data, "bucket"),
        (DriftClass::Capacity, "django-service"),
        (DriftClass::Cosmetic, "bucket"),
    ] {
        let world = drifted().await;
        let before = drift(&world).await;
        let plan = plan(&world, &RepairSelection::classes([class])).await;
        assert_eq!(nodes(&plan), [node], "{class}");
        for step in plan.steps.iter().filter(|step| step.action == Action::Leave) {
            assert_eq!(step.reason, "differs, and is not to be repaired now");
            assert!(plan.notes.iter().any(|note| note.contains(step.node.as_str())), "{:?}", plan.notes);
        }
        world.mate.apply(plan, Consents::none()).await.unwrap();
        let after = drift(&world).await;
        assert!(!after.counts().contains_key(&class), "{after}");
        assert_eq!(after.counts().len(), 3, "{after}");
        for was in &before.changed {
            let left: Vec<_> = was.changes.iter().filter(|field| field.class != class).collect();
            let now = after.changed.iter().filter(|node| node.node == was.node).flat_map(|node| &node.changes);
            assert_eq!(now.collect::<Vec<_>>(), left, "{class}: {}", was.node);
        }
    }
}

#[tokio::test]
async fn by_node_by_field_and_all_of_it() {
    let world = drifted().await;
    let by_node = plan(&world, &RepairSelection::nodes([id("bucket")])).await;
    let bucket: Vec<_> = changes(&by_node).collect();
    assert_eq!(bucket.len(), 1);
    assert_eq!(bucket[0].fields(), ["tags", "versioning"]);
    let by_field = plan(&world, &RepairSelection::default().with_field(id("bucket"), "versioning")).await;
    let bucket: Vec<_> = changes(&by_field).collect();
    assert_eq!((bucket.len(), bucket[0].fields()), (1, vec!["versioning".to_owned()]));
    assert!(bucket[0].reason.ends_with("not to be repaired now: tags"), "{}", bucket[0].reason);
    let nothing = plan(&world, &RepairSelection::default()).await;
    assert!(nothing.is_empty() && nothing.steps.iter().any(|step| step.action == Action::Leave));
    assert!(!nothing.headline().contains("as it should be"), "{}", nothing.headline());

    world.mate.tenant(&spec().id()).repair(&RepairSelection::all(), Consents::none()).await.unwrap();
    assert!(drift(&world).await.is_empty());
    assert!(world.mate.plan(&spec()).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_a_repair_needs_comes_along_and_what_refers_to_it_follows() {
    let world = provisioned().await;
    vanish(&world, "alb-security-group").await;
    tamper(&world, "load-balancer", |inputs| inputs["security_group_ids"] = json!(["sg-other"])).await;
    tamper(&world, "bucket", |inputs| inputs["versioning"] = json!(false)).await;

    let plan = plan(&world, &RepairSelection::nodes([id("load-balancer")])).await;
    let step = |node: &str| plan.steps.iter().find(|step| step.node.as_str() == node).unwrap();
    assert_eq!(step("alb-security-group").action, Action::Create);
    assert!(
        step("alb-security-group").reason.ends_with("; load-balancer needs it"),
        "{}",
        step("alb-security-group").reason
    );
    assert_eq!(step("load-balancer").action, Action::Update);
    let follows = step("ecs-security-group");
    assert!(follows.reason.ends_with("; it follows alb-security-group"), "{}", follows.reason);
    assert_eq!(step("bucket").action, Action::Leave);
    world.mate.apply(plan, Consents::none()).await.unwrap();
    assert_eq!(differing(&drift(&world).await), BTreeSet::from(["bucket"]));
}

#[tokio::test]
async fn what_is_gone_and_not_selected_stays_gone_and_is_still_missed() {
    let world = provisioned().await;
    vanish(&world, "alb-security-group").await;
    vanish(&world, "django-log-group").await;
    tamper(&world, "bucket", |inputs| inputs["versioning"] = json!(false)).await;
    world.mate.tenant(&spec().id()).repair(&RepairSelection::nodes([id("bucket")]), Consents::none()).await.unwrap();
    assert_eq!(differing(&drift(&world).await), BTreeSet::from(["alb-security-group", "django-log-group"]));
    let data = RepairSelection::classes([DriftClass::Data]);
    let refused = world.mate.tenant(&spec().id()).repair(&data, Consents::none()).await.unwrap_err();
    assert!(matches!(refused, Error::Consent(_)), "the logs are lost: {refused}");
    world.mate.tenant(&spec().id()).repair(&data, Consents::none().data_loss(id("django-log-group"))).await.unwrap();
    assert_eq!(differing(&drift(&world).await), BTreeSet::from(["alb-security-group"]));
}

#[tokio::test]
async fn what_cannot_be_put_right_holds_up_nothing_else_and_consents_are_asked_for_as_always() {
    let world = provisioned().await;
    open_to_the_world(&world).await;
    tamper(&world, "db", |inputs| {
        inputs["engine_version"] = json!("99");
        inputs["instance_class"] = json!("db.t4g.nano");
        // Without a standby a change of its class takes it down.
        inputs["multi_az"] = json!(false);
    })
    .await;
    let impossible = world.mate.plan(&spec()).await.unwrap_err();
    assert!(matches!(impossible, Error::Plan(PlanError::Impossible(_))), "there is no way back: {impossible}");
    let security = RepairSelection::classes([DriftClass::Security]);
    world.mate.tenant(&spec().id()).repair(&security, Consents::none()).await.unwrap();
    assert_eq!(differing(&drift(&world).await), BTreeSet::from(["db"]));

    let capacity = RepairSelection::classes([DriftClass::Capacity]);
    let refused = world.mate.tenant(&spec().id()).repair(&capacity, Consents::none()).await.unwrap_err();
    assert!(matches!(refused, Error::Consent(_)), "{refused}");
    let consents = Consents::to_every_step_of(&plan(&world, &capacity).await);
    world.mate.tenant(&spec().id()).repair(&capacity, consents).await.unwrap();
    let drift = drift(&world).await;
    assert_eq!(drift.counts().into_keys().collect::<Vec<_>>(), [DriftClass::Data], "{drift}");
}

#[tokio::test]
async fn a_repair_that_dies_goes_on_as_a_repair_of_the_same_part() {
    let selection = RepairSelection::classes([DriftClass::Security]);
    let fresh = async || {
        let world = provisioned().await;
        vanish(&world, "alb-security-group").await;
        tamper(&world, "bucket", |inputs| inputs["versioning"] = json!(false)).await;
        world
    };
    let first = fresh().await;
    let all = awaits(first.mate.tenant(&spec().id()).repair(&selection, Consents::none())).await;
    let wanted = drift(&first).await;
    assert_eq!(differing(&wanted), BTreeSet::from(["bucket"]));
    let mut interrupted = 0;
    for n in 1..=all {
        let world = fresh().await;
        let repair = world.mate.tenant(&spec().id()).repair(&selection, Consents::none());
        assert!(at_await(n, repair).await.is_none(), "await {n} of {all}");
        let refused = world.mate.tenant(&spec().id()).plan_repair(&selection).await;
        match world.mate.tenant(&spec().id()).resume_run().await {
            Ok(_) => {
                interrupted += 1;
                assert!(matches!(refused, Err(Error::NotPossible { .. })), "await {n}: {refused:?}");
            }
            Err(Error::NothingInterrupted(_)) => {
                world.mate.tenant(&spec().id()).repair(&selection, Consents::none()).await.unwrap();
            }
            Err(error) => panic!("await {n}: {error}"),
        }
        assert_eq!(drift(&world).await, wanted, "await {n} of {all}");
    }
    assert!(interrupted > 5, "{interrupted} of {all}");
}
