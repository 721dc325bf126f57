//! A rule of a listener, by path (`elbv2:ListenerRule`).

use serde::{Deserialize, Serialize};

use super::listener::ListenerAction;
use crate::model::{Data, DriftClass, FieldRule, Impact, Kind, KindModel, NameRule, ReplaceOrder, Timing};
use crate::model::{Input, Output};

/// A rule of a listener, by path (`elbv2:ListenerRule`).
#[derive(Debug)]
pub struct ListenerRule;

impl ListenerRule {
    /// Its ARN.
    pub const ARN: Output<Self, String> = Output::new("arn");
    /// The target group that it forwards to, once it does.
    pub const TARGET_GROUP_ARN: Output<Self, String> = Output::new("target_group_arn");
    /// The other target group, of a rule that forwards to either of two.
    pub const ALTERNATE_TARGET_GROUP_ARN: Output<Self, String> = Output::new("alternate_target_group_arn");
}

/// What a rule is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenerRuleInputs {
    /// The listener.
    pub listener_arn: Input<String>,
    /// Its place among the rules, 1 to 50000, lowest first.
    pub priority: u16,
    /// The paths that it takes, with `*` and `?`.
    pub path_patterns: Vec<String>,
    /// What is done with the request.
    pub action: ListenerAction,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("listener_arn", Impact::Replace("a rule belongs to one listener")).class(DriftClass::Security),
    FieldRule::new("priority", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("path_patterns", Impact::InPlace).class(DriftClass::Security).unordered(),
    FieldRule::new("action", Impact::InPlace).class(DriftClass::Security),
];

impl Kind for ListenerRule {
    const NAME: &'static str = "elbv2:ListenerRule";
    type Inputs = ListenerRuleInputs;

    fn model() -> KindModel {
        KindModel {
            name: Self::name(),
            fields: FIELDS,
            outputs: &["arn", "target_group_arn", "alternate_target_group_arn"],
            revised_outputs: &["target_group_arn", "alternate_target_group_arn"],
            named_outputs: &[],
            replace: ReplaceOrder::DeleteFirst,
            data: Data::None,
            lost: DriftClass::Capacity,
            timing: |_| Timing::seconds(2, 2, 2),
            name_rule: NameRule { max: 255 },
            taggable: true,
            deduplicated: true,
            run_once: false,
        }
    }
}
