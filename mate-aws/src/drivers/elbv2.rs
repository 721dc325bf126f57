//! The common parts of the four kinds of Elastic Load Balancing: tags, actions, names inside ARNs.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, FixedResponseActionConfig, ForwardActionConfig, RedirectActionConfig,
    RedirectActionStatusCodeEnum, Tag, TargetGroupTuple,
};
use mate_core::kinds::listener::ListenerAction;
use mate_core::model::ids::Address;
use mate_core::model::{Input, Outputs, Tags};
use mate_core::provider::{ProviderError, Target};
use serde_json::{Value, json};

use super::batch::found;
use super::fields::value;
use crate::classify::failed;
use crate::context::Aws;
use crate::tags::{TagChange, from_pairs};

/// Most names, and most ARNs to read tags of, that one call takes.
pub(crate) const PAGE: usize = 20;

/// Our tags as the service takes them.
pub(crate) fn tag_list(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// The tags of many objects by ARN; one that is gone has no entry.
pub(crate) async fn tags_of(
    aws: &Aws,
    address: &Address,
    arns: &[String],
) -> Result<BTreeMap<String, Tags>, ProviderError> {
    let described = found(arns, PAGE, |chunk| async move {
        let answer = aws
            .elbv2
            .describe_tags()
            .set_resource_arns(Some(chunk))
            .send()
            .await
            .map_err(failed(address, "elbv2:DescribeTags"))?;
        Ok(answer.tag_descriptions.unwrap_or_default())
    })
    .await?;
    Ok(described
        .into_iter()
        .filter_map(|one| {
            let tags = from_pairs(one.tags().iter().map(|tag| (tag.key(), tag.value())));
            Some((one.resource_arn?, tags))
        })
        .collect())
}

/// Sets and takes off tags.
pub(crate) async fn change_tags(
    aws: &Aws,
    address: &Address,
    arn: &str,
    change: &TagChange,
) -> Result<(), ProviderError> {
    if !change.set.is_empty() {
        let call = aws.elbv2.add_tags().resource_arns(arn).set_tags(Some(tag_list(&change.set)));
        call.send().await.map_err(failed(address, "elbv2:AddTags"))?;
    }
    if !change.remove.is_empty() {
        let call = aws.elbv2.remove_tags().resource_arns(arn).set_tag_keys(Some(change.keys()));
        call.send().await.map_err(failed(address, "elbv2:RemoveTags"))?;
    }
    Ok(())
}

/// The key by which a named object is found: the recorded ARN first, then the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum By {
    Arn,
    Name,
}

impl By {
    pub(crate) fn all(target: &Target) -> Vec<Self> {
        match target.physical_id.as_deref() {
            Some(id) if id.starts_with("arn:") => vec![Self::Arn, Self::Name],
            _ => vec![Self::Name],
        }
    }

    /// The ARN or name by which the target is requested.
    pub(crate) fn key(self, target: &Target) -> &str {
        match self {
            Self::Arn => target.physical_id.as_deref().unwrap_or_default(),
            Self::Name => &target.name,
        }
    }

    /// The ARNs or names by which all of the targets are requested, each once.
    pub(crate) fn keys(self, targets: &[&Target]) -> Vec<String> {
        let mut keys: Vec<String> = targets.iter().map(|target| self.key(target).to_owned()).collect();
        keys.sort();
        keys.dedup();
        keys
    }
}

/// The part of an ARN that metrics are named by: `app/name/id`, `targetgroup/name/id`.
pub(crate) fn full_name(arn: &str) -> &str {
    let resource = arn.rsplit(':').next().unwrap_or(arn);
    resource.strip_prefix("loadbalancer/").unwrap_or(resource)
}

/// The load balancer of a listener, by the listener's ARN.
pub(crate) fn load_balancer_of(listener_arn: &str) -> Option<String> {
    parent(listener_arn, ":listener/", ":loadbalancer/")
}

/// The listener of a rule, by the rule's ARN.
pub(crate) fn listener_of(rule_arn: &str) -> Option<String> {
    parent(rule_arn, ":listener-rule/", ":listener/")
}

fn parent(arn: &str, own: &str, parents: &str) -> Option<String> {
    let (head, tail) = arn.split_once(own)?;
    let (path, _) = tail.rsplit_once('/')?;
    Some(format!("{head}{parents}{path}"))
}

/// An action as the service takes it. Of two target groups the one that has the traffic now, by the live action, keeps it.
pub(crate) fn action(target: &Target, wanted: &ListenerAction, live: Option<&Value>) -> Result<Action, ProviderError> {
    let built = match wanted {
        ListenerAction::Forward { target_group_arn } => {
            Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(value(target, target_group_arn)?)
        }
        ListenerAction::ForwardToEither { target_group_arn, alternate_target_group_arn } => {
            let groups = [value(target, target_group_arn)?, value(target, alternate_target_group_arn)?];
            let carries = live.and_then(|live| groups.iter().position(|group| has_all(live, group))).unwrap_or(0);
            let tuple = |(index, group)| {
                TargetGroupTuple::builder().target_group_arn(group).weight(i32::from(index == carries)).build()
            };
            let tuples = groups.into_iter().enumerate().map(tuple).collect();
            let config = ForwardActionConfig::builder().set_target_groups(Some(tuples)).build();
            Action::builder().r#type(ActionTypeEnum::Forward).forward_config(config)
        }
        ListenerAction::RedirectToHttps { port } => Action::builder().r#type(ActionTypeEnum::Redirect).redirect_config(
            RedirectActionConfig::builder()
                .protocol("HTTPS")
                .port(port.to_string())
                .host("#{host}")
                .path("/#{path}")
                .query("#{query}")
                .status_code(RedirectActionStatusCodeEnum::Http301)
                .build(),
        ),
        ListenerAction::FixedResponse { status, content_type, body } => {
            Action::builder().r#type(ActionTypeEnum::FixedResponse).fixed_response_config(
                FixedResponseActionConfig::builder()
                    .status_code(status.to_string())
                    .content_type(content_type)
                    .set_message_body((!body.is_empty()).then(|| body.clone()))
                    .build(),
            )
        }
    };
    Ok(built.build())
}

/// Live actions in the kinds' form. What the kinds cannot say is told as `other`, and so differs from every wish.
pub(crate) fn action_value(actions: &[Action]) -> Value {
    let single = match actions {
        [single] => read_action(single),
        _ => None,
    };
    match single.map(serde_json::to_value) {
        Some(Ok(value)) => value,
        _ => json!({ "other": actions.iter().filter_map(|a| a.r#type()).map(|t| t.as_str()).collect::<Vec<_>>() }),
    }
}

/// Returns true if a live action sends everything to this target group.
fn has_all(live: &Value, group: &str) -> bool {
    live.pointer("/forward/target_group_arn").and_then(Value::as_str) == Some(group)
}

/// The live action in the order of the wanted one: which of two target groups is the first is only ours to say.
pub(crate) fn ordered(live: Value, wanted: Option<&Value>) -> Value {
    let groups = |action: &Value| {
        let either = &action["forward_to_either"];
        let mut groups = ["target_group_arn", "alternate_target_group_arn"].map(|field| either[field].to_string());
        groups.sort();
        either.is_object().then_some(groups)
    };
    match wanted {
        Some(wanted) if groups(wanted).is_some() && groups(wanted) == groups(&live) => wanted.clone(),
        _ => live,
    }
}

fn read_action(action: &Action) -> Option<ListenerAction> {
    match action.r#type()? {
        ActionTypeEnum::Forward => {
            let groups = action.forward_config().map(|config| config.target_groups()).unwrap_or_default();
            let arn = match groups {
                [] => action.target_group_arn()?,
                [group] => group.target_group_arn()?,
                [first, second] => {
                    return Some(ListenerAction::ForwardToEither {
                        target_group_arn: Input::Literal(first.target_group_arn()?.to_owned()),
                        alternate_target_group_arn: Input::Literal(second.target_group_arn()?.to_owned()),
                    });
                }
                _ => return None,
            };
            Some(ListenerAction::Forward { target_group_arn: Input::Literal(arn.to_owned()) })
        }
        ActionTypeEnum::Redirect => {
            let config = action.redirect_config()?;
            let keeps = |part: Option<&str>, default: &str| part.is_none_or(|part| part == default);
            let whole = config.protocol() == Some("HTTPS")
                && config.status_code() == Some(&RedirectActionStatusCodeEnum::Http301)
                && keeps(config.host(), "#{host}")
                && keeps(config.path(), "/#{path}")
                && keeps(config.query(), "#{query}");
            whole.then_some(ListenerAction::RedirectToHttps { port: config.port()?.parse().ok()? })
        }
        ActionTypeEnum::FixedResponse => {
            let config = action.fixed_response_config()?;
            Some(ListenerAction::FixedResponse {
                status: config.status_code()?.parse().ok()?,
                content_type: config.content_type().unwrap_or_default().to_owned(),
                body: config.message_body().unwrap_or_default().to_owned(),
            })
        }
        _ => None,
    }
}

/// The outputs of a listener or rule: the target group only of one that forwards.
pub(crate) fn forward_outputs(arn: &str, action: Option<&Value>) -> Outputs {
    let mut outputs = Outputs::from([("arn".to_owned(), json!(arn))]);
    for output in ["target_group_arn", "alternate_target_group_arn"] {
        let of = |form: &str| action.and_then(|action| action.pointer(&format!("/{form}/{output}")));
        if let Some(group) = of("forward").or_else(|| of("forward_to_either")) {
            outputs.insert(output.to_owned(), group.clone());
        }
    }
    outputs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_are_read_out_of_arns() {
        let rule = "arn:aws:elasticloadbalancing:us-east-1:1:listener-rule/app/lb/50dc6c495c0c9188/f2f7dc8e/9683b2d0";
        let listener = listener_of(rule).unwrap();
        assert_eq!(listener, "arn:aws:elasticloadbalancing:us-east-1:1:listener/app/lb/50dc6c495c0c9188/f2f7dc8e");
        let balancer = load_balancer_of(&listener).unwrap();
        assert_eq!(balancer, "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/lb/50dc6c495c0c9188");
        assert_eq!(full_name(&balancer), "app/lb/50dc6c495c0c9188");
        assert_eq!(
            full_name("arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/tg/73e2d6bc"),
            "targetgroup/tg/73e2d6bc"
        );
    }

    #[test]
    fn an_action_that_the_kinds_cannot_say_differs_from_every_wish() {
        let temporary = Action::builder()
            .r#type(ActionTypeEnum::Redirect)
            .redirect_config(
                RedirectActionConfig::builder()
                    .protocol("HTTPS")
                    .port("443")
                    .status_code(RedirectActionStatusCodeEnum::Http302)
                    .build(),
            )
            .build();
        assert_eq!(action_value(&[temporary]), json!({"other": ["redirect"]}));
    }

    fn either(first: &str, second: &str) -> ListenerAction {
        ListenerAction::ForwardToEither { target_group_arn: first.into(), alternate_target_group_arn: second.into() }
    }

    fn weights(live: Option<&Value>) -> Vec<Option<i32>> {
        let rule = crate::drivers::testing::target::<mate_core::kinds::ListenerRule>(
            "production",
            &mate_core::kinds::listener_rule::ListenerRuleInputs {
                listener_arn: "l".into(),
                priority: 1,
                path_patterns: Vec::new(),
                action: either("a", "b"),
            },
        );
        let action = action(&rule, &either("a", "b"), live).unwrap();
        action.forward_config().unwrap().target_groups().iter().map(|group| group.weight()).collect()
    }

    #[test]
    fn of_two_target_groups_the_one_that_has_the_traffic_keeps_it() {
        assert_eq!(weights(None), [Some(1), Some(0)]);
        assert_eq!(weights(Some(&json!({"forward": {"target_group_arn": "a"}}))), [Some(1), Some(0)]);
        assert_eq!(weights(Some(&json!({"forward": {"target_group_arn": "b"}}))), [Some(0), Some(1)]);
    }

    #[test]
    fn two_target_groups_are_the_same_in_any_order_and_whatever_their_weights() {
        let group = |arn: &str, weight| TargetGroupTuple::builder().target_group_arn(arn).weight(weight).build();
        let config = ForwardActionConfig::builder().target_groups(group("b", 100)).target_groups(group("a", 0)).build();
        let live = Action::builder().r#type(ActionTypeEnum::Forward).forward_config(config).build();
        let wanted = json!(either("a", "b"));
        assert_eq!(ordered(action_value(std::slice::from_ref(&live)), Some(&wanted)), wanted);
        let other = json!(either("a", "c"));
        assert_ne!(ordered(action_value(&[live]), Some(&other)), other);
    }
}
