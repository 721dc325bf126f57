//! The settings of a simulated cloud, and its builder.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::SimCloud;
use super::facets::generic_outputs;
use super::faults::{Faults, Method};
use super::rates::RateLimits;
use crate::model::Naming;
use crate::model::Outputs;
use crate::model::Seed;
use crate::model::ids::KindName;
use crate::model::{KindModel, Kinds, Timing};
use crate::provider::QuotaId;
use crate::rate::RateSettings;

/// The durations of operations in virtual time.
#[derive(Debug, Clone)]
pub struct Latencies {
    scale: f64,
    jitter: f64,
    kinds: BTreeMap<KindName, Timing>,
    call: Option<Duration>,
}

impl Latencies {
    /// Objects take as long as [`KindModel::timing`] says, with no spread, and each call takes its own time: between 50 and 150 ms
    /// for one that reads, between 150 and 450 ms for one that changes something. AWS publishes no figures for calls; calls of
    /// such different lengths overlap, which is the point.
    #[must_use]
    pub fn typical() -> Self {
        Self { scale: 1.0, jitter: 0.0, kinds: BTreeMap::new(), call: None }
    }

    /// Everything is ready and gone at once, and calls answer at once.
    #[must_use]
    pub fn none() -> Self {
        Self { scale: 0.0, ..Self::typical().call(Duration::ZERO) }
    }

    /// All durations times `factor`.
    #[must_use]
    pub fn scaled(mut self, factor: f64) -> Self {
        self.scale = factor;
        self
    }

    /// A spread of this share, drawn from the seed: 0.2 for 80 to 120 percent.
    #[must_use]
    pub fn jitter(mut self, share: f64) -> Self {
        self.jitter = share.clamp(0.0, 1.0);
        self
    }

    /// Other durations for one kind.
    #[must_use]
    pub fn kind(mut self, kind: KindName, timing: Timing) -> Self {
        self.kinds.insert(kind, timing);
        self
    }

    /// Every call takes this much virtual time.
    #[must_use]
    pub fn call(mut self, takes: Duration) -> Self {
        self.call = Some(takes);
        self
    }
}

impl Default for Latencies {
    fn default() -> Self {
        Self::typical()
    }
}

/// Makes the outputs of an embedder's own kind.
pub type OutputsOf = Arc<dyn Fn(&Naming<'_>) -> Outputs + Send + Sync>;

/// One of the three durations of a kind.
#[derive(Debug, Clone, Copy)]
pub(super) enum Span {
    Create,
    Update,
    Delete,
}

pub(super) struct Config {
    pub(super) seed: Seed,
    pub(super) region: String,
    pub(super) account: String,
    pub(super) kinds: Kinds,
    pub(super) functions: BTreeMap<KindName, OutputsOf>,
    pub(super) latencies: Latencies,
    pub(super) quotas: BTreeMap<KindName, usize>,
    /// The limits that Service Quotas returns: a kind, and the number of its objects.
    pub(super) limits: BTreeMap<QuotaId, (KindName, usize)>,
    pub(super) invisible: Duration,
    pub(super) canary: String,
}

impl Config {
    /// The duration of a call of this method, by the kind and the name of its object.
    pub(super) fn call_latency(&self, method: Method, subject: Option<(&KindName, &str)>) -> Duration {
        if let Some(call) = self.latencies.call {
            return call;
        }
        let spread = match method {
            Method::Create | Method::Update | Method::Delete => Duration::from_millis(300),
            Method::Observe | Method::Discover | Method::Diagnose | Method::Quotas => Duration::from_millis(100),
        };
        let (kind, name) = subject.map_or(("", ""), |(kind, name)| (kind.as_str(), name));
        let drawn = spread / 2 + self.seed.up_to(&["call", &format!("{method:?}"), kind, name], spread);
        // Half of it is a whole number of milliseconds too: an image of the cloud has no finer times.
        Duration::from_millis(u64::try_from(drawn.as_millis()).unwrap_or_default() & !1)
    }

    /// The number of objects of a kind that the account may have.
    pub(super) fn most(&self, kind: &KindName) -> Option<usize> {
        let limits = self.limits.values().filter(|(of, _)| of == kind).map(|(_, most)| *most);
        limits.chain(self.quotas.get(kind).copied()).min()
    }

    pub(super) fn model(&self, kind: &KindName) -> Option<&KindModel> {
        self.kinds.get(kind).ok()
    }

    pub(super) fn outputs(&self, naming: &Naming<'_>) -> Outputs {
        if let Some(function) = self.functions.get(naming.kind) {
            return function(naming);
        }
        match self.facet(naming.kind).outputs {
            Some(outputs) => outputs(naming),
            None => generic_outputs(naming, self.model(naming.kind)),
        }
    }

    pub(super) fn naming<'a>(
        &'a self,
        kind: &'a KindName,
        name: &'a str,
        (serial, revision): (u32, u32),
        inputs: &'a Value,
    ) -> Naming<'a> {
        let (region, account) = (&self.region, &self.account);
        Naming { seed: self.seed, region, account, kind, name, serial, revision, inputs }
    }

    /// The duration of `span` for this object.
    pub(super) fn takes(&self, span: Span, naming: &Naming<'_>) -> Duration {
        let timing = match (self.latencies.kinds.get(naming.kind), self.model(naming.kind)) {
            (Some(timing), _) => *timing,
            (None, Some(model)) => (model.timing)(naming.inputs),
            (None, None) => Timing::seconds(1, 1, 1),
        };
        let usual = match span {
            Span::Create => timing.create,
            Span::Update => timing.update,
            Span::Delete => timing.delete,
        };
        let label = ["takes", naming.kind.as_str(), naming.name, &format!("{span:?}{}", naming.revision)];
        let spread = 1.0 + self.latencies.jitter * (2.0 * self.seed.unit(&label) - 1.0);
        usual.mul_f64(self.latencies.scale * spread)
    }
}

/// Makes a [`SimCloud`].
#[must_use]
pub struct SimCloudBuilder {
    pub(super) config: Config,
    pub(super) faults: Faults,
    pub(super) rate_limits: Option<RateLimits>,
    pub(super) rate_budget: Option<RateSettings>,
}

impl fmt::Debug for SimCloudBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimCloudBuilder")
            .field("seed", &self.config.seed)
            .field("latencies", &self.config.latencies)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

impl SimCloudBuilder {
    pub(super) fn new() -> Self {
        let config = Config {
            seed: Seed(0),
            region: "us-east-1".into(),
            account: "123456789012".into(),
            kinds: Kinds::standard(),
            functions: BTreeMap::new(),
            latencies: Latencies::typical(),
            quotas: BTreeMap::new(),
            limits: BTreeMap::new(),
            invisible: Duration::ZERO,
            canary: String::new(),
        };
        Self { config, faults: Faults::none(), rate_limits: None, rate_budget: None }
    }

    /// The seed of all that looks random.
    pub fn seed(mut self, seed: u64) -> Self {
        self.config.seed = Seed(seed);
        self
    }

    /// The region; `us-east-1` by default.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.config.region = region.into();
        self
    }

    /// The account; `123456789012` by default.
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.config.account = account.into();
        self
    }

    /// The kinds that it knows; [`Kinds::standard`] by default. An embedder's own kind behaves as its facets say, and one that
    /// is not among them generically.
    pub fn kinds(mut self, kinds: Kinds) -> Self {
        self.config.kinds = kinds;
        self
    }

    /// The outputs of an embedder's own kind. Without it they are made from the model's declaration, or are
    /// `id`, `arn` and `name`.
    pub fn outputs(mut self, kind: KindName, outputs: impl Fn(&Naming<'_>) -> Outputs + Send + Sync + 'static) -> Self {
        self.config.functions.insert(kind, Arc::new(outputs));
        self
    }

    /// Sets the durations of operations; [`Latencies::typical`] by default.
    pub fn latencies(mut self, latencies: Latencies) -> Self {
        self.config.latencies = latencies;
        self
    }

    /// Sets the faults; none by default.
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// At most so many objects of a kind in the account.
    ///
    /// # Panics
    /// When `kind` does not have the form of a kind.
    pub fn quota(mut self, kind: &str, most: usize) -> Self {
        self.config.quotas.insert(KindName::new(kind).expect("a kind such as ec2:SecurityGroup"), most);
        self
    }

    /// At most so many objects of a kind in the account, as the quota `id` that [`crate::provider::Provider::quotas`]
    /// tells. Quotas that are not set are not told.
    ///
    /// # Panics
    /// When `kind` does not have the form of a kind.
    pub fn quota_limit(mut self, id: QuotaId, kind: &str, most: usize) -> Self {
        self.config.limits.insert(id, (KindName::new(kind).expect("a kind such as ec2:VPC"), most));
        self
    }

    /// The rate limits that it keeps, on the server's side: what is over them is refused as a throttle. None by default.
    ///
    /// Each call of the provider counts as the operation of AWS that it names; an observation as the pages that it takes.
    pub fn rate_limits(mut self, limits: RateLimits) -> Self {
        self.rate_limits = Some(limits);
        self
    }

    /// A budget that all who call this cloud keep to together, as `AwsProvider`'s callers do: calls wait in virtual time.
    /// None by default.
    pub fn rate_budget(mut self, settings: RateSettings) -> Self {
        self.rate_budget = Some(settings);
        self
    }

    /// A new object may stay unseen for up to this long.
    pub fn eventual_consistency(mut self, up_to: Duration) -> Self {
        self.config.invisible = up_to;
        self
    }

    /// Sets the prefix of every generated secret value, so that a test can look for it everywhere.
    pub fn secret_canary(mut self, prefix: impl Into<String>) -> Self {
        self.config.canary = prefix.into();
        self
    }

    /// The cloud.
    #[must_use]
    pub fn build(self) -> SimCloud {
        SimCloud::from_builder(self)
    }
}
