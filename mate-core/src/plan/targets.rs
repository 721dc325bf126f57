//! The observations that a plan needs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::differ::physical_name;
use crate::model::ids::{NodeId, TenantKey};
use crate::model::{Graph, Known, Outputs, resolve_with};
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
    targets_among(key, graph, record, outputs, kinds, &|_| true)
}

/// As [`observe_targets`], for the nodes of which `among` says so.
pub(crate) fn targets_among(
    key: &TenantKey,
    graph: &Graph,
    record: Option<&Record>,
    outputs: &dyn Known,
    kinds: &Kinds,
    among: &dyn Fn(&NodeId) -> bool,
) -> Result<Vec<Target>, UnknownKind> {
    let known = KnownOrRecorded { seen: outputs, record };
    let recorded = record.iter().flat_map(|record| record.nodes.keys());
    let ids: BTreeSet<&NodeId> = recorded.chain(graph.nodes().map(|node| &node.id)).filter(|id| among(id)).collect();
    let mut targets = Vec::with_capacity(ids.len());
    for id in ids {
        let node = graph.get(id);
        let model = node.map(|node| kinds.get(&node.kind)).transpose()?;
        let recorded = record.and_then(|record| record.nodes.get(id)).map(|recorded| Target {
            address: key.node(id.clone()),
            kind: recorded.kind.clone(),
            name: recorded.name.clone(),
            physical_id: recorded.physical_id.clone(),
            inputs: recorded.inputs.clone(),
            tags: recorded.tags.clone(),
            claim: claim(recorded.holding == Holding::Observed),
        });
        let existing = node.and_then(|node| node.existing.as_ref()).and_then(|existing| existing.physical_id.clone());
        targets.extend(match (recorded, node.zip(model)) {
            (Some(mut target), Some((node, _))) if target.kind == node.kind => {
                target.inputs = resolve_with(&node.inputs, &known);
                target.tags = node.tags.clone();
                target.claim = claim(node.existing.is_some());
                target.physical_id = existing.or(target.physical_id);
                Some(target)
            }
            // The object that stands there is of another kind, or no longer wanted: it is looked up by its recorded kind.
            (Some(target), _) => Some(target),
            (None, Some((node, model))) => Some(Target {
                address: key.node(id.clone()),
                kind: node.kind.clone(),
                name: physical_name(node, None, model),
                physical_id: existing,
                inputs: resolve_with(&node.inputs, &known),
                tags: node.tags.clone(),
                claim: claim(node.existing.is_some()),
            }),
            (None, None) => None,
        });
    }
    Ok(targets)
}

/// Outputs as they were seen, else as the record knows them.
struct KnownOrRecorded<'a> {
    seen: &'a dyn Known,
    record: Option<&'a Record>,
}

impl Known for KnownOrRecorded<'_> {
    fn output(&self, node: &str, output: &str) -> Option<&Value> {
        let recorded = || {
            let record = self.record?;
            match record.nodes.get(node) {
                Some(recorded) => recorded.outputs.get(output),
                None => record.resting.get(node)?.outputs.get(output),
            }
        };
        self.seen.output(node, output).or_else(recorded)
    }
}

fn claim(only_read: bool) -> Claim {
    if only_read { Claim::ReadOnly } else { Claim::Owned }
}
