//! An ECS service on Fargate (`ecs:Service`).

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};
use serde_json::Value;

/// An ECS service on Fargate (`ecs:Service`).
#[derive(Debug)]
pub struct Service;

impl Service {
    /// Its ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
    /// Its name.
    pub const NAME: Output<Self, String> = Output::new("service_name");
    /// Its name for autoscaling, `service/{cluster}/{service}`.
    pub const RESOURCE_ID: Output<Self, String> = Output::new("resource_id");
}

/// What a service is made from. Tasks have no public address, and take the service's tags.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceInputs {
    /// The cluster's name.
    pub cluster: Input<String>,
    /// The task definition's ARN, with its revision.
    pub task_definition: Input<String>,
    /// Tasks. With `autoscaling` the figure at creation: afterwards any figure between the bounds is right.
    pub desired_count: u32,
    /// The bounds within which autoscaling moves the count.
    pub autoscaling: Option<CountRange>,
    /// Where the tasks run.
    pub capacity_providers: Vec<CapacityProvider>,
    /// The subnets.
    pub subnet_ids: Vec<Input<String>>,
    /// The security groups.
    pub security_group_ids: Vec<Input<String>>,
    /// The target groups that it stands behind.
    pub load_balancers: Vec<ServiceLoadBalancer>,
    /// Seconds in which a failing target does not count against a new task; only behind a load balancer.
    pub health_check_grace_seconds: Option<u32>,
    /// Tasks that stay healthy during a deployment, in percent of the desired count.
    pub minimum_healthy_percent: u16,
    /// Tasks that may run during a deployment, in percent of the desired count.
    pub maximum_percent: u16,
    /// Whether a deployment that cannot become steady is stopped and rolled back.
    pub circuit_breaker: bool,
    /// How a deployment moves the traffic. All but rolling need an alternate target group in `load_balancers`.
    #[serde(default)]
    pub deployment_strategy: DeploymentStrategy,
    /// Whether a shell can be opened in its tasks.
    pub enable_execute_command: bool,
    /// What must be ready before its tasks can start and that no other field names: the mount targets of its volumes.
    pub after: Vec<Input<String>>,
    /// Values of which another one means that the tasks are started anew, without anything else to change.
    #[serde(default)]
    pub restart_on: Vec<Input<String>>,
}

/// The bounds of autoscaling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountRange {
    /// Fewest tasks.
    pub min: u32,
    /// Most tasks.
    pub max: u32,
}

/// A share of the tasks on one capacity provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapacityProvider {
    /// `FARGATE` or `FARGATE_SPOT`.
    pub name: String,
    /// Its share.
    pub weight: u16,
    /// Tasks that it gets first.
    pub base: u16,
}

/// How a deployment of a service moves from the tasks that run to the new ones.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html>
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum DeploymentStrategy {
    /// Tasks are replaced within the percentages of the service, behind one target group.
    #[default]
    Rolling,
    /// All new tasks start behind the other target group, then all traffic moves at once.
    BlueGreen {
        /// For how long the former tasks stay, so that the way back is at once; minutes, 0 to 1440.
        bake_minutes: u16,
    },
    /// All new tasks start behind the other target group; a share of the traffic moves first, then the rest.
    Canary {
        /// The share that moves first, percent, 1 to 99.
        percent: u8,
        /// For how long only that share has moved; minutes, 0 to 1440.
        canary_bake_minutes: u16,
        /// For how long the former tasks stay once all has moved; minutes, 0 to 1440.
        bake_minutes: u16,
    },
}

impl DeploymentStrategy {
    /// The longest that ECS waits at a stage, minutes: a day.
    pub const MAX_BAKE_MINUTES: u16 = 1440;

    /// Whether it is the rolling one.
    #[must_use]
    pub fn is_rolling(&self) -> bool {
        *self == Self::Rolling
    }

    /// For how long a deployment waits, beside what its tasks take to start.
    #[must_use]
    pub fn bakes(&self) -> Duration {
        let minutes = match *self {
            Self::Rolling => 0,
            Self::BlueGreen { bake_minutes } => u64::from(bake_minutes),
            Self::Canary { canary_bake_minutes, bake_minutes, .. } => {
                u64::from(canary_bake_minutes) + u64::from(bake_minutes)
            }
        };
        Duration::from_secs(60 * minutes)
    }
}

impl fmt::Display for DeploymentStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rolling => f.write_str("rolling"),
            Self::BlueGreen { bake_minutes } => write!(f, "blue-green, {bake_minutes} min until the former tasks go"),
            Self::Canary { percent, canary_bake_minutes, bake_minutes } => write!(
                f,
                "canary, {percent} % for {canary_bake_minutes} min, then {bake_minutes} min until the former tasks go"
            ),
        }
    }
}

/// A target group that the service's tasks are registered with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceLoadBalancer {
    /// The target group; taken from the listener or rule that forwards to it, because ECS refuses one that no load balancer has.
    pub target_group_arn: Input<String>,
    /// The container.
    pub container_name: String,
    /// Its port.
    pub container_port: u16,
    /// The other target group, between which and the first one deployments move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alternate: Option<AlternateTargetGroup>,
}

/// Where ECS moves the traffic of a service to and fro.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AdvancedConfiguration.html>
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlternateTargetGroup {
    /// The other target group; taken from the rule that forwards to it.
    pub target_group_arn: Input<String>,
    /// The rule whose weights ECS changes.
    pub production_listener_rule_arn: Input<String>,
    /// The role by which it does.
    pub role_arn: Input<String>,
}

fn count_change(old: &Value, new: &Value) -> Impact {
    if new["desired_count"] == 0 && old["desired_count"] != 0 {
        Impact::Downtime("no task of it runs")
    } else {
        Impact::InPlace
    }
}

/// An update may be a deployment, and take as long as its strategy wants it to.
fn timing(inputs: &Value) -> Timing {
    let strategy: DeploymentStrategy =
        serde_json::from_value(inputs["deployment_strategy"].clone()).unwrap_or_default();
    let mut timing = Timing::seconds(150, 150, 60);
    timing.update += strategy.bakes();
    timing
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("cluster", Impact::Replace("a service belongs to one cluster")).class(DriftClass::Capacity),
    FieldRule::new(
        "task_definition",
        Impact::Restart("tasks are replaced one after another by the circuit breaker's rules"),
    )
    .class(DriftClass::Security),
    FieldRule::by("desired_count", count_change).class(DriftClass::Capacity).after_users(|_, new| *new == 0),
    FieldRule::new("autoscaling", Impact::InPlace).class(DriftClass::Capacity).write_only(),
    FieldRule::new("capacity_providers", Impact::Restart("tasks are started anew on the other capacity"))
        .class(DriftClass::Capacity)
        .unordered(),
    FieldRule::new("subnet_ids", Impact::Restart("tasks are started anew in the other subnets"))
        .class(DriftClass::Security)
        .unordered(),
    FieldRule::new("security_group_ids", Impact::Restart("tasks are started anew in the other groups"))
        .class(DriftClass::Security)
        .unordered(),
    FieldRule::new("load_balancers", Impact::Restart("tasks are started anew behind the other target group"))
        .class(DriftClass::Capacity)
        .unordered(),
    FieldRule::new("health_check_grace_seconds", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("minimum_healthy_percent", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("maximum_percent", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("circuit_breaker", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("deployment_strategy", Impact::InPlace).class(DriftClass::Capacity),
    FieldRule::new("enable_execute_command", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("after", Impact::InPlace).edge_only(),
    FieldRule::new("restart_on", Impact::Restart("tasks are started anew")).class(DriftClass::Capacity).write_only(),
];

impl Kind for Service {
    const NAME: &'static str = "ecs:Service";
    type Inputs = ServiceInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["arn", "service_name", "resource_id"],
            revised_outputs: &[],
            named_outputs: &["service_name", "resource_id"],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::None,
            lost: DriftClass::Capacity,
            timing,
            name_rule: NameRule { max: 255 },
            taggable: true,
            deduplicated: true,
            run_once: false,
        }
    }
}
