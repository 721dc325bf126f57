//! Services over two target groups, between which ECS moves their traffic. Laid over a design.

use serde_json::{Value, json};

use super::design::{beside, of_kind, reference};
use crate::blueprint::Design;
use crate::kinds::listener::ListenerAction;
use crate::kinds::listener_rule::ListenerRuleInputs;
use crate::kinds::policy::{PolicyDocument, Statement};
use crate::kinds::role::RoleInputs;
use crate::kinds::service::DeploymentStrategy;
use crate::kinds::{Listener, ListenerRule, Role, Service, TargetGroup};
use crate::model::Kind;
use crate::model::ids::{NodeId, TenantKey};
use crate::model::{GraphError, Input, OutputRef};

/// The last rule of a listener: what stands behind all others.
const LAST: u16 = 50_000;

/// Gives every service behind a load balancer a second target group of the same form, has the rule that leads to it forward to
/// either of the two, and lets ECS move the traffic between them by this strategy. What a listener does by default is done by
/// a last rule instead, because ECS changes the weights of rules.
pub(super) fn stand_over(design: &mut Design, strategy: DeploymentStrategy, key: &TenantKey) -> Result<(), GraphError> {
    let mut rules = Vec::new();
    let mut groups = Vec::new();
    let role = NodeId::new("deployment-role").map_err(|error| GraphError::NodeId(error.to_string()))?;
    let mut example = None;
    for service in of_kind::<Service>(design) {
        let Some(node) = design.graph.get(&service) else { continue };
        let leads = node.inputs["load_balancers"][0]["target_group_arn"].clone();
        let Some(way) = OutputRef::from_json(&leads) else { continue };
        let Some((rule, first)) = production_rule(design, &way.node, key)? else { continue };
        let second = second_group(design, &first, key)?;
        let Some(node) = design.graph.get_mut(&rule) else { continue };
        node.inputs["action"] = action(&ListenerAction::ForwardToEither {
            target_group_arn: input(&first, TargetGroup::ARN.name()),
            alternate_target_group_arn: input(&second, TargetGroup::ARN.name()),
        });
        if let Some(node) = design.graph.get_mut(&service) {
            node.inputs["deployment_strategy"] = json!(strategy);
            node.inputs["load_balancers"][0]["alternate"] = json!({
                "target_group_arn": reference(&rule, ListenerRule::ALTERNATE_TARGET_GROUP_ARN.name()),
                "production_listener_rule_arn": reference(&rule, ListenerRule::ARN.name()),
                "role_arn": reference(&role, Role::ARN.name()),
            });
            example = Some(node.clone());
        }
        rules.push(input(&rule, ListenerRule::ARN.name()));
        groups.extend([input(&first, TargetGroup::ARN.name()), input(&second, TargetGroup::ARN.name())]);
    }
    let Some(example) = example else { return Ok(()) };
    let inputs = RoleInputs {
        description: format!("Lets ECS move the traffic of {key} between two target groups"),
        assume_role_policy: PolicyDocument::trust("ecs.amazonaws.com"),
        policy: Some(moves_traffic(rules, groups)),
        managed_policy_arns: Vec::new(),
    };
    let part = role.to_string();
    design.graph.insert(beside::<Role>(&example, role, &part, json!(inputs), key))
}

/// What ECS may do with the role: that of AWS's AmazonECSInfrastructureRolePolicyForLoadBalancers, on the tenant's own objects.
fn moves_traffic(rules: Vec<Input<String>>, groups: Vec<Input<String>>) -> PolicyDocument {
    let reads = [
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeRules",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
    ];
    let registers = ["elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeregisterTargets"];
    PolicyDocument {
        statements: vec![
            Statement::allow("Read", reads, vec![Input::Literal("*".to_owned())]),
            Statement::allow("Targets", registers, groups),
            Statement::allow("Weights", ["elasticloadbalancing:ModifyRule"], rules),
        ],
    }
}

/// The rule by which requests come to the target group, and that group: the rule itself, or behind what a listener does by
/// default a new one for every path.
fn production_rule(design: &mut Design, way: &NodeId, key: &TenantKey) -> Result<Option<(NodeId, NodeId)>, GraphError> {
    let Some(node) = design.graph.get(way) else { return Ok(None) };
    let field = if node.kind == Listener::name() { "default_action" } else { "action" };
    let Some(group) = OutputRef::from_json(&node.inputs[field]["forward"]["target_group_arn"]) else { return Ok(None) };
    if node.kind != Listener::name() {
        return Ok(Some((way.clone(), group.node)));
    }
    let id = named(&format!("{way}-production"))?;
    let inputs = ListenerRuleInputs {
        listener_arn: input(way, Listener::ARN.name()),
        priority: LAST,
        path_patterns: vec!["/*".to_owned()],
        action: ListenerAction::Forward { target_group_arn: input(&group.node, TargetGroup::ARN.name()) },
    };
    let rule = beside::<ListenerRule>(node, id.clone(), id.as_str(), json!(inputs), key);
    design.graph.insert(rule)?;
    Ok(Some((id, group.node)))
}

fn second_group(design: &mut Design, first: &NodeId, key: &TenantKey) -> Result<NodeId, GraphError> {
    let id = named(&format!("{first}-alternate"))?;
    let Some(node) = design.graph.get(first) else { return Ok(id) };
    let inputs = node.inputs.clone().into_value();
    let group = beside::<TargetGroup>(node, id.clone(), id.as_str(), inputs, key);
    design.graph.insert(group)?;
    Ok(id)
}

fn named(id: &str) -> Result<NodeId, GraphError> {
    NodeId::new(id).map_err(|error| GraphError::NodeId(error.to_string()))
}

fn input(node: &NodeId, output: &str) -> Input<String> {
    serde_json::from_value(reference(node, output)).expect("a reference is an input")
}

fn action(action: &ListenerAction) -> Value {
    serde_json::to_value(action).expect("an action has a JSON form")
}
