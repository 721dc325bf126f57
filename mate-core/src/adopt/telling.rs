//! By what objects of a kind are told apart, and what follows from an id.

use std::collections::BTreeSet;

use serde_json::Value;

use super::forms::{is_arn, resource_of};
use crate::model::ids::KindName;
use crate::model::{Outputs, references};

/// The fields of a kind that tell one of its objects from another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Telling {
    /// An object that agrees on all of these is the one.
    pub(super) keys: &'static [&'static str],
    /// An object that differs in one of these is another one; that it agrees says nothing.
    pub(super) place: &'static [&'static str],
}

const TELLING: &[(&str, &[&str], &[&str])] = &[
    ("acm:Certificate", &["domain_name"], &[]),
    ("application-autoscaling:ScalableTarget", &["resource_id"], &[]),
    ("application-autoscaling:ScalingPolicy", &[], &["resource_id"]),
    ("cognito-idp:IdentityProvider", &[], &["user_pool_id"]),
    ("cognito-idp:UserPoolDomain", &["domain"], &["user_pool_id"]),
    ("ec2:FlowLog", &["vpc_id"], &["log_group_name", "traffic_type"]),
    ("ec2:InternetGateway", &["vpc_id"], &[]),
    ("ec2:NatGateway", &["subnet_id"], &["allocation_id"]),
    ("ec2:RouteTable", &["subnet_ids"], &["vpc_id"]),
    ("ec2:SecurityGroup", &[], &["vpc_id"]),
    ("ec2:Subnet", &["cidr_block", "availability_zone"], &["vpc_id"]),
    ("ec2:VPC", &["cidr_block"], &[]),
    ("ec2:VPCEndpoint", &["service_name"], &["vpc_id", "endpoint_type"]),
    ("ecs:Service", &[], &["cluster"]),
    ("efs:AccessPoint", &["file_system_id", "root_directory"], &[]),
    ("efs:MountTarget", &["file_system_id", "subnet_id"], &[]),
    ("elbv2:Listener", &["load_balancer_arn", "port"], &[]),
    ("elbv2:ListenerRule", &["listener_arn", "priority"], &[]),
    ("elbv2:TargetGroup", &[], &["vpc_id"]),
    ("kms:Key", &["alias"], &[]),
    ("route53:HostedZone", &["domain"], &[]),
    ("route53:RecordSet", &["hosted_zone_id", "record_name"], &[]),
    ("wafv2:WebACLAssociation", &["resource_arn"], &[]),
];

impl Telling {
    /// Of this kind; nothing for a kind whose objects only their names tell apart.
    pub(super) fn of(kind: &KindName) -> Self {
        TELLING
            .iter()
            .find(|(name, _, _)| *name == kind.as_str())
            .map_or(Self { keys: &[], place: &[] }, |(_, keys, place)| Self { keys, place })
    }

    /// All of its fields.
    pub(super) fn fields(self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().chain(self.place).copied()
    }
}

/// The table itself, to be checked against the kinds.
#[cfg(test)]
pub(super) fn table() -> impl Iterator<Item = (&'static str, &'static str)> {
    TELLING.iter().flat_map(|(kind, keys, place)| keys.iter().chain(*place).map(move |field| (*kind, *field)))
}

/// A value as text by which it is compared; none for what says nothing: null, an empty text or list, what still refers
/// to a node.
pub(super) fn comparable(field: &str, value: &Value) -> Option<String> {
    if !references(value).is_empty() {
        return None;
    }
    match value {
        Value::Null => None,
        Value::String(text) => comparable_text(field, text),
        Value::Array(items) => {
            let items: BTreeSet<String> = items.iter().filter_map(|item| comparable(field, item)).collect();
            (!items.is_empty()).then(|| items.into_iter().collect::<Vec<_>>().join("\n"))
        }
        other => Some(other.to_string()),
    }
}

/// The same of a text.
pub(super) fn comparable_text(field: &str, text: &str) -> Option<String> {
    let text = match field {
        "domain" | "domain_name" | "record_name" => text.trim_end_matches('.').to_lowercase(),
        _ => text.to_owned(),
    };
    (!text.is_empty()).then_some(text)
}

/// The outputs that follow from an object's id and name.
pub(super) fn outputs_of(kind: &KindName, id: &str, name: Option<&str>) -> Outputs {
    let by_arn = is_arn(id);
    let arn = ("arn", by_arn.then_some(id));
    let known: &[(&str, Option<&str>)] = match kind.as_str() {
        "application-autoscaling:ScalableTarget" => &[("resource_id", Some(id))],
        "cognito-idp:IdentityProvider" => &[("provider_name", name)],
        "cognito-idp:UserPool" => &[("user_pool_id", Some(id))],
        "cognito-idp:UserPoolDomain" => &[("domain", Some(id))],
        "ec2:EIP" => &[("allocation_id", Some(id))],
        "ec2:FlowLog" => &[("flow_log_id", Some(id))],
        "ec2:InternetGateway" => &[("internet_gateway_id", Some(id))],
        "ec2:NatGateway" => &[("nat_gateway_id", Some(id))],
        "ec2:RouteTable" => &[("route_table_id", Some(id))],
        "ec2:SecurityGroup" => &[("group_id", Some(id))],
        "ec2:Subnet" => &[("subnet_id", Some(id))],
        "ec2:VPC" => &[("vpc_id", Some(id))],
        "ec2:VPCEndpoint" => &[("vpc_endpoint_id", Some(id))],
        "ecs:Cluster" => &[arn, ("cluster_name", name)],
        "ecs:Service" => &[
            arn,
            ("service_name", name),
            ("resource_id", resource_of(id).filter(|resource| resource.matches('/').count() == 2)),
        ],
        "ecs:TaskDefinition" => &[arn, ("family", name)],
        "efs:AccessPoint" => &[("access_point_id", Some(id))],
        "efs:FileSystem" => &[("file_system_id", Some(id))],
        "efs:MountTarget" => &[("mount_target_id", Some(id))],
        "elasticache:ReplicationGroup" => &[("replication_group_id", Some(id))],
        "elasticache:CacheSubnetGroup" | "rds:DBParameterGroup" | "rds:DBSubnetGroup" => &[("name", Some(id))],
        "iam:Role" => &[arn, ("role_name", name)],
        "kms:Key" => &[arn, ("key_id", id.rsplit('/').next())],
        "logs:LogGroup" => &[arn, ("name", name)],
        "rds:DBInstance" => &[("identifier", Some(id))],
        "route53:HostedZone" => &[("hosted_zone_id", Some(id))],
        "route53:RecordSet" => &[("fqdn", name)],
        "s3:Bucket" => &[("bucket", Some(id))],
        "wafv2:WebACLAssociation" => &[("resource_arn", Some(id))],
        _ => &[arn],
    };
    known.iter().filter_map(|(output, value)| Some(((*output).to_owned(), Value::from((*value)?)))).collect()
}
