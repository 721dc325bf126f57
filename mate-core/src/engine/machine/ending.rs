//! The end of a run that reached it: what the record says then, the sweep, and the removal of a record of nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Effect, Event, EventKind, Machine, State};
use crate::provider::Policy;
use crate::provider::{Discovered, ProviderError};
use crate::state::{Following, LogEvent, RecordPhase, RunResult, StoreError};
use crate::vocab::Goal;

/// The interval at which the cloud is searched while the last objects go.
const SWEEPS_APART: Duration = Duration::from_secs(5);

/// The state of the end of a run.
#[derive(Debug, Default)]
pub(super) enum Ending {
    /// There is still something to do, or the record stays.
    #[default]
    None,
    /// The cloud is searched for anything left, next at this time.
    Sweeping { since: Duration, next: Duration, failures: u32, looking: bool },
    /// The record is removed, next tried at this time.
    Removing { next: Duration, asked: bool },
    /// Nothing is left, neither there nor here.
    Removed,
    /// The end that the goal asks for cannot be reached: why, the outcome says.
    Missed,
}

impl Machine {
    /// Returns true if every operation is done, as far as this write makes them durable.
    pub(super) fn is_complete(&self) -> bool {
        self.ops.values().all(|op| matches!(op.state, State::Done | State::Settled))
    }

    /// Returns true if nothing of the tenant stays.
    fn goes(&self) -> bool {
        match self.plan.goal {
            Goal::Destroy | Goal::Disown => true,
            Goal::Unwind => self.plan.after.phase.is_none() && self.record.nodes.is_empty(),
            Goal::Apply | Goal::Adopt | Goal::Amend => false,
        }
    }

    /// Brings the record to the end of the run; it is written together with the run's last result.
    pub(super) fn conclude(&mut self) {
        if !self.is_complete() || self.goes() || self.record.run.is_none() {
            return;
        }
        self.tell(RunResult::Succeeded);
        let after = &self.plan.after;
        if let Some(phase) = after.phase {
            self.record.phase = phase;
            self.record.summary = after.summary.clone();
            self.record.deletion_protection = after.deletion_protection;
            self.record.outputs = self.record.outputs_of(&after.outputs);
            self.record.spec_digest.clone_from(&after.spec_digest);
            self.record.spec.clone_from(&after.spec);
            let operating = after.operating.clone().settled();
            self.record.released(operating.release.as_ref());
            // A node that runs once has run, and nothing of it stays.
            self.record.nodes.retain(|_, node| !self.once.contains(&node.kind));
            self.record.operating = operating;
        } else {
            self.record.phase = RecordPhase::Provisioning;
        }
        let run = self.record.run.take();
        // The following change is durable together with the end of the run that it follows.
        self.record.then = run.and_then(|run| {
            let change = run.then()?.clone();
            Some(Following { change, consents: run.consents })
        });
    }

    /// Begins the sweep once everything is done and durable.
    pub(super) fn sweep(&mut self, effects: &mut Vec<Effect>) {
        let now = self.now;
        let durable = self.ops.values().all(|op| matches!(op.state, State::Done));
        if matches!(self.ending, Ending::None) && durable && !self.dirty && !self.storing && self.goes() {
            let since = now.max(self.visible_at);
            self.ending = Ending::Sweeping { since, next: since, failures: 0, looking: false };
        }
        let unwritten = self.dirty || self.storing;
        match &mut self.ending {
            Ending::Sweeping { next, looking, .. } if !*looking && *next <= now => {
                *looking = true;
                effects.push(Effect::Sweep);
            }
            Ending::Removing { next, asked } if !*asked && *next <= now && !unwritten => {
                *asked = true;
                effects.push(Effect::Remove(self.record.version));
            }
            _ => {}
        }
    }

    pub(super) fn swept(&mut self, found: Result<Vec<Discovered>, ProviderError>, effects: &mut Vec<Effect>) {
        let Ending::Sweeping { since, failures, .. } = self.ending else { return };
        match found {
            Ok(found) => {
                effects.push(Effect::Emit(Event {
                    at: self.now - self.started,
                    done: self.outcome.done,
                    total: self.outcome.total,
                    remaining: Duration::ZERO,
                    kind: EventKind::Sweeping { left: found.len() },
                }));
                if found.is_empty() {
                    // Told before the record goes, and durable first.
                    self.tell(RunResult::Succeeded);
                    self.ending = Ending::Removing { next: self.now, asked: false };
                } else if self.now.saturating_sub(since) >= self.limits.sweep {
                    let left: BTreeMap<String, ()> = found.into_iter().map(|object| (object.arn, ())).collect();
                    self.outcome.left = left.into_keys().collect();
                    self.ending = Ending::Missed;
                } else {
                    let next = self.now + SWEEPS_APART;
                    self.ending = Ending::Sweeping { since, next, failures: 0, looking: false };
                }
            }
            Err(error) => match Policy::of(error.class).wait(failures + 1) {
                Some(wait) => {
                    let next = self.now + wait;
                    self.ending = Ending::Sweeping { since, next, failures: failures + 1, looking: false };
                }
                None => {
                    self.outcome.sweep_error = Some(error);
                    self.ending = Ending::Missed;
                }
            },
        }
    }

    pub(super) fn removed(&mut self, answer: Result<(), StoreError>) {
        match answer {
            Ok(()) => self.ending = Ending::Removed,
            // An earlier attempt whose answer was lost: nobody else can have removed it under this lease.
            Err(StoreError::Conflict { found: None, .. }) if self.uncertain => self.ending = Ending::Removed,
            Err(error) => {
                let again = self.again(error);
                self.ending = again.map_or(Ending::Missed, |next| Ending::Removing { next, asked: false });
            }
        }
    }

    /// Adds the end of the run to the log; it becomes durable with the next write.
    fn tell(&mut self, result: RunResult) {
        let at = self.date();
        self.dirty |= self.record.note(at, LogEvent::Ended(result), BTreeMap::new());
    }

    /// Tells, once, how a run ended that did not reach its end.
    pub(super) fn tell_end(&mut self) {
        let reached = self.record.run.is_none() || matches!(self.ending, Ending::Removed);
        if reached || self.outcome.store_error.is_some() || std::mem::replace(&mut self.told, true) {
            return;
        }
        let result = if let Some(reason) = self.why_failed() {
            RunResult::Failed { reason }
        } else if self.outcome.overdue {
            RunResult::Overdue
        } else {
            RunResult::Cancelled
        };
        self.tell(result);
    }

    fn why_failed(&self) -> Option<String> {
        const SHOWN: usize = 5;
        let outcome = &self.outcome;
        let failures = outcome.failures.iter().map(|failure| format!("{}: {}", failure.operation, failure.reason));
        let left = outcome.left.iter().map(|arn| format!("{arn} is still there"));
        let sweep = outcome.sweep_error.iter().map(|error| format!("the sweep by tags failed: {error}"));
        let reasons: Vec<String> = failures.chain(left).chain(sweep).collect();
        let more = reasons.len().saturating_sub(SHOWN);
        let shown = reasons[..reasons.len() - more].join("; ");
        match (reasons.is_empty(), more) {
            (true, _) => None,
            (false, 0) => Some(shown),
            (false, more) => Some(format!("{shown}; and {more} more")),
        }
    }

    /// The time of the next step of the end.
    pub(super) fn ending_at(&self) -> Option<Duration> {
        match self.ending {
            Ending::Sweeping { next, looking: false, .. } => Some(next),
            Ending::Removing { next, asked: false } if !self.dirty && !self.storing => Some(next),
            _ => None,
        }
    }

    /// Returns true if the removal of the record is in flight, or a sweep for which the run waits.
    pub(super) fn is_removing(&self) -> bool {
        match self.ending {
            Ending::Removing { asked, .. } => asked,
            Ending::Sweeping { looking, .. } => looking && !self.stopping(),
            Ending::None | Ending::Removed | Ending::Missed => false,
        }
    }

    /// Returns true if the end that the goal asks for has been reached, or cannot be.
    pub(super) fn has_ended(&self) -> bool {
        !self.goes()
            || !self.outcome.failures.is_empty()
            || matches!(self.ending, Ending::Removed)
            || !self.outcome.left.is_empty()
            || self.outcome.sweep_error.is_some()
    }
}
