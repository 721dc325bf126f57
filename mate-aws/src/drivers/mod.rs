//! The only list of kinds, and the contract of a driver.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use mate_core::model::ids::KindName;
use mate_core::model::{ArnForm, KindModel};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Diagnosis, Discovered, Observation, ProviderError, Scope, Target,
    UpdateRequest,
};

use crate::context::Aws;
use crate::policy::{Actions, Stated};

#[cfg_attr(not(feature = "all"), allow(dead_code, reason = "not every kind of a smaller build needs all of it"))]
mod alive;
#[cfg_attr(not(feature = "all"), allow(dead_code, reason = "not every kind of a smaller build needs all of it"))]
pub(crate) mod batch;
#[cfg(feature = "ec2")]
mod ec2;
#[cfg(feature = "ecs")]
mod ecs;
#[cfg(feature = "efs")]
mod efs;
#[cfg(feature = "elasticache")]
mod elasticache_tags;
#[cfg(feature = "elbv2")]
mod elbv2;
mod fields;
#[cfg_attr(not(feature = "all"), allow(dead_code, reason = "not every kind of a smaller build needs it"))]
mod findings;
#[cfg_attr(not(feature = "all"), allow(dead_code, reason = "not every kind of a smaller build needs it"))]
mod policies;
#[cfg(feature = "rds")]
mod rds_tags;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(feature = "ec2")]
mod unsuccessful;

/// Declares each kind's folder and puts its driver on the list: `folder::Driver: "feature", ..;`, with the features of this
/// crate whose clients the driver calls.
macro_rules! kinds {
    ($($folder:ident::$driver:ident: $($feature:tt),+;)+) => {
        $(
            #[cfg(all($(feature = $feature),+))]
            mod $folder;
        )+

        /// Every driver of this build.
        pub(crate) fn all() -> Vec<Arc<dyn Driver>> {
            vec![
                $(
                    #[cfg(all($(feature = $feature),+))]
                    Arc::new($folder::$driver),
                )+
            ]
        }
    };
}

kinds! {
    access_point::AccessPointDriver: "efs";
    bucket::BucketDriver: "s3";
    cache_subnet_group::CacheSubnetGroupDriver: "elasticache";
    certificate::CertificateDriver: "acm", "route53";
    cluster::ClusterDriver: "ecs";
    db_instance::DbInstanceDriver: "rds";
    db_parameter_group::DbParameterGroupDriver: "rds";
    db_subnet_group::DbSubnetGroupDriver: "rds";
    elastic_ip::ElasticIpDriver: "ec2";
    file_system::FileSystemDriver: "efs";
    flow_log::FlowLogDriver: "ec2";
    hosted_record::RecordSetDriver: "route53";
    hosted_zone::HostedZoneDriver: "route53";
    identity_provider::IdentityProviderDriver: "cognito";
    internet_gateway::InternetGatewayDriver: "ec2";
    key::KeyDriver: "kms", "tagging";
    listener::ListenerDriver: "elbv2";
    listener_rule::ListenerRuleDriver: "elbv2";
    load_balancer::LoadBalancerDriver: "elbv2";
    log_group::LogGroupDriver: "logs";
    mount_target::MountTargetDriver: "efs";
    nat_gateway::NatGatewayDriver: "ec2";
    replication_group::ReplicationGroupDriver: "elasticache";
    repository::RepositoryDriver: "ecr";
    role::RoleDriver: "iam";
    route_table::RouteTableDriver: "ec2";
    scalable_target::ScalableTargetDriver: "applicationautoscaling";
    scaling_policy::ScalingPolicyDriver: "applicationautoscaling";
    secret::SecretDriver: "secretsmanager";
    security_group::SecurityGroupDriver: "ec2";
    service::ServiceDriver: "ecs";
    subnet::SubnetDriver: "ec2";
    subscription::SubscriptionDriver: "sns";
    target_group::TargetGroupDriver: "elbv2";
    task::TaskDriver: "ecs";
    task_definition::TaskDefinitionDriver: "ecs";
    topic::TopicDriver: "sns";
    trail::TrailDriver: "cloudtrail";
    user_pool::UserPoolDriver: "cognito";
    user_pool_domain::UserPoolDomainDriver: "cognito";
    vpc::VpcDriver: "ec2";
    vpc_endpoint::VpcEndpointDriver: "ec2";
    web_acl::WebAclDriver: "wafv2";
    web_acl_association::WebAclAssociationDriver: "wafv2";
}

/// One resource kind on AWS. The contract is [`mate_core::provider::Provider`]'s, for one kind.
///
/// A driver derives the name, reads the live state, creates what is missing, then brings each aspect to what is
/// wanted. Every one of its calls can fail before, during or after it took effect, and every method can be repeated.
#[async_trait]
pub trait Driver: Send + Sync + fmt::Debug {
    /// The facts of the kind: [`Kind::model`](mate_core::model::Kind::model).
    fn model(&self) -> KindModel;

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

    /// The form of the ARN by which the tagging API lists its objects; that of the [model](Self::model) unless a driver says
    /// otherwise.
    fn arn(&self) -> Option<ArnForm> {
        self.model().arn
    }

    /// The beginnings of ARNs, service and resource, of copies, parts and remains of its objects, such as snapshots
    /// (`("rds", "snapshot:")`). Discovery leaves them out.
    fn left_out(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// The ones of these objects of its kind that still do something: the tagging API goes on listing objects that are inactive,
    /// deleted or on their way out. Unless a driver says otherwise, all of them.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn alive(
        &self,
        _aws: &Aws,
        _scope: &Scope,
        found: Vec<Discovered>,
    ) -> Result<Vec<Discovered>, ProviderError> {
        Ok(found)
    }

    /// Explains why an object is stuck or has failed.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn diagnose(&self, _aws: &Aws, _target: &Target) -> Result<Vec<Diagnosis>, ProviderError> {
        Ok(Vec::new())
    }

    /// The IAM actions that it needs. From the calls that it makes, and from what AWS asks for with them.
    fn actions(&self) -> Actions {
        Actions::NONE
    }
}

/// Every driver of this build, and the embedder's own, by kind. A driver of one of our kinds takes ours' place.
pub(crate) fn by_kind(own: Vec<Arc<dyn Driver>>) -> BTreeMap<KindName, Arc<dyn Driver>> {
    all().into_iter().chain(own).map(|driver| (driver.model().name, driver)).collect()
}

/// The actions that these drivers state; a driver that states none is left out.
pub(crate) fn actions<'a>(drivers: impl IntoIterator<Item = &'a Arc<dyn Driver>>) -> Stated {
    let stated = drivers.into_iter().map(|driver| (driver.model().name, driver.actions()));
    stated.filter(|(_, actions)| !actions.is_empty()).collect()
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
