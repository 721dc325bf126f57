//! A cluster between the kind's form and AWS's: live inputs, status, request parts.

use aws_sdk_ecs::types::{CapacityProviderStrategyItem, Cluster as Described, ClusterSetting, ClusterSettingName};
use mate_core::kinds::service::CapacityProvider;
use mate_core::model::Outputs;
use mate_core::provider::{ErrorClass, Live, ProviderError, Status, Target};
use serde_json::{Value, json};

use crate::drivers::batch::count;
use crate::drivers::ecs::tag_map;
use crate::drivers::fields::Fields;

pub(super) fn live(target: &Target, cluster: &Described) -> Live {
    Live {
        physical_id: cluster.cluster_arn().unwrap_or_default().to_owned(),
        status: status(target, cluster),
        inputs: Fields::default()
            .with("container_insights", container_insights(cluster))
            .with("capacity_providers", Some(cluster.capacity_providers()))
            .with("default_strategy", Some(default_strategy(cluster)))
            .into_value(),
        outputs: outputs(cluster),
        tags: tag_map(cluster.tags()),
    }
}

fn outputs(cluster: &Described) -> Outputs {
    let arn = cluster.cluster_arn().map(|arn| ("arn".to_owned(), json!(arn)));
    arn.into_iter().chain(cluster.cluster_name().map(|name| ("cluster_name".to_owned(), json!(name)))).collect()
}

/// Returns true if Container Insights is on; `enhanced` is more of the same.
fn container_insights(cluster: &Described) -> Option<bool> {
    let setting =
        cluster.settings().iter().find(|setting| setting.name() == Some(&ClusterSettingName::ContainerInsights))?;
    Some(matches!(setting.value()?, "enabled" | "enhanced"))
}

fn default_strategy(cluster: &Described) -> Vec<CapacityProvider> {
    let item = |item: &CapacityProviderStrategyItem| CapacityProvider {
        name: item.capacity_provider().to_owned(),
        weight: count(item.weight()).try_into().unwrap_or(u16::MAX),
        base: count(item.base()).try_into().unwrap_or(u16::MAX),
    };
    cluster.default_capacity_provider_strategy().iter().map(item).collect()
}

/// The status of the cluster. A failed change of its capacity providers counts as a failure only while they differ from
/// the wanted ones, because AWS goes on reporting the failure of a cluster that is as it should be.
pub(super) fn status(target: &Target, cluster: &Described) -> Status {
    match (cluster.status(), cluster.attachments_status()) {
        (Some("DEPROVISIONING"), _) => Status::Deleting,
        (Some("FAILED"), _) => Status::Failed("what its capacity providers need could not be made".to_owned()),
        (Some("PROVISIONING"), _) => Status::Pending("provisioning".to_owned()),
        (_, Some("UPDATE_IN_PROGRESS")) => Status::Pending("its capacity providers are being changed".to_owned()),
        (_, Some("UPDATE_FAILED")) if !has_providers(target, cluster) => {
            Status::Failed("the change of its capacity providers failed".to_owned())
        }
        _ => Status::Ready,
    }
}

fn has_providers(target: &Target, cluster: &Described) -> bool {
    let Some(wanted) = target.inputs.get("capacity_providers").and_then(Value::as_array) else { return true };
    let live = cluster.capacity_providers();
    wanted.len() == live.len() && live.iter().all(|provider| wanted.contains(&json!(provider)))
}

pub(super) fn settings(container_insights: bool) -> ClusterSetting {
    let value = if container_insights { "enabled" } else { "disabled" };
    ClusterSetting::builder().name(ClusterSettingName::ContainerInsights).value(value).build()
}

pub(super) fn strategy(
    target: &Target,
    operation: &str,
    providers: &[CapacityProvider],
) -> Result<Vec<CapacityProviderStrategyItem>, ProviderError> {
    let item = |provider: &CapacityProvider| {
        CapacityProviderStrategyItem::builder()
            .capacity_provider(&provider.name)
            .weight(i32::from(provider.weight))
            .base(i32::from(provider.base))
            .build()
            .map_err(|error| {
                ProviderError::new(ErrorClass::Bug, operation, target.address.clone()).with_message(error.to_string())
            })
    };
    providers.iter().map(item).collect()
}
