//! Plays the driver, the store and the cloud.

use std::time::Duration;

use crate::engine::Limits;
use crate::engine::events::{Event, EventKind};
use crate::engine::fixtures::{begun, created, key, plan, record};
use crate::engine::machine::{Answer, Call, Effect, Input, Machine, Outcome, State, Terms};
use crate::model::Kinds;
use crate::plan::Step;
use crate::provider::{Deleted, ErrorClass, Live, Observation, ProviderError, Status, Target};
use crate::state::Record;
use crate::vocab::{OpId, Verb};

/// Longer than any test: what is not to matter in it.
const LONG: Duration = Duration::from_secs(1_000_000_000);

pub(super) struct Hand {
    pub(super) machine: Machine,
    pub(super) now: Duration,
    pub(super) events: Vec<Event>,
    /// Every record that was stored.
    pub(super) stored: Vec<Record>,
    pub(super) finished: bool,
    /// The number of questions to the cloud why something takes so long.
    pub(super) questions: usize,
}

impl Hand {
    pub(super) fn new(steps: Vec<Step>, parallelism: usize) -> Self {
        Self::with(steps, parallelism, record())
    }

    pub(super) fn with(steps: Vec<Step>, parallelism: usize, record: Record) -> Self {
        Self::within(steps, record, Limits { parallelism, call: LONG, lease: LONG, ..Limits::default() })
    }

    pub(super) fn within(steps: Vec<Step>, record: Record, limits: Limits) -> Self {
        let terms = Terms {
            limits,
            kinds: &Kinds::standard(),
            leased: Duration::ZERO,
            begins_at: Duration::ZERO,
            clear_at: Duration::ZERO,
            now: (Duration::ZERO, 0),
        };
        let machine = Machine::new(plan(steps), begun(record), terms);
        Self { machine, now: Duration::ZERO, events: Vec::new(), stored: Vec::new(), finished: false, questions: 0 }
    }

    /// Gives one input; events and the end are kept aside.
    pub(super) fn give(&mut self, input: Input) -> Vec<Effect> {
        let mut effects = self.machine.on(input, self.now);
        effects.retain(|effect| match effect {
            Effect::Emit(event) => {
                self.events.push(event.clone());
                false
            }
            Effect::Finish => {
                assert!(!self.finished, "it ends once");
                self.finished = true;
                false
            }
            _ => true,
        });
        effects
    }

    /// Gives one input, and lets every write of the record succeed at once.
    pub(super) fn go(&mut self, input: Input) -> Vec<Effect> {
        let mut open = self.give(input);
        let mut others = Vec::new();
        loop {
            let at = open.iter().position(|effect| matches!(effect, Effect::Store(_)));
            let Some(at) = at else {
                others.append(&mut open);
                return self.without_questions(others);
            };
            let Effect::Store(record) = open.remove(at) else { unreachable!("found above") };
            others.append(&mut open);
            let version = record.version + 1;
            self.stored.push(*record);
            open = self.give(Input::Stored(Ok(version)));
        }
    }

    /// The time at which it wants to be woken for its work, not for its lease or a call that hangs.
    pub(super) fn wake_at(&self) -> Option<Duration> {
        self.machine.wake_at().filter(|at| *at < LONG / 4)
    }

    /// Counts the questions about operations that are still waited for, and answers them with nothing.
    fn without_questions(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        let mut others = Vec::new();
        for effect in effects {
            match effect {
                Effect::Diagnose(id, _) if matches!(self.machine.ops[&id].state, State::Waiting { .. }) => {
                    self.questions += 1;
                    others.extend(self.give(Input::Diagnosed(id, Vec::new())));
                }
                other => others.push(other),
            }
        }
        others
    }

    pub(super) fn start(&mut self) -> Vec<Effect> {
        self.go(Input::Start)
    }

    /// Lets time pass until the machine wants to be woken.
    pub(super) fn wake(&mut self) -> Vec<Effect> {
        self.now = self.wake_at().expect("something to wait for");
        self.go(Input::Tick)
    }

    pub(super) fn ready(&mut self, op: &OpId) -> Vec<Effect> {
        self.go(made(op, Status::Ready))
    }

    pub(super) fn pending(&mut self, op: &OpId) -> Vec<Effect> {
        self.go(made(op, Status::Pending("creating".into())))
    }

    pub(super) fn refuse(&mut self, op: &OpId, class: ErrorClass) -> Vec<Effect> {
        self.go(refused(op, class))
    }

    /// Ends the machine.
    pub(super) fn end(self) -> (Record, Outcome) {
        assert!(self.finished, "the run is over: {:#?}", self.machine);
        self.machine.into_parts()
    }

    pub(super) fn told(&self, what: impl Fn(&EventKind) -> bool) -> usize {
        self.events.iter().filter(|event| what(&event.kind)).count()
    }
}

pub(super) fn made(op: &OpId, status: Status) -> Input {
    Input::Returned(op.clone(), Answer::Created(Ok(created(op.node.as_str(), status))))
}

pub(super) fn deleted(op: &OpId, deleted: Deleted) -> Input {
    Input::Returned(op.clone(), Answer::Deleted(Ok(deleted)))
}

pub(super) fn error(op: &OpId, class: ErrorClass) -> ProviderError {
    ProviderError::new(class, "test:Call", key().node(op.node.clone()))
}

pub(super) fn refused(op: &OpId, class: ErrorClass) -> Input {
    let error = error(op, class);
    Input::Returned(
        op.clone(),
        match op.verb {
            Verb::Delete | Verb::DeleteOld => Answer::Deleted(Err(error)),
            _ => Answer::Created(Err(error)),
        },
    )
}

pub(super) fn seen(op: &OpId, status: Status) -> Input {
    let made = created(op.node.as_str(), status);
    let live = Live {
        physical_id: made.physical_id,
        status: made.status,
        inputs: serde_json::Value::Null,
        outputs: made.outputs,
        tags: Default::default(),
    };
    Input::Observed(vec![op.clone()], vec![Observation::Present(live)])
}

pub(super) fn absent(op: &OpId) -> Input {
    Input::Observed(vec![op.clone()], vec![Observation::Absent])
}

/// The operations that are called, in order.
pub(super) fn calls(effects: &[Effect]) -> Vec<&OpId> {
    effects.iter().filter_map(|effect| if let Effect::Call(id, _) = effect { Some(id) } else { None }).collect()
}

/// The nodes that are called, in order.
pub(super) fn nodes(effects: &[Effect]) -> Vec<&str> {
    calls(effects).into_iter().map(|op| op.node.as_str()).collect()
}

/// The targets that are observed.
pub(super) fn looks(effects: &[Effect]) -> Vec<&Target> {
    let targets =
        effects.iter().filter_map(|effect| if let Effect::Observe(_, targets) = effect { Some(targets) } else { None });
    targets.flatten().collect()
}

/// The target and the token of the only call.
pub(super) fn only_call(effects: &[Effect]) -> (Target, String) {
    let [Effect::Call(_, call)] = effects else { panic!("one call: {effects:?}") };
    match &**call {
        Call::Create(request) => (request.target.clone(), request.token.clone()),
        Call::Update(request) => (request.target.clone(), request.token.clone()),
        Call::Delete(request) => (request.target.clone(), String::new()),
    }
}
