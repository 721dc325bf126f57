//! The kinds of a platform in the simulated cloud: ids in AWS's forms, what holds what, what AWS refuses.

use serde_json::{Value, json};

use super::world::{World, id, keep, kind};
use crate::model::OutputRef;
use crate::model::Ownership;
use crate::model::ids::TenantKey;
use crate::proof::conformance::sample_base;
use crate::provider::{CreateRequest, DataPolicy, ErrorClass, Observation, Provider, QuotaId, QuotaReading, Status};
use crate::sim::{Fault, FaultRule, Faults, Method, SimCloud};
use crate::spec::Base;

fn out(node: &str, output: &str) -> Value {
    let (prefix, suffix) = (String::new(), String::new());
    serde_json::to_value(OutputRef { node: id(node), output: output.into(), prefix, suffix }).unwrap()
}

impl World {
    fn input(&mut self, node: &str, field: &str, value: Value) {
        self.graph.get_mut(&id(node)).unwrap().inputs[field] = value;
    }

    fn text(&self, node: &str, output: &str) -> String {
        self.outputs[&id(node)][output].as_str().unwrap().to_owned()
    }

    async fn everything(mut self) -> Self {
        for node in self.graph.order().unwrap() {
            self.make(node.as_str()).await;
        }
        self
    }

    async fn refused(&self, node: &str) -> (ErrorClass, String) {
        let error = self.create(node).await.unwrap_err();
        (error.class, error.code.unwrap())
    }

    async fn held(&self, node: &str) -> (ErrorClass, String) {
        let error = self.delete(node, DataPolicy::Discard).await.unwrap_err();
        (error.class, error.code.unwrap())
    }
}

/// The sample with its tenant over its platform.
async fn tenant_on_platform() -> World {
    let mut world = World::empty(SimCloud::builder());
    let private = json!([out("private-subnet-1", "subnet_id"), out("private-subnet-2", "subnet_id")]);
    for group in ["alb-group", "ecs-group", "data-group"] {
        world.input(group, "vpc_id", out("vpc", "vpc_id"));
    }
    world.input("target-group", "vpc_id", out("vpc", "vpc_id"));
    for node in ["db-subnets", "cache-subnets", "service"] {
        world.input(node, "subnet_ids", private.clone());
    }
    world.input("load-balancer", "subnet_ids", json!([out("public-subnet", "subnet_id"), private[1].clone()]));
    world.input("mount-target-1", "subnet_id", private[0].clone());
    world.input("mount-target-2", "subnet_id", private[1].clone());
    world.input("service", "cluster", out("cluster", "cluster_name"));
    world.input("https", "certificate_arn", out("certificate", "arn"));
    world.input("certificate", "hosted_zone_id", out("zone", "hosted_zone_id"));
    world.input("record", "hosted_zone_id", out("zone", "hosted_zone_id"));
    world.input("web-acl", "web_acl_arn", out("firewall", "arn"));
    world.input("identity-provider", "user_pool_id", out("user-pool", "user_pool_id"));
    world.input("db", "kms_key_id", out("key", "arn"));
    world.everything().await
}

#[tokio::test]
async fn the_outputs_of_a_platform_make_a_valid_base() {
    let world = World::built(SimCloud::builder(), &[]).await;
    let private: Vec<String> =
        ["private-subnet-1", "private-subnet-2"].map(|node| world.text(node, "subnet_id")).into();
    let base = Base {
        vpc_id: world.text("vpc", "vpc_id"),
        public_subnet_ids: ["public-subnet", "private-subnet-1"].map(|node| world.text(node, "subnet_id")).into(),
        private_subnet_ids: private.clone(),
        database_subnet_ids: private,
        cluster: world.text("cluster", "cluster_name"),
        certificate_arn: world.text("certificate", "arn"),
        hosted_zone_id: world.text("zone", "hosted_zone_id"),
        shared_file_system_id: world.text("file-system", "file_system_id"),
        kms_key_arn: world.text("key", "arn"),
        web_acl_arn: Some(world.text("firewall", "arn")),
        access_log_bucket: Some(world.text("log-bucket", "bucket")),
        repositories: [("app".to_owned(), world.text("repository", "repository_uri"))].into(),
        user_pool_id: Some(world.text("user-pool", "user_pool_id")),
        ..sample_base()
    };
    base.validate().unwrap();
}

#[tokio::test]
async fn ids_of_a_platform_have_the_forms_of_aws() {
    let world = World::built(SimCloud::builder(), &[]).await;
    for (node, output, prefix) in [
        ("vpc", "vpc_id", "vpc-"),
        ("public-subnet", "subnet_id", "subnet-"),
        ("internet-gateway", "internet_gateway_id", "igw-"),
        ("elastic-ip", "allocation_id", "eipalloc-"),
        ("nat-gateway", "nat_gateway_id", "nat-"),
        ("private-routes", "route_table_id", "rtb-"),
        ("s3-endpoint", "vpc_endpoint_id", "vpce-"),
        ("flow-log", "flow_log_id", "fl-"),
    ] {
        let text = world.text(node, output);
        let digits = text.strip_prefix(prefix).unwrap_or_else(|| panic!("{text} of {node}"));
        assert!(digits.len() == 17 && digits.bytes().all(|b| b.is_ascii_hexdigit()), "{text}");
        assert_eq!(world.live(node).await.physical_id, text);
    }
    let address = world.text("elastic-ip", "public_ip");
    assert!(address.starts_with("203.0.113.") || address.starts_with("198.51.100."), "{address}");
    let zone = world.text("zone", "hosted_zone_id");
    let upper = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    assert!(zone.len() == 21 && zone.starts_with('Z') && zone.bytes().all(upper), "{zone}");
    let servers = world.text("zone", "name_servers");
    let servers: Vec<&str> = servers.split(',').collect();
    assert!(servers.len() == 4 && servers.iter().all(|server| server.starts_with("ns-")), "{servers:?}");
    let account = "us-east-1:123456789012";
    for (node, begins) in [
        ("key", format!("arn:aws:kms:{account}:key/{}", world.text("key", "key_id"))),
        ("certificate", format!("arn:aws:acm:{account}:certificate/")),
        ("cluster", format!("arn:aws:ecs:{account}:cluster/mate-conform-dev-cluster")),
        ("firewall", format!("arn:aws:wafv2:{account}:regional/webacl/mate-conform-dev-firewall/")),
        ("trail", format!("arn:aws:cloudtrail:{account}:trail/mate-conform-dev-trail")),
    ] {
        let arn = world.text(node, "arn");
        assert!(arn.starts_with(&begins), "{arn}");
        assert_eq!(world.live(node).await.physical_id, arn);
    }
    assert_eq!(world.live("repository").await.physical_id, "mate-conform-dev-app");
    assert_eq!(world.live("user-pool-domain").await.physical_id, "mate-conform-dev-sign-in");
}

#[tokio::test]
async fn a_network_goes_only_in_the_order_of_aws() {
    let world = World::built(SimCloud::builder(), &[]).await;
    let violation = (ErrorClass::Dependency, "DependencyViolation".to_owned());
    for node in ["vpc", "public-subnet", "private-subnet-1", "internet-gateway", "endpoint-group"] {
        assert_eq!(world.held(node).await, violation, "{node}");
    }
    assert_eq!(world.held("elastic-ip").await, (ErrorClass::Dependency, "AuthFailure".to_owned()));
    world.delete("nat-gateway", keep()).await.unwrap();
    assert_eq!(world.held("elastic-ip").await.0, ErrorClass::Dependency, "the gateway is only on its way out");
    for node in ["nat-gateway", "elastic-ip", "internet-gateway", "s3-endpoint", "ecr-endpoint", "endpoint-group"] {
        world.gone(node, keep()).await;
    }
    for node in ["public-routes", "private-routes", "public-subnet", "private-subnet-1", "private-subnet-2"] {
        assert_eq!(world.held("vpc").await, violation);
        world.gone(node, keep()).await;
    }
    world.gone("vpc", keep()).await;
    world.wait(5).await;
    assert!(matches!(world.look("flow-log").await, Observation::Absent), "a flow log goes along with its VPC");
}

#[tokio::test]
async fn what_a_tenant_uses_of_its_platform_cannot_go() {
    let mut world = tenant_on_platform().await;
    world.set("user-pool", "deletion_protection", json!(false)).await.unwrap();
    world.ready("user-pool").await;
    for (node, code) in [
        ("zone", "HostedZoneNotEmpty"),
        ("certificate", "ResourceInUseException"),
        ("firewall", "WAFAssociatedItemException"),
        ("cluster", "ClusterContainsServicesException"),
        ("private-subnet-2", "DependencyViolation"),
        ("user-pool", "InvalidParameterException"),
    ] {
        assert_eq!(world.held(node).await, (ErrorClass::Dependency, code.to_owned()), "{node}");
    }
    for (user, used) in [
        ("record", "zone"),
        ("https", "certificate"),
        ("web-acl", "firewall"),
        ("service", "cluster"),
        ("user-pool-domain", "user-pool"),
    ] {
        world.gone(user, keep()).await;
        world.gone(used, keep()).await;
    }
    assert!(matches!(world.look("identity-provider").await, Observation::Absent), "it goes along with its pool");
}

#[tokio::test]
async fn each_user_of_a_subnet_holds_it() {
    let users = ["db-subnets", "cache-subnets", "load-balancer", "mount-target-1", "service"];
    for user in users {
        let mut world = World::empty(SimCloud::builder());
        for node in ["vpc", "private-subnet-1", "private-subnet-2"] {
            world.make(node).await;
        }
        let subnets = ["private-subnet-1", "private-subnet-2"].map(|node| world.text(node, "subnet_id"));
        let target = world.target(user);
        let mut inputs = target.inputs;
        match user {
            "mount-target-1" => inputs["subnet_id"] = json!(subnets[0]),
            _ => inputs["subnet_ids"] = json!(subnets),
        }
        world.cloud.plant(target.kind, target.name, target.tags, inputs.into());
        let held = (ErrorClass::Dependency, "DependencyViolation".to_owned());
        assert_eq!(world.held("private-subnet-1").await, held, "{user}");
    }
}

#[tokio::test]
async fn ranges_fit_into_each_other_and_do_not_meet() {
    let invalid = |code: &str| (ErrorClass::Invalid, code.to_owned());
    let mut world = World::empty(SimCloud::builder());
    for range in ["10.0.0.0/15", "10.0.0.0/29", "10.99.1.0/16"] {
        world.input("vpc", "cidr_block", json!(range));
        assert_eq!(world.refused("vpc").await, invalid("InvalidVpc.Range"), "{range}");
    }
    world.input("vpc", "cidr_block", json!("10.99.0.0/16"));
    world.make("vpc").await;
    world.make("private-subnet-1").await;
    for (range, code) in [
        ("10.98.0.0/24", "InvalidSubnet.Range"),
        ("10.0.0.0/8", "InvalidSubnet.Range"),
        ("10.99.0.0/16", "InvalidSubnet.Conflict"),
        ("10.99.10.128/28", "InvalidSubnet.Conflict"),
        ("somewhere", "InvalidParameterValue"),
    ] {
        world.input("private-subnet-2", "cidr_block", json!(range));
        assert_eq!(world.refused("private-subnet-2").await, invalid(code), "{range}");
    }
    world.input("private-subnet-2", "cidr_block", json!("10.99.12.0/24"));
    world.make("private-subnet-2").await;
    world.set("private-subnet-2", "map_public_ip_on_launch", json!(true)).await.unwrap();
}

#[tokio::test]
async fn a_nat_gateway_needs_a_way_out_of_its_network() {
    let mut world = World::empty(SimCloud::builder());
    for node in ["vpc", "public-subnet", "elastic-ip"] {
        world.make(node).await;
    }
    world.input("nat-gateway", "after", json!([]));
    assert_eq!(world.refused("nat-gateway").await, (ErrorClass::Dependency, "Gateway.NotAttached".to_owned()));
    world.make("internet-gateway").await;
    world.make("nat-gateway").await;
}

#[tokio::test]
async fn a_network_has_one_internet_gateway_and_one_flow_log_of_a_sort() {
    let mut world = World::built(SimCloud::builder(), &[]).await;
    for (node, code) in [("internet-gateway", "Resource.AlreadyAssociated"), ("flow-log", "FlowLogAlreadyExists")] {
        let mut second = world.graph.get(&id(node)).unwrap().clone();
        second.id = id(&format!("second-{node}"));
        second.tags = Ownership(world.tenant.node(second.id.clone())).tags();
        let name = second.id.to_string();
        world.graph.insert(second).unwrap();
        assert_eq!(world.refused(&name).await.1, code);
    }
}

#[tokio::test]
async fn figures_out_of_bounds_are_refused() {
    for (node, field, value, code) in [
        ("key", "pending_window_days", json!(6), "ValidationException"),
        ("key", "pending_window_days", json!(31), "ValidationException"),
        ("firewall", "rate_limit", json!(9), "WAFInvalidParameterException"),
        ("user-pool", "password_minimum_length", json!(5), "InvalidParameterException"),
    ] {
        let mut world = World::empty(SimCloud::builder());
        world.input(node, field, value);
        assert_eq!(world.refused(node).await, (ErrorClass::Invalid, code.to_owned()), "{node}");
    }
    let mut world = World::empty(SimCloud::builder());
    world.input("firewall", "rate_limit", Value::Null);
    world.make("firewall").await;
}

#[tokio::test]
async fn logs_are_written_only_into_a_bucket_that_lets_them() {
    let trail = (ErrorClass::Invalid, "InsufficientS3BucketPolicyException".to_owned());
    let balancer = (ErrorClass::Invalid, "InvalidConfigurationRequest".to_owned());
    let mut world = World::empty(SimCloud::builder());
    let policy = world.target("log-bucket").inputs["policy"].clone();
    world.input("log-bucket", "policy", json!([policy[1]]));
    world.make("log-bucket").await;
    world.make("alb-group").await;
    assert_eq!(world.refused("trail").await, trail);
    assert_eq!(world.refused("load-balancer").await, balancer);
    world.set("log-bucket", "policy", policy).await.unwrap();
    world.ready("log-bucket").await;
    world.make("trail").await;
    world.set("log-bucket", "kms_key_arn", json!(sample_base().kms_key_arn)).await.unwrap();
    world.ready("log-bucket").await;
    assert_eq!(world.refused("load-balancer").await, balancer);
    world.set("log-bucket", "kms_key_arn", Value::Null).await.unwrap();
    world.make("load-balancer").await;
    world.gone("log-bucket", keep()).await;
    assert_eq!(world.create("trail").await.unwrap().physical_id, world.text("trail", "arn"), "it holds no bucket");
}

#[tokio::test]
async fn a_deleted_key_is_gone_at_once_with_its_alias_free() {
    let mut world = World::empty(SimCloud::builder());
    let first = world.make("key").await;
    world.make("repository").await;
    world.delete("key", keep()).await.unwrap();
    assert!(matches!(world.look("key").await, Observation::Absent));
    world.input("db-secret", "kms_key_id", json!(first.physical_id));
    assert_eq!(world.refused("db-secret").await, (ErrorClass::Invalid, "EncryptionFailure".to_owned()));
    let request = CreateRequest { target: world.target("key"), token: "another".into() };
    assert_ne!(world.cloud.create(request).await.unwrap().physical_id, first.physical_id);
}

#[tokio::test]
async fn an_alias_leads_to_one_key() {
    let mut world = World::empty(SimCloud::builder());
    world.make("key").await;
    let mut theirs = world.target("key");
    theirs.address = TenantKey::new("dev".parse().unwrap(), "other".parse().unwrap()).node(id("key"));
    theirs.tags = theirs.ownership().tags();
    let request = CreateRequest { target: theirs, token: "theirs".into() };
    let error = world.cloud.create(request).await.unwrap_err();
    assert_eq!((error.class, error.code.as_deref()), (ErrorClass::AlreadyExists, Some("AlreadyExistsException")));
}

#[tokio::test]
async fn a_name_stands_for_many_where_aws_knows_no_names() {
    let mut world = World::empty(SimCloud::builder());
    let ours = world.make("vpc").await;
    let mut theirs = world.target("vpc");
    theirs.address = TenantKey::platform("dev".parse().unwrap()).node(id("vpc"));
    theirs.tags = theirs.ownership().tags();
    assert!(matches!(world.cloud.observe(vec![theirs.clone()]).await[..], [Observation::Absent]));
    let request = CreateRequest { target: theirs.clone(), token: "theirs".into() };
    let made = world.cloud.create(request).await.unwrap();
    assert_ne!(made.physical_id, ours.physical_id);
    assert_eq!(world.live("vpc").await.physical_id, ours.physical_id);
    theirs.physical_id = Some(ours.physical_id);
    assert!(matches!(world.cloud.observe(vec![theirs]).await[..], [Observation::Foreign(_)]));
}

#[tokio::test]
async fn a_listener_takes_a_certificate_only_once_it_is_issued() {
    let mut world = World::empty(SimCloud::builder());
    for node in ["log-bucket", "alb-group", "load-balancer"] {
        world.make(node).await;
    }
    let created = world.create("certificate").await.unwrap();
    world.input("https", "certificate_arn", json!(created.physical_id));
    world.wait(79).await;
    assert_eq!(world.live("certificate").await.status, Status::Pending("PENDING_VALIDATION".into()));
    assert_eq!(world.refused("https").await, (ErrorClass::Dependency, "UnsupportedCertificate".to_owned()));
    world.wait(1).await;
    world.make("https").await;
}

#[tokio::test]
async fn a_replacement_of_a_certificate_stands_beside_the_old_one() {
    let mut world = World::empty(SimCloud::builder());
    let old = world.make("certificate").await;
    let node = world.graph.get_mut(&id("certificate")).unwrap();
    node.name.push_str("-g1");
    node.inputs["domain_name"] = json!("*.elsewhere.example.org");
    assert!(matches!(world.look("certificate").await, Observation::Absent));
    let request = CreateRequest { target: world.target("certificate"), token: "the next".into() };
    assert_ne!(world.cloud.create(request).await.unwrap().physical_id, old.physical_id);
}

#[tokio::test]
async fn what_holds_data_or_is_protected_is_not_deleted() {
    let mut world = World::empty(SimCloud::builder());
    world.make("key").await;
    world.make("repository").await;
    world.cloud.put_image("mate-conform-dev-app", "1.4.2");
    let error = world.delete("repository", keep()).await.unwrap_err();
    assert_eq!((error.class, error.code.as_deref()), (ErrorClass::Dependency, Some("RepositoryNotEmptyException")));
    world.gone("repository", DataPolicy::Discard).await;
    let request = CreateRequest { target: world.target("repository"), token: "again".into() };
    world.cloud.create(request).await.unwrap();
    world.gone("repository", keep()).await;

    world.make("user-pool").await;
    let error = world.delete("user-pool", keep()).await.unwrap_err();
    assert_eq!((error.class, error.code.as_deref()), (ErrorClass::Invalid, Some("InvalidParameterException")));
}

fn vpcs() -> QuotaId {
    QuotaId { service: "vpc".into(), code: "L-F678F1CE".into() }
}

#[tokio::test]
async fn a_quota_tells_its_limit_and_what_is_used_and_holds() {
    let mut world = World::empty(SimCloud::builder().quota_limit(vpcs(), "ec2:VPC", 1));
    let unknown = QuotaId { service: "vpc".into(), code: "L-0000".into() };
    let none = QuotaReading::default();
    let read = |used| QuotaReading { limit: Some(1), used: Some(used) };
    assert_eq!(world.cloud.quotas(vec![unknown.clone(), vpcs()]).await, [none, read(0)]);
    world.make("vpc").await;
    assert_eq!(world.cloud.quotas(vec![vpcs(), unknown]).await, [read(1), none]);
    let node = world.graph.get(&id("vpc")).unwrap().clone();
    world.cloud.vanish(&kind("ec2:VPC"), &node.name).unwrap();
    world.cloud.plant(kind("ec2:VPC"), "theirs", Default::default(), node.inputs.into());
    let request = CreateRequest { target: world.target("vpc"), token: "again".into() };
    let error = world.cloud.create(request).await.unwrap_err();
    assert_eq!((error.class, error.code.as_deref()), (ErrorClass::Quota, Some("VpcLimitExceeded")));
}

#[tokio::test]
async fn a_quota_that_cannot_be_read_is_none() {
    let rule = FaultRule::new(Fault::FailBefore).on(Method::Quotas).times(1);
    let cloud = SimCloud::builder().quota_limit(vpcs(), "ec2:VPC", 5).faults(Faults::none().with(rule)).build();
    assert_eq!(cloud.quotas(vec![vpcs()]).await, [QuotaReading::default()]);
    assert_eq!(cloud.quotas(vec![vpcs()]).await, [QuotaReading { limit: Some(5), used: Some(0) }]);
    assert_eq!(cloud.call_counts()[&Method::Quotas], 2);
}
