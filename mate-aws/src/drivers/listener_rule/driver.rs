use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_sdk_elasticloadbalancingv2::types::{
    PathPatternConditionConfig, Rule as Described, RuleCondition, RulePriorityPair,
};
use futures::StreamExt;
use mate_core::kinds::ListenerRule;
use mate_core::kinds::listener_rule::ListenerRuleInputs;
use mate_core::model::Tags;
use mate_core::model::ids::Address;
use mate_core::model::{Kind, KindModel};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, ErrorClass, Live, Observation, ProviderError, Status, Target,
    UpdateRequest,
};
use serde_json::{Map, Value, json};

use super::actions;
use crate::classify::failed;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::batch::{fixed, gone, incomplete, present, unlike};
use crate::drivers::elbv2::{
    action, action_value, change_tags, forward_outputs, listener_of, ordered, tag_list, tags_of,
};
use crate::drivers::fields::{self, behind, missing, repeat, text, value};
use crate::policy::Actions;
use crate::tags::{TagChange, judge};

const PATH_PATTERN: &str = "path-pattern";

/// Rules by path, found by the recorded ARN, else by our tags among the rules of the listener, else by priority.
/// All rules of a listener are read in one call.
#[derive(Debug)]
pub(crate) struct ListenerRuleDriver;

type Listed = BTreeMap<String, Result<Vec<(Described, Tags)>, ProviderError>>;

#[async_trait]
impl Driver for ListenerRuleDriver {
    fn model(&self) -> KindModel {
        ListenerRule::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        let Some(first) = targets.first() else {
            return Vec::new();
        };
        let listeners: BTreeSet<String> = targets.iter().flat_map(listeners).collect();
        let listed: Listed = futures::stream::iter(listeners)
            .map(|arn| async move { (arn.clone(), list(aws, &first.address, &arn).await) })
            .buffered(4)
            .collect()
            .await;
        targets
            .iter()
            .map(|target| match find(target, &listed) {
                Ok(Some((rule, tags))) => judge(target, live(target, rule, tags)),
                Ok(None) => Observation::Absent,
                Err(error) => Observation::Unknown(error),
            })
            .collect()
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "elbv2:CreateRule";
        let target = &request.target;
        if let Some(live) = present(self, aws, target, CALL).await? {
            return adopt(aws, target, live).await;
        }
        let inputs = target.typed::<ListenerRule>()?;
        let answer = aws
            .elbv2
            .create_rule()
            .listener_arn(value(target, &inputs.listener_arn)?)
            .priority(i32::from(inputs.priority))
            .conditions(condition(&inputs))
            .actions(action(target, &inputs.action, None)?)
            .set_tags(Some(tag_list(&target.tags)))
            .send()
            .await
            .map_err(failed(&target.address, CALL))
            .map_err(missing);
        match answer {
            Ok(answer) => {
                let rule = answer.rules.unwrap_or_default().into_iter().next();
                let arn = rule.and_then(|one| one.rule_arn).ok_or_else(|| incomplete(target, CALL, "ARN"))?;
                Ok(created(target, &arn))
            }
            Err(error) if error.class == ErrorClass::AlreadyExists => match present(self, aws, target, CALL).await? {
                Some(live) => adopt(aws, target, live).await,
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "elbv2:ModifyRule";
        let target = &request.target;
        let live = present(self, aws, target, CALL).await?.ok_or_else(|| gone(target, CALL))?;
        let fields = fields::to_change::<ListenerRule>(request, &live);
        change(aws, target, &live, &fields, &TagChange::of(request, &live.tags)).await?;
        Ok(created(target, &live.physical_id))
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        const CALL: &str = "elbv2:DeleteRule";
        let target = &request.target;
        let Some(live) = present(self, aws, target, CALL).await? else {
            return Ok(Deleted::Gone);
        };
        let answer =
            aws.elbv2.delete_rule().rule_arn(&live.physical_id).send().await.map_err(failed(&target.address, CALL));
        match answer {
            Err(error) if error.class != ErrorClass::NotFound => Err(error),
            _ => Ok(Deleted::Gone),
        }
    }
}

/// The listeners that the target's rule can be at: the recorded one's first, then the desired one.
fn listeners(target: &Target) -> Vec<String> {
    let recorded = target.physical_id.as_deref().and_then(listener_of);
    let desired = text(target, "listener_arn").map(str::to_owned);
    recorded.into_iter().chain(desired).collect()
}

/// The rules of a listener with their tags, but for the default rule.
async fn list(aws: &Aws, address: &Address, listener: &str) -> Result<Vec<(Described, Tags)>, ProviderError> {
    let mut pages = aws.elbv2.describe_rules().listener_arn(listener).into_paginator().send();
    let mut rules = Vec::new();
    while let Some(page) = pages.next().await {
        match page.map_err(failed(address, "elbv2:DescribeRules")) {
            Ok(page) => rules.extend(page.rules.unwrap_or_default()),
            Err(error) if error.class == ErrorClass::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        }
    }
    rules.retain(|rule| rule.is_default() != Some(true));
    let arns: Vec<String> = rules.iter().filter_map(|rule| rule.rule_arn.clone()).collect();
    let mut tags = if arns.is_empty() { BTreeMap::new() } else { tags_of(aws, address, &arns).await? };
    let mut tagged = Vec::new();
    for rule in rules {
        match rule.rule_arn().and_then(|arn| tags.remove(arn)) {
            Some(tags) => tagged.push((rule, tags)),
            None => {
                return Err(ProviderError::new(ErrorClass::EventualConsistency, "elbv2:DescribeTags", address.clone())
                    .with_message("a rule was listed and is not found a moment later"));
            }
        }
    }
    Ok(tagged)
}

fn find<'a>(target: &Target, listed: &'a Listed) -> Result<Option<&'a (Described, Tags)>, ProviderError> {
    let mut candidates: Vec<&'a (Described, Tags)> = Vec::new();
    for listener in listeners(target) {
        match listed.get(&listener) {
            Some(Ok(rules)) => candidates.extend(rules),
            Some(Err(error)) => return Err(repeat(error, target)),
            None => {}
        }
    }
    let recorded = target.physical_id.as_deref();
    let ownership = target.ownership();
    let desired = text(target, "listener_arn");
    let priority = target.inputs.get("priority").and_then(Value::as_u64).map(|priority| priority.to_string());
    let by_arn = |(rule, _): &&&(Described, Tags)| recorded.is_some() && rule.rule_arn() == recorded;
    let by_tags = |(_, tags): &&&(Described, Tags)| ownership.owns(tags);
    let by_priority = |(rule, _): &&&(Described, Tags)| {
        priority.is_some()
            && rule.priority() == priority.as_deref()
            && desired.is_some()
            && rule.rule_arn().and_then(listener_of).as_deref() == desired
    };
    Ok(candidates
        .iter()
        .find(by_arn)
        .or_else(|| candidates.iter().find(by_tags))
        .or_else(|| candidates.iter().find(by_priority))
        .copied())
}

fn live(target: &Target, rule: &Described, tags: &Tags) -> Live {
    let arn = rule.rule_arn().unwrap_or_default();
    let action = ordered(action_value(rule.actions()), target.inputs.get("action"));
    let outputs = forward_outputs(arn, Some(&action));
    let mut inputs = Map::new();
    inputs.insert("listener_arn".into(), json!(listener_of(arn)));
    if let Some(priority) = rule.priority().and_then(|text| text.parse::<u16>().ok()) {
        inputs.insert("priority".into(), json!(priority));
    }
    inputs.insert("path_patterns".into(), json!(patterns(rule)));
    inputs.insert("action".into(), action);
    Live {
        physical_id: arn.to_owned(),
        status: Status::Ready,
        inputs: Value::Object(inputs),
        outputs,
        tags: tags.clone(),
    }
}

/// The paths of a rule. A condition that is not on the path stands among them by its name, and so is a difference.
fn patterns(rule: &Described) -> Vec<String> {
    let mut patterns = Vec::new();
    for condition in rule.conditions() {
        if condition.field() != Some(PATH_PATTERN) {
            patterns.push(format!("({})", condition.field().unwrap_or("condition")));
            continue;
        }
        let values = match condition.path_pattern_config() {
            Some(config) if !config.values().is_empty() => config.values(),
            _ => condition.values(),
        };
        patterns.extend_from_slice(values);
    }
    patterns
}

fn condition(inputs: &ListenerRuleInputs) -> RuleCondition {
    let config = PathPatternConditionConfig::builder().set_values(Some(inputs.path_patterns.clone())).build();
    RuleCondition::builder().field(PATH_PATTERN).path_pattern_config(config).build()
}

fn created(target: &Target, arn: &str) -> Created {
    Created {
        physical_id: arn.to_owned(),
        status: Status::Ready,
        outputs: forward_outputs(arn, target.inputs.get("action")),
    }
}

/// Brings an object of ours that a create found to the inputs.
async fn adopt(aws: &Aws, target: &Target, live: Live) -> Result<Created, ProviderError> {
    let fields = unlike(&ListenerRule::model(), target, &live);
    if fields.iter().any(|field| field == "listener_arn") {
        return Err(fixed(target, "elbv2:CreateRule", &["listener_arn".to_owned()]));
    }
    match change(aws, target, &live, &fields, &TagChange::new(&live.tags, &target.tags)).await {
        Ok(()) => Ok(created(target, &live.physical_id)),
        Err(error) => Err(behind(&live.into())(error)),
    }
}

async fn change(
    aws: &Aws,
    target: &Target,
    live: &Live,
    fields: &[String],
    tags: &TagChange,
) -> Result<(), ProviderError> {
    let inputs = target.typed::<ListenerRule>()?;
    let address = &target.address;
    let named = |field: &str| fields.iter().any(|name| name == field);
    if named("path_patterns") || named("action") {
        let mut call = aws.elbv2.modify_rule().rule_arn(&live.physical_id);
        if named("path_patterns") {
            call = call.conditions(condition(&inputs));
        }
        if named("action") {
            call = call.actions(action(target, &inputs.action, live.inputs.get("action"))?);
        }
        call.send().await.map_err(failed(address, "elbv2:ModifyRule"))?;
    }
    if named("priority") {
        let pair = RulePriorityPair::builder().rule_arn(&live.physical_id).priority(i32::from(inputs.priority)).build();
        aws.elbv2
            .set_rule_priorities()
            .rule_priorities(pair)
            .send()
            .await
            .map_err(failed(address, "elbv2:SetRulePriorities"))?;
    }
    if named("tags") {
        change_tags(aws, address, &live.physical_id, tags).await?;
    }
    Ok(())
}
