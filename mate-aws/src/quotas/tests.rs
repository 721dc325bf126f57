use aws_sdk_servicequotas::Client;
use aws_sdk_servicequotas::operation::get_aws_default_service_quota::GetAwsDefaultServiceQuotaOutput;
use aws_sdk_servicequotas::operation::get_service_quota::{GetServiceQuotaError, GetServiceQuotaOutput};
use aws_sdk_servicequotas::types::ServiceQuota;
use aws_sdk_servicequotas::types::error::{AccessDeniedException, NoSuchResourceException};
use aws_smithy_mocks::mock;
use mate_core::model::Kinds;
use mate_core::quota::Quota;

use super::*;
use crate::drivers::testing::{aws, client, code};

fn id(service: &str, code: &str) -> QuotaId {
    QuotaId { service: service.into(), code: code.into() }
}

fn vpcs() -> QuotaId {
    id("vpc", "L-F678F1CE")
}

fn quota(value: f64) -> ServiceQuota {
    ServiceQuota::builder().value(value).build()
}

async fn one(aws: &Aws, id: QuotaId) -> QuotaReading {
    quotas(aws, vec![id]).await[0]
}

#[tokio::test]
async fn the_limit_is_the_account_s_own() {
    let own = mock!(Client::get_service_quota)
        .match_requests(|request| request.service_code() == Some("vpc") && request.quota_code() == Some("L-F678F1CE"))
        .then_output(|| GetServiceQuotaOutput::builder().quota(quota(12.0)).build());
    let aws = Aws { servicequotas: client!(aws_sdk_servicequotas, [&own]), ..aws() };
    assert_eq!(one(&aws, vpcs()).await.limit, Some(12));
}

#[tokio::test]
async fn an_account_without_a_limit_of_its_own_has_aws_s_default() {
    let own = mock!(Client::get_service_quota)
        .then_error(|| GetServiceQuotaError::NoSuchResourceException(NoSuchResourceException::builder().build()));
    let default = mock!(Client::get_aws_default_service_quota)
        .then_output(|| GetAwsDefaultServiceQuotaOutput::builder().quota(quota(5.0)).build());
    let aws = Aws { servicequotas: client!(aws_sdk_servicequotas, [&own, &default]), ..aws() };
    assert_eq!(one(&aws, vpcs()).await.limit, Some(5));
}

#[tokio::test]
async fn a_limit_that_may_not_be_read_is_none() {
    let own = mock!(Client::get_service_quota)
        .then_error(|| GetServiceQuotaError::AccessDeniedException(AccessDeniedException::builder().build()));
    let aws = Aws { servicequotas: client!(aws_sdk_servicequotas, [&own]), ..aws() };
    assert_eq!(one(&aws, vpcs()).await, QuotaReading::default());
}

#[tokio::test]
async fn a_quota_without_a_code_is_not_asked_for() {
    let own =
        mock!(Client::get_service_quota).then_output(|| GetServiceQuotaOutput::builder().quota(quota(7.0)).build());
    let aws = Aws { servicequotas: client!(aws_sdk_servicequotas, any, [&own]), ..aws() };
    assert_eq!(one(&aws, id("cloudtrail", "trails-per-region")).await.limit, None);
    assert_eq!(own.num_calls(), 0);
}

#[test]
fn services_without_regions_are_asked_about_where_they_are_kept() {
    assert_eq!(region_of("iam", "eu-central-1"), "us-east-1");
    assert_eq!(region_of("iam", "cn-northwest-1"), "cn-north-1");
    assert_eq!(region_of("route53", "us-gov-east-1"), "us-gov-west-1");
    assert_eq!(region_of("vpc", "eu-central-1"), "eu-central-1");
}

#[test]
fn whatever_is_counted_is_a_quota_of_the_table() {
    let kinds = Kinds::standard();
    for quota in Quota::all(&kinds).filter(|quota| quota.service == "ec2" || quota.service == "rds") {
        assert!(used::LISTINGS.iter().any(|listing| listing.tells(&quota.id())), "{}", quota.name);
    }
    let told = Quota::all(&kinds).filter(|quota| used::LISTINGS.iter().any(|listing| listing.tells(&quota.id())));
    assert_eq!(told.count(), used::LISTINGS.iter().map(used::Listing::len).sum::<usize>());
}

#[tokio::test]
async fn every_page_is_counted() {
    use aws_sdk_ec2::operation::describe_vpcs::DescribeVpcsOutput;
    use aws_sdk_ec2::types::Vpc;
    let page = |token: Option<&'static str>, next: Option<&'static str>| {
        mock!(aws_sdk_ec2::Client::describe_vpcs)
            .match_requests(move |request| request.next_token() == token)
            .then_output(move || {
                let vpcs = Some(vec![Vpc::builder().build(); 2]);
                DescribeVpcsOutput::builder().set_vpcs(vpcs).set_next_token(next.map(str::to_owned)).build()
            })
    };
    let (first, second) = (page(None, Some("more")), page(Some("more"), None));
    let aws = Aws { ec2: client!(aws_sdk_ec2, any, [&first, &second]), ..aws() };
    assert_eq!(one(&aws, vpcs()).await.used, Some(4));
}

#[tokio::test]
async fn a_listing_that_fails_half_way_tells_nothing() {
    use aws_sdk_ec2::operation::describe_vpcs::{DescribeVpcsError, DescribeVpcsOutput};
    use aws_sdk_ec2::types::Vpc;
    let first = mock!(aws_sdk_ec2::Client::describe_vpcs)
        .match_requests(|request| request.next_token().is_none())
        .then_output(|| DescribeVpcsOutput::builder().vpcs(Vpc::builder().build()).next_token("more").build());
    let second = mock!(aws_sdk_ec2::Client::describe_vpcs)
        .match_requests(|request| request.next_token().is_some())
        .then_error(|| DescribeVpcsError::generic(code("RequestLimitExceeded")));
    let aws = Aws { ec2: client!(aws_sdk_ec2, any, [&first, &second]), ..aws() };
    assert_eq!(one(&aws, vpcs()).await.used, None);
}

#[tokio::test]
async fn of_a_quota_of_each_zone_the_fullest_is_told_without_deleted_gateways() {
    use aws_sdk_ec2::operation::describe_nat_gateways::DescribeNatGatewaysOutput;
    use aws_sdk_ec2::operation::describe_subnets::DescribeSubnetsOutput;
    use aws_sdk_ec2::types::{NatGateway, NatGatewayState, Subnet};
    let subnets = mock!(aws_sdk_ec2::Client::describe_subnets).then_output(|| {
        let subnet = |id: &str, zone: &str| Subnet::builder().subnet_id(id).availability_zone(zone).build();
        let subnets = [subnet("a1", "us-east-1a"), subnet("a2", "us-east-1a"), subnet("b1", "us-east-1b")];
        DescribeSubnetsOutput::builder().set_subnets(Some(subnets.into())).build()
    });
    let gateways = mock!(aws_sdk_ec2::Client::describe_nat_gateways).then_output(|| {
        let gateway = |subnet: &str, state| NatGateway::builder().subnet_id(subnet).state(state).build();
        let gateways = [
            gateway("a1", NatGatewayState::Available),
            gateway("a2", NatGatewayState::Pending),
            gateway("a2", NatGatewayState::Deleted),
            gateway("b1", NatGatewayState::Available),
        ];
        DescribeNatGatewaysOutput::builder().set_nat_gateways(Some(gateways.into())).build()
    });
    let aws = Aws { ec2: client!(aws_sdk_ec2, any, [&subnets, &gateways]), ..aws() };
    assert_eq!(one(&aws, id("vpc", "L-FE5A380F")).await.used, Some(2));
}

#[tokio::test]
async fn rds_tells_four_quotas_at_once() {
    use aws_sdk_rds::operation::describe_account_attributes::DescribeAccountAttributesOutput;
    use aws_sdk_rds::types::AccountQuota;
    let attributes = mock!(aws_sdk_rds::Client::describe_account_attributes).then_output(|| {
        let quota = |name: &str, used| AccountQuota::builder().account_quota_name(name).used(used).max(100).build();
        let quotas = [quota("DBInstances", 3), quota("AllocatedStorage", 60), quota("DBSubnetGroups", 4)];
        DescribeAccountAttributesOutput::builder().set_account_quotas(Some(quotas.into())).build()
    });
    let aws = Aws { rds: client!(aws_sdk_rds, any, [&attributes]), ..aws() };
    let ids = ["L-7ADDB58A", "L-7B6409FD", "L-DE55804A"].map(|code| id("rds", code));
    let read: Vec<Option<u64>> = quotas(&aws, ids.into()).await.iter().map(|reading| reading.used).collect();
    assert_eq!(read, [Some(60), Some(3), None]);
    assert_eq!(attributes.num_calls(), 1);
}

#[tokio::test]
async fn running_tasks_are_counted_in_vcpus_by_their_capacity() {
    use aws_sdk_ecs::operation::describe_tasks::DescribeTasksOutput;
    use aws_sdk_ecs::operation::list_clusters::ListClustersOutput;
    use aws_sdk_ecs::operation::list_tasks::ListTasksOutput;
    use aws_sdk_ecs::types::Task;
    let clusters = mock!(aws_sdk_ecs::Client::list_clusters)
        .then_output(|| ListClustersOutput::builder().cluster_arns("mate-dev").build());
    let tasks = mock!(aws_sdk_ecs::Client::list_tasks)
        .then_output(|| ListTasksOutput::builder().task_arns("a").task_arns("b").task_arns("c").build());
    let described = mock!(aws_sdk_ecs::Client::describe_tasks).then_output(|| {
        let task = |cpu: &str, provider: Option<&str>| {
            Task::builder().cpu(cpu).set_capacity_provider_name(provider.map(str::to_owned)).build()
        };
        let tasks = [task("1024", None), task("256", Some("FARGATE")), task("512", Some("FARGATE_SPOT"))];
        DescribeTasksOutput::builder().set_tasks(Some(tasks.into())).build()
    });
    let aws = Aws { ecs: client!(aws_sdk_ecs, any, [&clusters, &tasks, &described]), ..aws() };
    let ids = vec![id("fargate", "L-3032A538"), id("fargate", "L-36FBB829")];
    let read: Vec<Option<u64>> = quotas(&aws, ids).await.iter().map(|reading| reading.used).collect();
    assert_eq!(read, [Some(2), Some(1)]);
}

#[tokio::test]
async fn keys_of_aws_itself_do_not_count() {
    use aws_sdk_kms::operation::list_aliases::ListAliasesOutput;
    use aws_sdk_kms::operation::list_keys::ListKeysOutput;
    use aws_sdk_kms::types::{AliasListEntry, KeyListEntry};
    let keys = mock!(aws_sdk_kms::Client::list_keys).then_output(|| {
        let keys = ["1", "2", "3"].map(|id| KeyListEntry::builder().key_id(id).build());
        ListKeysOutput::builder().set_keys(Some(keys.into())).build()
    });
    let aliases = mock!(aws_sdk_kms::Client::list_aliases).then_output(|| {
        let alias = |name: &str, key: Option<&str>| {
            AliasListEntry::builder().alias_name(name).set_target_key_id(key.map(str::to_owned)).build()
        };
        let aliases = [alias("alias/aws/s3", None), alias("alias/aws/rds", Some("1")), alias("alias/mate", Some("2"))];
        ListAliasesOutput::builder().set_aliases(Some(aliases.into())).build()
    });
    let aws = Aws { kms: client!(aws_sdk_kms, any, [&keys, &aliases]), ..aws() };
    assert_eq!(one(&aws, id("kms", "L-C2F1777E")).await.used, Some(2));
}
