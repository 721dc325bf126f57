//! The lease, the store that fails for the moment, the deadlines, and what is found out while something is waited for.

use std::time::Duration;

use super::hand::{Hand, made, nodes, only_call};
use crate::engine::Limits;
use crate::engine::events::EventKind;
use crate::engine::fixtures::{id, key, op, record, step};
use crate::engine::machine::{Effect, Input};
use crate::plan::{Action, Step};
use crate::provider::{Diagnosis, Status};
use crate::state::{Holder, OpState, StoreError, Transition};
use crate::vocab::Verb;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn steps() -> Vec<Step> {
    vec![step("a", Action::Create, &[], 100), step("b", Action::Create, &["a"], 10)]
}

fn hand(limits: Limits) -> Hand {
    Hand::within(steps(), record(), limits)
}

fn busy() -> Input {
    Input::Stored(Err(StoreError::temporary("write a record", "it is busy")))
}

fn fenced() -> StoreError {
    let holder = Holder { owner: "two".into(), fence: 2, expires_at: 0, ttl: 30, renewals: 0 };
    StoreError::Fenced { key: key(), fence: 1, holder: Some(holder) }
}

#[test]
fn the_lease_is_renewed_after_a_third_of_its_time() {
    let mut hand = hand(Limits::default());
    hand.start();
    for turn in 1..=5 {
        assert_eq!(hand.machine.wake_at(), Some(seconds(10 * turn)));
        hand.now = seconds(10 * turn);
        assert!(matches!(hand.go(Input::Tick).as_slice(), [Effect::Renew]));
        assert!(hand.go(Input::Tick).is_empty(), "one renewal at a time");
        assert!(hand.go(Input::Renewed(Ok(()))).is_empty());
    }
}

#[test]
fn a_lease_that_is_lost_stops_the_run_at_its_next_step() {
    let mut hand = hand(Limits::default());
    hand.start();
    hand.now = seconds(10);
    hand.go(Input::Tick);
    assert!(hand.go(Input::Renewed(Err(fenced()))).is_empty(), "neither a write nor `b`");
    assert!(hand.finished, "the call in flight is not awaited");
    assert!(matches!(hand.end().1.store_error, Some(StoreError::Fenced { fence: 1, .. })));
}

#[test]
fn nothing_is_begun_while_the_lease_may_be_over_and_all_goes_on_once_it_is_renewed() {
    let mut hand = hand(Limits::default());
    hand.start();
    hand.now = seconds(45);
    // The process stood still: the lease was over before anybody could renew it.
    let effects = hand.go(made(&op("a", Verb::Create), Status::Ready));
    assert!(matches!(effects.as_slice(), [Effect::Renew]), "`b` is not begun: {effects:?}");
    assert_eq!(nodes(&hand.go(Input::Renewed(Ok(())))), ["b"]);
}

#[test]
fn an_intent_that_is_durable_only_after_the_lease_may_be_over_is_not_carried_out_before_a_renewal() {
    let mut hand = hand(Limits::default());
    hand.give(Input::Start);
    hand.now = seconds(45);
    let effects = hand.give(Input::Stored(Ok(1)));
    assert!(matches!(effects.as_slice(), [Effect::Renew]), "`a` is not made: {effects:?}");
    let effects = hand.give(Input::Renewed(Ok(())));
    let calls = effects.iter().filter(|effect| matches!(effect, Effect::Call(..))).count();
    assert_eq!(calls, 1, "{effects:?}");
    assert!(!hand.give(Input::Tick).iter().any(|effect| matches!(effect, Effect::Call(..))), "and not twice");
}

#[test]
fn a_renewal_that_fails_for_the_moment_is_repeated_while_the_lease_holds() {
    let mut hand = hand(Limits::default());
    hand.start();
    hand.now = seconds(10);
    let busy = || Input::Renewed(Err(StoreError::temporary("write a lease", "it is busy")));
    hand.go(Input::Tick);
    hand.go(busy());
    hand.now = hand.machine.wake_at().unwrap();
    assert!(hand.now < seconds(14));
    assert!(matches!(hand.go(Input::Tick).as_slice(), [Effect::Renew]));
    hand.now = seconds(31);
    hand.go(busy());
    hand.go(made(&op("a", Verb::Create), Status::Ready));
    assert!(hand.end().1.store_error.is_some());
}

#[test]
fn what_is_due_while_the_lease_may_be_over_is_not_asked_for_again_and_again() {
    for typical in 1..=120 {
        let mut hand = Hand::within(vec![step("a", Action::Create, &[], typical)], record(), Limits::default());
        hand.start();
        hand.go(made(&op("a", Verb::Create), Status::Pending("creating".into())));
        hand.now = seconds(29);
        hand.go(Input::Tick);
        hand.go(Input::Renewed(Err(StoreError::temporary("write a lease", "it is busy"))));
        hand.now = seconds(31);
        hand.go(Input::Tick);
        let next = hand.machine.wake_at().unwrap();
        assert!(next > hand.now, "usually {typical} s: time does not pass until {next:?}");
    }
}

#[test]
fn a_write_that_fails_for_the_moment_is_repeated_and_no_call_goes_out_before() {
    let mut hand = hand(Limits::default());
    hand.give(Input::Start);
    assert!(hand.give(busy()).is_empty());
    hand.now = hand.wake_at().unwrap();
    let effects = hand.give(Input::Tick);
    let [Effect::Store(again)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(again.version, 0);
    assert_eq!(nodes(&hand.give(Input::Stored(Ok(1)))), ["a"]);
}

#[test]
fn a_write_whose_answer_was_lost_is_known_again_by_its_version() {
    let mut hand = hand(Limits::default());
    hand.give(Input::Start);
    hand.give(busy());
    hand.now = hand.wake_at().unwrap();
    hand.give(Input::Tick);
    let conflict = StoreError::Conflict { key: key(), expected: 0, found: Some(1) };
    let effects = hand.give(Input::Stored(Err(conflict)));
    let [Effect::Store(next)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(next.version, 1, "what stands there is ours");
    assert_eq!(nodes(&hand.give(Input::Stored(Ok(2)))), ["a"]);
}

#[test]
fn each_attempt_is_in_the_journal_before_its_call() {
    let mut hand = hand(Limits::default());
    hand.start();
    let create = op("a", Verb::Create);
    hand.refuse(&create, crate::provider::ErrorClass::Throttled);
    hand.now = hand.wake_at().unwrap();
    let effects = hand.give(Input::Tick);
    let [Effect::Store(intent)] = effects.as_slice() else { panic!("the intent first: {effects:?}") };
    let run = intent.run.as_ref().unwrap();
    assert_eq!(run.standing()[&create], OpState::Begun(2));
    let tokens: Vec<&String> = run
        .journal()
        .iter()
        .filter_map(|entry| match &entry.what {
            Transition::Begun { token, .. } => Some(token),
            _ => None,
        })
        .collect();
    assert_eq!((tokens.len(), tokens[0]), (2, tokens[1]), "both attempts have the same token");
    let effects = hand.give(Input::Stored(Ok(2)));
    assert_eq!(only_call(&effects).1, *tokens[0]);
}

#[test]
fn what_the_run_has_made_is_known_from_the_moment_of_the_intent() {
    let mut hand = hand(Limits::default());
    let effects = hand.give(Input::Start);
    let [Effect::Store(intent)] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(intent.run.as_ref().unwrap().made.contains(&id("a")));
}

#[test]
fn a_record_of_a_run_that_reached_its_end_holds_no_run() {
    let mut hand = hand(Limits::default());
    hand.start();
    hand.ready(&op("a", Verb::Create));
    hand.ready(&op("b", Verb::Create));
    let last = hand.stored.last().unwrap().clone();
    assert!(last.run.is_none(), "it is written together with the last result");
    assert_eq!(hand.end().0.run, None);
}

#[test]
fn a_call_that_hangs_is_given_up_and_made_again_with_the_same_token() {
    let mut hand = hand(Limits { lease: seconds(1_000_000), ..Limits::default() });
    let (_, token) = only_call(&hand.start());
    hand.now = seconds(900);
    let effects = hand.go(Input::Tick);
    assert!(matches!(effects.as_slice(), [Effect::Abandon(id)] if *id == op("a", Verb::Create)), "{effects:?}");
    assert_eq!(hand.told(|kind| matches!(kind, EventKind::Retrying { reason, .. } if reason.contains("900 s"))), 1);
    assert_eq!(only_call(&hand.wake()).1, token);
}

#[test]
fn a_run_ends_at_its_deadline_as_if_it_were_cancelled() {
    let limits = Limits { operation: Some(seconds(60)), lease: seconds(1_000_000), ..Limits::default() };
    let mut hand = hand(limits);
    hand.start();
    hand.pending(&op("a", Verb::Create));
    while !hand.finished {
        let effects = hand.wake();
        if effects.iter().any(|effect| matches!(effect, Effect::Observe(..))) {
            hand.go(super::hand::seen(&op("a", Verb::Create), Status::Pending("creating".into())));
        }
    }
    assert_eq!(hand.now, seconds(60));
    assert_eq!(hand.told(|kind| matches!(kind, EventKind::DeadlinePassed)), 1);
    let (_, outcome) = hand.end();
    assert!(outcome.overdue && !outcome.cancelled);
}

/// Waits until the cloud is asked why it takes so long.
fn asked(hand: &mut Hand) -> Vec<Effect> {
    loop {
        hand.now = hand.wake_at().unwrap();
        hand.give(Input::Tick);
        let effects = hand.give(super::hand::seen(&op("a", Verb::Create), Status::Pending("creating".into())));
        if !effects.is_empty() {
            return effects;
        }
    }
}

#[test]
fn what_takes_longer_than_usual_is_asked_about_and_a_terminal_finding_ends_the_wait() {
    let mut hand = hand(Limits { lease: seconds(1_000_000), ..Limits::default() });
    hand.start();
    hand.pending(&op("a", Verb::Create));
    let effects = asked(&mut hand);
    assert!(matches!(effects.as_slice(), [Effect::Diagnose(..)]), "{effects:?}");
    assert!((150..=165).contains(&hand.now.as_secs()), "{:?}: half as long again as usual", hand.now);
    let finding =
        |finding: &str, terminal| Diagnosis { concern: None, finding: finding.into(), advice: None, terminal };
    hand.go(Input::Diagnosed(op("a", Verb::Create), vec![finding("task 1 is starting", false)]));
    assert!(!hand.finished);
    asked(&mut hand);
    hand.go(Input::Diagnosed(op("a", Verb::Create), vec![finding("exit code 137: out of memory", true)]));
    let (_, outcome) = hand.end();
    assert!(outcome.failures[0].to_string().contains("exit code 137: out of memory"), "{}", outcome.failures[0]);
    assert_eq!(outcome.skipped, [id("b")]);
}
