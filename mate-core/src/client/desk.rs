//! What the clients of tenants and of platforms share: reading, planning, carrying out, one record at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{DestroyOptions, Error};
use crate::blueprint::Design;
use crate::engine::Limits;
use crate::graph::Graph;
use crate::ids::TenantKey;
use crate::kinds::{DbInstance, Kind, Kinds};
use crate::observe;
use crate::plan::{After, Deletions, DiffRequest, FinalSnapshot, Mode, Plan, PlanError, diff, release};
use crate::provider::{Claim, Provider};
use crate::quota::{self, Preflight};
use crate::state::{Record, StateStore};

#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) store: Arc<dyn StateStore>,
    pub(crate) kinds: Kinds,
    pub(crate) limits: Limits,
}

impl Desk {
    pub(super) async fn record(&self, key: &TenantKey) -> Result<Record, Error> {
        self.store.get(key).await?.ok_or_else(|| Error::NotFound(key.clone()))
    }

    pub(super) async fn plan(&self, key: &TenantKey, design: Design, after: After) -> Result<Plan, Error> {
        let record = self.store.get(key).await?;
        design.graph.order()?;
        let snapshot =
            observe::snapshot(&*self.provider, key, &design.graph, record.as_ref(), &self.kinds, Claim::Owned)
                .await
                .map_err(PlanError::from)?;
        Ok(diff(DiffRequest {
            key,
            mode: if record.is_some() { Mode::Update } else { Mode::Provision },
            graph: &design.graph,
            record: record.as_ref(),
            snapshot: &snapshot,
            kinds: &self.kinds,
            deletions: &Deletions::default(),
            after,
            notes: design.notes,
        })?)
    }

    pub(super) async fn plan_destroy(&self, key: &TenantKey, options: &DestroyOptions) -> Result<Plan, Error> {
        let record = self.record(key).await?;
        if record.deletion_protection {
            return Err(Error::Protected(key.clone()));
        }
        let graph = Graph::new();
        let snapshot = observe::snapshot(&*self.provider, key, &graph, Some(&record), &self.kinds, Claim::Owned)
            .await
            .map_err(PlanError::from)?;
        let databases = record.nodes.iter().filter(|(_, node)| node.kind == DbInstance::name());
        let final_snapshots = if options.final_snapshot {
            BTreeMap::new()
        } else {
            databases.map(|(id, _)| (id.clone(), FinalSnapshot::Discard)).collect()
        };
        Ok(diff(DiffRequest {
            key,
            mode: Mode::Destroy,
            graph: &graph,
            record: Some(&record),
            snapshot: &snapshot,
            kinds: &self.kinds,
            deletions: &Deletions { final_snapshots, empty: options.empty },
            after: After::default(),
            notes: Vec::new(),
        })?)
    }

    /// What the plan needs against what the account may have and has.
    pub(super) async fn preflight(&self, plan: &Plan) -> Preflight {
        let needs = quota::needs(plan);
        let readings = quota::read(&*self.provider, needs.keys()).await;
        Preflight::new(&needs, &readings)
    }

    pub(super) async fn plan_release(&self, key: &TenantKey) -> Result<Plan, Error> {
        Ok(release(&self.record(key).await?, &self.kinds)?)
    }
}
