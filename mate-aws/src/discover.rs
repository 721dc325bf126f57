//! What carries a tenant's tags, over all services at once, from the tagging API.

use aws_sdk_resourcegroupstagging::types::TagFilter;
use futures::{StreamExt, TryStreamExt};
use mate_core::ids::{Address, KindName};
use mate_core::provider::{Discovered, Ownership, ProviderError, Scope};

use crate::classify::failed;
use crate::context::Aws;
use crate::tags;

/// Everything that carries the ownership tags of the scope, without what is only a copy, a part or a remainder:
/// snapshots, members of a replication group, tasks, task definitions and services that are inactive, secrets and keys on
/// their way out.
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
    let alive = futures::stream::iter(found.into_iter().map(|object| {
        let anchor = &anchor;
        async move { Ok((is_alive(aws, anchor, &object).await?, object)) }
    }));
    let judged: Vec<(bool, Discovered)> = alive.buffered(8).try_collect().await?;
    Ok(judged.into_iter().filter(|(alive, _)| *alive).map(|(_, object)| object).collect())
}

/// The physical id of what an ARN stands for, as the kind's driver gives it.
fn physical_id(kind: &KindName, arn: &str) -> Option<String> {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    let last = resource.rsplit(['/', ':']).next().unwrap_or(resource);
    let id = match kind.as_str() {
        "application-autoscaling:ScalableTarget" => return None,
        "ecr:Repository" => resource.strip_prefix("repository/").unwrap_or(resource),
        "ecs:TaskDefinition" => last,
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
    ("elasticloadbalancing", "listener-rule/", Some("elbv2:ListenerRule")),
    ("elasticloadbalancing", "listener/", Some("elbv2:Listener")),
    ("elasticloadbalancing", "loadbalancer/", Some("elbv2:LoadBalancer")),
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
    PLACES
        .iter()
        .find(|(of, begins, _)| *of == service && resource.starts_with(begins))
        .map_or(Place::Unknown, |(_, _, kind)| kind.map_or(Place::LeftOut, Place::Kind))
}

/// Whether the object still does something: the tagging API goes on listing what is inactive or on its way out.
async fn is_alive(aws: &Aws, anchor: &Address, object: &Discovered) -> Result<bool, ProviderError> {
    match object.kind.as_ref().map(KindName::as_str) {
        #[cfg(feature = "ecs")]
        Some("ecs:TaskDefinition") => {
            use aws_sdk_ecs::types::TaskDefinitionStatus;

            use crate::classify::if_found;
            let call = aws.ecs.describe_task_definition().task_definition(&object.arn);
            let answer = if_found(call.send().await.map_err(failed(anchor, "ecs:DescribeTaskDefinition")));
            let status = match answer {
                Ok(answer) => answer.and_then(|answer| answer.task_definition).and_then(|found| found.status),
                // For a revision that is gone ECS says "ClientException", as for every wrong request.
                Err(error) if error.code.as_deref() == Some("ClientException") => None,
                Err(error) => return Err(error),
            };
            Ok(status == Some(TaskDefinitionStatus::Active))
        }
        #[cfg(feature = "ecs")]
        Some("ecs:Service") => {
            use crate::classify::if_found;
            // arn:…:service/{cluster}/{name}
            let Some(cluster) = object.arn.split('/').nth_back(1).filter(|_| object.arn.matches('/').count() > 1)
            else {
                return Ok(true);
            };
            let call = aws.ecs.describe_services().cluster(cluster).services(&object.arn);
            let answer = if_found(call.send().await.map_err(failed(anchor, "ecs:DescribeServices")))?;
            let services = answer.and_then(|answer| answer.services).unwrap_or_default();
            Ok(services.iter().any(|service| service.status() != Some("INACTIVE")))
        }
        #[cfg(feature = "kms")]
        Some("kms:Key") => {
            use aws_sdk_kms::types::KeyState;

            use crate::classify::if_found;
            let call = aws.kms.describe_key().key_id(&object.arn);
            let answer = if_found(call.send().await.map_err(failed(anchor, "kms:DescribeKey")))?;
            let key = answer.and_then(|answer| answer.key_metadata);
            let leaving = [KeyState::PendingDeletion, KeyState::PendingReplicaDeletion];
            Ok(key.is_some_and(|key| key.key_state.is_none_or(|state| !leaving.contains(&state))))
        }
        #[cfg(feature = "secretsmanager")]
        Some("secretsmanager:Secret") => {
            use crate::classify::if_found;
            let call = aws.secretsmanager.describe_secret().secret_id(&object.arn);
            let answer = if_found(call.send().await.map_err(failed(anchor, "secretsmanager:DescribeSecret")))?;
            Ok(answer.is_some_and(|secret| secret.deleted_date().is_none()))
        }
        _ => {
            // Unused in a build without the services above.
            let _ = (aws, anchor);
            Ok(true)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use aws_sdk_ecs::operation::describe_task_definition::DescribeTaskDefinitionOutput;
    use aws_sdk_ecs::types::{TaskDefinition, TaskDefinitionStatus};
    use aws_sdk_resourcegroupstagging::Client;
    use aws_sdk_resourcegroupstagging::operation::get_resources::GetResourcesOutput;
    use aws_sdk_resourcegroupstagging::types::{ResourceTagMapping, Tag};
    use aws_smithy_mocks::{Rule, mock};
    use mate_core::ids::TenantKey;
    use mate_core::kinds::Kinds;

    use super::*;
    use crate::drivers::testing::{address, aws, client};

    fn listed(token: Option<&'static str>, arns: &'static [&'static str], next: &'static str) -> Rule {
        mock!(Client::get_resources)
            .match_requests(move |request| request.pagination_token() == token && request.tag_filters().len() == 3)
            .then_output(move || {
                let tags = |_: &&str| Ownership(address("thing")).tags();
                let mapping = |arn: &&str| {
                    let tags = tags(arn).into_iter().map(|(key, value)| Tag::builder().key(key).value(value));
                    ResourceTagMapping::builder()
                        .resource_arn(*arn)
                        .set_tags(Some(tags.map(|tag| tag.build().unwrap()).collect()))
                        .build()
                };
                let list = arns.iter().map(mapping).collect();
                GetResourcesOutput::builder().set_resource_tag_mapping_list(Some(list)).pagination_token(next).build()
            })
    }

    fn scope() -> Scope {
        let address = address("thing");
        Scope::Tenant(TenantKey::new(address.environment, address.tenant))
    }

    #[tokio::test]
    async fn every_page_is_read_and_snapshots_are_left_out() {
        const GROUP: &str = "arn:aws:ec2:us-east-1:1:security-group/sg-1";
        const QUEUE: &str = "arn:aws:sqs:us-east-1:1:jobs";
        let first = listed(None, &[GROUP, "arn:aws:rds:us-east-1:1:snapshot:final"], "next");
        let second = listed(Some("next"), &[QUEUE, "arn:aws:logs:us-east-1:1:log-group:/ecs/a:*"], "");
        let aws = Aws { tagging: client!(aws_sdk_resourcegroupstagging, [&first, &second]), ..aws() };
        let found = tagged(&aws, &scope()).await.unwrap();
        let found: Vec<_> =
            found.iter().map(|object| (object.kind.as_ref().map(KindName::as_str), object.arn.as_str())).collect();
        assert_eq!(
            found,
            [
                (Some("ec2:SecurityGroup"), GROUP),
                (None, QUEUE),
                (Some("logs:LogGroup"), "arn:aws:logs:us-east-1:1:log-group:/ecs/a")
            ]
        );
    }

    #[tokio::test]
    async fn an_inactive_task_definition_is_left_out() {
        let list = listed(
            None,
            &["arn:aws:ecs:us-east-1:1:task-definition/a:1", "arn:aws:ecs:us-east-1:1:task-definition/a:2"],
            "",
        );
        let revision = |arn: &'static str, status: TaskDefinitionStatus| {
            mock!(aws_sdk_ecs::Client::describe_task_definition)
                .match_requests(move |request| request.task_definition().unwrap().ends_with(arn))
                .then_output(move || {
                    let definition = TaskDefinition::builder().status(status.clone()).build();
                    DescribeTaskDefinitionOutput::builder().task_definition(definition).build()
                })
        };
        let old = revision("a:1", TaskDefinitionStatus::Inactive);
        let new = revision("a:2", TaskDefinitionStatus::Active);
        let aws = Aws {
            tagging: client!(aws_sdk_resourcegroupstagging, [&list]),
            ecs: client!(aws_sdk_ecs, any, [&old, &new]),
            ..aws()
        };
        let found = tagged(&aws, &scope()).await.unwrap();
        assert_eq!(
            found.iter().map(|object| object.arn.as_str()).collect::<Vec<_>>(),
            ["arn:aws:ecs:us-east-1:1:task-definition/a:2"]
        );
    }

    #[tokio::test]
    async fn a_key_that_waits_for_its_deletion_is_left_out() {
        use aws_sdk_kms::operation::describe_key::DescribeKeyOutput;
        use aws_sdk_kms::types::{KeyMetadata, KeyState};

        let list = listed(None, &["arn:aws:kms:us-east-1:1:key/a", "arn:aws:kms:us-east-1:1:key/b"], "");
        let key = |arn: &'static str, state: KeyState| {
            mock!(aws_sdk_kms::Client::describe_key)
                .match_requests(move |request| request.key_id().unwrap().ends_with(arn))
                .then_output(move || {
                    let key = KeyMetadata::builder().key_id(arn).key_state(state.clone()).build().unwrap();
                    DescribeKeyOutput::builder().key_metadata(key).build()
                })
        };
        let (leaving, disabled) = (key("key/a", KeyState::PendingDeletion), key("key/b", KeyState::Disabled));
        let aws = Aws {
            tagging: client!(aws_sdk_resourcegroupstagging, [&list]),
            kms: client!(aws_sdk_kms, any, [&leaving, &disabled]),
            ..aws()
        };
        let found = tagged(&aws, &scope()).await.unwrap();
        assert_eq!(
            found.iter().map(|object| object.arn.as_str()).collect::<Vec<_>>(),
            ["arn:aws:kms:us-east-1:1:key/b"]
        );
    }

    #[test]
    fn every_kind_that_can_carry_tags_has_its_place() {
        let placed: BTreeSet<&str> = PLACES.iter().filter_map(|(_, _, kind)| *kind).collect();
        let kinds = Kinds::standard();
        let taggable: BTreeSet<&str> =
            kinds.iter().filter(|model| model.taggable).map(|model| model.name.as_str()).collect();
        assert_eq!(placed, taggable);
    }

    #[test]
    fn an_arn_is_placed_by_its_service_and_resource() {
        for (arn, kind) in [
            ("arn:aws:s3:::mate-acme-dev-data", "s3:Bucket"),
            ("arn:aws-cn:rds:cn-north-1:1:db:mate-acme-dev-db", "rds:DBInstance"),
            ("arn:aws:elasticloadbalancing:us-east-1:1:listener-rule/app/lb/1/2/3", "elbv2:ListenerRule"),
            ("arn:aws:elasticloadbalancing:us-east-1:1:listener/app/lb/1/2", "elbv2:Listener"),
            ("arn:aws:iam::1:role/mate/dev/acme/mate-acme-dev-task", "iam:Role"),
            ("arn:aws:secretsmanager:us-east-1:1:secret:mate-acme-dev-db-a1b2c3", "secretsmanager:Secret"),
        ] {
            assert_eq!(place(arn), Place::Kind(kind), "{arn}");
        }
        assert_eq!(place("arn:aws:elasticache:us-east-1:1:cluster:mate-acme-dev-redis-001"), Place::LeftOut);
        assert_eq!(place("no ARN"), Place::Unknown);
    }
}
