//! The driver of internet gateways. One is made, and then attached to its VPC: in between it is there and unattached.

use async_trait::async_trait;
use aws_sdk_ec2::types::{Filter, InternetGateway as SdkGateway, ResourceType, Tag};
use mate_core::kinds::InternetGateway;
use mate_core::model::Outputs;
use mate_core::model::ids::Address;
use mate_core::model::{Kind, KindModel};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, ErrorClass, Live, Observation, ProviderError, Status, Target,
    UpdateRequest,
};
use serde_json::json;

use super::actions;
use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::ec2::{self, Object};
use crate::drivers::{Driver, batch, fields};
use crate::policy::Actions;

const CREATE: &str = "ec2:CreateInternetGateway";
const ATTACH: &str = "ec2:AttachInternetGateway";
const DETACH: &str = "ec2:DetachInternetGateway";
const DELETE: &str = "ec2:DeleteInternetGateway";

/// The driver of `ec2:InternetGateway`.
#[derive(Debug)]
pub(crate) struct InternetGatewayDriver;

#[async_trait]
impl Object for SdkGateway {
    const ID: &'static str = "internet-gateway-id";

    fn id(&self) -> &str {
        self.internet_gateway_id().unwrap_or_default()
    }

    fn tags(&self) -> &[Tag] {
        self.tags()
    }

    fn status(&self) -> Option<Status> {
        Some(Status::Ready)
    }

    async fn list(aws: &Aws, address: &Address, filters: Vec<Filter>) -> Result<Vec<Self>, ProviderError> {
        let call = aws.ec2.describe_internet_gateways().set_filters(Some(filters));
        let listed: Result<Vec<_>, _> = call.into_paginator().page_size(1000).items().send().collect().await;
        listed.map_err(failed(address, "ec2:DescribeInternetGateways"))
    }

    async fn read(self, _aws: &Aws, _target: &Target) -> Result<Live, ProviderError> {
        // What is being detached still counts: it cannot be attached anew before.
        let attached = self.attachments().iter().find(|attachment| {
            attachment.vpc_id().is_some() && attachment.state().is_none_or(|state| state.as_str() != "detached")
        });
        Ok(Live {
            inputs: json!({ "vpc_id": attached.and_then(|attachment| attachment.vpc_id()) }),
            tags: ec2::from_sdk(self.tags()),
            physical_id: self.id().to_owned(),
            status: Status::Ready,
            outputs: outputs(self.id()),
        })
    }
}

#[async_trait]
impl Driver for InternetGatewayDriver {
    fn model(&self) -> KindModel {
        InternetGateway::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        ec2::observe::<SdkGateway>(aws, targets).await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        if let Some(created) = ec2::earlier::<InternetGateway>(self, aws, request, CREATE).await? {
            return Ok(created);
        }
        let target = &request.target;
        let call = aws
            .ec2
            .create_internet_gateway()
            .tag_specifications(ec2::specification(target, ResourceType::InternetGateway));
        let made = call.send().await.map_err(failed(&target.address, CREATE))?;
        let made = made.internet_gateway.ok_or_else(|| batch::incomplete(target, CREATE, "internet gateway"))?;
        let created = Created { physical_id: made.id().to_owned(), status: Status::Ready, outputs: outputs(made.id()) };
        attach(aws, target, made.id()).await.map_err(fields::behind(&created))?;
        Ok(created)
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let live = fields::needed(target, ATTACH, ec2::find::<SdkGateway>(aws, target).await?)?;
        let named = |name: &str| request.fields.iter().any(|field| field == name);
        if named("vpc_id") && live.inputs["vpc_id"].is_null() {
            attach(aws, target, &live.physical_id).await?;
        }
        if named("tags") {
            ec2::tag(aws, target, &live, &request.untag).await?;
        }
        Ok(live.into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        let target = &request.target;
        let found = ec2::find::<SdkGateway>(aws, target).await?;
        let Some(live) = fields::ours(target, DELETE, found)? else { return Ok(Deleted::Gone) };
        if let Some(vpc) = live.inputs["vpc_id"].as_str() {
            let call = aws.ec2.detach_internet_gateway().internet_gateway_id(&live.physical_id).vpc_id(vpc);
            match call.send().await.map_err(failed(&target.address, DETACH)) {
                Err(error) if error.code.as_deref() == Some("Gateway.NotAttached") => {}
                answer => drop(if_found(answer)?),
            }
        }
        let call = aws.ec2.delete_internet_gateway().internet_gateway_id(&live.physical_id);
        if_found(call.send().await.map_err(failed(&target.address, DELETE)))?;
        Ok(Deleted::Gone)
    }
}

/// Attaches the gateway to its VPC. An attachment that is there already is right when it is to this VPC.
async fn attach(aws: &Aws, target: &Target, id: &str) -> Result<(), ProviderError> {
    let inputs = target.typed::<InternetGateway>()?;
    let vpc = fields::value(target, &inputs.vpc_id)?;
    let call = aws.ec2.attach_internet_gateway().internet_gateway_id(id).vpc_id(vpc);
    match call.send().await.map_err(failed(&target.address, ATTACH)) {
        Ok(_) => Ok(()),
        Err(error) if error.class == ErrorClass::AlreadyExists => {
            let known = Target { physical_id: Some(id.to_owned()), ..target.clone() };
            let live = ec2::find::<SdkGateway>(aws, &known).await?;
            match live.filter(|live| live.physical_id == id) {
                Some(live) if live.inputs["vpc_id"].as_str() == Some(vpc.as_str()) => Ok(()),
                // Attached, as EC2 says, and not yet to be seen where.
                Some(live) if live.inputs["vpc_id"].is_null() => Err(batch::vanished(target, ATTACH)),
                _ => Err(error),
            }
        }
        Err(error) => Err(fields::missing(error)),
    }
}

fn outputs(id: &str) -> Outputs {
    Outputs::from([("internet_gateway_id".to_owned(), json!(id))])
}
