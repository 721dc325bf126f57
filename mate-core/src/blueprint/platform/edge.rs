//! The public edge of a platform: the user pool, the web ACL, the zone and its certificate.

use std::collections::BTreeMap;

use super::context::Context;
use crate::kinds::certificate::CertificateInputs;
use crate::kinds::hosted_zone::HostedZoneInputs;
use crate::kinds::user_pool::UserPoolInputs;
use crate::kinds::user_pool_domain::UserPoolDomainInputs;
use crate::kinds::web_acl::WebAclInputs;
use crate::kinds::{Certificate, HostedZone, UserPool, UserPoolDomain, WebAcl};
use crate::model::{GraphError, Input, NodeHandle};
use crate::spec::DomainZone;

type Named = BTreeMap<String, Input<String>>;

pub(super) fn user_pool(cx: &mut Context<'_>, outputs: &mut Named) -> Result<(), GraphError> {
    let inputs = UserPoolInputs {
        password_minimum_length: cx.spec.password_length.get(),
        admin_create_user_only: !cx.spec.self_sign_up,
        deletion_protection: cx.spec.deletion_protection,
    };
    let pool: NodeHandle<UserPool> = cx.add("user-pool", cx.name(), &inputs)?;
    let domain = cx.spec.cognito_domain.to_string();
    let inputs = UserPoolDomainInputs { user_pool_id: pool.out(UserPool::ID), domain: domain.clone() };
    cx.add::<UserPoolDomain>("user-pool-domain", domain, &inputs)?;
    outputs.insert("user_pool_id".into(), pool.out(UserPool::ID));
    Ok(())
}

pub(super) fn web_acl(cx: &mut Context<'_>, outputs: &mut Named) -> Result<(), GraphError> {
    let Some(waf) = &cx.spec.waf else { return Ok(()) };
    let inputs = WebAclInputs {
        rate_limit: waf.rate_limit.map(crate::spec::RateLimit::get),
        managed_rule_groups: waf.managed_rule_groups.iter().map(ToString::to_string).collect(),
        blocked_countries: waf.blocked_countries.iter().map(ToString::to_string).collect(),
    };
    let acl: NodeHandle<WebAcl> = cx.add("web-acl", cx.name(), &inputs)?;
    outputs.insert("web_acl_arn".into(), acl.out(WebAcl::ARN));
    Ok(())
}

pub(super) fn domain(cx: &mut Context<'_>, outputs: &mut Named) -> Result<(), GraphError> {
    let domain = cx.spec.domain.to_string();
    let inputs = HostedZoneInputs { domain: domain.clone(), comment: format!("Tenants of {}", cx.name()) };
    let zone: NodeHandle<HostedZone> = cx.add("hosted-zone", domain.clone(), &inputs)?;
    match &cx.spec.zone {
        DomainZone::Create => {
            cx.note(format!(
                "create_route53_zone: delegate {domain} to the name servers of the new zone (output name_servers); \
                 the certificate is issued only then"
            ));
            outputs.insert("name_servers".into(), zone.out(HostedZone::NAME_SERVERS));
        }
        DomainZone::Existing => cx.only_read(zone.id(), None),
        DomainZone::ExistingId(id) => cx.only_read(zone.id(), Some(id.to_string())),
    }
    outputs.insert("hosted_zone_id".into(), zone.out(HostedZone::ID));
    let inputs = CertificateInputs {
        domain_name: format!("*.{domain}"),
        subject_alternative_names: vec![domain],
        hosted_zone_id: zone.out(HostedZone::ID),
    };
    let certificate: NodeHandle<Certificate> = cx.add("certificate", cx.name(), &inputs)?;
    outputs.insert("certificate_arn".into(), certificate.out(Certificate::ARN));
    Ok(())
}
