//! The driver of route tables, with their routes and the subnets that use them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_ec2::types::{
    Filter, ResourceType, RouteState, RouteTable as SdkTable, RouteTableAssociation, RouteTableAssociationStateCode,
    Tag,
};
use mate_core::kinds::RouteTable;
use mate_core::kinds::route_table::Route;
use mate_core::model::Outputs;
use mate_core::model::ids::Address;
use mate_core::model::{Kind, KindModel};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Diagnosis, ErrorClass, Live, Observation, ProviderError, Status,
    Target, UpdateRequest,
};
use serde_json::json;

use super::actions;
use super::routes;
use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::ec2::{self, Object};
use crate::drivers::{Driver, batch, fields};
use crate::policy::Actions;

const CREATE: &str = "ec2:CreateRouteTable";
const DELETE: &str = "ec2:DeleteRouteTable";
const ASSOCIATE: &str = "ec2:AssociateRouteTable";
const REPLACE: &str = "ec2:ReplaceRouteTableAssociation";

/// The driver of `ec2:RouteTable`.
#[derive(Debug)]
pub(crate) struct RouteTableDriver;

#[async_trait]
impl Object for SdkTable {
    const ID: &'static str = "route-table-id";

    fn id(&self) -> &str {
        self.route_table_id().unwrap_or_default()
    }

    fn tags(&self) -> &[Tag] {
        self.tags()
    }

    fn status(&self) -> Option<Status> {
        Some(Status::Ready)
    }

    async fn list(aws: &Aws, address: &Address, filters: Vec<Filter>) -> Result<Vec<Self>, ProviderError> {
        let call = aws.ec2.describe_route_tables().set_filters(Some(filters));
        let listed: Result<Vec<_>, _> = call.into_paginator().page_size(100).items().send().collect().await;
        listed.map_err(failed(address, "ec2:DescribeRouteTables"))
    }

    async fn read(self, _aws: &Aws, target: &Target) -> Result<Live, ProviderError> {
        let wanted: Vec<Route> = target
            .inputs
            .get("routes")
            .and_then(|routes| serde_json::from_value(routes.clone()).ok())
            .unwrap_or_default();
        let subnets: Vec<_> = associations(&self).filter_map(RouteTableAssociation::subnet_id).collect();
        Ok(Live {
            inputs: json!({
                "vpc_id": self.vpc_id(),
                "routes": routes::told(&self, &wanted),
                "subnet_ids": subnets,
            }),
            tags: ec2::from_sdk(self.tags()),
            physical_id: self.id().to_owned(),
            status: Status::Ready,
            outputs: outputs(self.id()),
        })
    }
}

#[async_trait]
impl Driver for RouteTableDriver {
    fn model(&self) -> KindModel {
        RouteTable::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        ec2::observe::<SdkTable>(aws, targets).await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        if let Some(created) = ec2::earlier::<RouteTable>(self, aws, request, CREATE).await? {
            return Ok(created);
        }
        let target = &request.target;
        let inputs = target.typed::<RouteTable>()?;
        let subnets = fields::values(target, &inputs.subnet_ids)?;
        let call = aws
            .ec2
            .create_route_table()
            .client_token(&request.token)
            .vpc_id(fields::value(target, &inputs.vpc_id)?)
            .tag_specifications(ec2::specification(target, ResourceType::RouteTable));
        let made = call.send().await.map_err(failed(&target.address, CREATE)).map_err(fields::missing)?;
        let table = made.route_table.ok_or_else(|| batch::incomplete(target, CREATE, "route table"))?;
        let created =
            Created { physical_id: table.id().to_owned(), status: Status::Ready, outputs: outputs(table.id()) };
        routes::bring(aws, target, &table, &inputs.routes).await.map_err(fields::behind(&created))?;
        associate(aws, target, &table, &subnets).await.map_err(fields::behind(&created))?;
        Ok(created)
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let table = ec2::locate::<SdkTable>(aws, target).await?.ok_or_else(|| batch::gone(target, REPLACE))?;
        let live = fields::needed(target, REPLACE, Some(table.clone().read(aws, target).await?))?;
        let named = |name: &str| request.fields.iter().any(|field| field == name);
        if named("routes") || named("subnet_ids") {
            let inputs = target.typed::<RouteTable>()?;
            if named("routes") {
                routes::bring(aws, target, &table, &inputs.routes).await?;
            }
            if named("subnet_ids") {
                associate(aws, target, &table, &fields::values(target, &inputs.subnet_ids)?).await?;
            }
        }
        if named("tags") {
            ec2::tag(aws, target, &live, &request.untag).await?;
        }
        Ok(live.into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        let target = &request.target;
        let Some(table) = ec2::locate::<SdkTable>(aws, target).await? else { return Ok(Deleted::Gone) };
        fields::ours(target, DELETE, Some(table.clone().read(aws, target).await?))?;
        for association in associations(&table) {
            disassociate(aws, target, association).await?;
        }
        let call = aws.ec2.delete_route_table().route_table_id(table.id());
        if_found(call.send().await.map_err(failed(&target.address, DELETE)))?;
        Ok(Deleted::Gone)
    }

    async fn diagnose(&self, aws: &Aws, target: &Target) -> Result<Vec<Diagnosis>, ProviderError> {
        let Some(table) = ec2::locate::<SdkTable>(aws, target).await? else { return Ok(Vec::new()) };
        let lost = routes::made(&table).filter(|route| route.state() == Some(&RouteState::Blackhole));
        let finding = |route: &aws_sdk_ec2::types::Route| Diagnosis {
            concern: None,
            terminal: false,
            finding: format!(
                "the route of {} to {} is a black hole",
                table.id(),
                routes::destination(route).unwrap_or("?")
            ),
            advice: Some("its gateway is gone or not attached: bring that back, or let a new plan replace it".into()),
        };
        Ok(lost.map(finding).collect())
    }
}

/// The explicit associations of the table. Subnets that use the main table because they have no other are not among
/// them.
fn associations(table: &SdkTable) -> impl Iterator<Item = &RouteTableAssociation> {
    table.associations().iter().filter(|association| {
        let state = association.association_state().and_then(|state| state.state());
        association.main() != Some(true)
            && !matches!(
                state,
                Some(
                    RouteTableAssociationStateCode::Disassociating
                        | RouteTableAssociationStateCode::Disassociated
                        | RouteTableAssociationStateCode::Failed
                )
            )
    })
}

/// Brings the subnets to what is wanted. A subnet that uses another table is moved, so that it never has none.
async fn associate(aws: &Aws, target: &Target, table: &SdkTable, wanted: &[String]) -> Result<(), ProviderError> {
    let uses = |subnet: &str| associations(table).any(|association| association.subnet_id() == Some(subnet));
    let missing: Vec<&String> = wanted.iter().filter(|subnet| !uses(subnet)).collect();
    let elsewhere = elsewhere(aws, target, &missing).await?;
    for subnet in missing {
        match elsewhere.get(subnet) {
            Some((other, _)) if other == table.id() => {}
            Some((_, association)) => {
                let call = aws.ec2.replace_route_table_association().route_table_id(table.id());
                let answer = call.association_id(association).send().await;
                answer.map_err(failed(&target.address, REPLACE)).map_err(fields::unsettled)?;
            }
            None => {
                let call = aws.ec2.associate_route_table().route_table_id(table.id()).subnet_id(subnet);
                call.send().await.map_err(failed(&target.address, ASSOCIATE)).map_err(unseen)?;
            }
        }
    }
    for association in associations(table) {
        if association.subnet_id().is_some_and(|subnet| wanted.iter().all(|wanted| wanted != subnet)) {
            disassociate(aws, target, association).await?;
        }
    }
    Ok(())
}

/// A subnet that is said to use a table, after it was seen to use none, is looked at again.
fn unseen(error: ProviderError) -> ProviderError {
    let mut error = fields::missing(error);
    if error.class == ErrorClass::AlreadyExists {
        error.class = ErrorClass::EventualConsistency;
        error.retry = error.class.retry();
    }
    error
}

/// The tables that these subnets use, each with the id of the association.
async fn elsewhere(
    aws: &Aws,
    target: &Target,
    subnets: &[&String],
) -> Result<BTreeMap<String, (String, String)>, ProviderError> {
    let mut found = BTreeMap::new();
    for chunk in subnets.chunks(ec2::FILTER_VALUES) {
        let filter = ec2::filter("association.subnet-id", chunk.iter().map(|subnet| (*subnet).clone()));
        let tables = SdkTable::list(aws, &target.address, vec![filter]).await?;
        for association in tables.iter().flat_map(associations) {
            if let (Some(subnet), Some(table), Some(id)) =
                (association.subnet_id(), association.route_table_id(), association.route_table_association_id())
            {
                found.insert(subnet.to_owned(), (table.to_owned(), id.to_owned()));
            }
        }
    }
    Ok(found)
}

async fn disassociate(aws: &Aws, target: &Target, association: &RouteTableAssociation) -> Result<(), ProviderError> {
    let id = association.route_table_association_id().unwrap_or_default();
    let call = aws.ec2.disassociate_route_table().association_id(id);
    if_found(call.send().await.map_err(failed(&target.address, "ec2:DisassociateRouteTable"))).map(drop)
}

fn outputs(id: &str) -> Outputs {
    Outputs::from([("route_table_id".to_owned(), json!(id))])
}
