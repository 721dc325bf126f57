//! The effect of a change on an existing object: the worst impact, and the action that follows.

use std::collections::BTreeSet;

use serde_json::Value;

use super::compare::{self, Difference};
use super::step::Action;
use crate::model::Outputs;
use crate::model::{Impact, KindModel};
use crate::provider::{Live, Status};
use crate::state::{NodeRecord, NodeState};

pub(super) const PENDING: &str = "not ready yet";

pub(super) fn severity(impact: Impact) -> u8 {
    match impact {
        Impact::InPlace => 0,
        Impact::Restart(_) => 1,
        Impact::Downtime(_) => 2,
        Impact::Replace(_) => 3,
        Impact::Never(_) => 4,
    }
}

fn text(impact: Impact) -> &'static str {
    match impact {
        Impact::InPlace => "",
        Impact::Restart(text) | Impact::Downtime(text) | Impact::Replace(text) | Impact::Never(text) => text,
    }
}

/// The texts of all impacts of this severity, each once.
pub(super) fn texts(impacts: &[(&str, Impact)], level: u8) -> String {
    let mut texts: Vec<&str> = Vec::new();
    for (_, impact) in impacts.iter().filter(|(_, impact)| severity(*impact) == level) {
        if !texts.contains(&text(*impact)) {
            texts.push(text(*impact));
        }
    }
    texts.join("; ")
}

/// The action for an existing object, and its reason.
pub(super) fn decide(
    model: &KindModel,
    live: &Live,
    recorded: Option<&NodeRecord>,
    impacts: &[(&str, Impact)],
    worst: Option<Impact>,
    served: bool,
) -> (Action, String) {
    let replace = Action::Replace { order: model.replace };
    let Some(worst) = worst else {
        return match (&live.status, recorded) {
            (Status::Failed(reason), _) => (replace, format!("it has failed: {reason}")),
            (Status::Pending(word), _) => (Action::Adopt, format!("{PENDING} ({word}): waited for")),
            (_, None) => (Action::Adopt, "found again: it carries our tags".to_owned()),
            (_, Some(recorded)) if recorded.state == NodeState::Ready => {
                (Action::NoChange, "as it should be".to_owned())
            }
            (_, Some(_)) => (Action::Adopt, "an earlier run was interrupted: it is as it should be".to_owned()),
        };
    };
    let mut fields: Vec<&str> = impacts.iter().map(|(field, _)| *field).collect();
    fields.dedup();
    let mut reason = format!("different: {}", fields.join(", "));
    if severity(worst) > 0 {
        reason = format!("{reason}; {}", texts(impacts, severity(worst)));
    }
    let action = match (&live.status, worst) {
        (Status::Failed(failure), _) if !served => {
            return (replace, format!("it has failed: {failure}; {reason}"));
        }
        (_, Impact::Replace(_) | Impact::Never(_)) => replace,
        (_, Impact::Downtime(_)) => Action::UpdateWithDowntime,
        (_, Impact::Restart(_)) => Action::UpdateWithRestart,
        (_, Impact::InPlace) => Action::Update,
    };
    match &live.status {
        Status::Failed(failure) => reason = format!("it has failed: {failure}; {reason}"),
        _ if recorded.is_none() => reason = format!("found again: it carries our tags; {reason}"),
        _ => {}
    }
    (action, reason)
}

/// The outputs that stay as they are.
pub(super) fn stable_outputs(
    model: &KindModel,
    action: Action,
    live: &Live,
    old: &Value,
    found: &[Difference],
    fields: &BTreeSet<&str>,
) -> Outputs {
    if matches!(action, Action::Create | Action::Replace { .. }) {
        return Outputs::new();
    }
    let mut outputs = live.outputs.clone();
    let changed = fields.iter().any(|field| *field != "tags");
    outputs.retain(|name, value| {
        if !changed || !model.revised_outputs.contains(&name.as_str()) {
            return true;
        }
        // An output that repeats an input (the target group that a listener forwards to) is new only when that input is.
        let repeats = compare::contains(old, value);
        repeats && !found.iter().any(|difference| compare::contains(&difference.old, value))
    });
    outputs
}
