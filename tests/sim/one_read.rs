//! A plan comes from one read of the record: its version, its spec and how the tenant is run fit together, whatever another
//! controller writes meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use mate::adopt::AdoptionSource;
use mate::lifecycle::{Change, Deployment, Scale, ServiceScale};
use mate::model::ids::TenantKey;
use mate::sim::{Fault, FaultRule, Method, crash};
use mate::spec::{ImageReference, ServiceName, TaskCount, TenantSpec};
use mate::state::{
    Cursor, Lease, LeaseRequest, LeaseState, Leases, Log, LogEntry, Record, Records, StoreError, Unlock, Unlocked,
};
use mate::tiers::TierCatalogue;
use mate::vocab::{Amendment, Consents, Page, RepairSelection, Suspension};
use mate::{Applied, DestroyOptions, Error, Mate, MemoryStore, Operation, Platform, SimCloud};

use crate::cloud::{base, example};
use crate::platform;

/// A store that counts how often the record of one tenant or platform is read.
#[derive(Debug, Clone)]
struct Counting {
    inner: MemoryStore,
    counted: TenantKey,
    reads: Arc<AtomicUsize>,
}

impl Counting {
    fn new(counted: TenantKey) -> Self {
        Self { inner: MemoryStore::new(), counted, reads: Arc::default() }
    }

    /// Returns the number of reads of the record since the previous call.
    fn reads(&self) -> usize {
        self.reads.swap(0, Ordering::Relaxed)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl Records for Counting {
    async fn get(&self, key: &TenantKey) -> Result<Option<Record>, StoreError> {
        self.reads.fetch_add(usize::from(*key == self.counted), Ordering::Relaxed);
        self.inner.get(key).await
    }

    async fn put(&self, lease: &Lease, record: &Record) -> Result<u64, StoreError> {
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
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl Leases for Counting {
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
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl Log for Counting {
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
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl Cursor for Counting {
    async fn delivered(&self, key: &TenantKey) -> Result<u64, StoreError> {
        self.inner.delivered(key).await
    }

    async fn set_delivered(&self, key: &TenantKey, seq: u64) -> Result<(), StoreError> {
        self.inner.set_delivered(key, seq).await
    }
}

struct World {
    cloud: SimCloud,
    store: Counting,
    mate: Mate,
}

fn clinic() -> TenantSpec {
    example("clinic.tfvars")
}

fn world() -> World {
    let cloud = SimCloud::new(7);
    let store = Counting::new(TenantKey::new(base().environment, clinic().id()));
    let builder = Mate::builder().provider(cloud.clone()).store(store.clone());
    let mate = builder.catalogue(TierCatalogue::standard()).base(base()).build().unwrap();
    World { cloud, store, mate }
}

async fn provisioned() -> World {
    let world = world();
    world.mate.provision(&clinic()).await.unwrap();
    world.store.reads();
    world
}

fn options() -> DestroyOptions {
    DestroyOptions::new().without_final_snapshot().empty_bucket()
}

fn image(text: &str) -> Deployment {
    Deployment::of(ImageReference::new(text).unwrap())
}

fn three_tasks() -> Change {
    let service = ServiceScale::count(TaskCount::new(3).unwrap());
    Change::Scale(Box::new(Scale::new().with_service(ServiceName::new("django").unwrap(), service)))
}

impl World {
    /// Lets the process die at the `nth` call of this method while it does something.
    async fn dies(&self, (method, nth): (Method, u64), work: Operation<Applied>) {
        self.cloud.inject(FaultRule::new(Fault::KillAfter).on(method).nth(nth));
        assert!(crash::until_killed(&self.cloud, work).await.is_none());
        self.store.reads();
    }

    async fn assert_one_read<T>(&self, verb: &str, planning: Operation<T>) -> T {
        let planned = planning.await;
        assert_eq!(self.store.reads(), 1, "{verb}");
        planned.unwrap_or_else(|error| panic!("{verb}: {error}"))
    }

    /// One read to plan from, and one by which a run makes sure that the plan still fits.
    async fn assert_resumed(&self, verb: &str) {
        self.mate.tenant(&clinic().id()).resume_run().await.unwrap();
        assert_eq!(self.store.reads(), 2, "{verb}");
    }
}

#[tokio::test]
async fn what_does_not_exist_is_planned_from_one_read() {
    let world = world();
    world.assert_one_read("plan", world.mate.plan(&clinic())).await;
    world.assert_one_read("adopt", world.mate.adopt(&clinic(), AdoptionSource::Tags(Default::default()))).await;
    world.assert_one_read("discover", world.mate.discover(&clinic())).await;
}

#[tokio::test]
async fn every_verb_plans_from_one_read() {
    let world = provisioned().await;
    let (mate, id) = (&world.mate, clinic().id());
    mate.tenant(&id).deploy(&image("v1"), Consents::none()).await.unwrap();
    world.store.reads();
    let amendment = Amendment::none().rename("bucket".parse().unwrap(), "files".parse().unwrap());
    let plannings = [
        ("plan", mate.plan(&clinic())),
        ("plan_destroy", mate.tenant(&id).plan_destroy(&options())),
        ("plan_disown", mate.tenant(&id).plan_disown()),
        ("suspend", mate.tenant(&id).plan_change(Change::Suspend(Suspension::new()))),
        ("shut_down", mate.tenant(&id).plan_change(Change::ShutDown(Page::maintenance()))),
        ("update", mate.tenant(&id).plan_change(Change::Update(Box::new(clinic())))),
        ("plan_deferred", mate.tenant(&id).plan_deferred(three_tasks())),
        ("plan_maintenance", mate.tenant(&id).plan_maintenance()),
        ("plan_deploy", mate.tenant(&id).plan_deploy(&image("v2"))),
        ("plan_rollback", mate.tenant(&id).plan_rollback(Some(1))),
        ("plan_rotate", mate.tenant(&id).plan_rotate(&[])),
        ("plan_replace", mate.tenant(&id).plan_replace(&["celery-service".parse().unwrap()])),
        ("plan_repair", mate.tenant(&id).plan_repair(&RepairSelection::all())),
        ("plan_amend", mate.tenant(&id).plan_amend(&amendment)),
    ];
    for (verb, planning) in plannings {
        world.assert_one_read(verb, planning).await;
    }
    world.assert_one_read("tend", mate.tenant(&id).tend()).await;
    world.assert_one_read("drift", mate.tenant(&id).drift()).await;
}

#[tokio::test]
async fn what_was_interrupted_is_planned_from_one_read() {
    let id = clinic().id();
    let world = world();
    world.dies((Method::Create, 9), world.mate.provision(&clinic())).await;
    let plan = world.assert_one_read("plan_unwind", world.mate.tenant(&id).plan_unwind(&options())).await;
    let consents = Consents::to_every_step_of(&plan);
    world.dies((Method::Delete, 2), world.mate.apply(plan, consents)).await;
    world.assert_resumed("an unwind").await;

    world.dies((Method::Create, 9), world.mate.provision(&clinic())).await;
    world.assert_resumed("a provision").await;
    let plan = world.mate.tenant(&id).plan_destroy(&options()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    world.dies((Method::Delete, 3), world.mate.apply(plan, consents)).await;
    world.assert_resumed("a destroy").await;
}

#[tokio::test]
async fn a_release_goes_on_from_one_read() {
    let world = provisioned().await;
    let plan = world.mate.tenant(&clinic().id()).plan_disown().await.unwrap();
    world.dies((Method::Update, 3), world.mate.apply(plan, Consents::none())).await;
    world.assert_resumed("a release").await;
}

#[tokio::test]
async fn a_platform_is_planned_from_one_read() {
    let (cloud, spec, dev) = (SimCloud::new(7), platform::spec(), platform::dev());
    let store = Counting::new(TenantKey::platform(dev.clone()));
    let platform = Platform::builder().provider(cloud.clone()).store(store.clone()).build().unwrap();
    platform.provision(&spec).await.unwrap();
    store.reads();
    let plannings = [
        ("plan", platform.plan(&spec)),
        ("plan_destroy", platform.plan_destroy(&dev, &options())),
        ("plan_disown", platform.plan_disown(&dev)),
    ];
    for (verb, planning) in plannings {
        planning.await.unwrap();
        assert_eq!(store.reads(), 1, "{verb}");
    }
    let plan = platform.plan_destroy(&dev, &options()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    cloud.inject(FaultRule::new(Fault::KillAfter).on(Method::Delete).nth(3));
    assert!(crash::until_killed(&cloud, platform.apply(plan, consents)).await.is_none());
    store.reads();
    let resumed: Result<Applied, Error> = platform.resume_run(&dev).await;
    resumed.unwrap();
    assert_eq!(store.reads(), 2, "a destroy");
}
