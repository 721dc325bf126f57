//! An object that held data and is gone: what is made in its place starts empty, and nobody does that unasked.

use mate::lifecycle::{Change, Deployment};
use mate::model::ids::NodeId;
use mate::plan::Risk;
use mate::spec::{ImageReference, TenantSpec};
use mate::vocab::{Consents, RepairSelection, SuspendedCache, Suspension, TenantPhase};
use mate::{Applied, Error, Operation};

use crate::cloud::{World, example, world};

fn clinic() -> TenantSpec {
    example("clinic.tfvars")
}

fn id(node: &str) -> NodeId {
    node.parse().unwrap()
}

/// A tenant one of whose objects somebody deleted.
async fn without(node: &str) -> World {
    let world = world();
    world.mate.provision(&clinic()).await.unwrap();
    let status = world.mate.tenant(&clinic().id()).status().await.unwrap();
    let lost = status.nodes.iter().find(|found| found.node.as_str() == node).unwrap();
    world.cloud.vanish(&lost.kind, &lost.name).unwrap();
    world
}

fn stands(world: &World, kind: &str) -> bool {
    world.cloud.objects().iter().any(|object| object.kind.as_str() == kind)
}

const HELD: [(&str, &str); 4] = [
    ("db", "rds:DBInstance"),
    ("bucket", "s3:Bucket"),
    ("redis", "elasticache:ReplicationGroup"),
    ("database-credentials", "secretsmanager:Secret"),
];

#[tokio::test]
async fn a_provision_makes_nothing_anew_that_held_data_unless_that_is_consented_to() {
    for (node, _) in HELD {
        let world = without(node).await;
        let calls = world.cloud.calls().len();
        let error = world.mate.provision(&clinic()).await.unwrap_err();
        assert!(matches!(error, Error::Consent(_)), "{node}: {error}");
        let text = error.to_string();
        assert!(text.contains(&format!("DATA LOSS at {node}")) && text.contains("comes back empty"), "{text}");
        let changed = world.cloud.calls()[calls..].iter().any(|call| call.method == mate::sim::Method::Create);
        assert!(!changed, "{node}");

        let plan = world.mate.plan(&clinic()).await.unwrap();
        let risky: Vec<&str> = plan.risky_steps().map(|step| step.node.as_str()).collect();
        assert!(risky.contains(&node), "{risky:?}");
        let step = plan.steps.iter().find(|step| step.node.as_str() == node).unwrap();
        assert!(matches!(step.risk, Risk::DataLoss(_)), "{step:?}");
        let consents = Consents::to_every_step_of(&plan);
        world.mate.apply(plan, consents).await.unwrap();
        assert!(world.mate.plan(&clinic()).await.unwrap().is_empty(), "{node}");
    }
}

async fn refused(world: &World, kind: &str, node: &str, operation: Operation<Applied>) {
    let error = operation.await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains(node) && text.contains("repair"), "it names the node and the way on: {text}");
    assert!(!stands(world, kind), "{text}");
    assert_eq!(world.mate.tenant(&clinic().id()).phase().await.unwrap(), TenantPhase::Active, "{text}");
}

#[tokio::test]
async fn a_verb_that_is_about_something_else_refuses_to_make_a_lost_database_anew() {
    let world = without("db").await;
    let (kind, tenant, mate) = ("rds:DBInstance", clinic().id(), &world.mate);
    let image = Deployment::of(ImageReference::new("v1").unwrap());
    refused(&world, kind, "db", mate.tenant(&tenant).restart(Vec::new())).await;
    refused(&world, kind, "db", mate.tenant(&tenant).deploy(&image, Consents::none())).await;
    refused(&world, kind, "db", mate.tenant(&tenant).deploy(&image, Consents::none().data_loss(id("db")))).await;
    refused(&world, kind, "db", mate.tenant(&tenant).suspend(Suspension::new())).await;
    refused(&world, kind, "db", mate.tenant(&tenant).rotate(&[])).await;
}

#[tokio::test]
async fn a_lost_database_is_made_anew_by_a_repair_with_consent_and_by_none_without() {
    let world = without("db").await;
    let (tenant, database) = (clinic().id(), RepairSelection::nodes([id("db")]));
    let error = world.mate.tenant(&tenant).repair(&database, Consents::none()).await.unwrap_err();
    assert!(matches!(error, Error::Consent(_)), "{error}");
    world.mate.tenant(&tenant).repair(&database, Consents::none().data_loss(id("db"))).await.unwrap();
    assert!(world.mate.plan(&clinic()).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_emergency_shutdown_does_not_wait_for_a_lost_database_and_does_not_make_it() {
    let world = without("db").await;
    world.mate.tenant(&clinic().id()).shut_down().await.unwrap();
    assert_eq!(world.mate.tenant(&clinic().id()).phase().await.unwrap(), TenantPhase::Suspended);
    assert!(!stands(&world, "rds:DBInstance"));
}

#[tokio::test]
async fn a_cache_that_was_gone_before_its_tenant_was_suspended_comes_back_empty_with_consent_only() {
    let world = without("redis").await;
    let tenant = clinic().id();
    let removing = Suspension::new().with_cache(SuspendedCache::SnapshottedAndRemoved);
    world.mate.tenant(&tenant).suspend(removing).await.unwrap();
    let error = world.mate.tenant(&tenant).resume().await.unwrap_err();
    assert!(matches!(error, Error::Consent(_)), "{error}");
    assert!(error.to_string().contains("redis"), "{error}");
    world.mate.tenant(&tenant).change(Change::Resume, Consents::none().data_loss(id("redis"))).await.unwrap();
    assert!(world.mate.plan(&clinic()).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_holds_no_data_is_made_anew_without_a_question() {
    let world = without("alb-security-group").await;
    world.mate.provision(&clinic()).await.unwrap();
    assert!(world.mate.plan(&clinic()).await.unwrap().is_empty());
}
