//! Ids and ARNs that tell by their own form what they are of.

use crate::model::ids::KindName;

/// The beginnings of ids; hexadecimal digits follow.
const PREFIXES: &[(&str, &str)] = &[
    ("eipalloc-", "ec2:EIP"),
    ("fl-", "ec2:FlowLog"),
    ("fs-", "efs:FileSystem"),
    ("fsap-", "efs:AccessPoint"),
    ("fsmt-", "efs:MountTarget"),
    ("igw-", "ec2:InternetGateway"),
    ("nat-", "ec2:NatGateway"),
    ("rtb-", "ec2:RouteTable"),
    ("sg-", "ec2:SecurityGroup"),
    ("subnet-", "ec2:Subnet"),
    ("vpc-", "ec2:VPC"),
    ("vpce-", "ec2:VPCEndpoint"),
];

/// Whether the physical id is what stands behind the resource's type, or the whole ARN.
#[derive(Debug, Clone, Copy)]
enum Id {
    Rest,
    Arn,
}

/// Service, type of the resource, kind, physical id.
const ARNS: &[(&str, &str, &str, Id)] = &[
    ("acm", "certificate/", "acm:Certificate", Id::Arn),
    ("autoscaling", "scalingPolicy:", "application-autoscaling:ScalingPolicy", Id::Arn),
    ("cloudtrail", "trail/", "cloudtrail:Trail", Id::Arn),
    ("cognito-idp", "userpool/", "cognito-idp:UserPool", Id::Rest),
    ("ec2", "elastic-ip/", "ec2:EIP", Id::Rest),
    ("ec2", "internet-gateway/", "ec2:InternetGateway", Id::Rest),
    ("ec2", "natgateway/", "ec2:NatGateway", Id::Rest),
    ("ec2", "route-table/", "ec2:RouteTable", Id::Rest),
    ("ec2", "security-group/", "ec2:SecurityGroup", Id::Rest),
    ("ec2", "subnet/", "ec2:Subnet", Id::Rest),
    ("ec2", "vpc-endpoint/", "ec2:VPCEndpoint", Id::Rest),
    ("ec2", "vpc-flow-log/", "ec2:FlowLog", Id::Rest),
    ("ec2", "vpc/", "ec2:VPC", Id::Rest),
    ("ecr", "repository/", "ecr:Repository", Id::Rest),
    ("ecs", "cluster/", "ecs:Cluster", Id::Arn),
    ("ecs", "service/", "ecs:Service", Id::Arn),
    ("ecs", "task-definition/", "ecs:TaskDefinition", Id::Arn),
    ("elasticache", "replicationgroup:", "elasticache:ReplicationGroup", Id::Rest),
    ("elasticache", "subnetgroup:", "elasticache:CacheSubnetGroup", Id::Rest),
    ("elasticfilesystem", "access-point/", "efs:AccessPoint", Id::Rest),
    ("elasticfilesystem", "file-system/", "efs:FileSystem", Id::Rest),
    ("elasticloadbalancing", "listener-rule/app/", "elbv2:ListenerRule", Id::Arn),
    ("elasticloadbalancing", "listener/app/", "elbv2:Listener", Id::Arn),
    ("elasticloadbalancing", "loadbalancer/app/", "elbv2:LoadBalancer", Id::Arn),
    ("elasticloadbalancing", "targetgroup/", "elbv2:TargetGroup", Id::Arn),
    ("iam", "role/", "iam:Role", Id::Arn),
    ("kms", "key/", "kms:Key", Id::Arn),
    ("logs", "log-group:", "logs:LogGroup", Id::Arn),
    ("rds", "db:", "rds:DBInstance", Id::Rest),
    ("rds", "pg:", "rds:DBParameterGroup", Id::Rest),
    ("rds", "subgrp:", "rds:DBSubnetGroup", Id::Rest),
    ("route53", "hostedzone/", "route53:HostedZone", Id::Rest),
    ("s3", "", "s3:Bucket", Id::Rest),
    ("secretsmanager", "secret:", "secretsmanager:Secret", Id::Arn),
    ("wafv2", "regional/webacl/", "wafv2:WebACL", Id::Arn),
];

/// A kind of one of the tables.
pub(super) fn kind(name: &str) -> KindName {
    KindName::new(name).expect("the kinds of the tables have the form service:Noun")
}

/// Whether it is an ARN.
pub(super) fn is_arn(text: &str) -> bool {
    text.strip_prefix("arn:").is_some_and(|rest| rest.starts_with("aws"))
}

/// The last part of an ARN: what it is of, in its account and region.
pub(super) fn resource_of(arn: &str) -> Option<&str> {
    arn.splitn(6, ':').nth(5).filter(|resource| !resource.is_empty())
}

/// Kind and physical id, where the text tells them by its own form.
pub(super) fn recognize(text: &str) -> Option<(KindName, String)> {
    let (name, id) = by_arn(text).or_else(|| by_prefix(text)).or_else(|| by_shape(text))?;
    Some((kind(name), id.to_owned()))
}

fn by_arn(text: &str) -> Option<(&'static str, &str)> {
    if !is_arn(text) || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return None;
    }
    let (service, resource) = (text.split(':').nth(2)?, resource_of(text)?);
    // The ARN of a bucket's objects, of a secret's version or of a log group's streams is not the object's own.
    let is_part = |rest: &str| match service {
        "s3" => rest.contains(['/', ':', '*']),
        "logs" => rest.contains(":log-stream:"),
        _ => rest.contains('*'),
    };
    let (_, begins, name, id) =
        ARNS.iter().find(|(of, begins, _, _)| *of == service && resource.starts_with(begins))?;
    let rest = &resource[begins.len()..];
    if rest.is_empty() || is_part(rest) {
        return None;
    }
    Some((name, if matches!(id, Id::Rest) { rest } else { text.trim_end_matches(":*") }))
}

fn by_prefix(text: &str) -> Option<(&'static str, &str)> {
    let hex =
        |id: &str| (8..=17).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let found = PREFIXES.iter().find(|(prefix, _)| text.strip_prefix(prefix).is_some_and(hex));
    found.map(|(_, kind)| (*kind, text))
}

fn by_shape(text: &str) -> Option<(&'static str, &str)> {
    if is_pool(text) {
        return Some(("cognito-idp:UserPool", text));
    }
    let (registry, path) = text.split_once('/')?;
    let (account, host) = registry.split_once('.')?;
    let is_registry = account.len() == 12
        && account.bytes().all(|b| b.is_ascii_digit())
        && host.starts_with("dkr.ecr")
        && host.contains(".amazonaws.com");
    // An image is of the repository before its tag or digest.
    let name = path.split(['@', ':']).next().filter(|name| !name.is_empty())?;
    is_registry.then_some(("ecr:Repository", name))
}

/// `us-east-1_AbCdEf123`.
fn is_pool(text: &str) -> bool {
    let is_region = |region: &str| {
        let parts: Vec<&str> = region.split('-').collect();
        parts.len() >= 3
            && parts[0].len() == 2
            && parts[..parts.len() - 1].iter().all(|part| part.bytes().all(|b| b.is_ascii_lowercase()))
            && parts[parts.len() - 1].bytes().all(|b| b.is_ascii_digit())
            && parts.iter().all(|part| !part.is_empty())
    };
    text.split_once('_').is_some_and(|(region, id)| {
        is_region(region) && (9..=55).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric())
    })
}

/// The kinds that are recognised by a form of their own.
#[cfg(test)]
pub(super) fn kinds() -> impl Iterator<Item = &'static str> {
    PREFIXES.iter().map(|(_, kind)| *kind).chain(ARNS.iter().map(|(_, _, kind, _)| *kind))
}
