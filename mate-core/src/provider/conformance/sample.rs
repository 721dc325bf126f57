//! A small graph with every kind in it, over any base.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::graph::{Graph, Input, NodeHandle, Tags};
use crate::ids::{NodeId, TenantId, TenantKey};
use crate::kinds::access_point::AccessPointInputs;
use crate::kinds::cache_subnet_group::CacheSubnetGroupInputs;
use crate::kinds::db_instance::DbInstanceInputs;
use crate::kinds::db_parameter_group::DbParameterGroupInputs;
use crate::kinds::db_subnet_group::DbSubnetGroupInputs;
use crate::kinds::file_system::{FileSystemInputs, FileSystemThroughput};
use crate::kinds::hosted_record::RecordSetInputs;
use crate::kinds::identity_provider::IdentityProviderInputs;
use crate::kinds::listener::{ListenerAction, ListenerInputs};
use crate::kinds::listener_rule::ListenerRuleInputs;
use crate::kinds::load_balancer::LoadBalancerInputs;
use crate::kinds::log_group::LogGroupInputs;
use crate::kinds::mount_target::MountTargetInputs;
use crate::kinds::policy::{PolicyDocument, Statement};
use crate::kinds::replication_group::ReplicationGroupInputs;
use crate::kinds::role::RoleInputs;
use crate::kinds::s3_bucket::{BucketInputs, LifecycleRule, Transition};
use crate::kinds::scalable_target::ScalableTargetInputs;
use crate::kinds::scaling_policy::{ScalingMetric, ScalingPolicyInputs};
use crate::kinds::secret::{Generate, SecretInputs};
use crate::kinds::security_group::{Peer, Rule, SecurityGroupInputs};
use crate::kinds::service::{CapacityProvider, CountRange, ServiceInputs, ServiceLoadBalancer};
use crate::kinds::target_group::{TargetGroupInputs, TargetHealthCheck};
use crate::kinds::task_definition::{Container, ContainerLogs, EfsVolume, Mount, TaskDefinitionInputs};
use crate::kinds::web_acl_association::WebAclAssociationInputs;
use crate::kinds::{
    AccessPoint, Bucket, CacheSubnetGroup, DbInstance, DbParameterGroup, DbSubnetGroup, FileSystem, IdentityProvider,
    Kind, Listener, ListenerRule, LoadBalancer, LogGroup, MountTarget, RecordSet, ReplicationGroup, Role,
    ScalableTarget, ScalingPolicy, Secret, SecurityGroup, Service, TargetGroup, TaskDefinition, WebAclAssociation,
};
use crate::provider::Ownership;
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
        ("scaling-policy", "target_value", json!(60.0)),
        ("scalable-target", "max_capacity", json!(5)),
        ("rule", "path_patterns", json!(["/api/*", "/v2/*"])),
    ]
    .into_iter()
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
        let inputs =
            SecretInputs { description: "conformance suite".into(), kms_key_id, generate, recovery_window_days: 0 };
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

struct Edge {
    load_balancer: NodeHandle<LoadBalancer>,
    target_group: NodeHandle<TargetGroup>,
    rule: NodeHandle<ListenerRule>,
}

/// A graph of every kind: 24 with a web ACL and a user pool in the base, without them two fewer.
///
/// # Panics
/// Never for a valid base.
#[must_use]
pub fn sample_graph(base: &Base, tenant: &TenantId) -> Graph {
    let tenant = TenantKey::new(base.environment.clone(), tenant.clone());
    let mut b = Builder { graph: Graph::new(), base, tenant };
    let anywhere = |port| Rule::tcp(port, Peer::Cidr("0.0.0.0/0".into()), "from anywhere");
    let alb_group = b.group("alb-group", vec![anywhere(80), anywhere(443)]);
    let from = |group: &NodeHandle<SecurityGroup>, port| {
        Rule::tcp(port, Peer::SecurityGroup(group.out(SecurityGroup::ID)), "from inside")
    };
    let ecs_group = b.group("ecs-group", vec![from(&alb_group, 8000)]);
    let data_group = b.group("data-group", [5432, 6379, 2049].map(|port| from(&ecs_group, port)).to_vec());
    let data_groups = vec![data_group.out(SecurityGroup::ID)];

    databases(&mut b, &data_groups);
    let (file_system, access_point, mount_targets) = storage(&mut b, &data_groups);
    let edge = edge(&mut b, &alb_group);
    compute(&mut b, &ecs_group, (&file_system, &access_point), mount_targets, &edge);
    b.graph
}

fn databases(b: &mut Builder<'_>, groups: &[Input<String>]) {
    let db_secret = b.secret("db-secret", Generate::Credentials { username: "mate".into(), length: 32 });
    let subnet_ids = b.private_subnets();
    let subnets = DbSubnetGroupInputs { description: "conformance suite".into(), subnet_ids: subnet_ids.clone() };
    let db_subnets = b.part::<DbSubnetGroup>("db-subnets", "db", &subnets);
    let parameters = DbParameterGroupInputs {
        family: "postgres16".into(),
        description: "conformance suite".into(),
        parameters: BTreeMap::from([("rds.force_ssl".to_owned(), "1".to_owned())]),
    };
    let db_parameters = b.part::<DbParameterGroup>("db-parameters", "db", &parameters);
    let db = DbInstanceInputs {
        engine: "postgres".into(),
        engine_version: "16".into(),
        instance_class: "db.t4g.micro".into(),
        allocated_storage_gib: 20,
        max_allocated_storage_gib: 100,
        storage_type: "gp3".into(),
        kms_key_id: b.key(),
        multi_az: false,
        backup_retention_days: 7,
        db_name: "mate".into(),
        master_username: "mate".into(),
        master_user_secret_arn: db_secret.out(Secret::ARN),
        port: 5432,
        db_subnet_group_name: db_subnets.out(DbSubnetGroup::NAME),
        db_parameter_group_name: db_parameters.out(DbParameterGroup::NAME),
        security_group_ids: groups.to_vec(),
        deletion_protection: true,
        performance_insights: false,
        log_exports: vec!["postgresql".into()],
    };
    b.part::<DbInstance>("db", "db", &db);

    let token = b.secret("cache-secret", Generate::Token { length: 64 });
    let subnets = CacheSubnetGroupInputs { description: "conformance suite".into(), subnet_ids };
    let cache_subnets = b.part::<CacheSubnetGroup>("cache-subnets", "redis", &subnets);
    let cache = ReplicationGroupInputs {
        description: "conformance suite".into(),
        engine_version: "7.1".into(),
        node_type: "cache.t4g.micro".into(),
        num_cache_clusters: 1,
        automatic_failover: false,
        multi_az: false,
        auth_token_secret_arn: token.out(Secret::ARN),
        kms_key_id: b.key(),
        snapshot_retention_days: 0,
        cache_subnet_group_name: cache_subnets.out(CacheSubnetGroup::NAME),
        security_group_ids: groups.to_vec(),
        port: 6379,
    };
    b.part::<ReplicationGroup>("cache", "redis", &cache);
}

type Storage = (NodeHandle<FileSystem>, NodeHandle<AccessPoint>, Vec<Input<String>>);

fn storage(b: &mut Builder<'_>, groups: &[Input<String>]) -> Storage {
    let bucket = BucketInputs {
        kms_key_arn: Some(b.key()),
        versioning: true,
        tls_only: true,
        lifecycle: vec![LifecycleRule {
            id: "cold".into(),
            prefix: String::new(),
            transitions: vec![Transition { days: 30, storage_class: "STANDARD_IA".into() }],
            expiration_days: None,
            noncurrent_expiration_days: Some(90),
            abort_incomplete_upload_days: Some(7),
        }],
        policy: Vec::new(),
    };
    b.part::<Bucket>("bucket", "data", &bucket);
    let inputs = FileSystemInputs {
        kms_key_id: b.key(),
        throughput: FileSystemThroughput::Bursting,
        transition_to_ia: Some("AFTER_30_DAYS".into()),
        policy: None,
    };
    let file_system = b.part::<FileSystem>("file-system", "efs", &inputs);
    let mut mount_targets = Vec::new();
    for (index, subnet_id) in b.private_subnets().into_iter().enumerate() {
        let file_system_id = file_system.out(FileSystem::ID);
        let inputs = MountTargetInputs { file_system_id, subnet_id, security_group_ids: groups.to_vec() };
        let node = format!("mount-target-{}", index + 1);
        mount_targets.push(b.part::<MountTarget>(&node, &node, &inputs).out(MountTarget::FILE_SYSTEM_ID));
    }
    let inputs = AccessPointInputs {
        file_system_id: file_system.out(FileSystem::ID),
        posix_uid: 1000,
        posix_gid: 1000,
        root_directory: "/data".into(),
        permissions: "0750".into(),
    };
    let access_point = b.part::<AccessPoint>("access-point", "data", &inputs);
    (file_system, access_point, mount_targets)
}

fn edge(b: &mut Builder<'_>, group: &NodeHandle<SecurityGroup>) -> Edge {
    let inputs = LoadBalancerInputs {
        scheme: "internet-facing".into(),
        subnet_ids: b.base.public_subnet_ids.iter().cloned().map(Input::Literal).collect(),
        security_group_ids: vec![group.out(SecurityGroup::ID)],
        idle_timeout_seconds: 60,
        deletion_protection: true,
        drop_invalid_header_fields: true,
        access_logs: None,
    };
    let load_balancer = b.part::<LoadBalancer>("load-balancer", "alb", &inputs);
    let inputs = TargetGroupInputs {
        port: 8000,
        protocol: "HTTP".into(),
        vpc_id: b.base.vpc_id.clone().into(),
        health_check: TargetHealthCheck {
            path: "/admin/".into(),
            matcher: "200,301,302".into(),
            interval_seconds: 30,
            timeout_seconds: 5,
            healthy_threshold: 2,
            unhealthy_threshold: 2,
        },
        deregistration_delay_seconds: 30,
        stickiness_seconds: None,
    };
    let target_group = b.part::<TargetGroup>("target-group", "web", &inputs);
    let https = ListenerInputs {
        load_balancer_arn: load_balancer.out(LoadBalancer::ARN),
        port: 443,
        protocol: "HTTPS".into(),
        certificate_arn: Some(b.base.certificate_arn.clone().into()),
        ssl_policy: Some("ELBSecurityPolicy-TLS13-1-2-2021-06".into()),
        default_action: ListenerAction::FixedResponse {
            status: 404,
            content_type: "text/plain".into(),
            body: "not here".into(),
        },
    };
    let listener = b.part::<Listener>("https", "https", &https);
    let http = ListenerInputs {
        port: 80,
        protocol: "HTTP".into(),
        certificate_arn: None,
        ssl_policy: None,
        default_action: ListenerAction::RedirectToHttps { port: 443 },
        ..https
    };
    b.part::<Listener>("http", "http", &http);
    let inputs = ListenerRuleInputs {
        listener_arn: listener.out(Listener::ARN),
        priority: 10,
        path_patterns: vec!["/api/*".into()],
        action: ListenerAction::Forward { target_group_arn: target_group.out(TargetGroup::ARN) },
    };
    let rule = b.part::<ListenerRule>("rule", "rule", &inputs);
    let record_name = format!("{}.{}", b.tenant.tenant, b.base.domain);
    let inputs = RecordSetInputs {
        hosted_zone_id: b.base.hosted_zone_id.clone().into(),
        record_name: record_name.clone(),
        alias_dns_name: load_balancer.out(LoadBalancer::DNS_NAME),
        alias_hosted_zone_id: load_balancer.out(LoadBalancer::CANONICAL_HOSTED_ZONE_ID),
        evaluate_target_health: true,
    };
    b.add::<RecordSet>("record", &record_name, &inputs);
    if let Some(web_acl_arn) = b.base.web_acl_arn.clone() {
        let resource_arn = load_balancer.out(LoadBalancer::ARN);
        let inputs = WebAclAssociationInputs { web_acl_arn: web_acl_arn.into(), resource_arn };
        b.part::<WebAclAssociation>("web-acl", "web-acl", &inputs);
    }
    if let Some(user_pool_id) = b.base.user_pool_id.clone() {
        let inputs = IdentityProviderInputs {
            user_pool_id: user_pool_id.into(),
            provider_type: "SAML".into(),
            metadata_url: "https://sso.example.org/metadata.xml".into(),
            attribute_mapping: BTreeMap::from([("email".to_owned(), "mail".to_owned())]),
        };
        let name = format!("{}-saml", b.tenant.tenant);
        b.add::<IdentityProvider>("identity-provider", &name, &inputs);
    }
    Edge { load_balancer, target_group, rule }
}

fn compute(
    b: &mut Builder<'_>,
    group: &NodeHandle<SecurityGroup>,
    (file_system, access_point): (&NodeHandle<FileSystem>, &NodeHandle<AccessPoint>),
    mount_targets: Vec<Input<String>>,
    edge: &Edge,
) {
    let log_name = format!("/ecs/{}", b.name("web"));
    let logs = b.add::<LogGroup>("logs", &log_name, &LogGroupInputs { retention_days: 90 });
    let app_secret = b.secret("app-secret", Generate::Token { length: 50 });
    let write_logs = Statement::allow("Logs", ["logs:PutLogEvents"], vec![logs.out(LogGroup::ARN).with_suffix(":*")]);
    let execution_role = b.role("execution-role", Some(PolicyDocument { statements: vec![write_logs] }));
    let task_role = b.role("task-role", None);
    let inputs = TaskDefinitionInputs {
        cpu: 256,
        memory_mib: 1024,
        execution_role_arn: execution_role.out(Role::ARN),
        task_role_arn: task_role.out(Role::ARN),
        containers: vec![Container {
            name: "web".into(),
            image: format!("{}:1", b.base.repositories.values().next().map_or("nginx", String::as_str)),
            essential: true,
            command: Vec::new(),
            port: Some(8000),
            environment: BTreeMap::from([("MODE".to_owned(), "conformance".into())]),
            secrets: BTreeMap::from([("APP_SECRET".to_owned(), app_secret.out(Secret::ARN))]),
            mounts: vec![Mount { volume: "data".into(), path: "/mnt/tenant-data".into(), read_only: false }],
            logs: ContainerLogs {
                group: logs.out(LogGroup::NAME),
                region: b.base.region.clone(),
                stream_prefix: "web".into(),
            },
            stop_timeout_seconds: 30,
        }],
        volumes: vec![EfsVolume {
            name: "data".into(),
            file_system_id: file_system.out(FileSystem::ID),
            access_point_id: Some(access_point.out(AccessPoint::ID)),
        }],
    };
    let definition = b.part::<TaskDefinition>("task-definition", "web", &inputs);
    let inputs = ServiceInputs {
        cluster: b.base.cluster.clone().into(),
        task_definition: definition.out(TaskDefinition::ARN),
        desired_count: 2,
        autoscaling: Some(CountRange { min: 1, max: 4 }),
        capacity_providers: vec![CapacityProvider { name: "FARGATE".into(), weight: 1, base: 1 }],
        subnet_ids: b.private_subnets(),
        security_group_ids: vec![group.out(SecurityGroup::ID)],
        load_balancers: vec![ServiceLoadBalancer {
            target_group_arn: edge.rule.out(ListenerRule::TARGET_GROUP_ARN),
            container_name: "web".into(),
            container_port: 8000,
        }],
        health_check_grace_seconds: Some(60),
        minimum_healthy_percent: 100,
        maximum_percent: 200,
        circuit_breaker: true,
        enable_execute_command: false,
        after: mount_targets,
    };
    let service = b.part::<Service>("service", "web", &inputs);
    let inputs = ScalableTargetInputs {
        resource_id: service.out(Service::RESOURCE_ID),
        min_capacity: 1,
        max_capacity: 4,
        suspended: false,
    };
    let scalable = b.part::<ScalableTarget>("scalable-target", "web", &inputs);
    let inputs = ScalingPolicyInputs {
        resource_id: scalable.out(ScalableTarget::RESOURCE_ID),
        metric: ScalingMetric::RequestsPerTarget {
            load_balancer: edge.load_balancer.out(LoadBalancer::FULL_NAME),
            target_group: edge.target_group.out(TargetGroup::FULL_NAME),
        },
        target_value: 1000.0,
        scale_in_cooldown_seconds: 300,
        scale_out_cooldown_seconds: 60,
    };
    b.part::<ScalingPolicy>("scaling-policy", "requests", &inputs);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::Kinds;
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
