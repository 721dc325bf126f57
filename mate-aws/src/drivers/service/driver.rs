use async_trait::async_trait;
use aws_sdk_ecs::types::{
    DeploymentController, DeploymentControllerType, LaunchType, PropagateTags, SchedulingStrategy,
    Service as Described, ServiceField,
};
use mate_core::kinds::Service;
use mate_core::model::{Kind, KindModel};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Diagnosis, Discovered, ErrorClass, Live, Observation,
    ProviderError, Scope, Status, Target, UpdateRequest,
};

use super::{actions, alive};
use super::{diagnose, form};
use crate::classify::failed;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::batch::{fixed, gone, grouped, incomplete, present, signed, unlike};
use crate::drivers::ecs::{change_tags, tag_list};
use crate::drivers::fields::{self, behind, missing, text, value};
use crate::policy::Actions;
use crate::tags::{TagChange, judge};

const CREATE: &str = "ecs:CreateService";
const UPDATE: &str = "ecs:UpdateService";
const DELETE: &str = "ecs:DeleteService";

/// Most services that `DescribeServices` takes.
const PAGE: usize = 10;

/// Longest client token.
const TOKEN: usize = 36;

/// Services on Fargate, found by the cluster and name of the recorded ARN, else by the desired ones.
///
/// A deleted service stays INACTIVE for a while and is absent; its name is free. One that drains is on its way out and
/// its name is taken until it is INACTIVE.
#[derive(Debug)]
pub(crate) struct ServiceDriver;

#[async_trait]
impl Driver for ServiceDriver {
    fn model(&self) -> KindModel {
        Service::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn alive(&self, aws: &Aws, scope: &Scope, found: Vec<Discovered>) -> Result<Vec<Discovered>, ProviderError> {
        alive::only(aws, scope, found).await
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        grouped(targets, PAGE, keys, |(cluster, place), group| read(aws, cluster, place, group)).await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        if let Some(live) = present(self, aws, target, CREATE).await? {
            return adopt(aws, target, live).await;
        }
        match create(aws, request).await {
            Ok(service) => Ok(created(target, &service)),
            // ECS has no code of its own for a name that is taken, so look whether it is.
            Err(error) if error.class == ErrorClass::Invalid => match present(self, aws, target, CREATE).await? {
                Some(live) => adopt(aws, target, live).await,
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let live = present(self, aws, target, UPDATE).await?.ok_or_else(|| gone(target, UPDATE))?;
        if live.status == Status::Deleting {
            return Err(draining(target, UPDATE));
        }
        // Nothing that AWS tells shows a new start of the tasks: a repetition starts them anew once more.
        let mut fields = fields::to_change::<Service>(request, &live);
        // The scaling of a service is that of its scalable target.
        fields.retain(|field| field != "autoscaling");
        let tags = TagChange::of(request, &live.tags);
        change(aws, target, live, &fields, &tags).await
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        let target = &request.target;
        let Some(live) = present(self, aws, target, DELETE).await? else {
            return Ok(Deleted::Gone);
        };
        if live.status == Status::Deleting {
            return Ok(Deleted::Going);
        }
        let cluster = cluster(&live);
        let stopped = aws
            .ecs
            .update_service()
            .cluster(cluster)
            .service(name(&live))
            .desired_count(0)
            .send()
            .await
            .map_err(failed(&target.address, UPDATE));
        if let Err(error) = stopped {
            return ended(error);
        }
        let answer = aws
            .ecs
            .delete_service()
            .cluster(cluster)
            .service(name(&live))
            .force(true)
            .send()
            .await
            .map_err(failed(&target.address, DELETE));
        match answer {
            Ok(answer) => match answer.service().and_then(|service| service.status()) {
                Some("INACTIVE") => Ok(Deleted::Gone),
                _ => Ok(Deleted::Going),
            },
            Err(error) => ended(error),
        }
    }

    async fn diagnose(&self, aws: &Aws, target: &Target) -> Result<Vec<Diagnosis>, ProviderError> {
        for (cluster, name) in places(target) {
            let services = describe(aws, target, &cluster, vec![name.clone()]).await?;
            if let Some(service) = services.iter().find(|service| is_named(service, &name)) {
                return Ok(diagnose::findings(aws, target, &cluster, service).await);
            }
        }
        Ok(Vec::new())
    }
}

/// The clusters and names that the service can have: the recorded ones (`arn:aws:ecs:…:service/cluster/name`) first,
/// then the desired ones.
fn places(target: &Target) -> Vec<(String, String)> {
    let recorded = target
        .physical_id
        .as_deref()
        .and_then(|arn| arn.split_once(":service/"))
        .and_then(|(_, path)| path.split_once('/'))
        .map(|(cluster, name)| (cluster.to_owned(), name.to_owned()));
    let desired = text(target, "cluster").map(|cluster| (cluster.to_owned(), target.name.clone()));
    let mut places: Vec<(String, String)> = recorded.into_iter().chain(desired).collect();
    places.dedup();
    places
}

/// The groups that are read together: the services of one cluster. The index in a key is that of the target's place.
fn keys(target: &Target) -> Vec<(String, usize)> {
    places(target).into_iter().enumerate().map(|(place, (cluster, _))| (cluster, place)).collect()
}

fn is_named(service: &Described, name: &str) -> bool {
    service.service_name() == Some(name) && service.status() != Some("INACTIVE")
}

/// The services of these names; one of the targets that they are read for is named in an error.
async fn describe(
    aws: &Aws,
    target: &Target,
    cluster: &str,
    mut names: Vec<String>,
) -> Result<Vec<Described>, ProviderError> {
    names.sort();
    names.dedup();
    let answer = aws
        .ecs
        .describe_services()
        .cluster(cluster)
        .set_services(Some(names))
        .include(ServiceField::Tags)
        .send()
        .await
        .map_err(failed(&target.address, "ecs:DescribeServices"));
    match answer {
        Ok(answer) => Ok(answer.services.unwrap_or_default()),
        Err(error) if error.class == ErrorClass::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

async fn read(
    aws: &Aws,
    cluster: String,
    place: usize,
    group: Vec<&Target>,
) -> Result<Vec<Observation>, ProviderError> {
    let names: Vec<String> = group
        .iter()
        .map(|target| places(target).into_iter().nth(place).map_or_else(|| target.name.clone(), |(_, name)| name))
        .collect();
    let services = describe(aws, group[0], &cluster, names.clone()).await?;
    let answer = |(target, name): (&&Target, &String)| match services.iter().find(|one| is_named(one, name)) {
        Some(service) => judge(target, form::live(target, service)),
        None => Observation::Absent,
    };
    Ok(group.iter().zip(&names).map(answer).collect())
}

async fn create(aws: &Aws, request: &CreateRequest) -> Result<Described, ProviderError> {
    let target = &request.target;
    let inputs = target.typed::<Service>()?;
    let mut call = aws
        .ecs
        .create_service()
        .cluster(value(target, &inputs.cluster)?)
        .service_name(&target.name)
        .client_token(request.token.chars().take(TOKEN).collect::<String>())
        .task_definition(value(target, &inputs.task_definition)?)
        .desired_count(signed(inputs.desired_count))
        .scheduling_strategy(SchedulingStrategy::Replica)
        .deployment_controller(controller(target)?)
        .deployment_configuration(form::deployment(&inputs))
        .network_configuration(form::network(target, &inputs)?)
        .set_health_check_grace_period_seconds(form::grace(&inputs))
        .enable_execute_command(inputs.enable_execute_command)
        .propagate_tags(PropagateTags::Service)
        .enable_ecs_managed_tags(true)
        .set_tags((!target.tags.is_empty()).then(|| tag_list(&target.tags)));
    if !inputs.load_balancers.is_empty() {
        call = call.set_load_balancers(Some(form::load_balancers(target, &inputs)?));
    }
    // One or the other: AWS refuses both.
    call = if inputs.capacity_providers.is_empty() {
        call.launch_type(LaunchType::Fargate)
    } else {
        call.set_capacity_provider_strategy(Some(form::strategy(target, &inputs.capacity_providers)?))
    };
    let answer = call.send().await.map_err(failed(&target.address, CREATE)).map_err(missing)?;
    answer.service.ok_or_else(|| incomplete(target, CREATE, "service"))
}

fn controller(target: &Target) -> Result<DeploymentController, ProviderError> {
    DeploymentController::builder().r#type(DeploymentControllerType::Ecs).build().map_err(|error| {
        ProviderError::new(ErrorClass::Bug, CREATE, target.address.clone()).with_message(error.to_string())
    })
}

fn created(target: &Target, service: &Described) -> Created {
    form::live(target, service).into()
}

fn draining(target: &Target, operation: &str) -> ProviderError {
    ProviderError::new(ErrorClass::Conflict, operation, target.address.clone())
        .with_message(format!("the service `{}` is still draining", target.name))
}

/// Turns an error of a deletion's calls into a result where the service is already draining or gone.
fn ended(error: ProviderError) -> Result<Deleted, ProviderError> {
    match error.code.as_deref() {
        Some("ServiceNotActiveException") => Ok(Deleted::Going),
        _ if error.class == ErrorClass::NotFound => Ok(Deleted::Gone),
        _ => Err(error),
    }
}

/// The cluster of a service that is there.
fn cluster(live: &Live) -> &str {
    live.inputs.get("cluster").and_then(|cluster| cluster.as_str()).unwrap_or("default")
}

/// The name of a service that is there.
fn name(live: &Live) -> &str {
    live.physical_id.rsplit('/').next().unwrap_or(&live.physical_id)
}

/// Brings an object of ours that a create found to the inputs.
async fn adopt(aws: &Aws, target: &Target, live: Live) -> Result<Created, ProviderError> {
    if live.status == Status::Deleting {
        return Err(draining(target, CREATE));
    }
    let fields = unlike(&Service::model(), target, &live);
    if fields.iter().any(|field| field == "cluster") {
        return Err(fixed(target, CREATE, &["cluster".to_owned()]));
    }
    let before = Created::from(live.clone());
    let tags = TagChange::new(&live.tags, &target.tags);
    change(aws, target, live, &fields, &tags).await.map_err(behind(&before))
}

async fn change(
    aws: &Aws,
    target: &Target,
    live: Live,
    fields: &[String],
    tags: &TagChange,
) -> Result<Created, ProviderError> {
    let inputs = target.typed::<Service>()?;
    let named = |field: &str| fields.iter().any(|name| name == field);
    if named("tags") {
        change_tags(aws, &target.address, &live.physical_id, tags).await?;
    }
    if fields.iter().all(|field| field == "tags") {
        return Ok(live.into());
    }
    let mut call = aws.ecs.update_service().cluster(cluster(&live)).service(name(&live));
    if named("task_definition") {
        call = call.task_definition(value(target, &inputs.task_definition)?);
    }
    if named("desired_count") {
        call = call.desired_count(signed(inputs.desired_count));
    }
    if named("capacity_providers") {
        let wanted = match inputs.capacity_providers.as_slice() {
            [] => vec![form::fargate_alone()],
            wanted => wanted.to_vec(),
        };
        // Another strategy is taken only together with a new deployment.
        call = call.set_capacity_provider_strategy(Some(form::strategy(target, &wanted)?)).force_new_deployment(true);
    }
    if named("restart_on") {
        call = call.force_new_deployment(true);
    }
    if named("subnet_ids") || named("security_group_ids") {
        call = call.network_configuration(form::network(target, &inputs)?);
    }
    if named("load_balancers") {
        call = call.set_load_balancers(Some(form::load_balancers(target, &inputs)?));
    }
    if named("health_check_grace_seconds") {
        call = call.health_check_grace_period_seconds(form::grace(&inputs).unwrap_or(0));
    }
    if ["minimum_healthy_percent", "maximum_percent", "circuit_breaker", "deployment_strategy"].into_iter().any(named) {
        call = call.deployment_configuration(form::deployment(&inputs));
    }
    if named("enable_execute_command") {
        call = call.enable_execute_command(inputs.enable_execute_command);
    }
    let answer = call.send().await.map_err(failed(&target.address, UPDATE))?;
    let service = answer.service.ok_or_else(|| incomplete(target, UPDATE, "service"))?;
    Ok(created(target, &service))
}
