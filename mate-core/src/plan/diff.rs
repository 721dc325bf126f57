//! The comparison of the desired state with the observed one.

use super::assemble::assemble;
use super::differ::Differ;
use super::error::PlanError;
use super::request::{DiffRequest, Purpose};
use super::scope::Scope;
use super::{Plan, checks};
use crate::model::ids::NodeId;
use crate::vocab::Goal;

/// Makes the plan.
///
/// # Errors
/// [`PlanError`], with every problem of its sort at once.
pub fn diff(request: DiffRequest<'_>) -> Result<Plan, PlanError> {
    scoped(request, None)
}

/// As [`diff`], bounded to what a repair takes.
pub(super) fn scoped(request: DiffRequest<'_>, scope: Option<&Scope<'_>>) -> Result<Plan, PlanError> {
    if let Some(record) = request.record.filter(|record| record.key != *request.key) {
        return Err(PlanError::OtherTenant { wanted: request.key.clone(), found: record.key.clone() });
    }
    let order = request.graph.order().map_err(PlanError::Graph)?;
    checks::check_record(request.record)?;
    checks::check_fit(&request)?;
    checks::check_snapshot(&request)?;

    let mut differ = Differ::new(&request, scope);
    if matches!(request.purpose, Purpose::Destroy | Purpose::Unwind) {
        for node in request.graph.nodes() {
            differ.remove(&node.id)?;
        }
    } else {
        for id in &order {
            if let Some(node) = request.graph.get(id) {
                differ.want(node)?;
            }
        }
    }
    // An object that is no longer wanted is no drift.
    let goes = |id: &&NodeId| scope.is_none_or(|scope| scope.lets_go(id));
    for id in request.record.iter().flat_map(|record| record.nodes.keys()).filter(goes) {
        if request.graph.get(id).is_none() {
            differ.remove(id)?;
        }
        differ.leftovers(id)?;
    }
    if !differ.impossible.is_empty() {
        return Err(PlanError::Impossible(differ.impossible));
    }
    if !differ.missing.is_empty() {
        return Err(PlanError::Missing(differ.missing));
    }
    differ.delete_first_under_deleted();
    let notes = std::mem::take(&mut differ.notes);
    let steps = differ.finished()?;
    let mut request = request;
    request.notes.extend(notes);
    let goal = match request.purpose {
        Purpose::Destroy => Goal::Destroy,
        Purpose::Unwind => Goal::Unwind,
        Purpose::Provision | Purpose::Update => Goal::Apply,
    };
    Ok(assemble(request, goal, steps))
}
