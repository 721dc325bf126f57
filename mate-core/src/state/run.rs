//! The run that is under way, or was interrupted: its journal, and what it has made.
//!
//! An entry is durable before the call that it announces, and its result before a dependent starts. Which entry may
//! follow which, one pure function says, [`follow`]; reading a record replays its journal by it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Intent;
use crate::lifecycle::Change;
use crate::model::ids::NodeId;
use crate::vocab::{Amendment, Consents, Deletions, Goal, OnFailure, OpId, Operating, RepairSelection, TenantVerb};

/// A run that has begun and has not reached its end. A record has none while nothing is under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The id of the plan that began it.
    pub id: String,
    /// The id of the plan that it carries out now: a resumed run has a new one.
    pub plan: String,
    /// Its goal.
    pub goal: Goal,
    /// The actor who began it or went on with it, the verb, and the reason.
    #[serde(default)]
    pub intent: Intent,
    /// The spec that it brings the tenant to, as a document; none for a platform, and where the tenant goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<Value>,
    /// The operating state of the tenant once the run has reached its end.
    #[serde(default, skip_serializing_if = "Operating::is_default")]
    pub operating: Operating,
    /// The options for the data of objects that it deletes.
    #[serde(default, skip_serializing_if = "Deletions::is_default")]
    pub deletions: Deletions,
    /// The selection that it is bounded to, where it repairs a part of the differences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<RepairSelection>,
    /// The nodes that get other ids or go out of the record, where it amends the record. The record has the new ids from the
    /// beginning of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amendment: Option<Amendment>,
    /// The consents of its caller.
    pub consents: Consents,
    /// The way on where a step of it fails; none in a run that an earlier version began, which did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on_failure: Option<OnFailure>,
    /// The change that follows once it has reached its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    then: Option<Change>,
    /// The time at which it was begun, in seconds of the Unix epoch.
    pub began_at: i64,
    /// The number of times that it was begun: 1, and one more for each time that it was resumed.
    pub tries: u32,
    /// The fencing token of the lease that it runs under.
    pub fence: u64,
    /// The nodes whose objects it has made, or has begun to make: what an unwind takes away.
    pub made: BTreeSet<NodeId>,
    /// The reason why it cannot go on by itself, when an unwind failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stuck: Option<Stuck>,
    /// The operations of earlier tries of which it is not known what became of their last call.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    unsettled: BTreeSet<OpId>,
    /// The entries of this try, in order.
    journal: Vec<Entry>,
    #[serde(skip)]
    standing: BTreeMap<OpId, OpState>,
}

/// A change that follows a run which has reached its end, and that has not begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Following {
    /// The change.
    pub change: Change,
    /// The consents of that run's caller.
    #[serde(default)]
    pub consents: Consents,
}

/// A state that a person has to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stuck {
    /// The node at which it stuck.
    pub node: NodeId,
    /// The reason.
    pub reason: String,
    /// The next step to take.
    pub advice: String,
}

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The operation: node, verb and physical name.
    #[serde(flatten)]
    pub op: OpId,
    /// Its transition.
    pub what: Transition,
}

/// A transition of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Transition {
    /// Its call is about to be made. Durable before the call.
    Begun {
        /// The number of the attempt, counted from 1.
        attempt: u32,
        /// SHA-256 of the resolved inputs, hex.
        inputs_digest: String,
        /// The idempotency token, 64 hex digits: the same for every attempt.
        token: String,
        /// The time, in seconds of the Unix epoch.
        at: i64,
    },
    /// The cloud accepted it and gave an id.
    Accepted {
        /// The id.
        physical_id: String,
    },
    /// It is done. Durable before a dependent starts.
    Done,
    /// It failed for good.
    Failed {
        /// The reason.
        reason: String,
    },
}

/// The state of an operation by the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpState {
    /// This attempt was begun; whether it took effect is not known.
    Begun(u32),
    /// The cloud accepted this attempt.
    Accepted(u32),
    /// It is done.
    Done,
    /// It failed for good.
    Failed,
}

impl OpState {
    /// Returns true if the operation was begun and has not ended. A resume looks such operations up in the cloud.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Begun(_) | Self::Accepted(_))
    }
}

/// An entry that cannot follow what stands before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an operation that is {before:?} cannot become {after}")]
pub struct IllegalTransition {
    /// The state of the operation before; none when it was not begun.
    pub before: Option<OpState>,
    /// The transition that was to follow.
    pub after: &'static str,
}

/// The legal transitions, all of them.
///
/// # Errors
/// [`IllegalTransition`] for any other.
pub fn follow(before: Option<OpState>, what: &Transition) -> Result<OpState, IllegalTransition> {
    match (before, what) {
        (None, Transition::Begun { attempt: 1, .. }) => Ok(OpState::Begun(1)),
        (Some(OpState::Begun(last) | OpState::Accepted(last)), Transition::Begun { attempt, .. })
            if *attempt == last + 1 =>
        {
            Ok(OpState::Begun(*attempt))
        }
        (Some(OpState::Begun(attempt) | OpState::Accepted(attempt)), Transition::Accepted { .. }) => {
            Ok(OpState::Accepted(attempt))
        }
        (Some(OpState::Begun(_) | OpState::Accepted(_)), Transition::Done) => Ok(OpState::Done),
        (Some(OpState::Begun(_) | OpState::Accepted(_)), Transition::Failed { .. }) => Ok(OpState::Failed),
        (before, what) => Err(IllegalTransition { before, after: what.word() }),
    }
}

impl Transition {
    fn word(&self) -> &'static str {
        match self {
            Self::Begun { .. } => "begun",
            Self::Accepted { .. } => "accepted",
            Self::Done => "done",
            Self::Failed { .. } => "failed",
        }
    }
}

/// The input with which a run begins.
#[derive(Debug, Clone)]
pub(crate) struct Beginning {
    pub(crate) plan: String,
    pub(crate) goal: Goal,
    pub(crate) intent: Intent,
    pub(crate) spec: Option<Value>,
    pub(crate) operating: Operating,
    pub(crate) deletions: Deletions,
    pub(crate) repair: Option<RepairSelection>,
    pub(crate) amendment: Option<Amendment>,
    pub(crate) consents: Consents,
    pub(crate) on_failure: OnFailure,
    pub(crate) then: Option<Change>,
    pub(crate) now: i64,
    pub(crate) fence: u64,
}

impl Run {
    /// A run that begins, or goes on with one that was interrupted: what that one made stays known.
    pub(crate) fn begin(interrupted: Option<Self>, beginning: Beginning) -> Self {
        let Beginning {
            plan,
            goal,
            intent,
            spec,
            operating,
            deletions,
            repair,
            amendment,
            consents,
            on_failure,
            then,
            now,
            fence,
        } = beginning;
        let unsettled = interrupted.as_ref().map(Self::unsettled).unwrap_or_default();
        let (id, began_at, tries, made) = match interrupted {
            Some(run) => (run.id, run.began_at, run.tries.saturating_add(1), run.made),
            None => (plan.clone(), now, 1, BTreeSet::new()),
        };
        Self {
            id,
            plan,
            goal,
            intent,
            spec,
            operating,
            deletions,
            repair,
            amendment,
            consents,
            on_failure: Some(on_failure),
            then,
            began_at,
            tries,
            fence,
            made,
            stuck: None,
            unsettled,
            journal: Vec::new(),
            standing: BTreeMap::new(),
        }
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// [`IllegalTransition`] when it cannot follow what stands; nothing is added then.
    pub(crate) fn log(&mut self, op: &OpId, what: Transition) -> Result<(), IllegalTransition> {
        let state = follow(self.standing.get(op).copied(), &what)?;
        self.standing.insert(op.clone(), state);
        self.journal.push(Entry { op: op.clone(), what });
        Ok(())
    }

    /// The way on where a step of it fails.
    #[must_use]
    pub fn on_failure(&self) -> OnFailure {
        self.on_failure.unwrap_or_else(|| match self.intent.verb {
            // Earlier versions told by the verb alone.
            Some(TenantVerb::Deploy | TenantVerb::Rollback) if self.goal == Goal::Apply => OnFailure::Unwind,
            Some(TenantVerb::Rotate) if self.goal == Goal::Apply && self.operating.both_tokens => OnFailure::Unwind,
            _ => OnFailure::Stop,
        })
    }

    /// The change that follows once it has reached its end.
    #[must_use]
    pub fn then(&self) -> Option<&Change> {
        let rotates = self.intent.verb == Some(TenantVerb::Rotate) && self.goal == Goal::Apply;
        let untold = self.on_failure.is_none() && rotates && self.operating.both_tokens;
        self.then.as_ref().or(untold.then_some(&Change::RetireTokens))
    }

    /// The entries of this try, in order.
    #[must_use]
    pub fn journal(&self) -> &[Entry] {
        &self.journal
    }

    /// The state of each operation of this try.
    #[must_use]
    pub fn standing(&self) -> &BTreeMap<OpId, OpState> {
        &self.standing
    }

    /// The operations of this try and of earlier ones of which it is not known what became of their last call: its request may
    /// take effect late, and the cloud may not show yet what it made.
    pub(crate) fn unsettled(&self) -> BTreeSet<OpId> {
        let mut open = self.unsettled.clone();
        for entry in &self.journal {
            match entry.what {
                Transition::Begun { .. } => drop(open.insert(entry.op.clone())),
                // The next operation on an object finds what the earlier ones have left.
                Transition::Done => open.retain(|op| op.node != entry.op.node || op.verb != entry.op.verb),
                Transition::Accepted { .. } | Transition::Failed { .. } => {}
            }
        }
        open
    }

    /// Replays the journal: where each operation stands follows from nothing else.
    ///
    /// # Errors
    /// [`IllegalTransition`] for a journal that cannot be.
    pub(super) fn replay(&mut self) -> Result<(), IllegalTransition> {
        self.standing.clear();
        for entry in &self.journal {
            let state = follow(self.standing.get(&entry.op).copied(), &entry.what)?;
            self.standing.insert(entry.op.clone(), state);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::Verb;

    fn begun(attempt: u32) -> Transition {
        Transition::Begun { attempt, inputs_digest: "d".into(), token: "t".into(), at: 7 }
    }

    fn accepted() -> Transition {
        Transition::Accepted { physical_id: "sg-1".into() }
    }

    fn failed() -> Transition {
        Transition::Failed { reason: "no capacity".into() }
    }

    fn run() -> Run {
        Run::begin(
            None,
            Beginning {
                plan: "p".into(),
                goal: Goal::Apply,
                intent: Default::default(),
                spec: None,
                operating: Operating::default(),
                deletions: Deletions::default(),
                repair: None,
                amendment: None,
                consents: Consents::none(),
                on_failure: OnFailure::Stop,
                then: None,
                now: 5,
                fence: 1,
            },
        )
    }

    fn op() -> OpId {
        OpId { node: "db".parse().unwrap(), verb: Verb::Create, name: "mate-a-dev-db".into() }
    }

    #[test]
    fn these_transitions_are_legal_and_no_others() {
        let states =
            [None, Some(OpState::Begun(1)), Some(OpState::Accepted(1)), Some(OpState::Done), Some(OpState::Failed)];
        let whats = [begun(1), begun(2), begun(3), accepted(), Transition::Done, failed()];
        let legal: Vec<String> = states
            .iter()
            .flat_map(|state| whats.iter().map(move |what| (*state, what)))
            .filter_map(|(state, what)| Some(format!("{state:?} {} {:?}", what.word(), follow(state, what).ok()?)))
            .collect();
        assert_eq!(
            legal,
            [
                "None begun Begun(1)",
                "Some(Begun(1)) begun Begun(2)",
                "Some(Begun(1)) accepted Accepted(1)",
                "Some(Begun(1)) done Done",
                "Some(Begun(1)) failed Failed",
                "Some(Accepted(1)) begun Begun(2)",
                "Some(Accepted(1)) accepted Accepted(1)",
                "Some(Accepted(1)) done Done",
                "Some(Accepted(1)) failed Failed",
            ]
        );
    }

    #[test]
    fn a_replay_ends_where_the_run_stands() {
        let mut run = run();
        for what in [begun(1), begun(2), accepted(), Transition::Done] {
            run.log(&op(), what).unwrap();
        }
        let text = serde_json::to_string(&run).unwrap();
        let mut read: Run = serde_json::from_str(&text).unwrap();
        assert!(read.standing().is_empty(), "it is not written: it follows from the journal");
        read.replay().unwrap();
        assert_eq!(read, run);
        assert_eq!(read.standing()[&op()], OpState::Done);
    }

    fn begun_by_an_earlier_version(verb: &str, operating: Operating) -> Run {
        let mut text = serde_json::to_value(Run { operating, ..run() }).unwrap();
        text.as_object_mut().unwrap().remove("on_failure").expect("it is told from now on");
        text["intent"] = serde_json::json!({"actor": "a", "verb": verb});
        serde_json::from_value(text).unwrap()
    }

    #[test]
    fn a_run_of_an_earlier_version_goes_on_as_it_would_have_then() {
        let rotating = || Operating { both_tokens: true, ..Operating::default() };
        let told = |verb: &str, operating: Operating| {
            let run = begun_by_an_earlier_version(verb, operating);
            (run.on_failure(), run.then().cloned())
        };
        let plain = Operating::default;
        assert_eq!(told("deploy", plain()), (OnFailure::Unwind, None));
        assert_eq!(told("rollback", plain()), (OnFailure::Unwind, None));
        assert_eq!(told("rotate", rotating()), (OnFailure::Unwind, Some(Change::RetireTokens)));
        assert_eq!(told("rotate", plain()), (OnFailure::Stop, None), "the token is being retired");
        assert_eq!(told("maintain", plain()), (OnFailure::Stop, None));
        assert_eq!(told("", plain()), (OnFailure::Stop, None));
        let none = begun_by_an_earlier_version("", plain());
        assert_eq!(none.intent.verb, None);
    }

    #[test]
    fn a_run_says_itself_how_it_goes_on() {
        let rotate = Intent { verb: Some(TenantVerb::Rotate), ..Intent::default() };
        let operating = Operating { both_tokens: true, ..Operating::default() };
        let run = Run { intent: rotate, operating, then: Some(Change::EndMaintenance), ..run() };
        let read: Run = serde_json::from_str(&serde_json::to_string(&run).unwrap()).unwrap();
        assert_eq!((read.on_failure(), read.then()), (OnFailure::Stop, Some(&Change::EndMaintenance)));
        let read = Run { then: None, ..read };
        assert_eq!(read.then(), None, "nothing is derived from its verb");
    }

    #[test]
    fn a_creation_is_unknown_until_it_is_done() {
        let mut run = run();
        run.log(&op(), begun(1)).unwrap();
        assert_eq!(run.unsettled(), BTreeSet::from([op()]));
        run.log(&op(), failed()).unwrap();
        assert_eq!(run.unsettled().len(), 1, "it may have been made all the same");
        let mut run = self::run();
        run.log(&op(), begun(1)).unwrap();
        run.log(&op(), accepted()).unwrap();
        assert_eq!(run.unsettled().len(), 1, "nobody has seen it yet");
        run.log(&op(), Transition::Done).unwrap();
        assert_eq!(run.unsettled(), BTreeSet::new());
    }

    #[test]
    fn an_entry_that_cannot_be_is_refused_and_not_kept() {
        let mut run = run();
        assert!(run.log(&op(), Transition::Done).is_err());
        assert!(run.journal().is_empty());
    }

    #[test]
    fn a_resumed_run_knows_what_the_first_made_and_begins_a_new_journal() {
        let mut first = run();
        first.log(&op(), begun(1)).unwrap();
        first.made.insert(op().node);
        let beginning = Beginning {
            plan: "q".into(),
            goal: Goal::Apply,
            intent: Default::default(),
            spec: None,
            operating: Operating::default(),
            deletions: Deletions::default(),
            repair: None,
            amendment: None,
            consents: Consents::none(),
            on_failure: OnFailure::Stop,
            then: None,
            now: 9,
            fence: 2,
        };
        let second = Run::begin(Some(first), beginning);
        assert_eq!((second.id.as_str(), second.plan.as_str(), second.tries, second.began_at), ("p", "q", 2, 5));
        assert_eq!(second.made, BTreeSet::from([op().node]));
        assert!(second.journal().is_empty());
    }
}
