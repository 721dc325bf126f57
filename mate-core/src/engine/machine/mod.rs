//! The machine: events in, effects out. No clock, no randomness, no I/O; the driver owns them.
//!
//! [`work`] is what is begun next, [`answers`] what becomes of it, [`ending`] how a run ends that reaches its end.

mod answers;
mod ending;
mod leasehold;
#[cfg(test)]
mod tests;
mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use self::ending::Ending;
use self::leasehold::Leasehold;
use super::events::{Event, EventKind};
use super::failure::Failure;
use super::{Limits, schedule};
use crate::model::Inputs;
use crate::model::Kinds;
use crate::model::Outputs;
use crate::model::ids::{KindName, NodeId};
use crate::plan::{Op, Plan, Step};
use crate::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Diagnosis, Discovered, ErrorClass, Observation, ProviderError,
    RetryStatus, Target, UpdateRequest,
};
use crate::state::{LogTail, Record, StoreError};
use crate::vocab::{OpId, Verb};

/// An input that the driver gives to the machine.
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
    /// The lease was renewed, or not.
    Renewed(Result<(), StoreError>),
    /// The cloud was searched for what is left.
    Swept(Result<Vec<Discovered>, ProviderError>),
    /// The record was removed, or not.
    Removed(Result<(), StoreError>),
    /// A call was dropped before anything of it was sent.
    Unsent(OpId),
    /// The caller asked to stop.
    Cancel,
    /// Time has passed.
    Tick,
}

/// The answer to a call.
#[derive(Debug)]
pub(crate) enum Answer {
    Created(Result<Created, ProviderError>),
    Deleted(Result<Deleted, ProviderError>),
}

/// An effect that the machine asks of the driver.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Write this record; one at a time.
    Store(Box<Record>),
    /// Renew the lease.
    Renew,
    /// Make this call.
    Call(OpId, Box<Call>),
    /// Drop the call that this operation has in flight.
    Abandon(OpId),
    /// Drop the calls that do nothing but wait to be sent.
    Recall,
    /// Observe these.
    Observe(Vec<OpId>, Vec<Target>),
    /// Ask why.
    Diagnose(OpId, Box<Target>),
    /// Search the cloud for what is left.
    Sweep,
    /// Remove the record of this version.
    Remove(u64),
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

/// The outcome of a run.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) failures: Vec<Failure>,
    pub(crate) skipped: Vec<NodeId>,
    pub(crate) cancelled: bool,
    /// The time that the run may take was over.
    pub(crate) overdue: bool,
    /// The record could not be written, or the lease was lost.
    pub(crate) store_error: Option<StoreError>,
    /// The objects that a sweep still found at its end, by ARN.
    pub(crate) left: Vec<String>,
    pub(crate) sweep_error: Option<ProviderError>,
    pub(crate) done: usize,
    pub(crate) total: usize,
    /// The calls that were under way when the run lost its lease or its store. They may take effect.
    pub(crate) in_flight: Vec<OpId>,
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

/// An operation of the plan, and how far it has come.
#[derive(Debug)]
struct Tracked {
    operation: Op,
    state: State,
    attempt: u32,
    /// The number of refusals, by class.
    refusals: BTreeMap<ErrorClass, u32>,
    /// The time of the next question why the operation takes so long; once it has failed, the time until which the answer to
    /// that question is waited for.
    ask_at: Duration,
    begun: Duration,
    /// The time of its last call: the duration in the cloud counts from here, not from the first attempt.
    called: Duration,
    /// The time of the last answer: what it made is visible so long after it at the latest.
    answered: Duration,
    typical: Duration,
    inputs: Inputs,
    token: String,
    created: Option<Created>,
    /// True if AWS keeps a second creation from making a second object.
    deduplicated: bool,
    /// It stands before that: a call of an earlier try may be under way, or what it made may be invisible.
    not_before: Duration,
}

fn seconds(time: Duration) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

/// The run of one plan.
#[derive(Debug)]
pub(crate) struct Machine {
    plan: Plan,
    ops: BTreeMap<OpId, Tracked>,
    after: BTreeMap<OpId, BTreeSet<OpId>>,
    record: Record,
    /// The record has changes that no write has begun for.
    dirty: bool,
    storing: bool,
    /// The time of the next try after a write of the record that failed.
    store_again: Option<Duration>,
    /// The answer to an earlier write was lost: it may stand there.
    uncertain: bool,
    /// Operations whose intent or result is in the write that is under way.
    in_write: Vec<OpId>,
    /// Operations whose intent is durable and whose call is still to be made: a slow store may outlast the lease.
    announced: BTreeSet<OpId>,
    outputs: BTreeMap<NodeId, Outputs>,
    limits: Limits,
    lease: Leasehold,
    /// From then on the cloud shows what calls of earlier tries have made.
    visible_at: Duration,
    ending: Ending,
    cancelled: bool,
    finished: bool,
    /// The record tells of the run, and so do the events.
    begun: bool,
    /// The log tells how the run ended.
    told: bool,
    /// The kinds whose objects carry tags.
    taggable: BTreeSet<KindName>,
    /// The kinds of what runs once, and goes out of the record when the run has reached its end.
    once: BTreeSet<KindName>,
    outcome: Outcome,
    started: Duration,
    now: Duration,
    /// The date at which `now` was zero; seconds of the Unix epoch.
    epoch: i64,
}

/// The terms of a run.
#[derive(Debug)]
pub(crate) struct Terms<'a> {
    pub(crate) limits: Limits,
    pub(crate) kinds: &'a Kinds,
    /// The time at which the lease was asked for.
    pub(crate) leased: Duration,
    /// From then on no earlier lease holder sends a request.
    pub(crate) begins_at: Duration,
    /// From then on no request of an earlier lease holder is on the wire.
    pub(crate) clear_at: Duration,
    /// The time and the date.
    pub(crate) now: (Duration, i64),
}

impl Machine {
    pub(crate) fn new(plan: Plan, record: Record, terms: Terms<'_>) -> Self {
        let Terms { limits, kinds, leased, begins_at, clear_at, now: (now, date) } = terms;
        let unsettled = record.run.as_ref().map(|run| run.unsettled()).unwrap_or_default();
        let visible_at = if unsettled.is_empty() { Duration::ZERO } else { clear_at + limits.consistency };
        let operations = plan.operations();
        let after = operations.iter().map(|operation| (operation.id.clone(), operation.after.clone())).collect();
        let ops: BTreeMap<OpId, Tracked> = operations
            .into_iter()
            .map(|operation| {
                let deduplicated = kinds.deduplicated(&plan.steps[operation.step].kind);
                let open = |op: &&OpId| op.node == operation.id.node;
                let again = operation.id.verb == Verb::Create && !deduplicated;
                let not_before = match unsettled.iter().find(open) {
                    None => begins_at,
                    Some(_) if again => visible_at,
                    Some(_) => clear_at,
                };
                let op = Tracked {
                    operation: operation.clone(),
                    state: State::Blocked,
                    attempt: 0,
                    refusals: BTreeMap::new(),
                    ask_at: Duration::MAX,
                    begun: Duration::ZERO,
                    called: Duration::ZERO,
                    answered: Duration::ZERO,
                    typical: operation.expected,
                    inputs: Inputs::default(),
                    token: String::new(),
                    created: None,
                    deduplicated,
                    not_before,
                };
                (operation.id, op)
            })
            .collect();
        // The step of what is left over from a replacement has the node of its successor, and nothing to give.
        let lasting = plan.steps.iter().filter(|step| !step.action.is_about_leftover());
        let outputs = lasting.map(|step| (step.node.clone(), step.outputs.clone())).collect();
        let outcome = Outcome { total: ops.len(), ..Outcome::default() };
        let taggable = kinds.iter().filter(|model| model.taggable).map(|model| model.name.clone()).collect();
        let once = kinds.iter().filter(|model| model.run_once).map(|model| model.name.clone()).collect();
        Self {
            plan,
            ops,
            after,
            record,
            dirty: true,
            storing: false,
            store_again: None,
            uncertain: false,
            in_write: Vec::new(),
            announced: BTreeSet::new(),
            outputs,
            limits,
            lease: Leasehold::new(limits.lease, leased),
            visible_at,
            ending: Ending::None,
            cancelled: false,
            finished: false,
            begun: false,
            told: false,
            taggable,
            once,
            outcome,
            started: now,
            now,
            epoch: date - seconds(now),
        }
    }

    /// The record as it stands, and how the run ended.
    pub(crate) fn into_parts(self) -> (Record, Outcome) {
        (self.record, self.outcome)
    }

    /// The end of the log as it stands.
    pub(crate) fn log(&self) -> &LogTail {
        &self.record.log
    }

    /// The time at which the machine next wants to be woken.
    pub(crate) fn wake_at(&self) -> Option<Duration> {
        let calls = self.ops.values().filter_map(|op| match op.state {
            State::Calling => Some(op.called + self.limits.call),
            State::Diagnosing(_) => Some(op.ask_at),
            _ => None,
        });
        // A lease that is lost is not renewed any more.
        let renewal = self.lease.wake_at().filter(|_| self.outcome.store_error.is_none());
        let always = calls.chain(renewal);
        if self.stopping() {
            return always.min();
        }
        let always = always.chain(self.store_again).chain(self.overdue_at());
        if !self.lease.is_ours(self.now) {
            // Nothing else is done before a renewal, however long it is due.
            return always.min();
        }
        self.ops
            .values()
            .filter_map(|op| match &op.state {
                // One that is due already waits for a call to end, not for time.
                State::Backoff(at) if *at > self.now => Some(*at),
                State::Blocked if op.not_before > self.now => Some(op.not_before),
                State::Waiting { next, looking: false, .. } => Some(*next),
                _ => None,
            })
            .chain(always)
            .chain(self.ending_at())
            .min()
    }

    /// One step of the machine.
    pub(crate) fn on(&mut self, input: Input, now: Duration) -> Vec<Effect> {
        self.now = now;
        let mut effects = Vec::new();
        match input {
            Input::Stored(Ok(version)) => self.stored(version, &mut effects),
            Input::Stored(Err(error)) => self.not_stored(error),
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
            Input::Renewed(answer) => self.renewed(answer),
            Input::Swept(found) => self.swept(found, &mut effects),
            Input::Removed(answer) => self.removed(answer),
            Input::Unsent(id) => self.unsent(&id),
            Input::Cancel if !self.cancelled => {
                self.cancelled = true;
                self.emit(EventKind::Cancelling, &mut effects);
                self.recall(&mut effects);
            }
            Input::Start | Input::Cancel | Input::Tick => {}
        }
        if !self.stopping() && self.overdue_at().is_some_and(|at| at <= self.now) {
            self.outcome.overdue = true;
            self.emit(EventKind::DeadlinePassed, &mut effects);
            self.recall(&mut effects);
        }
        self.advance(&mut effects);
        effects
    }

    /// The date; seconds of the Unix epoch.
    fn date(&self) -> i64 {
        self.epoch + seconds(self.now)
    }

    fn overdue_at(&self) -> Option<Duration> {
        self.limits.operation.map(|limit| self.started + limit)
    }

    fn unanswered(&self, id: &OpId) -> Observation {
        let address = self.record.key.node(id.node.clone());
        let error = ProviderError::new(ErrorClass::Bug, "observe", address);
        Observation::Unknown(error.with_message("the provider gave no answer"))
    }

    fn stopping(&self) -> bool {
        self.cancelled || self.outcome.overdue || self.outcome.store_error.is_some()
    }

    fn advance(&mut self, effects: &mut Vec<Effect>) {
        if self.finished {
            return;
        }
        self.renew(effects);
        self.abandon(effects);
        // Once the lease may be somebody else's nothing is begun until a renewal says that it is not.
        if !self.stopping() && self.lease.is_ours(self.now) {
            self.make(effects);
            self.repeat();
            self.look(effects);
            self.begin();
        }
        self.write(effects);
        if !self.stopping() && self.lease.is_ours(self.now) {
            self.sweep(effects);
        }
        self.finish(effects);
    }

    fn finish(&mut self, effects: &mut Vec<Effect>) {
        if self.outcome.store_error.is_some() {
            // Nothing that is under way can be recorded any more, and somebody else may hold the lease.
            self.end(effects);
            return;
        }
        let idle = self.ops.values().all(|op| match op.state {
            State::Calling | State::Diagnosing(_) => false,
            State::Waiting { .. } | State::Intended | State::Settled | State::Blocked | State::Backoff(_) => {
                self.stopping()
            }
            State::Done | State::Failed | State::Skipped => true,
        });
        let ended = self.has_ended() || self.stopping();
        if !idle || self.storing || self.dirty || self.is_removing() || !ended {
            return;
        }
        self.tell_end();
        if self.dirty {
            self.write(effects);
            return;
        }
        self.end(effects);
    }

    fn end(&mut self, effects: &mut Vec<Effect>) {
        self.finished = true;
        let complete = self.outcome.done == self.outcome.total && self.has_ended();
        self.outcome.cancelled = self.cancelled && !complete;
        self.outcome.overdue &= !complete;
        self.emit(EventKind::RunFinished, effects);
        effects.push(Effect::Finish);
    }

    /// The time of the next try of a write or removal of the record; none when its failure is final.
    fn again(&mut self, error: StoreError) -> Option<Duration> {
        if error.retry() == RetryStatus::Temporary && self.lease.is_ours(self.now) {
            self.uncertain = true;
            return Some(self.now + Duration::from_secs(1));
        }
        self.outcome.store_error = Some(error);
        None
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
