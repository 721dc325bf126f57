//! The way on of a run stands in the run: whether it goes back where it fails, and what follows it.

use mate::state::Records;
use std::time::Duration;

use mate::engine::EventKind;
use mate::lifecycle::{Change, Deployment, Scale};
use mate::plan::Plan;
use mate::sim::{Fault, FaultRule, Latencies, Method, Selector, crash};
use mate::spec::{ImageReference, InstanceClass, ServiceName, TenantSpec};
use mate::vocab::{Command, Consents, OnFailure, TenantPhase, TenantVerb};
use mate::{Error, MaintenanceOptions, SimCloud};

use crate::cloud::{World, example, on, world};

fn clinic() -> TenantSpec {
    example("clinic.tfvars")
}

async fn provisioned() -> World {
    let world = world();
    world.mate.provision(&clinic()).await.unwrap();
    world
}

fn bad() -> Deployment {
    Deployment::of(ImageReference::new("bad").unwrap())
}

/// Resumes until nothing is interrupted any more; says how often that was.
async fn resumed(world: &World) -> usize {
    for times in 0..5 {
        match world.mate.tenant(&clinic().id()).resume_run().await {
            Ok(_) => {}
            Err(Error::NothingInterrupted(_)) => return times,
            Err(error) => panic!("{error}"),
        }
    }
    panic!("there is always something left to resume");
}

#[tokio::test]
async fn the_plan_of_a_deployment_says_that_it_goes_back_and_does_so_however_it_is_applied() {
    let world = provisioned().await;
    world.cloud.break_image("@sha256:", "exit code 1");
    let plan = world.mate.tenant(&clinic().id()).plan_deploy(&bad()).await.unwrap();
    assert_eq!((plan.on_failure, &plan.then), (OnFailure::Unwind, &None));
    let plan = Plan::from_json(&plan.to_json()).unwrap();
    let error = world.mate.apply(plan, Consents::none()).await.unwrap_err();
    assert!(matches!(error, Error::RolledBack { release: Some(1), to: None, .. }), "{error}");
    assert!(world.mate.plan(&clinic()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_plan_says_what_follows_it() {
    let world = provisioned().await;
    let plan = world.mate.tenant(&clinic().id()).plan_rotate(&[]).await.unwrap();
    assert_eq!((plan.on_failure, plan.then), (OnFailure::Unwind, Some(Change::RetireTokens)));
    let plan = world.mate.tenant(&clinic().id()).plan_change(Change::Restart(Vec::new())).await.unwrap();
    assert_eq!((plan.on_failure, plan.then), (OnFailure::Stop, None));
}

#[tokio::test]
async fn a_rotation_whose_process_dies_at_any_await_is_ended_by_resuming_alone() {
    let id = clinic().id();
    let world = provisioned().await;
    let awaits = crash::awaits(world.mate.tenant(&id).rotate(&[])).await;
    for n in (1..awaits).step_by((awaits / 16).max(1)) {
        let world = provisioned().await;
        assert!(crash::at_await(n, world.mate.tenant(&id).rotate(&[])).await.is_none(), "it dies at {n} of {awaits}");
        resumed(&world).await;
        let record = world.store.get(world.mate.tenant(&id).key()).await.unwrap().unwrap();
        assert!(!record.operating.both_tokens && record.then.is_none(), "it dies at {n} of {awaits}");
        assert!(world.mate.plan(&clinic()).await.unwrap().is_empty(), "it dies at {n} of {awaits}");
    }
}

#[tokio::test]
async fn what_follows_a_run_that_has_ended_stands_in_the_record_until_it_begins() {
    // Calls take their time, so that the cancel comes before what follows has its lease.
    let takes_time = Latencies::typical().call(Duration::from_millis(50));
    let (world, id) = (on(SimCloud::builder().seed(7).latencies(takes_time).build()), clinic().id());
    world.mate.provision(&clinic()).await.unwrap();
    let rotation = world.mate.tenant(&id).rotate(&[]);
    let (mut events, cancel) = (rotation.events(), rotation.cancel_handle());
    let stopped = async {
        while let Some(event) = events.next().await {
            if event.kind == EventKind::RunFinished {
                cancel.cancel();
            }
        }
    };
    let (rotated, ()) = tokio::join!(rotation, stopped);
    assert!(matches!(rotated, Err(Error::Run(_))), "{rotated:?}");
    let record = async || world.store.get(world.mate.tenant(&id).key()).await.unwrap().unwrap();
    let stands = record().await;
    assert_eq!((stands.run, stands.then.map(|then| then.change)), (None, Some(Change::RetireTokens)));
    assert!(world.mate.tenant(&id).status().await.unwrap().possible.contains(&TenantVerb::ResumeRun));
    world.mate.tenant(&id).resume_run().await.unwrap();
    let stands = record().await;
    assert!(!stands.operating.both_tokens && stands.then.is_none());
    assert!(matches!(world.mate.tenant(&id).resume_run().await, Err(Error::NothingInterrupted(_))));
}

#[tokio::test]
async fn a_maintenance_whose_process_dies_at_any_await_is_ended_by_resuming_alone() {
    let id = clinic().id();
    let class = Scale::new().with_instance_class(InstanceClass::new("db.t4g.medium").unwrap());
    let options = MaintenanceOptions::new().regardless_of_time();
    let waiting = async || {
        let world = provisioned().await;
        world.mate.tenant(&id).defer(Change::Scale(Box::new(class.clone())), Consents::none()).await.unwrap();
        world
    };
    let awaits = crash::awaits(waiting().await.mate.tenant(&id).maintain(&options)).await;
    for n in (1..awaits).step_by((awaits / 8).max(1)) {
        let world = waiting().await;
        assert!(
            crash::at_await(n, world.mate.tenant(&id).maintain(&options)).await.is_none(),
            "it dies at {n} of {awaits}"
        );
        let began = resumed(&world).await > 0;
        let record = world.store.get(world.mate.tenant(&id).key()).await.unwrap().unwrap();
        assert_eq!(world.mate.tenant(&id).phase().await.unwrap(), TenantPhase::Active, "it dies at {n} of {awaits}");
        let ended = record.operating.deferred.is_empty();
        assert!(ended || !began, "it dies at {n} of {awaits}: what was begun is ended");
    }
}

#[tokio::test]
async fn work_that_fails_after_a_death_goes_back_and_its_page_goes_too() {
    let id = clinic().id();
    let world = provisioned().await;
    let class = Scale::new().with_instance_class(InstanceClass::new("db.t4g.medium").unwrap());
    world.mate.tenant(&id).defer(Change::Scale(Box::new(class)), Consents::none()).await.unwrap();
    world.cloud.inject(FaultRule::new(Fault::KillBefore).on(Method::Update).node("db").nth(1));
    let options = MaintenanceOptions::new().regardless_of_time();
    assert!(crash::until_killed(&world.cloud, world.mate.tenant(&id).maintain(&options)).await.is_none());
    let fault = FaultRule::new(Fault::Capacity).kind("rds:DBInstance".parse().unwrap()).on(Method::Update);
    world.cloud.set_faults(mate::sim::Faults::none().with(fault));
    let error = world.mate.tenant(&id).resume_run().await.unwrap_err();
    assert!(matches!(error, Error::Maintenance { .. }), "{error}");
    assert_eq!(world.mate.tenant(&id).phase().await.unwrap(), TenantPhase::Active);
    let record = world.store.get(world.mate.tenant(&id).key()).await.unwrap().unwrap();
    assert!(!record.operating.deferred.is_empty(), "the work waits still");
}

#[tokio::test]
async fn a_command_that_is_resumed_and_fails_leaves_the_tenant_as_it_was() {
    let id = clinic().id();
    let world = provisioned().await;
    let command = Command::new(ServiceName::new("django").unwrap(), ["check"]);
    world.cloud.inject(FaultRule::new(Fault::KillBefore).on(Method::Create).kind("ecs:Task".parse().unwrap()).nth(1));
    assert!(crash::until_killed(&world.cloud, world.mate.tenant(&id).run_command(&command)).await.is_none());
    world.cloud.fail(Selector::Kind("ecs:Task".parse().unwrap()), "exit code 3");
    let error = world.mate.tenant(&id).resume_run().await.unwrap_err();
    assert!(matches!(error, Error::Run(_)), "{error}");
    assert_eq!(world.mate.tenant(&id).phase().await.unwrap(), TenantPhase::Active);
    assert!(world.mate.plan(&clinic()).await.unwrap().is_empty());
}
