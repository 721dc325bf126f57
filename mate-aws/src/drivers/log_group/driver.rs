//! Log groups of CloudWatch Logs.

use async_trait::async_trait;
use aws_sdk_cloudwatchlogs::types::LogGroup as SdkLogGroup;
use mate_core::kinds::LogGroup;
use mate_core::model::Tags;
use mate_core::model::{Kind, KindModel};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, ErrorClass, Live, Observation, ProviderError, Status, Target,
    UpdateRequest,
};
use serde_json::json;

use super::actions;
use crate::classify::{behind, failed, if_found};
use crate::context::Aws;
use crate::drivers::{Driver, each};
use crate::policy::Actions;
use crate::tags::{self, TagChange};

const CREATE: &str = "logs:CreateLogGroup";

/// The driver of `logs:LogGroup`.
#[derive(Debug)]
pub(crate) struct LogGroupDriver;

#[async_trait]
impl Driver for LogGroupDriver {
    fn model(&self) -> KindModel {
        LogGroup::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        each(targets, |target| async move {
            Ok(read(aws, target).await?.map_or(Observation::Absent, |live| tags::judge(target, live)))
        })
        .await
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let retention = target.typed::<LogGroup>()?.retention_days;
        let call = aws.logs.create_log_group().log_group_name(&target.name);
        let answer = call.set_tags(Some(target.tags.clone().into_iter().collect())).send().await;
        let new = match answer.map_err(failed(&target.address, CREATE)) {
            Ok(_) => true,
            Err(error) if error.class == ErrorClass::AlreadyExists => false,
            Err(error) => return Err(error),
        };
        let live = read(aws, target).await?.ok_or_else(|| {
            ProviderError::new(ErrorClass::EventualConsistency, CREATE, target.address.clone())
                .with_message("the log group cannot be seen yet")
        })?;
        if !new && !target.accepts(&live.tags) {
            return Err(tags::refuse(target, CREATE, &live.tags));
        }
        let created = Created::from(live.clone());
        if live.inputs["retention_days"] != json!(retention) {
            keep_for(aws, target, retention).await.map_err(behind(&created))?;
        }
        let change = TagChange::new(&live.tags, &target.tags);
        tag(aws, target, &live, change).await.map_err(behind(&created))?;
        Ok(created)
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "logs:PutRetentionPolicy";
        let target = &request.target;
        let live = read(aws, target).await?.ok_or_else(|| {
            ProviderError::new(ErrorClass::NotFound, CALL, target.address.clone())
                .with_message(format!("there is no log group `{}`", target.name))
        })?;
        if !target.accepts(&live.tags) {
            return Err(tags::refuse(target, CALL, &live.tags));
        }
        for field in &request.fields {
            match field.as_str() {
                "retention_days" => keep_for(aws, target, target.typed::<LogGroup>()?.retention_days).await?,
                "tags" => tag(aws, target, &live, TagChange::of(request, &live.tags)).await?,
                _ => {}
            }
        }
        Ok(live.into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        const CALL: &str = "logs:DeleteLogGroup";
        let target = &request.target;
        let Some(live) = read(aws, target).await? else { return Ok(Deleted::Gone) };
        if !target.accepts(&live.tags) {
            return Err(tags::refuse(target, CALL, &live.tags));
        }
        let call = aws.logs.delete_log_group().log_group_name(&target.name);
        if_found(call.send().await.map_err(failed(&target.address, CALL)))?;
        Ok(Deleted::Gone)
    }
}

/// The group of exactly the target's name: the service only finds by prefix.
async fn describe(aws: &Aws, target: &Target) -> Result<Option<SdkLogGroup>, ProviderError> {
    let mut token = None;
    loop {
        let call = aws.logs.describe_log_groups().log_group_name_prefix(&target.name).limit(50);
        let answer = call.set_next_token(token).send().await;
        let page = answer.map_err(failed(&target.address, "logs:DescribeLogGroups"))?;
        let mut groups = page.log_groups.unwrap_or_default().into_iter();
        if let Some(group) = groups.find(|group| group.log_group_name() == Some(target.name.as_str())) {
            return Ok(Some(group));
        }
        match page.next_token {
            Some(next) if !next.is_empty() => token = Some(next),
            _ => return Ok(None),
        }
    }
}

async fn read(aws: &Aws, target: &Target) -> Result<Option<Live>, ProviderError> {
    let Some(group) = describe(aws, target).await? else { return Ok(None) };
    let arn = group.log_group_arn().or(group.arn()).unwrap_or_default().trim_end_matches(":*").to_owned();
    let call = aws.logs.list_tags_for_resource().resource_arn(&arn);
    let Some(answer) = if_found(call.send().await.map_err(failed(&target.address, "logs:ListTagsForResource")))? else {
        return Ok(None);
    };
    Ok(Some(Live {
        physical_id: arn.clone(),
        status: Status::Ready,
        inputs: json!({ "retention_days": group.retention_in_days() }),
        outputs: [("name".to_owned(), json!(target.name)), ("arn".to_owned(), json!(arn))].into(),
        tags: answer.tags.unwrap_or_default().into_iter().collect::<Tags>(),
    }))
}

async fn keep_for(aws: &Aws, target: &Target, days: u16) -> Result<(), ProviderError> {
    let call = aws.logs.put_retention_policy().log_group_name(&target.name).retention_in_days(days.into());
    call.send().await.map_err(failed(&target.address, "logs:PutRetentionPolicy"))?;
    Ok(())
}

async fn tag(aws: &Aws, target: &Target, live: &Live, change: TagChange) -> Result<(), ProviderError> {
    let keys = change.keys();
    if !change.set.is_empty() {
        let call = aws.logs.tag_resource().resource_arn(&live.physical_id);
        let call = call.set_tags(Some(change.set.into_iter().collect()));
        call.send().await.map_err(failed(&target.address, "logs:TagResource"))?;
    }
    if !keys.is_empty() {
        let call = aws.logs.untag_resource().resource_arn(&live.physical_id).set_tag_keys(Some(keys));
        call.send().await.map_err(failed(&target.address, "logs:UntagResource"))?;
    }
    Ok(())
}
