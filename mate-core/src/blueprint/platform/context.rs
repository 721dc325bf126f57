//! The context of every part of the platform's blueprint: the spec, the account, names, tags and the graph under construction.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::Design;
use crate::model::Kind;
use crate::model::ids::{NodeId, TenantKey};
use crate::model::names;
use crate::model::{Existing, Former, Graph, GraphError, Input, Node, NodeHandle, Tags};
use crate::model::{Ownership, Reach};
use crate::provider::Identity;
use crate::spec::{PlatformSpec, SpecError, SpecErrors};

#[derive(Debug)]
pub(super) struct Context<'a> {
    pub(super) spec: &'a PlatformSpec,
    pub(super) identity: &'a Identity,
    graph: Graph,
    notes: Vec<String>,
}

impl<'a> Context<'a> {
    pub(super) fn new(spec: &'a PlatformSpec, identity: &'a Identity) -> Self {
        Self { spec, identity, graph: Graph::new(), notes: Vec::new() }
    }

    pub(super) fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// `mate-{env}`.
    pub(super) fn name(&self) -> String {
        format!("mate-{}", self.spec.environment)
    }

    /// `mate-{env}-{part}` within the kind's limit.
    pub(super) fn part<K: Kind>(&self, part: &str) -> String {
        limited(format!("{}-{part}", self.name()), K::model().name_rule.max)
    }

    /// The name of a bucket, which is unique in the world: `mate-{env}-{part}-{account}-{region}`.
    pub(super) fn bucket_name(&self, part: &str) -> String {
        let Identity { account_id, region } = self.identity;
        limited(format!("{}-{part}-{account_id}-{region}", self.name()), 63)
    }

    /// Says what a node was called in an earlier version.
    pub(super) fn formerly_called(&mut self, id: &NodeId, name: String) {
        self.former(id, |former| former.name = Some(name));
    }

    fn former(&mut self, id: &NodeId, say: impl FnOnce(&mut Former)) {
        if let Some(node) = self.graph.get_mut(id) {
            say(&mut node.former);
        }
    }

    /// Says what a field of a node's inputs was in an earlier version.
    pub(super) fn formerly(&mut self, id: &NodeId, field: &str, value: Value) {
        self.former(id, |former| drop(former.inputs.insert(field.to_owned(), value)));
    }

    /// Adds a node.
    pub(super) fn add<K: Kind>(
        &mut self,
        id: &str,
        name: String,
        inputs: &K::Inputs,
    ) -> Result<NodeHandle<K>, GraphError> {
        let id = NodeId::new(id).map_err(|error| GraphError::NodeId(error.to_string()))?;
        let mut tags = self.tags(&id, &name);
        let says_its_place = K::REACH != Reach::Region && K::model().taggable;
        if says_its_place {
            tags.insert("Account".into(), self.identity.account_id.clone());
            tags.insert("Region".into(), self.identity.region.clone());
        }
        let handle = self.graph.add(id.clone(), name, inputs, tags)?;
        if says_its_place {
            self.former(&id, |former| former.without_tags.extend(Ownership::PLACE.map(str::to_owned)));
        }
        if let (Some(existing), Some(node)) = (self.spec.observed.get(&id), self.graph.get_mut(&id)) {
            node.existing = Some(Existing { physical_id: Some(existing.to_string()) });
        }
        Ok(handle)
    }

    /// Lets a node be only read.
    pub(super) fn only_read(&mut self, id: &NodeId, physical_id: Option<String>) {
        if let Some(node) = self.graph.get_mut(id)
            && node.existing.is_none()
        {
            node.existing = Some(Existing { physical_id });
        }
    }

    fn tags(&self, id: &NodeId, name: &str) -> Tags {
        let key = TenantKey::platform(self.spec.environment.clone());
        let mut tags = Ownership(key.node(id.clone())).tags();
        tags.insert("CostCenter".into(), self.spec.cost_center.to_string());
        tags.insert("Name".into(), name.to_owned());
        tags
    }

    /// The outputs that follow from the spec alone.
    pub(super) fn facts(&self) -> BTreeMap<String, Input<String>> {
        let spec = self.spec;
        [
            ("environment", spec.environment.to_string()),
            ("region", self.identity.region.clone()),
            ("account_id", self.identity.account_id.clone()),
            ("domain", spec.domain.to_string()),
            ("cost_center", spec.cost_center.to_string()),
            ("enable_deletion_protection", spec.deletion_protection.to_string()),
            ("enable_flow_logs", spec.flow_logs.to_string()),
            ("enable_audit_logging", spec.audit_logging.to_string()),
        ]
        .into_iter()
        .chain(spec.secret_recovery_days.map(|days| ("secret_recovery_days", days.get().to_string())))
        .map(|(name, value)| (name.to_owned(), Input::Literal(value)))
        .collect()
    }

    pub(super) fn finish(self, outputs: BTreeMap<String, Input<String>>) -> Result<Design, SpecErrors> {
        let known: Vec<&str> = self.graph.nodes().map(|node: &Node| node.id.as_str()).collect();
        let unknown = self.spec.observed.keys().filter(|id| self.graph.get(id).is_none());
        let errors: Vec<SpecError> = unknown
            .map(|id| SpecError::unknown(format!("observe.{id}"), "node of the platform", id.as_str(), known.clone()))
            .collect();
        match SpecErrors::from_list(errors) {
            Some(errors) => Err(errors),
            None => Ok(Design { graph: self.graph, outputs, notes: self.notes }),
        }
    }
}

fn limited(name: String, max: usize) -> String {
    if name.len() <= max { name } else { names::hashed(&name, &name, "", max) }
}
