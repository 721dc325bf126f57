use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_elasticloadbalancingv2::types::{
    IpAddressType, LoadBalancer as Described, LoadBalancerAttribute, LoadBalancerSchemeEnum, LoadBalancerStateEnum,
    LoadBalancerTypeEnum,
};
use futures::{StreamExt, TryStreamExt};
use mate_core::kinds::LoadBalancer;
use mate_core::kinds::load_balancer::LoadBalancerInputs;
use mate_core::model::ids::Address;
use mate_core::model::{Kind, KindModel};
use mate_core::model::{Outputs, Tags};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, ErrorClass, Live, Observation, ProviderError, Status, Target,
    UpdateRequest,
};
use serde_json::{Map, Value, json};

use super::actions;
use crate::classify::failed;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::batch::{fixed, found, gone, grouped, incomplete, present, unlike, vanished};
use crate::drivers::elbv2::{By, PAGE, change_tags, full_name, tag_list, tags_of};
use crate::drivers::fields::{self, behind, missing, value, values};
use crate::policy::Actions;
use crate::tags::{TagChange, judge};

const IDLE_TIMEOUT: &str = "idle_timeout.timeout_seconds";
const DELETION_PROTECTION: &str = "deletion_protection.enabled";
const DROP_INVALID_HEADERS: &str = "routing.http.drop_invalid_header_fields.enabled";
const LOGS: &str = "access_logs.s3.enabled";
const LOGS_BUCKET: &str = "access_logs.s3.bucket";
const LOGS_PREFIX: &str = "access_logs.s3.prefix";

/// Application load balancers, found by the recorded ARN, else by name. One that is protected from deletion is refused
/// until an update has lifted the protection.
#[derive(Debug)]
pub(crate) struct LoadBalancerDriver;

#[async_trait]
impl Driver for LoadBalancerDriver {
    fn model(&self) -> KindModel {
        LoadBalancer::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        grouped(targets, PAGE, By::all, |by, group| read(aws, by, group)).await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "elbv2:CreateLoadBalancer";
        let target = &request.target;
        // AWS refuses a second load balancer of one name only when its settings differ: so look first.
        if let Some(live) = present(self, aws, target, CALL).await? {
            return adopt(aws, target, live).await;
        }
        let inputs = target.typed::<LoadBalancer>()?;
        let answer = aws
            .elbv2
            .create_load_balancer()
            .name(&target.name)
            .r#type(LoadBalancerTypeEnum::Application)
            .ip_address_type(IpAddressType::Ipv4)
            .scheme(LoadBalancerSchemeEnum::from(inputs.scheme.as_str()))
            .set_subnets(Some(values(target, &inputs.subnet_ids)?))
            .set_security_groups(Some(values(target, &inputs.security_group_ids)?))
            .set_tags(Some(tag_list(&target.tags)))
            .send()
            .await
            .map_err(failed(&target.address, CALL))
            .map_err(missing);
        let balancer = match answer {
            Ok(answer) => answer.load_balancers.unwrap_or_default().into_iter().next(),
            Err(error) if error.class == ErrorClass::AlreadyExists => {
                return match present(self, aws, target, CALL).await? {
                    Some(live) => adopt(aws, target, live).await,
                    None => Err(error),
                };
            }
            Err(error) => return Err(error),
        };
        let balancer = balancer.ok_or_else(|| incomplete(target, CALL, "load balancer"))?;
        let arn = balancer.load_balancer_arn().ok_or_else(|| incomplete(target, CALL, "ARN"))?;
        let created =
            Created { physical_id: arn.to_owned(), status: status(&balancer), outputs: outputs(arn, &balancer) };
        let set = async {
            set_attributes(aws, &target.address, arn, attributes(&inputs, |_| true)).await?;
            match &inputs.access_logs {
                Some(_) => set_access_logs(aws, target, arn, &inputs).await,
                None => Ok(()),
            }
        };
        match set.await {
            Ok(()) => Ok(created),
            Err(error) => Err(behind(&created)(error)),
        }
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "elbv2:ModifyLoadBalancerAttributes";
        let target = &request.target;
        let live = present(self, aws, target, CALL).await?.ok_or_else(|| gone(target, CALL))?;
        let fields = fields::to_change::<LoadBalancer>(request, &live);
        change(aws, target, &live, &fields, &TagChange::of(request, &live.tags)).await?;
        Ok(live.into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        const CALL: &str = "elbv2:DeleteLoadBalancer";
        let target = &request.target;
        let Some(live) = present(self, aws, target, CALL).await? else {
            return Ok(Deleted::Gone);
        };
        if live.inputs.get("deletion_protection") == Some(&Value::Bool(true)) {
            return Err(ProviderError::new(ErrorClass::Invalid, CALL, target.address.clone()).with_message(
                "deletion protection is on: turn deletion_protection off in the load balancer and apply that first",
            ));
        }
        let answer = aws
            .elbv2
            .delete_load_balancer()
            .load_balancer_arn(&live.physical_id)
            .send()
            .await
            .map_err(failed(&target.address, CALL));
        match answer {
            Ok(_) => Ok(Deleted::Going),
            Err(error) if error.class == ErrorClass::NotFound => Ok(Deleted::Gone),
            Err(error) => Err(error),
        }
    }
}

async fn read(aws: &Aws, by: By, group: Vec<&Target>) -> Result<Vec<Observation>, ProviderError> {
    let address = &group[0].address;
    let balancers = found(&by.keys(&group), PAGE, |keys| async move {
        let call = aws.elbv2.describe_load_balancers();
        let call = match by {
            By::Arn => call.set_load_balancer_arns(Some(keys)),
            By::Name => call.set_names(Some(keys)),
        };
        let answer = call.send().await.map_err(failed(address, "elbv2:DescribeLoadBalancers"))?;
        Ok(answer.load_balancers.unwrap_or_default())
    })
    .await?;
    let arns: Vec<String> = balancers.iter().filter_map(|one| one.load_balancer_arn.clone()).collect();
    if arns.is_empty() {
        return Ok(group.iter().map(|_| Observation::Absent).collect());
    }
    let tags = tags_of(aws, address, &arns).await?;
    let attributes: BTreeMap<String, Option<Attributes>> = futures::stream::iter(tags.keys().cloned())
        .map(|arn| async move { read_attributes(aws, address, arn).await })
        .buffered(8)
        .try_collect()
        .await?;
    Ok(group.into_iter().map(|target| answer(target, by, &balancers, &tags, &attributes)).collect())
}

type Attributes = BTreeMap<String, String>;

/// The attributes of a load balancer; none when it went away meanwhile.
async fn read_attributes(
    aws: &Aws,
    address: &Address,
    arn: String,
) -> Result<(String, Option<Attributes>), ProviderError> {
    let answer = aws
        .elbv2
        .describe_load_balancer_attributes()
        .load_balancer_arn(&arn)
        .send()
        .await
        .map_err(failed(address, "elbv2:DescribeLoadBalancerAttributes"));
    match answer {
        Ok(answer) => {
            let pairs = answer.attributes.unwrap_or_default();
            Ok((arn, Some(pairs.into_iter().filter_map(|one| Some((one.key?, one.value?))).collect())))
        }
        Err(error) if error.class == ErrorClass::NotFound => Ok((arn, None)),
        Err(error) => Err(error),
    }
}

fn answer(
    target: &Target,
    by: By,
    balancers: &[Described],
    tags: &BTreeMap<String, Tags>,
    attributes: &BTreeMap<String, Option<Attributes>>,
) -> Observation {
    let asked_for = |one: &&Described| match by {
        By::Arn => one.load_balancer_arn() == Some(by.key(target)),
        By::Name => one.load_balancer_name() == Some(by.key(target)),
    };
    let mut named: Vec<(&Described, &str)> = balancers
        .iter()
        .filter(asked_for)
        .filter_map(|balancer| Some((balancer, balancer.load_balancer_arn()?)))
        .collect();
    // Not every endpoint keeps names unique: ours goes before a namesake.
    named.sort_by_key(|(_, arn)| !tags.get(*arn).is_some_and(|tags| target.ownership().owns(tags)));
    named
        .first()
        .map(|(balancer, arn)| match (tags.get(*arn), attributes.get(*arn).and_then(Option::as_ref)) {
            (Some(tags), Some(attributes)) => judge(target, live(arn, balancer, tags, attributes)),
            _ => Observation::Unknown(vanished(target, "elbv2:DescribeTags")),
        })
        .unwrap_or(Observation::Absent)
}

fn live(arn: &str, balancer: &Described, tags: &Tags, attributes: &Attributes) -> Live {
    let mut inputs = Map::new();
    if let Some(scheme) = balancer.scheme() {
        inputs.insert("scheme".into(), json!(scheme.as_str()));
    }
    let subnets: Vec<&str> = balancer.availability_zones().iter().filter_map(|zone| zone.subnet_id()).collect();
    inputs.insert("subnet_ids".into(), json!(subnets));
    inputs.insert("security_group_ids".into(), json!(balancer.security_groups()));
    if let Some(seconds) = attributes.get(IDLE_TIMEOUT).and_then(|text| text.parse::<u16>().ok()) {
        inputs.insert("idle_timeout_seconds".into(), json!(seconds));
    }
    for (field, key) in
        [("deletion_protection", DELETION_PROTECTION), ("drop_invalid_header_fields", DROP_INVALID_HEADERS)]
    {
        if let Some(on) = attributes.get(key) {
            inputs.insert(field.into(), json!(on == "true"));
        }
    }
    let text = |key: &str| attributes.get(key).map(String::as_str).unwrap_or_default();
    let logs = (text(LOGS) == "true").then(|| json!({ "bucket": text(LOGS_BUCKET), "prefix": text(LOGS_PREFIX) }));
    inputs.insert("access_logs".into(), json!(logs));
    Live {
        physical_id: arn.to_owned(),
        status: status(balancer),
        inputs: Value::Object(inputs),
        outputs: outputs(arn, balancer),
        tags: tags.clone(),
    }
}

fn status(balancer: &Described) -> Status {
    let Some(state) = balancer.state() else {
        return Status::Ready;
    };
    match state.code() {
        // `active_impaired` serves requests; it only cannot scale out for the moment.
        Some(LoadBalancerStateEnum::Active | LoadBalancerStateEnum::ActiveImpaired) | None => Status::Ready,
        Some(LoadBalancerStateEnum::Failed) => {
            Status::Failed(state.reason().unwrap_or("the load balancer could not be set up").to_owned())
        }
        Some(other) => Status::Pending(other.as_str().to_owned()),
    }
}

fn outputs(arn: &str, balancer: &Described) -> Outputs {
    let mut outputs = Outputs::from([("arn".to_owned(), json!(arn)), ("full_name".to_owned(), json!(full_name(arn)))]);
    for (name, value) in
        [("dns_name", balancer.dns_name()), ("canonical_hosted_zone_id", balancer.canonical_hosted_zone_id())]
    {
        if let Some(value) = value {
            outputs.insert(name.to_owned(), json!(value));
        }
    }
    outputs
}

/// Brings an object of ours that a create found to the inputs.
async fn adopt(aws: &Aws, target: &Target, live: Live) -> Result<Created, ProviderError> {
    let fields = unlike(&LoadBalancer::model(), target, &live);
    if fields.iter().any(|field| field == "scheme") {
        return Err(fixed(target, "elbv2:CreateLoadBalancer", &["scheme".to_owned()]));
    }
    match change(aws, target, &live, &fields, &TagChange::new(&live.tags, &target.tags)).await {
        Ok(()) => Ok(live.into()),
        Err(error) => Err(behind(&live.into())(error)),
    }
}

async fn change(
    aws: &Aws,
    target: &Target,
    live: &Live,
    fields: &[String],
    tags: &TagChange,
) -> Result<(), ProviderError> {
    let inputs = target.typed::<LoadBalancer>()?;
    let (address, arn) = (&target.address, &live.physical_id);
    let named = |field: &str| fields.iter().any(|name| name == field);
    if named("subnet_ids") {
        aws.elbv2
            .set_subnets()
            .load_balancer_arn(arn)
            .set_subnets(Some(values(target, &inputs.subnet_ids)?))
            .send()
            .await
            .map_err(failed(address, "elbv2:SetSubnets"))?;
    }
    if named("security_group_ids") {
        aws.elbv2
            .set_security_groups()
            .load_balancer_arn(arn)
            .set_security_groups(Some(values(target, &inputs.security_group_ids)?))
            .send()
            .await
            .map_err(failed(address, "elbv2:SetSecurityGroups"))?;
    }
    set_attributes(aws, address, arn, attributes(&inputs, named)).await?;
    if named("access_logs") {
        set_access_logs(aws, target, arn, &inputs).await?;
    }
    if named("tags") {
        change_tags(aws, address, arn, tags).await?;
    }
    Ok(())
}

fn attribute(key: &str, value: impl ToString) -> LoadBalancerAttribute {
    LoadBalancerAttribute::builder().key(key).value(value.to_string()).build()
}

fn attributes(inputs: &LoadBalancerInputs, named: impl Fn(&str) -> bool) -> Vec<LoadBalancerAttribute> {
    [
        ("idle_timeout_seconds", attribute(IDLE_TIMEOUT, inputs.idle_timeout_seconds)),
        ("deletion_protection", attribute(DELETION_PROTECTION, inputs.deletion_protection)),
        ("drop_invalid_header_fields", attribute(DROP_INVALID_HEADERS, inputs.drop_invalid_header_fields)),
    ]
    .into_iter()
    .filter(|(field, _)| named(field))
    .map(|(_, attribute)| attribute)
    .collect()
}

/// Says where the access logs go. AWS writes a test object into the bucket first: until the bucket's policy is in force,
/// it has the same code for the refusal as for any bad setting, so this is a call of its own.
async fn set_access_logs(
    aws: &Aws,
    target: &Target,
    arn: &str,
    inputs: &LoadBalancerInputs,
) -> Result<(), ProviderError> {
    let wanted = match &inputs.access_logs {
        Some(logs) => vec![
            attribute(LOGS, true),
            attribute(LOGS_BUCKET, value(target, &logs.bucket)?),
            attribute(LOGS_PREFIX, &logs.prefix),
        ],
        None => vec![attribute(LOGS, false)],
    };
    set_attributes(aws, &target.address, arn, wanted).await.map_err(|mut error| {
        if error.code.as_deref() == Some("InvalidConfigurationRequest") {
            error.class = ErrorClass::Dependency;
            error.retry = error.class.retry();
        }
        error
    })
}

async fn set_attributes(
    aws: &Aws,
    address: &Address,
    arn: &str,
    attributes: Vec<LoadBalancerAttribute>,
) -> Result<(), ProviderError> {
    if attributes.is_empty() {
        return Ok(());
    }
    aws.elbv2
        .modify_load_balancer_attributes()
        .load_balancer_arn(arn)
        .set_attributes(Some(attributes))
        .send()
        .await
        .map_err(failed(address, "elbv2:ModifyLoadBalancerAttributes"))?;
    Ok(())
}
