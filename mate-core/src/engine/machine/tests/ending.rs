//! Stopped from outside: by the caller, or by a record that cannot be written.

use super::hand::{Hand, calls, made, nodes};
use crate::engine::events::EventKind;
use crate::engine::fixtures::{id, key, op, step};
use crate::engine::machine::{Effect, Input};
use crate::plan::{Action, Step};
use crate::provider::{ErrorClass, Status};
use crate::state::{NodeState, StoreError};
use crate::vocab::Verb;

fn steps() -> Vec<Step> {
    vec![
        step("a", Action::Create, &[], 100),
        step("b", Action::Create, &["a"], 10),
        step("w", Action::Create, &[], 100),
        step("z", Action::Create, &[], 1),
    ]
}

fn conflict() -> Input {
    Input::Stored(Err(StoreError::Conflict { key: key(), expected: 1, found: Some(2) }))
}

#[test]
fn a_cancelled_run_begins_nothing_awaits_its_calls_and_ends_its_waits() {
    let mut hand = Hand::new(steps(), 2);
    assert_eq!(nodes(&hand.start()), ["a", "w"]);
    hand.go(made(&op("w", Verb::Create), Status::Pending("creating".into())));
    let effects = hand.go(Input::Cancel);
    assert!(matches!(effects.as_slice(), [Effect::Recall]), "{effects:?}");
    assert!(!hand.finished, "calls are in flight");
    assert_eq!(hand.wake_at(), None, "nothing is waited for but the calls");
    let effects = hand.go(made(&op("a", Verb::Create), Status::Ready));
    assert!(effects.is_empty(), "{effects:?}");
    let effects = hand.go(made(&op("z", Verb::Create), Status::Ready));
    assert!(effects.is_empty(), "{effects:?}");
    assert_eq!(hand.told(|kind| matches!(kind, EventKind::Cancelling)), 1);
    let (record, outcome) = hand.end();
    assert!(outcome.cancelled);
    assert_eq!((outcome.done, outcome.total), (2, 4));
    assert_eq!(record.nodes[&id("a")].state, NodeState::Ready, "what was called is recorded");
    assert_eq!(record.nodes[&id("w")].state, NodeState::Creating);
    assert!(!record.nodes.contains_key(&id("b")));
}

#[test]
fn a_cancel_while_the_intent_is_written_makes_no_call() {
    let mut hand = Hand::new(steps(), 4);
    hand.give(Input::Start);
    hand.give(Input::Cancel);
    let effects = hand.go(Input::Stored(Ok(1)));
    assert!(effects.is_empty(), "{effects:?}");
    assert!(hand.end().1.cancelled);
}

#[test]
fn a_cancel_waits_for_no_look_that_is_under_way() {
    let mut hand = Hand::new(vec![step("w", Action::Create, &[], 100)], 4);
    hand.start();
    hand.pending(&op("w", Verb::Create));
    hand.wake();
    hand.go(Input::Cancel);
    let (record, outcome) = hand.end();
    assert!(outcome.cancelled);
    assert_eq!(record.nodes[&id("w")].physical_id.as_deref(), Some("w-id"), "the next run goes on from it");
}

#[test]
fn a_call_that_was_not_sent_ends_a_cancelled_run_and_its_intent_stays_in_the_journal() {
    let mut hand = Hand::new(vec![step("w", Action::Create, &[], 100)], 4);
    hand.start();
    let effects = hand.go(Input::Cancel);
    assert!(matches!(effects.as_slice(), [Effect::Recall]), "{effects:?}");
    hand.go(Input::Unsent(op("w", Verb::Create)));
    let (record, outcome) = hand.end();
    assert!(outcome.cancelled);
    assert_eq!(record.run.unwrap().journal().len(), 1);
}

#[test]
fn a_failure_after_a_cancel_is_not_tried_again_and_not_looked_into() {
    for class in [ErrorClass::Throttled, ErrorClass::Denied] {
        let mut hand = Hand::new(vec![step("a", Action::Create, &[], 1)], 4);
        hand.start();
        hand.go(Input::Cancel);
        let effects = hand.refuse(&op("a", Verb::Create), class);
        assert!(effects.is_empty(), "{class}: {effects:?}");
        assert_eq!(hand.told(|kind| matches!(kind, EventKind::Retrying { .. })), 0, "{class}");
        let (_, outcome) = hand.end();
        assert_eq!(outcome.failures.len(), usize::from(class == ErrorClass::Denied), "{class}");
    }
}

#[test]
fn a_conflict_of_the_store_stops_every_new_call_and_is_the_outcome() {
    let mut hand = Hand::new(steps(), 4);
    hand.start();
    let effects = hand.give(made(&op("a", Verb::Create), Status::Ready));
    assert!(matches!(effects.as_slice(), [Effect::Store(_)]), "{effects:?}");
    let effects = hand.give(conflict());
    assert!(calls(&effects).is_empty(), "`b` is not begun: {effects:?}");
    assert!(hand.finished, "no call that is in flight is waited for: it could not be recorded");
    let (_, outcome) = hand.end();
    assert!(matches!(outcome.store_error, Some(StoreError::Conflict { found: Some(2), .. })));
    assert_eq!(outcome.done, 0, "nothing is done that is not durable");
}

#[test]
fn a_conflict_of_the_first_write_lets_no_call_out() {
    let mut hand = Hand::new(steps(), 4);
    hand.give(Input::Start);
    let effects = hand.give(conflict());
    assert!(calls(&effects).is_empty(), "{effects:?}");
    assert!(hand.end().1.store_error.is_some());
}
