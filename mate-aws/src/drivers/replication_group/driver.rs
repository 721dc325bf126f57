//! The driver of replication groups. ElastiCache describes one group a call; a node of it and the tags take a call each.

use async_trait::async_trait;
use aws_sdk_elasticache::types::{
    AuthTokenUpdateStrategyType, CacheCluster, Event, ReplicationGroup as Group, SourceType,
};
use mate_core::kinds::replication_group::{ReplicationGroup, ReplicationGroupInputs};
use mate_core::model::{Kind, KindModel};
use mate_core::provider::{
    CreateRequest, Created, DataPolicy, DeleteRequest, Deleted, Diagnosis, ErrorClass, Live, Observation,
    ProviderError, Status, Target, UpdateRequest,
};
use secrecy::ExposeSecret;

use super::actions;
use super::live::{live, status};
use super::{diagnose, request};
use crate::classify::failed;
use crate::context::Aws;
use crate::drivers::findings::unread;
use crate::drivers::{Driver, each, elasticache_tags, fields};
use crate::policy::Actions;
use crate::secrets::{read_secret, unlogged, without};
use crate::tags;

/// The age of the oldest events that a diagnosis reads, in minutes.
const EVENTS: i32 = 60;

#[derive(Debug)]
pub(crate) struct ReplicationGroupDriver;

#[async_trait]
impl Driver for ReplicationGroupDriver {
    fn model(&self) -> KindModel {
        ReplicationGroup::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    fn left_out(&self) -> &'static [(&'static str, &'static str)] {
        &[("elasticache", "cluster:"), ("elasticache", "snapshot:")]
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        each(targets, |target| async move {
            Ok(match known(aws, target).await? {
                None => Observation::Absent,
                Some(Found { live, tags: Readable::Yes, .. }) => tags::judge(target, live),
                // Whose it is cannot be read yet. Nothing is done to it before it can.
                Some(Found { live, tags: Readable::NotYet(_), .. }) => Observation::Present(live),
            })
        })
        .await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "elasticache:CreateReplicationGroup";
        let target = &request.target;
        let inputs = target.typed::<ReplicationGroup>()?;
        let token = read_secret(aws, &target.address, fields::value(target, &inputs.auth_token_secret_arn)?).await?;
        let call = request::create(aws, target, &inputs, &token)?;
        let made = unlogged(call.send()).await.map_err(failed(&target.address, CALL));
        match made.map_err(|error| fields::missing(without(&token, error))) {
            Ok(answer) => {
                let group = answer
                    .replication_group
                    .unwrap_or_else(|| Group::builder().replication_group_id(&target.name).status("creating").build());
                Ok(live(target, &group, None, target.tags.clone()).into())
            }
            Err(error) if error.class == ErrorClass::AlreadyExists => {
                let found = find(aws, target, &target.name).await?;
                fields::converge::<ReplicationGroup>(self, aws, request, found.map(|found| found.live), error).await
            }
            Err(error) => Err(error),
        }
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "elasticache:ModifyReplicationGroup";
        let target = &request.target;
        let inputs = target.typed::<ReplicationGroup>()?;
        let present = fields::needed(target, CALL, certain(known(aws, target).await?)?)?;
        let changed = fields::to_change::<ReplicationGroup>(request, &present);
        elasticache_tags::change(aws, request, &present, &changed).await?;

        // Failover needs a replica: replicas are added before it is turned on and removed after it is turned off.
        // ElastiCache takes one change at a time; it refuses the next as a conflict, and a repeated update goes on there.
        let nodes = present.inputs.get("num_cache_clusters").and_then(|nodes| nodes.as_u64());
        let resized = changed.iter().any(|field| field == "num_cache_clusters");
        let grows = nodes.is_none_or(|nodes| u64::from(inputs.num_cache_clusters) > nodes);
        let mut group = None;
        if resized && grows {
            group = resize(aws, target, &present.physical_id, &inputs, grows).await?.or(group);
        }
        if let Some(call) = request::modify(aws, target, &present.physical_id, &inputs, &changed)? {
            let answer = call.send().await.map_err(failed(&target.address, CALL))?;
            group = answer.replication_group.or(group);
        }
        if resized && !grows {
            group = resize(aws, target, &present.physical_id, &inputs, grows).await?.or(group);
        }
        let anew = changed.iter().any(|field| field.starts_with("auth_token_secret_"));
        if anew || inputs.auth_token_only && changed.iter().any(|field| field == "auth_token_only") {
            group = change_token(aws, target, &present.physical_id, &inputs).await?.or(group);
        }
        Ok(match group {
            Some(group) => live(target, &group, None, target.tags.clone()).into(),
            None => present.into(),
        })
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        const CALL: &str = "elasticache:DeleteReplicationGroup";
        let target = &request.target;
        let found = known(aws, target).await?;
        if found.as_ref().is_some_and(|found| found.live.status == Status::Deleting) {
            return Ok(Deleted::Going);
        }
        let Some(live) = fields::ours(target, CALL, certain(found)?)? else { return Ok(Deleted::Gone) };
        let going = aws
            .elasticache
            .delete_replication_group()
            .replication_group_id(&live.physical_id)
            .retain_primary_cluster(false)
            .set_final_snapshot_identifier(match &request.data {
                DataPolicy::Keep { final_snapshot } => final_snapshot.clone(),
                _ => None,
            })
            .send()
            .await
            .map_err(failed(&target.address, CALL));
        match going {
            // Its snapshot may be that of an earlier call, whose answer was lost.
            Err(error) if error.class == ErrorClass::AlreadyExists => match known(aws, target).await? {
                None => Ok(Deleted::Gone),
                Some(found) if found.live.status == Status::Deleting => Ok(Deleted::Going),
                Some(_) => Err(error),
            },
            going => Ok(fields::unless_absent(going)?.map_or(Deleted::Gone, |_| Deleted::Going)),
        }
    }

    async fn diagnose(&self, aws: &Aws, target: &Target) -> Result<Vec<Diagnosis>, ProviderError> {
        let Some(found) = known(aws, target).await? else { return Ok(Vec::new()) };
        let mut findings: Vec<Diagnosis> = diagnose::standing(&found.live.status, found.node.as_ref());
        match events(aws, target, &found.live.physical_id).await {
            Ok(events) => findings.extend(diagnose::events(events)),
            Err(error) => findings.push(unread(&error)),
        }
        Ok(findings)
    }
}

/// A group, one of its nodes, and whether its tags could be read.
struct Found {
    live: Live,
    node: Option<CacheCluster>,
    tags: Readable,
}

/// ElastiCache does not list the tags of a group that is not available.
enum Readable {
    Yes,
    NotYet(Box<ProviderError>),
}

/// The live group when its tags are certain.
fn certain(found: Option<Found>) -> Result<Option<Live>, ProviderError> {
    match found {
        None => Ok(None),
        Some(Found { live, tags: Readable::Yes, .. }) => Ok(Some(live)),
        Some(Found { tags: Readable::NotYet(error), .. }) => Err(*error),
    }
}

async fn known(aws: &Aws, target: &Target) -> Result<Option<Found>, ProviderError> {
    for id in fields::known_as(target) {
        if let Some(found) = find(aws, target, id).await? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

async fn find(aws: &Aws, target: &Target, id: &str) -> Result<Option<Found>, ProviderError> {
    let answer = aws.elasticache.describe_replication_groups().replication_group_id(id).send().await;
    let answer =
        fields::unless_absent(answer.map_err(failed(&target.address, "elasticache:DescribeReplicationGroups")))?;
    let named = |group: &Group| group.replication_group_id() == Some(id);
    let groups = answer.and_then(|answer| answer.replication_groups).unwrap_or_default();
    let Some(group) = groups.into_iter().find(named) else { return Ok(None) };
    let (node, tags) = futures::join!(node(aws, target, &group), elasticache_tags::read(aws, target, group.arn()));
    let node = node?;
    match tags {
        Ok(tags) => Ok(Some(Found { live: live(target, &group, node.as_ref(), tags), node, tags: Readable::Yes })),
        Err(error)
            if matches!(error.class, ErrorClass::Conflict | ErrorClass::EventualConsistency)
                && status(&group, node.as_ref()) != Status::Ready =>
        {
            let live = live(target, &group, node.as_ref(), target.tags.clone());
            Ok(Some(Found { live, node, tags: Readable::NotYet(Box::new(error)) }))
        }
        Err(error) => Err(error),
    }
}

/// One node of the group, which tells what the group does not; all are alike.
async fn node(aws: &Aws, target: &Target, group: &Group) -> Result<Option<CacheCluster>, ProviderError> {
    let Some(id) = group.member_clusters().first() else { return Ok(None) };
    let answer = aws.elasticache.describe_cache_clusters().cache_cluster_id(id).send().await;
    let answer = fields::unless_absent(answer.map_err(failed(&target.address, "elasticache:DescribeCacheClusters")))?;
    let nodes = answer.and_then(|answer| answer.cache_clusters).unwrap_or_default();
    Ok(nodes.into_iter().find(|node| node.cache_cluster_id() == Some(id)))
}

/// The events of the last hour.
async fn events(aws: &Aws, target: &Target, id: &str) -> Result<Vec<Event>, ProviderError> {
    let call = aws.elasticache.describe_events().source_identifier(id).source_type(SourceType::ReplicationGroup);
    let answer = call.duration(EVENTS).send().await;
    Ok(answer.map_err(failed(&target.address, "elasticache:DescribeEvents"))?.events.unwrap_or_default())
}

async fn resize(
    aws: &Aws,
    target: &Target,
    id: &str,
    inputs: &ReplicationGroupInputs,
    grows: bool,
) -> Result<Option<Group>, ProviderError> {
    let replicas = i32::from(inputs.num_cache_clusters.saturating_sub(1));
    if grows {
        let call = aws.elasticache.increase_replica_count().replication_group_id(id).new_replica_count(replicas);
        let answer = call.apply_immediately(true).send().await;
        Ok(answer.map_err(failed(&target.address, "elasticache:IncreaseReplicaCount"))?.replication_group)
    } else {
        let call = aws.elasticache.decrease_replica_count().replication_group_id(id).new_replica_count(replicas);
        let answer = call.apply_immediately(true).send().await;
        Ok(answer.map_err(failed(&target.address, "elasticache:DecreaseReplicaCount"))?.replication_group)
    }
}

/// Gives the group the secret's token: beside the one in use, or as the only one.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html>
async fn change_token(
    aws: &Aws,
    target: &Target,
    id: &str,
    inputs: &ReplicationGroupInputs,
) -> Result<Option<Group>, ProviderError> {
    let token = read_secret(aws, &target.address, fields::value(target, &inputs.auth_token_secret_arn)?).await?;
    let call = aws
        .elasticache
        .modify_replication_group()
        .replication_group_id(id)
        .auth_token(token.expose_secret())
        .auth_token_update_strategy(match inputs.auth_token_only {
            true => AuthTokenUpdateStrategyType::Set,
            false => AuthTokenUpdateStrategyType::Rotate,
        })
        .apply_immediately(true);
    let answer = unlogged(call.send()).await.map_err(failed(&target.address, "elasticache:ModifyReplicationGroup"));
    Ok(answer.map_err(|error| without(&token, error))?.replication_group)
}
