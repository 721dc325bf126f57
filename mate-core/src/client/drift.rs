//! The drift: the differences between the live objects and their last applied state.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::Error;
use super::desk::Desk;
use super::observe;
use crate::model::Graph;
use crate::model::ids::{KindName, NodeId, TenantKey};
use crate::model::{DriftClass, Kinds, UnknownKind};
use crate::plan::{FieldChange, NodeProblem, Observed, PlanError, Snapshot, is_over, since_applied};
use crate::provider::Claim;
use crate::state::Record;

/// The differences between the live objects and their last applied state, made behind MATE's back.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Drift {
    /// The tenant or the platform.
    pub key: TenantKey,
    /// The changed objects: from the applied value to the live one.
    pub changed: Vec<DriftedNode>,
    /// The objects that are gone, are somebody else's now, or could not be read.
    pub lost: Vec<Lost>,
}

/// An object that is there and not as it was applied.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DriftedNode {
    /// The node.
    pub node: NodeId,
    /// Its kind.
    pub kind: KindName,
    /// The differences, the gravest first.
    pub changes: Vec<DriftedField>,
}

/// One leaf that is not as it was applied.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DriftedField {
    /// The class of the difference.
    pub class: DriftClass,
    /// The change: from the applied value to the live one.
    #[serde(flatten)]
    pub change: FieldChange,
}

/// An object that is not there as ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// The node.
    pub node: NodeId,
    /// Its kind.
    pub kind: KindName,
    /// The class: that of its kind where it is gone, security where it is somebody else's.
    pub class: DriftClass,
    /// The problem.
    pub problem: String,
}

impl Drift {
    /// Compares what a record says with what was observed. Pure.
    ///
    /// # Errors
    /// [`UnknownKind`] for a node of a kind that is not registered.
    pub fn of(record: &Record, snapshot: &Snapshot, kinds: &Kinds) -> Result<Self, UnknownKind> {
        let mut drift = Self { key: record.key.clone(), changed: Vec::new(), lost: Vec::new() };
        for (id, node) in &record.nodes {
            let model = kinds.get(&node.kind)?;
            let (class, problem) = match snapshot.get(id) {
                Some(Observed::Present(live)) => {
                    let classed = |change: FieldChange| DriftedField { class: model.drift_class(&change.path), change };
                    let mut changes: Vec<_> = since_applied(model, node, live).into_iter().map(classed).collect();
                    changes.sort_by_key(|field| std::cmp::Reverse(field.class));
                    if !changes.is_empty() {
                        drift.changed.push(DriftedNode { node: id.clone(), kind: node.kind.clone(), changes });
                    }
                    continue;
                }
                Some(Observed::Foreign(what)) => (DriftClass::Security, what.clone()),
                Some(Observed::Unknown(why)) => (model.lost, format!("could not be read: {why}")),
                Some(Observed::Absent) | None if is_over(kinds, node) => continue,
                Some(Observed::Absent) | None => (model.lost, "is gone".to_owned()),
            };
            drift.lost.push(Lost { node: id.clone(), kind: node.kind.clone(), class, problem });
        }
        Ok(drift)
    }

    /// Returns true if everything is as it was applied.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.lost.is_empty()
    }

    /// The gravest class that there is a difference of.
    #[must_use]
    pub fn worst(&self) -> Option<DriftClass> {
        self.classes().max()
    }

    /// The number of differences of each class that occurs: a changed leaf is one, and so is a lost object.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<DriftClass, usize> {
        self.classes().fold(BTreeMap::new(), |mut counts, class| {
            *counts.entry(class).or_default() += 1;
            counts
        })
    }

    fn classes(&self) -> impl Iterator<Item = DriftClass> {
        let fields = self.changed.iter().flat_map(|node| &node.changes).map(|field| field.class);
        fields.chain(self.lost.iter().map(|lost| lost.class))
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return write!(f, "{}: everything is as it was applied", self.key);
        }
        write!(f, "{}: {} changed, {} lost", self.key, self.changed.len(), self.lost.len())?;
        let counts = self.counts();
        for class in DriftClass::ALL {
            let Some(count) = counts.get(&class) else { continue };
            write!(f, "\n{class} ({count})")?;
            for lost in self.lost.iter().filter(|lost| lost.class == class) {
                let problem =
                    NodeProblem { node: lost.node.clone(), kind: lost.kind.clone(), problem: lost.problem.clone() };
                write!(f, "\n  {problem}")?;
            }
            for node in &self.changed {
                let mut fields = node.changes.iter().filter(|field| field.class == class).peekable();
                if fields.peek().is_some() {
                    write!(f, "\n  {} ({})", node.node, node.kind)?;
                }
                fields.try_for_each(|field| write!(f, "\n    {}", field.change))?;
            }
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
        Ok(Drift::of(&record, &snapshot, &self.kinds).map_err(PlanError::from)?)
    }
}
