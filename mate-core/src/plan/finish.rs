//! The parts of a step that follow from the other steps: names, risks and durations.

use std::time::Duration;

use super::differ::{Differ, Draft};
use super::error::PlanError;
use super::judge::PENDING;
use super::request::{DiffRequest, Observed};
use super::step::{Action, Risk, Step};
use super::{deletion, operations};
use crate::model::names;
use crate::model::{Data, ReplaceOrder, Timing, UnknownKind};
use crate::provider::{DataPolicy, Status};
use crate::state::Holding;

impl Differ<'_, '_> {
    /// An object that uses one which has to be deleted before its successor is made cannot outlive it: it is deleted
    /// first as well, even where its kind would rather make the new object first.
    pub(super) fn delete_first_under_deleted(&mut self) {
        let first = Action::Replace { order: ReplaceOrder::DeleteFirst };
        if self.drafts.all.iter().all(|draft| draft.step.action != first) {
            return;
        }
        loop {
            let steps: Vec<&Step> = self.drafts.all.iter().map(|draft| &draft.step).collect();
            let early = operations::deleted_early(&steps);
            let mut changed = false;
            for draft in &mut self.drafts.all {
                let step = &mut draft.step;
                let under = step.depended_on.iter().any(|to| early.contains(to));
                if under && step.action == (Action::Replace { order: ReplaceOrder::CreateFirst }) {
                    step.action = first;
                    changed = true;
                }
            }
            if !changed {
                return;
            }
        }
    }

    /// Names, risks and durations, which depend on how a replacement is ordered.
    pub(super) fn finished(self) -> Result<Vec<Step>, PlanError> {
        let request = self.request;
        let mut steps = Vec::with_capacity(self.drafts.all.len());
        for Draft { mut step, served } in self.drafts.all {
            if let Action::Replace { order } = step.action {
                replacement(request, &mut step, order, served)?;
            }
            removal(request, &mut step, served)?;
            let timing = (request.kinds.get(&step.kind)?.timing)(&step.inputs);
            step.expected = making(&step, timing) + step.expected_removal;
            steps.push(step);
        }
        Ok(steps)
    }
}

/// The new object of a replacement: it is ours from the first, and has a name of its own where the old one is still there.
fn replacement(
    request: &DiffRequest<'_>,
    step: &mut Step,
    order: ReplaceOrder,
    served: bool,
) -> Result<(), UnknownKind> {
    let model = request.kinds.get(&step.kind)?;
    let wanted = request.graph.get(&step.node);
    if matches!(step.holding, Holding::Adopted { .. }) {
        step.holding = Holding::Managed;
        if let Some(node) = wanted {
            step.name.clone_from(&node.name);
        }
    }
    let beside = order == ReplaceOrder::CreateFirst;
    step.generation = (step.generation + u32::from(beside)).max(request.graph.generation(&step.node));
    if beside {
        let base = wanted.map_or(step.name.as_str(), |node| node.name.as_str());
        step.name = names::with_generation(base, step.generation, model.name_rule.max);
    }
    if served && order == ReplaceOrder::DeleteFirst {
        step.risk = Risk::Downtime("it is deleted before its successor is made".to_owned());
    }
    Ok(())
}

/// The fate of the old object and its data.
fn removal(request: &DiffRequest<'_>, step: &mut Step, served: bool) -> Result<(), UnknownKind> {
    let replaces = matches!(step.action, Action::Replace { .. });
    let Some(old) = step.old.as_ref().filter(|_| replaces || step.action.deletes()) else { return Ok(()) };
    let model = request.kinds.get(&old.kind)?;
    step.expected_removal = (model.timing)(&old.inputs).delete;
    if step.action.rests() {
        return Ok(());
    }
    let loss = deletion::loss(&step.node, old, model, request.deletions, request.record);
    // A deletion that is under way is only waited for: asking again for the loss of data would need a consent of its own.
    let going =
        matches!(request.snapshot.get(&step.node), Some(Observed::Present(live)) if live.status == Status::Deleting);
    step.data = if replaces && going { DataPolicy::Keep { final_snapshot: None } } else { loss.policy };
    if let (true, true, Data::Held(what)) = (replaces, served, model.data) {
        let text = if loss.text.is_empty() { String::new() } else { format!("; {}", loss.text) };
        step.risk = Risk::DataLoss(format!("loses {what}: the new object starts empty{text}"));
    } else if replaces && !served {
        step.risk = Risk::None;
    } else {
        step.risk = std::mem::replace(&mut step.risk, Risk::None).max(loss.risk);
        if !loss.text.is_empty() {
            step.reason = format!("{}; {}", step.reason, loss.text);
        }
    }
    Ok(())
}

/// The duration of the step apart from the removal of an old object.
fn making(step: &Step, timing: Timing) -> Duration {
    match step.action {
        Action::Create | Action::Replace { .. } => timing.create,
        Action::Update | Action::UpdateWithRestart | Action::UpdateWithDowntime => {
            let only_tags = step.changes.iter().all(|change| change.field() == "tags");
            if only_tags { timing.update.min(Duration::from_secs(2)) } else { timing.update }
        }
        Action::Adopt if step.reason.starts_with(PENDING) => timing.create,
        Action::TakeOver | Action::Rename | Action::Disown | Action::DisownLeftover => Duration::from_secs(2),
        Action::Adopt
        | Action::Forget
        | Action::ForgetResting
        | Action::Leave
        | Action::NoChange
        | Action::Delete
        | Action::DeleteLeftover
        | Action::Rest => Duration::ZERO,
    }
}
