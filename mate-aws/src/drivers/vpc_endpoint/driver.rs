//! VPC endpoints, of gateways and of interfaces. They have no names: they are found by id or by ownership tags.

use async_trait::async_trait;
use aws_sdk_ec2::types::{Filter, ResourceType, Tag, VpcEndpoint as SdkEndpoint, VpcEndpointType};
use mate_core::kinds::VpcEndpoint;
use mate_core::model::ids::Address;
use mate_core::model::{Kind, KindModel};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Diagnosis, Discovered, ErrorClass, Live, Observation,
    ProviderError, Scope, Status, Target, UpdateRequest,
};
use serde_json::{Value, json};

use super::{actions, alive};
use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::batch::{gone, incomplete, present};
use crate::drivers::ec2::{self, Object};
use crate::drivers::fields::{self, Fields};
use crate::drivers::{Driver, unsuccessful};
use crate::policy::Actions;

const CREATE: &str = "ec2:CreateVpcEndpoint";
const DESCRIBE: &str = "ec2:DescribeVpcEndpoints";
const MODIFY: &str = "ec2:ModifyVpcEndpoint";
const DELETE: &str = "ec2:DeleteVpcEndpoints";

/// The driver of `ec2:VPCEndpoint`.
#[derive(Debug)]
pub(crate) struct VpcEndpointDriver;

#[async_trait]
impl Driver for VpcEndpointDriver {
    fn model(&self) -> KindModel {
        VpcEndpoint::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    fn left_out(&self) -> &'static [(&'static str, &'static str)] {
        &[("ec2", "network-interface/")]
    }

    async fn alive(&self, aws: &Aws, scope: &Scope, found: Vec<Discovered>) -> Result<Vec<Discovered>, ProviderError> {
        alive::only(aws, scope, found).await
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        ec2::observe::<SdkEndpoint>(aws, targets).await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        if let Some(created) = ec2::earlier::<VpcEndpoint>(self, aws, request, CREATE).await? {
            return Ok(created);
        }
        let inputs = target.typed::<VpcEndpoint>()?;
        let some = |ids: Vec<String>| Some(ids).filter(|ids| !ids.is_empty());
        let call = aws
            .ec2
            .create_vpc_endpoint()
            .client_token(&request.token)
            .vpc_id(fields::value(target, &inputs.vpc_id)?)
            .service_name(&inputs.service_name)
            .vpc_endpoint_type(VpcEndpointType::from(inputs.endpoint_type.as_str()))
            .set_route_table_ids(some(fields::values(target, &inputs.route_table_ids)?))
            .set_subnet_ids(some(fields::values(target, &inputs.subnet_ids)?))
            .set_security_group_ids(some(fields::values(target, &inputs.security_group_ids)?))
            .private_dns_enabled(inputs.private_dns_enabled)
            .tag_specifications(ec2::specification(target, ResourceType::VpcEndpoint));
        let answer = call.send().await.map_err(failed(&target.address, CREATE)).map_err(fields::missing)?;
        let endpoint = answer.vpc_endpoint.ok_or_else(|| incomplete(target, CREATE, "endpoint"))?;
        Ok(live(&endpoint).into())
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let live = present(self, aws, target, MODIFY).await?.ok_or_else(|| gone(target, MODIFY))?;
        if live.status == Status::Deleting {
            return Err(ProviderError::new(ErrorClass::Conflict, MODIFY, target.address.clone())
                .with_message(format!("{} is being deleted", live.physical_id)));
        }
        if request.fields.iter().any(|field| field == "tags") {
            ec2::tag(aws, target, &live, &request.untag).await?;
        }
        let changed = fields::remaining::<VpcEndpoint>(&request.fields, &live, target);
        if changed.iter().all(|field| field == "tags") {
            return Ok(live.into());
        }
        modify(aws, target, &live, &changed).await?;
        // A change can take its time, and only a new look tells whether it does.
        Ok(ec2::find::<SdkEndpoint>(aws, target).await?.unwrap_or(live).into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        let target = &request.target;
        let Some(live) = present(self, aws, target, DELETE).await? else { return Ok(Deleted::Gone) };
        if live.status == Status::Deleting {
            return Ok(Deleted::Going);
        }
        let call = aws.ec2.delete_vpc_endpoints().vpc_endpoint_ids(&live.physical_id);
        let answer = call.send().await.map_err(failed(&target.address, DELETE));
        let answer = answer.and_then(|answer| unsuccessful::none(target, DELETE, answer.unsuccessful()));
        Ok(if_found(answer)?.map_or(Deleted::Gone, |()| Deleted::Going))
    }

    async fn diagnose(&self, aws: &Aws, target: &Target) -> Result<Vec<Diagnosis>, ProviderError> {
        let Some(live) = ec2::find::<SdkEndpoint>(aws, target).await? else { return Ok(Vec::new()) };
        let filters = vec![ec2::filter(SdkEndpoint::ID, [live.physical_id])];
        let found = SdkEndpoint::list(aws, &target.address, filters).await?;
        Ok(found.iter().flat_map(findings).collect())
    }
}

#[async_trait]
impl Object for SdkEndpoint {
    const ID: &'static str = "vpc-endpoint-id";

    fn id(&self) -> &str {
        self.vpc_endpoint_id().unwrap_or_default()
    }

    fn tags(&self) -> &[Tag] {
        self.tags()
    }

    fn status(&self) -> Option<Status> {
        // The API spells the states in lower case, its model in upper.
        let state = self.state().map_or("", |state| state.as_str());
        match state.to_ascii_lowercase().as_str() {
            "available" => Some(Status::Ready),
            "deleted" => None,
            "deleting" => Some(Status::Deleting),
            "failed" | "rejected" | "expired" => {
                let reason = reason(self).map_or_else(|| state.to_owned(), |reason| format!("{state}: {reason}"));
                Some(Status::Failed(reason))
            }
            _ => Some(Status::Pending(state.to_owned())),
        }
    }

    fn made(&self) -> Option<i64> {
        self.creation_timestamp().map(aws_smithy_types::DateTime::secs)
    }

    async fn list(aws: &Aws, address: &Address, filters: Vec<Filter>) -> Result<Vec<Self>, ProviderError> {
        let call = aws.ec2.describe_vpc_endpoints().set_filters(Some(filters));
        let found: Result<Vec<_>, _> = call.into_paginator().page_size(1000).items().send().collect().await;
        found.map_err(failed(address, DESCRIBE))
    }

    async fn read(self, _aws: &Aws, _target: &Target) -> Result<Live, ProviderError> {
        Ok(live(&self))
    }
}

fn live(endpoint: &SdkEndpoint) -> Live {
    let id = endpoint.id();
    let groups: Vec<&str> = endpoint.groups().iter().filter_map(|group| group.group_id()).collect();
    let gateway = endpoint.vpc_endpoint_type() == Some(&VpcEndpointType::Gateway);
    Live {
        physical_id: id.to_owned(),
        status: endpoint.status().unwrap_or(Status::Deleting),
        inputs: Fields::default()
            .with("vpc_id", endpoint.vpc_id())
            .with("service_name", endpoint.service_name())
            .with("endpoint_type", endpoint.vpc_endpoint_type().map(VpcEndpointType::as_str))
            .with("route_table_ids", Some(endpoint.route_table_ids()))
            .with("subnet_ids", Some(endpoint.subnet_ids()))
            .with("security_group_ids", Some(groups))
            .with("private_dns_enabled", endpoint.private_dns_enabled().or(gateway.then_some(false)))
            .into_value(),
        outputs: [("vpc_endpoint_id".to_owned(), json!(id))].into(),
        tags: ec2::from_sdk(endpoint.tags()),
    }
}

/// One call for everything that differs.
async fn modify(aws: &Aws, target: &Target, live: &Live, changed: &[String]) -> Result<(), ProviderError> {
    let inputs = target.typed::<VpcEndpoint>()?;
    let mut call = aws.ec2.modify_vpc_endpoint().vpc_endpoint_id(&live.physical_id);
    for field in changed {
        call = match field.as_str() {
            "route_table_ids" => {
                let (add, remove) = difference(live, field, &fields::values(target, &inputs.route_table_ids)?);
                call.set_add_route_table_ids(add).set_remove_route_table_ids(remove)
            }
            "subnet_ids" => {
                let (add, remove) = difference(live, field, &fields::values(target, &inputs.subnet_ids)?);
                call.set_add_subnet_ids(add).set_remove_subnet_ids(remove)
            }
            "security_group_ids" => {
                let (add, remove) = difference(live, field, &fields::values(target, &inputs.security_group_ids)?);
                call.set_add_security_group_ids(add).set_remove_security_group_ids(remove)
            }
            "private_dns_enabled" => call.private_dns_enabled(inputs.private_dns_enabled),
            _ => call,
        };
    }
    // What is named in the call and not found is not the endpoint, which was seen a moment ago.
    call.send().await.map_err(failed(&target.address, MODIFY)).map_err(fields::missing)?;
    Ok(())
}

/// The ids to add and the ids to remove. An empty list is `None`, since EC2 takes no empty lists.
fn difference(live: &Live, field: &str, wanted: &[String]) -> (Option<Vec<String>>, Option<Vec<String>>) {
    let live: Vec<&str> =
        live.inputs.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let add: Vec<String> = wanted.iter().filter(|id| !live.contains(&id.as_str())).cloned().collect();
    let gone = live.into_iter().filter(|id| !wanted.iter().any(|wanted| wanted == id));
    let remove: Vec<String> = gone.map(str::to_owned).collect();
    (Some(add).filter(|ids| !ids.is_empty()), Some(remove).filter(|ids| !ids.is_empty()))
}

/// The reason of the endpoint's failure, in AWS's words.
fn reason(endpoint: &SdkEndpoint) -> Option<String> {
    let error = endpoint.last_error();
    let words =
        [error.and_then(|error| error.code()), error.and_then(|error| error.message()), endpoint.failure_reason()];
    let words: Vec<&str> = words.into_iter().flatten().collect();
    (!words.is_empty()).then(|| words.join(": "))
}

fn findings(endpoint: &SdkEndpoint) -> Vec<Diagnosis> {
    let (id, service) = (endpoint.id(), endpoint.service_name().unwrap_or("?"));
    let state = endpoint.state().map_or("", |state| state.as_str());
    let advice = match state.to_ascii_lowercase().as_str() {
        "pendingacceptance" => Some("the owner of the service has to accept the endpoint"),
        "rejected" => Some("the owner of the service has rejected the endpoint: ask them, then replace it"),
        "expired" => Some("nobody has accepted the endpoint in time: ask the owner of the service, then replace it"),
        _ => None,
    };
    let told = reason(endpoint);
    if told.is_none() && advice.is_none() {
        return Vec::new();
    }
    let told = told.map(|told| format!(": {told}")).unwrap_or_default();
    vec![Diagnosis {
        concern: None,
        terminal: false,
        finding: format!("the endpoint {id} of {service} is {state}{told}"),
        advice: advice.map(str::to_owned),
    }]
}
