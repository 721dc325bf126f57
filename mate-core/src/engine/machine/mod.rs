//! The machine: events in, effects out. No clock, no randomness, no I/O; the driver owns them.
//!
//! [`work`] is what is begun next, [`answers`] what becomes of it.

mod answers;
#[cfg(test)]
mod tests;
mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::events::{Event, EventKind};
use super::failure::Failure;
use super::schedule;
use crate::graph::Outputs;
use crate::ids::NodeId;
use crate::plan::{OpId, Operation, Plan, Step};
use crate::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Diagnosis, ErrorClass, Observation, ProviderError, Target,
    UpdateRequest,
};
use crate::state::{Record, StoreError};

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
    /// When its last call was made: what the cloud takes counts from here, not from the first attempt.
    called: Duration,
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
                    called: Duration::ZERO,
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
        if self.stopping() {
            return None;
        }
        self.ops
            .values()
            .filter_map(|op| match &op.state {
                // One that is due already waits for a call to end, not for time.
                State::Backoff(at) if *at > self.now => Some(*at),
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
                let mut observations = observations.into_iter();
                for id in &ids {
                    // A provider that breaks its promise must not leave the operation waiting for ever.
                    let observation = observations.next().unwrap_or_else(|| self.unanswered(id));
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

    fn unanswered(&self, id: &OpId) -> Observation {
        let address = self.record.key.node(id.node.clone());
        let error = ProviderError::new(ErrorClass::Bug, "observe", address);
        Observation::Unknown(error.with_message("the provider gave no answer"))
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
                    _ => op.typical.saturating_sub(self.now.saturating_sub(op.called)),
                };
                Some((id.clone(), left))
            })
            .collect();
        schedule::longest(&self.after, &left)
    }
}
