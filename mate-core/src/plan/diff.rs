//! The comparison of what is wanted with what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::assemble::assemble;
use super::compare::{self, Difference};
use super::deletion;
use super::error::{ImpossibleChange, NodeProblem, PlanError};
use super::judge::{PENDING, decide, severity, stable_outputs, texts};
use super::repair::{Left, Scope, leave};
use super::request::{DiffRequest, Mode, Observed};
use super::step::{Action, FieldChange, Risk, Shown, Step, old_object, recorded_object};
use super::{Plan, checks, lost, once, operations, resting};
use crate::model::canonical;
use crate::model::ids::NodeId;
use crate::model::names;
use crate::model::{Data, Impact, KindModel, ReplaceOrder};
use crate::model::{Node, Outputs, resolve};
use crate::provider::{DataPolicy, Status};
use crate::state::{Holding, NodeRecord, NodeState};
use crate::vocab::Goal;

/// Makes the plan.
///
/// # Errors
/// [`PlanError`], with every problem of its sort at once.
pub fn diff(request: DiffRequest<'_>) -> Result<Plan, PlanError> {
    scoped(request, None)
}

/// The scope of a repair, and the object that is compared in it.
pub(super) type Scoped<'s> = Option<(&'s Scope<'s>, &'s NodeId, &'s KindModel)>;

/// As [`diff`], bounded to what a repair takes.
pub(super) fn scoped(request: DiffRequest<'_>, scope: Option<&Scope<'_>>) -> Result<Plan, PlanError> {
    if let Some(record) = request.record.filter(|record| record.key != *request.key) {
        return Err(PlanError::OtherTenant { wanted: request.key.clone(), found: record.key.clone() });
    }
    let order = request.graph.order().map_err(PlanError::Graph)?;
    checks::check_record(request.record)?;
    checks::check_fit(&request)?;
    checks::check_snapshot(&request)?;

    let mut differ = Differ {
        request: &request,
        scope,
        known: BTreeMap::new(),
        steps: Vec::new(),
        impossible: Vec::new(),
        missing: Vec::new(),
        notes: Vec::new(),
    };
    if matches!(request.mode, Mode::Destroy | Mode::Unwind) {
        for node in request.graph.nodes() {
            differ.remove(&node.id)?;
        }
    } else {
        for id in &order {
            if let Some(node) = request.graph.get(id) {
                differ.want(node)?;
            }
        }
    }
    // What is no longer wanted is no drift.
    let goes = |id: &&NodeId| scope.is_none_or(|scope| scope.lets_go(id));
    for id in request.record.iter().flat_map(|record| record.nodes.keys()).filter(goes) {
        if request.graph.get(id).is_none() {
            differ.remove(id)?;
        }
        differ.leftovers(id)?;
    }
    if !differ.impossible.is_empty() {
        return Err(PlanError::Impossible(differ.impossible));
    }
    if !differ.missing.is_empty() {
        return Err(PlanError::Missing(differ.missing));
    }
    differ.delete_first_under_deleted();
    let notes = std::mem::take(&mut differ.notes);
    let steps = differ.finished()?;
    let mut request = request;
    request.notes.extend(notes);
    let goal = match request.mode {
        Mode::Destroy => Goal::Destroy,
        Mode::Unwind => Goal::Unwind,
        Mode::Provision | Mode::Update => Goal::Apply,
    };
    Ok(assemble(request, goal, steps))
}

/// The physical name of a node's object: with the number of its generation where the kind replaces beside the old one.
pub(super) fn physical_name(node: &Node, recorded: Option<&NodeRecord>, model: &KindModel) -> String {
    match (model.replace, recorded) {
        (_, Some(recorded)) if matches!(recorded.holding, Holding::Adopted { .. }) => recorded.name.clone(),
        (ReplaceOrder::CreateFirst, Some(recorded)) => {
            names::with_generation(&node.name, recorded.generation, model.name_rule.max)
        }
        _ => node.name.clone(),
    }
}

pub(super) struct Differ<'r, 'a> {
    pub(super) request: &'r DiffRequest<'a>,
    scope: Option<&'r Scope<'r>>,
    /// Outputs that are known now and stay as they are.
    known: BTreeMap<NodeId, Outputs>,
    pub(super) steps: Vec<Draft>,
    impossible: Vec<ImpossibleChange>,
    /// What is only read and is not there.
    missing: Vec<NodeProblem>,
    notes: Vec<String>,
}

/// A step, and what is needed to finish it.
pub(super) struct Draft {
    pub(super) step: Step,
    /// Whether the object does its work now or once did, so that replacing it interrupts or loses something.
    pub(super) served: bool,
}

impl Differ<'_, '_> {
    pub(super) fn recorded(&self, id: &NodeId) -> Option<&NodeRecord> {
        self.request.record?.nodes.get(id)
    }

    /// Whether something is done about a node.
    fn acts(&self, id: &NodeId) -> bool {
        self.steps.iter().any(|draft| draft.step.node == *id && draft.step.action != Action::NoChange)
    }

    fn leave(&mut self, mut step: Step, recorded: Option<&NodeRecord>, changes: Vec<FieldChange>) {
        let reason = self.scope.map_or("", Scope::reason);
        leave(&mut step, reason, recorded, changes);
        self.known.insert(step.node.clone(), step.outputs.clone());
        self.steps.push(Draft { step, served: true });
    }

    fn want(&mut self, node: &Node) -> Result<(), PlanError> {
        let model = self.request.kinds.get(&node.kind)?.clone();
        let recorded = self.recorded(&node.id).cloned();
        if self.request.graph.rests(&node.id) {
            self.rest(node, recorded.as_ref());
            return Ok(());
        }
        let same_kind = recorded.as_ref().filter(|recorded| recorded.kind == node.kind);
        let mut inputs = canonical(&node.inputs);
        let made_anew = resting::wake(self.request, node, &mut inputs);
        let mut step = Step {
            node: node.id.clone(),
            kind: node.kind.clone(),
            name: physical_name(node, same_kind, &model),
            old: None,
            action: Action::Create,
            reason: "not there yet".to_owned(),
            changes: Vec::new(),
            risk: Risk::None,
            needs_consent: false,
            expected: Duration::ZERO,
            expected_removal: Duration::ZERO,
            inputs: inputs.clone(),
            tags: node.tags.clone(),
            outputs: Outputs::new(),
            depends_on: node.dependencies(),
            depended_on: recorded.as_ref().map_or_else(BTreeSet::new, |recorded| recorded.depends_on.clone()),
            data: DataPolicy::Keep { final_snapshot: None },
            generation: same_kind.map_or(0, |recorded| recorded.generation),
            leftover: false,
            holding: same_kind.map_or(Holding::Managed, |recorded| recorded.holding.clone()),
            untag: BTreeSet::new(),
            after_users: false,
            left: false,
            rests: false,
        };
        if node.existing.is_some() {
            return self.only_read(node, step);
        }
        if step.holding == Holding::Observed {
            // It was only read, and is to be ours from now on.
            step.holding = Holding::Managed;
        }
        if model.run_once && self.once(node, &model, same_kind, &mut step) {
            self.steps.push(Draft { step, served: false });
            return Ok(());
        }
        let Some(Observed::Present(live)) = self.request.snapshot.get(&node.id) else {
            if recorded.as_ref().is_some_and(|recorded| recorded.state != NodeState::Creating) {
                step.reason = "recorded, but gone from the cloud".to_owned();
            }
            if lost::held_data(self.request, &node.id, recorded.as_ref()) {
                step.risk = lost::risk(&model, &step.name);
            }
            step.reason = made_anew.unwrap_or(step.reason);
            if self.scope.is_some_and(|scope| !scope.takes_lost(&node.id, &model, recorded.is_some())) {
                self.leave(step, recorded.as_ref(), Vec::new());
                return Ok(());
            }
            if let Some(needed_by) = self.scope.and_then(|scope| scope.needed_by(&node.id)) {
                step.reason = format!("{}; {needed_by} needs it", step.reason);
            }
            if let Some(recorded) = same_kind.filter(|recorded| recorded.name == step.name) {
                step.outputs = recorded.outputs.clone();
                step.outputs.retain(|name, _| model.named_outputs.contains(&name.as_str()));
                self.known.insert(node.id.clone(), step.outputs.clone());
            }
            self.steps.push(Draft { step, served: false });
            return Ok(());
        };

        if recorded.is_some() && same_kind.is_none() {
            let old_kind = recorded.as_ref().map_or_else(|| node.kind.clone(), |recorded| recorded.kind.clone());
            step.reason = format!("it becomes an object of another kind, {} instead of {old_kind}", node.kind);
            step.action = Action::Replace { order: ReplaceOrder::DeleteFirst };
            step.old = Some(old_object(&node.kind, &node.name, live, recorded.as_ref(), live.inputs.clone()));
            if self.scope.is_some_and(|scope| !scope.takes(&node.id)) {
                self.leave(step, recorded.as_ref(), Vec::new());
                return Ok(());
            }
            self.steps.push(Draft { step, served: true });
            return Ok(());
        }

        let old = compare::present_inputs(&model, &live.inputs, recorded.as_ref().map(|recorded| &recorded.inputs));
        let new = resolve(&inputs, &self.known);
        let mut found = compare::differences(&model, &old, &new);
        if matches!(step.holding, Holding::Adopted { .. }) {
            found = compare::but_words(&model, found);
        }
        let mut left = Left::default();
        let scoped = self.scope.map(|scope| (scope, &node.id, &model));
        left.differences(scoped, &mut found, |id| self.acts(id));
        left.keep(&mut step.inputs, recorded.as_ref());
        self.refuse_impossible(node, &found);
        if let Some(recorded) = same_kind {
            self.refuse_impossible(node, &compare::hidden(&model, &recorded.inputs, &old, &new));
        }
        step.changes = found.iter().flat_map(|difference| difference.changes.clone()).collect();
        let mut impacts: Vec<(&str, Impact)> =
            found.iter().map(|difference| (difference.field, difference.impact)).collect();
        if model.taggable {
            let mut tags = compare::missing_tags(&live.tags, &node.tags);
            if let Some(recorded) = &recorded {
                let (dropped, changes) = compare::dropped_tags(&live.tags, &recorded.tags, &node.tags);
                tags.extend(changes);
                step.untag = dropped;
            }
            left.tags(scoped, &mut tags, &mut step.untag);
            if !tags.is_empty() {
                impacts.push(("tags", Impact::InPlace));
                step.changes.extend(tags);
            }
        }
        let recorded_name = recorded.as_ref().map(|recorded| recorded.name.clone());
        let whole = self.scope.is_none_or(|scope| scope.takes_name(&node.id));
        if let Some(name) = recorded_name.filter(|name| *name != step.name) {
            let change = FieldChange {
                path: "name".to_owned(),
                old: Shown::Value(Value::String(name.clone())),
                new: Shown::Value(Value::String(step.name.clone())),
            };
            if whole {
                impacts.push(("name", Impact::Replace("the name of an object is fixed at creation")));
                step.changes.push(change);
            } else {
                step.name = name;
                left.changes.push(change);
            }
        }
        let served = match (&live.status, &recorded) {
            (Status::Ready, _) | (_, None) => true,
            (_, Some(recorded)) => match recorded.state {
                NodeState::Creating => false,
                NodeState::Failed(_) => !recorded.outputs.is_empty(),
                _ => true,
            },
        };
        let worst = impacts.iter().map(|(_, impact)| *impact).max_by_key(|impact| severity(*impact));
        let (action, reason) = decide(&model, live, recorded.as_ref(), &impacts, worst, served);
        step.action = action;
        step.reason = reason;
        let updates = matches!(action, Action::Update | Action::UpdateWithRestart | Action::UpdateWithDowntime);
        step.after_users = updates && found.iter().any(|difference| difference.after_users);
        left.explain(&mut step.reason);
        step.risk = match worst {
            Some(Impact::Restart(_)) => Risk::Restart,
            Some(Impact::Downtime(_)) => Risk::Downtime(texts(&impacts, severity(Impact::Downtime("")))),
            _ => Risk::None,
        };
        let fields: BTreeSet<&str> = impacts.iter().map(|(field, _)| *field).collect();
        step.outputs = stable_outputs(&model, action, live, &old, &found, &fields);
        let failed = matches!(action, Action::Replace { .. }) && impacts.is_empty();
        if (action == Action::NoChange && !left.changes.is_empty()) || (failed && !whole) {
            step.old = Some(old_object(&node.kind, &node.name, live, recorded.as_ref(), old));
            self.leave(step, recorded.as_ref(), left.changes);
            return Ok(());
        }
        if !step.outputs.is_empty() {
            self.known.insert(node.id.clone(), step.outputs.clone());
        }
        step.old = Some(old_object(&node.kind, &node.name, live, recorded.as_ref(), old));
        self.steps.push(Draft { step, served });
        Ok(())
    }

    /// Plans what is taken away for a time.
    fn rest(&mut self, node: &Node, recorded: Option<&NodeRecord>) {
        match resting::step(self.request, node, recorded) {
            Err(impossible) => self.impossible.push(*impossible),
            Ok(step) if step.action != Action::NoChange && self.scope.is_some_and(|scope| !scope.takes(&node.id)) => {
                self.leave(step, recorded, Vec::new());
            }
            Ok(step) => {
                self.known.insert(node.id.clone(), step.outputs.clone());
                self.steps.push(Draft { step, served: true });
            }
        }
    }

    /// Plans what is run once, unless it is planned like any other.
    fn once(&mut self, node: &Node, model: &KindModel, recorded: Option<&NodeRecord>, step: &mut Step) -> bool {
        let live = match self.request.snapshot.get(&node.id) {
            Some(Observed::Present(live)) => Some(live),
            _ => None,
        };
        let wanted = resolve(&step.inputs, &self.known);
        let Some((action, reason)) = once::decide(model, live, recorded, &wanted) else { return false };
        if action != Action::Create {
            step.outputs = recorded.map(|recorded| recorded.outputs.clone()).unwrap_or_default();
            step.outputs.extend(live.iter().flat_map(|live| live.outputs.clone()));
            step.old = match (live, recorded) {
                (Some(live), _) => Some(old_object(&node.kind, &node.name, live, recorded, live.inputs.clone())),
                (None, recorded) => recorded.map(recorded_object),
            };
            self.known.insert(node.id.clone(), step.outputs.clone());
        }
        (step.action, step.reason) = (action, reason);
        true
    }

    /// What is only read is checked, and never changed.
    fn only_read(&mut self, node: &Node, mut step: Step) -> Result<(), PlanError> {
        let Some(Observed::Present(live)) = self.request.snapshot.get(&node.id) else {
            self.missing.push(NodeProblem {
                node: node.id.clone(),
                kind: node.kind.clone(),
                problem: format!("{} is only read, and is not there", node.name),
            });
            return Ok(());
        };
        let model = self.request.kinds.get(&node.kind)?;
        let old = compare::present_inputs(model, &live.inputs, None);
        for difference in compare::differences(model, &old, &resolve(&canonical(&node.inputs), &self.known)) {
            for change in difference.changes {
                self.notes.push(format!("{} is only read and differs: {change}", node.id));
            }
        }
        self.known.insert(node.id.clone(), live.outputs.clone());
        step.action = Action::NoChange;
        step.reason = "only read".to_owned();
        step.holding = Holding::Observed;
        step.outputs = live.outputs.clone();
        step.tags = live.tags.clone();
        step.old = Some(old_object(&node.kind, &node.name, live, None, old));
        self.steps.push(Draft { step, served: false });
        Ok(())
    }

    fn refuse_impossible(&mut self, node: &Node, found: &[Difference]) {
        for difference in found {
            let Impact::Never(way_round) = difference.impact else { continue };
            self.impossible.push(ImpossibleChange {
                node: node.id.clone(),
                kind: node.kind.clone(),
                field: difference.field.to_owned(),
                old: compare::show(&difference.old),
                new: compare::show(&difference.new),
                way_round: way_round.to_owned(),
            });
        }
    }

    /// An object that uses one which has to be deleted before its successor is made cannot outlive it: it is deleted
    /// first as well, even where its kind would rather make the new object first.
    fn delete_first_under_deleted(&mut self) {
        loop {
            let steps: Vec<&Step> = self.steps.iter().map(|draft| &draft.step).collect();
            let early = operations::deleted_early(&steps);
            let mut changed = false;
            for draft in &mut self.steps {
                let step = &mut draft.step;
                let under = step.depended_on.iter().any(|to| early.contains(to));
                if under && step.action == (Action::Replace { order: ReplaceOrder::CreateFirst }) {
                    step.action = Action::Replace { order: ReplaceOrder::DeleteFirst };
                    changed = true;
                }
            }
            if !changed {
                return;
            }
        }
    }

    /// Names, risks and durations, which depend on how a replacement is ordered.
    fn finished(self) -> Result<Vec<Step>, PlanError> {
        let request = self.request;
        let mut steps = Vec::with_capacity(self.steps.len());
        for Draft { mut step, served } in self.steps {
            let model = request.kinds.get(&step.kind)?;
            if let Action::Replace { order } = step.action {
                if matches!(step.holding, Holding::Adopted { .. }) {
                    // The new object is ours from the first, with a name of ours.
                    step.holding = Holding::Managed;
                    if let Some(node) = request.graph.get(&step.node) {
                        step.name.clone_from(&node.name);
                    }
                }
                if order == ReplaceOrder::CreateFirst {
                    step.generation += 1;
                    let base = request.graph.get(&step.node).map_or(step.name.as_str(), |node| node.name.as_str());
                    step.name = names::with_generation(base, step.generation, model.name_rule.max);
                }
                if served && order == ReplaceOrder::DeleteFirst {
                    step.risk = Risk::Downtime("it is deleted before its successor is made".to_owned());
                }
            }
            let removes = matches!(step.action, Action::Delete | Action::Replace { .. });
            if let Some(old) = step.old.as_ref().filter(|_| removes) {
                let old_model = request.kinds.get(&old.kind)?;
                if step.rests {
                    step.expected_removal = (old_model.timing)(&old.inputs).delete;
                    step.expected = step.expected_removal;
                    steps.push(step);
                    continue;
                }
                let loss = deletion::loss(&step.node, old, old_model, request.deletions, request.record);
                step.risk = step.risk.max(loss.risk);
                step.data = loss.policy;
                if let (Action::Replace { .. }, true, Data::Held(what)) = (step.action, served, old_model.data) {
                    let text = if loss.text.is_empty() { String::new() } else { format!("; {}", loss.text) };
                    step.risk = Risk::DataLoss(format!("loses {what}: the new object starts empty{text}"));
                } else if matches!(step.action, Action::Replace { .. }) && !served {
                    step.risk = Risk::None;
                } else if !loss.text.is_empty() {
                    step.reason = format!("{}; {}", step.reason, loss.text);
                }
                step.expected_removal = (old_model.timing)(&old.inputs).delete;
            }
            let timing = (model.timing)(&step.inputs);
            let making = match step.action {
                Action::Create | Action::Replace { .. } => timing.create,
                Action::Update | Action::UpdateWithRestart | Action::UpdateWithDowntime => {
                    let only_tags = step.changes.iter().all(|change| change.field() == "tags");
                    if only_tags { timing.update.min(Duration::from_secs(2)) } else { timing.update }
                }
                Action::Adopt if step.reason.starts_with(PENDING) => timing.create,
                Action::TakeOver | Action::Rename | Action::Release => Duration::from_secs(2),
                Action::Adopt | Action::Forget | Action::NoChange | Action::Delete => Duration::ZERO,
            };
            step.expected = making + step.expected_removal;
            step.needs_consent = step.risk.needs_consent();
            steps.push(step);
        }
        Ok(steps)
    }
}
