//! Reads a tenant as it is: every node of the graph and of the record, in as few rounds as references allow.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::ids::{NodeId, TenantKey};
use crate::model::{Graph, Known, each_reference};
use crate::model::{Kinds, UnknownKind};
use crate::plan::{Observed, Snapshot, former, observe_targets, targets_among};
use crate::provider::reads;
use crate::provider::{Claim, Provider};
use crate::rate::{Caller, Priority};
use crate::state::Record;

/// Observes a tenant. A node is asked for as soon as what it refers to is known: from the record where there is one,
/// from an earlier round otherwise. What refers to something absent is asked for by name. The graph has an order.
/// `claim` says whose objects count, but for those that are only read. Calls count as a scan unless a [`Caller`] is set.
///
/// # Errors
/// [`UnknownKind`] for a node of a kind that is not registered.
pub(crate) async fn snapshot(
    provider: &dyn Provider,
    key: &TenantKey,
    graph: &Graph,
    record: Option<&Record>,
    kinds: &Kinds,
    claim: Claim,
) -> Result<Snapshot, UnknownKind> {
    let caller = Caller::current().unwrap_or_else(|| Caller::new(key.clone(), Priority::Scan));
    let recorded = |id: &str| record.is_some_and(|record| record.nodes.contains_key(id));
    // Every node, with those that it waits for.
    let mut waiting: BTreeMap<&NodeId, Vec<&str>> =
        record.iter().flat_map(|record| record.nodes.keys()).map(|id| (id, Vec::new())).collect();
    for node in graph.nodes() {
        let waits_for = waiting.entry(&node.id).or_default();
        each_reference(&node.inputs, &mut |reference| {
            if !recorded(reference.node) && !waits_for.contains(&reference.node) {
                waits_for.push(reference.node);
            }
        });
    }
    let mut seen = Seen(Snapshot::new());
    loop {
        let mut ready: BTreeSet<&NodeId> = BTreeSet::new();
        waiting.retain(|id, waits_for| {
            waits_for.retain(|needed| !seen.0.contains_key(*needed));
            if waits_for.is_empty() {
                ready.insert(*id);
            }
            !waits_for.is_empty()
        });
        if ready.is_empty() {
            return Ok(seen.0);
        }
        let mut targets = targets_among(key, graph, record, &seen, kinds, &|id| ready.contains(id))?;
        for target in targets.iter_mut().filter(|target| target.claim == Claim::Owned) {
            target.claim = claim;
        }
        let mut answers = caller.clone().asks(reads::observe(provider, targets)).await.into_iter();
        for id in ready {
            let observed = match answers.next() {
                Some(observation) => Observed::from(observation),
                // A provider that breaks its promise must not make this ask for ever.
                None => Observed::Unknown("the provider gave no answer".to_owned()),
            };
            seen.0.insert(id.clone(), observed);
        }
    }
}

/// The outputs of what was seen.
struct Seen(Snapshot);

impl Known for Seen {
    fn output(&self, node: &str, output: &str) -> Option<&Value> {
        match self.0.get(node)? {
            Observed::Present(live) => live.outputs.get(output),
            _ => None,
        }
    }
}

/// Looks for what no record knows under the names that earlier versions gave, and lets the graph and the snapshot have what is
/// found there.
///
/// # Errors
/// [`UnknownKind`] for a node of a kind that is not registered.
pub(crate) async fn former(
    provider: &dyn Provider,
    key: &TenantKey,
    graph: &mut Graph,
    record: Option<&Record>,
    kinds: &Kinds,
    snapshot: &mut Snapshot,
) -> Result<(), UnknownKind> {
    let before = former::unrecorded(graph, record, snapshot);
    if before.is_empty() {
        return Ok(());
    }
    let outputs = snapshot.iter().filter_map(|(id, observed)| match observed {
        Observed::Present(live) => Some((id.clone(), live.outputs.clone())),
        _ => None,
    });
    let targets = observe_targets(key, &before, None, &outputs.collect(), kinds)?;
    let ids: Vec<NodeId> = targets.iter().map(|target| target.address.node.clone()).collect();
    for (id, observation) in ids.into_iter().zip(reads::observe(provider, targets).await) {
        if let present @ Observed::Present(_) = Observed::from(observation) {
            former::take(graph, &before, &id);
            snapshot.insert(id, present);
        }
    }
    Ok(())
}
