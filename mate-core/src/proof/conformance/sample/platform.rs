//! The sample's part of every kind that a platform is made of: it stands beside the base and uses nothing of it but its
//! zone, in which the certificate is validated.

use super::Builder;
use crate::kinds::certificate::CertificateInputs;
use crate::kinds::cluster::ClusterInputs;
use crate::kinds::elastic_ip::ElasticIpInputs;
use crate::kinds::flow_log::FlowLogInputs;
use crate::kinds::hosted_zone::HostedZoneInputs;
use crate::kinds::internet_gateway::InternetGatewayInputs;
use crate::kinds::key::KeyInputs;
use crate::kinds::log_group::LogGroupInputs;
use crate::kinds::nat_gateway::NatGatewayInputs;
use crate::kinds::policy::{PolicyDocument, Statement};
use crate::kinds::repository::RepositoryInputs;
use crate::kinds::role::RoleInputs;
use crate::kinds::route_table::{Route, RouteTableInputs, RouteTarget};
use crate::kinds::s3_bucket::BucketInputs;
use crate::kinds::security_group::{Peer, Rule, SecurityGroupInputs};
use crate::kinds::service::CapacityProvider;
use crate::kinds::subnet::SubnetInputs;
use crate::kinds::trail::TrailInputs;
use crate::kinds::user_pool::UserPoolInputs;
use crate::kinds::user_pool_domain::UserPoolDomainInputs;
use crate::kinds::vpc::VpcInputs;
use crate::kinds::vpc_endpoint::VpcEndpointInputs;
use crate::kinds::web_acl::WebAclInputs;
use crate::kinds::{
    Bucket, Certificate, Cluster, ElasticIp, FlowLog, HostedZone, InternetGateway, Key, LogGroup, NatGateway,
    Repository, Role, RouteTable, SecurityGroup, Subnet, Trail, UserPool, UserPoolDomain, Vpc, VpcEndpoint, WebAcl,
};
use crate::model::{Input, NodeHandle};

/// Answers the bucket that logs are written into.
pub(super) fn add(b: &mut Builder<'_>) -> NodeHandle<Bucket> {
    network(b);
    names(b);
    shared(b);
    audit(b)
}

fn network(b: &mut Builder<'_>) {
    let inputs = VpcInputs { cidr_block: "10.99.0.0/16".into(), enable_dns_support: true, enable_dns_hostnames: false };
    let vpc = b.part::<Vpc>("vpc", "vpc", &inputs);
    let mut subnet = |node: &str, cidr_block: &str, zone: char| {
        let availability_zone = format!("{}{zone}", b.base.region);
        let map_public_ip_on_launch = node == "public-subnet";
        let cidr_block = cidr_block.into();
        let inputs = SubnetInputs { vpc_id: vpc.out(Vpc::ID), cidr_block, availability_zone, map_public_ip_on_launch };
        b.part::<Subnet>(node, node, &inputs)
    };
    let public = subnet("public-subnet", "10.99.0.0/24", 'a');
    let private = [subnet("private-subnet-1", "10.99.10.0/24", 'a'), subnet("private-subnet-2", "10.99.11.0/24", 'b')];
    let private: Vec<Input<String>> = private.iter().map(|subnet| subnet.out(Subnet::ID)).collect();

    let inputs = InternetGatewayInputs { vpc_id: vpc.out(Vpc::ID) };
    let gateway = b.part::<InternetGateway>("internet-gateway", "igw", &inputs);
    let address = b.part::<ElasticIp>("elastic-ip", "nat", &ElasticIpInputs {});
    let inputs = NatGatewayInputs {
        subnet_id: public.out(Subnet::ID),
        allocation_id: address.out(ElasticIp::ALLOCATION_ID),
        after: vec![gateway.out(InternetGateway::ID)],
    };
    let nat = b.part::<NatGateway>("nat-gateway", "nat", &inputs);
    let mut table = |node: &str, target: RouteTarget, subnet_ids: Vec<Input<String>>| {
        let routes = vec![Route { destination_cidr_block: "0.0.0.0/0".into(), target }];
        b.part::<RouteTable>(node, node, &RouteTableInputs { vpc_id: vpc.out(Vpc::ID), routes, subnet_ids })
    };
    let way_out = RouteTarget::InternetGateway(gateway.out(InternetGateway::ID));
    table("public-routes", way_out, vec![public.out(Subnet::ID)]);
    let routes = table("private-routes", RouteTarget::NatGateway(nat.out(NatGateway::ID)), private.clone());

    endpoints(b, &vpc, &routes, private);
    let groups = b.add::<LogGroup>(
        "flow-log-group",
        &format!("/vpc/{}", b.name("flow")),
        &LogGroupInputs { retention_days: 30 },
    );
    let actions = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"];
    let write = Statement::allow("Write", actions, vec![groups.out(LogGroup::ARN).with_suffix(":*")]);
    let inputs = RoleInputs {
        description: "conformance suite".into(),
        assume_role_policy: PolicyDocument::trust("vpc-flow-logs.amazonaws.com"),
        policy: Some(PolicyDocument { statements: vec![write] }),
        managed_policy_arns: Vec::new(),
    };
    let role = b.part::<Role>("flow-log-role", "flow-log-role", &inputs);
    let inputs = FlowLogInputs {
        vpc_id: vpc.out(Vpc::ID),
        traffic_type: "REJECT".into(),
        log_group_name: groups.out(LogGroup::NAME),
        role_arn: role.out(Role::ARN),
        max_aggregation_seconds: 600,
    };
    b.part::<FlowLog>("flow-log", "flow", &inputs);
}

fn endpoints(
    b: &mut Builder<'_>,
    vpc: &NodeHandle<Vpc>,
    routes: &NodeHandle<RouteTable>,
    subnet_ids: Vec<Input<String>>,
) {
    let inputs = SecurityGroupInputs {
        description: "endpoints of the conformance suite".into(),
        vpc_id: vpc.out(Vpc::ID),
        ingress: vec![Rule::tcp(443, Peer::Cidr("10.99.0.0/16".into()), "from the network")],
        egress: vec![Rule::all_out()],
    };
    let group = b.part::<SecurityGroup>("endpoint-group", "endpoint-group", &inputs);
    let gateway = VpcEndpointInputs {
        vpc_id: vpc.out(Vpc::ID),
        service_name: format!("com.amazonaws.{}.s3", b.base.region),
        endpoint_type: "Gateway".into(),
        route_table_ids: vec![routes.out(RouteTable::ID)],
        subnet_ids: Vec::new(),
        security_group_ids: Vec::new(),
        private_dns_enabled: false,
    };
    b.part::<VpcEndpoint>("s3-endpoint", "s3", &gateway);
    let interface = VpcEndpointInputs {
        service_name: format!("com.amazonaws.{}.ecr.api", b.base.region),
        endpoint_type: "Interface".into(),
        route_table_ids: Vec::new(),
        subnet_ids,
        security_group_ids: vec![group.out(SecurityGroup::ID)],
        ..gateway
    };
    b.part::<VpcEndpoint>("ecr-endpoint", "ecr-api", &interface);
}

fn names(b: &mut Builder<'_>) {
    let domain = format!("{}.conformance.{}", b.tenant.tenant, b.base.domain);
    let inputs = HostedZoneInputs { domain: domain.clone(), comment: "conformance suite".into() };
    b.add::<HostedZone>("zone", &domain, &inputs);
    let inputs = CertificateInputs {
        domain_name: format!("*.{domain}"),
        subject_alternative_names: vec![domain],
        hosted_zone_id: b.base.hosted_zone_id.clone().into(),
    };
    b.part::<Certificate>("certificate", "certificate", &inputs);
    let inputs =
        UserPoolInputs { password_minimum_length: 12, admin_create_user_only: true, deletion_protection: true };
    let pool = b.part::<UserPool>("user-pool", "users", &inputs);
    let prefix = b.name("sign-in");
    let inputs = UserPoolDomainInputs { user_pool_id: pool.out(UserPool::ID), domain: prefix.clone() };
    b.add::<UserPoolDomain>("user-pool-domain", &prefix, &inputs);
}

fn shared(b: &mut Builder<'_>) {
    let fargate = CapacityProvider { name: "FARGATE".into(), weight: 1, base: 1 };
    let inputs = ClusterInputs {
        container_insights: false,
        capacity_providers: vec!["FARGATE".into(), "FARGATE_SPOT".into()],
        default_strategy: vec![fargate],
    };
    b.part::<Cluster>("cluster", "cluster", &inputs);
    let root = format!("arn:aws:iam::{}:root", b.base.account_id);
    let everything = Statement::allow("Account", ["kms:*"], vec!["*".into()]);
    let inputs = KeyInputs {
        description: "conformance suite".into(),
        alias: format!("alias/{}", b.name("key")),
        enable_key_rotation: true,
        policy: PolicyDocument { statements: vec![Statement { principals: vec![root], ..everything }] },
        pending_window_days: 7,
    };
    let key = b.part::<Key>("key", "key", &inputs);
    let inputs = RepositoryInputs {
        scan_on_push: true,
        immutable_tags: true,
        keep_last_images: Some(10),
        kms_key_arn: Some(key.out(Key::ARN)),
    };
    b.part::<Repository>("repository", "app", &inputs);
    let inputs = WebAclInputs {
        rate_limit: Some(2000),
        managed_rule_groups: vec!["AWSManagedRulesCommonRuleSet".into()],
        blocked_countries: vec!["KP".into()],
    };
    b.part::<WebAcl>("firewall", "firewall", &inputs);
}

/// A statement that lets a service do this in a bucket.
fn lets(sid: &str, service: &str, action: &str, resource: String) -> Statement {
    Statement { principals: vec![service.to_owned()], ..Statement::allow(sid, [action], vec![resource.into()]) }
}

fn audit(b: &mut Builder<'_>) -> NodeHandle<Bucket> {
    const TRAIL: &str = "cloudtrail.amazonaws.com";
    const LOAD_BALANCER: &str = "logdelivery.elasticloadbalancing.amazonaws.com";
    let name = b.name("logs");
    let (bucket_arn, account) = (format!("arn:aws:s3:::{name}"), b.base.account_id.clone());
    let of_balancer = format!("{bucket_arn}/{}/AWSLogs/{account}/*", b.tenant.tenant);
    let inputs = BucketInputs {
        kms_key_arn: None,
        versioning: false,
        tls_only: true,
        lifecycle: Vec::new(),
        policy: vec![
            lets("TrailLooks", TRAIL, "s3:GetBucketAcl", bucket_arn.clone()),
            lets("TrailWrites", TRAIL, "s3:PutObject", format!("{bucket_arn}/AWSLogs/{account}/*")),
            lets("LoadBalancerWrites", LOAD_BALANCER, "s3:PutObject", of_balancer),
        ],
    };
    let bucket = b.add::<Bucket>("log-bucket", &name, &inputs);
    let inputs = TrailInputs {
        s3_bucket_name: bucket.out(Bucket::NAME),
        kms_key_arn: None,
        multi_region: false,
        log_file_validation: false,
        logging: true,
    };
    b.part::<Trail>("trail", "trail", &inputs);
    bucket
}
