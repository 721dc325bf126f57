use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_sdk_elasticloadbalancingv2::types::{Certificate, Listener as Described, ProtocolEnum};
use futures::StreamExt;
use mate_core::kinds::Listener;
use mate_core::kinds::listener::ListenerInputs;
use mate_core::model::Tags;
use mate_core::model::ids::Address;
use mate_core::model::{Kind, KindModel};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, ErrorClass, Live, Observation, ProviderError, Status, Target,
    UpdateRequest,
};
use serde_json::{Map, Value, json};

use super::actions;
use crate::classify::failed;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::batch::{fixed, gone, incomplete, present, unlike, vanished};
use crate::drivers::elbv2::{action, action_value, change_tags, forward_outputs, load_balancer_of, tag_list, tags_of};
use crate::drivers::fields::{self, behind, missing, repeat, text, value};
use crate::policy::Actions;
use crate::tags::{TagChange, judge};

/// Listeners, found by the recorded ARN or else by load balancer and port. All listeners of a load balancer are read
/// in one call.
#[derive(Debug)]
pub(crate) struct ListenerDriver;

type Listed = BTreeMap<String, Result<Vec<Described>, ProviderError>>;

#[async_trait]
impl Driver for ListenerDriver {
    fn model(&self) -> KindModel {
        Listener::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        let Some(first) = targets.first() else {
            return Vec::new();
        };
        let balancers: BTreeSet<String> = targets.iter().flat_map(balancers).collect();
        let listed: Listed = futures::stream::iter(balancers)
            .map(|arn| async move { (arn.clone(), list(aws, &first.address, &arn).await) })
            .buffered(8)
            .collect()
            .await;
        let found: Vec<Result<Option<&Described>, ProviderError>> =
            targets.iter().map(|target| find(target, &listed)).collect();
        let arns: BTreeSet<String> =
            found.iter().flatten().flatten().filter_map(|listener| listener.listener_arn.clone()).collect();
        let arns: Vec<String> = arns.into_iter().collect();
        let tags = if arns.is_empty() { Ok(BTreeMap::new()) } else { tags_of(aws, &first.address, &arns).await };
        targets.iter().zip(found).map(|(target, found)| answer(target, found, &tags)).collect()
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "elbv2:CreateListener";
        let target = &request.target;
        // AWS answers the same request twice with the listener that is there, whoever made it: so look first.
        if let Some(live) = present(self, aws, target, CALL).await? {
            return adopt(aws, target, live).await;
        }
        let inputs = target.typed::<Listener>()?;
        let answer = aws
            .elbv2
            .create_listener()
            .load_balancer_arn(value(target, &inputs.load_balancer_arn)?)
            .port(i32::from(inputs.port))
            .protocol(ProtocolEnum::from(inputs.protocol.as_str()))
            .set_certificates(certificates(target, &inputs)?)
            .set_ssl_policy(inputs.ssl_policy.clone())
            .default_actions(action(target, &inputs.default_action, None)?)
            .set_tags(Some(tag_list(&target.tags)))
            .send()
            .await
            .map_err(failed(&target.address, CALL))
            .map_err(missing);
        match answer {
            Ok(answer) => {
                let listener = answer.listeners.unwrap_or_default().into_iter().next();
                let arn = listener.and_then(|one| one.listener_arn).ok_or_else(|| incomplete(target, CALL, "ARN"))?;
                Ok(created(target, &arn))
            }
            Err(error) if error.class == ErrorClass::AlreadyExists => match present(self, aws, target, CALL).await? {
                Some(live) => adopt(aws, target, live).await,
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "elbv2:ModifyListener";
        let target = &request.target;
        let live = present(self, aws, target, CALL).await?.ok_or_else(|| gone(target, CALL))?;
        let fields = fields::to_change::<Listener>(request, &live);
        change(aws, target, &live, &fields, &TagChange::of(request, &live.tags)).await?;
        Ok(created(target, &live.physical_id))
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        const CALL: &str = "elbv2:DeleteListener";
        let target = &request.target;
        let Some(live) = present(self, aws, target, CALL).await? else {
            return Ok(Deleted::Gone);
        };
        let answer = aws
            .elbv2
            .delete_listener()
            .listener_arn(&live.physical_id)
            .send()
            .await
            .map_err(failed(&target.address, CALL));
        match answer {
            Err(error) if error.class != ErrorClass::NotFound => Err(error),
            _ => Ok(Deleted::Gone),
        }
    }
}

/// The load balancers that the target's listener can be at: the recorded one's first, then the desired one.
fn balancers(target: &Target) -> Vec<String> {
    let recorded = target.physical_id.as_deref().and_then(load_balancer_of);
    let desired = text(target, "load_balancer_arn").map(str::to_owned);
    recorded.into_iter().chain(desired).collect()
}

async fn list(aws: &Aws, address: &Address, balancer: &str) -> Result<Vec<Described>, ProviderError> {
    let mut pages = aws.elbv2.describe_listeners().load_balancer_arn(balancer).into_paginator().send();
    let mut listeners = Vec::new();
    while let Some(page) = pages.next().await {
        match page.map_err(failed(address, "elbv2:DescribeListeners")) {
            Ok(page) => listeners.extend(page.listeners.unwrap_or_default()),
            Err(error) if error.class == ErrorClass::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        }
    }
    Ok(listeners)
}

fn find<'a>(target: &Target, listed: &'a Listed) -> Result<Option<&'a Described>, ProviderError> {
    let mut candidates = Vec::new();
    for balancer in balancers(target) {
        match listed.get(&balancer) {
            Some(Ok(listeners)) => candidates.extend(listeners),
            Some(Err(error)) => return Err(repeat(error, target)),
            None => {}
        }
    }
    let recorded = target.physical_id.as_deref();
    if let Some(listener) = candidates.iter().find(|one| recorded.is_some() && one.listener_arn() == recorded) {
        return Ok(Some(listener));
    }
    let balancer = text(target, "load_balancer_arn");
    let port = target.inputs.get("port").and_then(Value::as_i64);
    Ok(candidates.into_iter().find(|one| {
        balancer.is_some() && one.load_balancer_arn() == balancer && port.is_some() && one.port().map(i64::from) == port
    }))
}

fn answer(
    target: &Target,
    found: Result<Option<&Described>, ProviderError>,
    tags: &Result<BTreeMap<String, Tags>, ProviderError>,
) -> Observation {
    let listener = match found {
        Ok(Some(listener)) => listener,
        Ok(None) => return Observation::Absent,
        Err(error) => return Observation::Unknown(error),
    };
    match tags {
        Err(error) => Observation::Unknown(repeat(error, target)),
        Ok(tags) => match listener.listener_arn().and_then(|arn| Some((arn, tags.get(arn)?))) {
            Some((arn, tags)) => judge(target, live(target, arn, listener, tags)),
            None => Observation::Unknown(vanished(target, "elbv2:DescribeTags")),
        },
    }
}

fn live(target: &Target, arn: &str, listener: &Described, tags: &Tags) -> Live {
    let secure = listener.protocol() == Some(&ProtocolEnum::Https);
    let default_action = action_value(listener.default_actions());
    let outputs = forward_outputs(arn, Some(&default_action));
    let certificate = listener.certificates().first().and_then(|one| one.certificate_arn());
    // AWS puts a policy of its own on an HTTPS listener that names none.
    let policy = listener.ssl_policy().filter(|_| target.inputs.get("ssl_policy") != Some(&Value::Null));
    let mut inputs = Map::new();
    inputs.insert("load_balancer_arn".into(), json!(listener.load_balancer_arn()));
    inputs.insert("port".into(), json!(listener.port()));
    inputs.insert("protocol".into(), json!(listener.protocol().map(ProtocolEnum::as_str)));
    inputs.insert("certificate_arn".into(), json!(certificate.filter(|_| secure)));
    inputs.insert("ssl_policy".into(), json!(policy.filter(|_| secure)));
    inputs.insert("default_action".into(), default_action);
    Live {
        physical_id: arn.to_owned(),
        status: Status::Ready,
        inputs: Value::Object(inputs),
        outputs,
        tags: tags.clone(),
    }
}

fn created(target: &Target, arn: &str) -> Created {
    let outputs = forward_outputs(arn, target.inputs.get("default_action"));
    Created { physical_id: arn.to_owned(), status: Status::Ready, outputs }
}

fn certificates(target: &Target, inputs: &ListenerInputs) -> Result<Option<Vec<Certificate>>, ProviderError> {
    let Some(arn) = &inputs.certificate_arn else {
        return Ok(None);
    };
    Ok(Some(vec![Certificate::builder().certificate_arn(value(target, arn)?).build()]))
}

/// Brings an object of ours that a create found to the inputs.
async fn adopt(aws: &Aws, target: &Target, live: Live) -> Result<Created, ProviderError> {
    let fields = unlike(&Listener::model(), target, &live);
    let stuck: Vec<String> =
        fields.iter().filter(|field| ["load_balancer_arn", "port"].contains(&field.as_str())).cloned().collect();
    if !stuck.is_empty() {
        return Err(fixed(target, "elbv2:CreateListener", &stuck));
    }
    match change(aws, target, &live, &fields, &TagChange::new(&live.tags, &target.tags)).await {
        Ok(()) => Ok(created(target, &live.physical_id)),
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
    let inputs = target.typed::<Listener>()?;
    let named = |field: &str| fields.iter().any(|name| name == field);
    let protocol = named("protocol");
    if ["protocol", "certificate_arn", "ssl_policy", "default_action"].into_iter().any(named) {
        let mut call = aws.elbv2.modify_listener().listener_arn(&live.physical_id);
        if protocol {
            call = call.port(i32::from(inputs.port)).protocol(ProtocolEnum::from(inputs.protocol.as_str()));
        }
        if protocol || named("certificate_arn") {
            call = call.set_certificates(certificates(target, &inputs)?);
        }
        if protocol || named("ssl_policy") {
            call = call.set_ssl_policy(inputs.ssl_policy.clone());
        }
        if named("default_action") {
            call = call.default_actions(action(target, &inputs.default_action, None)?);
        }
        call.send().await.map_err(failed(&target.address, "elbv2:ModifyListener"))?;
    }
    if named("tags") {
        change_tags(aws, &target.address, &live.physical_id, tags).await?;
    }
    Ok(())
}
