//! The machine: events in, effects out. No clock, no randomness, no I/O; the driver owns them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::events::{Event, EventKind};
use super::failure::Failure;
use super::{journal, schedule};
use crate::graph::{Outputs, references, resolve};
use crate::ids::NodeId;
use crate::plan::{OpId, Operation, Plan, Step, Verb};
use crate::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Diagnosis, ErrorClass, Observation, ProviderError, RetryStatus,
    Status, Target, UpdateRequest,
};
use crate::state::{Record, StoreError};

/// How often a call that fails for the moment is made.
const ATTEMPTS: u32 = 8;
/// What something still uses is tried for longer: ENIs of a load balancer or a cache outlive it by minutes.
const DEPENDENCY_ATTEMPTS: u32 = 40;
/// How long something that was just made may be invisible.
const INVISIBLE: Duration = Duration::from_secs(120);

/// What the driver tells the machine.
#[derive(Debug)]
pub(crate) enum Input {
    /// Begin.
    Start,
    /// The record was written, or not.
    Stored(Result<u64, StoreError>),
    /// A call answered.
    Returned(OpId, Answer),
    /// An observation answered, in the order it was asked for.
    Observed(Vec<OpId>, Vec<Observation>),
    /// The cloud was asked why.
    Diagnosed(OpId, Vec<Diagnosis>),
    /// The caller asked to stop.
    Cancel,
    /// Time has passed.
    Tick,
}

/// What a call answered.
#[derive(Debug)]
pub(crate) enum Answer {
    Created(Result<Created, ProviderError>),
    Deleted(Result<Deleted, ProviderError>),
}

/// What the machine asks of the driver.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Write this record; one at a time.
    Store(Box<Record>),
    /// Make this call.
    Call(OpId, Box<Call>),
    /// Observe these.
    Observe(Vec<OpId>, Vec<Target>),
    /// Ask why.
    Diagnose(OpId, Box<Target>),
    /// Tell the caller.
    Emit(Event),
    /// It is over.
    Finish,
}

#[derive(Debug)]
pub(crate) enum Call {
    Create(CreateRequest),
    Update(UpdateRequest),
    Delete(DeleteRequest),
}

/// How a run ended.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) failures: Vec<Failure>,
    pub(crate) skipped: Vec<NodeId>,
    pub(crate) cancelled: bool,
    pub(crate) store_error: Option<StoreError>,
    pub(crate) done: usize,
    pub(crate) total: usize,
}

#[derive(Debug)]
enum State {
    /// Not begun.
    Blocked,
    /// The intent waits to be durable.
    Intended,
    /// The call is in flight.
    Calling,
    /// The call is made again at this time.
    Backoff(Duration),
    /// The cloud is at work; looked at next at this time.
    Waiting { next: Duration, reason: String, looking: bool },
    /// The cloud is asked why it failed.
    Diagnosing(Box<Failure>),
    /// The result waits to be durable.
    Settled,
    /// Done and durable.
    Done,
    /// Failed.
    Failed,
    /// Not begun because of another one.
    Skipped,
}

#[derive(Debug)]
struct Op {
    operation: Operation,
    state: State,
    attempt: u32,
    begun: Duration,
    typical: Duration,
    inputs: Value,
    token: String,
    created: Option<Created>,
}

/// The run of one plan.
#[derive(Debug)]
pub(crate) struct Machine {
    plan: Plan,
    ops: BTreeMap<OpId, Op>,
    after: BTreeMap<OpId, BTreeSet<OpId>>,
    record: Record,
    /// The record has changes that no write has begun for.
    dirty: bool,
    storing: bool,
    /// Operations whose intent or result is in the write that is under way.
    in_write: Vec<OpId>,
    outputs: BTreeMap<NodeId, Outputs>,
    parallelism: usize,
    cancelled: bool,
    finished: bool,
    outcome: Outcome,
    started: Duration,
    now: Duration,
}

impl Machine {
    pub(crate) fn new(plan: Plan, record: Record, parallelism: usize, now: Duration) -> Self {
        let operations = plan.operations();
        let after = operations.iter().map(|operation| (operation.id.clone(), operation.after.clone())).collect();
        let ops: BTreeMap<OpId, Op> = operations
            .into_iter()
            .map(|operation| {
                let op = Op {
                    operation: operation.clone(),
                    state: State::Blocked,
                    attempt: 0,
                    begun: Duration::ZERO,
                    typical: operation.expected,
                    inputs: Value::Null,
                    token: String::new(),
                    created: None,
                };
                (operation.id, op)
            })
            .collect();
        let outputs = plan.steps.iter().map(|step| (step.node.clone(), step.outputs.clone())).collect();
        let outcome = Outcome { total: ops.len(), ..Outcome::default() };
        Self {
            plan,
            ops,
            after,
            record,
            dirty: true,
            storing: false,
            in_write: Vec::new(),
            outputs,
            parallelism: parallelism.max(1),
            cancelled: false,
            finished: false,
            outcome,
            started: now,
            now,
        }
    }

    /// The record as it stands, and how the run ended.
    pub(crate) fn into_parts(self) -> (Record, Outcome) {
        (self.record, self.outcome)
    }

    /// When the machine wants to be told that time has passed.
    pub(crate) fn wake_at(&self) -> Option<Duration> {
        self.ops
            .values()
            .filter_map(|op| match &op.state {
                State::Backoff(at) => Some(*at),
                State::Waiting { next, looking: false, .. } => Some(*next),
                _ => None,
            })
            .min()
    }

    /// One step of the machine.
    pub(crate) fn on(&mut self, input: Input, now: Duration) -> Vec<Effect> {
        self.now = now;
        let mut effects = Vec::new();
        match input {
            Input::Start => self.emit(EventKind::RunStarted, &mut effects),
            Input::Stored(Ok(version)) => self.stored(version, &mut effects),
            Input::Stored(Err(error)) => {
                self.storing = false;
                self.dirty = false;
                self.in_write.clear();
                self.outcome.store_error = Some(error);
            }
            Input::Returned(id, answer) => self.returned(&id, answer, &mut effects),
            Input::Observed(ids, observations) => {
                for (id, observation) in ids.iter().zip(observations) {
                    self.observed(id, observation, &mut effects);
                }
            }
            Input::Diagnosed(id, diagnoses) => self.diagnosed(&id, diagnoses, &mut effects),
            Input::Cancel if !self.cancelled => {
                self.cancelled = true;
                self.emit(EventKind::Cancelling, &mut effects);
            }
            Input::Cancel | Input::Tick => {}
        }
        self.advance(&mut effects);
        effects
    }

    fn stopping(&self) -> bool {
        self.cancelled || self.outcome.store_error.is_some()
    }

    fn advance(&mut self, effects: &mut Vec<Effect>) {
        if self.finished {
            return;
        }
        if !self.stopping() {
            self.repeat(effects);
            self.look(effects);
            self.begin();
        }
        self.write(effects);
        self.finish(effects);
    }

    /// Begins what can begin: everything before it is done and durable.
    fn begin(&mut self) {
        let busy = self.ops.values().filter(|op| matches!(op.state, State::Intended | State::Calling)).count();
        let mut free = self.parallelism.saturating_sub(busy);
        let mut ready: Vec<(Duration, OpId)> = self
            .ops
            .iter()
            .filter(|(id, op)| {
                matches!(op.state, State::Blocked)
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
                Verb::Create | Verb::Update | Verb::Adopt => resolve(&step.inputs, &self.outputs),
                _ => step.old.as_ref().map_or_else(|| step.inputs.clone(), |old| old.inputs.clone()),
            };
            op.token = journal::token(&self.record, step, id.verb);
            op.begun = self.now;
            op.state = State::Intended;
            journal::begin(&mut self.record, &id, step, &op.inputs, &op.token);
            self.dirty = true;
        }
    }

    /// Writes the record when something changed and no write is under way.
    fn write(&mut self, effects: &mut Vec<Effect>) {
        if !self.dirty || self.storing || self.outcome.store_error.is_some() {
            return;
        }
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

    fn stored(&mut self, version: u64, effects: &mut Vec<Effect>) {
        self.storing = false;
        self.record.version = version;
        for id in std::mem::take(&mut self.in_write) {
            match self.ops[&id].state {
                State::Settled => {
                    let took = self.now - self.ops[&id].begun;
                    self.set(&id, State::Done);
                    self.outcome.done += 1;
                    self.emit(EventKind::Done { node: id.node.clone(), verb: id.verb, took }, effects);
                }
                State::Intended if !self.stopping() => {
                    let resource = self.step(&id).kind.clone();
                    self.emit(EventKind::Started { node: id.node.clone(), resource, verb: id.verb }, effects);
                    self.call(&id, effects);
                }
                _ => {}
            }
        }
    }

    fn call(&mut self, id: &OpId, effects: &mut Vec<Effect>) {
        if id.verb == Verb::Adopt {
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
            Verb::Update => Call::Update(UpdateRequest { target, fields: step.fields(), token: op.token.clone() }),
            _ => Call::Delete(DeleteRequest { target, data: step.data.clone() }),
        };
        self.set(id, State::Calling);
        self.ops.get_mut(id).expect("an operation of this run").attempt += 1;
        effects.push(Effect::Call(id.clone(), Box::new(call)));
    }

    fn target(&self, id: &OpId) -> Target {
        let step = self.step(id);
        let op = &self.ops[id];
        let old = step.old.as_ref();
        let gone = old.filter(|_| matches!(id.verb, Verb::Delete | Verb::DeleteOld));
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
            tags: gone.map_or(&step.tags, |old| &old.tags).clone(),
        }
    }

    fn returned(&mut self, id: &OpId, answer: Answer, effects: &mut Vec<Effect>) {
        match answer {
            Answer::Created(Ok(created)) => self.accepted(id, created, effects),
            Answer::Deleted(Ok(Deleted::Gone)) => self.settle(id, None),
            Answer::Deleted(Ok(Deleted::Going)) => self.wait(id, "deleting".to_owned(), effects),
            Answer::Created(Err(error)) | Answer::Deleted(Err(error)) => self.refused(id, error, effects),
        }
    }

    fn accepted(&mut self, id: &OpId, created: Created, effects: &mut Vec<Effect>) {
        let step = &self.plan.steps[self.ops[id].operation.step];
        journal::accepted(&mut self.record, step, &created);
        self.dirty = true;
        let status = created.status.clone();
        self.ops.get_mut(id).expect("an operation of this run").created = Some(created.clone());
        match status {
            Status::Ready => self.settle(id, Some(created)),
            Status::Pending(reason) => self.wait(id, reason, effects),
            Status::Deleting => self.fail(id, "it is being deleted".to_owned(), None, effects),
            Status::Failed(reason) => self.fail(id, reason, None, effects),
        }
    }

    fn refused(&mut self, id: &OpId, error: ProviderError, effects: &mut Vec<Effect>) {
        if let Some(created) = &error.created {
            let step = &self.plan.steps[self.ops[id].operation.step];
            journal::accepted(&mut self.record, step, created);
            self.dirty = true;
        }
        let attempt = self.ops[id].attempt;
        let most = if error.class == ErrorClass::Dependency { DEPENDENCY_ATTEMPTS } else { ATTEMPTS };
        if error.retry == RetryStatus::Temporary && attempt < most {
            let after = schedule::backoff(attempt);
            self.set(id, State::Backoff(self.now + after));
            let reason = error.to_string();
            self.emit(EventKind::Retrying { node: id.node.clone(), reason, after }, effects);
        } else {
            self.fail(id, error.to_string(), Some(error), effects);
        }
    }

    fn wait(&mut self, id: &OpId, reason: String, effects: &mut Vec<Effect>) {
        let op = &self.ops[id];
        let next = schedule::next_look(op.begun, self.now, op.typical);
        let waited = self.now - op.begun;
        let changed = !matches!(&op.state, State::Waiting { reason: before, .. } if *before == reason);
        self.set(id, State::Waiting { next, reason: reason.clone(), looking: false });
        if changed {
            self.emit(EventKind::Waiting { node: id.node.clone(), reason, waited }, effects);
        }
    }

    fn observed(&mut self, id: &OpId, observation: Observation, effects: &mut Vec<Effect>) {
        let State::Waiting { reason, .. } = &self.ops[id].state else { return };
        let reason = reason.clone();
        let late = self.now >= schedule::deadline(self.ops[id].begun, self.ops[id].typical);
        let deleting = matches!(id.verb, Verb::Delete | Verb::DeleteOld);
        match observation {
            Observation::Absent if deleting => self.settle(id, None),
            // What stands there is not the object that was to go.
            Observation::Foreign(_) if deleting => self.settle(id, None),
            Observation::Present(live) if !deleting => {
                let created = Created::from(live);
                match created.status.clone() {
                    Status::Ready => self.settle(id, Some(created)),
                    Status::Failed(reason) => self.fail(id, reason, None, effects),
                    Status::Deleting => self.fail(id, "it is being deleted by somebody else".to_owned(), None, effects),
                    Status::Pending(now) if late => self.stuck(id, &now, effects),
                    Status::Pending(now) => self.wait(id, now, effects),
                }
            }
            Observation::Present(live) => match live.status {
                Status::Failed(reason) => self.fail(id, reason, None, effects),
                _ if late => self.stuck(id, &live.status.to_string(), effects),
                _ => self.wait(id, "deleting".to_owned(), effects),
            },
            Observation::Absent if self.now < self.ops[id].begun + INVISIBLE => self.wait(id, reason, effects),
            Observation::Absent => self.fail(id, "it was accepted, and is gone".to_owned(), None, effects),
            Observation::Foreign(what) => self.fail(id, what, None, effects),
            Observation::Unknown(error) if error.retry == RetryStatus::Temporary && !late => {
                self.wait(id, reason, effects);
            }
            Observation::Unknown(error) => self.fail(id, error.to_string(), Some(error), effects),
        }
    }

    fn stuck(&mut self, id: &OpId, state: &str, effects: &mut Vec<Effect>) {
        let minutes = (self.now - self.ops[id].begun).as_secs() / 60;
        self.fail(id, format!("still {state} after {minutes} minutes"), None, effects);
    }

    fn settle(&mut self, id: &OpId, created: Option<Created>) {
        let op = self.ops.get_mut(id).expect("an operation of this run");
        let step = &self.plan.steps[op.operation.step];
        if let Some(created) = &created {
            self.outputs.insert(id.node.clone(), created.outputs.clone());
        }
        journal::done(&mut self.record, id, step, &op.inputs, created.as_ref());
        op.state = State::Settled;
        self.dirty = true;
    }

    fn fail(&mut self, id: &OpId, reason: String, error: Option<ProviderError>, effects: &mut Vec<Effect>) {
        let step = self.step(id);
        let advice = error.as_ref().map_or(
            "see what the cloud says of it, put that right, and make a new plan: what was done is kept",
            |error| error.class.advice(),
        );
        let failure = Failure {
            operation: id.clone(),
            kind: step.kind.clone(),
            reason,
            error,
            diagnoses: Vec::new(),
            advice: advice.to_owned(),
        };
        self.set(id, State::Diagnosing(Box::new(failure)));
        effects.push(Effect::Diagnose(id.clone(), Box::new(self.target(id))));
    }

    fn diagnosed(&mut self, id: &OpId, diagnoses: Vec<Diagnosis>, effects: &mut Vec<Effect>) {
        let op = self.ops.get_mut(id).expect("an operation of this run");
        let State::Diagnosing(mut failure) = std::mem::replace(&mut op.state, State::Failed) else { return };
        failure.diagnoses = diagnoses;
        let step = &self.plan.steps[op.operation.step];
        journal::failed(&mut self.record, id, step, &failure.reason);
        self.dirty = true;
        let reason = failure.to_string();
        self.outcome.failures.push(*failure);
        self.emit(EventKind::Failed { node: id.node.clone(), reason }, effects);
        self.skip_behind(id, effects);
    }

    fn skip_behind(&mut self, failed: &OpId, effects: &mut Vec<Effect>) {
        let mut behind = vec![failed.clone()];
        while let Some(id) = behind.pop() {
            let dependents: Vec<OpId> = self
                .ops
                .iter()
                .filter(|(other, op)| matches!(op.state, State::Blocked) && self.after[*other].contains(&id))
                .map(|(other, _)| other.clone())
                .collect();
            for dependent in dependents {
                self.set(&dependent, State::Skipped);
                self.outcome.skipped.push(dependent.node.clone());
                let because = failed.node.clone();
                self.emit(EventKind::Skipped { node: dependent.node.clone(), because }, effects);
                behind.push(dependent);
            }
        }
    }

    fn repeat(&mut self, effects: &mut Vec<Effect>) {
        let due: Vec<OpId> = self
            .ops
            .iter()
            .filter(|(_, op)| matches!(op.state, State::Backoff(at) if at <= self.now))
            .map(|(id, _)| id.clone())
            .collect();
        for id in due {
            self.call(&id, effects);
        }
    }

    fn look(&mut self, effects: &mut Vec<Effect>) {
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

    fn observed_target(&self, id: &OpId) -> Target {
        let mut target = self.target(id);
        if let Some(created) = &self.ops[id].created {
            target.physical_id = Some(created.physical_id.clone());
        }
        target
    }

    fn finish(&mut self, effects: &mut Vec<Effect>) {
        let idle = self.ops.values().all(|op| match op.state {
            State::Calling | State::Diagnosing(_) => false,
            State::Waiting { looking, .. } => !looking && self.stopping(),
            State::Intended | State::Settled | State::Blocked | State::Backoff(_) => self.stopping(),
            State::Done | State::Failed | State::Skipped => true,
        });
        if !idle || self.storing || (self.dirty && self.outcome.store_error.is_none()) {
            return;
        }
        self.finished = true;
        self.outcome.cancelled = self.cancelled && self.outcome.done < self.outcome.total;
        self.emit(EventKind::RunFinished, effects);
        effects.push(Effect::Finish);
    }

    fn step(&self, id: &OpId) -> &Step {
        &self.plan.steps[self.ops[id].operation.step]
    }

    fn set(&mut self, id: &OpId, state: State) {
        self.ops.get_mut(id).expect("an operation of this run").state = state;
    }

    fn emit(&self, kind: EventKind, effects: &mut Vec<Effect>) {
        effects.push(Effect::Emit(Event {
            at: self.now - self.started,
            done: self.outcome.done,
            total: self.outcome.total,
            remaining: self.remaining(),
            kind,
        }));
    }

    fn remaining(&self) -> Duration {
        let left = self
            .ops
            .iter()
            .filter_map(|(id, op)| {
                let left = match op.state {
                    State::Done | State::Failed | State::Skipped | State::Settled | State::Diagnosing(_) => {
                        return None;
                    }
                    State::Blocked => op.typical,
                    _ => op.typical.saturating_sub(self.now.saturating_sub(op.begun)),
                };
                Some((id.clone(), left))
            })
            .collect();
        schedule::longest(&self.after, &left)
    }
}
