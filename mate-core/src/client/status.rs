//! The status of a tenant.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Error;
use super::desk::Desk;
use super::observe;
use crate::model::Graph;
use crate::model::ids::{KindName, NodeId, TenantKey};
use crate::plan::{Observed, PlanError, is_over};
use crate::provider::{Claim, Status};
use crate::state::{RecordSummary, Stuck};
use crate::vocab::{Goal, TenantPhase, TenantVerb};

/// The status of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TenantStatus {
    /// The tenant.
    pub key: TenantKey,
    /// The phase of its life, as [`super::Tenant::phase`] returns it.
    pub phase: TenantPhase,
    /// The verbs that are possible now. A run that was interrupted admits fewer than its phase: an interrupted destroy
    /// cannot be unwound.
    pub possible: Vec<TenantVerb>,
    /// Its name, tier and URL.
    pub summary: RecordSummary,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
    /// True if it is protected from being destroyed.
    pub deletion_protection: bool,
    /// The version of its record.
    pub record_version: u64,
    /// The goal of the run that is under way or was interrupted.
    pub run: Option<Goal>,
    /// The node at which an unwind stuck, with the reason and the next step to take.
    pub stuck: Option<Stuck>,
    /// Its objects as they are now.
    pub nodes: Vec<NodeStatus>,
}

impl TenantStatus {
    /// True if it serves its users: it is active, no run is under way, and every object is ready.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.phase == TenantPhase::Active && self.nodes.iter().all(|node| node.ready)
    }
}

/// The status of one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NodeStatus {
    /// The node.
    pub node: NodeId,
    /// Its kind.
    pub kind: KindName,
    /// Its physical name.
    pub name: String,
    /// True if it is ready.
    pub ready: bool,
    /// Its state, in words.
    pub state: String,
}

impl Desk {
    pub(super) async fn status(&self, key: &TenantKey) -> Result<TenantStatus, Error> {
        let record = self.record(key).await?;
        let snapshot = observe::snapshot(&*self.provider, key, &Graph::new(), Some(&record), &self.kinds, Claim::Owned)
            .await
            .map_err(PlanError::from)?;
        let nodes = record
            .nodes
            .iter()
            .map(|(id, node)| {
                let (ready, state) = match snapshot.get(id) {
                    Some(Observed::Present(live)) => (live.status == Status::Ready, live.status.to_string()),
                    Some(Observed::Absent) | None if is_over(&self.kinds, node) => (true, "has run".to_owned()),
                    Some(Observed::Absent) | None => (false, "absent".to_owned()),
                    Some(Observed::Foreign(what)) => (false, format!("foreign: {what}")),
                    Some(Observed::Unknown(why)) => (false, format!("unknown: {why}")),
                };
                NodeStatus { node: id.clone(), kind: node.kind.clone(), name: node.name.clone(), ready, state }
            })
            .collect();
        Ok(TenantStatus {
            phase: TenantPhase::of(Some(&record)),
            possible: record.possible(),
            key: record.key,
            summary: record.summary,
            outputs: record.outputs,
            deletion_protection: record.deletion_protection,
            record_version: record.version,
            run: record.run.as_ref().map(|run| run.goal),
            stuck: record.run.and_then(|run| run.stuck),
            nodes,
        })
    }
}
