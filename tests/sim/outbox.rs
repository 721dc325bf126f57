//! The events of tenants reach a sink at least once, in order, whatever fails on the way.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use mate::clock::Clock;
use mate::model::ids::TenantKey;
use mate::outbox::sbt::sbt;
use mate::outbox::{ChannelSink, EventSink, LifecycleEvent, LifecycleKind, SinkError, Within};
use mate::sim::SimClock;
use mate::sim::crash::{at_await, awaits};
use mate::spec::TenantSpec;
use mate::state::{Intent, Log, LogDraft, LogEntry, LogEvent, suite};
use mate::testing::MockEventSink;
use mate::tiers::TierCatalogue;
use mate::vocab::{Consents, TenantVerb};
use mate::{DestroyOptions, Mate, MemoryStore, SimCloud};

use crate::cloud::{World, base, example, world};
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

/// Puts so many entries into the log of a tenant that has no record.
async fn log_of(store: &MemoryStore, tenant: &str, entries: usize) -> TenantKey {
    let key = TenantKey::new(base().environment, tenant.parse().unwrap());
    let mut log: Vec<LogEntry> = Vec::new();
    for _ in 0..entries {
        let intent = Intent { actor: "alice".into(), verb: Some(TenantVerb::Update), reason: None };
        let (what, detail) = (LogEvent::Begun, BTreeMap::new());
        let draft = LogDraft { at: 0, intent, plan: None, run: None, fence: 1, what, detail };
        log.push(LogEntry::after(log.last(), &key, draft));
    }
    let lease = suite::leased(store, &key).await;
    store.append(&lease, &log).await.unwrap();
    key
}

/// Does this while the time of the cloud passes, a second at a time.
async fn as_time_passes<T>(world: &World, work: impl Future<Output = T>) -> T {
    let passing = async {
        loop {
            tokio::task::yield_now().await;
            world.cloud.sim_clock().advance(Duration::from_secs(1));
        }
    };
    let done = async {
        tokio::select! {
            biased;
            done = work => done,
            () = passing => unreachable!("time does not end"),
        }
    };
    tokio::time::timeout(Duration::from_secs(20), done).await.expect("it has an end")
}

#[tokio::test]
async fn a_channel_that_nobody_empties_ends_the_delivery_and_the_rest_comes_with_the_next() {
    let world = world();
    log_of(&world.store, "clinic", 65).await;
    let (sink, mut events) = ChannelSink::new(64);
    let sink: Arc<dyn EventSink> = Arc::new(sink);
    let delivered = as_time_passes(&world, world.mate.deliver(Arc::clone(&sink))).await.unwrap();
    assert_eq!((delivered.events, delivered.failed.len()), (64, 1), "{delivered:?}");
    let why = delivered.failed[0].to_string();
    assert!(why.contains("ChannelSink` does not answer: it has 60s"), "{why}");
    for seq in 1..=64 {
        assert_eq!(events.recv().await.unwrap().seq, seq);
    }
    assert_eq!(world.mate.deliver(sink).await.unwrap().events, 1);
    assert_eq!(events.recv().await.unwrap().seq, 65);
}

#[tokio::test]
async fn a_channel_whose_receiver_is_slow_takes_everything_in_order() {
    let world = world();
    log_of(&world.store, "clinic", 65).await;
    let (sink, mut events) = ChannelSink::new(1);
    let clock = world.cloud.sim_clock();
    let receiving = async {
        for seq in 1..=65 {
            // Its sink waits for the receiver, which is nothing that the clock knows of.
            clock.advance(Duration::from_secs(20));
            assert_eq!(events.recv().await.unwrap().seq, seq);
        }
    };
    let (delivered, ()) = tokio::join!(world.mate.deliver(Arc::new(sink)), receiving);
    let delivered = delivered.unwrap();
    assert!(delivered.events == 65 && delivered.failed.is_empty(), "{delivered:?}");
}

/// Takes what it takes in 20 ms that are none of the simulated time.
#[derive(Debug)]
struct Elsewhere;

#[async_trait]
impl EventSink for Elsewhere {
    async fn deliver(&self, _: &LifecycleEvent) -> Result<(), SinkError> {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok(())
    }
}

#[tokio::test]
async fn simulated_time_stands_while_a_sink_waits_for_something_real() {
    let world = world();
    log_of(&world.store, "clinic", 3).await;
    let delivered = world.mate.deliver(Arc::new(Elsewhere)).await.unwrap();
    assert!(delivered.events == 3 && delivered.failed.is_empty(), "{delivered:?}");
    assert_eq!(world.cloud.sim_clock().now(), Duration::ZERO);
}

#[tokio::test]
async fn a_sink_is_given_another_deadline() {
    let world = world();
    log_of(&world.store, "clinic", 1).await;
    let (sink, _events) = ChannelSink::new(1);
    let sink = Arc::new(Within::new(Duration::from_secs(5), sink));
    assert_eq!(world.mate.deliver(Arc::clone(&sink) as Arc<dyn EventSink>).await.unwrap().events, 1);
    log_of(&world.store, "regional", 1).await;
    let delivered = as_time_passes(&world, world.mate.deliver(sink)).await.unwrap();
    let why = delivered.failed[0].to_string();
    assert!(why.contains("ChannelSink` does not answer: it has 5s"), "{why}");
}

/// Takes so long for an event, in simulated time, and keeps when it had taken it.
#[derive(Debug)]
struct Slow {
    clock: SimClock,
    takes: fn(&LifecycleEvent) -> Duration,
    taken: Mutex<Vec<(String, u64, Duration)>>,
    /// Calls that are under way, and the most that there were at once.
    calls: Mutex<(usize, usize)>,
    begun: AtomicUsize,
}

impl Slow {
    fn new(world: &World, takes: fn(&LifecycleEvent) -> Duration) -> Arc<Self> {
        let clock = world.cloud.sim_clock().clone();
        Arc::new(Self { clock, takes, taken: Mutex::default(), calls: Mutex::default(), begun: AtomicUsize::new(0) })
    }
}

#[async_trait]
impl EventSink for Slow {
    async fn deliver(&self, event: &LifecycleEvent) -> Result<(), SinkError> {
        self.begun.fetch_add(1, Ordering::Relaxed);
        {
            let mut calls = self.calls.lock().unwrap();
            *calls = (calls.0 + 1, calls.1.max(calls.0 + 1));
        }
        self.clock.sleep_until(self.clock.now() + (self.takes)(event)).await;
        self.calls.lock().unwrap().0 -= 1;
        self.taken.lock().unwrap().push((event.tenant.tenant.to_string(), event.seq, self.clock.now()));
        Ok(())
    }
}

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_sink_that_does_not_answer_about_one_tenant_holds_up_no_other() {
    let world = world();
    for tenant in ["alpha", "clinic", "regional", "zeta"] {
        log_of(&world.store, tenant, 2).await;
    }
    let sink = Slow::new(&world, |event| if event.tenant.tenant.as_str() == "clinic" { HOUR } else { Duration::ZERO });
    let delivered = world.mate.deliver(Arc::clone(&sink) as Arc<dyn EventSink>).await.unwrap();
    assert_eq!(world.cloud.sim_clock().now(), MINUTE, "one deadline");
    assert_eq!((delivered.events, delivered.failed.len()), (6, 1), "{delivered:?}");
    assert_eq!(delivered.failed[0].tenant.tenant.as_str(), "clinic");
    let why = delivered.failed[0].to_string();
    assert!(why.contains("Slow` does not answer: it has 60s for an event"), "{why}");
    let mut taken = sink.taken.lock().unwrap().clone();
    taken.sort();
    let wanted = ["alpha", "regional", "zeta"].map(|name| [1, 2].map(|seq| (name.to_owned(), seq, Duration::ZERO)));
    assert_eq!(taken, wanted.concat());
    let kept = Arc::new(Kept::default());
    assert_eq!(world.mate.deliver(Arc::clone(&kept) as Arc<dyn EventSink>).await.unwrap().events, 2);
    let rest: Vec<u64> = kept.events.lock().unwrap().iter().map(|event| event.seq).collect();
    assert_eq!(rest, [1, 2], "what was not confirmed comes again");
}

#[tokio::test]
async fn as_many_tenants_at_once_as_calls_and_each_in_its_order() {
    let world = world();
    let mate = Mate::builder().provider(world.cloud.clone()).store(world.store.clone()).parallelism(3);
    let mate = mate.catalogue(TierCatalogue::standard()).base(base()).build().unwrap();
    for tenant in ["alpha", "beta", "clinic", "regional", "zeta"] {
        log_of(&world.store, tenant, 4).await;
    }
    let sink =
        Slow::new(&world, |event| Duration::from_secs((event.seq * 7 + event.tenant.tenant.as_str().len() as u64) % 5));
    let delivered = mate.deliver(Arc::clone(&sink) as Arc<dyn EventSink>).await.unwrap();
    assert!(delivered.events == 20 && delivered.failed.is_empty(), "{delivered:?}");
    assert_eq!(*sink.calls.lock().unwrap(), (0, 3));
    let mut by_tenant: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (tenant, seq, _) in sink.taken.lock().unwrap().iter() {
        by_tenant.entry(tenant.clone()).or_default().push(*seq);
    }
    assert!(by_tenant.len() == 5 && by_tenant.values().all(|seqs| *seqs == [1, 2, 3, 4]), "{by_tenant:?}");
}

#[tokio::test]
async fn a_sink_that_never_answers_ends_the_delivery_after_one_deadline() {
    let world = world();
    for number in 0..40 {
        log_of(&world.store, &format!("tenant{number}"), 1).await;
    }
    let sink = Slow::new(&world, |_| HOUR);
    let delivered = world.mate.deliver(Arc::clone(&sink) as Arc<dyn EventSink>).await.unwrap();
    assert_eq!((delivered.events, delivered.failed.len()), (0, 40));
    assert!(delivered.failed.iter().all(|failed| failed.to_string().contains("Slow` does not answer")));
    assert!(delivered.failed.is_sorted_by_key(|failed| &failed.tenant));
    assert_eq!((sink.begun.load(Ordering::Relaxed), world.cloud.sim_clock().now()), (16, MINUTE));
    assert_eq!(world.mate.deliver(Arc::new(Kept::default())).await.unwrap().events, 40);
}

#[tokio::test]
async fn tenants_of_which_the_sink_takes_nothing_do_not_come_first_for_ever() {
    let world = world();
    for number in 0..20 {
        log_of(&world.store, &format!("alpha{number}"), 1).await;
        log_of(&world.store, &format!("beta{number}"), 1).await;
    }
    let sink = Slow::new(
        &world,
        |event| if event.tenant.tenant.as_str().starts_with("alpha") { HOUR } else { Duration::ZERO },
    );
    for _ in 0..10 {
        world.mate.deliver(Arc::clone(&sink) as Arc<dyn EventSink>).await.unwrap();
    }
    let taken = sink.taken.lock().unwrap();
    assert!(taken.len() == 20 && taken.iter().all(|(tenant, _, _)| tenant.starts_with("beta")), "{taken:?}");
}
