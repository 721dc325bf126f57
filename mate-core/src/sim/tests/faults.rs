//! Faults, eventual consistency and replay.

use std::time::Duration;

use super::world::{World, kind};
use crate::clock::Clock;
use crate::provider::{ErrorClass, Observation, Provider, Scope, Status};
use crate::sim::{Fault, FaultRule, Faults, Latencies, Method, Outcome, Selector, SimCloud, SimCloudBuilder};

fn with(rule: FaultRule) -> SimCloudBuilder {
    SimCloud::builder().faults(Faults::none().with(rule))
}

#[tokio::test]
async fn a_call_that_fails_before_has_no_effect_and_one_whose_answer_is_lost_has() {
    for (fault, class, exists) in [
        (Fault::FailBefore, ErrorClass::Transient, false),
        (Fault::Throttle, ErrorClass::Throttled, false),
        (Fault::Capacity, ErrorClass::Capacity, false),
        (Fault::LoseAnswer, ErrorClass::Ambiguous, true),
    ] {
        let world = World::empty(with(FaultRule::new(fault).on(Method::Create).node("bucket").nth(1)));
        let error = world.create("bucket").await.unwrap_err();
        assert_eq!(error.class, class);
        assert_eq!(world.cloud.objects().len(), usize::from(exists), "{fault:?}");
        let call = &world.cloud.calls()[0];
        assert_eq!(call.outcome, Outcome::Error { class, code: error.code });
        world.create("bucket").await.unwrap();
        assert_eq!(world.cloud.objects().len(), 1);
        assert_eq!(world.cloud.call_counts()[&Method::Create], 2);
    }
}

#[tokio::test]
async fn an_observation_that_fails_is_unknown_and_not_absent() {
    let world = World::empty(with(FaultRule::new(Fault::FailBefore).on(Method::Observe).times(1)));
    assert!(matches!(world.look("bucket").await, Observation::Unknown(_)));
    assert!(matches!(world.look("bucket").await, Observation::Absent));
}

#[tokio::test]
async fn a_delay_takes_virtual_time() {
    let delay = Fault::Delay(Duration::from_secs(40));
    let cloud = with(FaultRule::new(delay).on(Method::Create)).latencies(Latencies::none()).build();
    let world = World { cloud, ..World::empty(SimCloud::builder()) };
    world.create("bucket").await.unwrap();
    assert_eq!(world.cloud.sim_clock().now(), Duration::from_secs(40));
    assert_eq!(world.live("bucket").await.status, Status::Ready);
}

#[tokio::test]
async fn a_stale_read_shows_what_was_before_for_a_while() {
    let mut world = World::empty(with(FaultRule::new(Fault::StaleRead)));
    world.create("logs").await.unwrap();
    assert!(matches!(world.look("logs").await, Observation::Absent));
    world.wait(30).await;
    world.set("logs", "retention_days", serde_json::json!(30)).await.unwrap();
    assert_eq!(world.live("logs").await.inputs["retention_days"], 90);
    world.wait(30).await;
    assert_eq!(world.live("logs").await.inputs["retention_days"], 30);
}

#[tokio::test]
async fn what_is_stuck_stays_pending_until_it_is_healed() {
    let world = World::empty(with(FaultRule::new(Fault::StuckCreate).node("bucket")));
    world.create("bucket").await.unwrap();
    world.wait(86_400).await;
    assert_eq!(world.live("bucket").await.status, Status::Pending("creating".into()));
    assert_eq!(world.cloud.diagnose(world.target("bucket")).await.unwrap()[0].finding, "still creating");
    world.cloud.heal(&Selector::Node("bucket".into()));
    assert_eq!(world.live("bucket").await.status, Status::Ready);
}

#[tokio::test]
async fn an_injected_reason_is_told_by_status_and_diagnosis() {
    let mut world = World::empty(SimCloud::builder());
    world.make("logs").await;
    let selector = Selector::Kind(kind("logs:LogGroup"));
    world.cloud.fail(selector.clone(), "exit code 137: out of memory");
    assert_eq!(world.live("logs").await.status, Status::Failed("exit code 137: out of memory".into()));
    let found = world.cloud.diagnose(world.target("logs")).await.unwrap();
    assert_eq!(found[0].advice.as_deref(), Some("give the container more memory"));
    world.cloud.heal(&selector);
    assert_eq!(world.live("logs").await.status, Status::Ready);
    assert!(world.cloud.diagnose(world.target("logs")).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_new_object_may_be_unseen_for_a_while_and_cannot_be_referred_to() {
    let cloud = SimCloud::builder().eventual_consistency(Duration::from_secs(600));
    let mut world = World::empty(cloud);
    let created = world.create("alb-group").await.unwrap();
    assert!(matches!(world.look("alb-group").await, Observation::Absent));
    world.outputs.insert("alb-group".parse().unwrap(), created.outputs);
    assert_eq!(world.create("ecs-group").await.unwrap_err().class, ErrorClass::EventualConsistency);
    let found = world.cloud.discover(Scope::Tenant(world.tenant.clone())).await.unwrap();
    assert!(found.is_empty());
    world.wait(600).await;
    assert_eq!(world.live("alb-group").await.physical_id, created.physical_id);
    world.create("ecs-group").await.unwrap();
}

#[tokio::test]
async fn the_same_seed_gives_the_same_world() {
    let build = |seed| SimCloud::builder().seed(seed).latencies(Latencies::typical().jitter(0.3));
    let (one, same) = (World::built(build(4), &[]).await, World::built(build(4), &[]).await);
    assert_eq!(one.cloud.objects(), same.cloud.objects());
    assert_eq!(one.cloud.calls(), same.cloud.calls());
    let other = World::built(build(5), &[]).await;
    assert_ne!(one.cloud.objects(), other.cloud.objects());
}

#[tokio::test]
async fn a_fault_that_kills_one_process_leaves_the_other_alone() {
    let world = World::empty(with(FaultRule::new(Fault::KillBefore).on(Method::Create).node("bucket").times(1)));
    let other = World { cloud: world.cloud.process(), ..World::empty(SimCloud::builder()) };
    assert!(crate::sim::crash::until_killed(&world.cloud, world.create("bucket")).await.is_none());
    let answer = crate::sim::crash::until_killed(&other.cloud, other.create("bucket")).await;
    answer.expect("it lives").unwrap();
    assert_eq!(world.cloud.objects().len(), 1);
}
