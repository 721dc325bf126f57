//! The diagnosis of a tenant or a platform.

use std::fmt;

use serde::Serialize;

use super::Error;
use super::desk::Desk;
use super::observe;
use crate::model::Graph;
use crate::model::ids::{KindName, NodeId, TenantKey};
use crate::plan::{Observed, PlanError, is_over, observe_targets};
use crate::provider::reads;
use crate::provider::{Claim, Diagnosis, ErrorClass, Status};
use crate::state::{NodeRecord, NodeState, Record};
use crate::vocab::Goal;

/// The diagnosis of a tenant or a platform: every object that is not ready, with the cloud's findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TenantDiagnosis {
    /// The tenant or the platform.
    pub key: TenantKey,
    /// The number of objects that were looked at.
    pub objects: usize,
    /// Those that are not ready.
    pub nodes: Vec<NodeDiagnosis>,
}

/// An object that is not ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NodeDiagnosis {
    /// The node.
    pub node: NodeId,
    /// Its kind.
    pub kind: KindName,
    /// Its physical name.
    pub name: String,
    /// Its state, in words.
    pub state: String,
    /// The findings, the cause first where it is known. Empty for an object that is only on its way.
    pub findings: Vec<Diagnosis>,
}

impl TenantDiagnosis {
    /// Returns true if every object is ready.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The objects that will not become ready by themselves.
    pub fn lasting(&self) -> impl Iterator<Item = &NodeDiagnosis> {
        self.nodes.iter().filter(|node| node.findings.iter().any(|finding| finding.terminal))
    }
}

impl fmt::Display for TenantDiagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_ready() {
            return write!(f, "{}: all {} objects are ready", self.key, self.objects);
        }
        write!(f, "{}: {} of {} objects are not ready", self.key, self.nodes.len(), self.objects)?;
        self.nodes.iter().try_for_each(|node| write!(f, "\n{node}"))
    }
}

impl fmt::Display for NodeDiagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} `{}`): {}", self.node, self.kind, self.name, self.state)?;
        for finding in &self.findings {
            let lasts = if finding.terminal { " (it does not pass by itself)" } else { "" };
            write!(f, "\n  {}{lasts}", finding.finding)?;
            if let Some(advice) = &finding.advice {
                write!(f, "\n    next: {advice}")?;
            }
        }
        Ok(())
    }
}

/// A finding of ours, where the cloud cannot be asked.
fn finding(finding: impl Into<String>, advice: impl Into<String>, terminal: bool) -> Diagnosis {
    Diagnosis { concern: None, finding: finding.into(), advice: Some(advice.into()), terminal }
}

impl Desk {
    pub(super) async fn diagnose(&self, key: &TenantKey) -> Result<TenantDiagnosis, Error> {
        let record = self.record(key).await?;
        let graph = Graph::new();
        let snapshot = observe::snapshot(&*self.provider, key, &graph, Some(&record), &self.kinds, Claim::Owned)
            .await
            .map_err(PlanError::from)?;
        let targets =
            observe_targets(key, &graph, Some(&record), &Default::default(), &self.kinds).map_err(PlanError::from)?;
        let mut nodes = Vec::new();
        for mut target in targets {
            let id = target.address.node.clone();
            let node = &record.nodes[&id];
            let (state, findings) = match snapshot.get(&id) {
                Some(Observed::Present(live)) if live.status == Status::Ready => continue,
                Some(Observed::Present(live)) => {
                    // Of a creation that has not ended the record has no inputs yet.
                    if target.inputs.is_null() {
                        target.inputs = live.inputs.clone().into();
                    }
                    target.physical_id.get_or_insert_with(|| live.physical_id.clone());
                    let found = match reads::diagnose(&*self.provider, target).await {
                        Ok(found) => found,
                        Err(error) => {
                            vec![finding(format!("the cloud could not be asked: {error}"), error.advice(), false)]
                        }
                    };
                    (live.status.to_string(), found)
                }
                Some(Observed::Absent) | None if is_over(&self.kinds, node) => continue,
                Some(Observed::Absent) | None => ("absent".to_owned(), vec![absent(&record, node)]),
                Some(Observed::Foreign(what)) => {
                    ("foreign".to_owned(), vec![finding(what.clone(), ErrorClass::AlreadyExists.advice(), true)])
                }
                Some(Observed::Unknown(why)) => {
                    let advice = "see that the credentials may read it, and ask again";
                    ("unknown".to_owned(), vec![finding(format!("it could not be read: {why}"), advice, false)])
                }
            };
            nodes.push(NodeDiagnosis { node: id, kind: node.kind.clone(), name: node.name.clone(), state, findings });
        }
        Ok(TenantDiagnosis { key: key.clone(), objects: record.nodes.len(), nodes })
    }
}

/// The diagnosis of an object that is not there: it was never made, or is gone.
fn absent(record: &Record, node: &NodeRecord) -> Diagnosis {
    match &record.run {
        Some(run) if run.goal == Goal::Destroy || node.state == NodeState::Deleting => {
            finding("it is deleted already", "resume the run that was interrupted", false)
        }
        Some(_) if node.physical_id.is_none() => {
            finding("it was not made", "resume the run that was interrupted, or unwind it", false)
        }
        _ => finding("it is gone", ErrorClass::NotFound.advice(), true),
    }
}
