//! The facts known of one object, from all sources together.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::candidate::Candidate;
use super::forms::facet;
use super::telling::{comparable, comparable_text};
use crate::model::ids::{KindName, NodeId};
use crate::model::{Kinds, Outputs, Ownership, is_arn};
use crate::provider::Live;

/// The observation of a candidate in the cloud.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// Its inputs, as far as the cloud returns them.
    pub inputs: Value,
    /// Its outputs.
    pub outputs: Outputs,
}

impl From<&Live> for Seen {
    fn from(live: &Live) -> Self {
        Self { inputs: live.inputs.clone(), outputs: live.outputs.clone() }
    }
}

/// One object: every candidate of its id, and what was seen of it.
#[derive(Debug)]
pub(super) struct Object {
    /// For the answer: the first of the candidates, with what the others add.
    pub(super) candidate: Candidate,
    /// Its physical names.
    pub(super) names: BTreeSet<String>,
    /// Its names in tags.
    pub(super) labels: BTreeSet<String>,
    /// The nodes that it was said to stand for.
    pub(super) given: BTreeSet<NodeId>,
    /// A later revision of it is there.
    pub(super) superseded: bool,
    /// Its outputs.
    pub(super) outputs: Outputs,
    facts: BTreeMap<String, BTreeSet<String>>,
    inputs: Value,
}

impl Object {
    fn new(kinds: &Kinds, mut candidates: Vec<&Candidate>, live: &BTreeMap<(KindName, String), Seen>) -> Option<Self> {
        candidates.sort();
        candidates.dedup();
        let first = candidates.first()?;
        // An ARN says more than a name, whichever comes first.
        let id = candidates.iter().map(|c| &c.physical_id).find(|id| is_arn(id)).unwrap_or(&first.physical_id);
        let mut candidate = Candidate { physical_id: id.clone(), ..Candidate::clone(first) };
        let mut object = Self {
            names: BTreeSet::new(),
            labels: BTreeSet::new(),
            given: BTreeSet::new(),
            superseded: false,
            outputs: Outputs::new(),
            facts: BTreeMap::new(),
            inputs: Value::Null,
            candidate: candidate.clone(),
        };
        let mut seen = None;
        let mut origins: Vec<&str> = Vec::new();
        for one in &candidates {
            object.names.extend(one.name.clone());
            object.labels.extend(one.tags.get("Name").cloned());
            object.given.extend(one.node.clone());
            for (field, value) in &one.hints {
                let values = object.facts.entry(field.clone()).or_default();
                values.extend(comparable_text(field, value));
            }
            seen = seen.or_else(|| live.get(&(one.kind.clone(), one.physical_id.clone())));
            candidate.name = candidate.name.or_else(|| one.name.clone());
            candidate.node = candidate.node.or_else(|| one.node.clone());
            for (field, value) in &one.hints {
                candidate.hints.entry(field.clone()).or_insert_with(|| value.clone());
            }
            for (key, value) in &one.tags {
                candidate.tags.entry(key.clone()).or_insert_with(|| value.clone());
            }
            if !origins.contains(&one.origin.as_str()) {
                origins.push(&one.origin);
            }
        }
        candidate.origin = origins.join(", ");
        object.outputs = facet(kinds, &candidate.kind).outputs_of(&candidate.physical_id, candidate.name.as_deref());
        if let Some(seen) = seen {
            object.outputs.extend(seen.outputs.clone());
            object.inputs = seen.inputs.clone();
        }
        object.candidate = candidate;
        Some(object)
    }

    /// The known values of a field: the observed one, else those that the sources give.
    pub(super) fn facts(&self, field: &str) -> BTreeSet<String> {
        match self.inputs.get(field).and_then(|value| comparable(field, value)) {
            Some(value) => BTreeSet::from([value]),
            None => self.facts.get(field).cloned().unwrap_or_default(),
        }
    }

    /// The owner according to its tags; none where they name none of ours.
    pub(super) fn owner(&self) -> Option<crate::model::ids::Address> {
        Ownership::from_tags(&self.candidate.tags)
    }
}

/// The objects that the candidates are, in the order of kind and id.
pub(super) fn objects(
    kinds: &Kinds,
    candidates: &[Candidate],
    live: &BTreeMap<(KindName, String), Seen>,
) -> Vec<Object> {
    let mut by_id: BTreeMap<(&KindName, &str), Vec<&Candidate>> = BTreeMap::new();
    for candidate in candidates {
        by_id.entry((&candidate.kind, &candidate.physical_id)).or_default().push(candidate);
    }
    // One source may tell the ARN and another the name alone.
    let short: Vec<(&KindName, &str)> = by_id.keys().filter(|(_, id)| !is_arn(id)).copied().collect();
    for (kind, id) in short {
        let of: Vec<(&KindName, &str)> = by_id
            .keys()
            .filter(|(other, arn)| *other == kind && is_arn(arn) && arn.rsplit(['/', ':']).next() == Some(id))
            .copied()
            .collect();
        if let [arn] = of.as_slice() {
            let same = by_id.remove(&(kind, id)).unwrap_or_default();
            by_id.entry(*arn).or_default().extend(same);
        }
    }
    let mut objects: Vec<Object> = by_id.into_values().filter_map(|same| Object::new(kinds, same, live)).collect();
    supersede(kinds, &mut objects);
    objects
}

/// Of the revisions of an object, as a task definition has them, the latest stands for it.
fn supersede(kinds: &Kinds, objects: &mut [Object]) {
    let revision = |object: &Object| -> Option<(String, u64)> {
        let (family, revision) = object.candidate.physical_id.rsplit_once(':')?;
        let is_revised = kinds.get(&object.candidate.kind).is_ok_and(|model| !model.revised_outputs.is_empty());
        is_revised.then_some((family.to_owned(), revision.parse().ok()?))
    };
    let mut latest: BTreeMap<String, u64> = BTreeMap::new();
    for (family, number) in objects.iter().filter_map(revision) {
        let last = latest.entry(family).or_default();
        *last = number.max(*last);
    }
    for object in objects {
        object.superseded = revision(object).is_some_and(|(family, number)| latest[&family] > number);
    }
}
