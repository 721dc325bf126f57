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
    /// Whether the target may belong to the base, which the simulated cloud does not know.
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

    const fn group(holder: &'static str, path: &'static str, missing: &'static str) -> Self {
        link(holder, path, "ec2:SecurityGroup", "group_id", missing).holds("DependencyViolation")
    }
}

pub(super) const LINKS: &[Link] = &[
    Link::group("ec2:SecurityGroup", "ingress.*.peer.security_group", "InvalidGroup.NotFound"),
    Link::group("ec2:SecurityGroup", "egress.*.peer.security_group", "InvalidGroup.NotFound"),
    Link::group("elbv2:LoadBalancer", "security_group_ids.*", "InvalidSecurityGroup"),
    Link::group("rds:DBInstance", "security_group_ids.*", "InvalidParameterValue"),
    Link::group("elasticache:ReplicationGroup", "security_group_ids.*", "InvalidParameterValue"),
    Link::group("efs:MountTarget", "security_group_ids.*", "SecurityGroupNotFound"),
    Link::group("ecs:Service", "security_group_ids.*", "InvalidParameterException"),
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
    link("elbv2:ListenerRule", "listener_arn", "elbv2:Listener", "arn", "ListenerNotFound").goes_along(),
    link("elbv2:ListenerRule", "action.forward.target_group_arn", "elbv2:TargetGroup", "arn", "TargetGroupNotFound")
        .holds("ResourceInUse"),
    link("ecs:TaskDefinition", "execution_role_arn", "iam:Role", "arn", "ClientException"),
    link("ecs:TaskDefinition", "task_role_arn", "iam:Role", "arn", "ClientException"),
    link("ecs:Service", "task_definition", "ecs:TaskDefinition", "arn", "ClientException"),
    link("ecs:Service", "load_balancers.*.target_group_arn", "elbv2:TargetGroup", "arn", "InvalidParameterException"),
    link("application-autoscaling:ScalableTarget", "resource_id", "ecs:Service", "resource_id", "ValidationException"),
    link(
        "application-autoscaling:ScalingPolicy",
        "resource_id",
        "application-autoscaling:ScalableTarget",
        "resource_id",
        "ObjectNotFoundException",
    )
    .goes_along(),
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
    use crate::kinds::Kinds;
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
