//! The record of a VPC's traffic (`ec2:FlowLog`).

use serde::{Deserialize, Serialize};

use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};

/// The record of a VPC's traffic (`ec2:FlowLog`), into CloudWatch Logs.
#[derive(Debug)]
pub struct FlowLog;

impl FlowLog {
    /// Its id, `fl-…`.
    pub const ID: Output<Self, String> = Output::new("flow_log_id");
}

/// What a flow log is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowLogInputs {
    /// The VPC.
    pub vpc_id: Input<String>,
    /// `ALL`, `ACCEPT` or `REJECT`.
    pub traffic_type: String,
    /// The log group that it writes into.
    pub log_group_name: Input<String>,
    /// The role that it writes with.
    pub role_arn: Input<String>,
    /// Seconds that one line covers: 60 or 600.
    pub max_aggregation_seconds: u16,
}

const FIXED: &str = "a flow log cannot be changed";

const FIELDS: &[FieldRule] = &[
    FieldRule::new("vpc_id", Impact::Replace(FIXED)).class(DriftClass::Security),
    FieldRule::new("traffic_type", Impact::Replace(FIXED)).class(DriftClass::Security),
    FieldRule::new("log_group_name", Impact::Replace(FIXED)).class(DriftClass::Security),
    FieldRule::new("role_arn", Impact::Replace(FIXED)).class(DriftClass::Security),
    FieldRule::new("max_aggregation_seconds", Impact::Replace(FIXED)).class(DriftClass::Security),
];

impl Kind for FlowLog {
    const NAME: &'static str = "ec2:FlowLog";
    type Inputs = FlowLogInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["flow_log_id"],
            revised_outputs: &[],
            named_outputs: &[],
            // AWS refuses a second flow log of the same traffic into the same group.
            replace: ReplaceOrder::DeleteFirst,
            data: Data::None,
            lost: DriftClass::Security,
            timing: |_| Timing::seconds(2, 2, 2),
            name_rule: NameRule { max: 255 },
            taggable: true,
            deduplicated: true,
            run_once: false,
        }
    }
}
