//! The context of every part of the blueprint: the tenant, the base, names, tags and the graph under construction.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Design;
use crate::model::Kind;
use crate::model::ids::{Address, NodeId, TenantKey};
use crate::model::names;
use crate::model::{Former, Graph, GraphError, Input, NodeHandle, Tags};
use crate::model::{Ownership, Reach};
use crate::spec::{Base, ResolvedTenant};

#[derive(Debug)]
pub(super) struct Context<'a> {
    pub(super) tenant: &'a ResolvedTenant,
    pub(super) base: &'a Base,
    graph: Graph,
    notes: Vec<String>,
}

impl<'a> Context<'a> {
    pub(super) fn new(tenant: &'a ResolvedTenant, base: &'a Base) -> Self {
        let mut notes = Vec::new();
        if tenant.compliance.flow_logs && !base.enable_flow_logs {
            notes.push(
                "enable_flow_logs: flow logs belong to the VPC, which the base owns; have them turned on there"
                    .to_owned(),
            );
        }
        if tenant.compliance.audit_logging && !base.enable_audit_logging {
            notes.push(
                "enable_audit_logging: the audit trail belongs to the account, which the base owns; have it turned on there"
                    .to_owned(),
            );
        }
        Self { tenant, base, graph: Graph::new(), notes }
    }

    pub(super) fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    /// `mate-{tenant}-{env}-{part}` within the kind's limit.
    pub(super) fn name<K: Kind>(&self, part: &str) -> String {
        let key = TenantKey::new(self.base.environment.clone(), self.tenant.id.clone());
        names::physical(&key, part, K::model().name_rule.max)
    }

    /// Adds a node whose physical name follows from its part.
    pub(super) fn add<K: Kind>(
        &mut self,
        id: &str,
        part: &str,
        inputs: &K::Inputs,
    ) -> Result<NodeHandle<K>, GraphError> {
        let name = self.name::<K>(part);
        let Some(place) = K::REACH.place(&self.base.account_id, &self.base.region) else {
            return self.add_named(id, name, inputs);
        };
        let handle = self.add_named(id, self.name::<K>(&format!("{part}-{place}")), inputs)?;
        self.former(handle.id(), |former| former.name = Some(name));
        Ok(handle)
    }

    /// Adds a node with a name of its own form.
    pub(super) fn add_named<K: Kind>(
        &mut self,
        id: &str,
        name: String,
        inputs: &K::Inputs,
    ) -> Result<NodeHandle<K>, GraphError> {
        let id = NodeId::new(id).map_err(|error| GraphError::NodeId(error.to_string()))?;
        let mut tags = self.tags(&id, &name);
        let says_its_place = K::REACH != Reach::Region && K::model().taggable;
        if says_its_place {
            tags.insert("Account".into(), self.base.account_id.clone());
            tags.insert("Region".into(), self.base.region.clone());
        }
        let handle: NodeHandle<K> = self.graph.add(id, name, inputs, tags)?;
        if says_its_place {
            self.former(handle.id(), |former| former.without_tags.extend(Ownership::PLACE.map(str::to_owned)));
        }
        Ok(handle)
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

    fn tags(&self, id: &NodeId, name: &str) -> Tags {
        let address =
            Address { tenant: self.tenant.id.clone(), environment: self.base.environment.clone(), node: id.clone() };
        let mut tags = Ownership(address).tags();
        let cost_center = self.tenant.cost_center.as_ref().unwrap_or(&self.base.cost_center);
        tags.insert("CostCenter".into(), cost_center.clone());
        if let Some(department) = &self.tenant.department {
            tags.insert("Department".into(), department.clone());
        }
        tags.insert("Tier".into(), self.tenant.tier.clone());
        tags.insert("Name".into(), name.to_owned());
        tags
    }

    pub(super) fn host_name(&self) -> String {
        format!("{}.{}", self.tenant.subdomain, self.base.domain)
    }

    pub(super) fn arn(&self, service: &str, resource: &str) -> String {
        let partition = self.base.kms_key_arn.split(':').nth(1).unwrap_or("aws");
        format!("arn:{partition}:{service}:{}:{}:{resource}", self.base.region, self.base.account_id)
    }

    pub(super) fn deletion_protection(&self) -> bool {
        self.tenant.deletion_protection.unwrap_or(self.base.enable_deletion_protection)
    }

    /// Days in which deleted secrets can be brought back: as the base says, 30 where it does not.
    pub(super) fn secret_recovery_days(&self) -> u8 {
        self.base.secret_recovery_days.unwrap_or(30)
    }

    pub(super) fn private_subnets(&self) -> Vec<Input<String>> {
        self.base.private_subnet_ids.iter().cloned().map(Input::Literal).collect()
    }

    /// The database subnets, or the private ones where the base has none.
    pub(super) fn database_subnets(&self) -> Vec<Input<String>> {
        if self.base.database_subnet_ids.is_empty() {
            return self.private_subnets();
        }
        self.base.database_subnet_ids.iter().cloned().map(Input::Literal).collect()
    }

    pub(super) fn public_subnets(&self) -> Vec<Input<String>> {
        self.base.public_subnet_ids.iter().cloned().map(Input::Literal).collect()
    }

    pub(super) fn kms_key(&self) -> Input<String> {
        Input::Literal(self.base.kms_key_arn.clone())
    }

    pub(super) fn finish(self, outputs: BTreeMap<String, Input<String>>) -> Design {
        Design { graph: self.graph, outputs, notes: self.notes }
    }
}
