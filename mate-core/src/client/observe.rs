//! Reads a tenant as it is: every node of the graph and of the record, in as few rounds as references allow.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::ids::{NodeId, TenantKey};
use crate::model::{Graph, Outputs};
use crate::model::{Kinds, UnknownKind};
use crate::plan::{Observed, Snapshot, former, observe_targets};
use crate::provider::reads;
use crate::provider::{Claim, Provider, Target};
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
    let recorded: BTreeSet<&NodeId> = record.iter().flat_map(|record| record.nodes.keys()).collect();
    let mut outputs: BTreeMap<NodeId, Outputs> = BTreeMap::new();
    let mut seen = Snapshot::new();
    loop {
        let (ready, targets): (Vec<NodeId>, Vec<Target>) = observe_targets(key, graph, record, &outputs, kinds)?
            .into_iter()
            .map(|mut target| {
                if target.claim == Claim::Owned {
                    target.claim = claim;
                }
                (target.address.node.clone(), target)
            })
            .filter(|(id, _)| !seen.contains_key(id))
            .filter(|(id, _)| {
                let known = |needed: &NodeId| seen.contains_key(needed) || recorded.contains(needed);
                graph.get(id).is_none_or(|node| node.dependencies().iter().all(known))
            })
            .unzip();
        if ready.is_empty() {
            return Ok(seen);
        }
        let mut answers = caller.clone().asks(reads::observe(provider, targets)).await.into_iter();
        for id in ready {
            let observed = match answers.next() {
                Some(observation) => Observed::from(observation),
                // A provider that breaks its promise must not make this ask for ever.
                None => Observed::Unknown("the provider gave no answer".to_owned()),
            };
            if let Observed::Present(live) = &observed {
                outputs.insert(id.clone(), live.outputs.clone());
            }
            seen.insert(id, observed);
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
