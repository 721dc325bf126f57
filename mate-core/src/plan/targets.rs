//! What has to be observed before a plan can be made.

use std::collections::BTreeMap;

use super::diff::physical_name;
use crate::model::ids::{NodeId, TenantKey};
use crate::model::{Graph, Outputs, resolve};
use crate::model::{Kinds, UnknownKind};
use crate::provider::{Claim, Target};
use crate::state::{Holding, Record};

/// One target for every node of the graph and of the record. References are resolved with `outputs`, then with the
/// record's; those that neither knows stay, and become known once the node that they name was observed.
///
/// # Errors
/// [`UnknownKind`] for a kind that is not registered.
pub fn observe_targets(
    key: &TenantKey,
    graph: &Graph,
    record: Option<&Record>,
    outputs: &BTreeMap<NodeId, Outputs>,
    kinds: &Kinds,
) -> Result<Vec<Target>, UnknownKind> {
    let mut known: BTreeMap<NodeId, Outputs> = BTreeMap::new();
    for (id, node) in record.iter().flat_map(|record| &record.nodes) {
        known.entry(id.clone()).or_default().extend(node.outputs.clone());
    }
    for (id, node) in record.iter().flat_map(|record| &record.resting) {
        known.entry(id.clone()).or_insert_with(|| node.outputs.clone());
    }
    for (id, seen) in outputs {
        known.entry(id.clone()).or_default().extend(seen.clone());
    }
    let mut targets: BTreeMap<NodeId, Target> = BTreeMap::new();
    for (id, node) in record.iter().flat_map(|record| &record.nodes) {
        targets.insert(
            id.clone(),
            Target {
                address: key.node(id.clone()),
                kind: node.kind.clone(),
                name: node.name.clone(),
                physical_id: node.physical_id.clone(),
                inputs: node.inputs.clone(),
                tags: node.tags.clone(),
                claim: claim(node.holding == Holding::Observed),
            },
        );
    }
    for node in graph.nodes() {
        let model = kinds.get(&node.kind)?;
        let recorded = targets.get_mut(&node.id);
        match recorded {
            // What stands there is of another kind: it is looked up as what it is.
            Some(target) if target.kind != node.kind => {}
            Some(target) => {
                target.inputs = resolve(&node.inputs, &known);
                target.tags = node.tags.clone();
                target.claim = claim(node.existing.is_some());
                if let Some(id) = node.existing.as_ref().and_then(|existing| existing.physical_id.clone()) {
                    target.physical_id = Some(id);
                }
            }
            None => {
                targets.insert(
                    node.id.clone(),
                    Target {
                        address: key.node(node.id.clone()),
                        kind: node.kind.clone(),
                        name: physical_name(node, None, model),
                        physical_id: node.existing.as_ref().and_then(|existing| existing.physical_id.clone()),
                        inputs: resolve(&node.inputs, &known),
                        tags: node.tags.clone(),
                        claim: claim(node.existing.is_some()),
                    },
                );
            }
        }
    }
    Ok(targets.into_values().collect())
}

fn claim(only_read: bool) -> Claim {
    if only_read { Claim::ReadOnly } else { Claim::Owned }
}
