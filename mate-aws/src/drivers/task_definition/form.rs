//! A task definition between the kind's form and AWS's.

use std::collections::BTreeMap;

use aws_sdk_ecs::client::Client;
use aws_sdk_ecs::error::BuildError;
use aws_sdk_ecs::operation::register_task_definition::builders::RegisterTaskDefinitionFluentBuilder;
use aws_sdk_ecs::types::{
    Compatibility, ContainerDefinition, CpuArchitecture, EfsAuthorizationConfig, EfsAuthorizationConfigIam,
    EfsTransitEncryption, EfsVolumeConfiguration, KeyValuePair, LogConfiguration, LogDriver, MountPoint, NetworkMode,
    OsFamily, PortMapping, RuntimePlatform, Secret, TaskDefinition as Described, TransportProtocol, Volume,
};
use mate_core::kinds::TaskDefinition;
use mate_core::kinds::task_definition::{Container, ContainerLogs, EfsVolume, Mount, TaskDefinitionInputs};
use mate_core::model::Input;
use mate_core::provider::{ErrorClass, ProviderError, Target};
use serde_json::{Map, Value, json};

use crate::drivers::ecs::tag_list;
use crate::drivers::fields::value;

const GROUP: &str = "awslogs-group";
const REGION: &str = "awslogs-region";
const STREAM_PREFIX: &str = "awslogs-stream-prefix";

/// Seconds between SIGTERM and SIGKILL on Fargate when a container does not say.
const STOP_TIMEOUT: u8 = 30;

/// The request that registers the inputs as the family's next revision.
pub(super) fn register(
    ecs: &Client,
    target: &Target,
    inputs: &TaskDefinitionInputs,
) -> Result<RegisterTaskDefinitionFluentBuilder, ProviderError> {
    let containers = inputs.containers.iter().map(|one| container(target, one)).collect::<Result<Vec<_>, _>>()?;
    let volumes = inputs.volumes.iter().map(|one| volume(target, one)).collect::<Result<Vec<_>, _>>()?;
    Ok(ecs
        .register_task_definition()
        .family(&target.name)
        .requires_compatibilities(Compatibility::Fargate)
        .network_mode(NetworkMode::Awsvpc)
        .runtime_platform(
            RuntimePlatform::builder()
                .operating_system_family(OsFamily::Linux)
                .cpu_architecture(CpuArchitecture::X8664)
                .build(),
        )
        .cpu(inputs.cpu.to_string())
        .memory(inputs.memory_mib.to_string())
        .execution_role_arn(value(target, &inputs.execution_role_arn)?)
        .task_role_arn(value(target, &inputs.task_role_arn)?)
        .set_container_definitions(Some(containers))
        .set_volumes(Some(volumes))
        .set_tags((!target.tags.is_empty()).then(|| tag_list(&target.tags))))
}

fn built<T>(target: &Target, result: Result<T, BuildError>) -> Result<T, ProviderError> {
    result.map_err(|error| {
        ProviderError::new(ErrorClass::Bug, "ecs:RegisterTaskDefinition", target.address.clone())
            .with_message(error.to_string())
    })
}

fn container(target: &Target, container: &Container) -> Result<ContainerDefinition, ProviderError> {
    let mut definition = ContainerDefinition::builder()
        .name(&container.name)
        .image(&container.image)
        .essential(container.essential)
        .stop_timeout(i32::from(container.stop_timeout_seconds))
        .log_configuration(logs(target, &container.logs)?);
    if !container.command.is_empty() {
        definition = definition.set_command(Some(container.command.clone()));
    }
    if let Some(port) = container.port {
        definition = definition.port_mappings(
            PortMapping::builder().container_port(i32::from(port)).protocol(TransportProtocol::Tcp).build(),
        );
    }
    for (name, text) in &container.environment {
        definition = definition.environment(KeyValuePair::builder().name(name).value(value(target, text)?).build());
    }
    for (name, arn) in &container.secrets {
        let secret = Secret::builder().name(name).value_from(value(target, arn)?).build();
        definition = definition.secrets(built(target, secret)?);
    }
    for mount in &container.mounts {
        definition = definition.mount_points(
            MountPoint::builder()
                .source_volume(&mount.volume)
                .container_path(&mount.path)
                .read_only(mount.read_only)
                .build(),
        );
    }
    Ok(definition.build())
}

fn logs(target: &Target, logs: &ContainerLogs) -> Result<LogConfiguration, ProviderError> {
    let configuration = LogConfiguration::builder()
        .log_driver(LogDriver::Awslogs)
        .options(GROUP, value(target, &logs.group)?)
        .options(REGION, &logs.region)
        .options(STREAM_PREFIX, &logs.stream_prefix)
        .build();
    built(target, configuration)
}

fn volume(target: &Target, volume: &EfsVolume) -> Result<Volume, ProviderError> {
    // With an access point the root directory is the access point's own, and must be left out.
    let access_point = match &volume.access_point_id {
        Some(id) => Some(value(target, id)?.clone()),
        None => None,
    };
    let efs = EfsVolumeConfiguration::builder()
        .file_system_id(value(target, &volume.file_system_id)?)
        .transit_encryption(EfsTransitEncryption::Enabled)
        .authorization_config(
            EfsAuthorizationConfig::builder()
                .set_access_point_id(access_point)
                .iam(EfsAuthorizationConfigIam::Enabled)
                .build(),
        )
        .build();
    Ok(Volume::builder().name(&volume.name).efs_volume_configuration(built(target, efs)?).build())
}

/// The live inputs. Lists whose order AWS does not promise stand in the desired order.
pub(super) fn inputs(target: &Target, described: &Described) -> Value {
    let desired = target.typed::<TaskDefinition>().ok();
    let desired_containers = desired.as_ref().map(|inputs| inputs.containers.as_slice()).unwrap_or_default();
    let containers = in_order(
        described.container_definitions().iter().map(|one| read_container(one, desired_containers)).collect(),
        desired_containers,
        |container| container.name.clone(),
    );
    let volumes = in_order(
        described.volumes().iter().map(read_volume).collect(),
        desired.as_ref().map(|inputs| inputs.volumes.as_slice()).unwrap_or_default(),
        |volume| volume.name.clone(),
    );
    let mut inputs = Map::new();
    inputs.insert("cpu".into(), json!(figure(described.cpu())));
    inputs.insert("memory_mib".into(), json!(figure(described.memory())));
    inputs.insert("execution_role_arn".into(), json!(described.execution_role_arn()));
    inputs.insert("task_role_arn".into(), json!(described.task_role_arn()));
    inputs.insert("containers".into(), json!(containers));
    inputs.insert("volumes".into(), json!(volumes));
    Value::Object(inputs)
}

fn figure(text: Option<&str>) -> Option<u32> {
    text?.parse().ok()
}

fn in_order<T, K: PartialEq>(mut live: Vec<T>, desired: &[T], key: impl Fn(&T) -> K) -> Vec<T> {
    live.sort_by_key(|one| desired.iter().position(|wanted| key(wanted) == key(one)).unwrap_or(usize::MAX));
    live
}

fn read_container(container: &ContainerDefinition, desired: &[Container]) -> Container {
    let name = container.name().unwrap_or_default();
    let wanted = desired.iter().find(|one| one.name == name);
    let mounts = container
        .mount_points()
        .iter()
        .map(|mount| Mount {
            volume: mount.source_volume().unwrap_or_default().to_owned(),
            path: mount.container_path().unwrap_or_default().to_owned(),
            read_only: mount.read_only().unwrap_or_default(),
        })
        .collect();
    Container {
        name: name.to_owned(),
        image: container.image().unwrap_or_default().to_owned(),
        essential: container.essential().unwrap_or(true),
        command: container.command().to_vec(),
        port: container.port_mappings().first().and_then(|one| one.container_port()?.try_into().ok()),
        environment: container
            .environment()
            .iter()
            .map(|pair| (pair.name().unwrap_or_default(), pair.value().unwrap_or_default()))
            .map(literal)
            .collect(),
        secrets: container.secrets().iter().map(|secret| literal((secret.name(), secret.value_from()))).collect(),
        mounts: in_order(mounts, wanted.map(|one| one.mounts.as_slice()).unwrap_or_default(), |mount| {
            mount.path.clone()
        }),
        logs: read_logs(container.log_configuration()),
        stop_timeout_seconds: container
            .stop_timeout()
            .and_then(|seconds| seconds.try_into().ok())
            .unwrap_or(STOP_TIMEOUT),
    }
}

fn literal((name, value): (&str, &str)) -> (String, Input<String>) {
    (name.to_owned(), Input::Literal(value.to_owned()))
}

/// The destination of the logs; empty when it is no log group.
fn read_logs(configuration: Option<&LogConfiguration>) -> ContainerLogs {
    let options: BTreeMap<&str, &str> = configuration
        .filter(|one| one.log_driver() == &LogDriver::Awslogs)
        .and_then(|one| one.options())
        .map(|options| options.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect())
        .unwrap_or_default();
    let option = |key| options.get(key).copied().unwrap_or_default().to_owned();
    ContainerLogs { group: Input::Literal(option(GROUP)), region: option(REGION), stream_prefix: option(STREAM_PREFIX) }
}

/// A volume. One that is no EFS file system, or without TLS or IAM, has an empty file system id: it is a difference.
fn read_volume(volume: &Volume) -> EfsVolume {
    let efs = volume.efs_volume_configuration();
    let access = efs.and_then(|efs| efs.authorization_config());
    let secured = efs.is_some_and(|efs| efs.transit_encryption() == Some(&EfsTransitEncryption::Enabled))
        && access.is_some_and(|access| access.iam() == Some(&EfsAuthorizationConfigIam::Enabled));
    EfsVolume {
        name: volume.name().unwrap_or_default().to_owned(),
        file_system_id: Input::Literal(
            efs.filter(|_| secured).map(|efs| efs.file_system_id().to_owned()).unwrap_or_default(),
        ),
        access_point_id: access.and_then(|access| access.access_point_id()).map(Input::from),
    }
}
