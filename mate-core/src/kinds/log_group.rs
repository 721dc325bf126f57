//! A CloudWatch log group (`logs:LogGroup`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::model::{
    AdoptFacet, ArnForm, Data, DriftClass, FieldRule, Impact, Kind, KindModel, KnownId, Output, Quota, Refused,
    ReplaceOrder, Sample, SimFacet, TerraformType, Timing, outputs,
};

/// A CloudWatch log group (`logs:LogGroup`).
#[derive(Debug)]
pub struct LogGroup;

impl LogGroup {
    /// The group's name.
    pub const NAME: Output<Self, String> = Output::new("name");
    /// The group's ARN, without `:*` at its end.
    pub const ARN: Output<Self, String> = Output::new("arn");
}

/// The inputs of a log group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogGroupInputs {
    /// Days that events are kept; one of the figures that CloudWatch allows, see [`RETENTION_DAYS`].
    pub retention_days: u16,
}

/// The retention periods that CloudWatch Logs allows, in days.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
pub const RETENTION_DAYS: [u16; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// The shortest period that CloudWatch allows and that is not shorter than `days`; the longest there is beyond that.
#[must_use]
pub fn retention_at_least(days: u32) -> u16 {
    RETENTION_DAYS.into_iter().find(|allowed| u32::from(*allowed) >= days).unwrap_or(3653)
}

const FIELDS: &[FieldRule] = &[FieldRule::new("retention_days", Impact::InPlace).class(DriftClass::Data)];

/// The name of a group, by its ARN's resource or by itself.
pub(crate) fn group_name(id: &str) -> Option<&str> {
    let name = id.strip_prefix("log-group:").unwrap_or(id);
    Some(name.strip_suffix(":*").unwrap_or(name))
}

fn check_inputs(inputs: &Value) -> Result<(), Refused> {
    let days = inputs["retention_days"].as_u64().unwrap_or(0);
    if !RETENTION_DAYS.iter().any(|allowed| u64::from(*allowed) == days) {
        return Refused::invalid("InvalidParameterException", "retentionInDays is not one of the allowed values");
    }
    Ok(())
}

const SIM: SimFacet = SimFacet {
    outputs: Some(|n| {
        outputs([("name", json!(n.name())), ("arn", json!(n.arn("logs", &format!("log-group:{}", n.name()))))])
    }),
    calls: ("CreateLogGroup", "PutRetentionPolicy", "DeleteLogGroup"),
    quota: "LimitExceededException",
    read: Some(("logs:DescribeLogGroups", 1)),
    inputs: check_inputs,
    ..SimFacet::PLAIN
};

const ADOPT: AdoptFacet = AdoptFacet {
    plain_id: |id| id.strip_suffix(":*").unwrap_or(id),
    name: group_name,
    known: &[("arn", KnownId::Arn), ("name", KnownId::Name)],
    terraform: &[TerraformType { names: &["aws_cloudwatch_log_group"], ..TerraformType::ARN }],
    ..AdoptFacet::PLAIN
};

const QUOTAS: &[Quota] = &[Quota::region(
    "logs",
    "L-C7B9AAAB",
    "Log groups",
    1_000_000,
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html",
)];

const SAMPLES: &[Sample] = &[
    Sample::new(
        "flow-log-group",
        |base| format!("/vpc/{}", base.name("flow")),
        |_| json!(LogGroupInputs { retention_days: 30 }),
    ),
    Sample::new("logs", |base| format!("/ecs/{}", base.name("web")), |_| json!(LogGroupInputs { retention_days: 90 }))
        .updated("retention_days", || json!(30)),
];

impl Kind for LogGroup {
    const NAME: &'static str = "logs:LogGroup";
    type Inputs = LogGroupInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["name", "arn"])
            .with_named_outputs(&["name", "arn"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_data(Data::Held("the logs"))
            .with_lost(DriftClass::Data)
            .with_timing(|_| Timing::seconds(1, 1, 1))
            .with_name_max(512)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_arn(ArnForm::whole("logs", "log-group:").with_parts(&[":log-stream:"]))
            .with_adopt(&ADOPT)
            .with_quotas(QUOTAS)
    }
}
