//! Takes over what exists: candidates are read, matched with the nodes that they stand for, and read again as those.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::Error;
use super::desk::Desk;
use super::observe;
use crate::adopt::{AdoptionSource, Candidate, Matches, Seen, match_nodes};
use crate::blueprint::Design;
use crate::model::ids::{KindName, NodeId, TenantKey};
use crate::model::{Graph, resolve};
use crate::plan::{
    AdoptRequest, After, Found, NodeDifferences, Observed, Plan, PlanError, adoption, differences, former,
};
use crate::provider::reads;
use crate::provider::{Claim, Observation, Scope, Target};
use crate::state::{Holding, NodeRecord, NodeState, Record};

/// The result of an adoption's search, and the plan that takes the found objects over.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Adoption {
    /// The object that stands for each node: its physical id, and the place where it was found.
    pub found: BTreeMap<NodeId, FoundObject>,
    /// The matches of candidates to nodes: the object of each node, the ambiguous nodes, and the candidates that stand for
    /// none.
    pub matches: Matches,
    /// The nodes for which nothing was found: the next plan makes them.
    pub missing: Vec<NodeId>,
    /// The objects that could not be read, or belong to somebody else, and are not taken; each with the reason.
    pub refused: BTreeMap<NodeId, String>,
    /// The differences between the found objects and the spec: the next plan changes them.
    pub differences: Vec<NodeDifferences>,
    /// The plan that takes over the found objects: ownership tags and record, nothing else.
    pub plan: Plan,
}

/// An object that stands for a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FoundObject {
    /// Its kind.
    pub kind: KindName,
    /// Its physical id.
    pub physical_id: String,
    /// The place where it was found.
    pub origin: String,
}

impl fmt::Display for Adoption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} of {} objects were found", self.found.len(), self.found.len() + self.missing.len())?;
        for (node, found) in &self.found {
            writeln!(f, "  {node}: {} {}  ({})", found.kind, found.physical_id, found.origin)?;
        }
        for (node, candidates) in &self.matches.ambiguous {
            let ids: Vec<&str> = candidates.iter().map(|candidate| candidate.physical_id.as_str()).collect();
            writeln!(f, "  {node}: several could be meant, say which: {}", ids.join(", "))?;
        }
        for (node, why) in &self.refused {
            writeln!(f, "  {node}: not taken: {why}")?;
        }
        for node in &self.missing {
            writeln!(f, "  {node}: not found")?;
        }
        for candidate in &self.matches.unused {
            writeln!(
                f,
                "  not part of the spec: {} {}  ({})",
                candidate.kind, candidate.physical_id, candidate.origin
            )?;
        }
        if self.differences.is_empty() {
            return write!(f, "What was found is as the spec wants it.");
        }
        write!(f, "What differs from the spec, and stays until a plan is applied:")?;
        for node in &self.differences {
            write!(f, "\n{node}")?;
        }
        Ok(())
    }
}

impl Desk {
    pub(super) async fn adopt(
        &self,
        (key, record): (&TenantKey, Option<&Record>),
        design: Design,
        after: After,
        source: AdoptionSource,
    ) -> Result<Adoption, Error> {
        design.graph.order()?;
        let mut candidates = source.candidates(&self.kinds, &design.graph)?;
        if let AdoptionSource::Tags(tags) = &source {
            let found = reads::discover(&*self.provider, Scope::Tags(tags.clone())).await?;
            candidates.extend(found.iter().filter_map(|found| Candidate::from_discovered(&self.kinds, found)));
        }
        self.take((key, record), design, after, candidates, Claim::Unowned).await
    }

    /// Matches the candidates, reads what they stand for, and plans to take it.
    pub(super) async fn take(
        &self,
        (key, record): (&TenantKey, Option<&Record>),
        mut design: Design,
        after: After,
        mut candidates: Vec<Candidate>,
        claim: Claim,
    ) -> Result<Adoption, Error> {
        let seen = self.look(key, &design.graph, &mut candidates, claim).await;
        let matches = match_nodes(&self.kinds, &design.graph, &candidates, &seen);
        let known = named(key, &design.graph, &matches, &seen, record);
        former::keep(&mut design.graph, Some(&known));
        let graph = &design.graph;
        let snapshot = observe::snapshot(&*self.provider, key, graph, Some(&known), &self.kinds, claim)
            .await
            .map_err(PlanError::from)?;
        let (mut found, mut missing, mut refused) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        for node in graph.nodes() {
            match snapshot.get(&node.id) {
                Some(Observed::Present(_)) if matches.ambiguous.contains_key(&node.id) => {
                    missing.push(node.id.clone());
                }
                Some(Observed::Present(live)) => {
                    let candidate = matches.matched.get(&node.id);
                    let name = candidate.and_then(|candidate| candidate.name.clone());
                    let origin =
                        candidate.map_or_else(|| "by its name".to_owned(), |candidate| candidate.origin.clone());
                    found.insert(node.id.clone(), Found { name, origin, live: live.clone() });
                }
                Some(Observed::Foreign(why) | Observed::Unknown(why)) => {
                    refused.insert(node.id.clone(), why.clone());
                    missing.push(node.id.clone());
                }
                Some(Observed::Absent) | None => missing.push(node.id.clone()),
            }
        }
        let differences = differences(graph, &found, &self.kinds).map_err(PlanError::from)?;
        let plan = adoption(AdoptRequest {
            key,
            graph,
            record,
            found: &found,
            kinds: &self.kinds,
            after,
            notes: design.notes.clone(),
        })?;
        let found = found
            .into_iter()
            .filter_map(|(id, found)| {
                let kind = graph.get(&id)?.kind.clone();
                Some((id, FoundObject { kind, physical_id: found.live.physical_id, origin: found.origin }))
            })
            .collect();
        Ok(Adoption { found, matches, missing, refused, differences, plan })
    }

    /// Reads the candidates by themselves, before it is known what they stand for. What is not there drops out.
    async fn look(
        &self,
        key: &TenantKey,
        graph: &Graph,
        candidates: &mut Vec<Candidate>,
        claim: Claim,
    ) -> BTreeMap<(KindName, String), Seen> {
        let of_kind = |candidate: &Candidate| {
            let node = candidate.node.as_ref().and_then(|id| graph.get(id));
            node.or_else(|| graph.nodes().find(|node| node.kind == candidate.kind))
        };
        let (mut asked, mut targets) = (Vec::new(), Vec::new());
        for (index, candidate) in candidates.iter().enumerate() {
            let Some(node) = of_kind(candidate) else { continue };
            asked.push(index);
            targets.push(Target {
                address: key.node(node.id.clone()),
                kind: candidate.kind.clone(),
                name: candidate.name.clone().unwrap_or_else(|| node.name.clone()),
                physical_id: Some(candidate.physical_id.clone()),
                inputs: resolve(&node.inputs, &BTreeMap::new()).into(),
                tags: node.tags.clone(),
                // The owner is checked again once the node is known that it stands for.
                claim: if claim == Claim::Owned { Claim::ReadOnly } else { claim },
            });
        }
        let mut seen = BTreeMap::new();
        let mut gone = Vec::new();
        for (index, observation) in asked.into_iter().zip(reads::observe(&*self.provider, targets).await) {
            let candidate = &mut candidates[index];
            match observation {
                Observation::Present(live) => {
                    candidate.tags.extend(live.tags.clone());
                    seen.insert((candidate.kind.clone(), candidate.physical_id.clone()), Seen::from(&live));
                }
                Observation::Absent => gone.push(index),
                Observation::Foreign(_) | Observation::Unknown(_) => {}
            }
        }
        for index in gone.into_iter().rev() {
            candidates.remove(index);
        }
        seen
    }
}

/// The matches in the form of a record, so that every node is looked up by the id that was found for it.
fn named(
    key: &TenantKey,
    graph: &Graph,
    matches: &Matches,
    seen: &BTreeMap<(KindName, String), Seen>,
    record: Option<&Record>,
) -> Record {
    let mut known = record.cloned().unwrap_or_else(|| Record::new(key.clone(), "0".repeat(32)));
    known.nodes.retain(|id, _| graph.get(id).is_some());
    for (id, candidate) in &matches.matched {
        let Some(node) = graph.get(id) else { continue };
        let outputs = seen
            .get(&(candidate.kind.clone(), candidate.physical_id.clone()))
            .map(|seen| seen.outputs.clone())
            .unwrap_or_default();
        known.nodes.insert(
            id.clone(),
            NodeRecord {
                kind: node.kind.clone(),
                name: candidate.name.clone().unwrap_or_else(|| node.name.clone()),
                physical_id: Some(candidate.physical_id.clone()),
                inputs: serde_json::Value::Null.into(),
                outputs,
                tags: candidate.tags.clone(),
                depends_on: node.dependencies(),
                state: NodeState::Ready,
                generation: 0,
                token: None,
                retired: Vec::new(),
                holding: Holding::Managed,
            },
        );
    }
    known
}
