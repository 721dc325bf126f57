//! The match of existing objects to the nodes of a graph.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::candidate::Candidate;
use super::forms::facet;
use super::object::{Object, Seen, objects};
use super::telling::comparable;
use crate::model::ids::{KindName, NodeId};
use crate::model::{Graph, Kinds, Node, OutputRef, Outputs, Ownership, references, resolve};

/// The match of existing objects to the nodes of a graph.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Matches {
    /// The object of each node for which one was found.
    pub matched: BTreeMap<NodeId, Candidate>,
    /// The evidence for each match.
    pub because: BTreeMap<NodeId, Evidence>,
    /// The nodes for which several objects could stand, or whose object could stand for another node as well.
    pub ambiguous: BTreeMap<NodeId, Vec<Candidate>>,
    /// The nodes for which there is none.
    pub missing: Vec<NodeId>,
    /// The objects that stand for no node.
    pub unused: Vec<Candidate>,
}

/// The evidence that an object stands for a node; the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Evidence {
    /// The caller said so.
    Given,
    /// It carries the node's ownership tags.
    Owned,
    /// It is called as the node is: by its physical name or its tag `Name`.
    Named,
    /// An object that stands for another node refers to it where that node refers to this one.
    Used,
    /// It agrees on the fields by which objects of its kind are told apart.
    Alike,
    /// It is the only object of its kind, and the node is the only one of its kind.
    OnlyOne,
}

/// Finds the object that stands for each node of `graph`. `live` has what was seen of the candidates, by kind and physical
/// id; of a candidate that is not there only what its source tells is known.
///
/// An object stands for one node at most, and the order of the candidates means nothing. Candidates of one kind and id are
/// one object. For each pair of a node and an object of its kind there is evidence, compared in this order:
///
/// 1. the caller gave the object's id for the node;
/// 2. it carries the node's ownership tags;
/// 3. its physical name, or its tag `Name`, is the node's name;
/// 4. an object that stands for another node refers to it: the elastic IP of the NAT gateway that was found;
/// 5. it agrees on the fields by which the kind is told apart (a subnet's range and zone, a listener's load balancer and
///    port), references among them resolved by the outputs of the objects that were found for other nodes. That all
///    of them agree is more than that some are not known.
///
/// The strongest pairs are taken first; what agrees in a stronger point is never given up for a weaker one, and pairs
/// that are equal in the first points are told apart by the next. Nodes and objects that are equal in all of them are
/// [ambiguous](Matches::ambiguous). In the end the only node of a kind that is left and the only object that is left for
/// it belong together, unless something that is known of them differs.
///
/// An object that carries the ownership tags of another node or tenant, that was given for another node, or that stands in
/// another place (another VPC, another pool) is never taken.
#[must_use]
pub fn match_nodes(
    kinds: &Kinds,
    graph: &Graph,
    candidates: &[Candidate],
    live: &BTreeMap<(KindName, String), Seen>,
) -> Matches {
    let objects = objects(kinds, candidates, live);
    // The objects that were found refer to others, by which more are found. Each round only adds to the set of those in use.
    let mut used = BTreeSet::new();
    loop {
        let round = Round::run(kinds, graph, &objects, &used);
        let more = round.used();
        if more.is_subset(&used) {
            return round.into_matches();
        }
        used.extend(more);
    }
}

/// The degree to which the fields that tell objects of a kind apart agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Agreement {
    Differs,
    Unknown,
    Partly,
    Fully,
}

/// The evidence that an object stands for a node; compared from the first point to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    given: bool,
    owned: bool,
    named: bool,
    used: bool,
    fields: Agreement,
}

impl Fit {
    fn evidence(self) -> Option<Evidence> {
        match self {
            Self { given: true, .. } => Some(Evidence::Given),
            Self { owned: true, .. } => Some(Evidence::Owned),
            Self { named: true, .. } => Some(Evidence::Named),
            Self { used: true, .. } => Some(Evidence::Used),
            Self { fields: Agreement::Partly | Agreement::Fully, .. } => Some(Evidence::Alike),
            _ => None,
        }
    }
}

#[derive(Debug)]
enum Fate {
    Found(usize, Evidence),
    Ambiguous(Vec<usize>),
    Missing,
}

/// A node that is being decided, its inputs resolved as far as possible.
struct Wanted<'a> {
    node: &'a Node,
    inputs: Value,
}

/// One pass over all nodes.
struct Round<'a> {
    kinds: &'a Kinds,
    graph: &'a Graph,
    objects: &'a [Object],
    used: &'a BTreeSet<(NodeId, usize)>,
    fates: BTreeMap<NodeId, Fate>,
    /// Objects that stand for a node, or that an ambiguous node may need.
    taken: BTreeSet<usize>,
    outputs: BTreeMap<NodeId, Outputs>,
}

impl<'a> Round<'a> {
    fn run(kinds: &'a Kinds, graph: &'a Graph, objects: &'a [Object], used: &'a BTreeSet<(NodeId, usize)>) -> Self {
        let mut round = Self {
            kinds,
            graph,
            objects,
            used,
            fates: BTreeMap::new(),
            taken: BTreeSet::new(),
            outputs: BTreeMap::new(),
        };
        let mut pending: BTreeSet<&KindName> = graph.nodes().map(|node| &node.kind).collect();
        while let Some(kind) =
            pending.iter().copied().find(|kind| !round.waits(kind, &pending)).or(pending.first().copied())
        {
            round.decide(kind);
            pending.remove(kind);
        }
        round
    }

    /// Returns true if a node of the kind refers, in a field that tells it apart, to a node of another kind that is not
    /// decided.
    fn waits(&self, kind: &KindName, pending: &BTreeSet<&KindName>) -> bool {
        let telling = facet(self.kinds, kind);
        self.graph.nodes().filter(|node| node.kind == *kind).any(|node| {
            let values = telling.keys.iter().chain(telling.place).filter_map(|field| node.inputs.get(*field));
            let named = values.flat_map(references).filter_map(|reference| self.graph.get(&reference.node));
            named.map(|other| &other.kind).any(|other| other != kind && pending.contains(other))
        })
    }

    /// Decides all nodes of a kind.
    fn decide(&mut self, kind: &KindName) {
        let mut open: Vec<Wanted<'a>> = self
            .graph
            .nodes()
            .filter(|node| node.kind == *kind)
            .map(|node| Wanted { node, inputs: resolve(&node.inputs, &self.outputs) })
            .collect();
        let mine: Vec<usize> =
            (0..self.objects.len()).filter(|index| self.objects[*index].candidate.kind == *kind).collect();
        let mut is_ambiguous = false;
        while let Some(strongest) = open.iter().filter_map(|wanted| self.best(wanted, &mine)).map(|(fit, _)| fit).max()
        {
            let rivals: Vec<(NodeId, Vec<usize>)> = open
                .iter()
                .filter_map(|wanted| Some((wanted.node.id.clone(), self.best(wanted, &mine)?)))
                .filter(|(_, (fit, _))| *fit == strongest)
                .map(|(node, (_, objects))| (node, objects))
                .collect();
            let evidence = strongest.evidence().expect("the best pairs have evidence");
            for (node, options) in &rivals {
                let contested =
                    |object| rivals.iter().any(|(other, objects)| other != node && objects.contains(object));
                let fate = match options.as_slice() {
                    [object] if !contested(object) => Fate::Found(*object, evidence),
                    _ => {
                        is_ambiguous = true;
                        Fate::Ambiguous(options.clone())
                    }
                };
                self.settle(node, fate);
            }
            open.retain(|wanted| !self.fates.contains_key(&wanted.node.id));
        }
        self.leftover(&open, &mine, is_ambiguous);
    }

    /// The nodes for which there is no evidence.
    fn leftover(&mut self, open: &[Wanted<'a>], mine: &[usize], is_ambiguous: bool) {
        let possible = |wanted: &Wanted<'_>| -> Vec<usize> {
            if self.is_within_missing(wanted.node) {
                return Vec::new();
            }
            let can_be = |index: &usize| {
                !self.taken.contains(index)
                    && self.fit(wanted, *index).is_some_and(|fit| fit.fields != Agreement::Differs)
            };
            mine.iter().copied().filter(can_be).collect()
        };
        if let ([wanted], false) = (open, is_ambiguous)
            && let [object] = possible(wanted).as_slice()
        {
            let object = *object;
            self.settle(&wanted.node.id, Fate::Found(object, Evidence::OnlyOne));
            return;
        }
        // An object with another name is another object; one without could be any.
        let options: Vec<(NodeId, Vec<usize>)> = open
            .iter()
            .map(|wanted| {
                let mut objects = possible(wanted);
                objects.retain(|index| self.objects[*index].names.is_empty());
                (wanted.node.id.clone(), objects)
            })
            .collect();
        for (node, objects) in options {
            let fate = if objects.is_empty() { Fate::Missing } else { Fate::Ambiguous(objects) };
            self.settle(&node, fate);
        }
    }

    /// Returns true if the node is a part of one for which there is no object: then there is none of the part either.
    fn is_within_missing(&self, node: &Node) -> bool {
        let keys = facet(self.kinds, &node.kind).keys.iter().filter_map(|field| node.inputs.get(*field));
        keys.flat_map(references).any(|reference| matches!(self.fates.get(&reference.node), Some(Fate::Missing)))
    }

    fn settle(&mut self, node: &NodeId, fate: Fate) {
        match &fate {
            Fate::Found(object, _) => {
                self.taken.insert(*object);
                self.outputs.insert(node.clone(), self.objects[*object].outputs.clone());
            }
            Fate::Ambiguous(objects) => self.taken.extend(objects),
            Fate::Missing => {}
        }
        self.fates.insert(node.clone(), fate);
    }

    /// The strongest evidence for a node, and the objects that have it.
    fn best(&self, wanted: &Wanted<'_>, mine: &[usize]) -> Option<(Fit, Vec<usize>)> {
        let mut best: Option<(Fit, Vec<usize>)> = None;
        for index in mine.iter().filter(|index| !self.taken.contains(index)) {
            let Some(fit) = self.fit(wanted, *index).filter(|fit| fit.evidence().is_some()) else { continue };
            match &mut best {
                Some((strongest, objects)) if *strongest == fit => objects.push(*index),
                Some((strongest, _)) if *strongest > fit => {}
                _ => best = Some((fit, vec![*index])),
            }
        }
        best
    }

    /// The evidence that the object stands for the node; none where it cannot.
    fn fit(&self, wanted: &Wanted<'_>, index: usize) -> Option<Fit> {
        let (node, object) = (wanted.node, &self.objects[index]);
        let given = object.given.contains(&node.id);
        let owner = object.owner();
        let owned = owner.is_some() && owner == Ownership::from_tags(&node.tags);
        if !given && (!object.given.is_empty() || object.superseded || (owner.is_some() && !owned)) {
            return None;
        }
        let telling = facet(self.kinds, &node.kind);
        let agrees = |field: &&'static str| -> Option<bool> {
            let value = comparable(field, wanted.inputs.get(*field)?)?;
            let facts = object.facts(field);
            (!facts.is_empty()).then(|| facts.contains(&value))
        };
        if !given && !owned && telling.place.iter().any(|field| agrees(field) == Some(false)) {
            return None;
        }
        let is_known =
            |field: &&'static str| wanted.inputs.get(*field).is_some_and(|value| comparable(field, value).is_some());
        let answers: Vec<Option<bool>> = telling.keys.iter().map(agrees).collect();
        let fields = if answers.contains(&Some(false)) {
            Agreement::Differs
        } else if answers.is_empty() || !telling.keys.iter().all(is_known) || !answers.contains(&Some(true)) {
            // A part of something that was not found cannot be told from a part of something else.
            Agreement::Unknown
        } else if answers.contains(&None) {
            Agreement::Partly
        } else {
            Agreement::Fully
        };
        let named = object.names.iter().chain(&object.labels).any(|name| telling.same_name(name, &node.name));
        let used = self.used.contains(&(node.id.clone(), index));
        Some(Fit { given, owned, named, used, fields })
    }

    /// The objects that what was found refers to, each with the node that it would stand for.
    fn used(&self) -> BTreeSet<(NodeId, usize)> {
        let mut used = BTreeSet::new();
        for (node, fate) in &self.fates {
            let (Fate::Found(object, _), Some(node)) = (fate, self.graph.get(node)) else { continue };
            for (field, value) in node.inputs.as_object().into_iter().flatten() {
                let Some(reference) = OutputRef::from_json(value) else { continue };
                let is_whole = reference.prefix.is_empty() && reference.suffix.is_empty();
                let Some(other) = self.graph.get(&reference.node).filter(|_| is_whole) else { continue };
                if matches!(self.fates.get(&other.id), Some(Fate::Found(..))) {
                    continue;
                }
                let facts = self.objects[*object].facts(field);
                for (index, candidate) in self.objects.iter().enumerate() {
                    let output = candidate.outputs.get(&reference.output).and_then(|value| comparable(field, value));
                    if candidate.candidate.kind == other.kind && output.is_some_and(|output| facts.contains(&output)) {
                        used.insert((other.id.clone(), index));
                    }
                }
            }
        }
        used
    }

    fn into_matches(self) -> Matches {
        let mut matches = Matches::default();
        let candidate = |index: usize| self.objects[index].candidate.clone();
        for (node, fate) in self.fates {
            match fate {
                Fate::Found(object, evidence) => {
                    matches.matched.insert(node.clone(), candidate(object));
                    matches.because.insert(node, evidence);
                }
                Fate::Ambiguous(objects) => {
                    matches.ambiguous.insert(node, objects.into_iter().map(candidate).collect());
                }
                Fate::Missing => matches.missing.push(node),
            }
        }
        matches.unused = (0..self.objects.len()).filter(|index| !self.taken.contains(index)).map(candidate).collect();
        matches
    }
}
