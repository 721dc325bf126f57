//! The nodes that run once: tasks. One that has run is not kept for ever, and is not missed.

use serde_json::Value;

use super::compare::{self, Difference};
use super::step::Action;
use crate::model::{Inputs, KindModel, Kinds, Known};
use crate::provider::{Live, Status};
use crate::state::{NodeRecord, NodeState};

/// Returns true if the node has run, as the record knows: its state in the cloud does not matter any more.
pub(crate) fn is_over(kinds: &Kinds, recorded: &NodeRecord) -> bool {
    kinds.get(&recorded.kind).is_ok_and(|model| model.run_once) && recorded.state == NodeState::Ready
}

/// The action for a node that runs once, and its reason; none where it is planned like any other, because it never ran or runs
/// at this moment. The tags of a task that is over are not looked at.
pub(super) fn decide(
    model: &KindModel,
    live: Option<&Live>,
    recorded: Option<&NodeRecord>,
    wanted: &Inputs,
    known: &dyn Known,
) -> Option<(Action, String)> {
    let ready = recorded.is_some_and(|recorded| recorded.state == NodeState::Ready);
    let ended = |old: &Value| {
        let found = compare::differences(model, old, wanted, known);
        match (found.is_empty(), ready) {
            (true, true) => (Action::NoChange, "has run already".to_owned()),
            (true, false) => (Action::Adopt, "has run already, in an interrupted run".to_owned()),
            (false, _) => (Action::Create, format!("another run: {}", named(&found))),
        }
    };
    match live.map(|live| (live, &live.status)) {
        Some((_, Status::Pending(_))) => None,
        Some((live, Status::Ready)) => {
            let recorded = recorded.map(|recorded| &recorded.inputs);
            Some(ended(&compare::present_inputs(model, &live.inputs, recorded)))
        }
        Some((_, Status::Failed(reason))) => Some((Action::Create, format!("run again: it has failed: {reason}"))),
        Some((_, Status::Deleting)) | None => match recorded {
            Some(recorded) if ready => Some(ended(&recorded.inputs)),
            Some(NodeRecord { state: NodeState::Failed(reason), .. }) => {
                Some((Action::Create, format!("run again: it has failed: {reason}")))
            }
            _ => None,
        },
    }
}

fn named(found: &[Difference]) -> String {
    let mut fields: Vec<&str> = found.iter().map(|difference| difference.field).collect();
    fields.dedup();
    fields.join(", ")
}
