//! The driver of DB subnet groups. RDS describes one a call; the tags take a call of their own.

use async_trait::async_trait;
use aws_sdk_rds::types::DbSubnetGroup as Group;
use mate_core::kinds::db_subnet_group::DbSubnetGroup;
use mate_core::model::{Kind, KindModel};
use mate_core::model::{Outputs, Tags};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, ErrorClass, Live, Observation, ProviderError, Status, Target,
    UpdateRequest,
};
use serde_json::json;

use super::actions;
use crate::classify::failed;
use crate::context::Aws;
use crate::drivers::rds_tags;
use crate::drivers::{Driver, each, fields};
use crate::policy::Actions;
use crate::tags;

#[derive(Debug)]
pub(crate) struct DbSubnetGroupDriver;

#[async_trait]
impl Driver for DbSubnetGroupDriver {
    fn model(&self) -> KindModel {
        DbSubnetGroup::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        each(targets, |target| async move {
            Ok(known(aws, target).await?.map_or(Observation::Absent, |live| tags::judge(target, live)))
        })
        .await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "rds:CreateDBSubnetGroup";
        let target = &request.target;
        let inputs = target.typed::<DbSubnetGroup>()?;
        // Asked first, because some endpoints that speak RDS replace a group whose name is taken.
        if let Some(live) = find(aws, target, &target.name).await? {
            let live = fields::needed(target, CALL, Some(live))?;
            return fields::complete::<DbSubnetGroup>(self, aws, request, live).await;
        }
        let made = aws
            .rds
            .create_db_subnet_group()
            .db_subnet_group_name(&target.name)
            .db_subnet_group_description(&inputs.description)
            .set_subnet_ids(Some(fields::values(target, &inputs.subnet_ids)?))
            .set_tags(Some(rds_tags::list(&target.tags)))
            .send()
            .await
            .map_err(failed(&target.address, CALL))
            .map_err(fields::missing);
        match made {
            Ok(answer) => {
                Ok(live(target, &answer.db_subnet_group.unwrap_or_else(|| named(target)), target.tags.clone()).into())
            }
            Err(error) if error.class == ErrorClass::AlreadyExists => {
                let found = find(aws, target, &target.name).await?;
                fields::converge::<DbSubnetGroup>(self, aws, request, found, error).await
            }
            Err(error) => Err(error),
        }
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "rds:ModifyDBSubnetGroup";
        let target = &request.target;
        let inputs = target.typed::<DbSubnetGroup>()?;
        let live = fields::needed(target, CALL, known(aws, target).await?)?;
        let changed = fields::to_change::<DbSubnetGroup>(request, &live);
        if changed.iter().any(|field| field != "tags") {
            aws.rds
                .modify_db_subnet_group()
                .db_subnet_group_name(&live.physical_id)
                .db_subnet_group_description(&inputs.description)
                .set_subnet_ids(Some(fields::values(target, &inputs.subnet_ids)?))
                .send()
                .await
                .map_err(failed(&target.address, CALL))?;
        }
        rds_tags::change(aws, request, &live, &changed).await?;
        Ok(live.into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        const CALL: &str = "rds:DeleteDBSubnetGroup";
        let target = &request.target;
        let Some(live) = fields::ours(target, CALL, known(aws, target).await?)? else { return Ok(Deleted::Gone) };
        let gone = aws.rds.delete_db_subnet_group().db_subnet_group_name(&live.physical_id).send().await;
        fields::unless_absent(gone.map_err(failed(&target.address, CALL)))?;
        Ok(Deleted::Gone)
    }
}

/// The group under any of the names that the target may have.
async fn known(aws: &Aws, target: &Target) -> Result<Option<Live>, ProviderError> {
    for name in fields::known_as(target) {
        if let Some(live) = find(aws, target, name).await? {
            return Ok(Some(live));
        }
    }
    Ok(None)
}

async fn find(aws: &Aws, target: &Target, name: &str) -> Result<Option<Live>, ProviderError> {
    let answer = aws.rds.describe_db_subnet_groups().db_subnet_group_name(name).send().await;
    let answer = fields::unless_absent(answer.map_err(failed(&target.address, "rds:DescribeDBSubnetGroups")))?;
    let named = |group: &Group| group.db_subnet_group_name().is_some_and(|found| found.eq_ignore_ascii_case(name));
    let groups = answer.and_then(|answer| answer.db_subnet_groups).unwrap_or_default();
    let Some(group) = groups.into_iter().find(named) else { return Ok(None) };
    let tags = rds_tags::read(aws, target, group.db_subnet_group_arn()).await?;
    Ok(Some(live(target, &group, tags)))
}

fn named(target: &Target) -> Group {
    Group::builder().db_subnet_group_name(&target.name).build()
}

fn live(target: &Target, group: &Group, tags: Tags) -> Live {
    let name = fields::name(Some(&target.name), group.db_subnet_group_name().unwrap_or(&target.name));
    let subnets: Vec<&str> = group.subnets().iter().filter_map(|subnet| subnet.subnet_identifier()).collect();
    let status = match group.subnet_group_status() {
        None | Some("Complete") => Status::Ready,
        Some(other) => Status::Pending(other.to_owned()),
    };
    let mut outputs = Outputs::from([("name".to_owned(), json!(name))]);
    outputs.extend(group.db_subnet_group_arn().map(|arn| ("arn".to_owned(), json!(arn))));
    Live {
        physical_id: name,
        status,
        inputs: fields::Fields::default()
            .with("description", group.db_subnet_group_description())
            .with("subnet_ids", Some(subnets))
            .into_value(),
        outputs,
        tags,
    }
}
