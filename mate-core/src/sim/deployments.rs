//! Deployments that move a service's traffic between two target groups, as ECS carries them out.

use std::time::Duration;

use serde_json::Value;

use super::object::{Object, same};
use super::state::State;
use crate::kinds::service::DeploymentStrategy;

/// The fields of a service of which another value starts its tasks anew.
const DEPLOYED: [&str; 6] =
    ["task_definition", "restart_on", "load_balancers", "capacity_providers", "subnet_ids", "security_group_ids"];

fn strategy(inputs: &Value) -> DeploymentStrategy {
    serde_json::from_value(inputs["deployment_strategy"].clone()).unwrap_or_default()
}

/// The inputs without what a deployment waits for: not every update is one.
pub(super) fn without_bakes(inputs: &Value) -> Value {
    let mut inputs = inputs.clone();
    if let Some(fields) = inputs.as_object_mut() {
        fields.remove("deployment_strategy");
    }
    inputs
}

/// Returns true if a change of a service moves its tasks to the other target group.
pub(super) fn moves(old: &Value, new: &Value) -> bool {
    let deploys = DEPLOYED.iter().any(|field| !same(&old[field], &new[field], true));
    deploys && !strategy(new).is_rolling() && new["load_balancers"][0]["alternate"].is_object()
}

impl State {
    /// Begins a deployment of a service that has just been changed: how long it takes beside the start of its tasks. One whose
    /// tasks do not start is stopped before anything moves, and the next one moves from where the traffic is.
    pub(super) fn deploy(&self, object: &mut Object, failed_before: bool) -> Duration {
        if !failed_before {
            object.on_alternate = !object.on_alternate;
        }
        if self.injected(object).is_some() { Duration::ZERO } else { strategy(&object.inputs).bakes() }
    }

    /// The share of a service's traffic that each of its target groups has at `now`, percent, by ARN.
    pub(super) fn traffic(&self, service: &Object, now: Duration) -> Vec<(String, u8)> {
        let Some(balancer) = service.inputs["load_balancers"].get(0) else { return Vec::new() };
        let Some(first) = balancer["target_group_arn"].as_str() else { return Vec::new() };
        let Some(second) = balancer["alternate"]["target_group_arn"].as_str() else {
            return vec![(first.to_owned(), 100)];
        };
        let moved = self.moved(service, now);
        let alternate = if service.on_alternate { moved } else { 100 - moved };
        vec![(first.to_owned(), 100 - alternate), (second.to_owned(), alternate)]
    }

    /// The share of its traffic that the last deployment of a service has moved, in percent.
    fn moved(&self, service: &Object, now: Duration) -> u8 {
        if self.injected(service).is_some() {
            return 0;
        }
        let left = service.ready_at.saturating_sub(now);
        match strategy(&service.inputs) {
            DeploymentStrategy::Canary { percent, bake_minutes, canary_bake_minutes } => {
                let minutes = |minutes: u16| Duration::from_secs(60 * u64::from(minutes));
                if left <= minutes(bake_minutes) {
                    100
                } else if left <= minutes(bake_minutes) + minutes(canary_bake_minutes) {
                    percent
                } else {
                    0
                }
            }
            strategy if left <= strategy.bakes() => 100,
            _ => 0,
        }
    }
}
