//! The state of a comparison: the drafts of its steps, and the reasons against a plan.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::{ImpossibleChange, NodeProblem};
use super::request::DiffRequest;
use super::scope::Scope;
use super::step::Step;
use crate::model::ids::NodeId;
use crate::model::names;
use crate::model::{KindModel, Known, Node, ReplaceOrder};
use crate::state::{Holding, NodeRecord};

/// The physical name of a node's object: with the number of its generation where the kind replaces beside the old one.
pub(super) fn physical_name(node: &Node, recorded: Option<&NodeRecord>, model: &KindModel) -> String {
    match (model.replace, recorded) {
        (_, Some(recorded)) if matches!(recorded.holding, Holding::Adopted { .. }) => recorded.name.clone(),
        (ReplaceOrder::CreateFirst, Some(recorded)) => {
            names::with_generation(&node.name, recorded.generation, model.name_rule.max)
        }
        _ => node.name.clone(),
    }
}

pub(super) struct Differ<'r, 'a> {
    pub(super) request: &'r DiffRequest<'a>,
    pub(super) scope: Option<&'r Scope<'r>>,
    pub(super) drafts: Drafts,
    pub(super) impossible: Vec<ImpossibleChange>,
    /// Objects that are only read and are not there.
    pub(super) missing: Vec<NodeProblem>,
    pub(super) notes: Vec<String>,
}

/// A step, and what is needed to finish it.
pub(super) struct Draft {
    pub(super) step: Step,
    /// True if the object does its work now or once did, so that replacing it interrupts or loses something.
    pub(super) served: bool,
}

/// The steps by now. The outputs that they have are known and stay as they are.
#[derive(Default)]
pub(super) struct Drafts {
    pub(super) all: Vec<Draft>,
    /// The first of each node.
    by_node: BTreeMap<NodeId, usize>,
}

impl Drafts {
    pub(super) fn push(&mut self, draft: Draft) {
        self.by_node.entry(draft.step.node.clone()).or_insert(self.all.len());
        self.all.push(draft);
    }

    fn of(&self, node: &str) -> Option<&Step> {
        self.by_node.get(node).map(|index| &self.all[*index].step)
    }

    /// True if something is done about a node.
    pub(super) fn acts(&self, id: &NodeId) -> bool {
        self.of(id.as_str()).is_some_and(|step| step.action.acts())
    }
}

impl Known for Drafts {
    fn output(&self, node: &str, output: &str) -> Option<&Value> {
        self.of(node)?.outputs.get(output)
    }
}

impl<'r, 'a> Differ<'r, 'a> {
    pub(super) fn new(request: &'r DiffRequest<'a>, scope: Option<&'r Scope<'r>>) -> Self {
        Self {
            request,
            scope,
            drafts: Drafts::default(),
            impossible: Vec::new(),
            missing: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub(super) fn recorded(&self, id: &NodeId) -> Option<&'r NodeRecord> {
        self.request.record?.nodes.get(id)
    }
}
