//! The work that is begun next: intents, calls, looks, and the writes of the record between them.

use std::time::Duration;

use super::{Call, Effect, EventKind, Machine, State, Tracked};
use crate::engine::journal::{self, Attempt};
use crate::model::{references, resolve_with};
use crate::provider::{Claim, CreateRequest, DeleteRequest, ErrorClass, ProviderError, Target, UpdateRequest};
use crate::state::StoreError;
use crate::vocab::{OpId, Verb};

impl Machine {
    /// The number of calls that may be added to those in flight.
    fn free(&self) -> usize {
        let busy = self.ops.values().filter(|op| matches!(op.state, State::Intended | State::Calling)).count();
        self.limits.parallelism.max(1).saturating_sub(busy)
    }

    /// Begins what can begin: everything before it is done and durable.
    pub(super) fn begin(&mut self) {
        let mut free = self.free();
        let mut ready: Vec<(Duration, OpId)> = self
            .ops
            .iter()
            .filter(|(id, op)| {
                matches!(op.state, State::Blocked)
                    && op.not_before <= self.now
                    && self.after[*id].iter().all(|before| matches!(self.ops[before].state, State::Done))
            })
            .map(|(id, op)| (op.typical, id.clone()))
            .collect();
        // The longest first: it is the most likely to be the one that everything waits for.
        ready.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        for (_, id) in ready {
            if free == 0 {
                break;
            }
            free -= 1;
            let op = self.ops.get_mut(&id).expect("listed above");
            let step = &self.plan.steps[op.operation.step];
            op.inputs = match id.verb {
                Verb::Create | Verb::Update | Verb::Adopt | Verb::TakeOver => resolve_with(&step.inputs, &self.outputs),
                _ => step.old.as_ref().map_or_else(|| step.inputs.clone(), |old| old.inputs.clone()),
            };
            op.token = journal::token(&self.record, step, id.verb);
            op.begun = self.now;
            self.intend(&id);
        }
    }

    /// Puts the next attempt into the record: its call is made once that is durable.
    fn intend(&mut self, id: &OpId) {
        let at = self.date();
        let op = self.ops.get_mut(id).expect("an operation of this run");
        op.attempt += 1;
        op.called = self.now;
        op.state = State::Intended;
        let step = &self.plan.steps[op.operation.step];
        journal::begin(
            &mut self.record,
            id,
            step,
            &Attempt { number: op.attempt, inputs: &op.inputs, token: &op.token, at },
        );
        self.dirty = true;
    }

    /// Writes the record when something changed and no write is under way.
    pub(super) fn write(&mut self, effects: &mut Vec<Effect>) {
        let waits = self.store_again.is_some_and(|at| at > self.now);
        if !self.dirty || self.storing || waits || self.outcome.store_error.is_some() {
            return;
        }
        self.conclude();
        self.store_again = None;
        self.dirty = false;
        self.storing = true;
        self.in_write = self
            .ops
            .iter()
            .filter(|(_, op)| matches!(op.state, State::Intended | State::Settled))
            .map(|(id, _)| id.clone())
            .collect();
        effects.push(Effect::Store(Box::new(self.record.clone())));
    }

    pub(super) fn stored(&mut self, version: u64, effects: &mut Vec<Effect>) {
        self.storing = false;
        self.uncertain = false;
        self.record.version = version;
        if !std::mem::replace(&mut self.begun, true) {
            self.emit(EventKind::RunStarted, effects);
        }
        for id in std::mem::take(&mut self.in_write) {
            match self.ops[&id].state {
                State::Settled => {
                    let took = self.now - self.ops[&id].begun;
                    self.set(&id, State::Done);
                    self.outcome.done += 1;
                    self.emit(EventKind::Done { node: id.node.clone(), verb: id.verb, took }, effects);
                }
                State::Intended => {
                    self.announced.insert(id);
                }
                _ => {}
            }
        }
    }

    /// Makes the calls whose intents are durable.
    pub(super) fn make(&mut self, effects: &mut Vec<Effect>) {
        for id in std::mem::take(&mut self.announced) {
            if matches!(self.ops[&id].state, State::Intended) {
                let resource = self.step(&id).kind.clone();
                self.emit(EventKind::Started { node: id.node.clone(), resource, verb: id.verb }, effects);
                self.call(&id, effects);
            }
        }
    }

    pub(super) fn not_stored(&mut self, error: StoreError) {
        self.storing = false;
        self.in_write.clear();
        if let StoreError::Conflict { expected, found: Some(found), .. } = &error
            && self.uncertain
            && *found == expected + 1
        {
            // The write whose answer was lost stands there: nobody else can write under this lease. What has become
            // different since goes into the next one.
            self.record.version = *found;
            self.uncertain = false;
            self.dirty = true;
            return;
        }
        self.store_again = self.again(error);
        self.dirty = self.store_again.is_some();
    }

    fn call(&mut self, id: &OpId, effects: &mut Vec<Effect>) {
        let step = self.step(id);
        let untouched = match id.verb {
            Verb::Disown => step.untag.is_empty(),
            Verb::Rename => step.changes.is_empty(),
            _ => false,
        };
        if untouched {
            // It carries nothing of ours.
            self.settle(id, None);
            return;
        }
        let tagless = id.verb == Verb::TakeOver && step.changes.is_empty();
        if id.verb == Verb::Adopt || tagless {
            // Nothing is called: the next look is at once.
            self.set(id, State::Waiting { next: self.now, reason: String::new(), looking: false });
            return;
        }
        let target = self.target(id);
        let unresolved = references(&target.inputs);
        if let (Some(reference), Verb::Create | Verb::Update) = (unresolved.first(), id.verb) {
            let error = ProviderError::new(ErrorClass::Bug, "resolve inputs", target.address.clone())
                .with_message(format!("{reference} is not among the outputs of `{}`", reference.node));
            self.fail(id, error.to_string(), Some(error), effects);
            return;
        }
        let step = self.step(id);
        let op = &self.ops[id];
        let call = match id.verb {
            Verb::Create => Call::Create(CreateRequest { target, token: op.token.clone() }),
            Verb::Update | Verb::TakeOver | Verb::Rename => Call::Update(UpdateRequest {
                target,
                fields: step.fields(),
                untag: step.untag.clone(),
                token: op.token.clone(),
            }),
            Verb::Disown => Call::Update(UpdateRequest {
                target,
                fields: vec!["tags".to_owned()],
                untag: step.untag.clone(),
                token: op.token.clone(),
            }),
            _ => Call::Delete(DeleteRequest { target, data: step.data.clone() }),
        };
        self.set(id, State::Calling);
        self.ops.get_mut(id).expect("an operation of this run").called = self.now;
        effects.push(Effect::Call(id.clone(), Box::new(call)));
    }

    pub(super) fn target(&self, id: &OpId) -> Target {
        let step = self.step(id);
        let op = &self.ops[id];
        let old = step.old.as_ref();
        let gone = old.filter(|_| matches!(id.verb, Verb::Delete | Verb::DeleteOld | Verb::Disown));
        let physical_id = match id.verb {
            Verb::Create => op.created.as_ref().map(|created| created.physical_id.clone()),
            _ => old.and_then(|old| old.physical_id.clone()),
        };
        Target {
            address: self.record.key.node(step.node.clone()),
            kind: gone.map_or(&step.kind, |old| &old.kind).clone(),
            name: id.name.clone(),
            physical_id,
            inputs: op.inputs.clone(),
            tags: gone.filter(|_| id.verb != Verb::Disown).map_or(&step.tags, |old| &old.tags).clone(),
            claim: match id.verb {
                // It carries the old id, or since a call whose answer was lost the new one.
                Verb::Rename => Claim::Tenant,
                // An object that lost its tags in a call whose answer was lost is disowned all the same.
                Verb::TakeOver | Verb::Disown => Claim::Unowned,
                _ => Claim::Owned,
            },
        }
    }

    /// Makes the calls again whose time has come, as far as the bound on calls allows.
    pub(super) fn repeat(&mut self) {
        let due: Vec<OpId> = self
            .ops
            .iter()
            .filter(|(_, op)| matches!(op.state, State::Backoff(at) if at <= self.now))
            .map(|(id, _)| id.clone())
            .take(self.free())
            .collect();
        for id in due {
            self.intend(&id);
        }
    }

    /// Stops what can be stopped at once: calls that were not sent yet, and questions.
    pub(super) fn recall(&mut self, effects: &mut Vec<Effect>) {
        if self.ops.values().any(|op| matches!(op.state, State::Calling)) {
            effects.push(Effect::Recall);
        }
        let asked = self.ops.iter().filter(|(_, op)| matches!(op.state, State::Diagnosing(_)));
        let asked: Vec<OpId> = asked.map(|(id, _)| id.clone()).collect();
        for id in asked {
            self.diagnosed(&id, Vec::new(), effects);
        }
    }

    /// Nothing was sent: the operation stands where it stood before its call. Its intent stays in the journal.
    pub(super) fn unsent(&mut self, id: &OpId) {
        if matches!(self.ops[id].state, State::Calling) {
            self.set(id, State::Blocked);
        }
    }

    /// Gives up calls that take too long: what became of them is not known, as if their answer had been lost.
    pub(super) fn abandon(&mut self, effects: &mut Vec<Effect>) {
        let limit = self.limits.call;
        let late: Vec<OpId> = self
            .ops
            .iter()
            .filter(|(_, op)| matches!(op.state, State::Calling) && op.called + limit <= self.now)
            .map(|(id, _)| id.clone())
            .collect();
        for id in late {
            effects.push(Effect::Abandon(id.clone()));
            let error = ProviderError::new(ErrorClass::Ambiguous, id.verb.to_string(), self.target(&id).address)
                .with_message(format!("no answer within {} s", limit.as_secs()));
            self.refused(&id, error, effects);
        }
        // A failure does not wait for ever for its reason.
        let unexplained = |op: &Tracked| matches!(op.state, State::Diagnosing(_)) && op.ask_at <= self.now;
        let late: Vec<OpId> = self.ops.iter().filter(|(_, op)| unexplained(op)).map(|(id, _)| id.clone()).collect();
        for id in late {
            self.diagnosed(&id, Vec::new(), effects);
        }
    }

    /// Observes what is due, in one batch.
    pub(super) fn look(&mut self, effects: &mut Vec<Effect>) {
        let now = self.now;
        let mut due = Vec::new();
        for (id, op) in &mut self.ops {
            if let State::Waiting { next, looking, .. } = &mut op.state
                && !*looking
                && *next <= now
            {
                *looking = true;
                due.push(id.clone());
            }
        }
        if !due.is_empty() {
            let targets = due.iter().map(|id| self.observed_target(id)).collect();
            effects.push(Effect::Observe(due, targets));
        }
    }

    pub(super) fn observed_target(&self, id: &OpId) -> Target {
        let mut target = self.target(id);
        // What AWS does not deduplicate is looked for by its tags, as the next run would look for it.
        if let Some(created) = self.ops[id].created.as_ref().filter(|_| !self.is_unseen(id)) {
            target.physical_id = Some(created.physical_id.clone());
        }
        target
    }
}
