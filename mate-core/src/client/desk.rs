//! The common part of the clients of tenants and of platforms: reading, planning, carrying out, one record at a time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::observe;
use super::timed::Timed;
use super::{DestroyOptions, Error};
use crate::blueprint::Design;
use crate::engine::Limits;
use crate::kinds::DbInstance;
use crate::model::Graph;
use crate::model::ids::{NodeId, TenantKey};
use crate::model::{Kind, Kinds};
use crate::plan::{After, DiffRequest, Plan, PlanError, Purpose, diff, disown, former, repair};
use crate::provider::{Claim, Provider};
use crate::quota::{self, Preflight};
use crate::rate::{Caller, Priority};
use crate::state::{Record, RecordPhase, Run, StateStore};
use crate::vocab::{Deletions, FinalSnapshot, RepairSelection, Verb};

#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) provider: Arc<dyn Provider>,
    /// The store, every call of which has its time.
    pub(crate) store: Arc<dyn StateStore>,
    /// The store as it was given.
    pub(crate) given_store: Arc<dyn StateStore>,
    pub(crate) kinds: Kinds,
    pub(crate) limits: Limits,
    /// Under which name leases are taken.
    pub(crate) owner: String,
    /// On whose behalf; the owner's own where nobody is named.
    pub(crate) actor: Option<String>,
    /// The reason.
    pub(crate) reason: Option<String>,
}

/// A name for this process, as good as one that nobody gave can be.
fn default_owner() -> String {
    format!("mate-{}-{:08x}", std::process::id(), rand::random::<u32>())
}

impl DestroyOptions {
    /// The options of an interrupted run: what it did with data, and what was consented to.
    pub(super) fn of(run: &Run) -> Self {
        Self {
            final_snapshot: !run.deletions.final_snapshots.values().any(|left| *left == FinalSnapshot::Discard),
            empty: run.deletions.empty,
            consents: run.consents.clone(),
        }
    }

    /// The options for the data of this record's objects.
    pub(super) fn deletions(&self, record: &Record) -> Deletions {
        let databases = record.nodes.iter().filter(|(_, node)| node.kind == DbInstance::name());
        let final_snapshots = if self.final_snapshot {
            BTreeMap::new()
        } else {
            databases.map(|(id, _)| (id.clone(), FinalSnapshot::Discard)).collect()
        };
        Deletions { final_snapshots, empty: self.empty }
    }
}

impl Desk {
    pub(super) fn new(
        (provider, given_store): (Arc<dyn Provider>, Arc<dyn StateStore>),
        kinds: Kinds,
        limits: Limits,
        owner: Option<String>,
    ) -> Self {
        let limits = limits.bounded();
        let store = Arc::new(Timed::new(Arc::clone(&given_store), Arc::clone(&provider), limits));
        let owner = owner.unwrap_or_else(default_owner);
        Self { provider, store, given_store, kinds, limits, owner, actor: None, reason: None }
    }

    pub(super) async fn record(&self, key: &TenantKey) -> Result<Record, Error> {
        self.store.get(key).await?.ok_or_else(|| Error::NotFound(key.clone()))
    }

    /// Waits until the cloud shows what an interrupted run has done: until no request of it is on the wire any more, and, where
    /// it did not learn the outcome of a creation of these nodes, until that would be visible. The time counts from now: no date
    /// of another machine tells when a request was sent.
    pub(super) async fn wait_until_visible(&self, record: Option<&Record>, of: impl Fn(&NodeId) -> bool) {
        let unsettled = record.and_then(|record| record.run.as_ref()).map(Run::unsettled).unwrap_or_default();
        if unsettled.is_empty() {
            return;
        }
        let unseen = unsettled.iter().any(|op| op.verb == Verb::Create && of(&op.node));
        let wait = self.limits.request + if unseen { self.limits.consistency } else { Duration::ZERO };
        let clock = self.provider.clock();
        clock.sleep_until(clock.now() + wait).await;
    }

    /// Plans what is selected of what it takes to bring a tenant or platform to its design. The record is the one from which
    /// the design was made: the plan carries its version, so that what another controller writes meanwhile makes it stale.
    pub(super) async fn plan_part(
        &self,
        (key, record): (&TenantKey, Option<&Record>),
        mut design: Design,
        after: After,
        selection: &RepairSelection,
    ) -> Result<Plan, Error> {
        former::keep(&mut design.graph, record);
        design.graph.order()?;
        // A node that is still wanted is made again only when it would be visible: the run waits for that by itself.
        self.wait_until_visible(record, |node| design.graph.get(node).is_none()).await;
        let made = record.is_some_and(|record| record.phase != RecordPhase::Provisioning);
        let priority = if made { Priority::Change } else { Priority::NewTenant };
        let look = observe::snapshot(&*self.provider, key, &design.graph, record, &self.kinds, Claim::Owned);
        let caller = Caller::new(key.clone(), priority);
        let mut snapshot = caller.clone().asks(look).await.map_err(PlanError::from)?;
        let look = observe::former(&*self.provider, key, &mut design.graph, record, &self.kinds, &mut snapshot);
        caller.asks(look).await.map_err(PlanError::from)?;
        let request = DiffRequest {
            key,
            purpose: if record.is_some() { Purpose::Update } else { Purpose::Provision },
            graph: &design.graph,
            record,
            snapshot: &snapshot,
            kinds: &self.kinds,
            deletions: &Deletions::default(),
            after,
            notes: design.notes,
        };
        Ok(repair(request, selection)?)
    }

    pub(super) async fn plan_destroy(&self, key: &TenantKey, options: &DestroyOptions) -> Result<Plan, Error> {
        self.plan_destroy_of(&self.record(key).await?, options).await
    }

    /// Plans to destroy the objects of this record.
    pub(super) async fn plan_destroy_of(&self, record: &Record, options: &DestroyOptions) -> Result<Plan, Error> {
        if record.deletion_protection {
            return Err(Error::Protected(record.key.clone()));
        }
        self.wait_until_visible(Some(record), |_| true).await;
        let notes = record.left_snapshots().iter().map(ToString::to_string).collect();
        self.plan_removal(record, Purpose::Destroy, options, notes).await
    }

    /// Plans to take away the objects of this record.
    pub(super) async fn plan_removal(
        &self,
        record: &Record,
        purpose: Purpose,
        options: &DestroyOptions,
        notes: Vec<String>,
    ) -> Result<Plan, Error> {
        let (key, graph) = (&record.key, Graph::new());
        let look = observe::snapshot(&*self.provider, key, &graph, Some(record), &self.kinds, Claim::Owned);
        let snapshot = Caller::new(key.clone(), Priority::Change).asks(look).await.map_err(PlanError::from)?;
        Ok(diff(DiffRequest {
            key,
            purpose,
            graph: &graph,
            record: Some(record),
            snapshot: &snapshot,
            kinds: &self.kinds,
            deletions: &options.deletions(record),
            after: After::default(),
            notes,
        })?)
    }

    /// The needs of the plan against the quotas of the account and their present use.
    pub(super) async fn preflight(&self, plan: &Plan) -> Preflight {
        let needs = quota::needs(&self.kinds, plan);
        let readings = quota::read(&*self.provider, needs.keys()).await;
        Preflight::new(&self.kinds, &needs, &readings)
    }

    pub(super) async fn plan_disown(&self, key: &TenantKey) -> Result<Plan, Error> {
        self.plan_disown_of(&self.record(key).await?)
    }

    /// Plans to disown the objects of this record.
    pub(super) fn plan_disown_of(&self, record: &Record) -> Result<Plan, Error> {
        Ok(disown(record, &self.kinds)?)
    }
}

/// The digest of a spec in its resolved form.
pub(crate) fn digest(spec: &impl serde::Serialize) -> String {
    let text = serde_json::to_string(spec).expect("a spec has a JSON form");
    hex::encode(Sha256::digest(text.as_bytes()))
}
