//! The services: log group, task definition, service and autoscaling of each.

use std::collections::BTreeMap;

use super::context::Context;
use super::data::{Cache, DATABASE_NAME, Database};
use super::edge::{Edge, Exposed};
use super::network::{POSTGRES, REDIS, SecurityGroups};
use super::security::{Roles, Secrets};
use super::storage::Files;
use crate::kinds::log_group::{LogGroupInputs, retention_at_least};
use crate::kinds::scalable_target::ScalableTargetInputs;
use crate::kinds::scaling_policy::{ScalingMetric, ScalingPolicyInputs};
use crate::kinds::service::{CapacityProvider, CountRange, DeploymentStrategy, ServiceInputs, ServiceLoadBalancer};
use crate::kinds::task_definition::{Container, ContainerLogs, EfsVolume, Mount, TaskDefinitionInputs};
use crate::kinds::{
    Bucket, LogGroup, Role, ScalableTarget, ScalingPolicy, Secret, Service, TargetGroup, TaskDefinition,
};
use crate::model::{GraphError, Input, NodeHandle};
use crate::spec::{Base, ResolvedAutoscaling, ResolvedImage, ResolvedService};

/// The parts from which the services are built.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    pub(super) groups: &'a SecurityGroups,
    pub(super) secrets: &'a Secrets,
    pub(super) bucket: &'a NodeHandle<Bucket>,
    pub(super) files: &'a Files,
    pub(super) database: &'a Database,
    pub(super) cache: &'a Cache,
    pub(super) logs: &'a [NodeHandle<LogGroup>],
    pub(super) roles: &'a Roles,
    pub(super) edge: &'a Edge,
}

/// One log group a service, in the services' order.
pub(super) fn log_groups(cx: &mut Context<'_>) -> Result<Vec<NodeHandle<LogGroup>>, GraphError> {
    let tenant = cx.tenant;
    let retention_days = retention_at_least(tenant.compliance.data_retention_days);
    tenant
        .services
        .iter()
        .map(|service| {
            let name = format!("/ecs/mate-{}-{}/{}", tenant.id, cx.base.environment, service.name);
            cx.add_named(&format!("{}-log-group", service.name), name, &LogGroupInputs { retention_days })
        })
        .collect()
}

pub(super) fn services(cx: &mut Context<'_>, parts: &Parts<'_>) -> Result<(), GraphError> {
    let tenant = cx.tenant;
    for (service, logs) in tenant.services.iter().zip(parts.logs) {
        let definition = task_definition(cx, parts, service, logs)?;
        let definition: NodeHandle<TaskDefinition> =
            cx.add(&format!("{}-task-definition", service.name), &service.name, &definition)?;
        let exposed = parts.edge.exposed(&service.name);
        let inputs = service_inputs(cx, parts, service, &definition, exposed);
        let handle: NodeHandle<Service> = cx.add(&format!("{}-service", service.name), &service.name, &inputs)?;
        if let Some(autoscaling) = &service.autoscaling {
            scale(cx, parts, service, autoscaling, &handle, exposed)?;
        }
    }
    Ok(())
}

fn task_definition(
    cx: &Context<'_>,
    parts: &Parts<'_>,
    service: &ResolvedService,
    logs: &NodeHandle<LogGroup>,
) -> Result<TaskDefinitionInputs, GraphError> {
    let layout = &cx.tenant.storage.layout;
    let mount = |volume: &str, path: &str, read_only| Mount { volume: volume.into(), path: path.into(), read_only };
    let volume =
        |name: &str, file_system_id, access_point_id| EfsVolume { name: name.into(), file_system_id, access_point_id };
    let container = Container {
        name: service.name.clone(),
        image: image_uri(cx.base, &service.image)?,
        essential: true,
        command: service.command.clone(),
        port: service.port,
        environment: environment(cx, parts, service),
        secrets: secrets(parts),
        mounts: vec![
            mount("shared-models", &layout.shared_models, true),
            mount("tenant-models", &layout.tenant_models, false),
            mount("tenant-data", &layout.tenant_data, false),
        ],
        logs: ContainerLogs {
            group: logs.out(LogGroup::NAME),
            region: cx.base.region.clone(),
            stream_prefix: "ecs".into(),
        },
        stop_timeout_seconds: service.stop_timeout_seconds,
    };
    Ok(TaskDefinitionInputs {
        cpu: service.cpu,
        memory_mib: service.memory_mib,
        execution_role_arn: parts.roles.execution.out(Role::ARN),
        task_role_arn: parts.roles.task.out(Role::ARN),
        containers: vec![container],
        volumes: vec![
            volume("shared-models", Input::Literal(cx.base.shared_file_system_id.clone()), None),
            volume("tenant-models", parts.files.file_system_id(), Some(parts.files.models())),
            volume("tenant-data", parts.files.file_system_id(), Some(parts.files.data())),
        ],
    })
}

/// The full URI of an image.
///
/// # Errors
/// [`GraphError::UnknownRepository`] for a repository that the base does not have.
pub(crate) fn image_uri(base: &Base, image: &ResolvedImage) -> Result<String, GraphError> {
    match image {
        ResolvedImage::Uri(uri) => Ok(uri.clone()),
        ResolvedImage::Repository { repository, reference } => {
            let uri = base.repositories.get(repository).ok_or_else(|| GraphError::UnknownRepository {
                repository: repository.clone(),
                known: base.repositories.keys().cloned().collect(),
            })?;
            let separator = if reference.starts_with("sha256:") { '@' } else { ':' };
            Ok(format!("{uri}{separator}{reference}"))
        }
    }
}

fn environment(cx: &Context<'_>, parts: &Parts<'_>, service: &ResolvedService) -> BTreeMap<String, Input<String>> {
    let literal = |text: &str| Input::Literal(text.to_owned());
    let mut environment: BTreeMap<String, Input<String>> =
        service.environment.iter().map(|(name, value)| (name.clone(), literal(value))).collect();
    environment.extend(
        [
            ("AWS_REGION", literal(&cx.base.region)),
            ("AWS_STORAGE_BUCKET_NAME", parts.bucket.out(Bucket::NAME)),
            ("DATABASE_HOST", parts.database.address()),
            ("DATABASE_NAME", literal(DATABASE_NAME)),
            ("DATABASE_PORT", Input::Literal(POSTGRES.to_string())),
            // The load balancer's health checks come by IP address.
            ("DJANGO_ALLOWED_HOSTS", literal("*")),
            ("ENVIRONMENT", literal(cx.base.environment.as_str())),
            ("MAX_STORAGE_GB", Input::Literal(cx.tenant.storage.max_storage_gb.to_string())),
            ("REDIS_HOST", parts.cache.address()),
            ("REDIS_PORT", Input::Literal(REDIS.to_string())),
            ("TENANT", literal(cx.tenant.id.as_str())),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    environment
}

fn secrets(parts: &Parts<'_>) -> BTreeMap<String, Input<String>> {
    let arn = |secret: &NodeHandle<Secret>| secret.out(Secret::ARN);
    BTreeMap::from(
        [
            ("DATABASE_PASSWORD", arn(&parts.secrets.database).with_suffix(":password::")),
            ("DATABASE_USER", arn(&parts.secrets.database).with_suffix(":username::")),
            ("DJANGO_SECRET_KEY", arn(&parts.secrets.django)),
            ("REDIS_AUTH_TOKEN", arn(&parts.secrets.redis)),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    )
}

fn service_inputs(
    cx: &Context<'_>,
    parts: &Parts<'_>,
    service: &ResolvedService,
    definition: &NodeHandle<TaskDefinition>,
    exposed: Option<&Exposed>,
) -> ServiceInputs {
    let load_balancers = exposed
        .map(|exposed| ServiceLoadBalancer {
            target_group_arn: exposed.attached.clone(),
            alternate: None,
            container_name: service.name.clone(),
            container_port: service.port.unwrap_or(80),
        })
        .into_iter()
        .collect();
    ServiceInputs {
        cluster: Input::Literal(cx.base.cluster.clone()),
        task_definition: definition.out(TaskDefinition::ARN),
        desired_count: service.desired_count,
        autoscaling: service
            .autoscaling
            .as_ref()
            .map(|autoscaling| CountRange { min: autoscaling.min_capacity, max: autoscaling.max_capacity }),
        capacity_providers: capacity_providers(service.spot_percent),
        subnet_ids: cx.private_subnets(),
        security_group_ids: parts.groups.ecs(),
        load_balancers,
        health_check_grace_seconds: exposed.map(|_| 60),
        minimum_healthy_percent: service.minimum_healthy_percent,
        maximum_percent: service.maximum_percent,
        circuit_breaker: true,
        deployment_strategy: DeploymentStrategy::Rolling,
        enable_execute_command: service.enable_execute_command,
        after: parts.files.mount_targets(),
        restart_on: Vec::new(),
    }
}

/// Empty for plain Fargate: a capacity provider must be associated with the cluster first, the launch type need not.
fn capacity_providers(spot_percent: u8) -> Vec<CapacityProvider> {
    let provider = |name: &str, weight: u8, base| CapacityProvider { name: name.into(), weight: weight.into(), base };
    match spot_percent {
        0 => Vec::new(),
        100.. => vec![provider("FARGATE_SPOT", 1, 0)],
        spot => vec![provider("FARGATE", 100 - spot, 1), provider("FARGATE_SPOT", spot, 0)],
    }
}

fn scale(
    cx: &mut Context<'_>,
    parts: &Parts<'_>,
    service: &ResolvedService,
    autoscaling: &ResolvedAutoscaling,
    handle: &NodeHandle<Service>,
    exposed: Option<&Exposed>,
) -> Result<(), GraphError> {
    let target = ScalableTargetInputs {
        resource_id: handle.out(Service::RESOURCE_ID),
        min_capacity: autoscaling.min_capacity,
        max_capacity: autoscaling.max_capacity,
        suspended: false,
    };
    let target: NodeHandle<ScalableTarget> =
        cx.add(&format!("{}-scalable-target", service.name), &service.name, &target)?;

    let mut metrics = vec![("cpu", ScalingMetric::Cpu, f64::from(autoscaling.target_cpu_percent))];
    if let Some(percent) = autoscaling.target_memory_percent {
        metrics.push(("memory", ScalingMetric::Memory, f64::from(percent)));
    }
    if let (Some(requests), Some(exposed)) = (autoscaling.target_requests, exposed) {
        let metric = ScalingMetric::RequestsPerTarget {
            load_balancer: parts.edge.full_name(),
            target_group: exposed.target_group.out(TargetGroup::FULL_NAME),
        };
        metrics.push(("requests", metric, f64::from(requests)));
    }
    for (part, metric, target_value) in metrics {
        let inputs = ScalingPolicyInputs {
            resource_id: target.out(ScalableTarget::RESOURCE_ID),
            metric,
            target_value,
            scale_in_cooldown_seconds: autoscaling.scale_in_cooldown_seconds,
            scale_out_cooldown_seconds: autoscaling.scale_out_cooldown_seconds,
        };
        let part = format!("{}-{part}", service.name);
        let _: NodeHandle<ScalingPolicy> = cx.add(&format!("{part}-scaling-policy"), &part, &inputs)?;
    }
    Ok(())
}
