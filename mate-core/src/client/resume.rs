//! Going on with a run that was interrupted, or taking away what it made.

use std::collections::BTreeSet;

use super::desk::Desk;
use super::{DestroyOptions, Error};
use crate::kinds::TargetGroup;
use crate::model::Kind;
use crate::model::ids::{NodeId, TenantKey};
use crate::plan::{Plan, Purpose};
use crate::spec::TenantSpec;
use crate::state::{Record, Run};
use crate::vocab::{Operating, RepairSelection};

impl Run {
    /// The selection of the run: a repair of a part goes on as one.
    pub(super) fn selection(&self) -> RepairSelection {
        self.repair.clone().unwrap_or_else(RepairSelection::all)
    }
}

impl Desk {
    /// The record, and a copy of its interrupted run.
    pub(super) async fn interrupted(&self, key: &TenantKey) -> Result<(Record, Run), Error> {
        let record = self.record(key).await?;
        let run = record.run.clone().ok_or_else(|| Error::NothingInterrupted(key.clone()))?;
        Ok((record, run))
    }

    /// Plans to take away what an interrupted first run has made: the nodes that it made, and no others.
    pub(super) async fn plan_unwind_made(&self, record: &Record, options: &DestroyOptions) -> Result<Plan, Error> {
        let mut record = record.clone();
        self.wait_until_visible(Some(&record), |_| true).await;
        let made: BTreeSet<NodeId> = record.run.as_ref().map(|run| run.made.clone()).unwrap_or_default();
        record.nodes.retain(|id, _| made.contains(id));
        let notes = vec!["what stood there before the interrupted run stays".to_owned()];
        self.plan_removal(&record, Purpose::Unwind, options, notes).await
    }
}

/// The operating state of a tenant once this run is undone: as before, but a second target group that the run has made stays,
/// since ECS may have moved the traffic to it.
pub(super) fn undone(record: &Record, run: &Run) -> Operating {
    let group = |id| record.nodes.get(id).is_some_and(|node| node.kind == TargetGroup::name());
    let before = record.operating.clone();
    if run.made.iter().any(group) { before.undone_from(&run.operating) } else { before }
}

/// The spec of a run or record, from its document.
pub(super) fn spec(key: &TenantKey, document: Option<&serde_json::Value>) -> Result<TenantSpec, Error> {
    let document = document.ok_or_else(|| Error::SpecNotRecorded(key.clone()))?;
    serde_json::from_value(document.clone()).map_err(|_| Error::SpecNotRecorded(key.clone()))
}
