//! A service between the kind's form and AWS's: live inputs, status, request parts.

use aws_sdk_ecs::types::{
    AssignPublicIp, AwsVpcConfiguration, CapacityProviderStrategyItem, Deployment, DeploymentCircuitBreaker,
    DeploymentConfiguration, DeploymentRolloutState, LaunchType, LoadBalancer, NetworkConfiguration,
    Service as Described,
};
use mate_core::kinds::service::{CapacityProvider, ServiceInputs, ServiceLoadBalancer};
use mate_core::model::Outputs;
use mate_core::provider::{ErrorClass, Live, ProviderError, Status, Target};
use serde_json::{Map, Value, json};

use super::traffic;
use crate::drivers::batch::{count, signed};
use crate::drivers::ecs::tag_map;
use crate::drivers::fields::{text, value, values};

const FARGATE: &str = "FARGATE";

pub(super) fn live(target: &Target, service: &Described) -> Live {
    let arn = service.service_arn().unwrap_or_default();
    Live {
        physical_id: arn.to_owned(),
        status: status(target, service),
        inputs: inputs(target, service),
        outputs: outputs(service),
        tags: tag_map(service.tags()),
    }
}

/// The live inputs. What the answer leaves out is left out here too, and so is compared with the record.
fn inputs(target: &Target, service: &Described) -> Value {
    let mut inputs = Map::new();
    let mut put = |field: &str, value: Value| {
        inputs.insert(field.to_owned(), value);
    };
    put("cluster", json!(cluster_name(service)));
    put("task_definition", json!(service.task_definition()));
    put("desired_count", json!(desired_count(target, service)));
    if let Some(providers) = capacity_providers(target, service) {
        put("capacity_providers", json!(providers));
    }
    if let Some(network) = service.network_configuration().and_then(|network| network.awsvpc_configuration()) {
        put("subnet_ids", json!(network.subnets()));
        put("security_group_ids", json!(network.security_groups()));
    }
    let balancers: Vec<ServiceLoadBalancer> = service.load_balancers().iter().filter_map(read_balancer).collect();
    put("load_balancers", traffic::ordered(json!(balancers), target.inputs.get("load_balancers")));
    let deployment = service.deployment_configuration();
    if let Some(percent) = deployment.and_then(|one| one.minimum_healthy_percent()) {
        put("minimum_healthy_percent", json!(percent));
    }
    if let Some(percent) = deployment.and_then(|one| one.maximum_percent()) {
        put("maximum_percent", json!(percent));
    }
    if let Some(strategy) = deployment.and_then(traffic::read_strategy) {
        put("deployment_strategy", json!(strategy));
    }
    if let Some(breaker) = deployment.and_then(|one| one.deployment_circuit_breaker()) {
        put("circuit_breaker", json!(breaker.enable() && breaker.rollback()));
    }
    // An answer without a deployment configuration leaves out more than that: then the absence of the grace period
    // says nothing, nor does the execute-command flag, which the SDK reads as false when it is absent.
    match service.health_check_grace_period_seconds() {
        Some(0) if target.inputs.get("health_check_grace_seconds") == Some(&Value::Null) => {
            put("health_check_grace_seconds", Value::Null);
        }
        Some(seconds) => put("health_check_grace_seconds", json!(seconds)),
        None if deployment.is_some() => put("health_check_grace_seconds", Value::Null),
        None => {}
    }
    if service.enable_execute_command() || deployment.is_some() {
        put("enable_execute_command", json!(service.enable_execute_command()));
    }
    Value::Object(inputs)
}

pub(super) fn cluster_name(service: &Described) -> Option<&str> {
    service.cluster_arn()?.rsplit('/').next()
}

/// The count; with autoscaling any count between the bounds is the desired one.
fn desired_count(target: &Target, service: &Described) -> u32 {
    let live = count(service.desired_count());
    let bound = |name: &str| target.inputs.pointer(&format!("/autoscaling/{name}")).and_then(Value::as_u64);
    let desired = target.inputs.get("desired_count").and_then(Value::as_u64).and_then(|count| count.try_into().ok());
    match (bound("min"), bound("max"), desired) {
        (Some(min), Some(max), Some(desired)) if (min..=max).contains(&u64::from(live)) => desired,
        _ => live,
    }
}

/// The capacity providers of the tasks. Launch type FARGATE, and the provider FARGATE alone, are the same as no
/// provider at all.
fn capacity_providers(target: &Target, service: &Described) -> Option<Vec<CapacityProvider>> {
    let none_wanted = target.inputs.get("capacity_providers").and_then(Value::as_array).is_some_and(Vec::is_empty);
    match service.capacity_provider_strategy() {
        [] if service.launch_type() == Some(&LaunchType::Fargate) => Some(Vec::new()),
        [] => None,
        [only] if none_wanted && only.capacity_provider() == FARGATE => Some(Vec::new()),
        items => Some(
            items
                .iter()
                .map(|item| CapacityProvider {
                    name: item.capacity_provider().to_owned(),
                    weight: item.weight().try_into().unwrap_or_default(),
                    base: item.base().try_into().unwrap_or_default(),
                })
                .collect(),
        ),
    }
}

fn read_balancer(balancer: &LoadBalancer) -> Option<ServiceLoadBalancer> {
    Some(ServiceLoadBalancer {
        target_group_arn: balancer.target_group_arn()?.into(),
        container_name: balancer.container_name()?.to_owned(),
        container_port: balancer.container_port()?.try_into().ok()?,
        alternate: balancer.advanced_configuration().and_then(traffic::read_alternate),
    })
}

/// The status of the service.
pub(super) fn status(target: &Target, service: &Described) -> Status {
    if service.status() == Some("DRAINING") {
        return Status::Deleting;
    }
    let wanted = text(target, "task_definition");
    let failed = |deployment: &&Deployment| deployment.rollout_state() == Some(&DeploymentRolloutState::Failed);
    let primary = service.deployments().iter().find(|one| one.status() == Some("PRIMARY"));
    // After a rollback the primary deployment is of the former task definition, and the failed one is of ours; of ours are both
    // where the tasks were only started anew.
    let moved_back = wanted.is_some() && primary.is_some_and(|one| one.task_definition() != wanted);
    let rolled_back = primary.is_some_and(|one| is_rollback(service, one));
    let ours = |one: &&Deployment| {
        one.status() == Some("PRIMARY") || (moved_back || rolled_back) && one.task_definition() == wanted
    };
    if let Some(deployment) = service.deployments().iter().filter(failed).find(ours) {
        let reason = deployment.rollout_state_reason().unwrap_or("the deployment failed");
        return Status::Failed(reason.to_owned());
    }
    if moved_back && rolled_back {
        return Status::Failed("the deployment failed, and ECS rolled it back".to_owned());
    }
    let (desired, running) = (count(service.desired_count()), count(service.running_count()));
    if let Some(primary) = primary.filter(|one| one.rollout_state() == Some(&DeploymentRolloutState::InProgress)) {
        let running = count(primary.running_count());
        return Status::Pending(if running < desired {
            tasks_running(running, desired)
        } else {
            "the deployment is in progress".to_owned()
        });
    }
    if desired == 0 && running > 0 {
        // What is behind the service, a database that is stopped next, is in use until the last task has stopped.
        return Status::Pending(format!("{running} {} stopping", if running == 1 { "task is" } else { "tasks are" }));
    }
    if running < desired { Status::Pending(tasks_running(running, desired)) } else { Status::Ready }
}

/// Returns true if the circuit breaker made this deployment to roll back. Afterwards ECS no longer lists the failed
/// deployment, and only the service's events tell why the service is steady.
fn is_rollback(service: &Described, deployment: &Deployment) -> bool {
    let Some(id) = deployment.id() else { return false };
    let words = format!("rolling back to deployment {id}");
    // Another id may begin with this one.
    let named = |message: &str| {
        message.split_once(&words).is_some_and(|(_, rest)| !rest.starts_with(|next: char| next.is_ascii_digit()))
    };
    service.events().iter().filter_map(|event| event.message()).any(named)
}

fn tasks_running(running: u32, desired: u32) -> String {
    format!("{running} of {desired} {} running", if desired == 1 { "task" } else { "tasks" })
}

pub(super) fn outputs(service: &Described) -> Outputs {
    let name = service.service_name().unwrap_or_default();
    let mut outputs = Outputs::from([("service_name".to_owned(), json!(name))]);
    if let Some(arn) = service.service_arn() {
        outputs.insert("arn".to_owned(), json!(arn));
    }
    if let Some(cluster) = cluster_name(service) {
        outputs.insert("resource_id".to_owned(), json!(format!("service/{cluster}/{name}")));
    }
    outputs
}

pub(super) fn network(target: &Target, inputs: &ServiceInputs) -> Result<NetworkConfiguration, ProviderError> {
    let configuration = AwsVpcConfiguration::builder()
        .set_subnets(Some(values(target, &inputs.subnet_ids)?))
        .set_security_groups(Some(values(target, &inputs.security_group_ids)?))
        .assign_public_ip(AssignPublicIp::Disabled)
        .build()
        .map_err(|error| bug(target, &error.to_string()))?;
    Ok(NetworkConfiguration::builder().awsvpc_configuration(configuration).build())
}

pub(super) fn load_balancers(target: &Target, inputs: &ServiceInputs) -> Result<Vec<LoadBalancer>, ProviderError> {
    inputs
        .load_balancers
        .iter()
        .map(|one| {
            Ok(LoadBalancer::builder()
                .target_group_arn(value(target, &one.target_group_arn)?)
                .container_name(&one.container_name)
                .container_port(i32::from(one.container_port))
                .set_advanced_configuration(
                    one.alternate.as_ref().map(|alternate| traffic::alternate(target, alternate)).transpose()?,
                )
                .build())
        })
        .collect()
}

pub(super) fn deployment(inputs: &ServiceInputs) -> DeploymentConfiguration {
    let builder = DeploymentConfiguration::builder()
        .minimum_healthy_percent(i32::from(inputs.minimum_healthy_percent))
        .maximum_percent(i32::from(inputs.maximum_percent))
        .deployment_circuit_breaker(
            DeploymentCircuitBreaker::builder().enable(inputs.circuit_breaker).rollback(inputs.circuit_breaker).build(),
        );
    traffic::strategy(builder, inputs.deployment_strategy).build()
}

pub(super) fn strategy(
    target: &Target,
    providers: &[CapacityProvider],
) -> Result<Vec<CapacityProviderStrategyItem>, ProviderError> {
    providers
        .iter()
        .map(|provider| {
            CapacityProviderStrategyItem::builder()
                .capacity_provider(&provider.name)
                .weight(i32::from(provider.weight))
                .base(i32::from(provider.base))
                .build()
                .map_err(|error| bug(target, &error.to_string()))
        })
        .collect()
}

/// All tasks on Fargate, as a strategy: an update cannot name a launch type.
pub(super) fn fargate_alone() -> CapacityProvider {
    CapacityProvider { name: FARGATE.to_owned(), weight: 1, base: 0 }
}

/// The grace period; ECS takes it only behind a load balancer.
pub(super) fn grace(inputs: &ServiceInputs) -> Option<i32> {
    inputs.health_check_grace_seconds.filter(|_| !inputs.load_balancers.is_empty()).map(signed)
}

fn bug(target: &Target, message: &str) -> ProviderError {
    ProviderError::new(ErrorClass::Bug, "ecs:CreateService", target.address.clone()).with_message(message)
}
