//! ECS clusters. A cluster is found by its name, which is unique in account and region.

use async_trait::async_trait;
use aws_sdk_ecs::types::{Cluster as Described, ClusterField};
use mate_core::kinds::Cluster;
use mate_core::kinds::cluster::ClusterInputs;
use mate_core::kinds::service::CapacityProvider;
use mate_core::model::{Kind, KindModel};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Diagnosis, Discovered, ErrorClass, Live, Observation,
    ProviderError, Scope, Status, Target, UpdateRequest,
};
use serde::de::DeserializeOwned;

use super::form;
use super::{actions, alive};
use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::batch::{gone, incomplete, present};
use crate::drivers::ecs::{tag, tag_list, tag_map};
use crate::drivers::fields::{self, known_as};
use crate::policy::Actions;
use crate::tags::{self, TagChange};

const CREATE: &str = "ecs:CreateCluster";
const DESCRIBE: &str = "ecs:DescribeClusters";
const UPDATE: &str = "ecs:UpdateCluster";
const PROVIDERS: &str = "ecs:PutClusterCapacityProviders";
const DELETE: &str = "ecs:DeleteCluster";

/// `DescribeClusters` takes 100 clusters, and a target can be asked for by ARN and by name.
const PAGE: usize = 50;

/// The driver of `ecs:Cluster`.
///
/// A deleted cluster stays INACTIVE for a while and is absent; its name is free.
#[derive(Debug)]
pub(crate) struct ClusterDriver;

#[async_trait]
impl Driver for ClusterDriver {
    fn model(&self) -> KindModel {
        Cluster::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn alive(&self, aws: &Aws, scope: &Scope, found: Vec<Discovered>) -> Result<Vec<Discovered>, ProviderError> {
        alive::only(aws, scope, found).await
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        let mut observations = Vec::new();
        for chunk in targets.chunks(PAGE) {
            let found = describe(aws, chunk).await;
            observations.extend(chunk.iter().map(|target| match &found {
                Ok(found) => found.observation(target),
                Err(error) => Observation::Unknown(fields::repeat(error, target)),
            }));
        }
        observations
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        // Looked at before: ECS answers with the cluster that has the name, whosever it is.
        if let Some(live) = present(self, aws, target, CREATE).await? {
            let exists = ProviderError::new(ErrorClass::AlreadyExists, CREATE, target.address.clone());
            return fields::converge::<Cluster>(self, aws, request, Some(live), exists).await;
        }
        let inputs = target.typed::<Cluster>()?;
        let call = aws
            .ecs
            .create_cluster()
            .cluster_name(&target.name)
            .settings(form::settings(inputs.container_insights))
            .set_capacity_providers(Some(inputs.capacity_providers.clone()))
            .set_default_capacity_provider_strategy(Some(form::strategy(target, CREATE, &inputs.default_strategy)?))
            .set_tags((!target.tags.is_empty()).then(|| tag_list(&target.tags)));
        let answer = call.send().await.map_err(failed(&target.address, CREATE)).map_err(|error| first(error, &inputs));
        let cluster = answer?.cluster.ok_or_else(|| incomplete(target, CREATE, "cluster"))?;
        let told = tag_map(cluster.tags());
        if !told.is_empty() && !target.accepts(&told) {
            return Err(tags::refuse(target, CREATE, &told));
        }
        Ok(form::live(target, &cluster).into())
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let live = present(self, aws, target, UPDATE).await?.ok_or_else(|| gone(target, UPDATE))?;
        if live.status == Status::Deleting {
            return Err(ProviderError::new(ErrorClass::Conflict, UPDATE, target.address.clone())
                .with_message(format!("the cluster `{}` is being deleted", target.name)));
        }
        let inputs = target.typed::<Cluster>()?;
        let changed = fields::remaining::<Cluster>(&request.fields, &live, target);
        let changed = |field: &str| changed.iter().any(|changed| changed == field);
        if request.fields.iter().any(|field| field == "tags") {
            retag(aws, request, &live).await?;
        }
        if changed("container_insights") {
            let call = aws.ecs.update_cluster().cluster(&live.physical_id);
            let call = call.settings(form::settings(inputs.container_insights));
            call.send().await.map_err(failed(&target.address, UPDATE))?;
        }
        let mut created = Created::from(live.clone());
        if changed("capacity_providers") || changed("default_strategy") {
            created.status = put_providers(aws, target, &live, &inputs, &changed).await?;
        }
        Ok(created)
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        let target = &request.target;
        let Some(live) = present(self, aws, target, DELETE).await? else { return Ok(Deleted::Gone) };
        if live.status == Status::Deleting {
            return Ok(Deleted::Going);
        }
        let call = aws.ecs.delete_cluster().cluster(&live.physical_id);
        let answer = if_found(call.send().await.map_err(failed(&target.address, DELETE)))?;
        let left = answer.and_then(|answer| answer.cluster).filter(|cluster| cluster.status() != Some("INACTIVE"));
        Ok(left.map_or(Deleted::Gone, |_| Deleted::Going))
    }

    async fn diagnose(&self, aws: &Aws, target: &Target) -> Result<Vec<Diagnosis>, ProviderError> {
        let found = describe(aws, std::slice::from_ref(target)).await?;
        Ok(found.cluster(target).map(findings).unwrap_or_default())
    }
}

/// The answer of ECS about the clusters of one call.
struct Found {
    clusters: Vec<Described>,
    /// The clusters that ECS could not describe and that are not known to be missing either: ARN and reason.
    untold: Vec<(String, String)>,
}

impl Found {
    /// The recorded cluster, or the one of the name.
    fn cluster(&self, target: &Target) -> Option<&Described> {
        let by = |is: &dyn Fn(&Described) -> bool| self.clusters.iter().find(|cluster| is(cluster));
        by(&|cluster| cluster.cluster_arn().is_some() && cluster.cluster_arn() == target.physical_id.as_deref())
            .or_else(|| by(&|cluster| cluster.cluster_name() == Some(target.name.as_str())))
    }

    fn observation(&self, target: &Target) -> Observation {
        if let Some(cluster) = self.cluster(target) {
            return tags::judge(target, form::live(target, cluster));
        }
        let of_target = |arn: &str| known_as(target).iter().any(|id| last(id) == last(arn));
        match self.untold.iter().find(|(arn, _)| of_target(arn)) {
            Some((_, reason)) => Observation::Unknown(
                ProviderError::new(ErrorClass::Transient, DESCRIBE, target.address.clone()).with_message(reason),
            ),
            None => Observation::Absent,
        }
    }
}

fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// The clusters of the targets that are there.
async fn describe(aws: &Aws, targets: &[Target]) -> Result<Found, ProviderError> {
    let Some(first) = targets.first() else { return Ok(Found { clusters: Vec::new(), untold: Vec::new() }) };
    let mut ids: Vec<&str> = targets.iter().flat_map(known_as).collect();
    ids.sort_unstable();
    ids.dedup();
    let answer = aws
        .ecs
        .describe_clusters()
        .set_clusters(Some(ids.into_iter().map(str::to_owned).collect()))
        .include(ClusterField::Attachments)
        .include(ClusterField::Configurations)
        .include(ClusterField::Settings)
        .include(ClusterField::Tags)
        .send()
        .await
        .map_err(failed(&first.address, DESCRIBE))?;
    let untold = answer.failures().iter().filter(|failure| failure.reason() != Some("MISSING"));
    let untold = untold
        .map(|failure| {
            let reason = [failure.reason(), failure.detail()].into_iter().flatten().collect::<Vec<_>>().join(": ");
            (failure.arn().unwrap_or_default().to_owned(), reason)
        })
        .collect();
    let mut clusters = answer.clusters.unwrap_or_default();
    clusters.retain(|cluster| cluster.status() != Some("INACTIVE"));
    Ok(Found { clusters, untold })
}

/// The first cluster of an account makes ECS's own role, which cannot be assumed at once; ECS has no code for it. With
/// Fargate's providers alone there is nothing else in the request that could be invalid.
fn first(mut error: ProviderError, inputs: &ClusterInputs) -> ProviderError {
    let fargate = |provider: &String| provider == "FARGATE" || provider == "FARGATE_SPOT";
    if error.code.as_deref() == Some("InvalidParameterException") && inputs.capacity_providers.iter().all(fargate) {
        error.class = ErrorClass::EventualConsistency;
        error.retry = error.class.retry();
    }
    error
}

/// Sets providers and default strategy, which ECS takes in one call; what is not to be changed is sent as it is.
async fn put_providers(
    aws: &Aws,
    target: &Target,
    live: &Live,
    inputs: &ClusterInputs,
    changed: &impl Fn(&str) -> bool,
) -> Result<Status, ProviderError> {
    let providers: Option<Vec<String>> = as_is(live, "capacity_providers").filter(|_| !changed("capacity_providers"));
    let strategy: Option<Vec<CapacityProvider>> =
        as_is(live, "default_strategy").filter(|_| !changed("default_strategy"));
    let strategy = strategy.unwrap_or_else(|| inputs.default_strategy.clone());
    let answer = aws
        .ecs
        .put_cluster_capacity_providers()
        .cluster(&live.physical_id)
        .set_capacity_providers(Some(providers.unwrap_or_else(|| inputs.capacity_providers.clone())))
        .set_default_capacity_provider_strategy(Some(form::strategy(target, PROVIDERS, &strategy)?))
        .send()
        .await
        .map_err(failed(&target.address, PROVIDERS))?;
    let cluster = answer.cluster.ok_or_else(|| incomplete(target, PROVIDERS, "cluster"))?;
    Ok(form::status(target, &cluster))
}

fn as_is<T: DeserializeOwned>(live: &Live, field: &str) -> Option<T> {
    live.inputs.get(field).and_then(|value| serde_json::from_value(value.clone()).ok())
}

async fn retag(aws: &Aws, request: &UpdateRequest, live: &Live) -> Result<(), ProviderError> {
    let target = &request.target;
    let TagChange { set, remove } = TagChange::new(&live.tags, &target.tags).without(&live.tags, &request.untag);
    if !set.is_empty() {
        tag(aws, &target.address, &live.physical_id, &set).await?;
    }
    if !remove.is_empty() {
        let call = aws.ecs.untag_resource().resource_arn(&live.physical_id);
        let call = call.set_tag_keys(Some(remove.into_iter().collect()));
        call.send().await.map_err(failed(&target.address, "ecs:UntagResource"))?;
    }
    Ok(())
}

/// Reports the attachments that have failed, and everything that still uses the cluster.
fn findings(cluster: &Described) -> Vec<Diagnosis> {
    let name = cluster.cluster_name().unwrap_or("?");
    let attachments = cluster.attachments().iter().filter(|one| one.status().is_some_and(|status| status == "FAILED"));
    let failed = attachments.map(|one| {
        let details = one.details().iter().filter_map(|detail| Some(format!("{}={}", detail.name()?, detail.value()?)));
        Diagnosis {
            concern: None,
            terminal: false,
            finding: format!(
                "the attachment {} of {name} has failed: {}",
                one.r#type().unwrap_or("?"),
                details.collect::<Vec<_>>().join(", ")
            ),
            advice: None,
        }
    });
    let used = [
        (cluster.active_services_count(), "services", "delete its services"),
        (cluster.running_tasks_count() + cluster.pending_tasks_count(), "tasks", "stop its tasks"),
        (cluster.registered_container_instances_count(), "container instances", "deregister its container instances"),
    ];
    let used = used.into_iter().filter(|(count, ..)| *count > 0).map(|(count, what, advice)| Diagnosis {
        concern: None,
        terminal: false,
        finding: format!("{what} in {name}: {count}"),
        advice: Some(format!("if it is to be deleted, {advice} first")),
    });
    failed.chain(used).collect()
}
