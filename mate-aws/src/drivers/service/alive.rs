//! The services that are not inactive: a deleted one stays listed for a while.

use mate_core::provider::{Discovered, ProviderError, Scope};

use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::alive::one_by_one;

pub(super) async fn only(aws: &Aws, scope: &Scope, found: Vec<Discovered>) -> Result<Vec<Discovered>, ProviderError> {
    let anchor = &scope.anchor();
    one_by_one(found, |arn| async move {
        // arn:…:service/{cluster}/{name}
        let Some(cluster) = arn.split('/').nth_back(1).filter(|_| arn.matches('/').count() > 1) else {
            return Ok(true);
        };
        let call = aws.ecs.describe_services().cluster(cluster).services(&arn);
        let answer = if_found(call.send().await.map_err(failed(anchor, "ecs:DescribeServices")))?;
        let services = answer.and_then(|answer| answer.services).unwrap_or_default();
        Ok(services.iter().any(|service| service.status() != Some("INACTIVE")))
    })
    .await
}
