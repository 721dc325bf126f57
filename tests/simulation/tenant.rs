//! The tenants: small, of the parts that matter, with a blueprint of their own.

use std::collections::BTreeMap;

use mate::blueprint::{Blueprint, Design};
use mate::kinds::db_instance::DbInstanceInputs;
use mate::kinds::db_subnet_group::DbSubnetGroupInputs;
use mate::kinds::elastic_ip::ElasticIpInputs;
use mate::kinds::key::KeyInputs;
use mate::kinds::log_group::LogGroupInputs;
use mate::kinds::policy::PolicyDocument;
use mate::kinds::role::RoleInputs;
use mate::kinds::s3_bucket::BucketInputs;
use mate::kinds::secret::{Generate, SecretInputs};
use mate::kinds::security_group::{Peer, Rule, SecurityGroupInputs};
use mate::kinds::service::{CapacityProvider, DeploymentStrategy, ServiceInputs};
use mate::kinds::task_definition::{Container, ContainerLogs, TaskDefinitionInputs};
use mate::kinds::{
    Bucket, DbInstance, DbSubnetGroup, ElasticIp, Key, LogGroup, Role, Secret, SecurityGroup, Service, TaskDefinition,
};
use mate::model::Kind;
use mate::model::Ownership;
use mate::model::ids::{NodeId, TenantId, TenantKey};
use mate::model::names;
use mate::model::{Graph, GraphError, Input, NodeHandle};
use mate::spec::{Base, Contacts, DisplayName, Email, ResolvedTenant, Subdomain, TagValue, TenantSpec, Tier};

/// The desired state of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Bit 0: storage, bit 1: a database, bit 2: services. The same for the whole life of a tenant.
    pub(crate) parts: u8,
    /// Each bit changes something.
    pub(crate) revision: u8,
    /// True if the tenant may not be destroyed.
    pub(crate) protected: bool,
}

impl Wanted {
    pub(crate) fn spec(self, id: &TenantId) -> TenantSpec {
        let name = DisplayName::new(id.as_str()).expect("a display name");
        let subdomain = Subdomain::new(id.as_str()).expect("a subdomain");
        let contacts = Contacts::same(Email::new("it@example.com").expect("an address"));
        // The department is the only text of a spec that is free: the blueprint reads it.
        let department = TagValue::new(format!("{}.{}", self.parts, self.revision)).expect("a tag value");
        let spec = TenantSpec::builder(name, subdomain, Tier::trial(), contacts).with_id(id.clone());
        spec.with_department(department).with_deletion_protection(self.protected).build().expect("a valid spec")
    }

    fn of(tenant: &ResolvedTenant) -> Self {
        let department = tenant.department.as_deref().unwrap_or_default();
        let (parts, revision) = department.split_once('.').expect("two figures");
        Self {
            parts: parts.parse().expect("a figure"),
            revision: revision.parse().expect("a figure"),
            protected: tenant.deletion_protection == Some(true),
        }
    }

    fn has(self, part: u8) -> bool {
        self.parts & (1 << part) != 0
    }

    fn bit(self, bit: u8) -> bool {
        self.revision & (1 << bit) != 0
    }
}

/// The blueprint of the tenants.
#[derive(Debug)]
pub(crate) struct Small;

struct Drawing<'a> {
    graph: Graph,
    key: TenantKey,
    base: &'a Base,
    tenant: &'a ResolvedTenant,
    wanted: Wanted,
}

impl Drawing<'_> {
    fn add<K: Kind>(&mut self, id: &str, inputs: &K::Inputs) -> Result<NodeHandle<K>, GraphError> {
        let node = NodeId::new(id).map_err(|error| GraphError::NodeId(error.to_string()))?;
        let mut tags = Ownership(self.key.node(node.clone())).tags();
        tags.extend(self.tenant.department.clone().map(|department| ("Department".to_owned(), department)));
        self.graph.add(node, names::physical(&self.key, id, K::model().name_rule.max), inputs, tags)
    }

    fn subnets(&self) -> Vec<Input<String>> {
        self.base.private_subnet_ids.iter().cloned().map(Input::Literal).collect()
    }

    fn group(&mut self, id: &str, description: &str, ingress: Rule) -> Result<NodeHandle<SecurityGroup>, GraphError> {
        let inputs = SecurityGroupInputs {
            description: description.to_owned(),
            vpc_id: self.base.vpc_id.clone().into(),
            ingress: vec![ingress],
            egress: vec![Rule::all_out()],
        };
        self.add(id, &inputs)
    }

    /// Adds the objects that AWS cannot deduplicate, and those that are encrypted with them.
    fn storage(&mut self) -> Result<(), GraphError> {
        let key = KeyInputs {
            description: "the tenant's own".into(),
            alias: format!("alias/{}", names::physical(&self.key, "key", 200)),
            enable_key_rotation: self.wanted.bit(0),
            policy: PolicyDocument { statements: Vec::new() },
            pending_window_days: 7,
        };
        let key = self.add::<Key>("key", &key)?;
        let bucket = BucketInputs {
            kms_key_arn: Some(key.out(Key::ARN)),
            versioning: self.wanted.bit(1),
            tls_only: true,
            lifecycle: Vec::new(),
            policy: Vec::new(),
        };
        self.add::<Bucket>("bucket", &bucket)?;
        self.add::<ElasticIp>("address", &ElasticIpInputs {})?;
        Ok(())
    }

    fn database(&mut self, groups: Vec<Input<String>>) -> Result<(), GraphError> {
        let secret = SecretInputs {
            description: "the master user".into(),
            kms_key_id: None,
            generate: Generate::Credentials { username: "mate".into(), length: 32 },
            recovery_window_days: 0,
            generation: 0,
        };
        let secret = self.add::<Secret>("db-secret", &secret)?;
        let subnets = DbSubnetGroupInputs { description: "private".into(), subnet_ids: self.subnets() };
        let subnets = self.add::<DbSubnetGroup>("db-subnets", &subnets)?;
        let db = DbInstanceInputs {
            engine: "postgres".into(),
            engine_version: "16".into(),
            instance_class: if self.wanted.bit(1) { "db.t4g.small" } else { "db.t4g.micro" }.into(),
            allocated_storage_gib: 20,
            max_allocated_storage_gib: 100,
            storage_type: "gp3".into(),
            kms_key_id: self.base.kms_key_arn.clone().into(),
            multi_az: false,
            backup_retention_days: if self.wanted.bit(0) { 14 } else { 7 },
            db_name: "mate".into(),
            master_username: "mate".into(),
            master_user_secret_arn: secret.out(Secret::ARN),
            port: 5432,
            db_subnet_group_name: subnets.out(DbSubnetGroup::NAME),
            db_parameter_group_name: "default.postgres16".into(),
            security_group_ids: groups,
            deletion_protection: self.wanted.protected,
            performance_insights: false,
            log_exports: Vec::new(),
            stopped: false,
            master_user_secret_version: None,
        };
        self.add::<DbInstance>("db", &db)?;
        Ok(())
    }

    fn service(
        &mut self,
        name: &str,
        role: &NodeHandle<Role>,
        group: &NodeHandle<SecurityGroup>,
    ) -> Result<(), GraphError> {
        let retention_days = if self.wanted.bit(0) { 90 } else { 30 };
        let logs = self.add::<LogGroup>(&format!("{name}-logs"), &LogGroupInputs { retention_days })?;
        let definition = TaskDefinitionInputs {
            cpu: if self.wanted.bit(1) { 512 } else { 256 },
            memory_mib: 1024,
            execution_role_arn: role.out(Role::ARN),
            task_role_arn: role.out(Role::ARN),
            containers: vec![Container {
                name: name.to_owned(),
                image: "nginx:1".into(),
                essential: true,
                command: Vec::new(),
                port: None,
                environment: BTreeMap::new(),
                secrets: BTreeMap::new(),
                mounts: Vec::new(),
                logs: ContainerLogs {
                    group: logs.out(LogGroup::NAME),
                    region: self.base.region.clone(),
                    stream_prefix: name.to_owned(),
                },
                stop_timeout_seconds: 30,
            }],
            volumes: Vec::new(),
        };
        let definition = self.add::<TaskDefinition>(&format!("{name}-definition"), &definition)?;
        let service = ServiceInputs {
            cluster: self.base.cluster.clone().into(),
            task_definition: definition.out(TaskDefinition::ARN),
            desired_count: if self.wanted.bit(0) { 2 } else { 1 },
            autoscaling: None,
            capacity_providers: vec![CapacityProvider { name: "FARGATE".into(), weight: 1, base: 1 }],
            subnet_ids: self.subnets(),
            security_group_ids: vec![group.out(SecurityGroup::ID)],
            load_balancers: Vec::new(),
            health_check_grace_seconds: None,
            minimum_healthy_percent: 100,
            maximum_percent: 200,
            circuit_breaker: true,
            deployment_strategy: DeploymentStrategy::Rolling,
            enable_execute_command: false,
            after: Vec::new(),
            restart_on: Vec::new(),
        };
        self.add::<Service>(name, &service)?;
        Ok(())
    }
}

impl Blueprint for Small {
    fn design(&self, tenant: &ResolvedTenant, base: &Base) -> Result<Design, GraphError> {
        let key = TenantKey::new(base.environment.clone(), tenant.id.clone());
        let wanted = Wanted::of(tenant);
        let mut drawing = Drawing { graph: Graph::new(), key, base, tenant, wanted };
        if wanted.has(0) {
            drawing.storage()?;
        }
        if wanted.has(1) || wanted.has(2) {
            // Other words are another group beside the old one, to which its users move.
            let words = if wanted.bit(3) { "the tasks" } else { "tasks" };
            let anywhere = Rule::tcp(8000, Peer::Cidr("10.0.0.0/8".into()), "from inside");
            let app = drawing.group("app-group", words, anywhere)?;
            if wanted.has(1) {
                let from_app = Rule::tcp(5432, Peer::SecurityGroup(app.out(SecurityGroup::ID)), "from the tasks");
                let data = drawing.group("data-group", "the database", from_app)?;
                drawing.database(vec![data.out(SecurityGroup::ID)])?;
            }
            if wanted.has(2) {
                let role = RoleInputs {
                    description: "the tasks".into(),
                    assume_role_policy: PolicyDocument::trust("ecs-tasks.amazonaws.com"),
                    policy: None,
                    managed_policy_arns: Vec::new(),
                };
                let role = drawing.add::<Role>("role", &role)?;
                drawing.service("web", &role, &app)?;
                if wanted.bit(2) {
                    drawing.service("worker", &role, &app)?;
                }
            }
        }
        Ok(Design { graph: drawing.graph, outputs: BTreeMap::new(), notes: Vec::new() })
    }
}
