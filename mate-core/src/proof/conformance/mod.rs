//! The conformance suite: what every [`Provider`] promises, checked against a running one.
//!
//! Give it a provider and a graph: a [sample](sample_graph) of every kind, or a whole tenant over an existing base.
//! It makes everything in dependency order, looks at it from every side, and takes it away again.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! use std::sync::Arc;
//! use mate_core::sim::SimCloud;
//! use mate_core::testing::conformance::{self, Setup};
//!
//! let base = conformance::sample_base();
//! let tenant = conformance::sample_tenant(&base);
//! let setup = Setup::new(tenant.clone(), conformance::sample_graph(&base, &tenant.tenant));
//! conformance::run(Arc::new(SimCloud::new(1)), setup).await.assert_ok();
//! # });
//! ```

mod claims;
mod compare;
mod patience;
mod report;
mod sample;
mod suite;

pub use report::{Check, Exemption, Failure, Report};
pub use sample::{sample_base, sample_graph, sample_graph_of, sample_tenant, sample_updates, sample_updates_of};

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::model::Graph;
use crate::model::Kinds;
use crate::model::ids::{NodeId, TenantId, TenantKey};
use crate::provider::Provider;

/// The setup of a run of the suite.
#[derive(Debug, Clone)]
pub struct Setup {
    tenant: TenantKey,
    intruder: TenantKey,
    graph: Graph,
    kinds: Kinds,
    poll: Duration,
    patience: Duration,
    updates: BTreeMap<NodeId, BTreeMap<String, Value>>,
    unreachable: Option<Arc<dyn Provider>>,
    exemptions: Vec<Exemption>,
    run: String,
}

impl Setup {
    /// The suite over `graph`, whose nodes belong to `tenant`.
    ///
    /// # Panics
    /// Never: the id of the tenant that plays the stranger is valid.
    #[must_use]
    pub fn new(tenant: TenantKey, graph: Graph) -> Self {
        let stranger = TenantId::new("conformance-stranger").expect("a valid tenant id");
        Self {
            intruder: TenantKey::new(tenant.environment.clone(), stranger),
            tenant,
            graph,
            kinds: Kinds::standard(),
            poll: Duration::from_secs(5),
            patience: Duration::from_secs(3600),
            updates: BTreeMap::new(),
            unreachable: None,
            exemptions: Vec::new(),
            run: "1".to_owned(),
        }
    }

    /// The kinds; [`Kinds::standard`] by default.
    #[must_use]
    pub fn kinds(mut self, kinds: Kinds) -> Self {
        self.kinds = kinds;
        self
    }

    /// The time between two looks, in the provider's own time; 5 s by default.
    #[must_use]
    pub fn poll(mut self, every: Duration) -> Self {
        self.poll = every;
        self
    }

    /// Sets the longest time that one thing may take, in the provider's own time; an hour by default.
    #[must_use]
    pub fn patience(mut self, at_most: Duration) -> Self {
        self.patience = at_most;
        self
    }

    /// An update to try: this field of this node to this value. More than one a node are made in one call.
    #[must_use]
    pub fn update(mut self, node: NodeId, field: impl Into<String>, value: Value) -> Self {
        self.updates.entry(node).or_default().insert(field.into(), value);
        self
    }

    /// Several updates to try.
    #[must_use]
    pub fn updates(self, updates: impl IntoIterator<Item = (NodeId, (String, Value))>) -> Self {
        updates.into_iter().fold(self, |setup, (node, (field, value))| setup.update(node, field, value))
    }

    /// A provider of the same sort whose cloud cannot be reached: only with it can be checked that unknown is not
    /// told as absent.
    #[must_use]
    pub fn unreachable(mut self, provider: Arc<dyn Provider>) -> Self {
        self.unreachable = Some(provider);
        self
    }

    /// A known gap. An exemption that nothing needs is reported as stale.
    #[must_use]
    pub fn exempt(mut self, exemption: Exemption) -> Self {
        self.exemptions.push(exemption);
        self
    }

    /// Sets the seed of the idempotency tokens of this run. A cloud that lives longer than one run needs a new one each time.
    #[must_use]
    pub fn run_id(mut self, run: impl Into<String>) -> Self {
        self.run = run.into();
        self
    }
}

/// Runs the suite.
pub async fn run(provider: Arc<dyn Provider>, setup: Setup) -> Report {
    suite::run(provider, setup).await
}
