//! Flow logs of VPCs, into CloudWatch Logs. They have no names and cannot be changed: they are found by id, by
//! ownership tags, or by what AWS lets exist only once, which is a VPC's traffic of one type in one log group.

use async_trait::async_trait;
use aws_sdk_ec2::types::{
    Filter, FlowLog as SdkFlowLog, FlowLogsResourceType, LogDestinationType, ResourceType, Tag, TrafficType,
};
use mate_core::kinds::FlowLog;
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
use crate::drivers::batch::{gone, incomplete, present};
use crate::drivers::ec2::{self, Object};
use crate::drivers::fields::{self, Fields, text};
use crate::drivers::{Driver, unsuccessful};
use crate::policy::Actions;
use crate::tags;

const CREATE: &str = "ec2:CreateFlowLogs";
const DESCRIBE: &str = "ec2:DescribeFlowLogs";
const UPDATE: &str = "ec2:CreateTags";
const DELETE: &str = "ec2:DeleteFlowLogs";
/// EC2's limit on the values of one filter.
const FILTER_VALUES: usize = 200;
/// The message of AWS about a flow log that delivers only a part: nothing is wrong with the flow log itself.
const RATE_LIMITED: &str = "Rate limited";

/// The driver of `ec2:FlowLog`.
#[derive(Debug)]
pub(crate) struct FlowLogDriver;

#[async_trait]
impl Driver for FlowLogDriver {
    fn model(&self) -> KindModel {
        FlowLog::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        let mut observations = ec2::observe::<SdkFlowLog>(aws, targets).await;
        in_the_way(aws, targets, &mut observations).await;
        observations
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        if let Some(created) = ec2::earlier::<FlowLog>(self, aws, request, CREATE).await? {
            return Ok(created);
        }
        match make(aws, request).await {
            Ok(id) => Ok(Created { outputs: outputs(&id), physical_id: id, status: Status::Ready }),
            Err(mut error) if error.class == ErrorClass::AlreadyExists => {
                if let Some(created) = ec2::earlier::<FlowLog>(self, aws, request, CREATE).await? {
                    return Ok(created);
                }
                error.class = ErrorClass::EventualConsistency;
                error.retry = error.class.retry();
                Err(error)
            }
            Err(error) => Err(needed(target, error)),
        }
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let live = present(self, aws, target, UPDATE).await?.ok_or_else(|| gone(target, UPDATE))?;
        if request.fields.iter().any(|field| field == "tags") {
            ec2::tag(aws, target, &live, &request.untag).await?;
        }
        Ok(live.into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        let target = &request.target;
        let Some(live) = present(self, aws, target, DELETE).await? else { return Ok(Deleted::Gone) };
        let answer = aws.ec2.delete_flow_logs().flow_log_ids(&live.physical_id).send().await;
        let answer = answer.map_err(failed(&target.address, DELETE));
        if_found(answer.and_then(|answer| unsuccessful::none(target, DELETE, answer.unsuccessful())))?;
        Ok(Deleted::Gone)
    }

    async fn diagnose(&self, aws: &Aws, target: &Target) -> Result<Vec<Diagnosis>, ProviderError> {
        let Some(live) = ec2::find::<SdkFlowLog>(aws, target).await? else { return Ok(Vec::new()) };
        let filters = vec![ec2::filter(SdkFlowLog::ID, [live.physical_id])];
        let found = SdkFlowLog::list(aws, &target.address, filters).await?;
        Ok(found.iter().filter_map(finding).collect())
    }
}

#[async_trait]
impl Object for SdkFlowLog {
    const ID: &'static str = "flow-log-id";

    fn id(&self) -> &str {
        self.flow_log_id().unwrap_or_default()
    }

    fn tags(&self) -> &[Tag] {
        self.tags()
    }

    /// A flow log goes on trying: it delivers once its role and log group let it.
    fn status(&self) -> Option<Status> {
        Some(match undelivered(self) {
            Some(message) if message != RATE_LIMITED => Status::Pending(format!("nothing is delivered: {message}")),
            _ => Status::Ready,
        })
    }

    fn made(&self) -> Option<i64> {
        self.creation_time().map(aws_smithy_types::DateTime::secs)
    }

    async fn list(aws: &Aws, address: &Address, filters: Vec<Filter>) -> Result<Vec<Self>, ProviderError> {
        let call = aws.ec2.describe_flow_logs().set_filter(Some(filters));
        let found: Result<Vec<_>, _> = call.into_paginator().page_size(1000).items().send().collect().await;
        found.map_err(failed(address, DESCRIBE))
    }

    async fn read(self, _aws: &Aws, _target: &Target) -> Result<Live, ProviderError> {
        Ok(live(&self))
    }
}

fn live(log: &SdkFlowLog) -> Live {
    Live {
        physical_id: log.id().to_owned(),
        status: log.status().unwrap_or(Status::Ready),
        inputs: Fields::default()
            .with("vpc_id", log.resource_id())
            .with("traffic_type", log.traffic_type().map(TrafficType::as_str))
            .with("log_group_name", destination(log))
            .with("role_arn", log.deliver_logs_permission_arn())
            .with("max_aggregation_seconds", log.max_aggregation_interval())
            .into_value(),
        outputs: outputs(log.id()),
        tags: ec2::from_sdk(log.tags()),
    }
}

fn outputs(id: &str) -> Outputs {
    [("flow_log_id".to_owned(), json!(id))].into()
}

/// The log group's name; the ARN of another destination, which is no log group's name.
fn destination(log: &SdkFlowLog) -> Option<&str> {
    log.log_group_name().or_else(|| {
        let arn = log.log_destination()?;
        Some(arn.split_once(":log-group:").map_or(arn, |(_, name)| name.trim_end_matches(":*")))
    })
}

/// The message of AWS about logs that it cannot deliver.
fn undelivered(log: &SdkFlowLog) -> Option<&str> {
    (log.deliver_logs_status() == Some("FAILED")).then(|| log.deliver_logs_error_message().unwrap_or("no reason"))
}

fn finding(log: &SdkFlowLog) -> Option<Diagnosis> {
    let message = undelivered(log)?;
    let (id, group) = (log.id(), destination(log).unwrap_or("?"));
    let advice = if message == RATE_LIMITED {
        "CloudWatch Logs takes so much in a log group and no more: record less traffic, or have the limit raised"
    } else {
        "let the role be assumed by vpc-flow-logs.amazonaws.com and write into the log group, which has to exist"
    };
    Some(Diagnosis {
        concern: None,
        terminal: false,
        finding: format!("{id} cannot deliver into {group}: {message}"),
        advice: Some(advice.to_owned()),
    })
}

/// Returns true if AWS would refuse the target's flow log because of this one.
fn is_in_the_way(target: &Target, log: &SdkFlowLog) -> bool {
    [
        ("vpc_id", log.resource_id()),
        ("traffic_type", log.traffic_type().map(TrafficType::as_str)),
        ("log_group_name", destination(log)),
    ]
    .into_iter()
    .all(|(field, live)| live.is_some() && live == text(target, field))
}

/// Looks for what is absent by id and tags among the flow logs of its VPC.
async fn in_the_way(aws: &Aws, targets: &[Target], observations: &mut [Observation]) {
    let absent = |index: &usize| matches!(observations[*index], Observation::Absent);
    let vpc = |index: &usize| text(&targets[*index], "vpc_id").map(str::to_owned);
    let unseen: Vec<usize> = (0..targets.len()).filter(absent).filter(|index| vpc(index).is_some()).collect();
    for chunk in unseen.chunks(FILTER_VALUES) {
        let mut vpcs: Vec<String> = chunk.iter().filter_map(vpc).collect();
        vpcs.sort_unstable();
        vpcs.dedup();
        let found = SdkFlowLog::list(aws, &targets[chunk[0]].address, vec![ec2::filter("resource-id", vpcs)]).await;
        for index in chunk {
            let target = &targets[*index];
            observations[*index] = match &found {
                Err(error) => Observation::Unknown(fields::repeat(error, target)),
                Ok(found) => {
                    let log = found.iter().find(|log| is_in_the_way(target, log));
                    log.map_or(Observation::Absent, |log| tags::judge(target, live(log)))
                }
            };
        }
    }
}

async fn make(aws: &Aws, request: &CreateRequest) -> Result<String, ProviderError> {
    let target = &request.target;
    let inputs = target.typed::<FlowLog>()?;
    let answer = aws
        .ec2
        .create_flow_logs()
        .client_token(&request.token)
        .resource_type(FlowLogsResourceType::Vpc)
        .resource_ids(fields::value(target, &inputs.vpc_id)?)
        .traffic_type(TrafficType::from(inputs.traffic_type.as_str()))
        .log_destination_type(LogDestinationType::CloudWatchLogs)
        .log_group_name(fields::value(target, &inputs.log_group_name)?)
        .deliver_logs_permission_arn(fields::value(target, &inputs.role_arn)?)
        .max_aggregation_interval(i32::from(inputs.max_aggregation_seconds))
        .tag_specifications(ec2::specification(target, ResourceType::VpcFlowLog))
        .send()
        .await
        .map_err(failed(&target.address, CREATE))?;
    unsuccessful::none(target, CREATE, answer.unsuccessful())?;
    answer.flow_log_ids().first().cloned().ok_or_else(|| incomplete(target, CREATE, "flow log"))
}

/// A role that IAM does not show yet, or a destination that is not there, has no code of its own: AWS says of them what
/// it says of a wrong parameter, as a code or as the number 400 of an item.
fn needed(target: &Target, error: ProviderError) -> ProviderError {
    let mut error = fields::missing(error);
    let right = matches!(text(target, "traffic_type"), Some("ALL" | "ACCEPT" | "REJECT"))
        && matches!(target.inputs["max_aggregation_seconds"].as_u64(), Some(60 | 600));
    if right && matches!(error.code.as_deref(), Some("InvalidParameter" | "400")) {
        error.class = ErrorClass::Dependency;
        error.retry = error.class.retry();
    }
    error
}
