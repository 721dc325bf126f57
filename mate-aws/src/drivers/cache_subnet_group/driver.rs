//! The driver of cache subnet groups. ElastiCache describes one a call; the tags take a call of their own.

use async_trait::async_trait;
use aws_sdk_elasticache::types::CacheSubnetGroup as Group;
use mate_core::kinds::cache_subnet_group::CacheSubnetGroup;
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
use crate::drivers::elasticache_tags;
use crate::drivers::{Driver, each, fields};
use crate::policy::Actions;
use crate::tags;

#[derive(Debug)]
pub(crate) struct CacheSubnetGroupDriver;

#[async_trait]
impl Driver for CacheSubnetGroupDriver {
    fn model(&self) -> KindModel {
        CacheSubnetGroup::model()
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
        let inputs = target.typed::<CacheSubnetGroup>()?;
        let made = aws
            .elasticache
            .create_cache_subnet_group()
            .cache_subnet_group_name(&target.name)
            .cache_subnet_group_description(&inputs.description)
            .set_subnet_ids(Some(fields::values(target, &inputs.subnet_ids)?))
            .set_tags(Some(elasticache_tags::list(&target.tags)))
            .send()
            .await
            .map_err(failed(&target.address, "elasticache:CreateCacheSubnetGroup"))
            .map_err(fields::missing);
        match made {
            Ok(answer) => {
                Ok(live(target, &answer.cache_subnet_group.unwrap_or_else(|| named(target)), target.tags.clone())
                    .into())
            }
            Err(error) if error.class == ErrorClass::AlreadyExists => {
                let found = find(aws, target, &target.name).await?;
                fields::converge::<CacheSubnetGroup>(self, aws, request, found, error).await
            }
            Err(error) => Err(error),
        }
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "elasticache:ModifyCacheSubnetGroup";
        let target = &request.target;
        let inputs = target.typed::<CacheSubnetGroup>()?;
        let live = fields::needed(target, CALL, known(aws, target).await?)?;
        let changed = fields::to_change::<CacheSubnetGroup>(request, &live);
        if changed.iter().any(|field| field != "tags") {
            aws.elasticache
                .modify_cache_subnet_group()
                .cache_subnet_group_name(&live.physical_id)
                .cache_subnet_group_description(&inputs.description)
                .set_subnet_ids(Some(fields::values(target, &inputs.subnet_ids)?))
                .send()
                .await
                .map_err(failed(&target.address, CALL))?;
        }
        elasticache_tags::change(aws, request, &live, &changed).await?;
        Ok(live.into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        const CALL: &str = "elasticache:DeleteCacheSubnetGroup";
        let target = &request.target;
        let Some(live) = fields::ours(target, CALL, known(aws, target).await?)? else { return Ok(Deleted::Gone) };
        let gone = aws.elasticache.delete_cache_subnet_group().cache_subnet_group_name(&live.physical_id).send().await;
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
    let answer = aws.elasticache.describe_cache_subnet_groups().cache_subnet_group_name(name).send().await;
    let answer =
        fields::unless_absent(answer.map_err(failed(&target.address, "elasticache:DescribeCacheSubnetGroups")))?;
    let named = |group: &Group| group.cache_subnet_group_name().is_some_and(|found| found.eq_ignore_ascii_case(name));
    let groups = answer.and_then(|answer| answer.cache_subnet_groups).unwrap_or_default();
    let Some(group) = groups.into_iter().find(named) else { return Ok(None) };
    let tags = elasticache_tags::read(aws, target, group.arn()).await?;
    Ok(Some(live(target, &group, tags)))
}

fn named(target: &Target) -> Group {
    Group::builder().cache_subnet_group_name(&target.name).build()
}

fn live(target: &Target, group: &Group, tags: Tags) -> Live {
    let name = fields::name(Some(&target.name), group.cache_subnet_group_name().unwrap_or(&target.name));
    let subnets: Vec<&str> = group.subnets().iter().filter_map(|subnet| subnet.subnet_identifier()).collect();
    let mut outputs = Outputs::from([("name".to_owned(), json!(name))]);
    outputs.extend(group.arn().map(|arn| ("arn".to_owned(), json!(arn))));
    Live {
        physical_id: name,
        status: Status::Ready,
        inputs: fields::Fields::default()
            .with("description", group.cache_subnet_group_description())
            .with("subnet_ids", Some(subnets))
            .into_value(),
        outputs,
        tags,
    }
}
