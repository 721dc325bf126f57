//! A suspension that removes the cache: its data waits in a snapshot, nobody misses it, and it is made anew from that.

use mate::state::Records;
use std::time::Duration;

use mate::health::Verdict;
use mate::lifecycle::Change;
use mate::model::ids::KindName;
use mate::plan::{Action, Risk};
use mate::sim::{Fault, FaultRule, Method, SimObject, crash};
use mate::spec::TenantSpec;
use mate::state::{LeftSnapshot, Record};
use mate::vocab::Consents;
use mate::vocab::{SuspendedCache, Suspension, TenantPhase};
use mate::{DestroyOptions, Error};

use crate::cloud::{World, example, world};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const REDIS: &str = "mate-clinic-dev-redis";
const HELD: &str = "a session, and a queue with three tasks";

fn clinic() -> TenantSpec {
    example("clinic.tfvars")
}

fn removing() -> Suspension {
    Suspension::new().with_cache(SuspendedCache::SnapshottedAndRemoved)
}

fn cache() -> KindName {
    "elasticache:ReplicationGroup".parse().unwrap()
}

/// A tenant whose cache holds something.
async fn provisioned() -> World {
    let world = world();
    world.mate.provision(&clinic()).await.unwrap();
    world.cloud.fill(&cache(), REDIS, HELD).unwrap();
    world
}

async fn record(world: &World) -> Record {
    world.store.get(world.mate.tenant(&clinic().id()).key()).await.unwrap().unwrap()
}

fn held(world: &World) -> Option<String> {
    world.cloud.content(&cache(), REDIS)
}

fn snapshots(world: &World) -> Vec<String> {
    world.cloud.snapshots().into_iter().map(|snapshot| snapshot.name).collect()
}

fn definitions(world: &World) -> Vec<SimObject> {
    world.cloud.objects().into_iter().filter(|object| object.kind.as_str() == "ecs:TaskDefinition").collect()
}

#[tokio::test]
async fn the_cache_goes_for_the_time_of_the_suspension_and_comes_back_with_what_it_held() {
    let (world, id) = (provisioned().await, clinic().id());
    let before = definitions(&world);
    world.mate.tenant(&id).suspend(removing()).await.unwrap();
    assert_eq!(world.mate.tenant(&id).phase().await.unwrap(), TenantPhase::Suspended);
    assert!(world.cloud.object(&cache(), REDIS).is_none());
    assert_eq!(definitions(&world), before, "its address stands in the task definitions as before");
    let [snapshot] = &world.cloud.snapshots()[..] else { panic!("{:?}", world.cloud.snapshots()) };
    assert_eq!(snapshot.content.as_deref(), Some(HELD));
    assert!(record(&world).await.operating.mode.removes_cache());

    for _ in 0..8 {
        world.cloud.sim_clock().advance(DAY);
        world.mate.tenant(&id).tend().await.unwrap();
        assert!(world.mate.plan(&clinic()).await.unwrap().is_empty());
        assert!(world.mate.tenant(&id).drift().await.unwrap().is_empty());
    }
    let status = world.mate.tenant(&id).status().await.unwrap();
    assert!(status.nodes.iter().all(|node| node.ready), "every object is as it should be");
    assert!(!status.is_ready(), "and nobody is served");
    assert_eq!(world.mate.tenant(&id).health().await.unwrap().verdict, Verdict::Healthy);
    assert!(world.mate.unclaimed().await.unwrap().is_empty());

    world.mate.tenant(&id).resume().await.unwrap();
    assert_eq!(world.mate.tenant(&id).phase().await.unwrap(), TenantPhase::Active);
    assert_eq!(held(&world).as_deref(), Some(HELD));
    assert!(world.mate.plan(&clinic()).await.unwrap().is_empty(), "it asks for the snapshot no longer");
    assert!(world.mate.tenant(&id).drift().await.unwrap().is_empty());
    let record = record(&world).await;
    assert!(record.resting.is_empty());
    let left: Vec<&LeftSnapshot> = record.snapshots.iter().collect();
    assert_eq!((left.len(), &left[0].name), (1, &snapshot.name), "and the record says that it stays");
}

#[tokio::test]
async fn the_plan_names_the_snapshot_needs_no_consent_to_data_loss_and_tells_the_way_back() {
    let (world, id) = (provisioned().await, clinic().id());
    let plan = world.mate.tenant(&id).plan_change(Change::Suspend(removing())).await.unwrap();
    let step = plan.steps.iter().find(|step| step.node.as_str() == "redis").unwrap();
    assert_eq!((step.action, &step.risk), (Action::Rest, &Risk::None));
    let note = "to resume takes about 572 s: the database starts (300 s) while the cache is made from its snapshot (420 s), \
        then the services start (150 s), then the page goes";
    assert!(plan.notes.iter().any(|text| text == note), "{:?}", plan.notes);
    let reason = step.reason.clone();
    let consents = Consents::to_every_step_of(&plan);
    world.mate.apply(plan, consents).await.unwrap();
    let [name] = &snapshots(&world)[..] else { panic!("{:?}", snapshots(&world)) };
    assert_eq!(
        reason,
        format!("not needed while the tenant is suspended; its data stays in the final snapshot {name}")
    );
    let plan = world.mate.tenant(&id).plan_change(Change::Resume).await.unwrap();
    let step = plan.steps.iter().find(|step| step.node.as_str() == "redis").unwrap();
    assert_eq!(step.reason, format!("made anew from the snapshot {name}, which stays"));
}

#[tokio::test]
async fn the_cache_goes_behind_the_services_and_comes_before_them() {
    let (world, id) = (provisioned().await, clinic().id());
    let when = |since: usize, method: Method, node: &str| {
        let calls = world.cloud.calls();
        let of_node = |call: &mate::sim::Call| {
            call.method == method && call.address.as_ref().is_some_and(|address| address.node.as_str() == node)
        };
        calls.iter().skip(since).position(of_node).unwrap_or_else(|| panic!("no {method:?} of {node}"))
    };
    let since = world.cloud.calls().len();
    world.mate.tenant(&id).suspend(removing()).await.unwrap();
    for service in ["django-service", "celery-service", "beat-service"] {
        assert!(when(since, Method::Update, service) < when(since, Method::Delete, "redis"), "{service}");
    }
    let since = world.cloud.calls().len();
    world.mate.tenant(&id).resume().await.unwrap();
    for service in ["django-service", "celery-service", "beat-service"] {
        assert!(when(since, Method::Create, "redis") < when(since, Method::Update, service), "{service}");
    }
}

#[tokio::test]
async fn each_suspension_has_a_snapshot_of_its_own_and_a_destroy_names_them_all() {
    let (world, id) = (provisioned().await, clinic().id());
    world.mate.tenant(&id).suspend(removing()).await.unwrap();
    world.mate.tenant(&id).resume().await.unwrap();
    world.cloud.fill(&cache(), REDIS, "later").unwrap();
    world.mate.tenant(&id).suspend(removing()).await.unwrap();
    let taken = snapshots(&world);
    assert_eq!(taken.len(), 2, "{taken:?}");
    let plan = world.mate.tenant(&id).plan_destroy(&DestroyOptions::new()).await.unwrap();
    let stay = |name: &String| format!("data of redis (elasticache:ReplicationGroup) stay in the snapshot {name}");
    assert_eq!(plan.notes, taken.iter().map(stay).collect::<Vec<_>>());
    let consents = Consents::to_every_step_of(&plan);
    world.mate.apply(plan, consents).await.unwrap();
    assert!(world.cloud.objects().is_empty());
    assert_eq!(snapshots(&world).len(), 3, "and the one of the database");
    assert_eq!(world.cloud.snapshots()[1].content.as_deref(), Some("later"));
}

#[tokio::test]
async fn the_choice_can_be_changed_while_the_tenant_is_suspended() {
    let (world, id) = (provisioned().await, clinic().id());
    world.mate.tenant(&id).suspend(Suspension::new()).await.unwrap();
    assert_eq!(held(&world).as_deref(), Some(HELD));
    world.mate.tenant(&id).suspend(removing()).await.unwrap();
    assert_eq!(held(&world), None);
    world.mate.tenant(&id).suspend(Suspension::new()).await.unwrap();
    assert_eq!(held(&world).as_deref(), Some(HELD));
    world.mate.tenant(&id).resume().await.unwrap();
    assert!(world.mate.plan(&clinic()).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_interrupted_suspension_that_is_taken_back_brings_the_cache_back_with_what_it_held() {
    let (world, id) = (provisioned().await, clinic().id());
    world.cloud.inject(FaultRule::new(Fault::KillAfter).on(Method::Delete).node("redis").nth(1));
    assert!(crash::until_killed(&world.cloud, world.mate.tenant(&id).suspend(removing())).await.is_none());
    world.mate.tenant(&id).unwind(&DestroyOptions::new()).await.unwrap();
    assert_eq!(world.mate.tenant(&id).phase().await.unwrap(), TenantPhase::Active);
    assert_eq!(held(&world).as_deref(), Some(HELD));
    assert!(world.mate.plan(&clinic()).await.unwrap().is_empty());
    assert_eq!(record(&world).await.left_snapshots().len(), 1);
}

#[tokio::test]
async fn a_suspension_that_never_reached_the_cache_leaves_no_snapshot_to_be_looked_for() {
    let (world, id) = (provisioned().await, clinic().id());
    world.cloud.inject(FaultRule::new(Fault::KillBefore).on(Method::Delete).node("redis").nth(1));
    assert!(crash::until_killed(&world.cloud, world.mate.tenant(&id).suspend(removing())).await.is_none());
    assert_eq!(record(&world).await.resting.len(), 1, "it was announced");
    let plan = world.mate.tenant(&id).plan_unwind(&DestroyOptions::new()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    world.mate.apply(plan, consents).await.unwrap();
    let record = record(&world).await;
    assert!(record.resting.is_empty() && record.left_snapshots().is_empty() && snapshots(&world).is_empty());
    assert_eq!(held(&world).as_deref(), Some(HELD));
}

#[tokio::test]
async fn an_interrupted_resumption_that_is_taken_back_loses_nothing() {
    for fault in [Fault::KillBefore, Fault::KillAfter] {
        let (world, id) = (provisioned().await, clinic().id());
        world.mate.tenant(&id).suspend(removing()).await.unwrap();
        world.cloud.inject(FaultRule::new(fault).on(Method::Create).node("redis").nth(1));
        assert!(crash::until_killed(&world.cloud, world.mate.tenant(&id).resume()).await.is_none());
        let plan = world.mate.tenant(&id).plan_unwind(&DestroyOptions::new()).await.unwrap();
        assert!(plan.steps.iter().all(|step| !matches!(step.risk, Risk::DataLoss(_))), "{fault:?}");
        let consents = Consents::to_every_step_of(&plan);
        world.mate.apply(plan, consents).await.unwrap();
        assert_eq!(world.mate.tenant(&id).phase().await.unwrap(), TenantPhase::Suspended, "{fault:?}");
        assert_eq!(held(&world), None, "{fault:?}");
        assert!(world.mate.plan(&clinic()).await.unwrap().is_empty(), "{fault:?}");
        world.mate.tenant(&id).resume().await.unwrap();
        assert_eq!(held(&world).as_deref(), Some(HELD), "{fault:?}");
        let mut known: Vec<String> = record(&world).await.snapshots.iter().map(|left| left.name.clone()).collect();
        known.sort();
        let mut taken = snapshots(&world);
        taken.sort();
        assert_eq!(known, taken, "{fault:?}");
    }
}

#[tokio::test]
async fn a_snapshot_that_somebody_has_deleted_is_an_error_and_no_empty_cache() {
    let (world, id) = (provisioned().await, clinic().id());
    world.mate.tenant(&id).suspend(removing()).await.unwrap();
    for name in snapshots(&world) {
        world.cloud.drop_snapshot(&name);
    }
    let error = world.mate.tenant(&id).resume().await.unwrap_err();
    assert!(matches!(error, Error::Run(_)) && error.to_string().contains("SnapshotNotFoundFault"), "{error}");
    assert!(world.cloud.object(&cache(), REDIS).is_none());
}
