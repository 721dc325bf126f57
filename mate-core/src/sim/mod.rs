//! SimCloud: an in-memory cloud that speaks [`crate::provider::Provider`], with virtual time, latencies, AWS's dependency rules, quotas,
//! eventual consistency and faults, all from one seed. Shipped for the tests of embedding programs.
//!
//! ```
//! use mate_core::provider::Provider;
//! use mate_core::sim::{Fault, FaultRule, Faults, Latencies, Method, SimCloud};
//!
//! let lost = FaultRule::new(Fault::LoseAnswer).on(Method::Create).node("db").nth(1);
//! let cloud = SimCloud::builder().seed(7).latencies(Latencies::typical().jitter(0.2)).faults(Faults::none().with(lost)).build();
//! assert_eq!(cloud.clock().now().as_secs(), 0);
//! assert!(cloud.objects().is_empty());
//! ```
//!
//! The objects that a tenant makes must be there when they are referred to; [`SimCloud::plant`] puts in those that others made.
//! Objects of the base under it (VPC, subnets, cluster, certificate, zone, keys, the shared file system) that were never in
//! this cloud are taken as existing elsewhere; those that were made here, or planted, hold and are held as in AWS, and must not
//! be gone.
//!
//! A secret that is deleted with [`DataPolicy::Keep`](crate::provider::DataPolicy::Keep) holds its name for its recovery
//! window; with `Discard` it goes at once.

mod aws;
mod chaos;
mod clock;
mod config;
pub mod crash;
mod credentials;
mod deployments;
mod facets;
mod faults;
mod image;
mod log;
mod machine;
mod object;
mod operations;
mod provider;
mod rates;
mod regions;
mod rules;
mod runs;
mod secrets;
mod state;
mod status;
#[cfg(all(test, feature = "testing"))]
mod tests;
mod tokens;
mod wire;

pub use crate::model::Naming;
pub use chaos::ChaosStore;
pub use clock::SimClock;
pub use config::{Latencies, OutputsOf, SimCloudBuilder};
pub use faults::{Fault, FaultRule, Faults, Method};
pub use image::{ImageError, SimImage};
pub use log::{Call, Outcome};
pub use machine::SimMachine;
pub use object::{SimObject, Snapshot};
pub use rates::RateLimits;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use self::faults::FaultState;
use self::state::State;
use crate::clock::Clock;
use crate::kinds::{Bucket, Repository, Service};
use crate::model::Kind;
use crate::model::Tags;
use crate::model::ids::{Address, Environment, KindName, NodeId, TenantId, TenantKey};
use crate::provider::{Diagnosis, Target};
use crate::rate::RateBudget;

/// The simulated cloud. Clones share one cloud.
#[derive(Clone)]
pub struct SimCloud {
    clock: SimClock,
    /// The region that is asked.
    region: String,
    state: Arc<Mutex<State>>,
    /// A fault has killed the process that asks.
    killed: Arc<AtomicBool>,
    machine: SimMachine,
    budget: Option<RateBudget>,
}

/// The objects that a failure strikes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Selector {
    /// Those of nodes of this id, in every tenant.
    Node(String),
    /// Those of this kind.
    Kind(KindName),
}

impl Selector {
    fn matches(&self, kind: &KindName, node: Option<&NodeId>) -> bool {
        match self {
            Self::Node(id) => node.is_some_and(|node| node.as_str() == id),
            Self::Kind(only) => kind == only,
        }
    }
}

/// Something that a test named is not in the cloud.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no {kind} called {name}")]
#[non_exhaustive]
pub struct NoSuchObject {
    /// The kind.
    pub kind: KindName,
    /// The physical name.
    pub name: String,
}

impl SimCloud {
    /// A cloud with typical latencies and no faults.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::builder().seed(seed).build()
    }

    /// A cloud to be set up.
    pub fn builder() -> SimCloudBuilder {
        SimCloudBuilder::new()
    }

    fn from_builder(builder: SimCloudBuilder) -> Self {
        let faults = FaultState::new(builder.config.seed, builder.faults);
        let clock = SimClock::new();
        let machine = SimMachine::new(clock.clone());
        let budget = builder.rate_budget.map(|settings| RateBudget::new(settings, Arc::new(clock.clone())));
        let region = builder.config.region.clone();
        let state = State::new(builder.config, faults, builder.rate_limits);
        Self { clock, region, state: Arc::new(Mutex::new(state)), budget, killed: Arc::default(), machine }
    }

    /// The state as it is at this moment.
    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.config.region.clone_from(&self.region);
        state.settle(self.clock.now());
        state
    }

    /// The process that asks dies here: it never has an answer.
    async fn die<T>(&self) -> T {
        self.killed.store(true, Ordering::Relaxed);
        std::future::pending().await
    }

    fn is_killed(&self) -> bool {
        self.killed.load(Ordering::Relaxed)
    }

    /// Returns true if a process was killed since the last call.
    fn take_killed(&self) -> bool {
        self.killed.swap(false, Ordering::Relaxed)
    }

    /// The virtual clock, by its own type.
    #[must_use]
    pub fn sim_clock(&self) -> &SimClock {
        &self.clock
    }

    /// Everything that exists in this region or is global, what is being deleted included, in the order of creation.
    #[must_use]
    pub fn objects(&self) -> Vec<SimObject> {
        let (state, now) = (self.state(), self.clock.now());
        state.objects.values().filter(|object| state.is_here(object)).map(|object| state.view(object, now)).collect()
    }

    /// The object of this kind and name.
    #[must_use]
    pub fn object(&self, kind: &KindName, name: &str) -> Option<SimObject> {
        let (state, now) = (self.state(), self.clock.now());
        state.by_name(kind, name).next().map(|object| state.view(object, now))
    }

    /// Everything that a tenant made and that still exists, whether it carries tags or not.
    #[must_use]
    pub fn leftovers(&self, tenant: &TenantKey) -> Vec<SimObject> {
        let of_tenant =
            |address: &Address| address.tenant == tenant.tenant && address.environment == tenant.environment;
        self.objects().into_iter().filter(|object| object.address.as_ref().is_some_and(of_tenant)).collect()
    }

    /// The final snapshots that were left.
    #[must_use]
    pub fn snapshots(&self) -> Vec<Snapshot> {
        self.state().snapshots.clone()
    }

    /// Deletes a snapshot behind MATE's back. Its name is free then.
    pub fn drop_snapshot(&self, name: &str) {
        self.state().snapshots.retain(|snapshot| snapshot.name != name);
    }

    /// Every call in the order in which they ended.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// The number of calls of each method.
    #[must_use]
    pub fn call_counts(&self) -> BTreeMap<Method, usize> {
        self.state().calls.iter().fold(BTreeMap::new(), |mut counts, call| {
            *counts.entry(call.method).or_default() += 1;
            counts
        })
    }

    /// The number of requests, as AWS counts them: an observation is as many as the pages that it takes.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.state().server.requests()
    }

    /// The number of calls of each operation that were refused because they were over [`SimCloudBuilder::rate_limits`].
    #[must_use]
    pub fn throttles(&self) -> BTreeMap<String, u64> {
        self.state().server.throttled().clone()
    }

    /// The budget that its callers keep to, where [`SimCloudBuilder::rate_budget`] set one.
    #[must_use]
    pub fn rate_budget(&self) -> Option<&RateBudget> {
        self.budget.as_ref()
    }

    /// Another process that asks this cloud, on a machine of its own: a fault that kills who asks kills only that one. Clones of
    /// it are the same process.
    #[must_use]
    pub fn process(&self) -> Self {
        Self { killed: Arc::default(), machine: SimMachine::new(self.clock.clone()), ..self.clone() }
    }

    /// The machine of the process that asks.
    #[must_use]
    pub fn machine(&self) -> &SimMachine {
        &self.machine
    }

    /// Other faults from now on, in the place of those that there were.
    pub fn set_faults(&self, faults: Faults) {
        self.state().faults.replace(faults);
    }

    /// Adds a fault from now on.
    pub fn inject(&self, rule: FaultRule) {
        self.state().faults.add(rule);
    }

    /// Lets the objects of `selector` fail for this reason, those that exist and those to come; `diagnose` tells it.
    pub fn fail(&self, selector: Selector, reason: impl Into<String>) {
        self.state().failures.push((selector, reason.into()));
    }

    /// Lets `diagnose` tell this too of the objects of `selector`, which stay as ready as they are: storage that runs full,
    /// maintenance that waits, a certificate that ends. Also of objects of the base that were never in this cloud.
    pub fn report(&self, selector: Selector, finding: Diagnosis) {
        self.state().reports.push((selector, finding));
    }

    /// Takes back [`SimCloud::fail`] and [`SimCloud::report`], and lets what is stuck go on.
    pub fn heal(&self, selector: &Selector) {
        let mut state = self.state();
        state.failures.retain(|(known, _)| known != selector);
        state.reports.retain(|(known, _)| known != selector);
        for object in state.objects.values_mut() {
            let owner = State::owner(object);
            if selector.matches(&object.kind, owner.as_ref().map(|owner| &owner.node)) {
                object.stuck = false;
            }
        }
    }

    /// Puts in an object that MATE did not make, ready at once, and answers its physical id. Nothing is checked.
    pub fn plant(&self, kind: KindName, name: impl Into<String>, tags: Tags, inputs: Value) -> String {
        let now = self.clock.now();
        let mut state = self.state();
        let nobody = Address {
            tenant: TenantId::new("nobody").expect("a valid tenant id"),
            environment: Environment::new("nowhere").expect("a valid environment"),
            node: NodeId::new("planted").expect("a valid node id"),
        };
        let target = Target {
            address: nobody,
            kind,
            name: name.into(),
            physical_id: None,
            inputs: inputs.into(),
            tags,
            claim: Default::default(),
        };
        let mut object = state.new_object(&target, now);
        object.made_at = now;
        object.ready_at = now;
        object.visible_at = now;
        let uid = object.uid;
        state.put(object);
        state.objects[&uid].physical_id.clone()
    }

    /// Changes a live object's inputs behind MATE's back, at once.
    ///
    /// # Errors
    /// [`NoSuchObject`] when there is none.
    pub fn tamper(&self, kind: &KindName, name: &str, change: impl FnOnce(&mut Value)) -> Result<(), NoSuchObject> {
        self.tamper_with(kind, name, |inputs, _| change(inputs))
    }

    /// Changes a live object's tags behind MATE's back, at once.
    ///
    /// # Errors
    /// [`NoSuchObject`] when there is none.
    pub fn tamper_tags(&self, kind: &KindName, name: &str, change: impl FnOnce(&mut Tags)) -> Result<(), NoSuchObject> {
        self.tamper_with(kind, name, |_, tags| change(tags))
    }

    fn tamper_with(
        &self,
        kind: &KindName,
        name: &str,
        change: impl FnOnce(&mut Value, &mut Tags),
    ) -> Result<(), NoSuchObject> {
        let mut state = self.state();
        let uid = state.by_name(kind, name).next().map(|object| object.uid);
        let Some(mut object) = uid.and_then(|uid| state.remove(uid)) else {
            return Err(NoSuchObject { kind: kind.clone(), name: name.to_owned() });
        };
        change(&mut object.inputs, &mut object.tags);
        state.put(object);
        Ok(())
    }

    /// Takes an object away behind MATE's back, at once. What goes along with it begins to be deleted.
    ///
    /// # Errors
    /// [`NoSuchObject`] when there is none.
    pub fn vanish(&self, kind: &KindName, name: &str) -> Result<(), NoSuchObject> {
        let now = self.clock.now();
        let mut state = self.state();
        let Some(uid) = state.by_name(kind, name).next().map(|object| object.uid) else {
            return Err(NoSuchObject { kind: kind.clone(), name: name.to_owned() });
        };
        state.take_down(uid, now);
        state.bury(uid);
        Ok(())
    }

    /// Puts something into a database or a cache. A snapshot of it holds that too, and so does what is made from the snapshot.
    ///
    /// # Errors
    /// [`NoSuchObject`] when there is none.
    pub fn fill(&self, kind: &KindName, name: &str, content: impl Into<String>) -> Result<(), NoSuchObject> {
        let mut state = self.state();
        let Some(uid) = state.by_name(kind, name).next().map(|object| object.uid) else {
            return Err(NoSuchObject { kind: kind.clone(), name: name.to_owned() });
        };
        state.contents.insert(uid, content.into());
        Ok(())
    }

    /// The content of a database or a cache; none where it is empty or not there.
    #[must_use]
    pub fn content(&self, kind: &KindName, name: &str) -> Option<String> {
        let state = self.state();
        state.by_name(kind, name).next().and_then(|object| state.contents.get(&object.uid)).cloned()
    }

    /// Puts something into an object that AWS does not delete while it has content: an object into a bucket, an image into a repository.
    pub fn put_into(&self, kind: &KindName, name: &str, item: &str) {
        let place = (kind.to_string(), name.to_owned());
        self.state().filled.entry(place).or_default().insert(item.to_owned());
    }

    /// Puts an object into a bucket.
    pub fn put_object(&self, bucket: &str, key: &str) {
        self.put_into(&Bucket::name(), bucket, key);
    }

    /// Pushes an image with this tag into an ECR repository.
    pub fn put_image(&self, repository: &str, tag: &str) {
        self.put_into(&Repository::name(), repository, tag);
    }

    /// Has every service fail that runs an image in whose URI this text stands, for this reason: a release that does not start.
    pub fn break_image(&self, image: impl Into<String>, reason: impl Into<String>) {
        self.state().broken_images.push((image.into(), reason.into()));
    }

    /// The value of a secret. The only way to it.
    #[must_use]
    pub fn secret_value(&self, arn: &str) -> Option<String> {
        self.state().secrets.value(arn).map(str::to_owned)
    }

    /// The share of its traffic that each target group of the service of this name has now, percent, by ARN: of the one that the
    /// service was made with first.
    #[must_use]
    pub fn traffic(&self, service: &str) -> Vec<(String, u8)> {
        let (state, kind) = (self.state(), Service::name());
        let now = self.clock.now();
        state.by_name(&kind, service).next().map(|object| state.traffic(object, now)).unwrap_or_default()
    }

    /// Returns true if the database or cache of this name takes the present value of this secret: its password, or its AUTH
    /// token.
    #[must_use]
    pub fn takes(&self, kind: &KindName, name: &str, secret_arn: &str) -> bool {
        let state = self.state();
        let value = state.secrets.value(secret_arn).map(credentials::of_value);
        let object = state.by_name(kind, name).next();
        object
            .and_then(|object| state.credentials.get(&object.uid))
            .zip(value)
            .is_some_and(|(all, one)| all.contains(&one))
    }

    /// The number of passwords or tokens that the database or cache of this name takes.
    #[must_use]
    pub fn credentials(&self, kind: &KindName, name: &str) -> usize {
        let state = self.state();
        let object = state.by_name(kind, name).next();
        object.and_then(|object| state.credentials.get(&object.uid)).map_or(0, Vec::len)
    }

    /// Every secret value that was ever generated, to be looked for where none may be.
    #[must_use]
    pub fn secret_values(&self) -> Vec<String> {
        self.state().secrets.all().map(str::to_owned).collect()
    }
}

impl fmt::Debug for SimCloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let objects = self.state.lock().unwrap_or_else(PoisonError::into_inner).objects.len();
        f.debug_struct("SimCloud").field("clock", &self.clock).field("objects", &objects).finish()
    }
}
