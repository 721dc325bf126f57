//! The only list of kinds, and what a driver is.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use mate_core::ids::KindName;
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Diagnosis, Discovered, Observation, ProviderError, Scope, Target,
    UpdateRequest,
};

use crate::context::Aws;

#[cfg(feature = "efs")]
mod access_point;
#[cfg(any(
    feature = "acm",
    feature = "applicationautoscaling",
    feature = "cloudtrail",
    feature = "ecs",
    feature = "elbv2",
    feature = "route53",
    all(feature = "kms", feature = "tagging")
))]
mod batch;
#[cfg(feature = "s3")]
mod bucket;
#[cfg(feature = "elasticache")]
mod cache_subnet_group;
#[cfg(all(feature = "acm", feature = "route53"))]
mod certificate;
#[cfg(feature = "rds")]
mod db_instance;
#[cfg(feature = "rds")]
mod db_parameter_group;
#[cfg(feature = "rds")]
mod db_subnet_group;
#[cfg(feature = "ecs")]
mod ecs;
#[cfg(feature = "efs")]
mod efs;
#[cfg(feature = "elasticache")]
mod elasticache_tags;
#[cfg(feature = "elbv2")]
mod elbv2;
mod fields;
#[cfg(feature = "efs")]
mod file_system;
#[cfg(feature = "route53")]
mod hosted_record;
#[cfg(feature = "route53")]
mod hosted_zone;
#[cfg(feature = "cognito")]
mod identity_provider;
#[cfg(all(feature = "kms", feature = "tagging"))]
mod key;
#[cfg(feature = "elbv2")]
mod listener;
#[cfg(feature = "elbv2")]
mod listener_rule;
#[cfg(feature = "elbv2")]
mod load_balancer;
#[cfg(feature = "logs")]
mod log_group;
#[cfg(feature = "efs")]
mod mount_target;
#[cfg(feature = "rds")]
mod rds_tags;
#[cfg(feature = "elasticache")]
mod replication_group;
#[cfg(feature = "iam")]
mod role;
#[cfg(feature = "applicationautoscaling")]
mod scalable_target;
#[cfg(feature = "applicationautoscaling")]
mod scaling_policy;
#[cfg(feature = "secretsmanager")]
mod secret;
#[cfg(feature = "ec2")]
mod security_group;
#[cfg(feature = "ecs")]
mod service;
#[cfg(feature = "elbv2")]
mod target_group;
#[cfg(feature = "ecs")]
mod task_definition;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(feature = "cloudtrail")]
mod trail;
#[cfg(feature = "wafv2")]
mod web_acl_association;

/// One resource kind on AWS. The contract is [`mate_core::provider::Provider`]'s, for one kind.
///
/// A driver derives the name, reads the live state, creates what is missing, then brings each aspect to what is
/// wanted. Every one of its calls can fail before, during or after it took effect, and every method can be repeated.
#[async_trait]
pub trait Driver: Send + Sync + fmt::Debug {
    /// The kind.
    fn kind(&self) -> KindName;

    /// Reads many objects in as few calls as the service allows; one answer a target, in order.
    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation>;

    /// Makes an object or finds the one that an earlier attempt made, then brings it to the inputs.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError>;

    /// Brings the named fields to what is wanted.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError>;

    /// Removes an object.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError>;

    /// Objects of this kind in the scope, for kinds that the tagging API does not list.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn discover(&self, _aws: &Aws, _scope: &Scope) -> Result<Vec<Discovered>, ProviderError> {
        Ok(Vec::new())
    }

    /// Why an object is stuck or has failed.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn diagnose(&self, _aws: &Aws, _target: &Target) -> Result<Vec<Diagnosis>, ProviderError> {
        Ok(Vec::new())
    }
}

/// Every driver of this build.
pub(crate) fn all() -> Vec<Arc<dyn Driver>> {
    vec![
        #[cfg(feature = "efs")]
        Arc::new(access_point::AccessPointDriver),
        #[cfg(feature = "s3")]
        Arc::new(bucket::BucketDriver),
        #[cfg(feature = "elasticache")]
        Arc::new(cache_subnet_group::CacheSubnetGroupDriver),
        #[cfg(all(feature = "acm", feature = "route53"))]
        Arc::new(certificate::CertificateDriver),
        #[cfg(feature = "rds")]
        Arc::new(db_instance::DbInstanceDriver),
        #[cfg(feature = "rds")]
        Arc::new(db_parameter_group::DbParameterGroupDriver),
        #[cfg(feature = "rds")]
        Arc::new(db_subnet_group::DbSubnetGroupDriver),
        #[cfg(feature = "efs")]
        Arc::new(file_system::FileSystemDriver),
        #[cfg(feature = "route53")]
        Arc::new(hosted_record::RecordSetDriver),
        #[cfg(feature = "route53")]
        Arc::new(hosted_zone::HostedZoneDriver),
        #[cfg(feature = "cognito")]
        Arc::new(identity_provider::IdentityProviderDriver),
        #[cfg(all(feature = "kms", feature = "tagging"))]
        Arc::new(key::KeyDriver),
        #[cfg(feature = "elbv2")]
        Arc::new(listener::ListenerDriver),
        #[cfg(feature = "elbv2")]
        Arc::new(listener_rule::ListenerRuleDriver),
        #[cfg(feature = "elbv2")]
        Arc::new(load_balancer::LoadBalancerDriver),
        #[cfg(feature = "logs")]
        Arc::new(log_group::LogGroupDriver),
        #[cfg(feature = "efs")]
        Arc::new(mount_target::MountTargetDriver),
        #[cfg(feature = "elasticache")]
        Arc::new(replication_group::ReplicationGroupDriver),
        #[cfg(feature = "iam")]
        Arc::new(role::RoleDriver),
        #[cfg(feature = "applicationautoscaling")]
        Arc::new(scalable_target::ScalableTargetDriver),
        #[cfg(feature = "applicationautoscaling")]
        Arc::new(scaling_policy::ScalingPolicyDriver),
        #[cfg(feature = "secretsmanager")]
        Arc::new(secret::SecretDriver),
        #[cfg(feature = "ec2")]
        Arc::new(security_group::SecurityGroupDriver),
        #[cfg(feature = "ecs")]
        Arc::new(service::ServiceDriver),
        #[cfg(feature = "elbv2")]
        Arc::new(target_group::TargetGroupDriver),
        #[cfg(feature = "ecs")]
        Arc::new(task_definition::TaskDefinitionDriver),
        #[cfg(feature = "cloudtrail")]
        Arc::new(trail::TrailDriver),
        #[cfg(feature = "wafv2")]
        Arc::new(web_acl_association::WebAclAssociationDriver),
    ]
}

/// Observes targets one by one, eight at a time, for services that describe one object a call.
pub(crate) async fn each<'a, F, Fut>(targets: &'a [Target], observe: F) -> Vec<Observation>
where
    F: Fn(&'a Target) -> Fut,
    Fut: Future<Output = Result<Observation, ProviderError>> + 'a,
{
    // Collected first: a stream over the closure itself would not be `Send` for every lifetime.
    let calls: Vec<Fut> = targets.iter().map(observe).collect();
    futures::stream::iter(calls).buffered(8).map(|answer| answer.unwrap_or_else(Observation::Unknown)).collect().await
}
