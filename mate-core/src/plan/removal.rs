//! What is no longer wanted, what goes with its tenant, and what an earlier replacement left over.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::diff::{Differ, Draft};
use super::error::PlanError;
use super::request::{Mode, Observed};
use super::step::{Action, OldObject, Risk, Step, old_object, recorded_object};
use crate::model::Outputs;
use crate::model::canonical;
use crate::model::ids::NodeId;
use crate::provider::{DataPolicy, Status};
use crate::state::Holding;

impl Differ<'_, '_> {
    pub(super) fn remove(&mut self, id: &NodeId) -> Result<(), PlanError> {
        let recorded = self.recorded(id).cloned();
        let wanted = self.request.graph.get(id);
        let (kind, name) = match (&recorded, wanted) {
            (Some(recorded), _) => (recorded.kind.clone(), recorded.name.clone()),
            (None, Some(node)) => (node.kind.clone(), node.name.clone()),
            (None, None) => return Ok(()),
        };
        self.request.kinds.get(&kind)?;
        let depended_on = match (&recorded, wanted) {
            (Some(recorded), _) => recorded.depends_on.clone(),
            (None, Some(node)) => node.dependencies(),
            (None, None) => BTreeSet::new(),
        };
        let live = match self.request.snapshot.get(id) {
            Some(Observed::Present(live)) => Some(live),
            _ => None,
        };
        let only_read = recorded.as_ref().is_some_and(|recorded| recorded.holding == Holding::Observed)
            || wanted.is_some_and(|node| node.existing.is_some());
        if only_read {
            if let Some(recorded) = &recorded {
                let reason = "only read: it stays as it is, and goes out of the record".to_owned();
                let step = deletion_step(id, recorded_object(recorded), Action::Release, reason, depended_on);
                self.steps.push(Draft { step, served: false });
            }
            return Ok(());
        }
        let (old, action, reason) = match (live, &recorded) {
            (None, None) => return Ok(()),
            (None, Some(recorded)) => (
                recorded_object(recorded),
                Action::Forget,
                "gone from the cloud already: dropped from the record".to_owned(),
            ),
            (Some(live), recorded) => {
                let inputs = recorded.as_ref().map_or(&live.inputs, |recorded| &recorded.inputs);
                let old = old_object(&kind, &name, live, recorded.as_ref(), canonical(inputs));
                let why = match (self.request.mode, &live.status) {
                    (_, Status::Deleting) => "its deletion has begun already",
                    (Mode::Destroy, _) => "the tenant is removed",
                    (Mode::Unwind, _) => "an interrupted run has made it",
                    _ => "no longer part of the tenant",
                };
                (old, Action::Delete, why.to_owned())
            }
        };
        self.steps.push(Draft { step: deletion_step(id, old, action, reason, depended_on), served: true });
        Ok(())
    }

    pub(super) fn leftovers(&mut self, id: &NodeId) -> Result<(), PlanError> {
        let Some(recorded) = self.recorded(id).cloned() else { return Ok(()) };
        let mut seen = BTreeSet::new();
        for retired in recorded.retired {
            self.request.kinds.get(&retired.kind)?;
            if !seen.insert(retired.name.clone()) {
                continue;
            }
            let reason = "left over from a replacement".to_owned();
            let mut step = deletion_step(id, retired.into(), Action::Delete, reason, recorded.depends_on.clone());
            step.leftover = true;
            self.steps.push(Draft { step, served: true });
        }
        Ok(())
    }
}

pub(super) fn deletion_step(
    node: &NodeId,
    old: OldObject,
    action: Action,
    reason: String,
    depended_on: BTreeSet<NodeId>,
) -> Step {
    Step {
        node: node.clone(),
        kind: old.kind.clone(),
        name: old.name.clone(),
        old: Some(old),
        action,
        reason,
        changes: Vec::new(),
        risk: Risk::None,
        needs_consent: false,
        expected: Duration::ZERO,
        expected_removal: Duration::ZERO,
        inputs: Value::Null,
        tags: BTreeMap::new(),
        outputs: Outputs::new(),
        depends_on: BTreeSet::new(),
        depended_on,
        data: DataPolicy::Keep { final_snapshot: None },
        generation: 0,
        leftover: false,
        holding: Holding::Managed,
        untag: BTreeSet::new(),
        after_users: false,
        left: false,
        rests: false,
    }
}
