//! An adversary between two machines, AWS and the store: a lease that is lost while a call waits, clocks that are wrong,
//! objects that nobody sees yet, looks and writes that hang. One promise a test.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use mate::clock::Clock;
use mate::engine::RunError;
use mate::model::ids::{KindName, TenantId, TenantKey};
use mate::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Diagnosis, Discovered, Identity, Observation, Provider,
    ProviderError, QuotaId, QuotaReading, Scope, Target, UpdateRequest,
};
use mate::sim::{Fault, FaultRule, Latencies, Method, SimCloudBuilder, crash};
use mate::spec::TenantSpec;
use mate::state::{
    Cursor, Lease, LeaseRequest, LeaseState, Leases, Log, LogEntry, Records, StateStore, StoreError, Unlock, Unlocked,
};
use mate::testing::conformance::sample_base;
use mate::tiers::TierCatalogue;
use mate::vocab::Consents;
use mate::{DestroyOptions, Error, Mate, MateBuilder, MemoryStore, Record, SimCloud};

use crate::small::{Small, Wanted};

const IP: &str = "ec2:EIP";
/// The parts of a tenant: a network address, a key and a role alone, and more with each bit.
const BARE: u8 = 1;
const WITH_DATABASE: u8 = 2;
const WITH_SERVICES: u8 = 4;

fn id() -> TenantId {
    TenantId::new("acme").unwrap()
}

fn key() -> TenantKey {
    TenantKey::new(sample_base().environment, id())
}

fn wanted(parts: u8) -> TenantSpec {
    Wanted { parts, revision: 0, protected: false }.spec(&id())
}

fn builder(provider: impl Provider + 'static, store: impl StateStore + 'static) -> MateBuilder {
    let builder = Mate::builder().provider(provider).store(store).catalogue(TierCatalogue::standard());
    builder.base(sample_base()).blueprint(Small)
}

fn cloud() -> SimCloudBuilder {
    SimCloud::builder().seed(3).latencies(Latencies::typical().scaled(0.02))
}

fn kind(name: &str) -> KindName {
    name.parse().unwrap()
}

fn count(cloud: &SimCloud, kind: &str) -> usize {
    cloud.objects().iter().filter(|object| object.kind.as_str() == kind).count()
}

/// The cloud of a process, one of whose calls waits before its request is sent.
#[derive(Debug, Clone)]
struct Slow {
    cloud: SimCloud,
    call: (Method, &'static str),
    wait: Duration,
    left: Arc<AtomicUsize>,
    /// Looks never answer.
    looks_hang: Arc<AtomicBool>,
}

impl Slow {
    fn new(cloud: &SimCloud, method: Method, kind: &'static str, wait: Duration) -> Self {
        Self {
            cloud: cloud.clone(),
            call: (method, kind),
            wait,
            left: Arc::new(AtomicUsize::new(1)),
            looks_hang: Arc::default(),
        }
    }

    async fn wait(&self, method: Method, kind: &KindName) {
        let first = || self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if (method, kind.as_str()) == self.call && first() {
            let clock = self.cloud.clock();
            clock.sleep_until(clock.now() + self.wait).await;
        }
    }
}

#[async_trait]
impl Provider for Slow {
    async fn observe(&self, targets: Vec<Target>) -> Vec<Observation> {
        if self.looks_hang.load(Ordering::SeqCst) {
            let clock = self.cloud.clock();
            clock.sleep_until(clock.now() + Duration::from_secs(30 * 86_400)).await;
        }
        self.cloud.observe(targets).await
    }

    async fn create(&self, request: CreateRequest) -> Result<Created, ProviderError> {
        self.wait(Method::Create, &request.target.kind).await;
        self.cloud.create(request).await
    }

    async fn update(&self, request: UpdateRequest) -> Result<Created, ProviderError> {
        self.cloud.update(request).await
    }

    async fn delete(&self, request: DeleteRequest) -> Result<Deleted, ProviderError> {
        self.wait(Method::Delete, &request.target.kind).await;
        self.cloud.delete(request).await
    }

    async fn discover(&self, scope: Scope) -> Result<Vec<Discovered>, ProviderError> {
        self.cloud.discover(scope).await
    }

    async fn diagnose(&self, target: Target) -> Result<Vec<Diagnosis>, ProviderError> {
        self.cloud.diagnose(target).await
    }

    async fn quotas(&self, quotas: Vec<QuotaId>) -> Vec<QuotaReading> {
        self.cloud.quotas(quotas).await
    }

    async fn image_digest(&self, image: &str) -> Result<Option<String>, ProviderError> {
        self.cloud.image_digest(image).await
    }

    async fn identity(&self) -> Result<Identity, ProviderError> {
        self.cloud.identity().await
    }

    fn clock(&self) -> Arc<dyn Clock> {
        self.cloud.clock()
    }
}

async fn destroy(mate: &Mate) -> Result<(), Error> {
    let options = DestroyOptions::new().without_final_snapshot().empty_bucket();
    let plan = mate.tenant(&id()).plan_destroy(&options).await?;
    let consents = Consents::to_every_step_of(&plan);
    mate.apply(plan, consents).await.map(drop)
}

/// Takes the lease away from its holder, as an operator does who believes it dead.
async fn force_unlock(mate: &Mate) {
    let fence = mate.tenant(&id()).lease().await.unwrap().holder.unwrap().fence;
    mate.tenant(&id()).force_unlock(fence, "ops", "dead").await.unwrap().unwrap();
}

async fn sleep(cloud: &SimCloud, time: Duration) {
    let clock = cloud.sim_clock();
    clock.sleep_until(clock.now() + time).await;
}

#[tokio::test]
async fn a_creation_that_waits_when_the_lease_is_lost_is_never_sent() {
    let (cloud, store) = (cloud().build(), MemoryStore::new());
    let slow = Slow::new(&cloud.process(), Method::Create, "logs:LogGroup", Duration::from_secs(600));
    let one = builder(slow, store.clone()).owner("one").build().unwrap();
    let other = builder(cloud.process(), store.clone()).owner("other").build().unwrap();
    let takes_over = async {
        sleep(&cloud, Duration::from_secs(20)).await;
        force_unlock(&other).await;
        other.tenant(&id()).resume_run().await.unwrap();
        destroy(&other).await.unwrap();
    };
    let spec = wanted(WITH_SERVICES);
    let (ended, ()) = tokio::join!(one.provision(&spec), takes_over);
    let Err(Error::Run(error)) = ended else { panic!("its lease was lost") };
    assert!(matches!(*error, RunError::Store { source: StoreError::Fenced { .. }, .. }), "{error}");
    assert!(error.in_flight().iter().any(|op| op.node.as_str().contains("logs")), "{error}");
    sleep(&cloud, Duration::from_secs(3600)).await;
    assert_eq!(cloud.leftovers(&key()), [], "an object that is in no record");
}

#[tokio::test]
async fn a_deletion_that_waits_when_the_lease_is_lost_does_not_reach_the_next_life_of_the_tenant() {
    let (cloud, store) = (cloud().build(), MemoryStore::new());
    let slow = Slow::new(&cloud.process(), Method::Delete, "rds:DBInstance", Duration::from_secs(800));
    let one = builder(slow, store.clone()).owner("one").build().unwrap();
    let other = builder(cloud.process(), store.clone()).owner("other").build().unwrap();
    let spec = wanted(WITH_DATABASE);
    other.provision(&spec).await.unwrap();
    let takes_over = async {
        sleep(&cloud, Duration::from_secs(20)).await;
        force_unlock(&other).await;
        other.tenant(&id()).resume_run().await.unwrap();
        other.provision(&spec).await.unwrap();
    };
    let (ended, ()) = tokio::join!(destroy(&one), takes_over);
    assert!(ended.is_err());
    sleep(&cloud, Duration::from_secs(3600)).await;
    assert_eq!(count(&cloud, "rds:DBInstance"), 1, "the database of the tenant's next life");
    assert!(other.plan(&spec).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_aws_cannot_deduplicate_is_made_once_though_its_request_was_late_and_its_answer_lost() {
    for seed in 0..10 {
        let cloud = cloud().seed(seed).eventual_consistency(Duration::from_secs(100)).build();
        cloud.inject(FaultRule::new(Fault::LoseAnswer).on(Method::Create).kind(kind(IP)).nth(1));
        let slow = Slow::new(&cloud, Method::Create, IP, Duration::from_secs(200));
        builder(slow, MemoryStore::new()).build().unwrap().provision(&wanted(BARE)).await.unwrap();
        assert_eq!(count(&cloud, IP), 1, "seed {seed}");
    }
}

#[tokio::test]
async fn what_aws_cannot_deduplicate_is_made_once_though_the_process_died_after_a_late_request() {
    for seed in 0..10 {
        let (cloud, store) =
            (cloud().seed(seed).eventual_consistency(Duration::from_secs(100)).build(), MemoryStore::new());
        cloud.inject(FaultRule::new(Fault::KillAfter).on(Method::Create).kind(kind(IP)).nth(1));
        let slow = Slow::new(&cloud, Method::Create, IP, Duration::from_secs(200));
        let mate = builder(slow, store.clone()).build().unwrap();
        assert!(crash::until_killed(&cloud, mate.provision(&wanted(BARE))).await.is_none());
        mate.tenant(&id()).resume_run().await.unwrap();
        assert_eq!(count(&cloud, IP), 1, "seed {seed}");
    }
}

#[tokio::test]
async fn what_aws_cannot_deduplicate_is_made_once_whatever_the_clock_of_the_machine_that_died() {
    for (seed, ahead) in (0..10).flat_map(|seed| [(seed, -150), (seed, 86_400), (seed, -86_400)]) {
        let (cloud, store) =
            (cloud().seed(seed).eventual_consistency(Duration::from_secs(100)).build(), MemoryStore::new());
        let process = cloud.process();
        process.machine().set_date_off(ahead);
        process.inject(FaultRule::new(Fault::KillAfter).on(Method::Create).kind(kind(IP)).nth(1));
        let one = builder(process.clone(), store.clone()).build().unwrap();
        assert!(crash::until_killed(&process, one.provision(&wanted(BARE))).await.is_none());
        builder(cloud.process(), store.clone()).build().unwrap().tenant(&id()).resume_run().await.unwrap();
        assert_eq!(count(&cloud, IP), 1, "seed {seed}, {ahead} s ahead");
    }
}

#[tokio::test]
async fn a_machine_that_died_with_its_clock_a_day_ahead_blocks_nobody_for_a_day() {
    let (cloud, store) = (cloud().build(), MemoryStore::new());
    let process = cloud.process();
    process.machine().set_date_off(86_400);
    process.inject(FaultRule::new(Fault::KillAfter).on(Method::Create).nth(1));
    let one = builder(process.clone(), store.clone()).build().unwrap();
    assert!(crash::until_killed(&process, one.provision(&wanted(BARE))).await.is_none());
    let before = cloud.sim_clock().now();
    builder(cloud.process(), store).build().unwrap().tenant(&id()).resume_run().await.unwrap();
    let took = cloud.sim_clock().now() - before;
    assert!(took < Duration::from_secs(600), "{took:?}");
}

#[tokio::test]
async fn a_clock_that_is_a_day_ahead_takes_no_lease_from_a_holder_that_lives() {
    let (cloud, store) = (cloud().build(), MemoryStore::new());
    let (lives, ahead) = (cloud.process(), cloud.process());
    ahead.machine().set_date_off(86_400);
    let one = builder(lives, store.clone()).build().unwrap();
    let other = builder(ahead, store).build().unwrap();
    let spec = wanted(WITH_DATABASE);
    let takes_part = async {
        sleep(&cloud, Duration::from_secs(3)).await;
        other.provision(&spec).await
    };
    let (ended, refused) = tokio::join!(one.provision(&spec), takes_part);
    ended.unwrap();
    assert!(matches!(refused, Err(Error::Store(StoreError::Held { .. }) | Error::Stale { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_machine_that_is_suspended_sends_nothing_when_it_goes_on_after_its_lease() {
    let (cloud, store) = (cloud().build(), MemoryStore::new());
    let process = cloud.process();
    let slow = Slow::new(&process, Method::Create, "logs:LogGroup", Duration::from_secs(5));
    let one = builder(slow, store.clone()).owner("one").build().unwrap();
    let other = builder(cloud.process(), store.clone()).owner("other").build().unwrap();
    let stands = async {
        sleep(&cloud, Duration::from_secs(4)).await;
        process.machine().suspend();
        other.tenant(&id()).resume_run().await.unwrap();
        destroy(&other).await.unwrap();
        process.machine().resume();
    };
    let spec = wanted(WITH_SERVICES);
    let (ended, ()) = tokio::join!(one.provision(&spec), stands);
    assert!(ended.is_err());
    sleep(&cloud, Duration::from_secs(3600)).await;
    assert_eq!(cloud.leftovers(&key()), []);
}

#[tokio::test]
async fn an_object_that_nobody_sees_for_a_while_is_not_made_again_by_the_next_run() {
    for seed in 0..50 {
        let (cloud, store) =
            (cloud().seed(seed).eventual_consistency(Duration::from_secs(20)).build(), MemoryStore::new());
        let mate = builder(cloud.clone(), store).build().unwrap();
        mate.provision(&wanted(BARE)).await.unwrap();
        mate.provision(&wanted(BARE)).await.unwrap();
        assert_eq!((count(&cloud, IP), count(&cloud, "kms:Key")), (1, 1), "seed {seed}");
    }
}

#[tokio::test]
async fn the_creations_of_every_try_before_are_waited_for_and_not_of_the_last_alone() {
    for seed in 0..10 {
        let (cloud, store) =
            (cloud().seed(seed).eventual_consistency(Duration::from_secs(115)).build(), MemoryStore::new());
        cloud.inject(FaultRule::new(Fault::KillAfter).on(Method::Create).node("web-logs").nth(1));
        let mate = builder(cloud.clone(), store.clone()).build().unwrap();
        assert!(crash::until_killed(&cloud, mate.provision(&wanted(WITH_SERVICES))).await.is_none());
        // The second try dies as soon as it has written its record.
        for awaits in 1.. {
            let died = crash::at_await(awaits, mate.tenant(&id()).resume_run()).await.is_none();
            let run = store.get(&key()).await.unwrap().unwrap().run;
            if !died || run.is_some_and(|run| run.tries >= 2) {
                break;
            }
        }
        destroy(&mate).await.unwrap();
        sleep(&cloud, Duration::from_secs(300)).await;
        assert_eq!(cloud.leftovers(&key()), [], "seed {seed}");
    }
}

#[tokio::test]
async fn a_look_that_hangs_ends_with_its_time_and_the_run_with_its_deadline() {
    let cloud = cloud().build();
    let slow = Slow::new(&cloud, Method::Create, "", Duration::ZERO);
    let hangs = Arc::clone(&slow.looks_hang);
    let minutes = |minutes: u64| Some(Duration::from_secs(60 * minutes));
    let mate = builder(slow, MemoryStore::new()).deadlines(minutes(1), minutes(10), minutes(20)).build().unwrap();
    let plan = mate.plan(&wanted(WITH_DATABASE)).await.unwrap();
    hangs.store(true, Ordering::SeqCst);
    let before = cloud.sim_clock().now();
    assert!(mate.apply(plan, Consents::none()).await.is_err());
    let took = cloud.sim_clock().now() - before;
    assert!(took < Duration::from_secs(25 * 60), "{took:?}");
}

#[tokio::test]
async fn a_cancel_is_heard_within_a_second_while_a_look_hangs() {
    let cloud = cloud().build();
    let slow = Slow::new(&cloud, Method::Create, "", Duration::ZERO);
    let hangs = Arc::clone(&slow.looks_hang);
    let mate = builder(slow, MemoryStore::new()).build().unwrap();
    let plan = mate.plan(&wanted(WITH_DATABASE)).await.unwrap();
    hangs.store(true, Ordering::SeqCst);
    let run = mate.apply(plan, Consents::none());
    let cancels = run.cancel_handle();
    let canceller = async {
        sleep(&cloud, Duration::from_secs(120)).await;
        cancels.cancel();
        cloud.sim_clock().now()
    };
    let (ended, at) = tokio::join!(run, canceller);
    assert!(matches!(ended, Err(Error::Run(error)) if matches!(*error, RunError::Cancelled { .. })));
    assert!(cloud.sim_clock().now() - at <= Duration::from_secs(1));
}

/// A store one of whose writes hangs for this long.
#[derive(Debug, Clone)]
struct Hangs {
    inner: MemoryStore,
    clock: mate::sim::SimClock,
    nth: u64,
    time: Duration,
    writes: Arc<AtomicU64>,
}

#[async_trait]
impl Records for Hangs {
    async fn get(&self, key: &TenantKey) -> Result<Option<Record>, StoreError> {
        self.inner.get(key).await
    }

    async fn put(&self, lease: &Lease, record: &Record) -> Result<u64, StoreError> {
        if self.writes.fetch_add(1, Ordering::SeqCst) == self.nth {
            self.clock.sleep_until(self.clock.now() + self.time).await;
        }
        self.inner.put(lease, record).await
    }

    async fn delete(&self, lease: &Lease, version: u64) -> Result<(), StoreError> {
        self.inner.delete(lease, version).await
    }

    async fn list(&self) -> Result<Vec<TenantKey>, StoreError> {
        self.inner.list().await
    }
}

#[async_trait]
impl Leases for Hangs {
    async fn acquire(&self, request: &LeaseRequest) -> Result<Lease, StoreError> {
        self.inner.acquire(request).await
    }

    async fn renew(&self, lease: &Lease, now: i64, ttl: Duration) -> Result<Lease, StoreError> {
        self.inner.renew(lease, now, ttl).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.inner.release(lease).await
    }

    async fn unlock(&self, unlock: &Unlock) -> Result<Option<Unlocked>, StoreError> {
        self.inner.unlock(unlock).await
    }

    async fn lease(&self, key: &TenantKey) -> Result<LeaseState, StoreError> {
        self.inner.lease(key).await
    }
}

#[async_trait]
impl Log for Hangs {
    async fn append(&self, lease: &Lease, entries: &[LogEntry]) -> Result<(), StoreError> {
        self.inner.append(lease, entries).await
    }

    async fn log(&self, key: &TenantKey, after: u64, limit: usize) -> Result<Vec<LogEntry>, StoreError> {
        self.inner.log(key, after, limit).await
    }

    async fn last_logged(&self, key: &TenantKey) -> Result<Option<LogEntry>, StoreError> {
        self.inner.last_logged(key).await
    }

    async fn logged(&self) -> Result<Vec<TenantKey>, StoreError> {
        self.inner.logged().await
    }
}

#[async_trait]
impl Cursor for Hangs {
    async fn delivered(&self, key: &TenantKey) -> Result<u64, StoreError> {
        self.inner.delivered(key).await
    }

    async fn set_delivered(&self, key: &TenantKey, seq: u64) -> Result<(), StoreError> {
        self.inner.set_delivered(key, seq).await
    }
}

#[tokio::test]
async fn a_write_of_the_record_that_hangs_is_given_up_and_made_again_while_the_lease_is_renewed() {
    let cloud = cloud().build();
    let (inner, clock) = (MemoryStore::new(), cloud.sim_clock().clone());
    let store = Hangs { inner, clock, nth: 3, time: Duration::from_secs(6000), writes: Arc::default() };
    let mate = builder(cloud.clone(), store.clone()).build().unwrap();
    mate.provision(&wanted(BARE)).await.unwrap();
    let took = cloud.sim_clock().now();
    assert!(took < Duration::from_secs(300), "{took:?}");
}

#[tokio::test]
async fn a_deadline_is_kept_while_every_write_of_the_record_hangs() {
    let cloud = cloud().build();
    let (inner, clock) = (MemoryStore::new(), cloud.sim_clock().clone());
    let store = Hangs { inner, clock, nth: 1, time: Duration::from_secs(6000), writes: Arc::default() };
    let mate = builder(cloud.clone(), store).deadlines(None, None, Some(Duration::from_secs(5))).build().unwrap();
    let Err(Error::Run(error)) = mate.provision(&wanted(BARE)).await else { panic!("it is over") };
    assert!(matches!(*error, RunError::Deadline { done: 0, .. }), "{error}");
    assert!(cloud.sim_clock().now() < Duration::from_secs(60), "{:?}", cloud.sim_clock().now());
}
