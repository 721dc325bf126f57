//! The end of a destroy: the search for what is left, and the removal of the record.

use std::time::Duration;

use super::hand::{Hand, deleted, error};
use crate::engine::fixtures::{key, op, step};
use crate::engine::machine::{Effect, Input};
use crate::plan::Action;
use crate::provider::{Deleted, Discovered, ErrorClass};
use crate::state::StoreError;
use crate::vocab::{Goal, Verb};

/// A destroy whose only object is gone, as it searches the cloud.
fn sweeping() -> Hand {
    let mut hand = Hand::new(vec![step("a", Action::Delete, &[], 1)], 4);
    hand.machine.plan.goal = Goal::Destroy;
    hand.start();
    let effects = hand.go(deleted(&op("a", Verb::Delete), Deleted::Gone));
    assert!(matches!(effects.as_slice(), [Effect::Sweep]), "{effects:?}");
    hand
}

fn found() -> Input {
    let arn = "arn:aws:s3:::left".to_owned();
    Input::Swept(Ok(vec![Discovered { address: None, kind: None, arn, physical_id: None, tags: Default::default() }]))
}

#[test]
fn what_does_not_go_ends_the_run_and_is_named() {
    let mut hand = sweeping();
    assert!(hand.go(found()).is_empty());
    assert!(!hand.finished, "it may go yet");
    hand.now = Duration::from_secs(600);
    let effects = hand.go(Input::Tick);
    assert!(matches!(effects.as_slice(), [Effect::Sweep]), "{effects:?}");
    assert!(hand.go(found()).is_empty());
    assert_eq!(hand.end().1.left, ["arn:aws:s3:::left"]);
}

#[test]
fn a_search_that_is_refused_ends_the_run() {
    let mut hand = sweeping();
    assert!(hand.go(Input::Swept(Err(error(&op("a", Verb::Delete), ErrorClass::Denied)))).is_empty());
    assert_eq!(hand.end().1.sweep_error.map(|error| error.class), Some(ErrorClass::Denied));
}

#[test]
fn a_record_that_cannot_be_removed_because_the_lease_is_lost_ends_the_run() {
    let mut hand = sweeping();
    let effects = hand.go(Input::Swept(Ok(Vec::new())));
    assert!(matches!(effects.as_slice(), [Effect::Remove(_)]), "{effects:?}");
    assert!(hand.go(Input::Removed(Err(StoreError::Fenced { key: key(), fence: 1, holder: None }))).is_empty());
    assert!(matches!(hand.end().1.store_error, Some(StoreError::Fenced { .. })));
}
