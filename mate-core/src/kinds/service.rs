//! An ECS service on Fargate (`ecs:Service`).

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::task_definition;
use super::{ListenerRule, SecurityGroup, TaskDefinition, mount_target};
use crate::model::{
    AdoptFacet, ArnForm, DriftClass, FieldRule, HealthFacet, Impact, Input, Kind, KindModel, KnownId, Link, Mechanism,
    Naming, Output, Per, Quota, QuotaWorld, Refused, ReplaceOrder, Sample, SimFacet, SimRequest, SimView, SimWorld,
    TerraformType, Timing, Unit, outputs, resource_of, texts_at,
};

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

/// The inputs of a service. Its tasks have no public address and inherit the service's tags.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceInputs {
    /// The cluster's name.
    pub cluster: Input<String>,
    /// The task definition's ARN, with its revision.
    pub task_definition: Input<String>,
    /// The number of tasks. With `autoscaling`, the number at creation: afterwards any number within the bounds is correct.
    pub desired_count: u32,
    /// The bounds within which autoscaling moves the count.
    pub autoscaling: Option<CountRange>,
    /// The capacity provider strategy.
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
    /// True if the deployment circuit breaker is on: ECS rolls back a deployment that cannot reach a steady state.
    pub circuit_breaker: bool,
    /// The deployment strategy. All but rolling need an alternate target group in `load_balancers`.
    #[serde(default)]
    pub deployment_strategy: DeploymentStrategy,
    /// True if ECS Exec is on, which opens a shell in a task.
    pub enable_execute_command: bool,
    /// The objects that must be ready before its tasks can start and that no other field names: the mount targets of its volumes.
    pub after: Vec<Input<String>>,
    /// Values whose change restarts the tasks even if no other input changes.
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

/// The way in which a deployment replaces the running tasks of a service with new ones.
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
        /// The time that the former tasks stay for an immediate rollback, in minutes, 0 to 1440.
        bake_minutes: u16,
    },
    /// All new tasks start behind the other target group; a share of the traffic moves first, then the rest.
    Canary {
        /// The share of the traffic that moves first, in percent, 1 to 99.
        percent: u8,
        /// The time between the first share and the rest, in minutes, 0 to 1440.
        canary_bake_minutes: u16,
        /// The time that the former tasks stay once all traffic has moved, in minutes, 0 to 1440.
        bake_minutes: u16,
    },
}

impl DeploymentStrategy {
    /// The longest wait of ECS at a stage, in minutes: a day.
    pub const MAX_BAKE_MINUTES: u16 = 1440;

    /// Returns true for the rolling strategy.
    #[must_use]
    pub fn is_rolling(&self) -> bool {
        *self == Self::Rolling
    }

    /// The total bake time of a deployment, besides the time that its tasks take to start.
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

/// The alternate target group of a service, with the rule and the role by which ECS moves the traffic.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AdvancedConfiguration.html>
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlternateTargetGroup {
    /// The other target group; taken from the rule that forwards to it.
    pub target_group_arn: Input<String>,
    /// The rule whose weights ECS changes.
    pub production_listener_rule_arn: Input<String>,
    /// The role with which ECS changes them.
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

fn service_arn(n: &Naming<'_>) -> String {
    n.arn("ecs", &format!("service/{}/{}", n.text("cluster"), n.name()))
}

fn service_resource(n: &Naming<'_>) -> String {
    format!("service/{}/{}", n.text("cluster"), n.name())
}

/// The CPU units of a service's task; none for a task definition that is not among the nodes.
fn task_cpu(service: &Value, world: &QuotaWorld<'_>) -> u64 {
    world.node(&service["task_definition"]).and_then(|task| task["cpu"].as_u64()).unwrap_or(0)
}

/// The number of a service's tasks that run on FARGATE_SPOT, or on FARGATE. Where its strategy divides unevenly, both get the one
/// more: which of them does is up to ECS.
fn tasks(service: &Value, spot: bool) -> u64 {
    let count = service["desired_count"].as_u64().unwrap_or(0);
    let empty = Vec::new();
    let strategy = service["capacity_providers"].as_array().unwrap_or(&empty);
    if strategy.is_empty() {
        return if spot { 0 } else { count };
    }
    let figure = |provider: &Value, field: &str| provider[field].as_u64().unwrap_or(0);
    let total = |field: &str| strategy.iter().map(|provider| figure(provider, field)).sum::<u64>();
    let rest = count.saturating_sub(total("base"));
    strategy
        .iter()
        .filter(|provider| (provider["name"] == "FARGATE_SPOT") == spot)
        .map(|provider| {
            let share = (rest * figure(provider, "weight")).checked_div(total("weight").max(1)).unwrap_or(0);
            let uneven = u64::from(rest * figure(provider, "weight") % total("weight").max(1) > 0);
            figure(provider, "base").min(count) + share + uneven
        })
        .sum::<u64>()
        .min(count)
}

/// ECS takes a target group only once a load balancer has it.
fn check_attached(request: &SimRequest<'_>, world: &dyn SimWorld) -> Result<(), Refused> {
    let groups = ["load_balancers.*.target_group_arn", "load_balancers.*.alternate.target_group_arn"];
    for arn in groups.iter().flat_map(|path| texts_at(request.inputs, path)) {
        let attached = world.by_key("elbv2:TargetGroup", arn).is_some_and(|group| {
            world.holders(group.uid).iter().any(|holder| holder.kind.starts_with("elbv2:Listener"))
        });
        if !attached {
            let message = format!("the target group {arn} does not have an associated load balancer");
            return Refused::invalid("InvalidParameterException", message);
        }
    }
    Ok(())
}

/// The reason why the tasks of a service cannot start, if there is one.
fn held_up(service: &SimView<'_>, world: &dyn SimWorld) -> Option<String> {
    if service.inputs["desired_count"] == 0 {
        return None;
    }
    let definition = world.by_key("ecs:TaskDefinition", service.inputs["task_definition"].as_str()?)?;
    let why = task_definition::trouble(&definition, world)?;
    Some(format!("0 of {} tasks running: ResourceInitializationError: {why}", service.inputs["desired_count"]))
}

const SIM: SimFacet = SimFacet {
    physical_id: service_arn,
    outputs: Some(|n| {
        outputs([
            ("arn", json!(service_arn(n))),
            ("service_name", json!(n.name())),
            ("resource_id", json!(service_resource(n))),
        ])
    }),
    scope: "cluster",
    words: ("tasks running", "tasks replaced"),
    calls: ("CreateService", "UpdateService", "DeleteService"),
    exists: "InvalidParameterException",
    quota: "LimitExceededException",
    read: Some(("ecs:DescribeServices", 10)),
    request: check_attached,
    trouble: held_up,
    mechanism: Mechanism::Service,
    ..SimFacet::PLAIN
};

const LINKS: &[Link] = &[
    Link::security_group("security_group_ids.*", "InvalidParameterException"),
    Link::subnet("subnet_ids.*", "InvalidParameterException").or_base(),
    Link::new("cluster", "ecs:Cluster", "cluster_name", "ClusterNotFoundException")
        .holds("ClusterContainsServicesException")
        .or_base(),
    Link::new("task_definition", "ecs:TaskDefinition", "arn", "ClientException"),
    Link::target_group("load_balancers.*.target_group_arn", "InvalidParameterException"),
    Link::target_group("load_balancers.*.alternate.target_group_arn", "InvalidParameterException"),
    Link::new(
        "load_balancers.*.alternate.production_listener_rule_arn",
        "elbv2:ListenerRule",
        "arn",
        "InvalidParameterException",
    ),
    Link::new("load_balancers.*.alternate.role_arn", "iam:Role", "arn", "InvalidParameterException"),
];

const ADOPT: AdoptFacet = AdoptFacet {
    name: |id| id.rsplit('/').next(),
    place: &["cluster"],
    known: &[
        ("arn", KnownId::Arn),
        ("service_name", KnownId::Name),
        ("resource_id", KnownId::By(|id| resource_of(id).filter(|resource| resource.matches('/').count() == 2))),
    ],
    terraform: &[
        // `cluster` is an ARN or a name.
        TerraformType {
            names: &["aws_ecs_service"],
            hints: &[("cluster", "cluster")],
            in_our_form: |field, value| {
                if field == "cluster" { value.rsplit('/').next().map(str::to_owned).unwrap_or(value) } else { value }
            },
            ..TerraformType::ARN
        },
    ],
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[
    Quota::region(
        "ecs",
        "L-9EF96962",
        "Services per cluster",
        5000,
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html",
    )
    .per(Per::Cluster, |inputs, _| inputs["cluster"].to_string()),
    Quota::region(
        "fargate",
        "L-3032A538",
        "Fargate On-Demand vCPU resource count",
        6,
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html",
    )
    .counted(Unit::Vcpu, |inputs, world| task_cpu(inputs, world) * tasks(inputs, false)),
    Quota::region(
        "fargate",
        "L-36FBB829",
        "Fargate Spot vCPU resource count",
        6,
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html",
    )
    .counted(Unit::Vcpu, |inputs, world| task_cpu(inputs, world) * tasks(inputs, true)),
];

const SAMPLES: &[Sample] = &[Sample::new(
    "service",
    |base| base.name("web"),
    |base| {
        json!(ServiceInputs {
            cluster: base.cluster.clone().into(),
            task_definition: base.out("task-definition", TaskDefinition::ARN),
            desired_count: 2,
            autoscaling: Some(CountRange { min: 1, max: 4 }),
            capacity_providers: vec![CapacityProvider { name: "FARGATE".into(), weight: 1, base: 1 }],
            subnet_ids: base.private_subnets(),
            security_group_ids: vec![base.out("ecs-group", SecurityGroup::ID)],
            load_balancers: vec![ServiceLoadBalancer {
                alternate: None,
                target_group_arn: base.out("rule", ListenerRule::TARGET_GROUP_ARN),
                container_name: "web".into(),
                container_port: 8000,
            }],
            health_check_grace_seconds: Some(60),
            minimum_healthy_percent: 100,
            maximum_percent: 200,
            circuit_breaker: true,
            deployment_strategy: DeploymentStrategy::Rolling,
            enable_execute_command: false,
            after: mount_target::sample_ids(base),
            restart_on: Vec::new(),
        })
    },
)
.updated("desired_count", || json!(3))];

impl Kind for Service {
    const NAME: &'static str = "ecs:Service";
    type Inputs = ServiceInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["arn", "service_name", "resource_id"])
            .with_named_outputs(&["service_name", "resource_id"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Capacity)
            .with_timing(timing)
            .with_name_max(255)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_arn(ArnForm::whole("ecs", "service/"))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
            .with_health(HealthFacet::Tasks)
            .asked()
    }
}
