//! The public edge of a tenant: load balancer, listeners, target groups, WAF, DNS, identity provider.

use std::collections::BTreeMap;

use super::context::Context;
use super::network::SecurityGroups;
use crate::kinds::hosted_record::RecordSetInputs;
use crate::kinds::identity_provider::IdentityProviderInputs;
use crate::kinds::listener::{ListenerAction, ListenerInputs};
use crate::kinds::listener_rule::ListenerRuleInputs;
use crate::kinds::load_balancer::{AccessLogs, LoadBalancerInputs};
use crate::kinds::target_group::{TargetGroupInputs, TargetHealthCheck};
use crate::kinds::web_acl_association::WebAclAssociationInputs;
use crate::kinds::{IdentityProvider, Listener, ListenerRule, LoadBalancer, RecordSet, TargetGroup, WebAclAssociation};
use crate::model::{GraphError, Input, NodeHandle};
use crate::spec::{ResolvedExposure, ResolvedService};

/// TLS 1.3 and 1.2 only: AWS's recommended policy.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html>
const SSL_POLICY: &str = "ELBSecurityPolicy-TLS13-1-2-2021-06";

#[derive(Debug)]
pub(super) struct Edge {
    load_balancer: NodeHandle<LoadBalancer>,
    targets: BTreeMap<String, Exposed>,
}

/// A service's place behind the load balancer.
#[derive(Debug)]
pub(super) struct Exposed {
    pub(super) target_group: NodeHandle<TargetGroup>,
    /// The target group's ARN as the listener or rule gives it: ECS refuses a target group that no load balancer has.
    pub(super) attached: Input<String>,
}

impl Edge {
    pub(super) fn dns_name(&self) -> Input<String> {
        self.load_balancer.out(LoadBalancer::DNS_NAME)
    }

    pub(super) fn full_name(&self) -> Input<String> {
        self.load_balancer.out(LoadBalancer::FULL_NAME)
    }

    pub(super) fn exposed(&self, service: &str) -> Option<&Exposed> {
        self.targets.get(service)
    }
}

pub(super) fn load_balancer(cx: &mut Context<'_>, groups: &SecurityGroups) -> Result<Edge, GraphError> {
    let inputs = LoadBalancerInputs {
        scheme: "internet-facing".into(),
        subnet_ids: cx.public_subnets(),
        security_group_ids: groups.alb(),
        idle_timeout_seconds: 60,
        deletion_protection: cx.deletion_protection(),
        drop_invalid_header_fields: true,
        access_logs: cx
            .base
            .access_log_bucket
            .as_ref()
            .map(|bucket| AccessLogs { bucket: Input::Literal(bucket.clone()), prefix: cx.tenant.id.to_string() }),
    };
    let load_balancer: NodeHandle<LoadBalancer> = cx.add("load-balancer", "alb", &inputs)?;
    let targets = listeners(cx, &load_balancer)?;

    if let Some(web_acl_arn) = cx.base.web_acl_arn.clone() {
        let inputs = WebAclAssociationInputs {
            web_acl_arn: Input::Literal(web_acl_arn),
            resource_arn: load_balancer.out(LoadBalancer::ARN),
        };
        let _: NodeHandle<WebAclAssociation> = cx.add("web-acl-association", "waf", &inputs)?;
    }

    if !cx.tenant.host_record {
        cx.note(format!(
            "host_record: {} is not this tenant's; point it to the output alb_dns_name to have it answer",
            cx.host_name()
        ));
        return Ok(Edge { load_balancer, targets });
    }
    let record = RecordSetInputs {
        hosted_zone_id: Input::Literal(cx.base.hosted_zone_id.clone()),
        record_name: cx.host_name(),
        alias_dns_name: load_balancer.out(LoadBalancer::DNS_NAME),
        alias_hosted_zone_id: load_balancer.out(LoadBalancer::CANONICAL_HOSTED_ZONE_ID),
        evaluate_target_health: true,
    };
    let _: NodeHandle<RecordSet> = cx.add_named("dns-record", cx.host_name(), &record)?;
    Ok(Edge { load_balancer, targets })
}

fn listeners(
    cx: &mut Context<'_>,
    load_balancer: &NodeHandle<LoadBalancer>,
) -> Result<BTreeMap<String, Exposed>, GraphError> {
    let redirect = ListenerInputs {
        load_balancer_arn: load_balancer.out(LoadBalancer::ARN),
        port: 80,
        protocol: "HTTP".into(),
        certificate_arn: None,
        ssl_policy: None,
        default_action: ListenerAction::RedirectToHttps { port: 443 },
    };
    let _: NodeHandle<Listener> = cx.add("listener-80", "listener-80", &redirect)?;

    let tenant = cx.tenant;
    let mut by_port: BTreeMap<u16, Vec<(&ResolvedService, &ResolvedExposure)>> = BTreeMap::from([(443, Vec::new())]);
    for service in &tenant.services {
        if let Some(exposure) = &service.exposure {
            by_port.entry(exposure.listener_port).or_default().push((service, exposure));
        }
    }

    let mut exposed = BTreeMap::new();
    for (port, services) in by_port {
        let mut handles = BTreeMap::new();
        for (service, exposure) in &services {
            handles.insert(service.name.clone(), target_group(cx, service, exposure)?);
        }
        let catch_all = services.iter().find(|(_, exposure)| exposure.path_patterns.is_empty());
        let default_action = match catch_all {
            Some((service, _)) => forward(&handles[&service.name]),
            None => ListenerAction::FixedResponse {
                status: 404,
                content_type: "text/plain".into(),
                body: "Not found".into(),
            },
        };
        let inputs = ListenerInputs {
            load_balancer_arn: load_balancer.out(LoadBalancer::ARN),
            port,
            protocol: "HTTPS".into(),
            certificate_arn: Some(Input::Literal(cx.base.certificate_arn.clone())),
            ssl_policy: Some(SSL_POLICY.into()),
            default_action,
        };
        let id = format!("listener-{port}");
        let listener: NodeHandle<Listener> = cx.add(&id, &id, &inputs)?;

        let mut priority = 0;
        for (service, exposure) in &services {
            let target_group = handles[&service.name].clone();
            let attached = if exposure.path_patterns.is_empty() {
                listener.out(Listener::TARGET_GROUP_ARN)
            } else {
                priority += 10;
                let inputs = ListenerRuleInputs {
                    listener_arn: listener.out(Listener::ARN),
                    priority,
                    path_patterns: exposure.path_patterns.clone(),
                    action: forward(&target_group),
                };
                let id = format!("{}-rule", service.name);
                let rule: NodeHandle<ListenerRule> = cx.add(&id, &id, &inputs)?;
                rule.out(ListenerRule::TARGET_GROUP_ARN)
            };
            exposed.insert(service.name.clone(), Exposed { target_group, attached });
        }
    }
    Ok(exposed)
}

fn forward(target_group: &NodeHandle<TargetGroup>) -> ListenerAction {
    ListenerAction::Forward { target_group_arn: target_group.out(TargetGroup::ARN) }
}

fn target_group(
    cx: &mut Context<'_>,
    service: &ResolvedService,
    exposure: &ResolvedExposure,
) -> Result<NodeHandle<TargetGroup>, GraphError> {
    let inputs = TargetGroupInputs {
        port: service.port.unwrap_or(80),
        protocol: "HTTP".into(),
        vpc_id: Input::Literal(cx.base.vpc_id.clone()),
        health_check: TargetHealthCheck {
            path: exposure.health_check_path.clone(),
            matcher: exposure.health_check_matcher.clone(),
            interval_seconds: exposure.health_check_interval_seconds,
            timeout_seconds: 5,
            healthy_threshold: exposure.healthy_threshold,
            unhealthy_threshold: exposure.unhealthy_threshold,
        },
        deregistration_delay_seconds: exposure.deregistration_delay_seconds,
        stickiness_seconds: exposure.stickiness_seconds,
    };
    cx.add(&format!("{}-target-group", service.name), &service.name, &inputs)
}

/// The tenant's own identity provider in the shared user pool.
pub(super) fn identity_provider(cx: &mut Context<'_>) -> Result<(), GraphError> {
    let Some(provider) = &cx.tenant.identity_provider else { return Ok(()) };
    let Some(user_pool_id) = cx.base.user_pool_id.clone() else {
        cx.note(format!("identity_provider `{}`: the base names no user pool, so it is not set up", provider.name));
        return Ok(());
    };
    if provider.provider_type != "SAML" {
        cx.note(format!(
            "identity_provider `{}`: Cognito needs a client id and secret for OIDC, which a spec does not hold; set it up in the pool",
            provider.name
        ));
        return Ok(());
    }
    let email = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress";
    let inputs = IdentityProviderInputs {
        user_pool_id: Input::Literal(user_pool_id),
        provider_type: provider.provider_type.clone(),
        metadata_url: provider.metadata_url.clone(),
        attribute_mapping: BTreeMap::from([("email".to_owned(), email.to_owned())]),
    };
    let _: NodeHandle<IdentityProvider> = cx.add_named("identity-provider", provider.name.clone(), &inputs)?;
    Ok(())
}
