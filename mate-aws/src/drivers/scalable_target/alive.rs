//! The scalable targets of ECS services. Their ARN does not hold the resource id that is their physical id.

use std::collections::BTreeMap;

use aws_sdk_applicationautoscaling::types::{ScalableDimension, ServiceNamespace};
use mate_core::provider::{Discovered, ProviderError, Scope};

use crate::classify::failed;
use crate::context::Aws;

/// Gives the objects their resource ids. Ours are all of ECS services; a stranger's may be of another service, and is then of
/// no kind that we know.
pub(super) async fn only(
    aws: &Aws,
    scope: &Scope,
    mut found: Vec<Discovered>,
) -> Result<Vec<Discovered>, ProviderError> {
    let mut pages = aws
        .applicationautoscaling
        .describe_scalable_targets()
        .service_namespace(ServiceNamespace::Ecs)
        .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
        .into_paginator()
        .send();
    let mut resources: BTreeMap<String, String> = BTreeMap::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed(&scope.anchor(), "application-autoscaling:DescribeScalableTargets"))?;
        let targets = page.scalable_targets.unwrap_or_default();
        resources.extend(targets.into_iter().filter_map(|one| Some((one.scalable_target_arn?, one.resource_id))));
    }
    for object in &mut found {
        object.physical_id = resources.get(&object.arn).cloned();
    }
    found.retain(|object| object.physical_id.is_some() || object.address.is_none());
    for object in found.iter_mut().filter(|object| object.physical_id.is_none()) {
        object.kind = None;
    }
    Ok(found)
}
