//! The only list of kinds, and what a driver is.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use mate_core::model::ids::KindName;
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Diagnosis, Discovered, Observation, ProviderError, Scope, Target,
    UpdateRequest,
};

use crate::context::Aws;
use crate::policy::Access;

#[cfg(feature = "efs")]
mod access_point;
#[cfg(any(
    feature = "acm",
    feature = "applicationautoscaling",
    feature = "cloudtrail",
    feature = "ec2",
    feature = "ecr",
    feature = "ecs",
    feature = "elbv2",
    feature = "kms",
    feature = "route53",
    feature = "tagging"
))]
pub(crate) mod batch;
#[cfg(feature = "s3")]
mod bucket;
#[cfg(feature = "elasticache")]
mod cache_subnet_group;
#[cfg(all(feature = "acm", feature = "route53"))]
mod certificate;
#[cfg(feature = "ecs")]
mod cluster;
#[cfg(feature = "rds")]
mod db_instance;
#[cfg(feature = "rds")]
mod db_parameter_group;
#[cfg(feature = "rds")]
mod db_subnet_group;
#[cfg(feature = "ec2")]
mod ec2;
#[cfg(feature = "ecs")]
mod ecs;
#[cfg(feature = "efs")]
mod efs;
#[cfg(feature = "ec2")]
mod elastic_ip;
#[cfg(feature = "elasticache")]
mod elasticache_tags;
#[cfg(feature = "elbv2")]
mod elbv2;
mod fields;
#[cfg(feature = "efs")]
mod file_system;
#[cfg(any(feature = "acm", feature = "ecs", feature = "elasticache", feature = "rds"))]
mod findings;
#[cfg(feature = "ec2")]
mod flow_log;
#[cfg(feature = "route53")]
mod hosted_record;
#[cfg(feature = "route53")]
mod hosted_zone;
#[cfg(feature = "cognito")]
mod identity_provider;
#[cfg(feature = "ec2")]
mod internet_gateway;
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
#[cfg(feature = "ec2")]
mod nat_gateway;
#[cfg(any(feature = "efs", feature = "s3"))]
mod policies;
#[cfg(feature = "rds")]
mod rds_tags;
#[cfg(feature = "elasticache")]
mod replication_group;
#[cfg(feature = "ecr")]
mod repository;
#[cfg(feature = "iam")]
mod role;
#[cfg(feature = "ec2")]
mod route_table;
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
#[cfg(feature = "ec2")]
mod subnet;
#[cfg(feature = "elbv2")]
mod target_group;
#[cfg(feature = "ecs")]
mod task;
#[cfg(feature = "ecs")]
mod task_definition;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(feature = "cloudtrail")]
mod trail;
#[cfg(feature = "ec2")]
mod unsuccessful;
#[cfg(feature = "cognito")]
mod user_pool;
#[cfg(feature = "cognito")]
mod user_pool_domain;
#[cfg(feature = "ec2")]
mod vpc;
#[cfg(feature = "ec2")]
mod vpc_endpoint;
#[cfg(feature = "wafv2")]
mod web_acl;
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

    /// The IAM actions that it needs for this access, `sqs:CreateQueue`: for kinds of the embedder's own. Those of the
    /// standard kinds stand in a table.
    fn actions(&self, _access: Access) -> &'static [&'static str] {
        &[]
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
        #[cfg(feature = "ecs")]
        Arc::new(cluster::ClusterDriver),
        #[cfg(feature = "rds")]
        Arc::new(db_instance::DbInstanceDriver),
        #[cfg(feature = "rds")]
        Arc::new(db_parameter_group::DbParameterGroupDriver),
        #[cfg(feature = "rds")]
        Arc::new(db_subnet_group::DbSubnetGroupDriver),
        #[cfg(feature = "ec2")]
        Arc::new(elastic_ip::ElasticIpDriver),
        #[cfg(feature = "efs")]
        Arc::new(file_system::FileSystemDriver),
        #[cfg(feature = "ec2")]
        Arc::new(flow_log::FlowLogDriver),
        #[cfg(feature = "route53")]
        Arc::new(hosted_record::RecordSetDriver),
        #[cfg(feature = "route53")]
        Arc::new(hosted_zone::HostedZoneDriver),
        #[cfg(feature = "cognito")]
        Arc::new(identity_provider::IdentityProviderDriver),
        #[cfg(feature = "ec2")]
        Arc::new(internet_gateway::InternetGatewayDriver),
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
        #[cfg(feature = "ec2")]
        Arc::new(nat_gateway::NatGatewayDriver),
        #[cfg(feature = "elasticache")]
        Arc::new(replication_group::ReplicationGroupDriver),
        #[cfg(feature = "ecr")]
        Arc::new(repository::RepositoryDriver),
        #[cfg(feature = "iam")]
        Arc::new(role::RoleDriver),
        #[cfg(feature = "ec2")]
        Arc::new(route_table::RouteTableDriver),
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
        #[cfg(feature = "ec2")]
        Arc::new(subnet::SubnetDriver),
        #[cfg(feature = "elbv2")]
        Arc::new(target_group::TargetGroupDriver),
        #[cfg(feature = "ecs")]
        Arc::new(task::TaskDriver),
        #[cfg(feature = "ecs")]
        Arc::new(task_definition::TaskDefinitionDriver),
        #[cfg(feature = "cloudtrail")]
        Arc::new(trail::TrailDriver),
        #[cfg(feature = "cognito")]
        Arc::new(user_pool::UserPoolDriver),
        #[cfg(feature = "cognito")]
        Arc::new(user_pool_domain::UserPoolDomainDriver),
        #[cfg(feature = "ec2")]
        Arc::new(vpc::VpcDriver),
        #[cfg(feature = "ec2")]
        Arc::new(vpc_endpoint::VpcEndpointDriver),
        #[cfg(feature = "wafv2")]
        Arc::new(web_acl::WebAclDriver),
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
