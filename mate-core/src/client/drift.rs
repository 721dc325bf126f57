//! What has become different from what was last applied.

use std::fmt;

use serde::Serialize;

use super::Error;
use super::desk::Desk;
use crate::graph::Graph;
use crate::ids::TenantKey;
use crate::observe;
use crate::plan::{NodeDifferences, NodeProblem, Observed, PlanError, is_over, since_applied};
use crate::provider::Claim;

/// What has become different from what was last applied, behind MATE's back.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Drift {
    /// Whose it is.
    pub key: TenantKey,
    /// What was changed: from what was applied to what is there.
    pub changed: Vec<NodeDifferences>,
    /// What is gone, is somebody else's now, or could not be read.
    pub lost: Vec<Lost>,
}

/// An object that is not there as ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// The node and its kind.
    pub node: crate::ids::NodeId,
    /// Its kind.
    pub kind: crate::ids::KindName,
    /// What is the matter with it.
    pub problem: String,
}

impl Drift {
    /// Whether everything is as it was applied.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.lost.is_empty()
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return write!(f, "{}: everything is as it was applied", self.key);
        }
        write!(f, "{}: {} changed, {} lost", self.key, self.changed.len(), self.lost.len())?;
        for node in &self.changed {
            write!(f, "\n{node}")?;
        }
        for lost in &self.lost {
            let problem =
                NodeProblem { node: lost.node.clone(), kind: lost.kind.clone(), problem: lost.problem.clone() };
            write!(f, "\n{problem}")?;
        }
        Ok(())
    }
}

impl Desk {
    pub(super) async fn drift(&self, key: &TenantKey) -> Result<Drift, Error> {
        let record = self.record(key).await?;
        let snapshot = observe::snapshot(&*self.provider, key, &Graph::new(), Some(&record), &self.kinds, Claim::Owned)
            .await
            .map_err(PlanError::from)?;
        let mut drift = Drift { key: key.clone(), changed: Vec::new(), lost: Vec::new() };
        for (id, node) in &record.nodes {
            let problem = match snapshot.get(id) {
                Some(Observed::Present(live)) => {
                    let model = self.kinds.get(&node.kind).map_err(PlanError::from)?;
                    let changes = since_applied(model, node, live);
                    if !changes.is_empty() {
                        drift.changed.push(NodeDifferences { node: id.clone(), kind: node.kind.clone(), changes });
                    }
                    continue;
                }
                Some(Observed::Foreign(what)) => what.clone(),
                Some(Observed::Unknown(why)) => format!("could not be read: {why}"),
                Some(Observed::Absent) | None if is_over(&self.kinds, node) => continue,
                Some(Observed::Absent) | None => "is gone".to_owned(),
            };
            drift.lost.push(Lost { node: id.clone(), kind: node.kind.clone(), problem });
        }
        Ok(drift)
    }
}
