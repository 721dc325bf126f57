//! The comparison of one node: as it is wanted, and as it is.

use std::collections::BTreeSet;

use serde_json::Value;

use super::compare::{self, Difference};
use super::differ::{Differ, Draft, physical_name};
use super::error::{ImpossibleChange, NodeProblem, PlanError};
use super::judge::{decide, severity, stable_outputs, texts};
use super::request::Observed;
use super::scope::{Left, Scope, leave};
use super::step::{Action, FieldChange, Risk, Shown, Step, UpdateOrder, old_object, recorded_object};
use super::{lost, once, resting};
use crate::model::{Impact, KindModel, Node, ReplaceOrder, names};
use crate::provider::{Live, Status};
use crate::state::{Holding, NodeRecord, NodeState};

/// The node that is planned, and what is known of it.
#[derive(Clone, Copy)]
struct Subject<'s> {
    node: &'s Node,
    model: &'s KindModel,
    recorded: Option<&'s NodeRecord>,
}

impl<'s> Subject<'s> {
    /// The record of it, where it is of the same kind there.
    fn same_kind(self) -> Option<&'s NodeRecord> {
        self.recorded.filter(|recorded| recorded.kind == self.node.kind)
    }

    /// True if the object does its work now or once did.
    fn served(self, live: &Live) -> bool {
        match (&live.status, self.recorded) {
            (Status::Ready, _) | (_, None) => true,
            (_, Some(recorded)) => match recorded.state {
                NodeState::Creating => false,
                NodeState::Failed(_) => !recorded.outputs.is_empty(),
                _ => true,
            },
        }
    }
}

/// The changes of one object.
struct Found {
    differences: Vec<Difference>,
    impacts: Vec<(&'static str, Impact)>,
    left: Left,
}

impl<'r> Differ<'r, '_> {
    /// Plans what is wanted of a node.
    pub(super) fn want(&mut self, node: &'r Node) -> Result<(), PlanError> {
        let request = self.request;
        let subject = Subject { node, model: request.kinds.get(&node.kind)?, recorded: self.recorded(&node.id) };
        if request.graph.rests(&node.id) {
            self.rest(subject);
            return Ok(());
        }
        let (mut step, made_anew) = self.as_if_new(subject);
        let live = match request.snapshot.get(&node.id) {
            Some(Observed::Present(live)) => Some(live),
            _ => None,
        };
        if node.existing.is_some() {
            self.only_read(subject, live, step);
            return Ok(());
        }
        if step.holding == Holding::Observed {
            // It was only read, and is to be ours from now on.
            step.holding = Holding::Managed;
        }
        if subject.model.run_once && self.once(subject, live, &mut step) {
            self.drafts.push(Draft { step, served: false });
            return Ok(());
        }
        match live {
            None => self.lost(subject, step, made_anew),
            Some(live)
                if live.status == Status::Deleting || subject.recorded.is_some() && subject.same_kind().is_none() =>
            {
                self.in_place(subject, live, step);
            }
            Some(live) => self.compared(subject, live, step),
        }
        Ok(())
    }

    /// The step as if the object was not there, and from what it is made where it was taken away for a time.
    fn as_if_new(&self, subject: Subject<'_>) -> (Step, Option<String>) {
        let Subject { node, model, recorded } = subject;
        let same_kind = subject.same_kind();
        let mut inputs = node.inputs.canonical();
        let made_anew = resting::wake(self.request, node, &mut inputs);
        let name = physical_name(node, same_kind, model);
        let step = Step {
            inputs,
            tags: node.tags.clone(),
            depends_on: self.request.graph.dependencies(node),
            depended_on: recorded.map_or_else(BTreeSet::new, |recorded| recorded.depends_on.clone()),
            generation: same_kind.map_or(0, |recorded| recorded.generation),
            holding: same_kind.map_or(Holding::Managed, |recorded| recorded.holding.clone()),
            ..Step::new(node.id.clone(), node.kind.clone(), name, Action::Create, "not there yet")
        };
        (step, made_anew)
    }

    fn leave(&mut self, mut step: Step, recorded: Option<&NodeRecord>, changes: Vec<FieldChange>) {
        let reason = self.scope.map_or("", Scope::reason);
        leave(&mut step, reason, recorded, changes);
        self.drafts.push(Draft { step, served: true });
    }

    /// Plans to make an object that is not there.
    fn lost(&mut self, subject: Subject<'_>, mut step: Step, made_anew: Option<String>) {
        let Subject { node, model, recorded } = subject;
        if recorded.is_some_and(|recorded| recorded.state != NodeState::Creating) {
            step.reason = "recorded, but gone from the cloud".to_owned();
        }
        let wanted = self.request.graph.generation(&node.id);
        if step.generation < wanted {
            step.generation = wanted;
            if model.replace == ReplaceOrder::CreateFirst {
                step.name = names::with_generation(&node.name, wanted, model.name_rule.max);
            }
        }
        if lost::held_data(self.request, &node.id, recorded) {
            step.risk = lost::risk(model, &step.name);
        }
        step.reason = made_anew.unwrap_or(step.reason);
        if self.scope.is_some_and(|scope| !scope.takes_lost(&node.id, model, recorded.is_some())) {
            self.leave(step, recorded, Vec::new());
            return;
        }
        if let Some(needed_by) = self.scope.and_then(|scope| scope.needed_by(&node.id)) {
            step.reason = format!("{}; {needed_by} needs it", step.reason);
        }
        if let Some(recorded) = subject.same_kind().filter(|recorded| recorded.name == step.name) {
            let named = recorded.outputs.iter().filter(|(name, _)| model.named_outputs.contains(&name.as_str()));
            step.outputs = named.map(|(name, value)| (name.clone(), value.clone())).collect();
        }
        self.drafts.push(Draft { step, served: false });
    }

    /// Plans to create the object after the one that stands in its place is gone: an object of another kind, which is deleted, or
    /// one whose deletion an interrupted run has begun.
    fn in_place(&mut self, subject: Subject<'_>, live: &Live, mut step: Step) {
        let Subject { node, recorded, .. } = subject;
        let going = live.status == Status::Deleting;
        let old_kind = recorded.map_or(&node.kind, |recorded| &recorded.kind);
        step.reason = if *old_kind == node.kind {
            "its deletion has begun already; it is made anew".to_owned()
        } else {
            format!("it becomes an object of another kind, {} instead of {old_kind}", node.kind)
        };
        step.action = Action::Replace { order: ReplaceOrder::DeleteFirst };
        step.old = Some(old_object(&node.kind, &node.name, live, recorded, &live.inputs.clone().into()));
        if self.scope.is_some_and(|scope| !scope.takes(&node.id)) {
            self.leave(step, recorded, Vec::new());
            return;
        }
        self.drafts.push(Draft { step, served: !going });
    }

    /// Compares an object that is there with its desired form, field by field.
    fn compared(&mut self, subject: Subject<'_>, live: &Live, mut step: Step) {
        let Subject { node, model, recorded } = subject;
        let old = compare::present_inputs(model, &live.inputs, recorded.map(|recorded| &recorded.inputs));
        let mut found = self.fields(subject, &old, &mut step);
        if model.taggable {
            self.tags(subject, live, &mut found, &mut step);
        }
        let whole = self.scope.is_none_or(|scope| scope.takes_name(&node.id));
        named(recorded, whole, &mut found, &mut step);
        self.generation(subject, whole, &mut found, &mut step);
        let Found { differences, impacts, left } = found;
        let served = subject.served(live);
        let worst = impacts.iter().map(|(_, impact)| *impact).max_by_key(|impact| severity(*impact));
        let (action, reason) = decide(model, live, recorded, &impacts, worst, served);
        step.action = action;
        step.reason = reason;
        let updates = matches!(action, Action::Update | Action::UpdateWithRestart | Action::UpdateWithDowntime);
        if updates && differences.iter().any(|difference| difference.after_users) {
            step.update_order = UpdateOrder::AfterUsers;
        }
        left.explain(&mut step.reason);
        step.risk = match worst {
            Some(Impact::Restart(_)) => Risk::Restart,
            Some(Impact::Downtime(_)) => Risk::Downtime(texts(&impacts, severity(Impact::Downtime("")))),
            _ => Risk::None,
        };
        let fields: BTreeSet<&str> = impacts.iter().map(|(field, _)| *field).collect();
        step.outputs = stable_outputs(model, action, live, &old, &differences, &fields);
        step.old = Some(old_object(&node.kind, &node.name, live, recorded, &old));
        let failed = matches!(action, Action::Replace { .. }) && impacts.is_empty();
        if (action == Action::NoChange && !left.changes.is_empty()) || (failed && !whole) {
            self.leave(step, recorded, left.changes);
            return;
        }
        self.drafts.push(Draft { step, served });
    }

    /// The fields that differ, as far as they are taken.
    fn fields(&mut self, subject: Subject<'_>, old: &Value, step: &mut Step) -> Found {
        let Subject { node, model, recorded } = subject;
        let wanted = step.inputs.clone();
        let mut differences = compare::differences(model, old, &wanted, &self.drafts);
        if matches!(step.holding, Holding::Adopted { .. }) {
            differences = compare::but_words(model, differences);
        }
        let mut left = Left::default();
        let scoped = self.scope.map(|scope| (scope, &node.id, model));
        left.differences(scoped, &mut differences, |id| self.drafts.acts(id));
        left.keep(&mut step.inputs, recorded);
        self.refuse_impossible(node, &differences);
        if let Some(recorded) = subject.same_kind() {
            let hidden = compare::hidden(model, &recorded.inputs, old, &wanted, &self.drafts);
            self.refuse_impossible(node, &hidden);
        }
        for difference in &mut differences {
            step.changes.append(&mut difference.changes);
        }
        let impacts = differences.iter().map(|difference| (difference.field, difference.impact)).collect();
        Found { differences, impacts, left }
    }

    /// The tags that differ, as far as they are taken.
    fn tags(&self, subject: Subject<'_>, live: &Live, found: &mut Found, step: &mut Step) {
        let Subject { node, model, recorded } = subject;
        let mut tags = compare::missing_tags(&live.tags, &node.tags);
        if let Some(recorded) = recorded {
            let (dropped, changes) = compare::dropped_tags(&live.tags, &recorded.tags, &node.tags);
            tags.extend(changes);
            step.untag = dropped;
        }
        let scoped = self.scope.map(|scope| (scope, &node.id, model));
        found.left.tags(scoped, &mut tags, &mut step.untag);
        if !tags.is_empty() {
            found.impacts.push(("tags", Impact::InPlace));
            step.changes.extend(tags);
        }
    }

    /// An object of an earlier generation than is asked for, where it is taken.
    fn generation(&self, subject: Subject<'_>, whole: bool, found: &mut Found, step: &mut Step) {
        let wanted = self.request.graph.generation(&subject.node.id);
        if step.generation >= wanted {
            return;
        }
        let shown = |generation: u32| Shown::Value(Value::from(generation));
        let change = FieldChange { path: "generation".to_owned(), old: shown(step.generation), new: shown(wanted) };
        if whole {
            found.impacts.push(("generation", Impact::Replace("another object was asked for in its place")));
            step.changes.push(change);
        } else {
            found.left.changes.push(change);
        }
    }

    /// Plans what is taken away for a time.
    fn rest(&mut self, subject: Subject<'_>) {
        let Subject { node, recorded, .. } = subject;
        match resting::step(self.request, node, recorded) {
            Err(impossible) => self.impossible.push(*impossible),
            Ok(step) if step.action.acts() && self.scope.is_some_and(|scope| !scope.takes(&node.id)) => {
                self.leave(step, recorded, Vec::new());
            }
            Ok(step) => self.drafts.push(Draft { step, served: true }),
        }
    }

    /// Plans what is run once, unless it is planned like any other.
    fn once(&self, subject: Subject<'_>, live: Option<&Live>, step: &mut Step) -> bool {
        let (node, recorded) = (subject.node, subject.same_kind());
        let decided = once::decide(subject.model, live, recorded, &step.inputs, &self.drafts);
        let Some((action, reason)) = decided else { return false };
        if action != Action::Create {
            step.outputs = recorded.map(|recorded| recorded.outputs.clone()).unwrap_or_default();
            step.outputs.extend(live.iter().flat_map(|live| live.outputs.clone()));
            step.old = match (live, recorded) {
                (Some(live), _) => {
                    Some(old_object(&node.kind, &node.name, live, recorded, &live.inputs.clone().into()))
                }
                (None, recorded) => recorded.map(recorded_object),
            };
        }
        (step.action, step.reason) = (action, reason);
        true
    }

    /// Checks an object that is only read. It is never changed.
    fn only_read(&mut self, subject: Subject<'_>, live: Option<&Live>, mut step: Step) {
        let Subject { node, model, .. } = subject;
        let Some(live) = live else {
            self.missing.push(NodeProblem {
                node: node.id.clone(),
                kind: node.kind.clone(),
                problem: format!("{} is only read, and is not there", node.name),
            });
            return;
        };
        let old = compare::present_inputs(model, &live.inputs, None);
        for difference in compare::differences(model, &old, &node.inputs.canonical(), &self.drafts) {
            for change in difference.changes {
                self.notes.push(format!("{} is only read and differs: {change}", node.id));
            }
        }
        step.action = Action::NoChange;
        step.reason = "only read".to_owned();
        step.holding = Holding::Observed;
        step.outputs = live.outputs.clone();
        step.tags = live.tags.clone();
        step.old = Some(old_object(&node.kind, &node.name, live, None, &old));
        self.drafts.push(Draft { step, served: false });
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
}

/// A name that differs from the recorded one, where it is taken.
fn named(recorded: Option<&NodeRecord>, whole: bool, found: &mut Found, step: &mut Step) {
    let Some(recorded) = recorded.filter(|recorded| recorded.name != step.name) else { return };
    let shown = |name: &str| Shown::Value(Value::String(name.to_owned()));
    let change = FieldChange { path: "name".to_owned(), old: shown(&recorded.name), new: shown(&step.name) };
    if whole {
        found.impacts.push(("name", Impact::Replace("the name of an object is fixed at creation")));
        step.changes.push(change);
    } else {
        step.name.clone_from(&recorded.name);
        found.left.changes.push(change);
    }
}
