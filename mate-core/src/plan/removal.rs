//! The removal of objects that are no longer wanted, that go with their tenant, or that an earlier replacement left over.

use std::collections::BTreeSet;

use super::differ::{Differ, Draft};
use super::error::PlanError;
use super::request::{Observed, Purpose};
use super::step::{Action, Step, old_object, recorded_object};
use crate::model::ids::NodeId;
use crate::provider::Status;
use crate::state::Holding;

impl Differ<'_, '_> {
    pub(super) fn remove(&mut self, id: &NodeId) -> Result<(), PlanError> {
        let recorded = self.recorded(id);
        let wanted = self.request.graph.get(id);
        let (kind, name) = match (recorded, wanted) {
            (Some(recorded), _) => (recorded.kind.clone(), recorded.name.clone()),
            (None, Some(node)) => (node.kind.clone(), node.name.clone()),
            (None, None) => return Ok(()),
        };
        self.request.kinds.get(&kind)?;
        let depended_on = match (recorded, wanted) {
            (Some(recorded), _) => recorded.depends_on.clone(),
            (None, Some(node)) => node.dependencies(),
            (None, None) => BTreeSet::new(),
        };
        let live = match self.request.snapshot.get(id) {
            Some(Observed::Present(live)) => Some(live),
            _ => None,
        };
        let only_read = recorded.is_some_and(|recorded| recorded.holding == Holding::Observed)
            || wanted.is_some_and(|node| node.existing.is_some());
        if only_read {
            if let Some(recorded) = recorded {
                let reason = "only read: it stays as it is, and goes out of the record".to_owned();
                let step = Step::about(id, recorded_object(recorded), Action::Disown, reason, depended_on);
                self.drafts.push(Draft { step, served: false });
            }
            return Ok(());
        }
        let (old, action, reason) = match (live, recorded) {
            (None, None) => return Ok(()),
            (None, Some(recorded)) => (
                recorded_object(recorded),
                Action::Forget,
                "gone from the cloud already: dropped from the record".to_owned(),
            ),
            (Some(live), recorded) => {
                let inputs = recorded.map_or_else(|| live.inputs.clone().into(), |recorded| recorded.inputs.clone());
                let old = old_object(&kind, &name, live, recorded, &inputs);
                let why = match (self.request.purpose, &live.status) {
                    (_, Status::Deleting) => "its deletion has begun already",
                    (Purpose::Destroy, _) => "the tenant is removed",
                    (Purpose::Unwind, _) => "an interrupted run has made it",
                    _ => "no longer part of the tenant",
                };
                (old, Action::Delete, why.to_owned())
            }
        };
        self.drafts.push(Draft { step: Step::about(id, old, action, reason, depended_on), served: true });
        Ok(())
    }

    pub(super) fn leftovers(&mut self, id: &NodeId) -> Result<(), PlanError> {
        let Some(recorded) = self.recorded(id) else { return Ok(()) };
        let mut seen = BTreeSet::new();
        for retired in &recorded.retired {
            self.request.kinds.get(&retired.kind)?;
            if !seen.insert(&retired.name) {
                continue;
            }
            let reason = "left over from a replacement".to_owned();
            let old = retired.clone().into();
            let step = Step::about(id, old, Action::DeleteLeftover, reason, recorded.depends_on.clone());
            self.drafts.push(Draft { step, served: true });
        }
        Ok(())
    }
}
