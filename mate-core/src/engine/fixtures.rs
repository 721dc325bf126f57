//! Plans made by hand, for the tests of the engine.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::model::Ownership;
use crate::model::ReplaceOrder;
use crate::model::ids::{NodeId, TenantKey};
use crate::model::references;
use crate::plan::{Action, After, OldObject, Plan, Risk, Step};
use crate::provider::{Created, DataPolicy, Status};
use crate::state::{Beginning, NodeRecord, NodeState, Record, Run};
use crate::vocab::{Goal, OpId, Verb};

pub(crate) const BESIDE: Action = Action::Replace { order: ReplaceOrder::CreateFirst };

pub(crate) fn id(text: &str) -> NodeId {
    text.parse().unwrap()
}

pub(crate) fn key() -> TenantKey {
    TenantKey::new("dev".parse().unwrap(), "regional".parse().unwrap())
}

pub(crate) fn record() -> Record {
    Record::new(key(), "0123456789abcdef0123456789abcdef")
}

/// A record with a run that has just begun.
pub(crate) fn begun(record: Record) -> Record {
    let beginning = Beginning {
        plan: "plan".into(),
        goal: Goal::Apply,
        intent: Default::default(),
        spec: None,
        operating: Default::default(),
        deletions: Default::default(),
        repair: None,
        amendment: None,
        consents: Default::default(),
        on_failure: Default::default(),
        then: None,
        now: 0,
        fence: 1,
    };
    Record { run: Some(Run::begin(None, beginning)), ..record }
}

/// A step that takes `seconds` and refers to the output `id` of each of `uses`.
pub(crate) fn step(node: &str, action: Action, uses: &[&str], seconds: u64) -> Step {
    let inputs = json!(uses.iter().map(|to| json!({"$node": to, "$output": "id"})).collect::<Vec<_>>());
    let depends_on = references(&inputs).into_iter().map(|reference| reference.node).collect();
    let old = (action != Action::Create).then(|| OldObject {
        kind: "test:Thing".parse().unwrap(),
        name: format!("{node}-name"),
        physical_id: Some(format!("{node}-id")),
        inputs: json!(["old"]).into(),
        tags: Ownership(key().node(id(node))).tags(),
    });
    let keeps = action.keeps();
    let expected = Duration::from_secs(seconds);
    Step {
        node: id(node),
        kind: "test:Thing".parse().unwrap(),
        name: if action == BESIDE { format!("{node}-name-2") } else { format!("{node}-name") },
        old,
        action,
        reason: String::new(),
        changes: Vec::new(),
        risk: Risk::None,
        expected,
        expected_removal: if keeps { Duration::ZERO } else { expected },
        inputs: if keeps { inputs.into() } else { Value::Null.into() },
        tags: Ownership(key().node(id(node))).tags(),
        outputs: BTreeMap::new(),
        depends_on,
        depended_on: Default::default(),
        data: DataPolicy::Keep { final_snapshot: None },
        generation: u32::from(action == BESIDE),
        holding: Default::default(),
        untag: Default::default(),
        update_order: Default::default(),
    }
}

pub(crate) fn plan(steps: Vec<Step>) -> Plan {
    Plan {
        schema: Plan::SCHEMA,
        id: String::new(),
        key: key(),
        goal: Goal::Apply,
        verb: None,
        on_failure: Default::default(),
        then: None,
        record_version: 0,
        lineage: None,
        after: After::default(),
        record_changes: Vec::new(),
        steps,
        notes: Vec::new(),
        deletions: Default::default(),
        repair: None,
        amendment: None,
    }
}

pub(crate) fn op(node: &str, verb: Verb) -> OpId {
    OpId { node: id(node), verb, name: format!("{node}-name") }
}

pub(crate) fn created(node: &str, status: Status) -> Created {
    let physical_id = format!("{node}-id");
    let outputs = BTreeMap::from([("id".to_owned(), json!(physical_id))]);
    Created { physical_id, status, outputs }
}

/// A node as a finished run left it.
pub(crate) fn ready(node: &str) -> NodeRecord {
    let step = step(node, Action::NoChange, &[], 1);
    NodeRecord {
        kind: step.kind,
        name: step.name,
        physical_id: Some(format!("{node}-id")),
        inputs: json!(["old"]).into(),
        outputs: created(node, Status::Ready).outputs,
        tags: step.tags,
        depends_on: Default::default(),
        state: NodeState::Ready,
        generation: 0,
        token: None,
        retired: Vec::new(),
        holding: Default::default(),
    }
}
