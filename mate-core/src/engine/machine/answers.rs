//! The effect of the cloud's answers on operations.

use std::time::Duration;

use super::{Answer, Effect, EventKind, Failure, Machine, State};
use crate::engine::{journal, schedule};
use crate::provider::Policy;
use crate::provider::{Created, Deleted, Diagnosis, Observation, ProviderError, RetryStatus, Status};
use crate::state::Stuck;
use crate::vocab::{Goal, OpId, Verb};

/// The advice about an object that failed in the cloud without an error.
const WITHOUT_ERROR: &str = "see what the cloud says of it, put that right, and make a new plan: what was done is kept";
/// The interval at which the cloud is asked why something takes longer than usual.
pub(super) const ASKED_EVERY: Duration = Duration::from_secs(60);

impl Machine {
    pub(super) fn returned(&mut self, id: &OpId, answer: Answer, effects: &mut Vec<Effect>) {
        match answer {
            Answer::Created(Ok(created)) => self.accepted(id, created, effects),
            Answer::Deleted(Ok(Deleted::Gone)) => self.settle(id, None),
            Answer::Deleted(Ok(Deleted::Going)) => self.wait(id, "deleting".to_owned(), effects),
            Answer::Created(Err(error)) | Answer::Deleted(Err(error)) => self.refused(id, error, effects),
        }
    }

    pub(super) fn accepted(&mut self, id: &OpId, created: Created, effects: &mut Vec<Effect>) {
        if matches!(id.verb, Verb::Disown | Verb::Rename) {
            // Nothing but its tags has changed: there is nothing to be waited for.
            self.settle(id, None);
            return;
        }
        let step = &self.plan.steps[self.ops[id].operation.step];
        journal::accepted(&mut self.record, id, step, &created);
        self.dirty = true;
        let status = created.status.clone();
        let now = self.now;
        let op = self.ops.get_mut(id).expect("an operation of this run");
        op.created = Some(created.clone());
        op.answered = now;
        match status {
            Status::Ready if self.is_unseen(id) => {
                // Looked at at once.
                let reason = "waiting until its tags are visible".to_owned();
                self.set(id, State::Waiting { next: self.now, reason, looking: false });
            }
            Status::Ready => self.settle(id, Some(created)),
            Status::Pending(reason) => self.wait(id, reason, effects),
            Status::Deleting => self.fail(id, "it is being deleted".to_owned(), None, effects),
            Status::Failed(reason) => self.fail(id, reason, None, effects),
        }
    }

    /// Returns true for a new object that AWS does not deduplicate: it is not done before it was seen by its tags, since nothing
    /// else would tell a later run that it is there.
    pub(super) fn is_unseen(&self, id: &OpId) -> bool {
        let op = &self.ops[id];
        id.verb == Verb::Create && !op.deduplicated && self.taggable.contains(&self.step(id).kind)
    }

    pub(super) fn refused(&mut self, id: &OpId, error: ProviderError, effects: &mut Vec<Effect>) {
        if let Some(created) = &error.created {
            let step = &self.plan.steps[self.ops[id].operation.step];
            journal::accepted(&mut self.record, id, step, created);
            self.dirty = true;
            let op = self.ops.get_mut(id).expect("an operation of this run");
            op.created = Some(Created::clone(created));
        }
        let op = self.ops.get_mut(id).expect("an operation of this run");
        let refusals = op.refusals.entry(error.class).or_default();
        // Retries below the provider count too.
        *refusals += error.attempts;
        let wait = Policy::of(error.class).wait(*refusals).filter(|_| error.retry == RetryStatus::Temporary);
        if let Some(mut after) = wait {
            if id.verb == Verb::Create && !op.deduplicated && op.created.is_none() && error.class.leaves_unknown() {
                // Nothing but its tags tells whether it was made.
                after = after.max(self.limits.consistency);
            }
            if error.class.leaves_unknown() {
                // The request may take effect late: the next one is to be the last.
                after = after.max(self.limits.request);
            }
            self.set(id, State::Backoff(self.now + after));
            if !self.stopping() {
                let reason = error.to_string();
                self.emit(EventKind::Retrying { node: id.node.clone(), reason, after }, effects);
            }
        } else {
            self.fail(id, error.to_string(), Some(error), effects);
        }
    }

    pub(super) fn wait(&mut self, id: &OpId, reason: String, effects: &mut Vec<Effect>) {
        let op = &self.ops[id];
        let next = schedule::next_look(op.called, self.now, op.typical);
        let waited = self.now - op.begun;
        let changed = !matches!(&op.state, State::Waiting { reason: before, .. } if *before == reason);
        if !matches!(op.state, State::Waiting { .. }) {
            let ask_at = schedule::first_question(op.called, op.typical);
            self.ops.get_mut(id).expect("an operation of this run").ask_at = ask_at;
        }
        self.set(id, State::Waiting { next, reason: reason.clone(), looking: false });
        self.ask(id, effects);
        if changed {
            self.emit(EventKind::Waiting { node: id.node.clone(), reason, waited }, effects);
        }
    }

    /// Asks the cloud why something takes longer than usual.
    fn ask(&mut self, id: &OpId, effects: &mut Vec<Effect>) {
        let now = self.now;
        let op = self.ops.get_mut(id).expect("an operation of this run");
        if op.ask_at > now || matches!(id.verb, Verb::Delete | Verb::DeleteOld) {
            return;
        }
        op.ask_at = now + ASKED_EVERY;
        let target = Box::new(self.observed_target(id));
        effects.push(Effect::Diagnose(id.clone(), target));
    }

    pub(super) fn observed(&mut self, id: &OpId, observation: Observation, effects: &mut Vec<Effect>) {
        let State::Waiting { reason, .. } = &self.ops[id].state else { return };
        let reason = reason.clone();
        let op = &self.ops[id];
        let late = self.now
            >= self
                .limits
                .resource
                .map_or_else(|| schedule::deadline(op.called, op.typical), |limit| op.called + limit);
        let deleting = matches!(id.verb, Verb::Delete | Verb::DeleteOld);
        match observation {
            Observation::Absent if deleting => self.settle(id, None),
            // The object that stands there is not the one that was to go.
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
            Observation::Absent if self.now < self.ops[id].answered + self.limits.consistency => {
                self.wait(id, reason, effects)
            }
            Observation::Absent => self.fail(id, "it was accepted, and is gone".to_owned(), None, effects),
            Observation::Foreign(what) => self.fail(id, what, None, effects),
            Observation::Unknown(error) if error.retry == RetryStatus::Temporary && !late => {
                self.wait(id, reason, effects);
            }
            Observation::Unknown(error) => self.fail(id, error.to_string(), Some(error), effects),
        }
    }

    pub(super) fn stuck(&mut self, id: &OpId, state: &str, effects: &mut Vec<Effect>) {
        let minutes = (self.now - self.ops[id].called).as_secs() / 60;
        self.fail(id, format!("still {state} after {minutes} minutes"), None, effects);
    }

    pub(super) fn settle(&mut self, id: &OpId, created: Option<Created>) {
        let op = self.ops.get_mut(id).expect("an operation of this run");
        let step = &self.plan.steps[op.operation.step];
        if let Some(created) = &created {
            self.outputs.insert(id.node.clone(), created.outputs.clone());
        }
        journal::done(&mut self.record, id, step, &op.inputs, created.as_ref());
        op.state = State::Settled;
        self.dirty = true;
    }

    pub(super) fn fail(&mut self, id: &OpId, reason: String, error: Option<ProviderError>, effects: &mut Vec<Effect>) {
        let step = self.step(id);
        let advice = error.as_ref().map_or(WITHOUT_ERROR, ProviderError::advice);
        let failure = Failure {
            operation: id.clone(),
            kind: step.kind.clone(),
            reason,
            error,
            diagnoses: Vec::new(),
            advice: advice.to_owned(),
        };
        self.set(id, State::Diagnosing(Box::new(failure)));
        let patience = self.now + self.limits.call;
        self.ops.get_mut(id).expect("an operation of this run").ask_at = patience;
        if self.stopping() {
            // Nothing is asked any more.
            self.diagnosed(id, Vec::new(), effects);
        } else {
            effects.push(Effect::Diagnose(id.clone(), Box::new(self.observed_target(id))));
        }
    }

    /// While it is waited for: a finding that will not pass by itself ends the wait.
    fn asked(&mut self, id: &OpId, diagnoses: Vec<Diagnosis>, effects: &mut Vec<Effect>) {
        let State::Waiting { reason, .. } = &self.ops[id].state else { return };
        let Some(worst) = diagnoses.iter().find(|diagnosis| diagnosis.terminal).or(diagnoses.first()) else { return };
        if worst.terminal {
            let step = self.step(id);
            let failure = Failure {
                operation: id.clone(),
                kind: step.kind.clone(),
                reason: format!("it will not become ready: {reason}"),
                error: None,
                diagnoses: Vec::new(),
                advice: WITHOUT_ERROR.to_owned(),
            };
            self.set(id, State::Diagnosing(Box::new(failure)));
            self.diagnosed(id, diagnoses, effects);
            return;
        }
        let (reason, waited) = (format!("{reason}; {}", worst.finding), self.now - self.ops[id].begun);
        self.emit(EventKind::Waiting { node: id.node.clone(), reason, waited }, effects);
    }

    pub(super) fn diagnosed(&mut self, id: &OpId, diagnoses: Vec<Diagnosis>, effects: &mut Vec<Effect>) {
        if !matches!(self.ops[id].state, State::Diagnosing(_)) {
            self.asked(id, diagnoses, effects);
            return;
        }
        let op = self.ops.get_mut(id).expect("an operation of this run");
        let State::Diagnosing(mut failure) = std::mem::replace(&mut op.state, State::Failed) else { return };
        failure.diagnoses = diagnoses;
        let step = &self.plan.steps[op.operation.step];
        journal::failed(&mut self.record, id, step, &failure.reason);
        self.dirty = true;
        let reason = failure.to_string();
        if self.plan.goal == Goal::Unwind
            && let Some(run) = &mut self.record.run
            && run.stuck.is_none()
        {
            run.stuck =
                Some(Stuck { node: id.node.clone(), reason: failure.reason.clone(), advice: failure.advice.clone() });
        }
        self.outcome.failures.push(*failure);
        self.emit(EventKind::Failed { node: id.node.clone(), reason }, effects);
        self.skip_behind(id, effects);
    }

    pub(super) fn skip_behind(&mut self, failed: &OpId, effects: &mut Vec<Effect>) {
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
}
