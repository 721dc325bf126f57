//! A run with failures: the failed nodes, the nodes that go on, the messages, and the next run, which completes it.

use std::collections::BTreeSet;
use std::time::Duration;

use mate::engine::{EventKind, RunError};
use mate::sim::Selector;
use mate::tiers::TierCatalogue;
use mate::{Error, Mate, MemoryStore, SimCloud};

use crate::cloud::{base, changes, example, world};

#[tokio::test]
async fn a_failed_branch_leaves_its_siblings_running_and_says_what_failed_and_why() {
    let world = world();
    let spec = example("regional.tfvars");
    world.cloud.fail(Selector::Node("redis".to_owned()), "no capacity for cache.t4g.small in us-east-1a");
    let Err(Error::Run(error)) = world.mate.provision(&spec).await else { panic!("the cache fails") };
    let RunError::Failed { failures, skipped, .. } = *error else { panic!("{error}") };
    assert_eq!(failures.len(), 1);
    let text = failures[0].to_string();
    for part in ["redis", "elasticache:ReplicationGroup", "mate-regional-dev-redis", "no capacity", "Next:"] {
        assert!(text.contains(part), "`{part}` in {text}");
    }
    let status = world.mate.tenant(&spec.id()).status().await.unwrap();
    let ready = |node: &str| status.nodes.iter().any(|found| found.node.as_str() == node && found.ready);
    assert!(ready("db") && ready("load-balancer") && ready("listener-443"), "siblings went on: {status:#?}");
    assert!(skipped.iter().any(|node| node.as_str() == "django-service"));
}

#[tokio::test]
async fn the_next_run_goes_on_from_where_the_failed_one_stood() {
    let world = world();
    let spec = example("regional.tfvars");
    let redis = Selector::Node("redis".to_owned());
    world.cloud.fail(redis.clone(), "no capacity");
    world.mate.provision(&spec).await.unwrap_err();
    world.cloud.heal(&redis);
    let plan = world.mate.plan(&spec).await.unwrap();
    let again: BTreeSet<&str> = changes(&plan).map(|step| step.node.as_str()).collect();
    assert!(!again.contains("db"), "what is ready is not touched again: {again:?}");
    let consents = mate::vocab::Consents::to_every_step_of(&plan);
    world.mate.apply(plan, consents).await.unwrap();
    assert!(world.mate.plan(&spec).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_cancelled_run_ends_in_order_and_the_next_one_finishes_it() {
    let world = world();
    let spec = example("regional.tfvars");
    let operation = world.mate.provision(&spec);
    let mut events = operation.events();
    let cancel = operation.cancel_handle();
    let watch = async {
        while let Some(event) = events.next().await {
            if matches!(&event.kind, EventKind::Waiting { node, .. } if node.as_str() == "redis") {
                cancel.cancel();
            }
        }
    };
    let (result, ()) = tokio::join!(operation, watch);
    let Err(Error::Run(error)) = result else { panic!("it was cancelled: {result:?}") };
    assert!(matches!(*error, RunError::Cancelled { done, total, .. } if 0 < done && done < total), "{error}");
    world.mate.provision(&spec).await.unwrap();
    assert!(world.mate.plan(&spec).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_run_that_is_dropped_anywhere_is_finished_by_the_next_one() {
    for after in [1usize, 5, 20, 40, 80, 120] {
        let world = world();
        let spec = example("regional.tfvars");
        let mut operation = Box::pin(world.mate.provision(&spec));
        for _ in 0..after {
            if futures::poll!(operation.as_mut()).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(operation);
        let plan = world.mate.plan(&spec).await.unwrap();
        let consents = mate::vocab::Consents::to_every_step_of(&plan);
        world.mate.apply(plan, consents).await.unwrap_or_else(|error| panic!("after {after} polls: {error}"));
        assert!(world.mate.plan(&spec).await.unwrap().is_empty(), "after {after} polls");
    }
}

#[tokio::test]
async fn events_tell_the_whole_run_with_what_remains() {
    let world = world();
    let operation = world.mate.provision(&example("clinic.tfvars"));
    let mut events = operation.events();
    let watch = async {
        let mut seen = Vec::new();
        while let Some(event) = events.next().await {
            seen.push(event);
        }
        seen
    };
    let (result, seen) = tokio::join!(operation, watch);
    result.unwrap();
    let started = |node: &str| {
        seen.iter()
            .any(|event| matches!(&event.kind, EventKind::Started { node: started, .. } if started.as_str() == node))
    };
    assert!(started("db") && started("django-service"));
    assert!(
        seen.iter()
            .any(|event| matches!(&event.kind, EventKind::Waiting { reason, .. } if reason.contains("creating")))
    );
    let first = seen.iter().find(|event| event.kind == EventKind::RunStarted).unwrap();
    let last = seen.last().unwrap();
    assert!(first.remaining.as_secs() > 300, "a cache alone takes seven minutes: {:?}", first.remaining);
    assert_eq!((last.done, last.remaining.as_secs()), (last.total, 0));
    assert!(
        last.at >= first.remaining / 2,
        "the estimate is of the right size: {:?} of {:?}",
        first.remaining,
        last.at
    );
}

#[tokio::test]
async fn an_operation_can_be_spawned() {
    let world = world();
    let applied = tokio::spawn(world.mate.provision(&example("clinic.tfvars"))).await.unwrap().unwrap();
    assert_eq!(applied.url(), "https://clinic.mate.sociant.ai");
}

/// A limit that no clock can reach is none.
#[tokio::test]
async fn limits_of_any_length_are_kept() {
    let cloud = SimCloud::new(7);
    let mate = Mate::builder()
        .provider(cloud.clone())
        .store(MemoryStore::new())
        .catalogue(TierCatalogue::standard())
        .base(base())
        .deadlines(Some(Duration::MAX), Some(Duration::MAX), Some(Duration::MAX))
        .lease(Duration::MAX)
        .consistency(Duration::MAX)
        .build()
        .unwrap();
    let spec = example("clinic.tfvars");
    mate.provision(&spec).await.unwrap();
    assert!(mate.plan(&spec).await.unwrap().is_empty());
}
