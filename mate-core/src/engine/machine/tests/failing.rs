//! The failures that are tried again, those that are not, and the operations that a failure stops.

use std::time::Duration;

use super::hand::{Hand, absent, error, nodes, only_call, refused, seen};
use crate::engine::Limits;
use crate::engine::events::EventKind;
use crate::engine::fixtures::{created, id, op, record, step};
use crate::engine::machine::{Answer, Effect, Input};
use crate::plan::{Action, Step};
use crate::provider::Policy;
use crate::provider::{Diagnosis, ErrorClass, Observation, Status};
use crate::state::NodeState;
use crate::vocab::{OpId, Verb};

fn one() -> (Hand, OpId) {
    let mut hand = Hand::new(vec![step("a", Action::Create, &[], 10)], 4);
    hand.start();
    (hand, op("a", Verb::Create))
}

/// The number of calls that are made when each fails so.
fn attempts(class: ErrorClass) -> u32 {
    let (mut hand, create) = one();
    let mut attempts = 1;
    loop {
        let effects = hand.refuse(&create, class);
        if matches!(effects.as_slice(), [Effect::Diagnose(..)]) {
            assert_eq!(hand.wake_at(), None);
            return attempts;
        }
        assert!(effects.is_empty(), "not at once: {effects:?}");
        assert_eq!(nodes(&hand.wake()), ["a"]);
        attempts += 1;
    }
}

#[test]
fn what_is_temporary_is_tried_again_and_what_is_permanent_is_not() {
    for class in [
        ErrorClass::Throttled,
        ErrorClass::Transient,
        ErrorClass::Ambiguous,
        ErrorClass::EventualConsistency,
        ErrorClass::Capacity,
    ] {
        assert_eq!(attempts(class), Policy::of(class).attempts, "{class}");
    }
    for class in [
        ErrorClass::Quota,
        ErrorClass::Denied,
        ErrorClass::Invalid,
        ErrorClass::NotFound,
        ErrorClass::AlreadyExists,
        ErrorClass::Unsupported,
        ErrorClass::Bug,
    ] {
        assert_eq!(attempts(class), 1, "{class}");
    }
}

#[test]
fn what_was_tried_again_below_the_provider_counts_in() {
    let (mut hand, create) = one();
    let mut rounds = 0;
    loop {
        rounds += 1;
        let error = error(&create, ErrorClass::Transient).with_attempts(3);
        let effects = hand.go(Input::Returned(create.clone(), Answer::Created(Err(error))));
        if matches!(effects.as_slice(), [Effect::Diagnose(..)]) {
            break;
        }
        hand.wake();
    }
    assert_eq!(rounds, Policy::of(ErrorClass::Transient).attempts.div_ceil(3));
}

#[test]
fn what_something_still_uses_is_tried_for_longer() {
    assert_eq!(attempts(ErrorClass::Dependency), Policy::of(ErrorClass::Dependency).attempts);
    assert!(Policy::of(ErrorClass::Dependency).attempts > 2 * Policy::of(ErrorClass::Transient).attempts);
}

#[test]
fn the_waits_between_attempts_grow() {
    let (mut hand, create) = one();
    for _ in 1..5 {
        hand.refuse(&create, ErrorClass::Throttled);
        hand.wake();
    }
    let waits: Vec<u64> = hand
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Retrying { after, .. } => Some(after.as_secs()),
            _ => None,
        })
        .collect();
    assert_eq!(waits, [1, 2, 4, 8]);
    assert_eq!(hand.now, Duration::from_secs(15));
}

#[test]
fn a_create_whose_answer_was_lost_is_repeated_with_the_same_token() {
    let mut hand = Hand::new(vec![step("a", Action::Create, &[], 10)], 4);
    let (target, token) = only_call(&hand.start());
    assert_eq!(token.len(), 64);
    hand.refuse(&op("a", Verb::Create), ErrorClass::Ambiguous);
    assert_eq!(only_call(&hand.wake()), (target, token));
}

#[test]
fn what_a_half_done_create_left_is_recorded_and_named_in_the_next_attempt() {
    let (mut hand, create) = one();
    let half = error(&create, ErrorClass::Transient).with_created(created("a", Status::Pending("creating".into())));
    hand.go(Input::Returned(create, Answer::Created(Err(half))));
    assert_eq!(hand.stored.last().unwrap().nodes[&id("a")].physical_id.as_deref(), Some("a-id"));
    assert_eq!(only_call(&hand.wake()).0.physical_id.as_deref(), Some("a-id"));
}

#[test]
fn a_failed_node_stops_its_dependents_and_nothing_else() {
    let steps: Vec<Step> = vec![
        step("a", Action::Create, &[], 10),
        step("b", Action::Create, &["a"], 10),
        step("c", Action::Create, &["b"], 10),
        step("x", Action::Create, &[], 10),
        step("y", Action::Create, &["x"], 10),
    ];
    let mut hand = Hand::new(steps, 4);
    hand.start();
    let failed = op("a", Verb::Create);
    hand.refuse(&failed, ErrorClass::Denied);
    let why = Diagnosis {
        concern: None,
        terminal: false,
        finding: "no permission".into(),
        advice: Some("ask for it".into()),
    };
    hand.go(Input::Diagnosed(failed, vec![why]));
    assert_eq!(nodes(&hand.ready(&op("x", Verb::Create))), ["y"]);
    hand.ready(&op("y", Verb::Create));
    let (record, outcome) = hand.end();
    assert_eq!(outcome.skipped, [id("b"), id("c")]);
    assert_eq!((outcome.done, outcome.total), (2, 5));
    let [failure] = outcome.failures.as_slice() else { panic!("{:?}", outcome.failures) };
    let text = failure.to_string();
    for part in ["create a", "test:Thing", "a-name", "test:Call", "denied", "no permission", "ask for it", "Next:"] {
        assert!(text.contains(part), "`{part}` in {text}");
    }
    assert_eq!(record.nodes[&id("y")].state, NodeState::Ready);
    assert!(!record.nodes.contains_key(&id("b")), "never begun");
}

#[test]
fn what_the_cloud_says_has_failed_is_not_waited_for() {
    let (mut hand, create) = one();
    hand.pending(&create);
    hand.wake();
    let effects = hand.go(seen(&create, Status::Failed("no capacity".into())));
    let [Effect::Diagnose(_, target)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(target.physical_id.as_deref(), Some("a-id"), "the cloud is asked about the very object");
    hand.go(Input::Diagnosed(create, Vec::new()));
    assert_eq!(hand.end().1.failures[0].reason, "no capacity");
}

#[test]
fn a_question_that_is_never_answered_does_not_hide_the_failure() {
    let limits = Limits { call: Duration::from_secs(900), lease: Duration::from_secs(1_000_000), ..Limits::default() };
    let mut hand = Hand::within(vec![step("a", Action::Create, &[], 10)], record(), limits);
    hand.start();
    let create = op("a", Verb::Create);
    let asked = hand.refuse(&create, ErrorClass::Denied);
    assert!(matches!(asked.as_slice(), [Effect::Diagnose(..)]), "{asked:?}");
    hand.now += Duration::from_secs(899);
    hand.go(Input::Tick);
    assert!(!hand.finished);
    hand.wake();
    assert_eq!(hand.now, Duration::from_secs(900));
    let late = Diagnosis { concern: None, terminal: false, finding: "too late".into(), advice: None };
    hand.go(Input::Diagnosed(create, vec![late]));
    let (_, outcome) = hand.end();
    assert!(outcome.failures[0].to_string().contains("denied"), "{}", outcome.failures[0]);
}

#[test]
fn what_never_becomes_ready_fails_as_stuck_with_the_minutes_it_had() {
    let (mut hand, create) = one();
    hand.pending(&create);
    loop {
        hand.wake();
        let effects = hand.go(seen(&create, Status::Pending("creating".into())));
        if !effects.is_empty() {
            break;
        }
        assert!(hand.now < Duration::from_secs(2000));
    }
    hand.go(Input::Diagnosed(create, Vec::new()));
    let (_, outcome) = hand.end();
    assert_eq!(outcome.failures[0].reason, "still creating after 30 minutes");
}

#[test]
fn the_deadline_counts_from_the_call_that_was_accepted() {
    let (mut hand, create) = one();
    for _ in 1..Policy::of(ErrorClass::Dependency).attempts {
        hand.refuse(&create, ErrorClass::Dependency);
        hand.wake();
    }
    let accepted = hand.now;
    assert!(accepted > Duration::from_secs(1000), "{accepted:?}");
    hand.pending(&create);
    while hand.now < accepted + Duration::from_secs(1700) {
        hand.wake();
        let effects = hand.go(seen(&create, Status::Pending("creating".into())));
        assert!(effects.is_empty(), "stuck after {:?} only: {effects:?}", hand.now - accepted);
    }
    hand.wake();
    hand.go(seen(&create, Status::Ready));
    assert_eq!(hand.end().1.done, 1);
}

#[test]
fn what_was_just_made_may_be_unseen_for_two_minutes() {
    let (mut hand, create) = one();
    for _ in 1..Policy::of(ErrorClass::Dependency).attempts {
        hand.refuse(&create, ErrorClass::Dependency);
        hand.wake();
    }
    let accepted = hand.now;
    hand.pending(&create);
    loop {
        hand.wake();
        let effects = hand.go(absent(&create));
        let late = hand.now >= accepted + Limits::default().consistency;
        assert_eq!(!effects.is_empty(), late, "after {:?}: {effects:?}", hand.now - accepted);
        if late {
            break;
        }
    }
    hand.go(Input::Diagnosed(create, Vec::new()));
    assert_eq!(hand.end().1.failures[0].reason, "it was accepted, and is gone");
}

#[test]
fn a_look_that_fails_for_the_moment_is_repeated_and_one_that_is_denied_ends_the_wait() {
    let (mut hand, create) = one();
    hand.pending(&create);
    hand.wake();
    let unknown = |class| Input::Observed(vec![create.clone()], vec![Observation::Unknown(error(&create, class))]);
    assert!(hand.go(unknown(ErrorClass::Throttled)).is_empty());
    hand.wake();
    let effects = hand.go(unknown(ErrorClass::Denied));
    assert!(matches!(effects.as_slice(), [Effect::Diagnose(..)]), "{effects:?}");
}

#[test]
fn an_update_that_failed_is_recorded_as_failed_and_a_creation_keeps_its_token() {
    let mut hand = Hand::new(vec![step("a", Action::Create, &[], 1), step("b", Action::Update, &[], 1)], 4);
    hand.start();
    for failed in [op("a", Verb::Create), op("b", Verb::Update)] {
        hand.go(refused(&failed, ErrorClass::Invalid));
        hand.go(Input::Diagnosed(failed, Vec::new()));
    }
    let (record, _) = hand.end();
    assert_eq!(record.nodes[&id("a")].state, NodeState::Creating);
    assert!(record.nodes[&id("a")].token.is_some());
    assert!(matches!(record.nodes[&id("b")].state, NodeState::Failed(_)));
}

#[test]
fn what_is_still_being_changed_is_tried_for_as_long_as_what_is_still_used() {
    assert_eq!(attempts(ErrorClass::Conflict), Policy::of(ErrorClass::Conflict).attempts);
}

#[test]
fn an_observation_without_an_answer_is_a_failure_and_no_endless_wait() {
    let (mut hand, create) = one();
    hand.go(Input::Returned(create.clone(), Answer::Created(Ok(created("a", Status::Pending("creating".into()))))));
    assert!(matches!(hand.wake().as_slice(), [Effect::Observe(..)]));
    let effects = hand.go(Input::Observed(vec![create], Vec::new()));
    assert!(matches!(effects.as_slice(), [Effect::Diagnose(..)]), "{effects:?}");
}
