//! The driver of public NAT gateways. Their creation takes a token and minutes; deleted ones stay listed for an hour.

use async_trait::async_trait;
use aws_sdk_ec2::types::{ConnectivityType, Filter, NatGateway as SdkGateway, NatGatewayState, ResourceType, Tag};
use mate_core::kinds::NatGateway;
use mate_core::model::Outputs;
use mate_core::model::ids::Address;
use mate_core::model::{Kind, KindModel};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Diagnosis, Discovered, Live, Observation, ProviderError, Scope,
    Status, Target, UpdateRequest,
};
use serde_json::json;

use super::{actions, alive};
use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::ec2::{self, Object};
use crate::drivers::{Driver, batch, fields};
use crate::policy::Actions;

const CREATE: &str = "ec2:CreateNatGateway";
const DELETE: &str = "ec2:DeleteNatGateway";

/// The driver of `ec2:NatGateway`.
#[derive(Debug)]
pub(crate) struct NatGatewayDriver;

#[async_trait]
impl Object for SdkGateway {
    const ID: &'static str = "nat-gateway-id";

    fn id(&self) -> &str {
        self.nat_gateway_id().unwrap_or_default()
    }

    fn tags(&self) -> &[Tag] {
        self.tags()
    }

    fn status(&self) -> Option<Status> {
        match self.state() {
            Some(NatGatewayState::Deleted) => None,
            Some(NatGatewayState::Deleting) => Some(Status::Deleting),
            Some(NatGatewayState::Available) => Some(Status::Ready),
            Some(NatGatewayState::Failed) => Some(Status::Failed(reason(self).unwrap_or("failed").to_owned())),
            Some(state) => Some(Status::Pending(state.as_str().to_owned())),
            None => Some(Status::Pending(NatGatewayState::Pending.as_str().to_owned())),
        }
    }

    fn made(&self) -> Option<i64> {
        self.create_time().map(|time| time.secs())
    }

    async fn list(aws: &Aws, address: &Address, filters: Vec<Filter>) -> Result<Vec<Self>, ProviderError> {
        let call = aws.ec2.describe_nat_gateways().set_filter(Some(filters));
        let listed: Result<Vec<_>, _> = call.into_paginator().page_size(1000).items().send().collect().await;
        listed.map_err(failed(address, "ec2:DescribeNatGateways"))
    }

    async fn read(self, _aws: &Aws, _target: &Target) -> Result<Live, ProviderError> {
        let addresses = self.nat_gateway_addresses();
        let primary = addresses.iter().find(|address| address.is_primary() == Some(true)).or(addresses.first());
        Ok(Live {
            inputs: fields::Fields::default()
                .with("subnet_id", self.subnet_id())
                .with("allocation_id", primary.and_then(|address| address.allocation_id()))
                .into_value(),
            tags: ec2::from_sdk(self.tags()),
            physical_id: self.id().to_owned(),
            status: self.status().unwrap_or(Status::Deleting),
            outputs: outputs(self.id()),
        })
    }
}

#[async_trait]
impl Driver for NatGatewayDriver {
    fn model(&self) -> KindModel {
        NatGateway::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn alive(&self, aws: &Aws, scope: &Scope, found: Vec<Discovered>) -> Result<Vec<Discovered>, ProviderError> {
        alive::only(aws, scope, found).await
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        ec2::observe::<SdkGateway>(aws, targets).await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        if let Some(created) = ec2::earlier::<NatGateway>(self, aws, request, CREATE).await? {
            return Ok(created);
        }
        let target = &request.target;
        let inputs = target.typed::<NatGateway>()?;
        let call = aws
            .ec2
            .create_nat_gateway()
            .client_token(&request.token)
            .connectivity_type(ConnectivityType::Public)
            .subnet_id(fields::value(target, &inputs.subnet_id)?)
            .allocation_id(fields::value(target, &inputs.allocation_id)?)
            .tag_specifications(ec2::specification(target, ResourceType::Natgateway));
        let made = call.send().await.map_err(failed(&target.address, CREATE)).map_err(fields::missing)?;
        let made = made.nat_gateway.ok_or_else(|| batch::incomplete(target, CREATE, "NAT gateway"))?;
        Ok(Created {
            physical_id: made.id().to_owned(),
            status: made.status().unwrap_or(Status::Deleting),
            outputs: outputs(made.id()),
        })
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let live = fields::needed(target, "ec2:CreateTags", ec2::find::<SdkGateway>(aws, target).await?)?;
        if request.fields.iter().any(|field| field == "tags") {
            ec2::tag(aws, target, &live, &request.untag).await?;
        }
        Ok(live.into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        let target = &request.target;
        let found = ec2::find::<SdkGateway>(aws, target).await?;
        let Some(live) = fields::ours(target, DELETE, found)? else { return Ok(Deleted::Gone) };
        if live.status == Status::Deleting {
            return Ok(Deleted::Going);
        }
        let call = aws.ec2.delete_nat_gateway().nat_gateway_id(&live.physical_id);
        let going = if_found(call.send().await.map_err(failed(&target.address, DELETE)))?;
        Ok(going.map_or(Deleted::Gone, |_| Deleted::Going))
    }

    async fn diagnose(&self, aws: &Aws, target: &Target) -> Result<Vec<Diagnosis>, ProviderError> {
        let Some(live) = ec2::find::<SdkGateway>(aws, target).await? else { return Ok(Vec::new()) };
        let Status::Failed(reason) = live.status else { return Ok(Vec::new()) };
        Ok(vec![Diagnosis {
            concern: None,
            terminal: false,
            finding: format!("the NAT gateway {} has failed: {reason}", live.physical_id),
            advice: Some("remove the cause; a NAT gateway that has failed is not repaired but made anew".into()),
        }])
    }
}

/// The reason of the gateway's failure, in EC2's words.
fn reason(gateway: &SdkGateway) -> Option<&str> {
    gateway.failure_message().or(gateway.failure_code()).filter(|reason| !reason.is_empty())
}

fn outputs(id: &str) -> Outputs {
    Outputs::from([("nat_gateway_id".to_owned(), json!(id))])
}
