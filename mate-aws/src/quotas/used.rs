//! The usage of the account's quotas. Each source is one listing, which gives the figures of one quota or several.

#[cfg(feature = "ec2")]
use std::collections::BTreeMap;
#[cfg(feature = "kms")]
use std::collections::BTreeSet;

use futures::future::BoxFuture;
use mate_core::provider::QuotaId;

use super::unread;
use crate::context::Aws;

/// The counts of one listing; `None` where it could not be read.
type Reading<'a> = BoxFuture<'a, Option<Vec<Option<u64>>>>;

/// A source of figures: its quotas by service and code, and the function that reads them. The figures have the same
/// order, with `None` for one that the source did not tell. Where each of several places has the quota, the figure is
/// that of the fullest place.
pub(super) struct Listing {
    quotas: &'static [(&'static str, &'static str)],
    read: for<'a> fn(&'a Aws) -> Reading<'a>,
}

impl Listing {
    pub(super) fn tells(&self, id: &QuotaId) -> bool {
        self.quotas.iter().any(|(service, code)| *service == id.service && *code == id.code)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.quotas.len()
    }

    pub(super) async fn read(&self, aws: &Aws) -> Vec<(QuotaId, u64)> {
        let figures = (self.read)(aws).await.unwrap_or_default();
        let told = self.quotas.iter().zip(figures).filter_map(|((service, code), figure)| {
            Some((QuotaId { service: (*service).to_owned(), code: (*code).to_owned() }, figure?))
        });
        told.collect()
    }
}

/// Every page of a call; none as soon as one of them fails.
macro_rules! pages {
    ($call:expr, |$page:ident| $each:expr) => {{
        let mut pages = $call.into_paginator().send();
        while let Some(answer) = pages.next().await {
            let $page = answer.map_err(unread).ok()?;
            $each;
        }
    }};
}

/// The number of items on all pages of a call.
macro_rules! count {
    ($call:expr, $items:ident) => {
        count!($call, $items, |_item| true)
    };
    ($call:expr, $items:ident, |$item:ident| $counts:expr) => {{
        let mut sum = 0_u64;
        pages!($call, |page| sum += page.$items().iter().filter(|$item| $counts).count() as u64);
        Some(vec![Some(sum)])
    }};
}

macro_rules! listing {
    ([$(($service:literal, $code:literal)),+ $(,)?], |$aws:ident| $read:expr) => {
        Listing { quotas: &[$(($service, $code)),+], read: |$aws| Box::pin(async move { $read }) }
    };
}

/// The most that one place has.
#[cfg(feature = "ec2")]
fn fullest(places: impl IntoIterator<Item = Option<String>>) -> u64 {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for place in places.into_iter().flatten() {
        *counts.entry(place).or_default() += 1;
    }
    counts.into_values().max().unwrap_or(0)
}

pub(super) const LISTINGS: &[Listing] = &[
    #[cfg(feature = "ec2")]
    listing!([("vpc", "L-F678F1CE")], |aws| count!(aws.ec2.describe_vpcs(), vpcs)),
    #[cfg(feature = "ec2")]
    listing!([("vpc", "L-407747CB")], |aws| {
        let mut vpcs = Vec::new();
        pages!(aws.ec2.describe_subnets(), |page| vpcs
            .extend(page.subnets().iter().map(|subnet| subnet.vpc_id.clone())));
        Some(vec![Some(fullest(vpcs))])
    }),
    #[cfg(feature = "ec2")]
    listing!([("vpc", "L-589F43AA")], |aws| {
        let mut vpcs = Vec::new();
        pages!(aws.ec2.describe_route_tables(), |page| vpcs
            .extend(page.route_tables().iter().map(|table| table.vpc_id.clone())));
        Some(vec![Some(fullest(vpcs))])
    }),
    #[cfg(feature = "ec2")]
    listing!([("vpc", "L-A4707A72")], |aws| count!(aws.ec2.describe_internet_gateways(), internet_gateways)),
    #[cfg(feature = "ec2")]
    listing!([("vpc", "L-FE5A380F")], |aws| nat_gateways(aws).await),
    #[cfg(feature = "ec2")]
    listing!([("ec2", "L-0263D0A3")], |aws| {
        let answer = aws.ec2.describe_addresses().send().await.map_err(unread).ok()?;
        Some(vec![Some(answer.addresses().len() as u64)])
    }),
    #[cfg(feature = "ec2")]
    listing!([("vpc", "L-E79EC296")], |aws| count!(aws.ec2.describe_security_groups(), security_groups)),
    #[cfg(feature = "ec2")]
    listing!([("vpc", "L-29B6F2EB"), ("vpc", "L-1B52E74A")], |aws| {
        use aws_sdk_ec2::types::VpcEndpointType::{Gateway, Interface};
        let (mut vpcs, mut gateways) = (Vec::new(), 0);
        pages!(aws.ec2.describe_vpc_endpoints(), |page| for endpoint in page.vpc_endpoints() {
            match endpoint.vpc_endpoint_type() {
                Some(Interface) => vpcs.push(endpoint.vpc_id.clone()),
                Some(Gateway) => gateways += 1,
                _ => {}
            }
        });
        Some(vec![Some(fullest(vpcs)), Some(gateways)])
    }),
    #[cfg(feature = "elbv2")]
    listing!([("elasticloadbalancing", "L-53DA6B97")], |aws| {
        use aws_sdk_elasticloadbalancingv2::types::LoadBalancerTypeEnum::Application;
        count!(aws.elbv2.describe_load_balancers(), load_balancers, |one| one.r#type() == Some(&Application))
    }),
    #[cfg(feature = "elbv2")]
    listing!([("elasticloadbalancing", "L-B22855CB")], |aws| count!(aws.elbv2.describe_target_groups(), target_groups)),
    // One call tells all four, and leaves out what does not count, as default parameter groups.
    #[cfg(feature = "rds")]
    listing!([("rds", "L-7B6409FD"), ("rds", "L-7ADDB58A"), ("rds", "L-48C6BF61"), ("rds", "L-DE55804A")], |aws| {
        let answer = aws.rds.describe_account_attributes().send().await.map_err(unread).ok()?;
        let used = |name: &str| {
            let mut quotas = answer.account_quotas().iter();
            let quota = quotas.find(|quota| quota.account_quota_name() == Some(name))?;
            u64::try_from(quota.used()?).ok()
        };
        Some(["DBInstances", "AllocatedStorage", "DBSubnetGroups", "DBParameterGroups"].map(used).into())
    }),
    #[cfg(feature = "elasticache")]
    listing!([("elasticache", "L-DFE45DF3")], |aws| {
        let mut nodes = 0;
        pages!(aws.elasticache.describe_cache_clusters(), |page| for cluster in page.cache_clusters() {
            nodes += cluster.num_cache_nodes().and_then(|count| u64::try_from(count).ok()).unwrap_or(1);
        });
        Some(vec![Some(nodes)])
    }),
    #[cfg(feature = "elasticache")]
    listing!([("elasticache", "L-3E7F7726")], |aws| count!(
        aws.elasticache.describe_cache_subnet_groups(),
        cache_subnet_groups
    )),
    #[cfg(feature = "efs")]
    listing!([("elasticfilesystem", "L-848C634D")], |aws| count!(aws.efs.describe_file_systems(), file_systems)),
    #[cfg(feature = "s3")]
    listing!([("s3", "L-DC2B2D3D")], |aws| count!(aws.s3.list_buckets().max_buckets(1000), buckets)),
    #[cfg(feature = "iam")]
    listing!([("iam", "L-FE177D64")], |aws| {
        let answer = aws.iam.get_account_summary().send().await.map_err(unread).ok()?;
        let roles = answer.summary_map()?.get(&aws_sdk_iam::types::SummaryKeyType::Roles).copied()?;
        Some(vec![u64::try_from(roles).ok()])
    }),
    #[cfg(feature = "kms")]
    listing!([("kms", "L-C2F1777E")], |aws| {
        // The keys of AWS itself do not count; the alias of each says so.
        let (mut keys, mut of_aws) = (BTreeSet::new(), BTreeSet::new());
        pages!(aws.kms.list_keys(), |page| keys.extend(page.keys().iter().filter_map(|key| key.key_id.clone())));
        pages!(aws.kms.list_aliases(), |page| {
            let aliases = page.aliases().iter();
            let reserved =
                aliases.filter(|alias| alias.alias_name().is_some_and(|name| name.starts_with("alias/aws/")));
            of_aws.extend(reserved.filter_map(|alias| alias.target_key_id.clone()));
        });
        Some(vec![Some(keys.difference(&of_aws).count() as u64)])
    }),
    #[cfg(feature = "ecs")]
    listing!([("ecs", "L-21C621EB"), ("ecs", "L-9EF96962")], |aws| {
        let arns = clusters(aws).await?;
        let mut services = 0;
        for chunk in arns.chunks(100) {
            let call = aws.ecs.describe_clusters().set_clusters(Some(chunk.to_vec()));
            let answer = call.send().await.map_err(unread).ok()?;
            let counts = answer.clusters().iter().map(|cluster| cluster.active_services_count());
            services = counts.filter_map(|count| u64::try_from(count).ok()).fold(services, u64::max);
        }
        Some(vec![Some(arns.len() as u64), Some(services)])
    }),
    #[cfg(feature = "ecs")]
    listing!([("fargate", "L-3032A538"), ("fargate", "L-36FBB829")], |aws| fargate(aws).await),
    #[cfg(feature = "cognito")]
    listing!([("cognito-idp", "L-66E6DF30")], |aws| count!(aws.cognito.list_user_pools().max_results(60), user_pools)),
    #[cfg(feature = "wafv2")]
    listing!([("wafv2", "L-2EC3DE7B")], |aws| web_acls(aws).await),
    #[cfg(feature = "route53")]
    listing!([("route53", "L-4EA4796A"), ("route53", "L-E209CC9F")], |aws| {
        let (mut zones, mut records) = (0_u64, 0);
        pages!(aws.route53.list_hosted_zones(), |page| {
            zones += page.hosted_zones().len() as u64;
            let counts = page.hosted_zones().iter().filter_map(|zone| zone.resource_record_set_count());
            records = counts.filter_map(|count| u64::try_from(count).ok()).fold(records, u64::max);
        });
        Some(vec![Some(zones), Some(records)])
    }),
    #[cfg(feature = "ecr")]
    listing!([("ecr", "L-CFEB8E8D")], |aws| count!(aws.ecr.describe_repositories(), repositories)),
    #[cfg(feature = "acm")]
    listing!([("acm", "L-F141DD1D")], |aws| {
        use aws_sdk_acm::types::{CertificateType::Imported, Filters, KeyAlgorithm};
        // Without this filter only those of RSA with 1024 and 2048 bits are listed.
        let types = KeyAlgorithm::values().iter().map(|name| KeyAlgorithm::from(*name)).collect();
        let call = aws.acm.list_certificates().includes(Filters::builder().set_key_types(Some(types)).build());
        count!(call, certificate_summary_list, |one| one.r#type() != Some(&Imported))
    }),
    #[cfg(feature = "cloudtrail")]
    listing!([("cloudtrail", "trails-per-region")], |aws| {
        let answer = aws.cloudtrail.describe_trails().send().await.map_err(unread).ok()?;
        Some(vec![Some(answer.trail_list().len() as u64)])
    }),
];

#[cfg(feature = "ec2")]
async fn nat_gateways(aws: &Aws) -> Option<Vec<Option<u64>>> {
    use aws_sdk_ec2::types::NatGatewayState::{Available, Deleting, Pending};
    let mut zones = BTreeMap::new();
    pages!(aws.ec2.describe_subnets(), |page| for subnet in page.subnets() {
        zones.insert(subnet.subnet_id.clone(), subnet.availability_zone.clone());
    });
    let mut places = Vec::new();
    pages!(aws.ec2.describe_nat_gateways(), |page| for gateway in page.nat_gateways() {
        if matches!(gateway.state(), Some(Pending | Available | Deleting)) {
            places.push(zones.get(&gateway.subnet_id).cloned().flatten());
        }
    });
    Some(vec![Some(fullest(places))])
}

#[cfg(feature = "ecs")]
async fn clusters(aws: &Aws) -> Option<Vec<String>> {
    let mut arns = Vec::new();
    pages!(aws.ecs.list_clusters(), |page| arns.extend_from_slice(page.cluster_arns()));
    Some(arns)
}

/// The vCPUs of running tasks, on demand and spot, rounded up.
#[cfg(feature = "ecs")]
async fn fargate(aws: &Aws) -> Option<Vec<Option<u64>>> {
    use aws_sdk_ecs::types::LaunchType;
    let (mut on_demand, mut spot) = (0_u64, 0_u64);
    for cluster in clusters(aws).await? {
        let mut tasks = Vec::new();
        let call = aws.ecs.list_tasks().cluster(&cluster).launch_type(LaunchType::Fargate);
        pages!(call, |page| tasks.extend_from_slice(page.task_arns()));
        for chunk in tasks.chunks(100) {
            let call = aws.ecs.describe_tasks().cluster(&cluster).set_tasks(Some(chunk.to_vec()));
            for task in call.send().await.map_err(unread).ok()?.tasks() {
                let cpu = task.cpu().and_then(|cpu| cpu.parse::<u64>().ok()).unwrap_or(0);
                match task.capacity_provider_name() {
                    Some("FARGATE_SPOT") => spot += cpu,
                    _ => on_demand += cpu,
                }
            }
        }
    }
    Some(vec![Some(on_demand.div_ceil(1024)), Some(spot.div_ceil(1024))])
}

#[cfg(feature = "wafv2")]
async fn web_acls(aws: &Aws) -> Option<Vec<Option<u64>>> {
    let (mut sum, mut marker) = (0, None);
    loop {
        let call = aws.wafv2.list_web_acls().scope(aws_sdk_wafv2::types::Scope::Regional).limit(100);
        let page = call.set_next_marker(marker).send().await.map_err(unread).ok()?;
        sum += page.web_acls().len() as u64;
        match page.next_marker {
            // WAF gives a marker with the last page too.
            Some(next) if page.web_acls.is_some_and(|acls| !acls.is_empty()) => marker = Some(next),
            _ => return Some(vec![Some(sum)]),
        }
    }
}
