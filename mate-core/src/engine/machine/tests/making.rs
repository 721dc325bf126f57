//! Begins, waits and ends well.

use std::time::Duration;

use serde_json::json;

use super::hand::{Hand, absent, calls, deleted, looks, made, nodes, only_call, seen};
use crate::engine::events::EventKind;
use crate::engine::fixtures::{BESIDE, id, op, ready, record, step};
use crate::engine::machine::{Effect, Input};
use crate::plan::{Action, Step};
use crate::provider::{Deleted, ErrorClass, Status};
use crate::state::NodeState;
use crate::vocab::{OpId, Verb};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn chain() -> Vec<Step> {
    vec![step("a", Action::Create, &[], 10), step("b", Action::Create, &["a"], 20)]
}

#[test]
fn the_intent_is_stored_before_the_call() {
    let mut hand = Hand::new(chain(), 4);
    let effects = hand.give(Input::Start);
    let [Effect::Store(intent)] = effects.as_slice() else { panic!("the record and nothing else: {effects:?}") };
    let node = &intent.nodes[&id("a")];
    assert_eq!(node.state, NodeState::Creating);
    let token = node.token.clone().unwrap();
    let effects = hand.give(Input::Stored(Ok(1)));
    assert_eq!(only_call(&effects).1, token);
}

#[test]
fn a_run_tells_that_it_has_begun_once_its_record_is_stored() {
    let mut hand = Hand::new(chain(), 4);
    let begun = |hand: &Hand| hand.told(|kind| *kind == EventKind::RunStarted);
    hand.give(Input::Start);
    assert_eq!(begun(&hand), 0, "whoever hears of it looks for its record");
    hand.give(Input::Stored(Ok(1)));
    assert_eq!(begun(&hand), 1);
    hand.go(made(&op("a", Verb::Create), Status::Ready));
    assert_eq!(begun(&hand), 1, "once");
}

#[test]
fn the_result_is_stored_before_a_dependent_starts() {
    let mut hand = Hand::new(chain(), 4);
    assert_eq!(nodes(&hand.start()), ["a"]);
    let effects = hand.give(made(&op("a", Verb::Create), Status::Ready));
    let [Effect::Store(result)] = effects.as_slice() else { panic!("the record and nothing else: {effects:?}") };
    assert_eq!(result.nodes[&id("a")].state, NodeState::Ready);
    assert!(!result.nodes.contains_key(&id("b")));
    let effects = hand.give(Input::Stored(Ok(result.version + 1)));
    let [Effect::Store(intent)] = effects.as_slice() else { panic!("the record and nothing else: {effects:?}") };
    assert_eq!(intent.nodes[&id("b")].inputs, json!(["a-id"]), "the reference is bound to what `a` gave");
    let effects = hand.give(Input::Stored(Ok(intent.version + 1)));
    assert_eq!(only_call(&effects).0.inputs, json!(["a-id"]));
}

#[test]
fn an_answer_while_the_record_is_written_goes_into_the_next_write() {
    let mut hand = Hand::new(vec![step("a", Action::Create, &[], 1), step("b", Action::Create, &[], 1)], 4);
    assert_eq!(hand.start().len(), 2);
    assert_eq!(hand.give(made(&op("a", Verb::Create), Status::Ready)).len(), 1);
    let effects = hand.give(made(&op("b", Verb::Create), Status::Ready));
    assert!(effects.is_empty(), "one write at a time: {effects:?}");
    let effects = hand.give(Input::Stored(Ok(2)));
    assert!(!hand.finished, "the result of `b` is not durable yet");
    let [Effect::Store(both)] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(both.nodes.values().all(|node| node.state == NodeState::Ready));
    hand.give(Input::Stored(Ok(3)));
    assert_eq!(hand.end().1.done, 2);
}

#[test]
fn no_more_calls_are_in_flight_than_allowed() {
    let steps = ["a", "b", "c", "d", "e"].map(|node| step(node, Action::Create, &[], 10)).to_vec();
    let mut hand = Hand::new(steps, 2);
    assert_eq!(nodes(&hand.start()), ["a", "b"]);
    assert_eq!(nodes(&hand.ready(&op("a", Verb::Create))), ["c"]);
    assert_eq!(nodes(&hand.pending(&op("b", Verb::Create))), ["d"], "waiting for the cloud is no call");
}

#[test]
fn a_call_that_is_made_again_counts_against_the_bound() {
    let mut hand = Hand::new(vec![step("a", Action::Create, &[], 10), step("b", Action::Create, &[], 10)], 1);
    assert_eq!(nodes(&hand.start()), ["a"]);
    assert_eq!(nodes(&hand.refuse(&op("a", Verb::Create), ErrorClass::Throttled)), ["b"]);
    assert!(hand.wake().is_empty(), "`b` is in flight");
    assert_eq!(hand.wake_at(), None, "it waits for `b`, not for time");
    assert_eq!(nodes(&hand.ready(&op("b", Verb::Create))), ["a"]);
}

#[test]
fn the_longest_is_begun_first() {
    let steps = vec![
        step("a", Action::Create, &[], 1),
        step("b", Action::Create, &[], 300),
        step("c", Action::Create, &[], 20),
    ];
    let mut hand = Hand::new(steps, 2);
    let mut begun: Vec<String> = nodes(&hand.start()).into_iter().map(str::to_owned).collect();
    begun.sort();
    assert_eq!(begun, ["b", "c"]);
}

#[test]
fn what_the_cloud_is_at_work_on_is_observed_in_one_batch_until_it_is_ready() {
    let mut hand = Hand::new(vec![step("a", Action::Create, &[], 100), step("b", Action::Create, &[], 100)], 4);
    hand.start();
    hand.pending(&op("a", Verb::Create));
    assert!(hand.pending(&op("b", Verb::Create)).is_empty());
    let effects = hand.wake();
    assert_eq!(looks(&effects).len(), 2, "{effects:?}");
    assert_eq!(looks(&effects)[0].physical_id.as_deref(), Some("a-id"));
    assert_eq!(hand.wake_at(), None, "no second look while one is under way");
    hand.go(seen(&op("a", Verb::Create), Status::Ready));
    hand.go(seen(&op("b", Verb::Create), Status::Pending("modifying".into())));
    assert_eq!(hand.told(|kind| matches!(kind, EventKind::Waiting { reason, .. } if reason == "modifying")), 1);
    hand.wake();
    hand.go(seen(&op("b", Verb::Create), Status::Ready));
    let (record, outcome) = hand.end();
    assert_eq!((outcome.done, outcome.total), (2, 2));
    assert_eq!(record.nodes[&id("b")].physical_id.as_deref(), Some("b-id"));
}

#[test]
fn adopt_makes_no_call() {
    let mut hand = Hand::new(vec![step("a", Action::Adopt, &[], 100)], 4);
    let effects = hand.start();
    assert_eq!((calls(&effects).len(), looks(&effects).len()), (0, 1), "it is looked at, at once: {effects:?}");
    hand.go(seen(&op("a", Verb::Adopt), Status::Ready));
    let (record, outcome) = hand.end();
    assert_eq!(outcome.done, 1);
    assert_eq!(record.nodes[&id("a")].state, NodeState::Ready);
}

#[test]
fn a_deletion_ends_when_it_is_absent() {
    let mut before = record();
    before.nodes.insert(id("a"), ready("a"));
    let mut hand = Hand::with(vec![step("a", Action::Delete, &[], 100)], 4, before);
    let delete = op("a", Verb::Delete);
    assert_eq!(only_call(&hand.start()).0.physical_id.as_deref(), Some("a-id"));
    hand.go(deleted(&delete, Deleted::Going));
    hand.wake();
    hand.go(seen(&delete, Status::Deleting));
    assert!(!hand.finished);
    assert_eq!(hand.stored.last().unwrap().nodes[&id("a")].state, NodeState::Deleting);
    hand.wake();
    hand.go(absent(&delete));
    assert!(hand.end().0.nodes.is_empty());
}

#[test]
fn the_old_object_of_a_replacement_goes_after_its_dependents_have_moved_and_the_new_one_stays_recorded() {
    let mut before = record();
    before.nodes.insert(id("a"), ready("a"));
    before.nodes.insert(id("b"), ready("b"));
    let mut hand = Hand::with(vec![step("a", BESIDE, &[], 10), step("b", Action::Update, &["a"], 10)], 4, before);
    let create = OpId { node: id("a"), verb: Verb::Create, name: "a-name-2".into() };
    let effects = hand.start();
    assert_eq!(calls(&effects), [&create]);
    let retired = &hand.stored.last().unwrap().nodes[&id("a")].retired;
    assert_eq!(retired.len(), 1, "the old object is in the record before the new one is made");
    assert_eq!(calls(&hand.ready(&create)), [&op("b", Verb::Update)]);
    let effects = hand.ready(&op("b", Verb::Update));
    let gone = op("a", Verb::DeleteOld);
    assert_eq!(calls(&effects), [&gone]);
    assert_eq!(only_call(&effects).0.inputs, json!(["old"]));
    hand.go(deleted(&gone, Deleted::Gone));
    let (record, _) = hand.end();
    let node = &record.nodes[&id("a")];
    assert_eq!((node.name.as_str(), &node.state, node.retired.len()), ("a-name-2", &NodeState::Ready, 0));
}

#[test]
fn what_remains_shrinks_to_nothing() {
    let mut hand = Hand::new(chain(), 4);
    hand.start();
    assert_eq!(hand.events[0].remaining, seconds(30), "the whole chain");
    for node in ["a", "b"] {
        hand.pending(&op(node, Verb::Create));
        while hand.told(|kind| matches!(kind, EventKind::Done { node: done, .. } if done.as_str() == node)) == 0 {
            hand.wake();
            let ready = hand.now >= if node == "a" { seconds(10) } else { seconds(30) };
            let status = if ready { Status::Ready } else { Status::Pending(format!("creating at {:?}", hand.now)) };
            hand.go(seen(&op(node, Verb::Create), status));
        }
    }
    let remaining: Vec<Duration> = hand.events.iter().map(|event| event.remaining).collect();
    assert!(remaining.is_sorted_by(|before, after| before >= after), "{remaining:?}");
    assert!(remaining.iter().collect::<std::collections::BTreeSet<_>>().len() > 5, "it moves: {remaining:?}");
    assert_eq!(remaining.last(), Some(&Duration::ZERO));
    assert_eq!(hand.now, seconds(30), "nothing is lost when everything takes as long as usual");
    hand.end();
}

#[test]
fn the_same_inputs_give_the_same_effects() {
    let run = || {
        let mut hand = Hand::new(chain(), 4);
        let mut log = vec![format!("{:?}", hand.start())];
        log.push(format!("{:?}", hand.refuse(&op("a", Verb::Create), ErrorClass::Transient)));
        log.push(format!("{:?}", hand.wake()));
        log.push(format!("{:?}", hand.ready(&op("a", Verb::Create))));
        log.push(format!("{:?}", hand.pending(&op("b", Verb::Create))));
        log.push(format!("{:?}", hand.wake()));
        log.push(format!("{:?}", hand.go(seen(&op("b", Verb::Create), Status::Ready))));
        log.push(format!("{:?}", hand.events));
        log.push(format!("{:?}", hand.end()));
        log
    };
    assert_eq!(run(), run());
}

#[test]
fn a_plan_with_nothing_to_do_ends_at_once() {
    let mut hand = Hand::new(vec![step("a", Action::NoChange, &[], 1)], 4);
    assert!(hand.start().is_empty());
    assert_eq!(hand.end().1.total, 0);
}

#[test]
fn what_is_left_over_from_a_replacement_does_not_hide_what_its_successor_gives() {
    let successor = Step { outputs: [("id".to_owned(), json!("a-id"))].into(), ..step("a", Action::NoChange, &[], 1) };
    let left = step("a", Action::DeleteLeftover, &[], 1);
    let mut hand = Hand::new(vec![successor, step("b", Action::Create, &["a"], 1), left], 4);
    let effects = hand.start();
    let (target, _) = only_call(&effects);
    assert_eq!((target.address.node, target.inputs), (id("b"), json!(["a-id"]).into()));
}
