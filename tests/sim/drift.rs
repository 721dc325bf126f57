//! Changes behind MATE's back: they are found and classed.

use std::collections::BTreeMap;

use mate::model::DriftClass;
use mate::spec::TenantSpec;
use mate::{Drift, SimCloud};
use serde_json::json;

use crate::cloud::{World, example, on};

pub(crate) fn spec() -> TenantSpec {
    example("regional.tfvars").into_builder().with_deletion_protection(false).build().unwrap()
}

pub(crate) async fn provisioned() -> World {
    provisioned_in(SimCloud::new(7)).await
}

pub(crate) async fn provisioned_in(cloud: SimCloud) -> World {
    let world = on(cloud);
    world.mate.provision(&spec()).await.unwrap();
    world
}

pub(crate) async fn drift(world: &World) -> Drift {
    world.mate.tenant(&spec().id()).drift().await.unwrap()
}

/// The kind and physical name of a node's object.
pub(crate) async fn object(world: &World, node: &str) -> (mate::model::ids::KindName, String) {
    let status = world.mate.tenant(&spec().id()).status().await.unwrap();
    let found = status.nodes.into_iter().find(|one| one.node.as_str() == node);
    let found = found.unwrap_or_else(|| panic!("there is no node `{node}`"));
    (found.kind, found.name)
}

pub(crate) async fn tamper(world: &World, node: &str, change: impl FnOnce(&mut serde_json::Value)) {
    let (kind, name) = object(world, node).await;
    world.cloud.tamper(&kind, &name, change).unwrap();
}

pub(crate) async fn vanish(world: &World, node: &str) {
    let (kind, name) = object(world, node).await;
    world.cloud.vanish(&kind, &name).unwrap();
}

pub(crate) async fn open_to_the_world(world: &World) {
    tamper(world, "alb-security-group", |inputs| {
        let mut rule = inputs["ingress"][0].clone();
        rule["from_port"] = json!(22);
        rule["to_port"] = json!(22);
        inputs["ingress"].as_array_mut().unwrap().push(rule);
    })
    .await;
}

#[tokio::test]
async fn each_difference_has_its_class_and_the_gravest_is_told_first() {
    let world = provisioned().await;
    assert_eq!(drift(&world).await.worst(), None);
    let (kind, name) = object(&world, "bucket").await;
    world.cloud.tamper_tags(&kind, &name, |tags| drop(tags.insert("CostCenter".into(), "nobody".into()))).unwrap();
    assert_eq!(drift(&world).await.worst(), Some(DriftClass::Cosmetic));
    tamper(&world, "django-service", |inputs| inputs["desired_count"] = json!(0)).await;
    tamper(&world, "bucket", |inputs| inputs["versioning"] = json!(false)).await;
    assert_eq!(drift(&world).await.worst(), Some(DriftClass::Data));
    open_to_the_world(&world).await;

    let drift = drift(&world).await;
    assert_eq!(drift.worst(), Some(DriftClass::Security));
    assert_eq!(drift.counts(), BTreeMap::from(DriftClass::ALL.map(|class| (class, 1))), "{drift}");
    let text = drift.to_string();
    let places = DriftClass::ALL.map(|class| text.find(&format!("{class} (1)")).unwrap());
    assert!(places.is_sorted(), "{text}");
    assert!(text.contains("\n  bucket (s3:Bucket)\n    versioning: true -> false"), "{text}");
    let bucket = drift.changed.iter().find(|node| node.node.as_str() == "bucket").unwrap();
    let classes: Vec<_> = bucket.changes.iter().map(|field| field.class).collect();
    assert_eq!(classes, [DriftClass::Data, DriftClass::Cosmetic]);
    let json = serde_json::to_value(&bucket.changes[0]).unwrap();
    assert_eq!((&json["class"], &json["path"]), (&json!("data"), &json!("versioning")));
}

#[tokio::test]
async fn what_is_gone_is_classed_by_its_kind_and_what_is_somebody_elses_is_security() {
    for (node, class) in [
        ("bucket", DriftClass::Data),
        ("django-log-group", DriftClass::Data),
        ("task-role", DriftClass::Security),
        ("django-service", DriftClass::Capacity),
    ] {
        let world = provisioned().await;
        vanish(&world, node).await;
        let drift = drift(&world).await;
        let lost = drift.lost.iter().find(|lost| lost.node.as_str() == node).unwrap();
        assert_eq!((lost.class, lost.problem.as_str()), (class, "is gone"), "{node}");
    }
    let world = provisioned().await;
    let (kind, name) = object(&world, "bucket").await;
    world.cloud.tamper_tags(&kind, &name, |tags| drop(tags.remove("Component"))).unwrap();
    let drift = drift(&world).await;
    assert_eq!(drift.worst(), Some(DriftClass::Security), "it is nobody's now: {drift}");
    assert_eq!(drift.lost.len(), 1, "{drift}");
}
