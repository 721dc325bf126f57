//! Which type of Terraform's is which kind, and what is read of it.

use super::resource::Resource;

/// A type of resource, or of data source.
pub(super) struct Type {
    /// Its names.
    pub(super) names: &'static [&'static str],
    /// Its kind.
    pub(super) kind: &'static str,
    /// The physical id.
    pub(super) id: fn(&Resource<'_>) -> Option<String>,
    /// The attributes that may tell its physical name.
    pub(super) name: &'static [&'static str],
    /// The attributes that tell a field of its kind's inputs: attribute, field.
    pub(super) hints: &'static [(&'static str, &'static str)],
    /// Whether the kind covers this one.
    pub(super) covers: fn(&Resource<'_>) -> bool,
}

const PLAIN: Type = Type { names: &[], kind: "", id: |r| r.text("id"), name: &[], hints: &[], covers: |_| true };

const ARN: Type = Type { id: |r| r.first(&["arn", "id"]), name: &["name"], ..PLAIN };

const NAMED: Type = Type { id: |r| r.first(&["name", "id"]), name: &["name"], ..PLAIN };

pub(super) const TYPES: &[Type] = &[
    Type { names: &["aws_vpc"], kind: "ec2:VPC", hints: &[("cidr_block", "cidr_block")], ..PLAIN },
    Type {
        names: &["aws_subnet"],
        kind: "ec2:Subnet",
        hints: &[("vpc_id", "vpc_id"), ("cidr_block", "cidr_block"), ("availability_zone", "availability_zone")],
        ..PLAIN
    },
    Type {
        names: &["aws_internet_gateway"],
        kind: "ec2:InternetGateway",
        id: |r| r.first(&["id", "internet_gateway_id"]),
        hints: &[("vpc_id", "vpc_id"), ("attachments.0.vpc_id", "vpc_id")],
        ..PLAIN
    },
    Type { names: &["aws_eip"], kind: "ec2:EIP", id: |r| r.first(&["allocation_id", "id"]), ..PLAIN },
    Type {
        names: &["aws_nat_gateway"],
        kind: "ec2:NatGateway",
        hints: &[("subnet_id", "subnet_id"), ("allocation_id", "allocation_id")],
        // A private one stands for no way to the internet.
        covers: |r| !r.is("connectivity_type", "private"),
        ..PLAIN
    },
    Type {
        names: &["aws_route_table"],
        kind: "ec2:RouteTable",
        id: |r| r.first(&["id", "route_table_id"]),
        hints: &[("vpc_id", "vpc_id")],
        ..PLAIN
    },
    Type {
        names: &["aws_vpc_endpoint"],
        kind: "ec2:VPCEndpoint",
        hints: &[("vpc_id", "vpc_id"), ("service_name", "service_name"), ("vpc_endpoint_type", "endpoint_type")],
        ..PLAIN
    },
    Type {
        names: &["aws_flow_log"],
        kind: "ec2:FlowLog",
        hints: &[
            ("vpc_id", "vpc_id"),
            ("traffic_type", "traffic_type"),
            ("log_group_name", "log_group_name"),
            ("log_destination", "log_group_name"),
        ],
        // That of a VPC, into CloudWatch Logs.
        covers: |r| {
            r.text("vpc_id").is_some() && r.text("log_destination_type").is_none_or(|sort| sort == "cloud-watch-logs")
        },
        ..PLAIN
    },
    Type {
        names: &["aws_security_group"],
        kind: "ec2:SecurityGroup",
        name: &["name"],
        hints: &[("vpc_id", "vpc_id")],
        ..PLAIN
    },
    Type { names: &["aws_ecs_cluster"], kind: "ecs:Cluster", name: &["name", "cluster_name"], ..ARN },
    Type { names: &["aws_ecr_repository"], kind: "ecr:Repository", ..NAMED },
    Type { names: &["aws_kms_key"], kind: "kms:Key", name: &[], ..ARN },
    Type {
        names: &["aws_acm_certificate"],
        kind: "acm:Certificate",
        name: &[],
        hints: &[("domain_name", "domain_name"), ("domain", "domain_name")],
        ..ARN
    },
    Type {
        names: &["aws_route53_zone"],
        kind: "route53:HostedZone",
        id: |r| r.first(&["zone_id", "id"]),
        name: &["name"],
        hints: &[("name", "domain")],
        // A private zone has VPCs.
        covers: |r| r.text("vpc.0.vpc_id").is_none() && !r.is("private_zone", "true"),
    },
    Type {
        names: &["aws_route53_record"],
        kind: "route53:RecordSet",
        id: |r| Some(format!("{}/{}/A", r.text("zone_id")?, host(&r.first(&["fqdn", "name"])?))),
        hints: &[("zone_id", "hosted_zone_id"), ("fqdn", "record_name")],
        covers: |r| r.is("type", "A") && r.text("set_identifier").is_none(),
        ..PLAIN
    },
    Type {
        names: &["aws_cognito_user_pool"],
        kind: "cognito-idp:UserPool",
        id: |r| r.first(&["id", "user_pool_id"]),
        name: &["name"],
        ..PLAIN
    },
    Type {
        names: &["aws_cognito_user_pool_domain"],
        kind: "cognito-idp:UserPoolDomain",
        id: |r| r.text("domain"),
        hints: &[("domain", "domain"), ("user_pool_id", "user_pool_id")],
        // A domain of one's own has dots and a certificate.
        covers: |r| r.text("domain").is_none_or(|domain| !domain.contains('.')),
        ..PLAIN
    },
    Type {
        names: &["aws_cognito_identity_provider"],
        kind: "cognito-idp:IdentityProvider",
        id: |r| Some(format!("{}/{}", r.text("user_pool_id")?, r.text("provider_name")?)),
        name: &["provider_name"],
        hints: &[("user_pool_id", "user_pool_id")],
        ..PLAIN
    },
    Type {
        names: &["aws_wafv2_web_acl"],
        kind: "wafv2:WebACL",
        id: |r| r.text("arn"),
        name: &["name"],
        covers: |r| !r.is("scope", "CLOUDFRONT"),
        ..PLAIN
    },
    Type {
        names: &["aws_wafv2_web_acl_association"],
        kind: "wafv2:WebACLAssociation",
        id: |r| r.text("resource_arn"),
        hints: &[("resource_arn", "resource_arn"), ("web_acl_arn", "web_acl_arn")],
        ..PLAIN
    },
    Type { names: &["aws_cloudtrail"], kind: "cloudtrail:Trail", id: |r| r.text("arn"), name: &["name"], ..PLAIN },
    Type {
        names: &["aws_lb", "aws_alb"],
        kind: "elbv2:LoadBalancer",
        covers: |r| r.text("load_balancer_type").is_none_or(|sort| sort == "application"),
        ..ARN
    },
    Type {
        names: &["aws_lb_target_group", "aws_alb_target_group"],
        kind: "elbv2:TargetGroup",
        hints: &[("vpc_id", "vpc_id"), ("port", "port"), ("protocol", "protocol")],
        ..ARN
    },
    Type {
        names: &["aws_lb_listener", "aws_alb_listener"],
        kind: "elbv2:Listener",
        name: &[],
        hints: &[("load_balancer_arn", "load_balancer_arn"), ("port", "port"), ("protocol", "protocol")],
        covers: |r| r.text("load_balancer_arn").is_none_or(|arn| arn.contains(":loadbalancer/app/")),
        ..ARN
    },
    Type {
        names: &["aws_lb_listener_rule", "aws_alb_listener_rule"],
        kind: "elbv2:ListenerRule",
        name: &[],
        hints: &[("listener_arn", "listener_arn"), ("priority", "priority")],
        ..ARN
    },
    // `cluster` is an ARN or a name.
    Type { names: &["aws_ecs_service"], kind: "ecs:Service", hints: &[("cluster", "cluster")], ..ARN },
    Type { names: &["aws_ecs_task_definition"], kind: "ecs:TaskDefinition", name: &["family"], ..ARN },
    Type {
        names: &["aws_db_instance"],
        kind: "rds:DBInstance",
        // `id` is the resource id in newer versions of the provider.
        id: |r| r.first(&["identifier", "db_instance_identifier"]),
        hints: &[("port", "port")],
        ..PLAIN
    },
    Type { names: &["aws_db_subnet_group"], kind: "rds:DBSubnetGroup", ..NAMED },
    Type { names: &["aws_db_parameter_group"], kind: "rds:DBParameterGroup", ..NAMED },
    Type {
        names: &["aws_elasticache_replication_group"],
        kind: "elasticache:ReplicationGroup",
        id: |r| r.first(&["replication_group_id", "id"]),
        hints: &[("port", "port")],
        ..PLAIN
    },
    Type { names: &["aws_elasticache_subnet_group"], kind: "elasticache:CacheSubnetGroup", ..NAMED },
    Type {
        names: &["aws_efs_file_system"],
        kind: "efs:FileSystem",
        id: |r| r.first(&["id", "file_system_id"]),
        ..PLAIN
    },
    Type {
        names: &["aws_efs_mount_target"],
        kind: "efs:MountTarget",
        id: |r| r.first(&["id", "mount_target_id"]),
        hints: &[("file_system_id", "file_system_id"), ("subnet_id", "subnet_id")],
        ..PLAIN
    },
    Type {
        names: &["aws_efs_access_point"],
        kind: "efs:AccessPoint",
        id: |r| r.first(&["id", "access_point_id"]),
        hints: &[("file_system_id", "file_system_id"), ("root_directory.0.path", "root_directory")],
        ..PLAIN
    },
    Type { names: &["aws_s3_bucket"], kind: "s3:Bucket", id: |r| r.first(&["bucket", "id"]), ..PLAIN },
    Type { names: &["aws_secretsmanager_secret"], kind: "secretsmanager:Secret", ..ARN },
    Type { names: &["aws_cloudwatch_log_group"], kind: "logs:LogGroup", ..ARN },
    Type { names: &["aws_iam_role"], kind: "iam:Role", id: |r| r.text("arn"), name: &["name"], ..PLAIN },
    Type {
        names: &["aws_appautoscaling_target"],
        kind: "application-autoscaling:ScalableTarget",
        id: |r| r.text("resource_id"),
        hints: &[("resource_id", "resource_id")],
        covers: |r| r.is("service_namespace", "ecs"),
        ..PLAIN
    },
    Type {
        names: &["aws_appautoscaling_policy"],
        kind: "application-autoscaling:ScalingPolicy",
        id: |r| r.text("arn"),
        name: &["name"],
        hints: &[("resource_id", "resource_id")],
        covers: |r| r.is("service_namespace", "ecs") && r.is("policy_type", "TargetTrackingScaling"),
    },
];

/// A host name as we write it: lower case, without a dot at its end.
pub(super) fn host(name: &str) -> String {
    name.trim_end_matches('.').to_lowercase()
}

/// The kinds that a state can tell of.
#[cfg(test)]
pub(in crate::adopt) fn kinds() -> impl Iterator<Item = &'static str> {
    TYPES.iter().map(|known| known.kind)
}
