//! A replication group as ElastiCache tells it, in the form of the kind. The group tells one half, its nodes the
//! other: version, subnet group, security groups.

use aws_sdk_elasticache::types::{
    AutomaticFailoverStatus, CacheCluster, MultiAzStatus, PendingAutomaticFailoverStatus, ReplicationGroup as Group,
};
use mate_core::kinds::replication_group::ReplicationGroup;
use mate_core::model::{Outputs, Tags};
use mate_core::provider::{Live, Status, Target};
use serde_json::json;

use crate::drivers::fields;

/// The live object as ElastiCache reports a group and one of its nodes, with the changes in progress taken for done:
/// they are no drift, and make the status pending.
pub(super) fn live(target: &Target, group: &Group, node: Option<&CacheCluster>, tags: Tags) -> Live {
    let desired = target.typed::<ReplicationGroup>().ok();
    let desired = desired.as_ref();
    let pending = node.and_then(|node| node.pending_modified_values());
    let engine_version =
        pending.and_then(|pending| pending.engine_version()).or_else(|| node.and_then(|node| node.engine_version()));
    let node_type = pending
        .and_then(|pending| pending.cache_node_type())
        .or(group.cache_node_type())
        .or_else(|| node.and_then(|node| node.cache_node_type()));
    let security_groups = node
        .map(|node| node.security_groups().iter().filter_map(|group| group.security_group_id()).collect::<Vec<_>>());
    // ElastiCache names no node before it has begun to make the nodes.
    let nodes = Some(group.member_clusters().len()).filter(|nodes| *nodes > 0);

    let inputs = fields::Fields::default()
        .with("description", group.description())
        .with(
            "engine_version",
            engine_version.map(|live| fields::version(desired.map(|d| d.engine_version.as_str()), live, 2)),
        )
        .with("node_type", node_type)
        .with("num_cache_clusters", nodes)
        .with("automatic_failover", failover(group))
        .with("multi_az", group.multi_az().map(|multi_az| *multi_az == MultiAzStatus::Enabled))
        .with(
            "kms_key_id",
            group
                .kms_key_id()
                .and_then(|key| fields::kms_key(desired.and_then(|d| d.kms_key_id.known()).map(String::as_str), key)),
        )
        .with("snapshot_retention_days", Some(group.snapshot_retention_limit().unwrap_or(0)))
        .with(
            "cache_subnet_group_name",
            node.and_then(|node| node.cache_subnet_group_name()).map(|live| {
                let desired = desired.and_then(|d| d.cache_subnet_group_name.known());
                fields::name(desired.map(String::as_str), live)
            }),
        )
        .with("security_group_ids", security_groups)
        .with("port", port(group))
        .into_value();

    let id = group.replication_group_id().unwrap_or(&target.name);
    Live { physical_id: id.to_owned(), status: status(group, node), inputs, outputs: outputs(group, id), tags }
}

fn failover(group: &Group) -> Option<bool> {
    let pending = group.pending_modified_values().and_then(|pending| pending.automatic_failover_status());
    match (pending, group.automatic_failover()) {
        (Some(pending), _) => Some(*pending == PendingAutomaticFailoverStatus::Enabled),
        (None, Some(now)) => Some(matches!(now, AutomaticFailoverStatus::Enabled | AutomaticFailoverStatus::Enabling)),
        (None, None) => None,
    }
}

fn port(group: &Group) -> Option<i32> {
    let shard = group.node_groups().first().and_then(|shard| shard.primary_endpoint());
    shard.or(group.configuration_endpoint()).and_then(|endpoint| endpoint.port()).filter(|port| *port > 0)
}

fn primary(group: &Group) -> Option<&str> {
    let shard = group.node_groups().first().and_then(|shard| shard.primary_endpoint());
    shard.or(group.configuration_endpoint()).and_then(|endpoint| endpoint.address()).filter(|host| !host.is_empty())
}

fn outputs(group: &Group, id: &str) -> Outputs {
    let mut outputs = Outputs::from([("replication_group_id".to_owned(), json!(id))]);
    outputs.extend(group.arn().map(|arn| ("arn".to_owned(), json!(arn))));
    if let Some(primary) = primary(group) {
        let reader = group.node_groups().first().and_then(|shard| shard.reader_endpoint());
        let reader = reader.and_then(|endpoint| endpoint.address()).filter(|host| !host.is_empty());
        outputs.insert("primary_endpoint".to_owned(), json!(primary));
        outputs.insert("reader_endpoint".to_owned(), json!(reader.unwrap_or(primary)));
        outputs.extend(port(group).map(|port| ("port".to_owned(), json!(port))));
    }
    outputs
}

/// The status of the group.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReplicationGroup.html>
pub(super) fn status(group: &Group, node: Option<&CacheCluster>) -> Status {
    let word = group.status().unwrap_or("unknown");
    match word {
        "available" | "snapshotting" => match changing(group, node) {
            _ if primary(group).is_none() => Status::Pending(format!("{word}, no endpoint yet")),
            changes if changes.is_empty() => Status::Ready,
            changes => Status::Pending(format!("{word}, changing {}", changes.join(", "))),
        },
        "deleting" => Status::Deleting,
        "create-failed" => Status::Failed(word.to_owned()),
        word => Status::Pending(word.to_owned()),
    }
}

/// The properties of the group that ElastiCache is changing at this moment.
fn changing(group: &Group, node: Option<&CacheCluster>) -> Vec<&'static str> {
    let whole = group.pending_modified_values();
    let node = node.and_then(|node| node.pending_modified_values());
    let switching = matches!(
        group.automatic_failover(),
        Some(AutomaticFailoverStatus::Enabling | AutomaticFailoverStatus::Disabling)
    );
    let changes = [
        ("failover", switching || whole.is_some_and(|pending| pending.automatic_failover_status().is_some())),
        ("engine version", node.is_some_and(|pending| pending.engine_version().is_some())),
        ("node type", node.is_some_and(|pending| pending.cache_node_type().is_some())),
    ];
    changes.into_iter().filter_map(|(what, pending)| pending.then_some(what)).collect()
}
