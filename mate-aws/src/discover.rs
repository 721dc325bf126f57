//! What carries a tenant's tags, over all services at once, from the tagging API.

use aws_sdk_resourcegroupstagging::types::TagFilter;
use mate_core::model::Ownership;
use mate_core::model::ids::KindName;
use mate_core::provider::{Discovered, ProviderError, Scope};

use crate::classify::failed;
use crate::context::Aws;
use crate::tags;

mod alive;
#[cfg(test)]
mod tests;

/// Everything that carries the tags of the scope, without what is only a copy, a part or a remainder: snapshots,
/// members of a replication group, tasks, what is inactive, deleted or on its way out.
pub(crate) async fn tagged(aws: &Aws, scope: &Scope) -> Result<Vec<Discovered>, ProviderError> {
    let anchor = scope.anchor();
    let filters: Vec<TagFilter> =
        scope.tags().into_iter().map(|(key, value)| TagFilter::builder().key(key).values(value).build()).collect();
    let mut found = Vec::new();
    let mut token = None;
    loop {
        let call = aws.tagging.get_resources().set_tag_filters(Some(filters.clone())).resources_per_page(100);
        let answer = call.set_pagination_token(token).send().await;
        let page = answer.map_err(failed(&anchor, "tag:GetResources"))?;
        for mapping in page.resource_tag_mapping_list.unwrap_or_default() {
            let tags = tags::from_pairs(mapping.tags().iter().map(|tag| (tag.key(), tag.value())));
            if !scope.covers(&tags) {
                continue;
            }
            let address = Ownership::from_tags(&tags);
            let arn = mapping.resource_arn().unwrap_or_default().trim_end_matches(":*").to_owned();
            match place(&arn) {
                Place::Kind(kind) => {
                    let kind = KindName::new(kind).expect("a kind of the table");
                    let physical_id = physical_id(&kind, &arn);
                    found.push(Discovered { address, kind: Some(kind), arn, physical_id, tags });
                }
                Place::Unknown => found.push(Discovered { address, kind: None, arn, physical_id: None, tags }),
                Place::LeftOut => {}
            }
        }
        match page.pagination_token {
            Some(next) if !next.is_empty() => token = Some(next),
            _ => break,
        }
    }
    alive::only(aws, &anchor, found).await
}

/// The physical id of what an ARN stands for, as the kind's driver gives it; none where the ARN does not hold it.
fn physical_id(kind: &KindName, arn: &str) -> Option<String> {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    let last = resource.rsplit(['/', ':']).next().unwrap_or(resource);
    let id = match kind.as_str() {
        "application-autoscaling:ScalableTarget" => return None,
        "ecr:Repository" => resource.strip_prefix("repository/").unwrap_or(resource),
        kind if ["ec2:", "efs:", "rds:", "route53:"].iter().any(|service| kind.starts_with(service)) => last,
        "cognito-idp:UserPool" | "elasticache:CacheSubnetGroup" | "elasticache:ReplicationGroup" | "s3:Bucket" => last,
        _ => arn,
    };
    Some(id.to_owned())
}

/// What an ARN stands for.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    Kind(&'static str),
    Unknown,
    LeftOut,
}

/// Service, beginning of the resource part, kind; no kind for what is left out.
const PLACES: &[(&str, &str, Option<&str>)] = &[
    ("application-autoscaling", "scalable-target/", Some("application-autoscaling:ScalableTarget")),
    ("backup", "recovery-point:", None),
    ("acm", "certificate/", Some("acm:Certificate")),
    ("cloudtrail", "trail/", Some("cloudtrail:Trail")),
    ("cognito-idp", "userpool/", Some("cognito-idp:UserPool")),
    ("ec2", "elastic-ip/", Some("ec2:EIP")),
    ("ec2", "internet-gateway/", Some("ec2:InternetGateway")),
    ("ec2", "natgateway/", Some("ec2:NatGateway")),
    ("ec2", "network-interface/", None),
    ("ec2", "route-table/", Some("ec2:RouteTable")),
    ("ec2", "security-group/", Some("ec2:SecurityGroup")),
    ("ec2", "security-group-rule/", None),
    ("ec2", "subnet/", Some("ec2:Subnet")),
    ("ec2", "vpc-endpoint/", Some("ec2:VPCEndpoint")),
    ("ec2", "vpc-flow-log/", Some("ec2:FlowLog")),
    ("ec2", "vpc/", Some("ec2:VPC")),
    ("ecr", "repository/", Some("ecr:Repository")),
    ("ecs", "cluster/", Some("ecs:Cluster")),
    ("ecs", "service/", Some("ecs:Service")),
    ("ecs", "task-definition/", Some("ecs:TaskDefinition")),
    ("ecs", "task/", None),
    ("elasticache", "cluster:", None),
    ("elasticache", "replicationgroup:", Some("elasticache:ReplicationGroup")),
    ("elasticache", "snapshot:", None),
    ("elasticache", "subnetgroup:", Some("elasticache:CacheSubnetGroup")),
    ("elasticfilesystem", "access-point/", Some("efs:AccessPoint")),
    ("elasticfilesystem", "file-system/", Some("efs:FileSystem")),
    ("elasticloadbalancing", "listener-rule/app/", Some("elbv2:ListenerRule")),
    ("elasticloadbalancing", "listener/app/", Some("elbv2:Listener")),
    ("elasticloadbalancing", "loadbalancer/app/", Some("elbv2:LoadBalancer")),
    ("elasticloadbalancing", "targetgroup/", Some("elbv2:TargetGroup")),
    ("iam", "role/", Some("iam:Role")),
    ("kms", "key/", Some("kms:Key")),
    ("logs", "log-group:", Some("logs:LogGroup")),
    ("rds", "auto-backup:", None),
    ("rds", "cluster-snapshot:", None),
    ("rds", "db:", Some("rds:DBInstance")),
    ("rds", "pg:", Some("rds:DBParameterGroup")),
    ("rds", "snapshot:", None),
    ("rds", "subgrp:", Some("rds:DBSubnetGroup")),
    ("route53", "hostedzone/", Some("route53:HostedZone")),
    ("s3", "", Some("s3:Bucket")),
    ("secretsmanager", "secret:", Some("secretsmanager:Secret")),
    ("wafv2", "regional/webacl/", Some("wafv2:WebACL")),
];

fn place(arn: &str) -> Place {
    let mut parts = arn.splitn(6, ':').skip(2);
    let (Some(service), Some(resource)) = (parts.next(), parts.nth(2)) else { return Place::Unknown };
    // Beside buckets, S3 has access points and the like.
    if service == "s3" && resource.contains('/') {
        return Place::Unknown;
    }
    PLACES
        .iter()
        .find(|(of, begins, _)| *of == service && resource.starts_with(begins))
        .map_or(Place::Unknown, |(_, _, kind)| kind.map_or(Place::LeftOut, Place::Kind))
}
