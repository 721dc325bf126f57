//! The sample's part of every kind that a tenant is made of.

use std::collections::BTreeMap;

use super::Builder;
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
use crate::kinds::load_balancer::{AccessLogs, LoadBalancerInputs};
use crate::kinds::log_group::LogGroupInputs;
use crate::kinds::mount_target::MountTargetInputs;
use crate::kinds::policy::{Effect, PolicyDocument, Statement};
use crate::kinds::replication_group::ReplicationGroupInputs;
use crate::kinds::s3_bucket::{BucketInputs, LifecycleRule, Transition};
use crate::kinds::scalable_target::ScalableTargetInputs;
use crate::kinds::scaling_policy::{ScalingMetric, ScalingPolicyInputs};
use crate::kinds::secret::Generate;
use crate::kinds::security_group::{Peer, Rule};
use crate::kinds::service::{CapacityProvider, CountRange, DeploymentStrategy, ServiceInputs, ServiceLoadBalancer};
use crate::kinds::target_group::{TargetGroupInputs, TargetHealthCheck};
use crate::kinds::task::TaskInputs;
use crate::kinds::task_definition::{Container, ContainerLogs, EfsVolume, Mount, TaskDefinitionInputs};
use crate::kinds::web_acl_association::WebAclAssociationInputs;
use crate::kinds::{
    AccessPoint, Bucket, CacheSubnetGroup, DbInstance, DbParameterGroup, DbSubnetGroup, FileSystem, IdentityProvider,
    Listener, ListenerRule, LoadBalancer, LogGroup, MountTarget, RecordSet, ReplicationGroup, Role, ScalableTarget,
    ScalingPolicy, Secret, SecurityGroup, Service, TargetGroup, Task, TaskDefinition, WebAclAssociation,
};
use crate::model::{Input, NodeHandle};

struct Edge {
    load_balancer: NodeHandle<LoadBalancer>,
    target_group: NodeHandle<TargetGroup>,
    rule: NodeHandle<ListenerRule>,
}

pub(super) fn add(b: &mut Builder<'_>, logs: &NodeHandle<Bucket>) {
    let anywhere = |port| Rule::tcp(port, Peer::Cidr("0.0.0.0/0".into()), "from anywhere");
    let alb_group = b.group("alb-group", vec![anywhere(80), anywhere(443)]);
    let from = |group: &NodeHandle<SecurityGroup>, port| {
        Rule::tcp(port, Peer::SecurityGroup(group.out(SecurityGroup::ID)), "from inside")
    };
    let ecs_group = b.group("ecs-group", vec![from(&alb_group, 8000)]);
    let data_group = b.group("data-group", [5432, 6379, 2049].map(|port| from(&ecs_group, port)).to_vec());
    let data_groups = vec![data_group.out(SecurityGroup::ID)];

    databases(b, &data_groups);
    let (file_system, access_point, mount_targets) = storage(b, &data_groups);
    let edge = edge(b, &alb_group, logs);
    compute(b, &ecs_group, (&file_system, &access_point), mount_targets, &edge);
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
        stopped: false,
        master_user_secret_version: None,
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
        auth_token_secret_version: None,
        auth_token_only: true,
        snapshot_name: None,
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
        policy: Some(PolicyDocument { statements: vec![only_over_tls()] }),
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

fn edge(b: &mut Builder<'_>, group: &NodeHandle<SecurityGroup>, logs: &NodeHandle<Bucket>) -> Edge {
    let inputs = LoadBalancerInputs {
        scheme: "internet-facing".into(),
        subnet_ids: b.base.public_subnet_ids.iter().cloned().map(Input::Literal).collect(),
        security_group_ids: vec![group.out(SecurityGroup::ID)],
        idle_timeout_seconds: 60,
        deletion_protection: true,
        drop_invalid_header_fields: true,
        access_logs: Some(AccessLogs { bucket: logs.out(Bucket::NAME), prefix: b.tenant.tenant.to_string() }),
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
            alternate: None,
            target_group_arn: edge.rule.out(ListenerRule::TARGET_GROUP_ARN),
            container_name: "web".into(),
            container_port: 8000,
        }],
        health_check_grace_seconds: Some(60),
        minimum_healthy_percent: 100,
        maximum_percent: 200,
        circuit_breaker: true,
        deployment_strategy: DeploymentStrategy::Rolling,
        enable_execute_command: false,
        after: mount_targets.clone(),
        restart_on: Vec::new(),
    };
    let service = b.part::<Service>("service", "web", &inputs);
    let task = TaskInputs {
        cluster: b.base.cluster.clone().into(),
        task_definition: definition.out(TaskDefinition::ARN),
        container: "web".into(),
        command: vec!["python".into(), "manage.py".into(), "migrate".into()],
        subnet_ids: b.private_subnets(),
        security_group_ids: vec![group.out(SecurityGroup::ID)],
        run: "conformance".into(),
        after: mount_targets,
    };
    b.part::<Task>("task", "migrate", &task);
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

/// What a file system refuses: whatever does not come over TLS.
fn only_over_tls() -> Statement {
    let refused = Statement {
        effect: Effect::Deny,
        principals: vec!["*".into()],
        ..Statement::allow(
            "OnlyOverTls",
            ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
            Vec::new(),
        )
    };
    refused.when("Bool", "aws:SecureTransport", vec!["false".into()])
}
