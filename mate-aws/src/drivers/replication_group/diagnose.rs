//! The diagnosis of a replication group that does not become available: its status, that of a node, its events.

use aws_sdk_elasticache::types::{CacheCluster, Event};
use mate_core::provider::{Diagnosis, Status};

/// Statuses of a node that do not end well, and what to do about each.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CacheCluster.html>
const BROKEN: [(&str, &str); 2] = [
    ("incompatible-network", "see that the subnets have free addresses and the security groups still exist"),
    ("restore-failed", "restore again from another snapshot"),
];

/// The findings from the statuses of group and node, where these do not end well.
pub(super) fn standing(status: &Status, node: Option<&CacheCluster>) -> Vec<Diagnosis> {
    let mut found = Vec::new();
    if let Status::Failed(word) = status {
        found.push(Diagnosis {
            concern: None,
            terminal: true,
            finding: format!("the status is {word}"),
            advice: Some("delete it and apply again; the events below say why it failed".to_owned()),
        });
    }
    let word = node.and_then(|node| node.cache_cluster_status());
    found.extend(BROKEN.iter().filter(|(broken, _)| word == Some(*broken)).map(|(word, advice)| Diagnosis {
        concern: None,
        terminal: true,
        finding: format!("the status of its nodes is {word}"),
        advice: Some((*advice).to_owned()),
    }));
    found
}

/// The events, the latest first.
pub(super) fn events(mut events: Vec<Event>) -> Vec<Diagnosis> {
    events.sort_by_key(|event| std::cmp::Reverse(event.date().map(|date| date.secs())));
    let told = |event: Event| {
        let when = event.date.map(|date| format!("{date}: ")).unwrap_or_default();
        Some(Diagnosis { concern: None, terminal: false, finding: format!("{when}{}", event.message?), advice: None })
    };
    events.into_iter().filter_map(told).collect()
}

#[cfg(test)]
mod tests;
