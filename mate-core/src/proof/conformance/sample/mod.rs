//! A small graph with every kind in it, over any base.

mod platform;
mod tenant;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::kinds::policy::PolicyDocument;
use crate::kinds::role::RoleInputs;
use crate::kinds::secret::{Generate, SecretInputs};
use crate::kinds::security_group::{Rule, SecurityGroupInputs};
use crate::kinds::{Role, Secret, SecurityGroup};
use crate::model::Kind;
use crate::model::Ownership;
use crate::model::ids::{NodeId, TenantId, TenantKey};
use crate::model::{Graph, Input, Kinds, Node, NodeHandle, SampleBase, Tags};
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
    NodeId::new(text).expect("the node ids of the sample are valid")
}

/// Updates of the sample that every provider can make, to be given to [`super::Setup::updates`].
#[must_use]
pub fn sample_updates() -> Vec<(NodeId, (String, Value))> {
    sample_updates_of(&Kinds::standard())
}

/// The same as [`sample_updates`], with an embedder's own kinds among `kinds`.
#[must_use]
pub fn sample_updates_of(kinds: &Kinds) -> Vec<(NodeId, (String, Value))> {
    let samples = kinds.iter().filter_map(|model| model.sample);
    let of_kinds = samples.filter_map(|sample| sample.update.map(|(field, value)| (sample.node, field, value())));
    [
        ("db", "instance_class", json!("db.t4g.small")),
        ("cache", "snapshot_retention_days", json!(3)),
        ("logs", "retention_days", json!(30)),
        ("target-group", "deregistration_delay_seconds", json!(60)),
        ("load-balancer", "idle_timeout_seconds", json!(120)),
        ("task-definition", "cpu", json!(512)),
        ("service", "desired_count", json!(3)),
        ("bucket", "versioning", json!(false)),
        ("db-secret", "description", json!("other words")),
        ("app-secret", "generation", json!(1)),
        ("scaling-policy", "target_value", json!(60.0)),
        ("scalable-target", "max_capacity", json!(5)),
        ("rule", "path_patterns", json!(["/api/*", "/v2/*"])),
        ("vpc", "enable_dns_hostnames", json!(true)),
        ("public-subnet", "map_public_ip_on_launch", json!(false)),
        ("private-routes", "subnet_ids", json!([])),
        ("ecr-endpoint", "private_dns_enabled", json!(true)),
        ("zone", "comment", json!("other words")),
        ("user-pool", "password_minimum_length", json!(14)),
        ("cluster", "container_insights", json!(true)),
        ("key", "description", json!("other words")),
        ("repository", "keep_last_images", json!(20)),
        ("firewall", "rate_limit", json!(3000)),
        ("trail", "log_file_validation", json!(true)),
    ]
    .into_iter()
    .chain(of_kinds)
    .map(|(node, field, value)| (id(node), (field.to_owned(), value)))
    .collect()
}

struct Builder<'a> {
    graph: Graph,
    base: &'a Base,
    tenant: TenantKey,
}

impl Builder<'_> {
    fn add<K: Kind>(&mut self, node: &str, name: &str, inputs: &K::Inputs) -> NodeHandle<K> {
        let mut tags = Tags::from([("CostCenter".to_owned(), self.base.cost_center.clone())]);
        tags.extend(Ownership(self.tenant.node(id(node))).tags());
        self.graph.add::<K>(id(node), name, inputs, tags).expect("the node ids of the sample are different")
    }

    /// The nodes that kinds themselves give.
    fn samples(&mut self, kinds: &Kinds) {
        let base = self.base;
        let ids = [&base.region, &base.account_id, &base.domain, &base.kms_key_arn, &base.vpc_id].map(String::as_str);
        let prefix = format!("mate-{}-{}", self.tenant.tenant, self.tenant.environment);
        let sample_base = SampleBase::new(prefix, ids, base.private_subnet_ids.clone());
        for (model, sample) in kinds.iter().filter_map(|model| Some((model, model.sample?))) {
            let mut tags = Tags::from([("CostCenter".to_owned(), base.cost_center.clone())]);
            tags.extend(Ownership(self.tenant.node(id(sample.node))).tags());
            let (name, inputs) = ((sample.name)(&sample_base), (sample.inputs)(&sample_base));
            let (id, kind) = (id(sample.node), model.name.clone());
            let node = Node { id, kind, name, inputs, tags, existing: None };
            self.graph.insert(node).expect("the node ids of the samples are different");
        }
    }

    fn name(&self, part: &str) -> String {
        format!("mate-{}-{}-{part}", self.tenant.tenant, self.tenant.environment)
    }

    fn part<K: Kind>(&mut self, node: &str, part: &str, inputs: &K::Inputs) -> NodeHandle<K> {
        let name = self.name(part);
        self.add(node, &name, inputs)
    }

    fn group(&mut self, node: &str, ingress: Vec<Rule>) -> NodeHandle<SecurityGroup> {
        let inputs = SecurityGroupInputs {
            description: format!("{node} of the conformance suite"),
            vpc_id: self.base.vpc_id.clone().into(),
            ingress,
            egress: vec![Rule::all_out()],
        };
        self.part(node, node, &inputs)
    }

    fn role(&mut self, node: &str, policy: Option<PolicyDocument>) -> NodeHandle<Role> {
        let inputs = RoleInputs {
            description: "conformance suite".into(),
            assume_role_policy: PolicyDocument::trust("ecs-tasks.amazonaws.com"),
            policy,
            managed_policy_arns: Vec::new(),
        };
        self.part(node, node, &inputs)
    }

    fn secret(&mut self, node: &str, generate: Generate) -> NodeHandle<Secret> {
        let kms_key_id = Some(self.base.kms_key_arn.clone().into());
        let inputs = SecretInputs {
            description: "conformance suite".into(),
            kms_key_id,
            generate,
            recovery_window_days: 0,
            generation: 0,
        };
        let name = format!("mate/{}/{}/{node}", self.tenant.tenant, self.tenant.environment);
        self.add(node, &name, &inputs)
    }

    fn private_subnets(&self) -> Vec<Input<String>> {
        self.base.private_subnet_ids.iter().cloned().map(Input::Literal).collect()
    }

    fn key(&self) -> Input<String> {
        self.base.kms_key_arn.clone().into()
    }
}

/// A graph of every kind: what a tenant is made of over this base, and beside it what a platform is made of, a network
/// with all that belongs to it among it. Without a web ACL and a user pool in the base two kinds fewer.
///
/// # Panics
/// Never for a valid base.
#[must_use]
pub fn sample_graph(base: &Base, tenant: &TenantId) -> Graph {
    sample_graph_of(&Kinds::standard(), base, tenant)
}

/// The same as [`sample_graph`], with an embedder's own kinds among `kinds`: a node for each that has a
/// [sample](crate::model::KindModel::sample).
///
/// # Panics
/// When a sample has the node of another one, or an id that is none.
#[must_use]
pub fn sample_graph_of(kinds: &Kinds, base: &Base, tenant: &TenantId) -> Graph {
    let tenant = TenantKey::new(base.environment.clone(), tenant.clone());
    let mut b = Builder { graph: Graph::new(), base, tenant };
    let logs = platform::add(&mut b);
    tenant::add(&mut b, &logs);
    b.samples(kinds);
    b.graph
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
