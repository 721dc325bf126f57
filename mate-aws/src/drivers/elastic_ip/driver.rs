//! The driver of elastic IPs. EC2 has no token for an allocation: the tags find what a lost answer made.

use async_trait::async_trait;
use aws_sdk_ec2::types::{Address as SdkAddress, DomainType, Filter, ResourceType, Tag};
use mate_core::kinds::ElasticIp;
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

const CREATE: &str = "ec2:AllocateAddress";
const DELETE: &str = "ec2:ReleaseAddress";

/// The driver of `ec2:EIP`.
#[derive(Debug)]
pub(crate) struct ElasticIpDriver;

#[async_trait]
impl Object for SdkAddress {
    const ID: &'static str = "allocation-id";

    fn id(&self) -> &str {
        self.allocation_id().unwrap_or_default()
    }

    fn tags(&self) -> &[Tag] {
        self.tags()
    }

    fn status(&self) -> Option<Status> {
        Some(Status::Ready)
    }

    async fn list(aws: &Aws, address: &Address, filters: Vec<Filter>) -> Result<Vec<Self>, ProviderError> {
        let answer = aws.ec2.describe_addresses().set_filters(Some(filters)).send().await;
        Ok(answer.map_err(failed(address, "ec2:DescribeAddresses"))?.addresses.unwrap_or_default())
    }

    async fn read(self, _aws: &Aws, _target: &Target) -> Result<Live, ProviderError> {
        Ok(Live {
            inputs: json!({}),
            tags: ec2::from_sdk(self.tags()),
            physical_id: self.id().to_owned(),
            status: Status::Ready,
            outputs: outputs(self.id(), self.public_ip()),
        })
    }
}

#[async_trait]
impl Driver for ElasticIpDriver {
    fn model(&self) -> KindModel {
        ElasticIp::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        ec2::observe::<SdkAddress>(aws, targets).await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        if let Some(created) = ec2::earlier::<ElasticIp>(self, aws, request, CREATE).await? {
            return Ok(created);
        }
        let target = &request.target;
        let call = aws
            .ec2
            .allocate_address()
            .domain(DomainType::Vpc)
            .tag_specifications(ec2::specification(target, ResourceType::ElasticIp));
        let made = call.send().await.map_err(failed(&target.address, CREATE))?;
        let id = made.allocation_id().ok_or_else(|| batch::incomplete(target, CREATE, "allocation id"))?;
        Ok(Created { physical_id: id.to_owned(), status: Status::Ready, outputs: outputs(id, made.public_ip()) })
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let live = fields::needed(target, "ec2:CreateTags", ec2::find::<SdkAddress>(aws, target).await?)?;
        if request.fields.iter().any(|field| field == "tags") {
            ec2::tag(aws, target, &live, &request.untag).await?;
        }
        Ok(live.into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        let target = &request.target;
        let found = ec2::find::<SdkAddress>(aws, target).await?;
        let Some(live) = fields::ours(target, DELETE, found)? else { return Ok(Deleted::Gone) };
        let call = aws.ec2.release_address().allocation_id(&live.physical_id);
        if_found(call.send().await.map_err(failed(&target.address, DELETE)))?;
        Ok(Deleted::Gone)
    }

    async fn diagnose(&self, aws: &Aws, target: &Target) -> Result<Vec<Diagnosis>, ProviderError> {
        let Some(live) = ec2::find::<SdkAddress>(aws, target).await? else { return Ok(Vec::new()) };
        ec2::interfaces(aws, target, "association.allocation-id", &live.physical_id).await
    }
}

fn outputs(id: &str, public_ip: Option<&str>) -> Outputs {
    let mut outputs = Outputs::from([("allocation_id".to_owned(), json!(id))]);
    if let Some(address) = public_ip {
        outputs.insert("public_ip".to_owned(), json!(address));
    }
    outputs
}
