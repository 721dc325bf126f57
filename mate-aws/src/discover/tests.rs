use aws_sdk_applicationautoscaling::operation::describe_scalable_targets::DescribeScalableTargetsOutput;
use aws_sdk_applicationautoscaling::types::{ScalableDimension, ScalableTarget, ServiceNamespace};
use aws_sdk_ec2::operation::describe_nat_gateways::DescribeNatGatewaysOutput;
use aws_sdk_ec2::operation::describe_vpc_endpoints::DescribeVpcEndpointsOutput;
use aws_sdk_ec2::types::{NatGateway, NatGatewayState, VpcEndpoint};
use aws_sdk_ecs::operation::describe_clusters::DescribeClustersOutput;
use aws_sdk_ecs::operation::describe_task_definition::DescribeTaskDefinitionOutput;
use aws_sdk_ecs::types::{Cluster, TaskDefinition, TaskDefinitionStatus};
use aws_sdk_kms::operation::describe_key::{DescribeKeyError, DescribeKeyOutput};
use aws_sdk_kms::types::{KeyMetadata, KeyState};
use aws_sdk_resourcegroupstagging::Client;
use aws_sdk_resourcegroupstagging::operation::get_resources::GetResourcesOutput;
use aws_sdk_resourcegroupstagging::types::{ResourceTagMapping, Tag};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::DateTime;
use mate_core::model::Tags;
use mate_core::model::ids::TenantKey;

use super::*;
use crate::drivers::testing::{address, aws, client, code};

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

fn drivers() -> Drivers {
    crate::drivers::by_kind(Vec::new())
}

async fn tagged(aws: &Aws, scope: &Scope) -> Result<Vec<Discovered>, ProviderError> {
    super::tagged(aws, &drivers(), scope).await
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

#[test]
fn every_kind_that_can_carry_tags_has_its_place() {
    for (kind, driver) in &drivers() {
        let model = driver.model();
        assert!(driver.arn().is_some() || !model.taggable || model.run_once, "{kind}");
    }
}

#[test]
fn copies_and_parts_are_left_out_by_the_driver_of_the_whole() {
    let drivers = drivers();
    let places = Places::of(&drivers);
    for arn in [
        "arn:aws:backup:us-east-1:1:recovery-point:0a1b",
        "arn:aws:ec2:us-east-1:1:network-interface/eni-1",
        "arn:aws:ec2:us-east-1:1:security-group-rule/sgr-1",
        "arn:aws:ecs:us-east-1:1:task/acme/1",
        "arn:aws:elasticache:us-east-1:1:cluster:mate-acme-dev-redis-001",
        "arn:aws:elasticache:us-east-1:1:snapshot:final",
        "arn:aws:rds:us-east-1:1:auto-backup:ab-1",
        "arn:aws:rds:us-east-1:1:cluster-snapshot:final",
        "arn:aws:rds:us-east-1:1:snapshot:final",
    ] {
        assert_eq!(places.place(arn), Place::LeftOut, "{arn}");
    }
    assert_eq!(places.place("no ARN"), Place::Unknown);
}

/// The tagging API's answer to a request for exactly these tags: resources, each with its tags.
fn tagged_as(asked: &'static [(&'static str, &'static str)], list: Vec<(&'static str, Tags)>) -> Rule {
    mock!(Client::get_resources)
        .match_requests(move |request| {
            let filters = request.tag_filters().iter();
            let filters: Vec<_> = filters.map(|one| (one.key().unwrap(), one.values()[0].as_str())).collect();
            filters == asked
        })
        .then_output(move || {
            let mapping = |(arn, tags): &(&str, Tags)| {
                let tags = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build().unwrap());
                ResourceTagMapping::builder().resource_arn(*arn).set_tags(Some(tags.collect())).build()
            };
            let list = list.iter().map(mapping).collect();
            GetResourcesOutput::builder().set_resource_tag_mapping_list(Some(list)).build()
        })
}

fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn an_environment_is_its_platform_and_all_of_its_tenants() {
    let tenant = address("thing");
    let platform = TenantKey::platform(tenant.environment.clone()).node(tenant.node.clone());
    let list = vec![
        ("arn:aws:ec2:us-east-1:1:security-group/sg-1", Ownership(tenant.clone()).tags()),
        ("arn:aws:ec2:us-east-1:1:vpc/vpc-1", Ownership(platform.clone()).tags()),
        ("arn:aws:ec2:us-east-1:1:vpc/vpc-2", tags(&[("ManagedBy", "mate"), ("Environment", "dev")])),
    ];
    let asked = tagged_as(&[("Environment", "dev"), ("ManagedBy", "mate")], list);
    let aws = Aws { tagging: client!(aws_sdk_resourcegroupstagging, [&asked]), ..aws() };
    let found = tagged(&aws, &Scope::Environment(tenant.environment.clone())).await.unwrap();
    let found: Vec<_> =
        found.into_iter().map(|object| (object.physical_id.unwrap(), object.address.unwrap())).collect();
    assert_eq!(found, [("sg-1".to_owned(), tenant), ("vpc-1".to_owned(), platform)]);
}

#[tokio::test]
async fn a_search_by_tags_finds_what_is_nobody_s_too() {
    let mut ours = Ownership(address("thing")).tags();
    ours.insert("Project".to_owned(), "shop".to_owned());
    let list = vec![
        ("arn:aws:ec2:us-east-1:1:vpc/vpc-1", tags(&[("Project", "shop"), ("Name", "main")])),
        ("arn:aws:ec2:us-east-1:1:vpc/vpc-2", ours),
        ("arn:aws:sqs:us-east-1:1:jobs", tags(&[("Project", "shop")])),
    ];
    let asked = tagged_as(&[("Project", "shop")], list);
    let aws = Aws { tagging: client!(aws_sdk_resourcegroupstagging, [&asked]), ..aws() };
    let found = tagged(&aws, &Scope::Tags(tags(&[("Project", "shop")]))).await.unwrap();
    let found: Vec<_> = found.iter().map(|object| (object.physical_id.as_deref(), object.address.as_ref())).collect();
    assert_eq!(found, [(Some("vpc-1"), None), (Some("vpc-2"), Some(&address("thing"))), (None, None)]);
}

#[tokio::test]
async fn what_is_deleted_or_inactive_is_left_out_by_one_call_a_kind() {
    let list = listed(
        None,
        &[
            "arn:aws:ec2:us-east-1:1:natgateway/nat-1",
            "arn:aws:ec2:us-east-1:1:natgateway/nat-2",
            "arn:aws:ec2:us-east-1:1:vpc-endpoint/vpce-1",
            "arn:aws:ec2:us-east-1:1:vpc-endpoint/vpce-2",
            "arn:aws:ecs:us-east-1:1:cluster/one",
            "arn:aws:ecs:us-east-1:1:cluster/two",
        ],
        "",
    );
    let gateways = mock!(aws_sdk_ec2::Client::describe_nat_gateways)
        .match_requests(|request| request.filter()[0].values() == ["nat-1", "nat-2"])
        .then_output(|| {
            let one = |id: &str, state| NatGateway::builder().nat_gateway_id(id).state(state).build();
            DescribeNatGatewaysOutput::builder()
                .nat_gateways(one("nat-1", NatGatewayState::Deleted))
                .nat_gateways(one("nat-2", NatGatewayState::Available))
                .build()
        });
    let endpoints = mock!(aws_sdk_ec2::Client::describe_vpc_endpoints)
        .match_requests(|request| request.vpc_endpoint_ids() == ["vpce-1", "vpce-2"])
        .then_output(|| {
            let one = |id: &str, state: &str| VpcEndpoint::builder().vpc_endpoint_id(id).state(state.into()).build();
            DescribeVpcEndpointsOutput::builder()
                .vpc_endpoints(one("vpce-1", "available"))
                .vpc_endpoints(one("vpce-2", "deleted"))
                .build()
        });
    let clusters = mock!(aws_sdk_ecs::Client::describe_clusters)
        .match_requests(|request| request.clusters().len() == 2)
        .then_output(|| {
            let one = |name: &str, status: &str| {
                let arn = format!("arn:aws:ecs:us-east-1:1:cluster/{name}");
                Cluster::builder().cluster_arn(arn).status(status).build()
            };
            DescribeClustersOutput::builder().clusters(one("one", "INACTIVE")).clusters(one("two", "ACTIVE")).build()
        });
    let aws = Aws {
        tagging: client!(aws_sdk_resourcegroupstagging, [&list]),
        ec2: client!(aws_sdk_ec2, any, [&gateways, &endpoints]),
        ecs: client!(aws_sdk_ecs, [&clusters]),
        ..aws()
    };
    let found = tagged(&aws, &scope()).await.unwrap();
    let found: Vec<_> = found.iter().filter_map(|object| object.physical_id.as_deref()).collect();
    assert_eq!(found, ["nat-2", "vpce-1", "arn:aws:ecs:us-east-1:1:cluster/two"]);
    assert_eq!([&gateways, &endpoints, &clusters].map(Rule::num_calls), [1, 1, 1]);
}

#[tokio::test]
async fn a_key_that_waits_for_its_deletion_is_left_out_and_one_that_keeps_us_out_is_there() {
    const LEAVING: &str = "arn:aws:kms:us-east-1:1:key/a";
    const CLOSED: &str = "arn:aws:kms:us-east-1:1:key/b";
    const OPEN: &str = "arn:aws:kms:us-east-1:1:key/c";
    let state = |arn: &'static str, state: KeyState| {
        mock!(aws_sdk_kms::Client::describe_key)
            .match_requests(move |request| request.key_id() == Some(arn))
            .then_output(move || {
                let key = KeyMetadata::builder().key_id(arn).key_state(state.clone()).build().unwrap();
                DescribeKeyOutput::builder().key_metadata(key).build()
            })
    };
    let denied = mock!(aws_sdk_kms::Client::describe_key)
        .match_requests(|request| request.key_id() == Some(CLOSED))
        .then_error(|| DescribeKeyError::generic(code("AccessDeniedException")));
    let rules = [state(LEAVING, KeyState::PendingDeletion), denied, state(OPEN, KeyState::Enabled)];
    let aws = Aws {
        tagging: client!(aws_sdk_resourcegroupstagging, [&listed(None, &[LEAVING, CLOSED, OPEN], "")]),
        kms: client!(aws_sdk_kms, any, [&rules[0], &rules[1], &rules[2]]),
        ..aws()
    };
    let found = tagged(&aws, &scope()).await.unwrap();
    assert_eq!(found.iter().map(|object| object.arn.as_str()).collect::<Vec<_>>(), [CLOSED, OPEN]);
}

const BOUND: &str = "arn:aws:application-autoscaling:us-east-1:1:scalable-target/0ec5a1";

fn scalable_targets(arns: &'static [&'static str]) -> Rule {
    mock!(aws_sdk_applicationautoscaling::Client::describe_scalable_targets).then_output(move || {
        let one = |arn: &&str| {
            ScalableTarget::builder()
                .scalable_target_arn(*arn)
                .resource_id("service/main/django")
                .service_namespace(ServiceNamespace::Ecs)
                .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
                .min_capacity(1)
                .max_capacity(2)
                .role_arn("arn:aws:iam::1:role/scaling")
                .creation_time(DateTime::from_secs(1))
                .build()
                .unwrap()
        };
        DescribeScalableTargetsOutput::builder().set_scalable_targets(Some(arns.iter().map(one).collect())).build()
    })
}

#[tokio::test]
async fn a_scalable_target_has_the_id_of_its_service_and_is_gone_when_it_is_not_listed() {
    for (known, ids) in [(&[BOUND] as &[&str], vec![Some("service/main/django".to_owned())]), (&[], vec![])] {
        let aws = Aws {
            tagging: client!(aws_sdk_resourcegroupstagging, [&listed(None, &[BOUND], "")]),
            applicationautoscaling: client!(aws_sdk_applicationautoscaling, [&scalable_targets(known)]),
            ..aws()
        };
        let found = tagged(&aws, &scope()).await.unwrap();
        assert_eq!(found.into_iter().map(|object| object.physical_id).collect::<Vec<_>>(), ids);
    }
}

#[tokio::test]
async fn a_stranger_s_scalable_target_of_another_service_is_of_no_kind_of_ours() {
    let asked = tagged_as(&[("Project", "shop")], vec![(BOUND, tags(&[("Project", "shop")]))]);
    let aws = Aws {
        tagging: client!(aws_sdk_resourcegroupstagging, [&asked]),
        applicationautoscaling: client!(aws_sdk_applicationautoscaling, [&scalable_targets(&[])]),
        ..aws()
    };
    let found = tagged(&aws, &Scope::Tags(tags(&[("Project", "shop")]))).await.unwrap();
    assert_eq!((found.len(), &found[0].kind, &found[0].physical_id), (1, &None, &None));
}

#[test]
fn the_physical_id_is_the_one_that_the_driver_gives() {
    const WHOLE: &str = "";
    let table = [
        ("acm:Certificate", "arn:aws:acm:us-east-1:1:certificate/0a1b", WHOLE),
        ("cloudtrail:Trail", "arn:aws:cloudtrail:us-east-1:1:trail/mate-dev", WHOLE),
        ("cognito-idp:UserPool", "arn:aws:cognito-idp:us-east-1:1:userpool/us-east-1_abc", "us-east-1_abc"),
        ("ec2:EIP", "arn:aws:ec2:us-east-1:1:elastic-ip/eipalloc-1", "eipalloc-1"),
        ("ec2:FlowLog", "arn:aws:ec2:us-east-1:1:vpc-flow-log/fl-1", "fl-1"),
        ("ec2:InternetGateway", "arn:aws:ec2:us-east-1:1:internet-gateway/igw-1", "igw-1"),
        ("ec2:NatGateway", "arn:aws:ec2:us-east-1:1:natgateway/nat-1", "nat-1"),
        ("ec2:RouteTable", "arn:aws:ec2:us-east-1:1:route-table/rtb-1", "rtb-1"),
        ("ec2:SecurityGroup", "arn:aws:ec2:us-east-1:1:security-group/sg-1", "sg-1"),
        ("ec2:Subnet", "arn:aws:ec2:us-east-1:1:subnet/subnet-1", "subnet-1"),
        ("ec2:VPC", "arn:aws:ec2:us-east-1:1:vpc/vpc-1", "vpc-1"),
        ("ec2:VPCEndpoint", "arn:aws:ec2:us-east-1:1:vpc-endpoint/vpce-1", "vpce-1"),
        ("ecr:Repository", "arn:aws:ecr:us-east-1:1:repository/mate/django", "mate/django"),
        ("ecs:Cluster", "arn:aws:ecs:us-east-1:1:cluster/main", WHOLE),
        ("ecs:Service", "arn:aws:ecs:us-east-1:1:service/main/django", WHOLE),
        ("ecs:TaskDefinition", "arn:aws:ecs:us-east-1:1:task-definition/django:7", WHOLE),
        ("efs:AccessPoint", "arn:aws:elasticfilesystem:us-east-1:1:access-point/fsap-1", "fsap-1"),
        ("efs:FileSystem", "arn:aws:elasticfilesystem:us-east-1:1:file-system/fs-1", "fs-1"),
        ("elasticache:CacheSubnetGroup", "arn:aws:elasticache:us-east-1:1:subnetgroup:subnets", "subnets"),
        ("elasticache:ReplicationGroup", "arn:aws:elasticache:us-east-1:1:replicationgroup:redis", "redis"),
        ("elbv2:Listener", "arn:aws:elasticloadbalancing:us-east-1:1:listener/app/alb/1/2", WHOLE),
        ("elbv2:ListenerRule", "arn:aws:elasticloadbalancing:us-east-1:1:listener-rule/app/alb/1/2/3", WHOLE),
        ("elbv2:LoadBalancer", "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/alb/1", WHOLE),
        ("elbv2:TargetGroup", "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/django/1", WHOLE),
        ("iam:Role", "arn:aws:iam::1:role/mate/dev/acme/task", WHOLE),
        ("kms:Key", "arn:aws:kms:us-east-1:1:key/0a1b", WHOLE),
        ("logs:LogGroup", "arn:aws:logs:us-east-1:1:log-group:/ecs/django", WHOLE),
        ("rds:DBInstance", "arn:aws:rds:us-east-1:1:db:db", "db"),
        ("rds:DBParameterGroup", "arn:aws:rds:us-east-1:1:pg:settings", "settings"),
        ("rds:DBSubnetGroup", "arn:aws:rds:us-east-1:1:subgrp:subnets", "subnets"),
        ("route53:HostedZone", "arn:aws:route53:::hostedzone/Z1", "Z1"),
        ("s3:Bucket", "arn:aws:s3:::mate-acme-dev-data", "mate-acme-dev-data"),
        ("secretsmanager:Secret", "arn:aws:secretsmanager:us-east-1:1:secret:mate-acme-dev-db-a1b2c3", WHOLE),
        ("wafv2:WebACL", "arn:aws:wafv2:us-east-1:1:regional/webacl/main/0a1b", WHOLE),
    ];
    let drivers = drivers();
    let places = Places::of(&drivers);
    for (kind, arn, id) in table {
        let id = if id == WHOLE { arn } else { id };
        assert_eq!(places.place(arn), Place::Of(&KindName::new(kind).unwrap(), id));
    }
}

#[test]
fn what_only_looks_like_one_of_our_kinds_is_none() {
    let drivers = drivers();
    let places = Places::of(&drivers);
    for arn in [
        "arn:aws:s3:us-east-1:1:accesspoint/mine",
        "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/net/nlb/1",
        "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/classic",
        "arn:aws:elasticloadbalancing:us-east-1:1:listener/net/nlb/1/2",
    ] {
        assert_eq!(places.place(arn), Place::Unknown, "{arn}");
    }
}

#[tokio::test]
async fn an_embedder_s_own_kind_is_found_by_the_arn_of_its_model_and_left_out_when_its_driver_says_it_is_over() {
    let list = listed(None, &["arn:aws:sqs:us-east-1:1:jobs", "arn:aws:sqs:us-east-1:1:jobs-old"], "");
    let aws = Aws { tagging: client!(aws_sdk_resourcegroupstagging, [&list]), ..aws() };
    let drivers = crate::drivers::by_kind(vec![Arc::new(crate::drivers::testing::QueueDriver)]);
    let found = super::tagged(&aws, &drivers, &scope()).await.unwrap();
    let found: Vec<_> = found.iter().map(|object| (object.kind.clone().unwrap(), object.arn.as_str())).collect();
    assert_eq!(found, [("sqs:Queue".parse().unwrap(), "arn:aws:sqs:us-east-1:1:jobs")]);
}
