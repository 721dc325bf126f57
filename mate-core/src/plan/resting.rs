//! The objects that are taken away for a time, and made anew from the snapshot that they left: a cache while its tenant is
//! suspended.

use serde_json::{Value, json};

use super::deletion::{derived_snapshot_name, kept_in};
use super::error::ImpossibleChange;
use super::request::{DiffRequest, Observed};
use super::step::{Action, OldObject, Shown, Step, old_object, recorded_object};
use crate::model::ids::KindName;
use crate::model::{Inputs, Kinds, Node, Outputs, Tags};
use crate::provider::{DataPolicy, Status};
use crate::state::NodeRecord;

/// The input that names the snapshot from which an object of this kind is made; none where it cannot be made from one.
pub(super) fn filled_from(kinds: &Kinds, kind: &KindName) -> Option<&'static str> {
    kinds.get(kind).ok()?.snapshot?.filled_from
}

/// The reason why no snapshot can be taken of an object, with the way round.
fn refuses(kinds: &Kinds, kind: &KindName, inputs: &Value) -> Option<&'static str> {
    (kinds.get(kind).ok()?.snapshot?.refuses)(inputs)
}

/// The step of a node that rests: its object goes, and leaves its data; the nodes that refer to it use the outputs that it had.
pub(super) fn step(
    request: &DiffRequest<'_>,
    node: &Node,
    recorded: Option<&NodeRecord>,
) -> Result<Step, Box<ImpossibleChange>> {
    let live = match request.snapshot.get(&node.id) {
        Some(Observed::Present(live)) => Some(live),
        _ => None,
    };
    let known = request.record.and_then(|record| record.resting.get(&node.id));
    let goes = live.is_some_and(|live| live.status == Status::Deleting);
    let (old, action, why) = match (live, recorded) {
        (Some(live), _) => {
            let inputs = recorded.map_or_else(|| live.inputs.clone().into(), |recorded| recorded.inputs.clone());
            let old = old_object(&node.kind, &node.name, live, recorded, &inputs);
            let why = if goes { "its deletion has begun already" } else { "not needed while the tenant is suspended" };
            (Some(old), Action::Rest, why)
        }
        (None, Some(recorded)) => {
            (Some(recorded_object(recorded)), Action::ForgetResting, "gone from the cloud already")
        }
        (None, None) => (None, Action::NoChange, "taken away for as long as the tenant is suspended"),
    };
    let announced = known.and_then(|known| known.snapshot.clone());
    let made_from = filled_from(request.kinds, &node.kind).and_then(|field| recorded?.inputs[field].as_str());
    let snapshot = match &old {
        // A deletion whose answer was lost may have taken effect: it is asked for again under the same name.
        Some(old) if action == Action::Rest && !goes => {
            let name = announced.filter(|name| made_from != Some(name.as_str()));
            Some(name.unwrap_or_else(|| derived_snapshot_name(&old.name, request.record)))
        }
        _ => announced,
    };
    if let (Some(live), Some(name), false) = (live, &snapshot, goes)
        && let Some(way_round) = refuses(request.kinds, &node.kind, &live.inputs)
    {
        return Err(Box::new(ImpossibleChange {
            node: node.id.clone(),
            kind: node.kind.clone(),
            field: "final_snapshot".to_owned(),
            old: Shown::Absent,
            new: Shown::Value(json!(name)),
            way_round: way_round.to_owned(),
        }));
    }
    let data = snapshot.as_deref().map_or_else(|| "no snapshot of it is known".to_owned(), kept_in);
    let depended_on = recorded.map_or_else(|| node.dependencies(), |recorded| recorded.depends_on.clone());
    let object = old.clone().unwrap_or_else(|| OldObject {
        kind: node.kind.clone(),
        name: known.map_or(&node.name, |known| &known.name).clone(),
        physical_id: None,
        inputs: Inputs::default(),
        tags: Tags::new(),
    });
    let mut step = Step::about(&node.id, object, action, format!("{why}; {data}"), depended_on);
    step.outputs = outputs(
        known.map(|known| &known.outputs),
        recorded.map(|recorded| &recorded.outputs),
        live.map(|live| &live.outputs),
    );
    step.old = old;
    step.data = DataPolicy::Keep { final_snapshot: snapshot };
    Ok(step)
}

/// Each output as it was seen last.
fn outputs(resting: Option<&Outputs>, recorded: Option<&Outputs>, live: Option<&Outputs>) -> Outputs {
    let seen = [resting, recorded, live].into_iter().flatten();
    seen.flatten().map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Has a node that rested be made from the snapshot that it left; says so. Nothing where it did not rest.
pub(super) fn wake(request: &DiffRequest<'_>, node: &Node, inputs: &mut Inputs) -> Option<String> {
    let rested = request.record?.resting.get(&node.id)?;
    Some(match (&rested.snapshot, filled_from(request.kinds, &node.kind)) {
        (Some(name), Some(field)) => {
            inputs[field] = json!(name);
            format!("made anew from the snapshot {name}, which stays")
        }
        _ => "made anew and empty: it was gone before it was taken away, and left no snapshot".to_owned(),
    })
}
