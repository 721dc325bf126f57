//! The log of a tenant's life: what it tells, that it is whole, and that no death on the way makes it lie.

use mate::state::Records;
use std::collections::BTreeMap;

use mate::clock::Clock;
use mate::engine::EventKind;
use mate::outbox::{LifecycleEvent, LifecycleKind};
use mate::sim::Selector;
use mate::sim::crash::{at_await, awaits};
use mate::spec::TenantSpec;
use mate::state::{LogEntry, LogEvent, RunResult, verify};
use mate::vocab::Consents;
use mate::{DestroyOptions, Error, Mate, SimCloud};

use crate::cloud::{example, world};
use crate::yielding::{self, Yielding};

fn spec() -> TenantSpec {
    example("clinic.tfvars").into_builder().with_deletion_protection(false).build().unwrap()
}

async fn destroy(mate: &Mate) -> Result<(), Error> {
    let plan = mate.tenant(&spec().id()).plan_destroy(&DestroyOptions::new()).await?;
    let consents = Consents::to_every_step_of(&plan);
    mate.apply(plan, consents).await.map(drop)
}

fn told(log: &[LogEntry]) -> Vec<(&str, &str)> {
    let what = |entry: &LogEntry| match &entry.what {
        LogEvent::Begun => "begun",
        LogEvent::Ended(RunResult::Succeeded) => "succeeded",
        LogEvent::Ended(RunResult::Failed { .. }) => "failed",
        LogEvent::Ended(RunResult::Cancelled) => "cancelled",
        other => panic!("{other:?}"),
    };
    log.iter().map(|entry| (entry.verb.word(), what(entry))).collect()
}

#[tokio::test]
async fn a_life_is_told_in_one_log_that_outlives_the_tenant() {
    let world = world();
    let tenant = spec().id();
    let alice = world.mate.by("alice@example.com").because("ticket 4711");
    alice.provision(&spec()).await.unwrap();
    world.mate.provision(&spec()).await.unwrap();
    world.mate.tenant(&tenant).restart(Vec::new()).await.unwrap();
    destroy(&alice.because("contract ended")).await.unwrap();
    let log = world.mate.tenant(&tenant).history().await.unwrap();
    let life = [("provision", "begun"), ("provision", "succeeded"), ("restart", "begun"), ("restart", "succeeded")];
    let end = [("destroy", "begun"), ("destroy", "succeeded")];
    assert_eq!(told(&log), [&life[..], &end].concat(), "a provision that finds nothing to do is not told");
    assert_eq!((log[0].actor.as_str(), log[0].reason.as_deref()), ("alice@example.com", Some("ticket 4711")));
    assert!(log[2].actor.starts_with("mate-") && log[2].reason.is_none(), "{:?}", log[2]);
    assert_eq!(log[4].reason.as_deref(), Some("contract ended"));
    assert_eq!(log[0].detail["tier"], "trial");
    assert!(log[4].detail["consents"].contains("redis"), "{:?}", log[4].detail);
    assert!(log.iter().all(|entry| entry.plan.as_ref().is_some_and(|digest| digest.len() == 64)));

    world.mate.provision(&spec()).await.unwrap();
    let whole = world.mate.tenant(&tenant).verify().await.unwrap();
    assert_eq!(whole.entries, 8, "the next life goes on in the same log");
}

#[tokio::test]
async fn a_failure_is_told_with_its_reason_and_its_resumption_as_the_same_run() {
    let world = world();
    let tenant = spec().id();
    let db = Selector::Node("db".to_owned());
    world.cloud.fail(db.clone(), "no capacity for db.t4g.micro");
    world.mate.provision(&spec()).await.unwrap_err();
    world.cloud.heal(&db);
    world.mate.by("bob").tenant(&tenant).resume_run().await.unwrap();
    let log = world.mate.tenant(&tenant).history().await.unwrap();
    assert_eq!(
        told(&log),
        [("provision", "begun"), ("provision", "failed"), ("provision", "begun"), ("provision", "succeeded")]
    );
    let LogEvent::Ended(RunResult::Failed { reason }) = &log[1].what else { panic!("{:?}", log[1]) };
    assert!(reason.contains("db") && reason.contains("no capacity for db.t4g.micro"), "{reason}");
    assert!(log.iter().all(|entry| entry.run == log[0].run));
    assert_eq!((log[2].actor.as_str(), log[2].detail["try"].as_str()), ("bob", "2"));
    world.mate.tenant(&tenant).verify().await.unwrap();
}

#[tokio::test]
async fn a_cancelled_run_is_told_as_such() {
    let world = world();
    let operation = world.mate.provision(&spec());
    let (mut events, cancel) = (operation.events(), operation.cancel_handle());
    let begun = async {
        while let Some(event) = events.next().await {
            if event.kind == EventKind::RunStarted {
                cancel.cancel();
            }
        }
    };
    let (stopped, ()) = tokio::join!(operation, begun);
    stopped.unwrap_err();
    let log = world.mate.tenant(&spec().id()).history().await.unwrap();
    assert_eq!(told(&log), [("provision", "begun"), ("provision", "cancelled")]);
}

#[tokio::test]
async fn what_was_cancelled_before_it_began_is_not_told() {
    let world = world();
    let operation = world.mate.provision(&spec());
    operation.cancel();
    operation.await.unwrap_err();
    assert_eq!(world.mate.tenant(&spec().id()).history().await.unwrap(), []);
}

#[tokio::test]
async fn a_lease_that_was_taken_away_is_told_once_by_the_run_that_follows() {
    let world = world();
    let (id, clock) = (spec().id(), world.cloud.sim_clock().clone());
    let takes_it = async {
        clock.sleep_until(std::time::Duration::from_secs(45)).await;
        let holder = world.mate.tenant(&id).lease().await.unwrap().holder.expect("a run is under way");
        world
            .mate
            .tenant(&id)
            .force_unlock(holder.fence, "ops", "its host is gone")
            .await
            .unwrap()
            .expect("it was held")
    };
    let (stopped, taken) = tokio::join!(world.mate.provision(&spec()), takes_it);
    stopped.unwrap_err();
    world.mate.tenant(&id).resume_run().await.unwrap();
    world.mate.tenant(&id).restart(Vec::new()).await.unwrap();
    let log = world.mate.tenant(&id).history().await.unwrap();
    let verbs: Vec<&str> = log.iter().map(|entry| entry.verb.word()).collect();
    assert_eq!(verbs, ["provision", "force_unlock", "provision", "provision", "restart", "restart"]);
    let entry = &log[1];
    assert_eq!(entry.what, LogEvent::Unlocked { owner: taken.owner.clone(), lease: taken.fence });
    assert_eq!((entry.actor.as_str(), entry.reason.as_deref(), entry.at), ("ops", Some("its host is gone"), taken.at));
    assert_eq!((log[0].fence, log[2].fence), (taken.fence, entry.fence), "who was stopped, and who tells it");
    assert_eq!(world.mate.tenant(&id).verify().await.unwrap().entries, 6);
    assert_eq!(LifecycleEvent::from(entry).kind, LifecycleKind::Unlocked);
}

#[tokio::test]
async fn a_log_that_was_cut_off_in_the_store_is_found_by_the_record() {
    let (cut, whole) = (world(), world());
    whole.mate.provision(&spec()).await.unwrap();
    whole.mate.tenant(&spec().id()).restart(Vec::new()).await.unwrap();
    // The record of one store, and the log of another one that has seen less.
    cut.mate.provision(&spec()).await.unwrap();
    let key = whole.mate.tenant(&spec().id()).key().clone();
    let record = whole.store.get(&key).await.unwrap().unwrap();
    let mixed = yielding::Mixed { records: whole.store.clone(), logs: mate::MemoryStore::new() };
    assert!(record.log.seq() == 4 && record.log.entries()[0].seq == 2, "{:?}", record.log);
    let mate = yielding::mate(cut.cloud.clone(), mixed);
    let Err(Error::Log(broken)) = mate.tenant(&spec().id()).verify().await else { panic!("the log is gone") };
    assert_eq!(broken.seq, 1);
}

/// Checks the properties that a log has after any deaths.
fn assert_honest(log: &[LogEntry], key: &mate::model::ids::TenantKey, case: &str) {
    assert_eq!(verify(key, log).map(|whole| whole.entries), Ok(log.len() as u64), "{case}");
    let mut runs: BTreeMap<(&str, &str), Vec<&LogEvent>> = BTreeMap::new();
    for entry in log {
        runs.entry((entry.run.as_deref().unwrap(), entry.verb.word())).or_default().push(&entry.what);
    }
    for (run, events) in runs {
        let succeeded = events.iter().filter(|what| ***what == LogEvent::Ended(RunResult::Succeeded)).count();
        assert_eq!(succeeded, 1, "{case}: {run:?} reached its end once: {events:?}");
        assert_eq!(events[0], &LogEvent::Begun, "{case}: {run:?}");
        assert_eq!(events.last(), Some(&&LogEvent::Ended(RunResult::Succeeded)), "{case}: {run:?}");
    }
}

async fn recover(mate: &Mate, verb: &str) {
    match mate.tenant(&spec().id()).resume_run().await {
        Ok(_) => {}
        Err(Error::NothingInterrupted(_)) if verb == "provision" => {}
        Err(Error::NotFound(_)) if verb == "provision" => drop(mate.provision(&spec()).await.unwrap()),
        Err(Error::NotFound(_)) => {}
        Err(Error::NothingInterrupted(_)) => destroy(mate).await.unwrap(),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn whichever_call_of_the_store_it_dies_at_the_log_of_a_provision_loses_and_doubles_nothing() {
    let fresh = || {
        let store = Yielding::default();
        (yielding::mate(SimCloud::new(7), store.clone()), store)
    };
    let all = awaits(fresh().0.provision(&spec())).await;
    let first_and_last = (1..=30.min(all)).chain(all.saturating_sub(30)..=all);
    for n in first_and_last {
        let (mate, store) = fresh();
        let died = at_await(n, mate.provision(&spec())).await.is_none();
        recover(&mate, "provision").await;
        let key = mate.tenant(&spec().id()).key().clone();
        let case = format!("await {n} of {all}, died: {died}");
        assert_honest(&mate.tenant(&spec().id()).history().await.unwrap(), &key, &case);
        mate.tenant(&spec().id()).verify().await.unwrap();
        drop(store);
    }
}

#[tokio::test]
async fn whichever_call_of_the_store_it_dies_at_the_log_of_a_destroy_loses_and_doubles_nothing() {
    let fresh = async || {
        let mate = yielding::mate(SimCloud::new(7), Yielding::default());
        mate.provision(&spec()).await.unwrap();
        mate
    };
    let all = awaits(destroy(&fresh().await)).await;
    for n in (1..=20.min(all)).chain(all.saturating_sub(40)..=all) {
        let mate = fresh().await;
        let died = at_await(n, destroy(&mate)).await.is_none();
        recover(&mate, "destroy").await;
        let log = mate.tenant(&spec().id()).history().await.unwrap();
        let case = format!("await {n} of {all}, died: {died}");
        assert_honest(&log, mate.tenant(&spec().id()).key(), &case);
        assert_eq!(told(&log).last(), Some(&("destroy", "succeeded")), "{case}");
    }
}
