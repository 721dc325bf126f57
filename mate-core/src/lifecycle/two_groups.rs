//! Services over two target groups, between which ECS moves their traffic. Laid over a design.

use super::design::{beside, of_kind, reference};
use crate::blueprint::Design;
use crate::kinds::listener::ListenerAction;
use crate::kinds::listener_rule::ListenerRuleInputs;
use crate::kinds::policy::{PolicyDocument, Statement};
use crate::kinds::role::RoleInputs;
use crate::kinds::service::{AlternateTargetGroup, DeploymentStrategy};
use crate::kinds::{Listener, ListenerRule, Role, Service, TargetGroup};
use crate::model::Kind;
use crate::model::ids::{NodeId, TenantKey};
use crate::model::{GraphError, Input};

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
        let balancers = design.graph.inputs::<Service>(&service)?.load_balancers;
        let Some(Input::Ref(way)) = balancers.into_iter().next().map(|first| first.target_group_arn) else { continue };
        let Some((rule, first)) = production_rule(design, &way.node, key)? else { continue };
        let second = second_group(design, &first, key)?;
        design.graph.edit::<ListenerRule>(&rule, |rule| {
            rule.action = ListenerAction::ForwardToEither {
                target_group_arn: reference(&first, TargetGroup::ARN),
                alternate_target_group_arn: reference(&second, TargetGroup::ARN),
            };
        })?;
        let alternate = AlternateTargetGroup {
            target_group_arn: reference(&rule, ListenerRule::ALTERNATE_TARGET_GROUP_ARN),
            production_listener_rule_arn: reference(&rule, ListenerRule::ARN),
            role_arn: reference(&role, Role::ARN),
        };
        design.graph.edit::<Service>(&service, |service| {
            service.deployment_strategy = strategy;
            if let Some(balancer) = service.load_balancers.first_mut() {
                balancer.alternate = Some(alternate);
            }
        })?;
        example = design.graph.get(&service).cloned();
        rules.push(reference(&rule, ListenerRule::ARN));
        groups.extend([reference(&first, TargetGroup::ARN), reference(&second, TargetGroup::ARN)]);
    }
    let Some(example) = example else { return Ok(()) };
    let inputs = RoleInputs {
        description: format!("Lets ECS move the traffic of {key} between two target groups"),
        assume_role_policy: PolicyDocument::trust("ecs.amazonaws.com"),
        policy: Some(moves_traffic(rules, groups)),
        managed_policy_arns: Vec::new(),
    };
    let part = role.to_string();
    let node = beside::<Role>(&example, role, &part, &inputs, key)?;
    design.graph.insert(node)
}

/// The permissions of ECS with the role: those of AWS's AmazonECSInfrastructureRolePolicyForLoadBalancers, on the tenant's own
/// objects.
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
    let by_default = node.kind == Listener::name();
    let action = if by_default {
        design.graph.inputs::<Listener>(way)?.default_action
    } else if node.kind == ListenerRule::name() {
        design.graph.inputs::<ListenerRule>(way)?.action
    } else {
        return Ok(None);
    };
    let ListenerAction::Forward { target_group_arn: Input::Ref(group) } = action else { return Ok(None) };
    if !by_default {
        return Ok(Some((way.clone(), group.node)));
    }
    let id = named(&format!("{way}-production"))?;
    let inputs = ListenerRuleInputs {
        listener_arn: reference(way, Listener::ARN),
        priority: LAST,
        path_patterns: vec!["/*".to_owned()],
        action: ListenerAction::Forward { target_group_arn: reference(&group.node, TargetGroup::ARN) },
    };
    let rule = beside::<ListenerRule>(node, id.clone(), id.as_str(), &inputs, key)?;
    design.graph.insert(rule)?;
    Ok(Some((id, group.node)))
}

fn second_group(design: &mut Design, first: &NodeId, key: &TenantKey) -> Result<NodeId, GraphError> {
    let id = named(&format!("{first}-alternate"))?;
    let Some(node) = design.graph.get(first) else { return Ok(id) };
    let inputs = design.graph.inputs::<TargetGroup>(first)?;
    let group = beside::<TargetGroup>(node, id.clone(), id.as_str(), &inputs, key)?;
    design.graph.insert(group)?;
    Ok(id)
}

fn named(id: &str) -> Result<NodeId, GraphError> {
    NodeId::new(id).map_err(|error| GraphError::NodeId(error.to_string()))
}
