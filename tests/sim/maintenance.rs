//! Maintenance on the simulated cloud: what waits, when it is done, and what stands before the tenant meanwhile.

use std::time::Duration;

use mate::clock::Clock;
use mate::lifecycle::{Change, Scale, ServiceScale};
use mate::sim::{Fault, FaultRule, Faults, Method, SimObject, crash};
use mate::spec::{EngineVersion, InstanceClass, ServiceName, TaskCount, TenantSpec, Tier};
use mate::tiers::TierCatalogue;
use mate::vocab::Consents;
use mate::vocab::{MaintenanceWindow, Page, Suspension, TenantPhase};
use mate::{DestroyOptions, Error, MaintenanceOptions, Mate};

use crate::cloud::{World, base, example, world};

fn clinic() -> TenantSpec {
    example("clinic.tfvars")
}

async fn provisioned() -> World {
    let world = world();
    world.mate.provision(&clinic()).await.unwrap();
    world
}

/// Another count for a service, which nobody notices, and another class for the database, which takes it down.
fn scale() -> Change {
    let django = ServiceName::new("django").unwrap();
    let scale = Scale::new().with_service(django, ServiceScale::count(TaskCount::new(3).unwrap()));
    Change::Scale(Box::new(scale.with_instance_class(InstanceClass::new("db.t4g.medium").unwrap())))
}

async fn deferred(world: &World) {
    world.mate.tenant(&clinic().id()).defer(scale(), Consents::none()).await.unwrap();
}

fn object(world: &World, kind: &str, node: &str) -> SimObject {
    let of = |object: &SimObject| object.address.as_ref().is_some_and(|address| address.node.as_str() == node);
    world.cloud.objects().into_iter().find(|object| object.kind.as_str() == kind && of(object)).unwrap()
}

fn class(world: &World) -> String {
    object(world, "rds:DBInstance", "db").inputs["instance_class"].as_str().unwrap().to_owned()
}

fn pages(world: &World) -> usize {
    world.cloud.objects().iter().filter(|object| object.inputs["action"]["fixed_response"]["status"] == 503).count()
}

fn now(world: &World) -> i64 {
    world.cloud.sim_clock().unix_seconds()
}

/// Goes on to this long after the window has begun next.
fn go_into(world: &World, window: MaintenanceWindow, after: Duration) {
    let begins = Duration::from_secs(u64::try_from(window.next(now(world)) - now(world)).unwrap());
    world.cloud.sim_clock().advance(begins + after);
}

fn sunday() -> MaintenanceWindow {
    "sun:03:00-sun:05:00".parse().unwrap()
}

async fn with_window(world: &World) {
    world.mate.tenant(&clinic().id()).set_maintenance_window(Some(sunday())).await.unwrap();
}

fn any_time() -> MaintenanceOptions {
    MaintenanceOptions::new().regardless_of_time()
}

#[tokio::test]
async fn what_takes_the_tenant_down_waits_and_the_rest_is_done_at_once_without_consent() {
    let world = provisioned().await;
    let before = class(&world);
    let plan = world.mate.tenant(&clinic().id()).plan_deferred(scale()).await.unwrap();
    assert_eq!(plan.risky_steps().count(), 0, "{}", plan.headline());
    assert!(plan.notes.contains(&"waits for maintenance: db".to_owned()), "{:?}", plan.notes);
    deferred(&world).await;
    assert_eq!(class(&world), before);
    assert_eq!(object(&world, "ecs:Service", "django-service").inputs["desired_count"], 3);
    assert!(world.mate.tenant(&clinic().id()).drift().await.unwrap().is_empty(), "what waits is no drift");
    let waits = world.mate.tenant(&clinic().id()).plan_maintenance().await.unwrap();
    let steps: Vec<&str> = waits.risky_steps().map(|step| step.node.as_str()).collect();
    assert_eq!(steps, ["db"]);
}

#[tokio::test]
async fn whatever_is_done_meanwhile_leaves_what_waits() {
    let world = provisioned().await;
    deferred(&world).await;
    let before = class(&world);
    world.mate.tenant(&clinic().id()).restart(Vec::new()).await.unwrap();
    world.mate.tenant(&clinic().id()).suspend(Suspension::new()).await.unwrap();
    assert_eq!(
        object(&world, "rds:DBInstance", "db").inputs["stopped"],
        true,
        "another field of it changes all the same"
    );
    world.mate.tenant(&clinic().id()).resume().await.unwrap();
    assert_eq!(class(&world), before);
    assert_eq!(world.mate.tenant(&clinic().id()).maintain(&any_time()).await.unwrap().work.len(), 1);
    assert_eq!(class(&world), "db.t4g.medium");
}

#[tokio::test]
async fn the_work_is_done_behind_a_page_within_the_window_and_reported() {
    let world = provisioned().await;
    with_window(&world).await;
    deferred(&world).await;
    go_into(&world, sunday(), Duration::from_secs(60));
    let report = world.mate.tenant(&clinic().id()).maintain(&MaintenanceOptions::new()).await.unwrap();
    assert_eq!((class(&world).as_str(), pages(&world)), ("db.t4g.medium", 0));
    let work: Vec<&str> = report.work.iter().map(|work| work.node.as_str()).collect();
    assert_eq!((report.window, work), (Some(sunday()), vec!["db"]));
    assert!(report.down > Duration::from_secs(60), "{report:?}");
    assert!(report.ended_at - report.began_at >= i64::try_from(report.down.as_secs()).unwrap(), "{report:?}");
    assert!(sunday().remaining(report.ended_at).is_some(), "{report:?}");
    assert_eq!(world.mate.tenant(&clinic().id()).phase().await.unwrap(), TenantPhase::Active);
    let nothing = world.mate.tenant(&clinic().id()).maintain(&MaintenanceOptions::new()).await.unwrap();
    assert!(nothing.work.is_empty() && nothing.down.is_zero(), "{nothing:?}");
}

#[tokio::test]
async fn outside_the_window_or_with_too_little_of_it_left_nothing_is_begun() {
    let world = provisioned().await;
    deferred(&world).await;
    let maintain =
        async || world.mate.tenant(&clinic().id()).maintain(&MaintenanceOptions::new()).await.unwrap_err().to_string();
    assert!(maintain().await.contains("no window is set, for it or its tier"), "{}", maintain().await);
    with_window(&world).await;
    let calls = world.cloud.calls().len();
    let error = maintain().await;
    assert!(error.contains("its window is sun:03:00-sun:05:00 (UTC), next at "), "{error}");
    go_into(&world, sunday(), Duration::from_secs(117 * 60));
    let error = maintain().await;
    assert!(error.contains("3 min of sun:03:00-sun:05:00 are left"), "{error}");
    let changed = world.cloud.calls()[calls..].iter().filter(|call| call.method != Method::Observe).count();
    assert_eq!(changed, 0);
}

#[tokio::test]
async fn the_window_of_a_tenant_goes_before_that_of_its_tier_and_that_before_the_usual_one() {
    let world = world();
    let of = |window: &str| window.parse::<MaintenanceWindow>().unwrap();
    let mate = Mate::builder()
        .provider(world.cloud.clone())
        .store(world.store.clone())
        .catalogue(TierCatalogue::standard())
        .base(base())
        .maintenance_window(None, of("mon:03:00-mon:05:00"))
        .maintenance_window(Some(&Tier::enterprise()), of("tue:03:00-tue:05:00"))
        .build()
        .unwrap();
    mate.provision(&clinic()).await.unwrap();
    let window = async || {
        mate.tenant(&clinic().id()).maintain(&MaintenanceOptions::new()).await.unwrap().window.unwrap().to_string()
    };
    assert_eq!(window().await, "mon:03:00-mon:05:00");
    let plan = mate.tenant(&clinic().id()).plan_change(Change::ChangeTier(Tier::enterprise())).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    mate.apply(plan, consents).await.unwrap();
    assert_eq!(window().await, "tue:03:00-tue:05:00");
    mate.tenant(&clinic().id()).set_maintenance_window(Some(of("wed:03:00-wed:05:00"))).await.unwrap();
    assert_eq!(window().await, "wed:03:00-wed:05:00");
}

#[tokio::test]
async fn a_controller_that_tends_does_the_work_when_the_window_comes() {
    let world = provisioned().await;
    with_window(&world).await;
    deferred(&world).await;
    let before = class(&world);
    world.mate.tenant(&clinic().id()).tend().await.unwrap();
    assert_eq!(class(&world), before, "not yet");
    go_into(&world, sunday(), Duration::from_secs(600));
    world.mate.tenant(&clinic().id()).tend().await.unwrap();
    assert_eq!((class(&world).as_str(), pages(&world)), ("db.t4g.medium", 0));
}

#[tokio::test]
async fn work_that_fails_is_undone_the_page_goes_and_the_work_waits_still() {
    let world = provisioned().await;
    deferred(&world).await;
    let before = class(&world);
    let fault = FaultRule::new(Fault::Capacity).kind("rds:DBInstance".parse().unwrap()).on(Method::Update);
    world.cloud.set_faults(Faults::none().with(fault));
    let error = world.mate.tenant(&clinic().id()).maintain(&any_time()).await.unwrap_err();
    assert!(matches!(error, Error::Maintenance { .. }), "{error}");
    assert_eq!((class(&world), pages(&world)), (before, 0));
    assert_eq!(world.mate.tenant(&clinic().id()).phase().await.unwrap(), TenantPhase::Active);
    world.cloud.set_faults(Faults::none());
    assert_eq!(world.mate.tenant(&clinic().id()).maintain(&any_time()).await.unwrap().work.len(), 1);
    assert_eq!(class(&world), "db.t4g.medium");
}

#[tokio::test]
async fn while_it_is_maintained_nothing_else_is_done_and_whoever_tends_it_goes_on_at_any_time() {
    let world = provisioned().await;
    deferred(&world).await;
    let id = clinic().id();
    world.mate.tenant(&id).change(Change::BeginMaintenance(Page::maintenance()), Consents::none()).await.unwrap();
    let error = world.mate.tenant(&id).restart(Vec::new()).await.unwrap_err();
    assert!(matches!(&error, Error::IllegalTransition { phase: TenantPhase::Maintained, .. }), "{error}");
    world.mate.tenant(&id).tend().await.unwrap();
    assert_eq!(world.mate.tenant(&id).phase().await.unwrap(), TenantPhase::Active);
    assert_eq!((class(&world).as_str(), pages(&world)), ("db.t4g.medium", 0));
}

#[tokio::test]
async fn a_process_that_dies_at_any_await_of_a_maintenance_is_followed_by_one_that_ends_it() {
    let id = clinic().id();
    let world = provisioned().await;
    deferred(&world).await;
    let options = any_time();
    let awaits = crash::awaits(world.mate.tenant(&id).maintain(&options)).await;
    for n in (1..awaits).step_by((awaits / 8).max(1)) {
        let world = provisioned().await;
        deferred(&world).await;
        assert!(
            crash::at_await(n, world.mate.tenant(&id).maintain(&options)).await.is_none(),
            "it dies at {n} of {awaits}"
        );
        if world.mate.tenant(&id).phase().await.unwrap() == TenantPhase::Updating {
            world.mate.tenant(&id).resume_run().await.unwrap();
        }
        if world.mate.tenant(&id).phase().await.unwrap() == TenantPhase::Maintained {
            world.mate.tenant(&id).tend().await.unwrap();
        }
        let report = world.mate.tenant(&id).maintain(&options).await.unwrap();
        assert_eq!((class(&world).as_str(), pages(&world)), ("db.t4g.medium", 0), "at {n} of {awaits}: {report:?}");
        assert_eq!(world.mate.tenant(&id).phase().await.unwrap(), TenantPhase::Active, "at {n} of {awaits}");
        assert!(world.mate.tenant(&id).plan_maintenance().await.unwrap().is_empty(), "at {n} of {awaits}");
    }
}

#[tokio::test]
async fn a_deactivated_tenant_is_maintained_behind_its_own_page() {
    let world = provisioned().await;
    deferred(&world).await;
    world.mate.tenant(&clinic().id()).deactivate(Page::deactivated()).await.unwrap();
    let report = world.mate.tenant(&clinic().id()).maintain(&any_time()).await.unwrap();
    assert!(report.down.is_zero() && report.work.len() == 1, "{report:?}");
    assert_eq!(pages(&world), 1);
    assert_eq!(world.mate.tenant(&clinic().id()).phase().await.unwrap(), TenantPhase::Deactivated);
}

#[tokio::test]
async fn what_is_no_change_for_good_cannot_wait() {
    let world = provisioned().await;
    let error = world.mate.tenant(&clinic().id()).defer(Change::Resume, Consents::none()).await.unwrap_err();
    assert_eq!(error.to_string(), "`resume` does not wait for maintenance: update, scale and change_tier can");
}

#[tokio::test]
async fn a_tenant_with_work_that_waits_is_destroyed_like_any_other() {
    let world = provisioned().await;
    deferred(&world).await;
    let plan = world.mate.tenant(&clinic().id()).plan_destroy(&DestroyOptions::new()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    world.mate.apply(plan, consents).await.unwrap();
    assert!(world.cloud.objects().is_empty());
}

#[tokio::test]
async fn what_an_object_that_waits_still_uses_stays_until_then() {
    let world = provisioned().await;
    let groups = || {
        let groups = world.cloud.objects().into_iter().filter(|object| object.kind.as_str() == "rds:DBParameterGroup");
        groups.map(|group| group.inputs["family"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let database = clinic().database().clone().with_engine_version(EngineVersion::new("18").unwrap());
    let upgrade = Change::Update(Box::new(clinic().into_builder().with_database(database).build().unwrap()));
    let plan = world.mate.tenant(&clinic().id()).plan_deferred(upgrade.clone()).await.unwrap();
    let does: Vec<String> = plan
        .steps
        .iter()
        .filter(|step| step.action.acts())
        .map(|step| format!("{} {:?} {:?}", step.node, step.action, step.fields()))
        .collect();
    assert!(does.is_empty(), "{does:?} {:?}", plan.notes);
    world.mate.tenant(&clinic().id()).defer(upgrade, Consents::none()).await.unwrap();
    assert_eq!(groups(), ["postgres17"]);
    let report = world.mate.tenant(&clinic().id()).maintain(&any_time()).await.unwrap();
    assert_eq!(report.work.len(), 2, "{report:?}");
    assert_eq!(groups(), ["postgres18"]);
    assert_eq!(object(&world, "rds:DBInstance", "db").inputs["engine_version"], "18");
}
