//! A small graph with every kind in it, over any base: the samples of the kinds.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::ids::{NodeId, TenantId, TenantKey};
use crate::model::{Graph, Kinds, Node, Ownership, SampleBase, Tags};
use crate::spec::Base;

/// A base as SimCloud takes it: its ids need not exist anywhere.
///
/// # Panics
/// Never: the environment is valid.
#[must_use]
pub fn sample_base() -> Base {
    const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555";
    Base {
        environment: "dev".parse().expect("a valid environment"),
        region: "us-east-1".into(),
        secret_recovery_days: Some(0),
        account_id: "123456789012".into(),
        domain: "mate.sociant.ai".into(),
        vpc_id: "vpc-0a1b2c3d4e5f60718".into(),
        public_subnet_ids: vec!["subnet-0aaaaaaaaaaaaaaa1".into(), "subnet-0aaaaaaaaaaaaaaa2".into()],
        private_subnet_ids: vec!["subnet-0bbbbbbbbbbbbbbb1".into(), "subnet-0bbbbbbbbbbbbbbb2".into()],
        database_subnet_ids: Vec::new(),
        cluster: "mate-dev".into(),
        certificate_arn: "arn:aws:acm:us-east-1:123456789012:certificate/66666666-7777-8888-9999-000000000000".into(),
        hosted_zone_id: "Z0123456789ABCDEFGHIJ".into(),
        shared_file_system_id: "fs-0cccccccccccccccc".into(),
        kms_key_arn: KEY.into(),
        web_acl_arn: Some("arn:aws:wafv2:us-east-1:123456789012:regional/webacl/mate-dev/0123".into()),
        access_log_bucket: None,
        repositories: BTreeMap::from([(
            "django".to_owned(),
            "123456789012.dkr.ecr.us-east-1.amazonaws.com/mate-django-dev".to_owned(),
        )]),
        user_pool_id: Some("us-east-1_abcdefghi".into()),
        cost_center: "engineering".into(),
        enable_flow_logs: false,
        enable_audit_logging: false,
        enable_deletion_protection: false,
    }
}

/// The tenant of the sample.
///
/// # Panics
/// Never: the id is valid.
#[must_use]
pub fn sample_tenant(base: &Base) -> TenantKey {
    TenantKey::new(base.environment.clone(), TenantId::new("conform").expect("a valid tenant id"))
}

fn id(text: &str) -> NodeId {
    NodeId::new(text).expect("the node ids of the samples are valid")
}

/// Updates of the sample that every provider can make, to be given to [`super::Setup::updates`].
#[must_use]
pub fn sample_updates() -> Vec<(NodeId, (String, Value))> {
    sample_updates_of(&Kinds::standard())
}

/// The same as [`sample_updates`], with an embedder's own kinds among `kinds`.
#[must_use]
pub fn sample_updates_of(kinds: &Kinds) -> Vec<(NodeId, (String, Value))> {
    let samples = kinds.iter().flat_map(|model| model.samples);
    let updates = samples.filter_map(|sample| Some((id(sample.node), sample.update?)));
    updates.map(|(node, (field, value))| (node, (field.to_owned(), value()))).collect()
}

/// A graph of every kind: the parts of a tenant over this base, and beside them those of a platform, a network with all that
/// belongs to it among them. Without a web ACL and a user pool in the base two kinds fewer.
///
/// # Panics
/// Never for a valid base.
#[must_use]
pub fn sample_graph(base: &Base, tenant: &TenantId) -> Graph {
    sample_graph_of(&Kinds::standard(), base, tenant)
}

/// The same as [`sample_graph`], with an embedder's own kinds among `kinds`: the nodes of their
/// [samples](crate::model::KindModel::samples).
///
/// # Panics
/// When two samples have one node, or the id of one is no node id.
#[must_use]
pub fn sample_graph_of(kinds: &Kinds, base: &Base, tenant: &TenantId) -> Graph {
    let key = TenantKey::new(base.environment.clone(), tenant.clone());
    let sample_base = over(base, &key);
    let mut graph = Graph::new();
    for model in kinds.iter() {
        for sample in model.samples.iter().filter(|sample| (sample.exists)(&sample_base)) {
            let mut tags = Tags::from([("CostCenter".to_owned(), base.cost_center.clone())]);
            tags.extend(Ownership(key.node(id(sample.node))).tags());
            let (name, inputs) = ((sample.name)(&sample_base), (sample.inputs)(&sample_base));
            let (id, kind) = (id(sample.node), model.name.clone());
            let node = Node { id, kind, name, inputs: inputs.into(), tags, existing: None, former: Default::default() };
            graph.insert(node).expect("the node ids of the samples are different");
        }
    }
    graph
}

fn over(base: &Base, key: &TenantKey) -> SampleBase {
    SampleBase {
        tenant: key.tenant.to_string(),
        environment: key.environment.to_string(),
        region: base.region.clone(),
        account: base.account_id.clone(),
        domain: base.domain.clone(),
        kms_key_arn: base.kms_key_arn.clone(),
        vpc_id: base.vpc_id.clone(),
        public_subnet_ids: base.public_subnet_ids.clone(),
        private_subnet_ids: base.private_subnet_ids.clone(),
        cluster: base.cluster.clone(),
        certificate_arn: base.certificate_arn.clone(),
        hosted_zone_id: base.hosted_zone_id.clone(),
        web_acl_arn: base.web_acl_arn.clone(),
        user_pool_id: base.user_pool_id.clone(),
        image: format!("{}:1", base.repositories.values().next().map_or("nginx", String::as_str)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_sample_has_every_kind() {
        let base = sample_base();
        let graph = sample_graph(&base, &sample_tenant(&base).tenant);
        graph.order().unwrap();
        let used: BTreeSet<_> = graph.nodes().map(|node| node.kind.clone()).collect();
        let all: BTreeSet<_> = Kinds::standard().iter().map(|model| model.name.clone()).collect();
        assert_eq!(used, all);
    }

    #[test]
    fn the_updates_are_of_nodes_and_fields_that_exist_and_change_them() {
        let base = sample_base();
        let graph = sample_graph(&base, &sample_tenant(&base).tenant);
        for (node, (field, value)) in sample_updates() {
            let old = &graph.get(&node).unwrap().inputs[&field];
            assert!(!old.is_null() && *old != value, "{node} {field}: {old} to {value}");
        }
    }
}
