//! The entries of the record before a call and after it. Pure: legal transitions of a node's record.
//!
//! The intent is in the record before the call is made, the result before a dependent starts. The next plan looks up in the
//! cloud each operation that the record says has begun.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::model::ReplaceOrder;
use crate::plan::{Action, Step};
use crate::provider::{Created, DataPolicy};
use crate::state::{NodeRecord, NodeState, Record, RestingNode, RetiredObject, Transition};
use crate::vocab::{OpId, Verb};

/// The idempotency token of a creation: the same for every attempt and every run that goes on with it.
pub(crate) fn token(record: &Record, step: &Step, verb: Verb) -> String {
    if let Some(token) = record
        .nodes
        .get(&step.node)
        .filter(|node| node.state == NodeState::Creating && verb == Verb::Create && node.generation == step.generation)
        .and_then(|node| node.token.clone())
    {
        return token;
    }
    let text = format!("{}|{}|{}|{}|{verb:?}", record.lineage, record.version, step.node, step.generation);
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// One attempt at an operation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt<'a> {
    /// Counted from 1.
    pub(crate) number: u32,
    /// Every reference resolved.
    pub(crate) inputs: &'a Value,
    /// The same for every attempt.
    pub(crate) token: &'a str,
    /// The date; seconds of the Unix epoch.
    pub(crate) at: i64,
}

/// Adds an entry to the journal of the run.
fn log(record: &mut Record, op: &OpId, what: Transition) {
    if let Some(run) = &mut record.run {
        run.log(op, what).expect("the machine makes legal transitions only");
    }
}

/// The intent: written before the call.
pub(crate) fn begin(record: &mut Record, op: &OpId, step: &Step, attempt: &Attempt<'_>) {
    let Attempt { number, inputs, token, at } = *attempt;
    let inputs_digest = hex::encode(Sha256::digest(inputs.to_string().as_bytes()));
    log(record, op, Transition::Begun { attempt: number, inputs_digest, token: token.to_owned(), at });
    if let Some(run) = record.run.as_mut().filter(|_| op.verb == Verb::Create) {
        run.made.insert(step.node.clone());
    }
    if number > 1 {
        return;
    }
    match op.verb {
        Verb::Create => {
            record.wakes(&step.node);
            let retired = retire(record, step);
            record.nodes.insert(
                step.node.clone(),
                NodeRecord {
                    kind: step.kind.clone(),
                    name: step.name.clone(),
                    physical_id: None,
                    inputs: inputs.clone().into(),
                    outputs: Default::default(),
                    tags: step.tags.clone(),
                    depends_on: step.depends_on.clone(),
                    state: NodeState::Creating,
                    generation: step.generation,
                    token: Some(token.to_owned()),
                    retired,
                    holding: step.holding.clone(),
                },
            );
        }
        Verb::Update | Verb::Adopt | Verb::TakeOver => {
            let node = record.nodes.entry(step.node.clone()).or_insert_with(|| NodeRecord {
                kind: step.kind.clone(),
                name: step.name.clone(),
                physical_id: step.old.as_ref().and_then(|old| old.physical_id.clone()),
                inputs: Value::Null.into(),
                outputs: Default::default(),
                tags: step.tags.clone(),
                depends_on: Default::default(),
                state: NodeState::Updating,
                generation: step.generation,
                token: None,
                retired: Vec::new(),
                holding: step.holding.clone(),
            });
            node.state = NodeState::Updating;
            node.depends_on.extend(step.depends_on.iter().cloned());
            node.token = (op.verb == Verb::Update).then(|| token.to_owned());
        }
        Verb::Delete => {
            if let Some(node) = record.nodes.get_mut(&step.node) {
                node.state = NodeState::Deleting;
            }
            if step.action.rests() {
                record.resting.insert(step.node.clone(), resting(step));
            }
        }
        Verb::Rename => {
            if let Some(node) = record.nodes.get_mut(&step.node) {
                node.state = NodeState::Updating;
            }
        }
        // The old object is in `retired` since the new one was begun; what is disowned is as it was until it is done.
        Verb::DeleteOld | Verb::Disown => {}
    }
}

/// The record of an object that is taken away for a time: durable before it is deleted, under the name that its snapshot gets.
fn resting(step: &Step) -> RestingNode {
    let snapshot = match &step.data {
        DataPolicy::Keep { final_snapshot } => final_snapshot.clone(),
        _ => None,
    };
    RestingNode { kind: step.kind.clone(), name: step.name.clone(), snapshot, outputs: step.outputs.clone() }
}

/// The objects that a creation puts aside: the old object of a replacement stands until its dependents have moved.
fn retire(record: &Record, step: &Step) -> Vec<RetiredObject> {
    let mut retired = record.nodes.get(&step.node).map(|node| node.retired.clone()).unwrap_or_default();
    let beside = step.action == (Action::Replace { order: ReplaceOrder::CreateFirst });
    if let Some(old) = step.old.as_ref().filter(|_| beside)
        && retired.iter().all(|other| other.name != old.name)
    {
        retired.push(old.clone().into());
    }
    retired
}

/// The cloud accepted a creation: its id is kept at once, so that it is found even if it never becomes ready.
pub(crate) fn accepted(record: &mut Record, op: &OpId, step: &Step, created: &Created) {
    log(record, op, Transition::Accepted { physical_id: created.physical_id.clone() });
    if let Some(node) = record.nodes.get_mut(&step.node) {
        node.physical_id = Some(created.physical_id.clone());
        node.outputs = created.outputs.clone();
    }
}

/// The result: written before a dependent starts.
pub(crate) fn done(record: &mut Record, op: &OpId, step: &Step, inputs: &Value, created: Option<&Created>) {
    log(record, op, Transition::Done);
    if let Some(run) = record.run.as_mut().filter(|_| op.verb == Verb::Delete) {
        run.made.remove(&step.node);
    }
    match op.verb {
        Verb::Create | Verb::Update | Verb::Adopt | Verb::TakeOver => {
            // It stands again, or was never taken away.
            record.resting.remove(&step.node);
            if let (Some(node), Some(created)) = (record.nodes.get_mut(&step.node), created) {
                node.name.clone_from(&step.name);
                node.physical_id = Some(created.physical_id.clone());
                node.inputs = inputs.clone().into();
                node.outputs = created.outputs.clone();
                node.tags.clone_from(&step.tags);
                node.depends_on.clone_from(&step.depends_on);
                node.state = NodeState::Ready;
                node.token = None;
                node.holding.clone_from(&step.holding);
            }
        }
        Verb::Rename => {
            if let Some(node) = record.nodes.get_mut(&step.node) {
                node.tags.clone_from(&step.tags);
                node.holding.clone_from(&step.holding);
                node.state = NodeState::Ready;
            }
        }
        Verb::Disown if step.action == Action::DisownLeftover => {
            if let Some(node) = record.nodes.get_mut(&step.node) {
                node.retired.retain(|retired| retired.name != op.name);
            }
        }
        // The successor takes over the objects that are left over.
        Verb::Delete if matches!(step.action, Action::Replace { .. }) && has_leftovers(record, step) => {}
        Verb::Delete | Verb::Disown => {
            record.nodes.remove(&step.node);
        }
        Verb::DeleteOld => {
            if let Some(node) = record.nodes.get_mut(&step.node) {
                node.retired.retain(|retired| retired.name != op.name);
            }
        }
    }
}

fn has_leftovers(record: &Record, step: &Step) -> bool {
    record.nodes.get(&step.node).is_some_and(|node| !node.retired.is_empty())
}

/// It failed for good: the next plan looks it up.
pub(crate) fn failed(record: &mut Record, op: &OpId, step: &Step, reason: &str) {
    log(record, op, Transition::Failed { reason: reason.to_owned() });
    if matches!(op.verb, Verb::DeleteOld | Verb::Disown) {
        return;
    }
    if let Some(node) = record.nodes.get_mut(&step.node) {
        // The token is kept: the next attempt at this creation is the same creation.
        if op.verb != Verb::Create {
            node.state = NodeState::Failed(reason.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::fixtures::{BESIDE, created, id, op, ready, record, step};
    use crate::provider::Status;

    fn creating(step: &Step) -> (Record, String) {
        let mut record = record();
        let token = token(&record, step, Verb::Create);
        begin(
            &mut record,
            &op("a", Verb::Create),
            step,
            &Attempt { number: 1, inputs: &json!([]), token: &token, at: 0 },
        );
        (record, token)
    }

    #[test]
    fn a_creation_that_goes_on_keeps_its_token() {
        let step = step("a", Action::Create, &[], 1);
        let (mut record, first) = creating(&step);
        record.version += 5;
        failed(&mut record, &op("a", Verb::Create), &step, "no capacity");
        assert_eq!(token(&record, &step, Verb::Create), first);
    }

    #[test]
    fn whatever_else_is_begun_has_a_token_of_its_own() {
        let step = step("a", Action::Create, &[], 1);
        let (mut record, first) = creating(&step);
        let next = Step { generation: 1, ..step.clone() };
        assert_ne!(token(&record, &next, Verb::Create), first, "another generation is another object");
        assert_ne!(token(&record, &step, Verb::Update), first);
        let other = Step { node: id("b"), ..step.clone() };
        assert_ne!(token(&record, &other, Verb::Create), first);
        done(&mut record, &op("a", Verb::Create), &step, &json!([]), Some(&created("a", Status::Ready)));
        record.version += 1;
        assert_ne!(token(&record, &step, Verb::Create), first, "it was done: this is a new creation");
        let stranger = Record { lineage: "f".repeat(32), ..crate::engine::fixtures::record() };
        assert_ne!(token(&stranger, &step, Verb::Create), first, "another life of the tenant");
    }

    #[test]
    fn the_id_is_kept_as_soon_as_the_cloud_gave_one() {
        let step = step("a", Action::Create, &[], 1);
        let (mut record, _) = creating(&step);
        accepted(&mut record, &op("a", Verb::Create), &step, &created("a", Status::Pending("creating".into())));
        let node = &record.nodes[&id("a")];
        assert_eq!((node.physical_id.as_deref(), &node.state), (Some("a-id"), &NodeState::Creating));
    }

    #[test]
    fn the_old_object_is_retired_once_and_dropped_when_it_is_gone() {
        let step = step("a", BESIDE, &[], 1);
        let mut record = record();
        record.nodes.insert(id("a"), ready("a"));
        let create = OpId { name: step.name.clone(), ..op("a", Verb::Create) };
        for _ in 0..2 {
            // The second run goes on with what the first began.
            let token = token(&record, &step, Verb::Create);
            begin(&mut record, &create, &step, &Attempt { number: 1, inputs: &json!([]), token: &token, at: 0 });
            let names: Vec<&str> = record.nodes[&id("a")].retired.iter().map(|old| old.name.as_str()).collect();
            assert_eq!(names, ["a-name"]);
        }
        done(&mut record, &create, &step, &json!([]), Some(&created("a", Status::Ready)));
        assert_eq!(record.nodes[&id("a")].retired.len(), 1, "it still stands");
        failed(&mut record, &op("a", Verb::DeleteOld), &step, "in use");
        assert_eq!(record.nodes[&id("a")].state, NodeState::Ready, "the new one is not the one that failed");
        done(&mut record, &op("a", Verb::DeleteOld), &step, &json!([]), None);
        let node = &record.nodes[&id("a")];
        assert_eq!((node.name.as_str(), node.retired.len()), ("a-name-2", 0));
    }

    #[test]
    fn a_successor_in_its_place_takes_over_what_is_left_over() {
        let step = step("a", Action::Replace { order: ReplaceOrder::DeleteFirst }, &[], 1);
        let mut record = record();
        let mut node = ready("a");
        node.retired = vec![step.old.clone().unwrap().into()];
        let left = node.retired.clone();
        record.nodes.insert(id("a"), node);
        let attempt = Attempt { number: 1, inputs: &json!([]), token: "", at: 0 };
        begin(&mut record, &op("a", Verb::Delete), &step, &attempt);
        done(&mut record, &op("a", Verb::Delete), &step, &json!([]), None);
        assert_eq!((&record.nodes[&id("a")].state, &record.nodes[&id("a")].retired), (&NodeState::Deleting, &left));
        begin(&mut record, &op("a", Verb::Create), &step, &attempt);
        assert_eq!((&record.nodes[&id("a")].state, &record.nodes[&id("a")].retired), (&NodeState::Creating, &left));
    }

    #[test]
    fn an_object_that_is_replaced_in_its_place_is_not_retired() {
        let order = ReplaceOrder::DeleteFirst;
        let step = step("a", Action::Replace { order }, &[], 1);
        let mut record = record();
        record.nodes.insert(id("a"), ready("a"));
        begin(&mut record, &op("a", Verb::Delete), &step, &Attempt { number: 1, inputs: &json!([]), token: "", at: 0 });
        assert_eq!(record.nodes[&id("a")].state, NodeState::Deleting);
        done(&mut record, &op("a", Verb::Delete), &step, &json!([]), None);
        assert!(record.nodes.is_empty());
        begin(
            &mut record,
            &op("a", Verb::Create),
            &step,
            &Attempt { number: 1, inputs: &json!([]), token: "token", at: 0 },
        );
        assert!(record.nodes[&id("a")].retired.is_empty());
    }

    #[test]
    fn what_is_taken_away_for_a_time_is_known_before_it_goes_and_until_it_stands_again() {
        let mut goes = step("a", Action::Rest, &[], 1);
        goes.data = DataPolicy::Keep { final_snapshot: Some("last".into()) };
        goes.outputs = [("host".to_owned(), json!("a.local"))].into();
        let mut record = record();
        record.nodes.insert(id("a"), ready("a"));
        let attempt = Attempt { number: 1, inputs: &json!([]), token: "", at: 0 };
        begin(&mut record, &op("a", Verb::Delete), &goes, &attempt);
        assert_eq!(record.nodes[&id("a")].state, NodeState::Deleting);
        let resting = record.resting[&id("a")].clone();
        assert_eq!((resting.snapshot.as_deref(), &resting.outputs["host"]), (Some("last"), &json!("a.local")));
        done(&mut record, &op("a", Verb::Delete), &goes, &json!([]), None);
        assert!(record.nodes.is_empty() && record.snapshots.is_empty());
        assert_eq!(record.left_snapshots().len(), 1, "nobody has to search for it");

        let comes = step("a", Action::Create, &[], 1);
        for _ in 0..2 {
            begin(&mut record, &op("a", Verb::Create), &comes, &Attempt { token: "token", ..attempt });
            assert_eq!(record.resting[&id("a")], resting, "or a creation that fails would have nothing to go by");
        }
        done(&mut record, &op("a", Verb::Create), &comes, &json!([]), Some(&created("a", Status::Ready)));
        assert!(record.resting.is_empty());
        let left: Vec<String> = record.left_snapshots().iter().map(ToString::to_string).collect();
        assert_eq!(left, ["data of a (test:Thing) stay in the snapshot last"]);
    }

    #[test]
    fn what_was_to_be_taken_away_and_stands_yet_leaves_no_snapshot_behind() {
        let mut goes = step("a", Action::Rest, &[], 1);
        goes.data = DataPolicy::Keep { final_snapshot: Some("last".into()) };
        let mut record = record();
        record.nodes.insert(id("a"), ready("a"));
        let attempt = Attempt { number: 1, inputs: &json!([]), token: "", at: 0 };
        begin(&mut record, &op("a", Verb::Delete), &goes, &attempt);
        let stays = step("a", Action::Adopt, &[], 1);
        begin(&mut record, &op("a", Verb::Adopt), &stays, &attempt);
        done(&mut record, &op("a", Verb::Adopt), &stays, &json!([]), Some(&created("a", Status::Ready)));
        assert!(record.resting.is_empty() && record.left_snapshots().is_empty());
    }

    #[test]
    fn an_update_keeps_the_inputs_that_were_applied_until_it_is_done() {
        let step = step("a", Action::Update, &[], 1);
        let mut record = record();
        record.nodes.insert(id("a"), ready("a"));
        let update = op("a", Verb::Update);
        begin(&mut record, &update, &step, &Attempt { number: 1, inputs: &json!(["new"]), token: "token", at: 0 });
        let node = &record.nodes[&id("a")];
        assert_eq!((&node.inputs, &node.state), (&json!(["old"]).into(), &NodeState::Updating));
        assert_eq!(node.token.as_deref(), Some("token"));
        done(&mut record, &update, &step, &json!(["new"]), Some(&created("a", Status::Ready)));
        let node = &record.nodes[&id("a")];
        assert_eq!((&node.inputs, &node.state, &node.token), (&json!(["new"]).into(), &NodeState::Ready, &None));
    }
}
