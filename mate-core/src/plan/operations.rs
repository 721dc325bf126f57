//! The operations of a plan, call by call, and their dependencies.

use crate::vocab::OpId;
use crate::vocab::Verb;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Plan;
use super::step::{Action, Step, UpdateOrder};
use crate::model::ReplaceOrder;
use crate::model::ids::NodeId;

/// One call, with its wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Op {
    /// Its identity.
    pub id: OpId,
    /// The index of its step in the plan.
    pub step: usize,
    /// The operations that must have ended well before it starts.
    pub after: BTreeSet<OpId>,
    /// The duration, with the wait.
    pub expected: Duration,
}

impl Plan {
    /// The operations, each behind all that it waits for. Steps without change yield none.
    #[must_use]
    pub fn operations(&self) -> Vec<Op> {
        let dag = Dag::new(&self.steps);
        let order = dag.order().unwrap_or_default();
        order.into_iter().filter_map(|index| dag.operation(index)).collect()
    }
}

/// The nodes whose object is deleted before anything is made in its place: those that are replaced so, and whatever
/// of the deleted uses them.
pub(super) fn deleted_early(steps: &[&Step]) -> BTreeSet<NodeId> {
    let mut early: BTreeSet<NodeId> = steps
        .iter()
        .filter(|step| step.action == Action::Replace { order: ReplaceOrder::DeleteFirst })
        .map(|step| step.node.clone())
        .collect();
    loop {
        let more: BTreeSet<NodeId> = steps
            .iter()
            .filter(|step| {
                matches!(step.action, Action::Delete | Action::Forget | Action::Rest | Action::ForgetResting)
            })
            .filter(|step| !early.contains(&step.node) && step.depended_on.iter().any(|to| early.contains(to)))
            .map(|step| step.node.clone())
            .collect();
        if more.is_empty() {
            return early;
        }
        early.extend(more);
    }
}

/// The indices of `steps` in an order in which they can be done; none when they wait for one another in a circle.
pub(super) fn ordered(steps: &[Step]) -> Option<Vec<usize>> {
    let dag = Dag::new(steps);
    let mut order = Vec::with_capacity(steps.len());
    for index in dag.order()? {
        let call = &dag.calls[index];
        if dag.main[&call.step] == index {
            order.push(call.step);
        }
    }
    Some(order)
}

/// The longest chain of operations; they stand in order.
pub(super) fn critical_path(operations: &[Op]) -> Duration {
    let mut ends: BTreeMap<&OpId, Duration> = BTreeMap::new();
    for operation in operations {
        let start = operation.after.iter().filter_map(|id| ends.get(id)).max().copied().unwrap_or_default();
        ends.insert(&operation.id, start + operation.expected);
    }
    ends.into_values().max().unwrap_or_default()
}

/// The users of each node: the nodes whose inputs refer to it, or did when they were last applied.
struct Users<'a>(BTreeMap<&'a NodeId, BTreeSet<&'a NodeId>>);

impl<'a> Users<'a> {
    fn of(steps: &'a [Step]) -> Self {
        let mut users: BTreeMap<&NodeId, BTreeSet<&NodeId>> = BTreeMap::new();
        for step in steps {
            for to in step.depends_on.iter().chain(&step.depended_on) {
                users.entry(to).or_default().insert(&step.node);
            }
        }
        Self(users)
    }

    /// All that use it, directly or through others.
    fn all(&self, node: &'a NodeId) -> BTreeSet<&'a NodeId> {
        let mut found = BTreeSet::new();
        let mut next = vec![node];
        while let Some(used) = next.pop() {
            for user in self.0.get(used).into_iter().flatten() {
                if *user != node && found.insert(*user) {
                    next.push(user);
                }
            }
        }
        found
    }
}

struct Call {
    step: usize,
    /// None for a step without change, which only takes part in the order.
    verb: Option<Verb>,
    after: BTreeSet<usize>,
}

struct Dag<'a> {
    steps: &'a [Step],
    calls: Vec<Call>,
    /// The call that a step is ordered by.
    main: BTreeMap<usize, usize>,
}

impl<'a> Dag<'a> {
    fn new(steps: &'a [Step]) -> Self {
        let mut dag = Self { steps, calls: Vec::new(), main: BTreeMap::new() };
        for (index, step) in steps.iter().enumerate() {
            let verbs: &[Option<Verb>] = match step.action {
                Action::Create => &[Some(Verb::Create)],
                Action::Adopt => &[Some(Verb::Adopt)],
                Action::TakeOver => &[Some(Verb::TakeOver)],
                Action::Rename => &[Some(Verb::Rename)],
                Action::Disown | Action::DisownLeftover => &[Some(Verb::Disown)],
                Action::Update | Action::UpdateWithRestart | Action::UpdateWithDowntime => &[Some(Verb::Update)],
                Action::Replace { order: ReplaceOrder::DeleteFirst } => &[Some(Verb::Delete), Some(Verb::Create)],
                Action::Replace { order: ReplaceOrder::CreateFirst } => &[Some(Verb::DeleteOld), Some(Verb::Create)],
                Action::DeleteLeftover => &[Some(Verb::DeleteOld)],
                Action::Delete | Action::Forget | Action::Rest | Action::ForgetResting => &[Some(Verb::Delete)],
                Action::Leave | Action::NoChange => &[None],
            };
            for verb in verbs {
                dag.calls.push(Call { step: index, verb: *verb, after: BTreeSet::new() });
            }
            dag.main.insert(index, dag.calls.len() - 1);
        }
        dag.connect();
        dag
    }

    fn connect(&mut self) {
        let steps: Vec<&Step> = self.steps.iter().collect();
        let early = deleted_early(&steps);
        let mut makes: BTreeMap<&NodeId, usize> = BTreeMap::new();
        let mut removals: BTreeMap<&NodeId, Vec<usize>> = BTreeMap::new();
        for (index, call) in self.calls.iter().enumerate() {
            let node = &self.steps[call.step].node;
            if matches!(call.verb, Some(Verb::Delete | Verb::DeleteOld)) {
                removals.entry(node).or_default().push(index);
            } else {
                makes.insert(node, index);
            }
        }
        let leftover = |step: &Step| step.action == Action::DeleteLeftover;
        // Deletions that must not wait for anything that is made.
        let first: Vec<bool> = self
            .calls
            .iter()
            .map(|call| {
                let step = &self.steps[call.step];
                (call.verb == Some(Verb::Delete) && early.contains(&step.node))
                    || (leftover(step) && step.depended_on.iter().any(|to| early.contains(to)))
            })
            .collect();
        let mut edges: Vec<(usize, usize)> = Vec::new();
        // The record of a node goes with its present object: until then it names those that are left over.
        for (index, call) in self.calls.iter().enumerate() {
            let step = &self.steps[call.step];
            if matches!(step.action, Action::Delete | Action::Forget | Action::Disown) {
                let left = |other: &Step| other.node == step.node && other.action.is_about_leftover();
                let before = self.calls.iter().enumerate().filter(|(_, other)| left(&self.steps[other.step]));
                edges.extend(before.map(|(before, _)| (before, index)));
            }
        }
        let late = |call: &usize| self.steps[self.calls[*call].step].update_order == UpdateOrder::AfterUsers;
        let users = Users::of(self.steps);
        for (index, call) in self.calls.iter().enumerate() {
            let step = &self.steps[call.step];
            let own = makes.get(&step.node).copied();
            if !matches!(call.verb, Some(Verb::Delete | Verb::DeleteOld)) {
                let before = step.depends_on.iter().filter_map(|to| makes.get(to));
                edges.extend(before.filter(|made| !late(made)).map(|made| (*made, index)));
                if late(&index) {
                    let users = users.all(&step.node);
                    edges.extend(users.iter().filter_map(|user| makes.get(user)).map(|made| (*made, index)));
                }
                continue;
            }
            // The objects that it used go later.
            let used = step.depended_on.iter().filter_map(|to| removals.get(to)).flatten();
            edges.extend(used.filter(|used| first[index] || !first[**used]).map(|used| (index, *used)));
            if first[index] {
                edges.extend(own.filter(|_| !leftover(step)).map(|own| (index, own)));
                continue;
            }
            edges.extend(own.filter(|_| !leftover(step)).map(|own| (own, index)));
            // Whoever uses it moves over before it goes; where nothing takes its place, whoever uses it through others too.
            if call.verb == Some(Verb::Delete) && own.is_none() {
                let users = users.all(&step.node);
                edges.extend(users.iter().filter_map(|user| makes.get(user)).map(|made| (*made, index)));
            }
            for user in self.steps.iter().filter(|user| user.node != step.node) {
                if user.depends_on.contains(&step.node) || user.depended_on.contains(&step.node) {
                    edges.extend(makes.get(&user.node).map(|user| (*user, index)));
                }
            }
        }
        for (before, behind) in edges {
            self.calls[behind].after.insert(before);
        }
    }

    /// Every call behind all that it waits for; among those that could be next, the one of the first step.
    fn order(&self) -> Option<Vec<usize>> {
        let mut waits: Vec<usize> = self.calls.iter().map(|call| call.after.len()).collect();
        let mut behind: Vec<Vec<usize>> = vec![Vec::new(); self.calls.len()];
        for (index, call) in self.calls.iter().enumerate() {
            for before in &call.after {
                behind[*before].push(index);
            }
        }
        let mut ready: BTreeSet<usize> = (0..self.calls.len()).filter(|index| waits[*index] == 0).collect();
        let mut order = Vec::with_capacity(self.calls.len());
        while let Some(next) = ready.pop_first() {
            order.push(next);
            for waiting in &behind[next] {
                waits[*waiting] -= 1;
                if waits[*waiting] == 0 {
                    ready.insert(*waiting);
                }
            }
        }
        (order.len() == self.calls.len()).then_some(order)
    }

    fn id(&self, index: usize) -> Option<OpId> {
        let call = &self.calls[index];
        let step = &self.steps[call.step];
        let verb = call.verb?;
        let removed = step.old.as_ref().filter(|_| matches!(verb, Verb::Delete | Verb::DeleteOld));
        let name = removed.map_or(&step.name, |old| &old.name).clone();
        Some(OpId { node: step.node.clone(), verb, name })
    }

    /// The calls before this call: the calls before a step without change come before those that follow that step.
    fn calls_before(&self, index: usize) -> BTreeSet<usize> {
        let (mut found, mut passed) = (BTreeSet::new(), BTreeSet::new());
        let mut next: Vec<usize> = self.calls[index].after.iter().copied().collect();
        while let Some(before) = next.pop() {
            if self.calls[before].verb.is_some() {
                found.insert(before);
            } else if passed.insert(before) {
                next.extend(&self.calls[before].after);
            }
        }
        found
    }

    fn operation(&self, index: usize) -> Option<Op> {
        let call = &self.calls[index];
        let step = &self.steps[call.step];
        let id = self.id(index)?;
        let expected = match id.verb {
            Verb::Delete | Verb::DeleteOld => step.expected_removal,
            Verb::Create | Verb::Update | Verb::Adopt | Verb::TakeOver | Verb::Rename | Verb::Disown => {
                step.expected_making()
            }
        };
        let after = self.calls_before(index).into_iter().filter_map(|before| self.id(before)).collect();
        Some(Op { id, step: call.step, after, expected })
    }
}
