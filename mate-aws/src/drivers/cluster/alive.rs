//! The clusters that are not inactive: a deleted one stays listed for a while.

use mate_core::provider::{Discovered, ProviderError, Scope};

use crate::classify::failed;
use crate::context::Aws;
use crate::drivers::alive::at_once;

/// Most clusters of one `DescribeClusters`.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeClusters.html>
const CLUSTERS: usize = 100;

pub(super) async fn only(aws: &Aws, scope: &Scope, found: Vec<Discovered>) -> Result<Vec<Discovered>, ProviderError> {
    let anchor = &scope.anchor();
    at_once(found, CLUSTERS, |arns| async move {
        let answer = aws.ecs.describe_clusters().set_clusters(Some(arns)).send().await;
        let answer = answer.map_err(failed(anchor, "ecs:DescribeClusters"))?;
        let clusters = answer.clusters.unwrap_or_default().into_iter();
        Ok(clusters.filter(|one| one.status() != Some("INACTIVE")).filter_map(|one| one.cluster_arn).collect())
    })
    .await
}
