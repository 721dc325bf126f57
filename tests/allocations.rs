//! The cost of a plan in allocations, which is the same on every machine: from the spec of `regional` to its plan, counting
//! everything but the provider. `benches/plan` measures the time.

#[path = "sim/cloud.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod cloud;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex};

use allocation_counter::{AllocationInfo, measure, opt_out};
use async_trait::async_trait;
use cloud::{base, example, world};
use mate::clock::Clock;
use mate::model::ids::NodeId;
use mate::plan::Plan;
use mate::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Diagnosis, Discovered, Identity, Live, Observation, Provider,
    ProviderError, QuotaId, QuotaReading, Scope, Target, UpdateRequest,
};
use mate::tiers::TierCatalogue;
use mate::{Mate, MemoryStore, SimCloud};

/// The most that a plan of a tenant that does not exist may cost.
const NEW: u64 = 8_000;

/// The most that a plan of a tenant that is as it should be may cost.
const UNCHANGED: u64 = 10_000;

/// A cloud that answers from prepared values, and is not counted. Everything but reading is SimCloud's.
#[derive(Debug)]
struct Prepared {
    cloud: SimCloud,
    live: Arc<Mutex<BTreeMap<NodeId, Live>>>,
    records: bool,
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl Provider for Prepared {
    async fn observe(&self, targets: Vec<Target>) -> Vec<Observation> {
        if self.records {
            let ids: Vec<NodeId> = targets.iter().map(|target| target.node().clone()).collect();
            let answers = self.cloud.observe(targets).await;
            let mut live = self.live.lock().unwrap();
            for (id, answer) in ids.into_iter().zip(&answers) {
                if let Observation::Present(found) = answer {
                    live.insert(id, found.clone());
                }
            }
            return answers;
        }
        let mut answers = Vec::new();
        opt_out(|| {
            let mut live = self.live.lock().unwrap();
            let answer = |target: &Target| live.remove(target.node()).map_or(Observation::Absent, Observation::Present);
            answers = targets.iter().map(answer).collect();
        });
        answers
    }

    async fn create(&self, request: CreateRequest) -> Result<Created, ProviderError> {
        self.cloud.create(request).await
    }

    async fn update(&self, request: UpdateRequest) -> Result<Created, ProviderError> {
        self.cloud.update(request).await
    }

    async fn delete(&self, request: DeleteRequest) -> Result<Deleted, ProviderError> {
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

fn client(cloud: &SimCloud, store: &MemoryStore, live: &Arc<Mutex<BTreeMap<NodeId, Live>>>, records: bool) -> Mate {
    Mate::builder()
        .provider(Prepared { cloud: cloud.clone(), live: Arc::clone(live), records })
        .store(store.clone())
        .catalogue(TierCatalogue::standard())
        .base(base())
        .build()
        .unwrap()
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

/// Counts what it takes to come to a value. The runtime is there before.
fn counted<T>(work: impl Future<Output = T>) -> (T, AllocationInfo) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut made = None;
    let cost = measure(|| made = Some(runtime.block_on(work)));
    (made.unwrap(), cost)
}

/// The plan of `regional` and what it cost. The first is not counted: what is made once in a process (the catalogue's
/// tables, a thread's own values) is no part of a plan.
fn cost_of_a_plan(exists: bool) -> (Plan, AllocationInfo) {
    let (world, spec) = (world(), example("regional.tfvars"));
    let live = Arc::default();
    if exists {
        wait(world.mate.provision(&spec)).unwrap();
    }
    let looking = client(&world.cloud, &world.store, &live, true);
    let expected = wait(looking.plan(&spec)).unwrap();
    let planning = client(&world.cloud, &world.store, &live, false);
    let (plan, cost) = counted(planning.plan(&spec));
    let plan = plan.unwrap();
    assert_eq!(plan, expected, "the prepared answers are those of the cloud");
    (plan, cost)
}

#[test]
fn a_new_plan_of_regional_costs_at_most_8000_allocations() {
    let (plan, cost) = cost_of_a_plan(false);
    assert_eq!(plan.counts().create, plan.steps.len());
    assert!(cost.count_total <= NEW, "{} allocations, {} bytes", cost.count_total, cost.bytes_total);
}

#[test]
fn an_unchanged_plan_of_regional_costs_at_most_10000_allocations() {
    let (plan, cost) = cost_of_a_plan(true);
    assert!(plan.is_empty());
    assert!(cost.count_total <= UNCHANGED, "{} allocations, {} bytes", cost.count_total, cost.bytes_total);
}
