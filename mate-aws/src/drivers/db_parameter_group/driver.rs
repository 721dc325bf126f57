//! The driver of DB parameter groups. A group is made empty; its parameters are set by further calls of at most
//! twenty, each at once where the engine allows that and else at the next restart of the instance.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_sdk_rds::types::{ApplyMethod, DbParameterGroup as Group, Filter, Parameter};
use mate_core::kinds::db_parameter_group::DbParameterGroup;
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
use crate::drivers::{Driver, each, fields, rds_tags};
use crate::policy::Actions;
use crate::tags;

/// The most parameters that one call may change.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBParameterGroup.html>
const BATCH: usize = 20;

#[derive(Debug)]
pub(crate) struct DbParameterGroupDriver;

#[async_trait]
impl Driver for DbParameterGroupDriver {
    fn model(&self) -> KindModel {
        DbParameterGroup::model()
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
        let target = &request.target;
        let inputs = target.typed::<DbParameterGroup>()?;
        let made = aws
            .rds
            .create_db_parameter_group()
            .db_parameter_group_name(&target.name)
            .db_parameter_group_family(&inputs.family)
            .description(&inputs.description)
            .set_tags(Some(rds_tags::list(&target.tags)))
            .send()
            .await
            .map_err(failed(&target.address, "rds:CreateDBParameterGroup"))
            .map_err(fields::missing);
        match made {
            Ok(answer) => {
                let group = answer.db_parameter_group.unwrap_or_else(|| Group::builder().build());
                let live = Created::from(live(target, &group, &BTreeMap::new(), target.tags.clone()));
                change(aws, target, &live.physical_id, &BTreeMap::new(), &inputs.parameters)
                    .await
                    .map_err(fields::behind(&live))?;
                Ok(live)
            }
            Err(error) if error.class == ErrorClass::AlreadyExists => {
                let found = find(aws, target, &target.name).await?;
                fields::converge::<DbParameterGroup>(self, aws, request, found, error).await
            }
            Err(error) => Err(error),
        }
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let inputs = target.typed::<DbParameterGroup>()?;
        let live = fields::needed(target, "rds:ModifyDBParameterGroup", known(aws, target).await?)?;
        let changed = fields::to_change::<DbParameterGroup>(request, &live);
        if changed.iter().any(|field| field == "parameters") {
            let present: BTreeMap<String, String> =
                serde_json::from_value(live.inputs["parameters"].clone()).unwrap_or_default();
            change(aws, target, &live.physical_id, &present, &inputs.parameters).await?;
        }
        rds_tags::change(aws, request, &live, &changed).await?;
        Ok(live.into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        const CALL: &str = "rds:DeleteDBParameterGroup";
        let target = &request.target;
        let Some(live) = fields::ours(target, CALL, known(aws, target).await?)? else { return Ok(Deleted::Gone) };
        let gone = aws.rds.delete_db_parameter_group().db_parameter_group_name(&live.physical_id).send().await;
        fields::unless_absent(gone.map_err(failed(&target.address, CALL)))?;
        Ok(Deleted::Gone)
    }
}

async fn known(aws: &Aws, target: &Target) -> Result<Option<Live>, ProviderError> {
    for name in fields::known_as(target) {
        if let Some(live) = find(aws, target, name).await? {
            return Ok(Some(live));
        }
    }
    Ok(None)
}

async fn find(aws: &Aws, target: &Target, name: &str) -> Result<Option<Live>, ProviderError> {
    let answer = aws.rds.describe_db_parameter_groups().db_parameter_group_name(name).send().await;
    let answer = fields::unless_absent(answer.map_err(failed(&target.address, "rds:DescribeDBParameterGroups")))?;
    let named = |group: &Group| group.db_parameter_group_name().is_some_and(|found| found.eq_ignore_ascii_case(name));
    let groups = answer.and_then(|answer| answer.db_parameter_groups).unwrap_or_default();
    let Some(group) = groups.into_iter().find(named) else { return Ok(None) };
    let tags = rds_tags::read(aws, target, group.db_parameter_group_arn()).await?;
    let set = parameters(aws, target, name, None)
        .await
        .map_err(fields::unsettled)?
        .into_iter()
        .filter(|parameter| parameter.source().is_none_or(|source| source == "user"))
        .filter_map(|parameter| Some((parameter.parameter_name?, parameter.parameter_value?)))
        .collect();
    Ok(Some(live(target, &group, &set, tags)))
}

/// The parameters that somebody set, or those of the given names.
async fn parameters(
    aws: &Aws,
    target: &Target,
    group: &str,
    names: Option<Vec<String>>,
) -> Result<Vec<Parameter>, ProviderError> {
    let mut found = Vec::new();
    let mut marker = None;
    loop {
        let call = aws.rds.describe_db_parameters().db_parameter_group_name(group).set_marker(marker);
        let call = match &names {
            None => call.source("user"),
            Some(names) => {
                call.filters(Filter::builder().name("parameter-name").set_values(Some(names.clone())).build())
            }
        };
        let answer = call.send().await.map_err(failed(&target.address, "rds:DescribeDBParameters"))?;
        found.extend(answer.parameters.unwrap_or_default());
        marker = answer.marker.filter(|marker| !marker.is_empty());
        if marker.is_none() {
            return Ok(found);
        }
    }
}

/// Brings the parameters from `present` to `desired`.
async fn change(
    aws: &Aws,
    target: &Target,
    group: &str,
    present: &BTreeMap<String, String>,
    desired: &BTreeMap<String, String>,
) -> Result<(), ProviderError> {
    let set: Vec<(&String, &String)> =
        desired.iter().filter(|(name, value)| present.get(*name) != Some(value)).collect();
    let unset: Vec<&String> = present.keys().filter(|name| !desired.contains_key(*name)).collect();
    for batch in set.chunks(BATCH) {
        let dynamic = dynamic(aws, target, group, batch.iter().map(|(name, _)| (*name).clone()).collect()).await?;
        let batch = batch.iter().map(|(name, value)| parameter(name, &dynamic).parameter_value(*value).build());
        aws.rds
            .modify_db_parameter_group()
            .db_parameter_group_name(group)
            .set_parameters(Some(batch.collect()))
            .send()
            .await
            .map_err(failed(&target.address, "rds:ModifyDBParameterGroup"))?;
    }
    for batch in unset.chunks(BATCH) {
        let dynamic = dynamic(aws, target, group, batch.iter().map(|name| (*name).clone()).collect()).await?;
        aws.rds
            .reset_db_parameter_group()
            .db_parameter_group_name(group)
            .set_parameters(Some(batch.iter().map(|name| parameter(name, &dynamic).build()).collect()))
            .send()
            .await
            .map_err(failed(&target.address, "rds:ResetDBParameterGroup"))?;
    }
    Ok(())
}

/// The named parameters that take effect without a restart.
async fn dynamic(
    aws: &Aws,
    target: &Target,
    group: &str,
    names: Vec<String>,
) -> Result<BTreeSet<String>, ProviderError> {
    let described = parameters(aws, target, group, Some(names)).await?;
    let dynamic = described.into_iter().filter(|parameter| parameter.apply_type() == Some("dynamic"));
    Ok(dynamic.filter_map(|parameter| parameter.parameter_name).collect())
}

fn parameter(name: &str, dynamic: &BTreeSet<String>) -> aws_sdk_rds::types::builders::ParameterBuilder {
    let method = if dynamic.contains(name) { ApplyMethod::Immediate } else { ApplyMethod::PendingReboot };
    Parameter::builder().parameter_name(name).apply_method(method)
}

fn live(target: &Target, group: &Group, parameters: &BTreeMap<String, String>, tags: Tags) -> Live {
    let name = fields::name(Some(&target.name), group.db_parameter_group_name().unwrap_or(&target.name));
    let mut outputs = Outputs::from([("name".to_owned(), json!(name))]);
    outputs.extend(group.db_parameter_group_arn().map(|arn| ("arn".to_owned(), json!(arn))));
    Live {
        physical_id: name,
        status: Status::Ready,
        inputs: fields::Fields::default()
            .with("family", group.db_parameter_group_family())
            .with("description", group.description())
            .with("parameters", Some(parameters))
            .into_value(),
        outputs,
        tags,
    }
}
