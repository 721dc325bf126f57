//! The conditions that hold before anything is compared.

use std::collections::BTreeMap;

use super::error::{NodeProblem, PlanError};
use super::request::{DiffRequest, Observed, Purpose};
use super::resting;
use crate::model::ids::{KindName, NodeId};
use crate::model::{each_reference, ordered};
use crate::provider::Status;
use crate::state::{NodeState, Record};

pub(super) fn check_record(record: Option<&Record>) -> Result<(), PlanError> {
    let Some(record) = record else { return Ok(()) };
    let order = ordered(record.nodes.keys(), |id, refers_to| {
        let known = record.nodes[id].depends_on.iter().filter(|to| record.nodes.contains_key(*to));
        known.for_each(|to| refers_to(to.as_str()));
    });
    order.map(drop).map_err(PlanError::Record)
}

pub(super) fn check_fit(request: &DiffRequest<'_>) -> Result<(), PlanError> {
    let mut misfits = Vec::new();
    for node in request.graph.nodes() {
        let model = request.kinds.get(&node.kind)?;
        let mut misfit = |problem: String| {
            misfits.push(NodeProblem { node: node.id.clone(), kind: node.kind.clone(), problem });
        };
        match node.inputs.as_object() {
            None => misfit("its inputs are not a JSON object".to_owned()),
            Some(fields) => {
                for field in fields.keys().filter(|field| model.field(field).is_none()) {
                    misfit(format!("the kind has no rule for the field `{field}`"));
                }
            }
        }
        if request.graph.rests(&node.id) && resting::filled_from(request.kinds, &node.kind).is_none() {
            misfit("it cannot rest: an object of this kind cannot be made anew from a snapshot".to_owned());
        }
        let mut unknown = None;
        each_reference(&node.inputs, &mut |reference| {
            let Some(to) = request.graph.get_text(reference.node) else { return };
            match request.kinds.get(&to.kind) {
                Err(error) => unknown = unknown.take().or(Some(error)),
                Ok(model) if !model.outputs.contains(&reference.output) => {
                    misfit(format!("it refers to {reference}, and {} has no such output", to.kind));
                }
                Ok(_) => {}
            }
        });
        if let Some(unknown) = unknown {
            return Err(unknown.into());
        }
    }
    if misfits.is_empty() { Ok(()) } else { Err(PlanError::Misfit(misfits)) }
}

pub(super) fn check_snapshot(request: &DiffRequest<'_>) -> Result<(), PlanError> {
    let mut kinds: BTreeMap<&NodeId, &KindName> = BTreeMap::new();
    for (id, node) in request.record.iter().flat_map(|record| &record.nodes) {
        kinds.insert(id, &node.kind);
    }
    for node in request.graph.nodes() {
        kinds.insert(&node.id, &node.kind);
    }
    let (mut foreign, mut unknown, mut unobserved) = (Vec::new(), Vec::new(), Vec::new());
    for (id, kind) in kinds {
        let problem = |problem: &str| NodeProblem { node: id.clone(), kind: kind.clone(), problem: problem.to_owned() };
        match request.snapshot.get(id) {
            None => unobserved.push(problem("not observed")),
            Some(Observed::Foreign(text)) => foreign.push(problem(text)),
            Some(Observed::Unknown(text)) => unknown.push(problem(text)),
            Some(Observed::Absent | Observed::Present(_)) => {}
        }
    }
    if !unobserved.is_empty() {
        return Err(PlanError::Unobserved(unobserved));
    }
    if !foreign.is_empty() {
        return Err(PlanError::Foreign(foreign));
    }
    if !unknown.is_empty() {
        return Err(PlanError::Unknown(unknown));
    }
    let deleting: Vec<NodeProblem> = request
        .graph
        .nodes()
        .filter(|node| !matches!(request.purpose, Purpose::Destroy | Purpose::Unwind) && !request.graph.rests(&node.id))
        .filter(|node| {
            matches!(request.snapshot.get(&node.id), Some(Observed::Present(live)) if live.status == Status::Deleting)
        })
        // A deletion of our own is waited for.
        .filter(|node| {
            let recorded = request.record.and_then(|record| record.nodes.get(&node.id));
            recorded.is_none_or(|recorded| recorded.state != NodeState::Deleting)
        })
        .map(|node| NodeProblem { node: node.id.clone(), kind: node.kind.clone(), problem: node.name.clone() })
        .collect();
    if deleting.is_empty() { Ok(()) } else { Err(PlanError::Deleting(deleting)) }
}
