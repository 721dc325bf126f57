//! The driver of VPCs. EC2 has no token for their creation: the tags find what a lost answer made. The two attributes
//! of DNS are read and set one a call.

use async_trait::async_trait;
use aws_sdk_ec2::types::{AttributeBooleanValue, Filter, ResourceType, Tag, Vpc as SdkVpc, VpcAttributeName, VpcState};
use mate_core::kinds::Vpc;
use mate_core::kinds::vpc::VpcInputs;
use mate_core::model::Outputs;
use mate_core::model::ids::Address;
use mate_core::model::{Kind, KindModel};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Diagnosis, Live, Observation, ProviderError, Status, Target,
    UpdateRequest,
};
use serde_json::json;

use super::actions;
use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::ec2::{self, Object};
use crate::drivers::{Driver, batch, fields};
use crate::policy::Actions;

const CREATE: &str = "ec2:CreateVpc";
const DELETE: &str = "ec2:DeleteVpc";
const MODIFY: &str = "ec2:ModifyVpcAttribute";

/// The driver of `ec2:VPC`.
#[derive(Debug)]
pub(crate) struct VpcDriver;

#[async_trait]
impl Object for SdkVpc {
    const ID: &'static str = "vpc-id";

    fn id(&self) -> &str {
        self.vpc_id().unwrap_or_default()
    }

    fn tags(&self) -> &[Tag] {
        self.tags()
    }

    fn status(&self) -> Option<Status> {
        Some(match self.state() {
            None | Some(VpcState::Available) => Status::Ready,
            Some(other) => Status::Pending(other.as_str().to_owned()),
        })
    }

    async fn list(aws: &Aws, address: &Address, filters: Vec<Filter>) -> Result<Vec<Self>, ProviderError> {
        let call = aws.ec2.describe_vpcs().set_filters(Some(filters));
        let listed: Result<Vec<_>, _> = call.into_paginator().page_size(1000).items().send().collect().await;
        listed.map_err(failed(address, "ec2:DescribeVpcs"))
    }

    async fn read(self, aws: &Aws, target: &Target) -> Result<Live, ProviderError> {
        let support = attribute(aws, target, self.id(), VpcAttributeName::EnableDnsSupport).await?;
        let hostnames = attribute(aws, target, self.id(), VpcAttributeName::EnableDnsHostnames).await?;
        let range = self.cidr_block().map(|range| ec2::range(fields::text(target, "cidr_block"), range));
        Ok(Live {
            inputs: fields::Fields::default()
                .with("cidr_block", range)
                .with("enable_dns_support", support)
                .with("enable_dns_hostnames", hostnames)
                .into_value(),
            tags: ec2::from_sdk(self.tags()),
            physical_id: self.id().to_owned(),
            status: self.status().unwrap_or(Status::Ready),
            outputs: outputs(self.id()),
        })
    }
}

#[async_trait]
impl Driver for VpcDriver {
    fn model(&self) -> KindModel {
        Vpc::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        ec2::observe::<SdkVpc>(aws, targets).await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        if let Some(created) = ec2::earlier::<Vpc>(self, aws, request, CREATE).await? {
            return Ok(created);
        }
        let target = &request.target;
        let inputs = target.typed::<Vpc>()?;
        let call = aws
            .ec2
            .create_vpc()
            .cidr_block(&inputs.cidr_block)
            .tag_specifications(ec2::specification(target, ResourceType::Vpc));
        let made = call.send().await.map_err(failed(&target.address, CREATE))?;
        let made = made.vpc.ok_or_else(|| batch::incomplete(target, CREATE, "VPC"))?;
        let created = Created {
            physical_id: made.id().to_owned(),
            status: made.status().unwrap_or(Status::Ready),
            outputs: outputs(made.id()),
        };
        // EC2 makes a VPC with support and without host names.
        dns(aws, target, &inputs, made.id(), !inputs.enable_dns_support, inputs.enable_dns_hostnames)
            .await
            .map_err(fields::behind(&created))?;
        Ok(created)
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let live = fields::needed(target, MODIFY, ec2::find::<SdkVpc>(aws, target).await?)?;
        let named = |name: &str| request.fields.iter().any(|field| field == name);
        let (support, hostnames) = (named("enable_dns_support"), named("enable_dns_hostnames"));
        if support || hostnames {
            let inputs = target.typed::<Vpc>()?;
            dns(aws, target, &inputs, &live.physical_id, support, hostnames).await?;
        }
        if named("tags") {
            ec2::tag(aws, target, &live, &request.untag).await?;
        }
        Ok(live.into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        let target = &request.target;
        let found = ec2::find::<SdkVpc>(aws, target).await?;
        let Some(live) = fields::ours(target, DELETE, found)? else { return Ok(Deleted::Gone) };
        let call = aws.ec2.delete_vpc().vpc_id(&live.physical_id);
        if_found(call.send().await.map_err(failed(&target.address, DELETE)))?;
        Ok(Deleted::Gone)
    }

    async fn diagnose(&self, aws: &Aws, target: &Target) -> Result<Vec<Diagnosis>, ProviderError> {
        let Some(live) = ec2::find::<SdkVpc>(aws, target).await? else { return Ok(Vec::new()) };
        ec2::interfaces(aws, target, "vpc-id", &live.physical_id).await
    }
}

async fn attribute(
    aws: &Aws,
    target: &Target,
    id: &str,
    name: VpcAttributeName,
) -> Result<Option<bool>, ProviderError> {
    let answer = aws.ec2.describe_vpc_attribute().vpc_id(id).attribute(name.clone()).send().await;
    let answer = answer.map_err(failed(&target.address, "ec2:DescribeVpcAttribute"))?;
    let value = match name {
        VpcAttributeName::EnableDnsSupport => answer.enable_dns_support,
        _ => answer.enable_dns_hostnames,
    };
    Ok(value.and_then(|value| value.value))
}

/// Sets the attributes that are named. Host names need support, so support is the first to come and the last to go.
async fn dns(
    aws: &Aws,
    target: &Target,
    inputs: &VpcInputs,
    id: &str,
    support: bool,
    hostnames: bool,
) -> Result<(), ProviderError> {
    let value = |value: bool| AttributeBooleanValue::builder().value(value).build();
    let call = || aws.ec2.modify_vpc_attribute().vpc_id(id);
    let support = support.then(|| call().enable_dns_support(value(inputs.enable_dns_support)));
    let hostnames = hostnames.then(|| call().enable_dns_hostnames(value(inputs.enable_dns_hostnames)));
    let calls = if inputs.enable_dns_support { [support, hostnames] } else { [hostnames, support] };
    for call in calls.into_iter().flatten() {
        call.send().await.map_err(failed(&target.address, MODIFY))?;
    }
    Ok(())
}

fn outputs(id: &str) -> Outputs {
    Outputs::from([("vpc_id".to_owned(), json!(id))])
}
