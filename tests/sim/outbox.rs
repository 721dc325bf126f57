//! The events of tenants reach a sink at least once, in order, whatever fails on the way.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use mate::outbox::sbt::sbt;
use mate::outbox::{ChannelSink, EventSink, LifecycleEvent, LifecycleKind, SinkError};
use mate::sim::crash::{at_await, awaits};
use mate::spec::TenantSpec;
use mate::testing::MockEventSink;
use mate::vocab::Consents;
use mate::{DestroyOptions, Mate, SimCloud};

use crate::cloud::{example, world};
use crate::yielding::{self, Yielding};

fn spec() -> TenantSpec {
    example("clinic.tfvars").into_builder().with_deletion_protection(false).build().unwrap()
}

async fn live_and_die(mate: &Mate) {
    mate.provision(&spec()).await.unwrap();
    let plan = mate.tenant(&spec().id()).plan_destroy(&DestroyOptions::new()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    mate.apply(plan, consents).await.unwrap();
}

/// Keeps what it is given, yields before it answers, and refuses what it is told to.
#[derive(Debug, Default)]
struct Kept {
    events: Mutex<Vec<LifecycleEvent>>,
    refused: Option<&'static str>,
}

impl Kept {
    fn ids(&self) -> Vec<String> {
        self.events.lock().unwrap().iter().map(|event| event.id.clone()).collect()
    }
}

#[async_trait]
impl EventSink for Kept {
    async fn deliver(&self, event: &LifecycleEvent) -> Result<(), SinkError> {
        tokio::task::yield_now().await;
        if self.refused == Some(event.tenant.tenant.as_str()) && event.seq == 2 {
            return Err(SinkError::temporary("take it", "full"));
        }
        self.events.lock().unwrap().push(event.clone());
        tokio::task::yield_now().await;
        Ok(())
    }
}

#[tokio::test]
async fn a_life_is_delivered_once_and_in_order_also_when_the_tenant_is_gone() {
    let world = world();
    live_and_die(&world.mate).await;
    let (sink, mut events) = ChannelSink::new(16);
    let sink: Arc<dyn EventSink> = Arc::new(sink);
    let delivered = world.mate.deliver(Arc::clone(&sink)).await.unwrap();
    assert!(delivered.events == 4 && delivered.failed.is_empty(), "{delivered:?}");
    assert_eq!(world.mate.deliver(Arc::clone(&sink)).await.unwrap().events, 0, "nothing is new");
    drop(sink);
    let mut names = Vec::new();
    while let Some(event) = events.recv().await {
        names.push(sbt(&event).unwrap().detail_type);
    }
    let wanted = ["onboardingRequest", "provisionSuccess", "offboardingRequest", "deprovisionSuccess"];
    assert_eq!(names, wanted.map(|name| format!("sbt_aws_{name}")));
}

#[tokio::test]
async fn wherever_a_delivery_dies_every_event_arrives_and_one_at_most_twice() {
    let fresh = async || {
        let mate = yielding::mate(SimCloud::new(7), Yielding::default());
        live_and_die(&mate).await;
        mate
    };
    let all = awaits(fresh().await.deliver(Arc::new(Kept::default()))).await;
    assert!(all > 16, "{all}");
    let mut twice = 0;
    for n in 1..=all {
        let (mate, sink) = (fresh().await, Arc::new(Kept::default()));
        let died = at_await(n, mate.deliver(Arc::clone(&sink) as Arc<dyn EventSink>)).await;
        assert!(died.is_none() || n == all);
        mate.deliver(Arc::clone(&sink) as Arc<dyn EventSink>).await.unwrap();
        let mut ids = sink.ids();
        let surplus = ids.len() - 4;
        assert!(surplus <= 1, "await {n}: {ids:?}");
        twice += surplus;
        ids.dedup();
        assert_eq!(ids.len(), 4, "await {n}: in order, the same id for the same event: {ids:?}");
        let seqs: BTreeMap<u64, ()> = sink.events.lock().unwrap().iter().map(|event| (event.seq, ())).collect();
        assert_eq!(seqs.into_keys().collect::<Vec<u64>>(), [1, 2, 3, 4], "await {n}");
    }
    assert!(twice >= 4, "a death between the sink's answer and the cursor brings an event again: {twice}");
}

#[tokio::test]
async fn what_fails_of_one_tenant_holds_back_no_other_and_is_delivered_later() {
    let world = world();
    let regional = example("regional.tfvars");
    world.mate.provision(&spec()).await.unwrap();
    world.mate.provision(&regional).await.unwrap();
    let refusing = Arc::new(Kept { refused: Some("clinic"), ..Kept::default() });
    let delivered = world.mate.deliver(Arc::clone(&refusing) as Arc<dyn EventSink>).await.unwrap();
    assert_eq!((delivered.events, delivered.failed.len()), (3, 1), "{delivered:?}");
    assert_eq!(delivered.failed[0].tenant.tenant, spec().id());
    let sink = Arc::new(Kept::default());
    world.mate.deliver(Arc::clone(&sink) as Arc<dyn EventSink>).await.unwrap();
    let events = sink.events.lock().unwrap();
    let rest: Vec<(&str, u64, &LifecycleKind)> =
        events.iter().map(|event| (event.tenant.tenant.as_str(), event.seq, &event.kind)).collect();
    assert_eq!(rest, [("clinic", 2, &LifecycleKind::Succeeded)]);
}

#[tokio::test]
async fn an_embedding_program_tests_its_sink_with_a_mock() {
    let world = world();
    world.mate.by("alice").provision(&spec()).await.unwrap();
    let mut sink = MockEventSink::new();
    sink.expect_deliver()
        .withf(|event| event.actor == "alice" && event.verb == "provision")
        .times(2)
        .returning(|_| Ok(()));
    assert_eq!(world.mate.deliver(Arc::new(sink)).await.unwrap().events, 2);
}
