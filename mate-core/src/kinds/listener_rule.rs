//! A rule of a listener, by path (`elbv2:ListenerRule`).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::listener::{ListenerAction, forwarding, forwards_to};
use super::{Listener, TargetGroup};
use crate::model::{
    AdoptFacet, ArnForm, Deduplication, DriftClass, FieldRule, Impact, Input, Kind, KindModel, Link, Naming, Output,
    ReplaceOrder, Sample, SimFacet, TerraformType, Timing,
};

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

/// The inputs of a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenerRuleInputs {
    /// The listener.
    pub listener_arn: Input<String>,
    /// Its place among the rules, 1 to 50000, lowest first.
    pub priority: u16,
    /// The paths that it takes, with `*` and `?`.
    pub path_patterns: Vec<String>,
    /// The action for matching requests.
    pub action: ListenerAction,
}

const FIELDS: &[FieldRule] = &[
    FieldRule::new("listener_arn", Impact::Replace("a rule belongs to one listener")).class(DriftClass::Security),
    FieldRule::new("priority", Impact::InPlace).class(DriftClass::Security),
    FieldRule::new("path_patterns", Impact::InPlace).class(DriftClass::Security).unordered(),
    FieldRule::new("action", Impact::InPlace).class(DriftClass::Security),
];

fn rule_arn(n: &Naming<'_>) -> String {
    n.below("listener_arn", ":listener/", ":listener-rule/")
}

const SIM: SimFacet = SimFacet {
    physical_id: rule_arn,
    outputs: Some(|n| forwarding(rule_arn(n), &n.inputs()["action"])),
    scope: "listener_arn",
    place: &["listener_arn", "priority"],
    calls: ("CreateRule", "ModifyRule", "DeleteRule"),
    exists: "PriorityInUse",
    quota: "TooManyRules",
    read: Some(("elbv2:DescribeRules", 20)),
    ..SimFacet::PLAIN
};

const LINKS: &[Link] = &[
    Link::new("listener_arn", "elbv2:Listener", "arn", "ListenerNotFound").goes_along(),
    Link::new("action.forward.target_group_arn", "elbv2:TargetGroup", "arn", "TargetGroupNotFound")
        .holds("ResourceInUse"),
    Link::target_group("action.forward_to_either.target_group_arn", "TargetGroupNotFound").holds("ResourceInUse"),
    Link::target_group("action.forward_to_either.alternate_target_group_arn", "TargetGroupNotFound")
        .holds("ResourceInUse"),
];

const ADOPT: AdoptFacet = AdoptFacet {
    keys: &["listener_arn", "priority"],
    terraform: &[TerraformType {
        names: &["aws_lb_listener_rule", "aws_alb_listener_rule"],
        name: &[],
        hints: &[("listener_arn", "listener_arn"), ("priority", "priority")],
        ..TerraformType::ARN
    }],
    ..AdoptFacet::PLAIN
};

const SAMPLES: &[Sample] = &[Sample::new(
    "rule",
    |base| base.name("rule"),
    |base| {
        json!(ListenerRuleInputs {
            listener_arn: base.out("https", Listener::ARN),
            priority: 10,
            path_patterns: vec!["/api/*".into()],
            action: ListenerAction::Forward { target_group_arn: base.out("target-group", TargetGroup::ARN) },
        })
    },
)
.updated("path_patterns", || json!(["/api/*", "/v2/*"]))];

impl Kind for ListenerRule {
    const NAME: &'static str = "elbv2:ListenerRule";
    type Inputs = ListenerRuleInputs;

    fn model() -> KindModel {
        KindModel::new(Self::name(), FIELDS)
            .with_outputs(&["arn", "target_group_arn", "alternate_target_group_arn"])
            .with_revised_outputs(&["target_group_arn", "alternate_target_group_arn"])
            .with_replace(ReplaceOrder::DeleteFirst)
            .with_lost(DriftClass::Capacity)
            .with_timing(|_| Timing::seconds(2, 2, 2))
            .with_name_max(255)
            .with_optional_outputs(forwards_to)
            .with_sim(&SIM)
            .with_samples(SAMPLES)
            .with_links(LINKS)
            .with_arn(ArnForm::whole("elasticloadbalancing", "listener-rule/app/"))
            .with_adopt(&ADOPT)
            .with_deduplication(Deduplication::Place)
    }
}
