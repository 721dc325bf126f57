//! The status of a tenant is true: its phase, its readiness, and the verbs that it admits.

use mate::engine::EventKind;
use mate::sim::{Fault, FaultRule, Method, Selector, crash};
use mate::spec::TenantSpec;
use mate::vocab::{Consents, Suspension, TenantPhase, TenantVerb};
use mate::{DestroyOptions, Error};

use crate::cloud::{World, example, world};

fn clinic() -> TenantSpec {
    example("clinic.tfvars")
}

async fn provisioned() -> World {
    let world = world();
    world.mate.provision(&clinic()).await.unwrap();
    world
}

fn options() -> DestroyOptions {
    DestroyOptions::new().without_final_snapshot().empty_bucket()
}

/// A tenant whose destruction was interrupted.
async fn half_gone() -> World {
    let world = provisioned().await;
    let plan = world.mate.tenant(&clinic().id()).plan_destroy(&options()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    world.cloud.inject(FaultRule::new(Fault::KillAfter).on(Method::Delete).nth(3));
    assert!(crash::until_killed(&world.cloud, world.mate.apply(plan, consents)).await.is_none());
    world
}

#[tokio::test]
async fn a_suspended_tenant_is_told_as_suspended_and_is_not_ready() {
    let world = provisioned().await;
    let status = world.mate.tenant(&clinic().id()).status().await.unwrap();
    assert!(status.is_ready());
    world.mate.tenant(&clinic().id()).suspend(Suspension::new()).await.unwrap();
    let status = world.mate.tenant(&clinic().id()).status().await.unwrap();
    assert_eq!(serde_json::to_value(status.phase).unwrap(), "suspended");
    assert!(!status.is_ready());
}

#[tokio::test]
async fn the_phase_of_the_status_is_the_phase_of_the_tenant() {
    let world = half_gone().await;
    let (phase, status) = (
        world.mate.tenant(&clinic().id()).phase().await.unwrap(),
        world.mate.tenant(&clinic().id()).status().await.unwrap(),
    );
    assert_eq!(serde_json::to_value(status.phase).unwrap(), serde_json::to_value(phase).unwrap());
    assert!(!status.is_ready());
}

#[tokio::test]
async fn after_an_interrupted_destroy_nothing_is_offered_that_cannot_be() {
    let world = half_gone().await;
    let phase = world.mate.tenant(&clinic().id()).phase().await.unwrap();
    assert!(phase.admits(TenantVerb::ResumeRun) && phase.admits(TenantVerb::Destroy), "{phase}");
    let unwound = world.mate.tenant(&clinic().id()).plan_unwind(&options()).await;
    assert_eq!(phase.admits(TenantVerb::Unwind), unwound.is_ok(), "{phase}: {unwound:?}");
}

#[tokio::test]
async fn an_interrupted_unwind_of_a_first_run_goes_on_by_resuming_it() {
    let world = world();
    world.cloud.inject(FaultRule::new(Fault::KillAfter).on(Method::Create).node("db").nth(1));
    assert!(crash::until_killed(&world.cloud, world.mate.provision(&clinic())).await.is_none());
    let id = clinic().id();
    let plan = world.mate.tenant(&id).plan_unwind(&options()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    world.cloud.inject(FaultRule::new(Fault::KillAfter).on(Method::Delete).nth(1));
    assert!(crash::until_killed(&world.cloud, world.mate.apply(plan, consents)).await.is_none());
    let phase = world.mate.tenant(&id).phase().await.unwrap();
    let possible = world.mate.tenant(&id).status().await.unwrap().possible;
    assert_eq!((phase, possible), (TenantPhase::Offboarding, vec![TenantVerb::ResumeRun, TenantVerb::Destroy]));
    world.mate.tenant(&id).resume_run().await.unwrap();
    assert!(world.cloud.objects().is_empty());
}

#[tokio::test]
async fn whoever_sees_that_a_run_has_begun_finds_its_record() {
    let world = world();
    let operation = world.mate.provision(&clinic());
    let mut events = operation.events();
    let seen = async {
        while let Some(event) = events.next().await {
            if event.kind == EventKind::RunStarted {
                return Some(world.mate.tenant(&clinic().id()).plan_destroy(&options()).await.map(drop));
            }
        }
        None
    };
    let (made, seen) = tokio::join!(operation, seen);
    made.unwrap();
    let seen = seen.expect("a run tells that it has begun");
    assert!(!matches!(seen, Err(Error::NotFound(_))), "{seen:?}");
}

#[tokio::test]
async fn a_failure_tells_its_reason_once() {
    let world = world();
    world.cloud.fail(Selector::Node("django-service".to_owned()), "exit code 137, out of memory");
    let error = world.mate.provision(&clinic()).await.unwrap_err();
    let text = error.to_string();
    assert_eq!(text.matches("exit code 137, out of memory").count(), 1, "{text}");
}
