//! A CloudWatch log group (`logs:LogGroup`).

use serde::{Deserialize, Serialize};

use crate::model::Output;
use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};

/// A CloudWatch log group (`logs:LogGroup`).
#[derive(Debug)]
pub struct LogGroup;

impl LogGroup {
    /// The group's name.
    pub const NAME: Output<Self, String> = Output::new("name");
    /// The group's ARN, without `:*` at its end.
    pub const ARN: Output<Self, String> = Output::new("arn");
}

/// What a log group is made from.
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

impl Kind for LogGroup {
    const NAME: &'static str = "logs:LogGroup";
    type Inputs = LogGroupInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["name", "arn"],
            revised_outputs: &[],
            named_outputs: &["name", "arn"],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::Held("the logs"),
            lost: DriftClass::Data,
            timing: |_| Timing::seconds(1, 1, 1),
            name_rule: NameRule { max: 512 },
            taggable: true,
            deduplicated: true,
            run_once: false,
        }
    }
}
