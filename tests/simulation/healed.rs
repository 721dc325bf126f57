//! Invariant: after healing each tenant is as it is wanted, and its next plan is empty.
//!
//! Every node of the design has one object, ready, with the inputs and the tags of the design; nothing else is there; the record
//! has no run; nothing is unclaimed.

use std::collections::BTreeMap;

use mate::Mate;
use mate::model::ids::{KindName, NodeId};
use mate::model::references;
use mate::provider::{Status, UpdateRequest};
use mate::sim::SimObject;

use crate::findings::Invariant;
use crate::world::{Bug, Tenant, World};

/// The tenant is as it is wanted.
pub(crate) async fn check(world: &World, mate: &Mate, tenant: &Tenant) {
    let fault = |what: String| world.findings.add(Invariant::Healed, format!("{}: {what}", tenant.key));
    let mut objects: BTreeMap<(NodeId, KindName), Vec<SimObject>> = BTreeMap::new();
    for object in world.cloud.leftovers(&tenant.key) {
        if let Some(address) = &object.address {
            objects.entry((address.node.clone(), object.kind.clone())).or_default().push(object);
        }
    }
    let Some(revision) = tenant.life.at_last else {
        let left: Vec<SimObject> = objects.into_values().flatten().collect();
        if !left.is_empty() {
            fault(format!("it was destroyed, and there is {left:?}"));
        }
        if world.ledger.record(&tenant.key).is_some() {
            fault("it was destroyed, and has a record".to_owned());
        }
        return;
    };
    let spec = tenant.wanted(revision).spec(&tenant.id);
    let design = mate.design(&spec).expect("a valid design");
    for node in design.graph.nodes() {
        let found = objects.remove(&(node.id.clone(), node.kind.clone())).unwrap_or_default();
        let [object] = found.as_slice() else {
            fault(format!("`{}` stands {} times: {found:?}", node.id, found.len()));
            continue;
        };
        if object.status != Status::Ready {
            fault(format!("`{}` is {}", node.id, object.status));
        }
        if node.tags != object.tags && !object.tags.is_empty() {
            fault(format!("`{}` has the tags {:?}, and not {:?}", node.id, object.tags, node.tags));
        }
        for (field, wanted) in node.inputs.as_object().into_iter().flatten() {
            if references(wanted).is_empty() && object.inputs[field] != *wanted {
                fault(format!("`{}` has {field} {}, and not {wanted}", node.id, object.inputs[field]));
            }
        }
    }
    if !objects.is_empty() {
        fault(format!("there is more than it is made of: {:?}", objects.into_values().flatten().collect::<Vec<_>>()));
    }
    if world.ledger.record(&tenant.key).is_none_or(|record| record.run.is_some()) {
        fault("its run is not over".to_owned());
    }
    match mate.plan(&spec).await {
        Ok(plan) if plan.is_empty() => {}
        Ok(plan) => fault(format!("its next plan is not empty: {:?}", plan.steps)),
        Err(error) => fault(format!("there is no next plan: {error}")),
    }
}

/// Nothing carries ownership tags and stands in no record.
pub(crate) async fn check_unclaimed(world: &World, mate: &Mate) {
    match mate.unclaimed().await {
        Ok(found) if found.is_empty() => {}
        Ok(found) => world.findings.add(Invariant::Healed, format!("nobody claims {found:?}")),
        Err(error) => world.findings.add(Invariant::Healed, format!("the search for the unclaimed failed: {error}")),
    }
}

/// Updates of buckets are answered and never carried out.
#[derive(Debug)]
struct LosesUpdates;

impl Bug for LosesUpdates {
    fn loses_update(&self, request: &UpdateRequest) -> bool {
        request.target.kind.as_str() == "s3:Bucket"
    }
}

#[test]
fn an_update_that_is_answered_and_not_carried_out_is_caught() {
    crate::sweep::catches(LosesUpdates, Invariant::Healed);
}
