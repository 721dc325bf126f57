//! Which of the objects that were found still do something: the tagging API goes on listing what is inactive, deleted
//! or on its way out.

#[cfg(any(feature = "ec2", feature = "ecs"))]
use std::collections::BTreeSet;
#[cfg(any(feature = "ec2", feature = "ecs"))]
use std::future::Future;

use futures::{StreamExt, TryStreamExt};
use mate_core::model::ids::{Address, KindName};
use mate_core::provider::{Discovered, ProviderError};

#[cfg(any(
    feature = "applicationautoscaling",
    feature = "ec2",
    feature = "ecs",
    feature = "kms",
    feature = "secretsmanager"
))]
use crate::classify::failed;
use crate::context::Aws;

/// How many values a filter of EC2 takes; more ids than that are not asked for in one call either.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html>
#[cfg(feature = "ec2")]
const FILTER_VALUES: usize = 200;

/// How many clusters `DescribeClusters` takes.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeClusters.html>
#[cfg(feature = "ecs")]
const CLUSTERS: usize = 100;

/// The objects that are alive, in their order.
pub(super) async fn only(
    aws: &Aws,
    anchor: &Address,
    found: Vec<Discovered>,
) -> Result<Vec<Discovered>, ProviderError> {
    let judged = futures::stream::iter(
        found.into_iter().map(|object| async move { Ok((is_alive(aws, anchor, &object).await?, object)) }),
    );
    let judged: Vec<(bool, Discovered)> = judged.buffered(8).try_collect().await?;
    let found = judged.into_iter().filter(|(alive, _)| *alive).map(|(_, object)| object).collect();
    #[cfg(feature = "applicationautoscaling")]
    let found = scalable_targets(aws, anchor, found).await?;
    #[cfg(feature = "ecs")]
    let found = keep(found, "ecs:Cluster", CLUSTERS, |arns| clusters(aws, anchor, arns)).await?;
    #[cfg(feature = "ec2")]
    let found = keep(found, "ec2:NatGateway", FILTER_VALUES, |ids| nat_gateways(aws, anchor, ids)).await?;
    #[cfg(feature = "ec2")]
    let found = keep(found, "ec2:VPCEndpoint", FILTER_VALUES, |ids| vpc_endpoints(aws, anchor, ids)).await?;
    Ok(found)
}

/// Whether an object of a kind that is described one a call is alive.
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
            use mate_core::provider::ErrorClass;

            use crate::classify::if_found;
            let call = aws.kms.describe_key().key_id(&object.arn);
            match if_found(call.send().await.map_err(failed(anchor, "kms:DescribeKey"))) {
                Ok(answer) => Ok(answer.and_then(|answer| answer.key_metadata).is_some_and(|key| {
                    !matches!(key.key_state(), Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion))
                })),
                // A key's own policy may keep the caller out. It is there all the same.
                Err(error) if error.class == ErrorClass::Denied => Ok(true),
                Err(error) => Err(error),
            }
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

/// Leaves out the objects of a kind that are not among the `living`, which answers for so many physical ids at once.
#[cfg(any(feature = "ec2", feature = "ecs"))]
async fn keep<F, Fut>(
    mut found: Vec<Discovered>,
    kind: &str,
    size: usize,
    living: F,
) -> Result<Vec<Discovered>, ProviderError>
where
    F: Fn(Vec<String>) -> Fut,
    Fut: Future<Output = Result<Vec<String>, ProviderError>>,
{
    let of_kind = |object: &Discovered| object.kind.as_ref().is_some_and(|name| name.as_str() == kind);
    let ids: Vec<String> =
        found.iter().filter(|object| of_kind(object)).filter_map(|object| object.physical_id.clone()).collect();
    let mut alive = BTreeSet::new();
    for chunk in ids.chunks(size) {
        alive.extend(living(chunk.to_vec()).await?);
    }
    found.retain(|object| !of_kind(object) || object.physical_id.as_ref().is_some_and(|id| alive.contains(id)));
    Ok(found)
}

/// Gives scalable targets the resource id that is their physical id and that their ARN does not hold. Ours are all of
/// ECS services; a stranger's may be of another service, and is then of no kind that we know.
#[cfg(feature = "applicationautoscaling")]
async fn scalable_targets(
    aws: &Aws,
    anchor: &Address,
    mut found: Vec<Discovered>,
) -> Result<Vec<Discovered>, ProviderError> {
    use std::collections::BTreeMap;

    use aws_sdk_applicationautoscaling::types::{ScalableDimension, ServiceNamespace};

    let of_kind = |object: &Discovered| {
        object.kind.as_ref().is_some_and(|name| name.as_str() == "application-autoscaling:ScalableTarget")
    };
    if !found.iter().any(of_kind) {
        return Ok(found);
    }
    let mut pages = aws
        .applicationautoscaling
        .describe_scalable_targets()
        .service_namespace(ServiceNamespace::Ecs)
        .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
        .into_paginator()
        .send();
    let mut resources: BTreeMap<String, String> = BTreeMap::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed(anchor, "application-autoscaling:DescribeScalableTargets"))?;
        let targets = page.scalable_targets.unwrap_or_default();
        resources.extend(targets.into_iter().filter_map(|one| Some((one.scalable_target_arn?, one.resource_id))));
    }
    for object in found.iter_mut().filter(|object| of_kind(object)) {
        object.physical_id = resources.get(&object.arn).cloned();
    }
    found.retain(|object| !of_kind(object) || object.physical_id.is_some() || object.address.is_none());
    for object in found.iter_mut().filter(|object| of_kind(object) && object.physical_id.is_none()) {
        object.kind = None;
    }
    Ok(found)
}

#[cfg(feature = "ecs")]
async fn clusters(aws: &Aws, anchor: &Address, arns: Vec<String>) -> Result<Vec<String>, ProviderError> {
    let answer = aws.ecs.describe_clusters().set_clusters(Some(arns)).send().await;
    let answer = answer.map_err(failed(anchor, "ecs:DescribeClusters"))?;
    let clusters = answer.clusters.unwrap_or_default().into_iter();
    Ok(clusters.filter(|one| one.status() != Some("INACTIVE")).filter_map(|one| one.cluster_arn).collect())
}

#[cfg(feature = "ec2")]
async fn nat_gateways(aws: &Aws, anchor: &Address, ids: Vec<String>) -> Result<Vec<String>, ProviderError> {
    use aws_sdk_ec2::types::{Filter, NatGatewayState};

    let filter = Filter::builder().name("nat-gateway-id").set_values(Some(ids)).build();
    let mut pages = aws.ec2.describe_nat_gateways().filter(filter).into_paginator().items().send();
    let mut alive = Vec::new();
    while let Some(gateway) = pages.next().await {
        let gateway = gateway.map_err(failed(anchor, "ec2:DescribeNatGateways"))?;
        alive.extend(gateway.nat_gateway_id.filter(|_| gateway.state != Some(NatGatewayState::Deleted)));
    }
    Ok(alive)
}

#[cfg(feature = "ec2")]
async fn vpc_endpoints(aws: &Aws, anchor: &Address, ids: Vec<String>) -> Result<Vec<String>, ProviderError> {
    use crate::drivers::batch::found;

    let endpoints = found(&ids, FILTER_VALUES, |ids| async move {
        let answer = aws.ec2.describe_vpc_endpoints().set_vpc_endpoint_ids(Some(ids)).send().await;
        Ok(answer.map_err(failed(anchor, "ec2:DescribeVpcEndpoints"))?.vpc_endpoints.unwrap_or_default())
    })
    .await?;
    // EC2 spells the states in lower case, its model does not.
    let deleted = |state: &str| state.eq_ignore_ascii_case("deleted");
    let alive = endpoints.into_iter().filter(|one| !one.state().is_some_and(|state| deleted(state.as_str())));
    Ok(alive.filter_map(|one| one.vpc_endpoint_id).collect())
}
