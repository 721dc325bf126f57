//! The driver of subnets. EC2 has no token for their creation: the tags find what a lost answer made, and a range that
//! is taken makes sure that it is looked for again.

use async_trait::async_trait;
use aws_sdk_ec2::types::{AttributeBooleanValue, Filter, ResourceType, Subnet as SdkSubnet, SubnetState, Tag};
use mate_core::kinds::Subnet;
use mate_core::model::Outputs;
use mate_core::model::ids::Address;
use mate_core::model::{Kind, KindModel};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Diagnosis, ErrorClass, Live, Observation, ProviderError, Status,
    Target, UpdateRequest,
};
use serde_json::json;

use super::actions;
use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::ec2::{self, Object};
use crate::drivers::{Driver, batch, fields};
use crate::policy::Actions;

const CREATE: &str = "ec2:CreateSubnet";
const DELETE: &str = "ec2:DeleteSubnet";
const MODIFY: &str = "ec2:ModifySubnetAttribute";

/// The driver of `ec2:Subnet`.
#[derive(Debug)]
pub(crate) struct SubnetDriver;

#[async_trait]
impl Object for SdkSubnet {
    const ID: &'static str = "subnet-id";

    fn id(&self) -> &str {
        self.subnet_id().unwrap_or_default()
    }

    fn tags(&self) -> &[Tag] {
        self.tags()
    }

    fn status(&self) -> Option<Status> {
        Some(match self.state() {
            None | Some(SubnetState::Available) => Status::Ready,
            Some(state @ (SubnetState::Failed | SubnetState::FailedInsufficientCapacity)) => {
                Status::Failed(state.as_str().to_owned())
            }
            Some(state) => Status::Pending(state.as_str().to_owned()),
        })
    }

    async fn list(aws: &Aws, address: &Address, filters: Vec<Filter>) -> Result<Vec<Self>, ProviderError> {
        let call = aws.ec2.describe_subnets().set_filters(Some(filters));
        let listed: Result<Vec<_>, _> = call.into_paginator().page_size(1000).items().send().collect().await;
        listed.map_err(failed(address, "ec2:DescribeSubnets"))
    }

    async fn read(self, _aws: &Aws, target: &Target) -> Result<Live, ProviderError> {
        let range = self.cidr_block().map(|range| ec2::range(fields::text(target, "cidr_block"), range));
        Ok(Live {
            inputs: fields::Fields::default()
                .with("vpc_id", self.vpc_id())
                .with("cidr_block", range)
                .with("availability_zone", self.availability_zone())
                .with("map_public_ip_on_launch", self.map_public_ip_on_launch())
                .into_value(),
            tags: ec2::from_sdk(self.tags()),
            physical_id: self.id().to_owned(),
            status: self.status().unwrap_or(Status::Ready),
            outputs: outputs(self.id()),
        })
    }
}

#[async_trait]
impl Driver for SubnetDriver {
    fn model(&self) -> KindModel {
        Subnet::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        ec2::observe::<SdkSubnet>(aws, targets).await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        if let Some(created) = ec2::earlier::<Subnet>(self, aws, request, CREATE).await? {
            return Ok(created);
        }
        let target = &request.target;
        let inputs = target.typed::<Subnet>()?;
        let call = aws
            .ec2
            .create_subnet()
            .vpc_id(fields::value(target, &inputs.vpc_id)?)
            .cidr_block(&inputs.cidr_block)
            .availability_zone(&inputs.availability_zone)
            .tag_specifications(ec2::specification(target, ResourceType::Subnet));
        let made = match call.send().await.map_err(failed(&target.address, CREATE)) {
            Ok(made) => made.subnet.ok_or_else(|| batch::incomplete(target, CREATE, "subnet"))?,
            // The one in the way may be ours, and its tags were not to be seen a moment ago.
            Err(error) if error.class == ErrorClass::AlreadyExists => {
                let earlier = ec2::earlier::<Subnet>(self, aws, request, CREATE).await?;
                return earlier.ok_or(error);
            }
            Err(error) => return Err(fields::missing(error)),
        };
        let created = Created {
            physical_id: made.id().to_owned(),
            status: made.status().unwrap_or(Status::Ready),
            outputs: outputs(made.id()),
        };
        if inputs.map_public_ip_on_launch {
            map_public(aws, target, made.id(), true).await.map_err(fields::behind(&created))?;
        }
        Ok(created)
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let live = fields::needed(target, MODIFY, ec2::find::<SdkSubnet>(aws, target).await?)?;
        let named = |name: &str| request.fields.iter().any(|field| field == name);
        if named("map_public_ip_on_launch") {
            let inputs = target.typed::<Subnet>()?;
            map_public(aws, target, &live.physical_id, inputs.map_public_ip_on_launch).await?;
        }
        if named("tags") {
            ec2::tag(aws, target, &live, &request.untag).await?;
        }
        Ok(live.into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        let target = &request.target;
        let found = ec2::find::<SdkSubnet>(aws, target).await?;
        let Some(live) = fields::ours(target, DELETE, found)? else { return Ok(Deleted::Gone) };
        let call = aws.ec2.delete_subnet().subnet_id(&live.physical_id);
        if_found(call.send().await.map_err(failed(&target.address, DELETE)))?;
        Ok(Deleted::Gone)
    }

    async fn diagnose(&self, aws: &Aws, target: &Target) -> Result<Vec<Diagnosis>, ProviderError> {
        let Some(live) = ec2::find::<SdkSubnet>(aws, target).await? else { return Ok(Vec::new()) };
        ec2::interfaces(aws, target, "subnet-id", &live.physical_id).await
    }
}

async fn map_public(aws: &Aws, target: &Target, id: &str, on: bool) -> Result<(), ProviderError> {
    let value = AttributeBooleanValue::builder().value(on).build();
    let call = aws.ec2.modify_subnet_attribute().subnet_id(id).map_public_ip_on_launch(value);
    call.send().await.map_err(failed(&target.address, MODIFY)).map(drop)
}

fn outputs(id: &str) -> Outputs {
    Outputs::from([("subnet_id".to_owned(), json!(id))])
}
