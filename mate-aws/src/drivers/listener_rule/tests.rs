use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::operation::create_rule::CreateRuleError;
use aws_sdk_elasticloadbalancingv2::operation::delete_rule::DeleteRuleOutput;
use aws_sdk_elasticloadbalancingv2::operation::describe_rules::{DescribeRulesError, DescribeRulesOutput};
use aws_sdk_elasticloadbalancingv2::operation::describe_tags::DescribeTagsOutput;
use aws_sdk_elasticloadbalancingv2::operation::set_rule_priorities::SetRulePrioritiesOutput;
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, PathPatternConditionConfig, Rule as Described, RuleCondition, TagDescription,
};
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::ListenerRule;
use mate_core::kinds::listener::ListenerAction;
use mate_core::kinds::listener_rule::ListenerRuleInputs;
use mate_core::model::Kind;
use mate_core::model::Tags;
use mate_core::provider::{Deleted, ErrorClass, Observation, Target};
use serde_json::json;

use super::ListenerRuleDriver;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::batch::unlike;
use crate::drivers::elbv2::tag_list;
use crate::drivers::testing::{self, client, code, create, delete, present, update};

const LISTENER: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/lb/50dc6c495c0c9188/f2f7dc8e";
const GROUP: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/tg/73e2d6bc24d8a067";

fn arn(number: usize) -> String {
    format!("{}/{number:016}", LISTENER.replace(":listener/", ":listener-rule/"))
}

fn target() -> Target {
    testing::target::<ListenerRule>(
        "api",
        &ListenerRuleInputs {
            listener_arn: LISTENER.into(),
            priority: 10,
            path_patterns: vec!["/api/*".into(), "/v1/*".into()],
            action: ListenerAction::Forward { target_group_arn: GROUP.into() },
        },
    )
}

fn rule(number: usize, priority: u16) -> Described {
    let paths = PathPatternConditionConfig::builder().values("/v1/*").values("/api/*").build();
    Described::builder()
        .rule_arn(arn(number))
        .priority(priority.to_string())
        .is_default(false)
        .conditions(RuleCondition::builder().field("path-pattern").path_pattern_config(paths).build())
        .actions(Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(GROUP).build())
        .build()
}

fn default_rule() -> Described {
    Described::builder().rule_arn(arn(0)).priority("default").is_default(true).build()
}

fn listed(rules: Vec<Described>) -> Rule {
    mock!(Client::describe_rules)
        .then_output(move || DescribeRulesOutput::builder().set_rules(Some(rules.clone())).build())
}

/// The rule of this number is ours, every other is somebody's.
fn tagged(ours: Option<usize>) -> Rule {
    let (arn, tags) = (ours.map(arn), target().tags);
    mock!(Client::describe_tags).then_compute_output(move |request| {
        assert!(request.resource_arns().len() <= 20, "AWS takes 20 ARNs a call");
        let descriptions = request.resource_arns().iter().map(|one| {
            let tags = if Some(one) == arn.as_ref() { tags.clone() } else { Tags::new() };
            TagDescription::builder().resource_arn(one).set_tags(Some(tag_list(&tags))).build()
        });
        DescribeTagsOutput::builder().set_tag_descriptions(Some(descriptions.collect())).build()
    })
}

fn aws(elbv2: Client) -> Aws {
    Aws { elbv2, ..testing::aws() }
}

#[tokio::test]
async fn ours_is_found_by_its_tags_whatever_its_priority() {
    let mut rules: Vec<Described> = (1..=45).map(|number| rule(number, 100 + number as u16)).collect();
    rules.push(default_rule());
    let tags = tagged(Some(33));
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, any, [&listed(rules), &tags]));
    let target = target();
    let live = present(ListenerRuleDriver.observe(&aws, std::slice::from_ref(&target)).await.remove(0));
    assert_eq!(live.physical_id, arn(33));
    assert_eq!(unlike(&ListenerRule::model(), &target, &live), ["priority"]);
    assert_eq!(tags.num_calls(), 3);
}

#[tokio::test]
async fn pages_are_followed() {
    let first = mock!(Client::describe_rules)
        .match_requests(|request| request.marker().is_none())
        .then_output(|| DescribeRulesOutput::builder().rules(rule(1, 1)).next_marker("more").build());
    let second = mock!(Client::describe_rules)
        .match_requests(|request| request.marker() == Some("more"))
        .then_output(|| DescribeRulesOutput::builder().rules(rule(2, 10)).build());
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, [&first, &second, &tagged(Some(2))]));
    let target = target();
    let live = present(ListenerRuleDriver.observe(&aws, std::slice::from_ref(&target)).await.remove(0));
    assert!(unlike(&ListenerRule::model(), &target, &live).is_empty(), "{}", live.inputs);
    assert_eq!(live.outputs["target_group_arn"], json!(GROUP));
}

#[tokio::test]
async fn a_priority_that_somebody_else_has_is_foreign() {
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, any, [&listed(vec![rule(1, 10)]), &tagged(None)]));
    assert!(matches!(ListenerRuleDriver.observe(&aws, &[target()]).await.remove(0), Observation::Foreign(_)));
    let error = ListenerRuleDriver.create(&aws, &create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    let error = ListenerRuleDriver.delete(&aws, &delete(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn a_priority_taken_meanwhile_by_us_is_returned() {
    let taken = mock!(Client::create_rule).then_error(|| CreateRuleError::generic(code("PriorityInUse")));
    let aws = aws(client!(
        aws_sdk_elasticloadbalancingv2,
        [&listed(vec![]), &taken, &listed(vec![rule(5, 10)]), &tagged(Some(5))]
    ));
    let created = ListenerRuleDriver.create(&aws, &create(target())).await.unwrap();
    assert_eq!(created.physical_id, arn(5));
}

#[tokio::test]
async fn another_priority_is_set_by_its_own_call() {
    let moved = mock!(Client::set_rule_priorities)
        .match_requests(|request| request.rule_priorities()[0].priority() == Some(10))
        .then_output(|| SetRulePrioritiesOutput::builder().build());
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, [&listed(vec![rule(5, 11)]), &tagged(Some(5)), &moved]));
    ListenerRuleDriver.update(&aws, &update(target(), &["priority", "action"])).await.unwrap();
    assert_eq!(moved.num_calls(), 1);
}

#[tokio::test]
async fn a_condition_on_the_host_is_a_difference() {
    let mut described = rule(5, 10);
    let host = RuleCondition::builder().field("host-header").values("example.com").build();
    described.conditions.get_or_insert_default().push(host);
    let aws = aws(client!(aws_sdk_elasticloadbalancingv2, [&listed(vec![described]), &tagged(Some(5))]));
    let target = target();
    let live = present(ListenerRuleDriver.observe(&aws, std::slice::from_ref(&target)).await.remove(0));
    assert_eq!(unlike(&ListenerRule::model(), &target, &live), ["path_patterns"]);
}

#[tokio::test]
async fn it_goes_by_itself_and_with_its_listener() {
    let deleted = mock!(Client::delete_rule).then_output(|| DeleteRuleOutput::builder().build());
    let missing = mock!(Client::describe_rules).then_error(|| DescribeRulesError::generic(code("ListenerNotFound")));
    let aws = aws(client!(
        aws_sdk_elasticloadbalancingv2,
        [&listed(vec![rule(5, 10)]), &tagged(Some(5)), &deleted, &missing]
    ));
    assert_eq!(ListenerRuleDriver.delete(&aws, &delete(target())).await.unwrap(), Deleted::Gone);
    assert_eq!(ListenerRuleDriver.delete(&aws, &delete(target())).await.unwrap(), Deleted::Gone);
    assert_eq!(deleted.num_calls(), 1);
}
