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

#[cfg(feature = "s3")]
mod bucket;
#[cfg(feature = "cognito")]
mod identity_provider;
#[cfg(feature = "logs")]
mod log_group;
#[cfg(feature = "iam")]
mod role;
#[cfg(feature = "secretsmanager")]
mod secret;
#[cfg(feature = "ec2")]
mod security_group;
#[cfg(test)]
pub(crate) mod testing;
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
        #[cfg(feature = "s3")]
        Arc::new(bucket::BucketDriver),
        #[cfg(feature = "cognito")]
        Arc::new(identity_provider::IdentityProviderDriver),
        #[cfg(feature = "logs")]
        Arc::new(log_group::LogGroupDriver),
        #[cfg(feature = "iam")]
        Arc::new(role::RoleDriver),
        #[cfg(feature = "secretsmanager")]
        Arc::new(secret::SecretDriver),
        #[cfg(feature = "ec2")]
        Arc::new(security_group::SecurityGroupDriver),
        #[cfg(feature = "wafv2")]
        Arc::new(web_acl_association::WebAclAssociationDriver),
    ]
}

/// Observes targets one by one, eight at a time, for services that describe one object a call.
pub(crate) fn each<'a, F, Fut>(targets: &'a [Target], observe: F) -> impl Future<Output = Vec<Observation>> + 'a
where
    F: Fn(&'a Target) -> Fut,
    Fut: Future<Output = Result<Observation, ProviderError>> + 'a,
{
    // Collected before the first await: a closure held across one would make the future less general than `Send` asks.
    let pending: Vec<Fut> = targets.iter().map(observe).collect();
    async move {
        futures::stream::iter(pending)
            .buffered(8)
            .map(|answer| answer.unwrap_or_else(Observation::Unknown))
            .collect()
            .await
    }
}
