//! The base that tenants stand on, given by ids.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::Environment;

/// The shared base of one environment: what tenants stand on, given by ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    /// The environment, `dev`.
    pub environment: Environment,
    /// The region, `us-east-1`.
    pub region: String,
    /// The account, twelve digits.
    pub account_id: String,
    /// The base domain, `mate.sociant.ai`; a tenant is at `https://{subdomain}.{domain}`.
    pub domain: String,
    /// The VPC.
    pub vpc_id: String,
    /// The public subnets, where load balancers stand; two at least.
    pub public_subnet_ids: Vec<String>,
    /// The private subnets, where everything else stands; two at least.
    pub private_subnet_ids: Vec<String>,
    /// The ECS cluster's name, `mate-dev`.
    pub cluster: String,
    /// The certificate of `*.{domain}`.
    pub certificate_arn: String,
    /// The hosted zone of the domain.
    pub hosted_zone_id: String,
    /// The file system of the shared base models.
    pub shared_file_system_id: String,
    /// The KMS key that encrypts everything.
    pub kms_key_arn: String,
    /// The web ACL in front of every load balancer; none to do without.
    #[serde(default)]
    pub web_acl_arn: Option<String>,
    /// The ECR repositories by short name: `django` to `….dkr.ecr.us-east-1.amazonaws.com/mate-django-dev`.
    pub repositories: BTreeMap<String, String>,
    /// The shared user pool, where tenants have identity providers of their own.
    #[serde(default)]
    pub user_pool_id: Option<String>,
    /// Tag `CostCenter` for tenants that have none of their own.
    #[serde(default = "engineering")]
    pub cost_center: String,
    /// Whether tenants are protected from deletion unless they say otherwise.
    #[serde(default = "protected")]
    pub enable_deletion_protection: bool,
}

fn engineering() -> String {
    "engineering".into()
}

fn protected() -> bool {
    true
}
