//! What refers to what, as AWS checks it: a reference must exist when it is made, and some hold their target in use.

use serde_json::Value;

/// A reference from one kind's input to another kind's object.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) holder: &'static str,
    /// The path to it in the inputs, `*` for every item of a list.
    pub(super) path: &'static str,
    pub(super) target: &'static str,
    /// The target's output that the reference is.
    pub(super) output: &'static str,
    /// The code when the target does not exist.
    pub(super) missing: &'static str,
    /// The code when the target exists and is not ready; empty where it need not be.
    pub(super) not_ready: &'static str,
    /// The code when the target is to be deleted; empty where the link does not hold it.
    pub(super) in_use: &'static str,
    /// Whether the holder goes along with its target.
    pub(super) cascade: bool,
    /// Whether the target may belong to a base that this cloud never knew.
    pub(super) base: bool,
}

const fn link(
    holder: &'static str,
    path: &'static str,
    target: &'static str,
    output: &'static str,
    missing: &'static str,
) -> Link {
    Link { holder, path, target, output, missing, not_ready: "", in_use: "", cascade: false, base: false }
}

const fn group(holder: &'static str, path: &'static str, missing: &'static str) -> Link {
    link(holder, path, "elbv2:TargetGroup", "arn", missing)
}

impl Link {
    const fn holds(mut self, code: &'static str) -> Self {
        self.in_use = code;
        self
    }

    const fn needs_ready(mut self, code: &'static str) -> Self {
        self.not_ready = code;
        self
    }

    const fn goes_along(mut self) -> Self {
        self.cascade = true;
        self
    }

    const fn or_base(mut self) -> Self {
        self.base = true;
        self
    }

    const fn vpc(holder: &'static str) -> Self {
        link(holder, "vpc_id", "ec2:VPC", "vpc_id", "InvalidVpcID.NotFound").holds("DependencyViolation")
    }

    const fn subnet(holder: &'static str, path: &'static str, missing: &'static str) -> Self {
        link(holder, path, "ec2:Subnet", "subnet_id", missing).holds("DependencyViolation")
    }

    /// A key encrypts and is not held: AWS lets it go under whatever uses it. It may be one of another account.
    const fn key(holder: &'static str, path: &'static str, missing: &'static str) -> Self {
        link(holder, path, "kms:Key", "arn", missing).or_base()
    }

    const fn group(holder: &'static str, path: &'static str, missing: &'static str) -> Self {
        link(holder, path, "ec2:SecurityGroup", "group_id", missing).holds("DependencyViolation")
    }
}

const NO_POOL: &str = "ResourceNotFoundException";

pub(super) const LINKS: &[Link] = &[
    Link::group("ec2:SecurityGroup", "ingress.*.peer.security_group", "InvalidGroup.NotFound"),
    Link::group("ec2:SecurityGroup", "egress.*.peer.security_group", "InvalidGroup.NotFound"),
    Link::group("elbv2:LoadBalancer", "security_group_ids.*", "InvalidSecurityGroup"),
    Link::group("rds:DBInstance", "security_group_ids.*", "InvalidParameterValue"),
    Link::group("elasticache:ReplicationGroup", "security_group_ids.*", "InvalidParameterValue"),
    Link::group("efs:MountTarget", "security_group_ids.*", "SecurityGroupNotFound"),
    Link::group("ecs:Service", "security_group_ids.*", "InvalidParameterException"),
    Link::group("ecs:Task", "security_group_ids.*", "InvalidParameterException"),
    Link::group("ec2:VPCEndpoint", "security_group_ids.*", "InvalidSecurityGroupId.NotFound"),
    Link::vpc("ec2:SecurityGroup").or_base(),
    Link::vpc("ec2:InternetGateway"),
    Link::vpc("ec2:RouteTable"),
    Link::vpc("ec2:Subnet"),
    Link::vpc("ec2:VPCEndpoint"),
    link("ec2:FlowLog", "vpc_id", "ec2:VPC", "vpc_id", "InvalidVpcId.NotFound").goes_along(),
    link("elbv2:TargetGroup", "vpc_id", "ec2:VPC", "vpc_id", "ValidationError").or_base(),
    Link::subnet("ec2:NatGateway", "subnet_id", "InvalidSubnetID.NotFound"),
    Link::subnet("ec2:VPCEndpoint", "subnet_ids.*", "InvalidSubnetId.NotFound"),
    Link::subnet("efs:MountTarget", "subnet_id", "SubnetNotFound").or_base(),
    Link::subnet("ecs:Service", "subnet_ids.*", "InvalidParameterException").or_base(),
    Link::subnet("ecs:Task", "subnet_ids.*", "InvalidParameterException").or_base(),
    Link::subnet("elasticache:CacheSubnetGroup", "subnet_ids.*", "InvalidSubnet").or_base(),
    Link::subnet("elbv2:LoadBalancer", "subnet_ids.*", "SubnetNotFound").or_base(),
    Link::subnet("rds:DBSubnetGroup", "subnet_ids.*", "InvalidSubnet").or_base(),
    // A subnet takes its place in a route table along, and a route to a gateway that is gone becomes a black hole.
    link("ec2:RouteTable", "subnet_ids.*", "ec2:Subnet", "subnet_id", "InvalidSubnetID.NotFound"),
    link(
        "ec2:RouteTable",
        "routes.*.target.internet_gateway",
        "ec2:InternetGateway",
        "internet_gateway_id",
        "InvalidGatewayID.NotFound",
    ),
    link("ec2:RouteTable", "routes.*.target.nat_gateway", "ec2:NatGateway", "nat_gateway_id", "NatGatewayNotFound"),
    link("ec2:VPCEndpoint", "route_table_ids.*", "ec2:RouteTable", "route_table_id", "InvalidRouteTableId.NotFound"),
    // AWS owns the network interface that has the address, hence its words when the address is to be released.
    link("ec2:NatGateway", "allocation_id", "ec2:EIP", "allocation_id", "InvalidAllocationID.NotFound")
        .holds("AuthFailure"),
    link("ec2:FlowLog", "log_group_name", "logs:LogGroup", "name", "InvalidParameter").or_base(),
    link("ec2:FlowLog", "role_arn", "iam:Role", "arn", "InvalidParameter").or_base(),
    Link::key("cloudtrail:Trail", "kms_key_arn", "KmsKeyNotFoundException"),
    Link::key("ecr:Repository", "kms_key_arn", "KmsException"),
    Link::key("efs:FileSystem", "kms_key_id", "BadRequest"),
    Link::key("elasticache:ReplicationGroup", "kms_key_id", "InvalidParameterValue"),
    Link::key("rds:DBInstance", "kms_key_id", "KMSKeyNotAccessibleFault"),
    Link::key("s3:Bucket", "kms_key_arn", "KMS.NotFoundException"),
    Link::key("secretsmanager:Secret", "kms_key_id", "EncryptionFailure"),
    link("acm:Certificate", "hosted_zone_id", "route53:HostedZone", "hosted_zone_id", "NoSuchHostedZone").or_base(),
    link("route53:RecordSet", "hosted_zone_id", "route53:HostedZone", "hosted_zone_id", "NoSuchHostedZone")
        .holds("HostedZoneNotEmpty")
        .or_base(),
    link("cloudtrail:Trail", "s3_bucket_name", "s3:Bucket", "bucket", "S3BucketDoesNotExistException"),
    link("elbv2:LoadBalancer", "access_logs.bucket", "s3:Bucket", "bucket", "InvalidConfigurationRequest").or_base(),
    link("cognito-idp:IdentityProvider", "user_pool_id", "cognito-idp:UserPool", "user_pool_id", NO_POOL)
        .goes_along()
        .or_base(),
    link("cognito-idp:UserPoolDomain", "user_pool_id", "cognito-idp:UserPool", "user_pool_id", NO_POOL)
        .holds("InvalidParameterException"),
    link("ecs:Service", "cluster", "ecs:Cluster", "cluster_name", "ClusterNotFoundException")
        .holds("ClusterContainsServicesException")
        .or_base(),
    link("ecs:Task", "cluster", "ecs:Cluster", "cluster_name", "ClusterNotFoundException")
        .holds("ClusterContainsTasksException")
        .or_base(),
    link("rds:DBInstance", "db_subnet_group_name", "rds:DBSubnetGroup", "name", "DBSubnetGroupNotFoundFault")
        .holds("InvalidDBSubnetGroupStateFault"),
    link("rds:DBInstance", "db_parameter_group_name", "rds:DBParameterGroup", "name", "DBParameterGroupNotFound")
        .holds("InvalidDBParameterGroupState"),
    link("rds:DBInstance", "master_user_secret_arn", "secretsmanager:Secret", "arn", "ResourceNotFoundException"),
    link(
        "elasticache:ReplicationGroup",
        "cache_subnet_group_name",
        "elasticache:CacheSubnetGroup",
        "name",
        "CacheSubnetGroupNotFoundFault",
    )
    .holds("CacheSubnetGroupInUse"),
    link(
        "elasticache:ReplicationGroup",
        "auth_token_secret_arn",
        "secretsmanager:Secret",
        "arn",
        "ResourceNotFoundException",
    ),
    link("efs:AccessPoint", "file_system_id", "efs:FileSystem", "file_system_id", "FileSystemNotFound")
        .needs_ready("IncorrectFileSystemLifeCycleState")
        .goes_along()
        .or_base(),
    link("efs:MountTarget", "file_system_id", "efs:FileSystem", "file_system_id", "FileSystemNotFound")
        .needs_ready("IncorrectFileSystemLifeCycleState")
        .holds("FileSystemInUse")
        .or_base(),
    link("elbv2:Listener", "load_balancer_arn", "elbv2:LoadBalancer", "arn", "LoadBalancerNotFound").goes_along(),
    link(
        "elbv2:Listener",
        "default_action.forward.target_group_arn",
        "elbv2:TargetGroup",
        "arn",
        "TargetGroupNotFound",
    )
    .holds("ResourceInUse"),
    link("elbv2:Listener", "certificate_arn", "acm:Certificate", "arn", "CertificateNotFound")
        .needs_ready("UnsupportedCertificate")
        .holds("ResourceInUseException")
        .or_base(),
    link("elbv2:ListenerRule", "listener_arn", "elbv2:Listener", "arn", "ListenerNotFound").goes_along(),
    link("elbv2:ListenerRule", "action.forward.target_group_arn", "elbv2:TargetGroup", "arn", "TargetGroupNotFound")
        .holds("ResourceInUse"),
    group("elbv2:ListenerRule", "action.forward_to_either.target_group_arn", "TargetGroupNotFound")
        .holds("ResourceInUse"),
    group("elbv2:ListenerRule", "action.forward_to_either.alternate_target_group_arn", "TargetGroupNotFound")
        .holds("ResourceInUse"),
    link("ecs:TaskDefinition", "execution_role_arn", "iam:Role", "arn", "ClientException"),
    link("ecs:TaskDefinition", "task_role_arn", "iam:Role", "arn", "ClientException"),
    link("ecs:Service", "task_definition", "ecs:TaskDefinition", "arn", "ClientException"),
    link("ecs:Task", "task_definition", "ecs:TaskDefinition", "arn", "InvalidParameterException"),
    group("ecs:Service", "load_balancers.*.target_group_arn", "InvalidParameterException"),
    group("ecs:Service", "load_balancers.*.alternate.target_group_arn", "InvalidParameterException"),
    link(
        "ecs:Service",
        "load_balancers.*.alternate.production_listener_rule_arn",
        "elbv2:ListenerRule",
        "arn",
        "InvalidParameterException",
    ),
    link("ecs:Service", "load_balancers.*.alternate.role_arn", "iam:Role", "arn", "InvalidParameterException"),
    link("application-autoscaling:ScalableTarget", "resource_id", "ecs:Service", "resource_id", "ValidationException"),
    link(
        "application-autoscaling:ScalingPolicy",
        "resource_id",
        "application-autoscaling:ScalableTarget",
        "resource_id",
        "ObjectNotFoundException",
    )
    .goes_along(),
    link("wafv2:WebACLAssociation", "web_acl_arn", "wafv2:WebACL", "arn", "WAFNonexistentItemException")
        .needs_ready("WAFUnavailableEntityException")
        .holds("WAFAssociatedItemException")
        .or_base(),
    link("wafv2:WebACLAssociation", "resource_arn", "elbv2:LoadBalancer", "arn", "WAFNonexistentItemException")
        .needs_ready("WAFUnavailableEntityException")
        .goes_along(),
];

/// The links of a kind.
pub(super) fn of(kind: &str) -> impl Iterator<Item = &'static Link> {
    LINKS.iter().filter(move |link| link.holder == kind)
}

/// Every text at `path` in `value`.
pub(super) fn texts_at<'a>(value: &'a Value, path: &str) -> Vec<&'a str> {
    let mut found = vec![value];
    for step in path.split('.') {
        found = match step {
            "*" => found.into_iter().filter_map(Value::as_array).flatten().collect(),
            field => found.into_iter().filter_map(|value| value.get(field)).collect(),
        };
    }
    found.into_iter().filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kinds;
    use serde_json::json;

    #[test]
    fn texts_are_found_through_lists_and_objects() {
        let value = json!({"ingress": [{"peer": {"security_group": "sg-1"}}, {"peer": {"cidr": "0.0.0.0/0"}}]});
        assert_eq!(texts_at(&value, "ingress.*.peer.security_group"), ["sg-1"]);
    }

    #[test]
    fn links_name_kinds_fields_and_outputs_that_exist() {
        let kinds = Kinds::standard();
        for link in LINKS {
            let holder = kinds.get(&link.holder.parse().unwrap()).unwrap();
            let target = kinds.get(&link.target.parse().unwrap()).unwrap();
            let field = link.path.split('.').next().unwrap();
            assert!(holder.field(field).is_some(), "{} has no {field}", link.holder);
            assert!(target.outputs.contains(&link.output), "{} has no {}", link.target, link.output);
        }
    }
}
