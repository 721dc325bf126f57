//! The provider: what the engine asks of a cloud. Few methods, owned request records, object-safe.

mod error;
mod live;
mod policy;
mod quota;
pub(crate) mod reads;

pub use error::{ErrorClass, ProviderError, RetryStatus};
pub use live::{Concern, Created, Deleted, Diagnosis, Discovered, Live, Observation, Status};
pub(crate) use policy::Policy;
pub use quota::{QuotaId, QuotaReading};

use crate::model::Ownership;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::model::ids::{Address, Environment, KindName, NodeId, TenantKey};
use crate::model::{Inputs, Tags};

/// The ownership that a request requires of its object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Claim {
    /// Only an object that carries the target's ownership tags.
    #[default]
    Owned,
    /// Also an object without ownership tags: it is being adopted.
    Unowned,
    /// An object of any node of the same tenant or platform, or one without ownership tags: its node gets another id.
    Tenant,
    /// An object of any owner: it is only read. Create, update and delete are refused.
    ReadOnly,
}

impl Claim {
    fn is_owned(&self) -> bool {
        *self == Self::Owned
    }
}

/// The object of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// The address that owns it.
    pub address: Address,
    /// Its kind.
    pub kind: KindName,
    /// Its physical name.
    pub name: String,
    /// Its physical id (`sg-…`, an ARN), where one is recorded. The record is a hint: without it, or when it
    /// is out of date, the object is looked up by name and ownership tags.
    pub physical_id: Option<String>,
    /// Its inputs: as desired when it is observed, created or updated; as recorded when it is deleted. In an
    /// observation references to nodes that are not ready may still stand in them.
    pub inputs: Inputs,
    /// The tags that it carries, or should.
    pub tags: Tags,
    /// The ownership that it must have.
    #[serde(default, skip_serializing_if = "Claim::is_owned")]
    pub claim: Claim,
}

impl Target {
    /// Returns true if an object with these tags may be the target of the request.
    #[must_use]
    pub fn accepts(&self, tags: &Tags) -> bool {
        match self.claim {
            Claim::Owned => self.ownership().owns(tags) && self.is_in_place(tags),
            Claim::Unowned => {
                Ownership::from_tags(tags).is_none() || (self.ownership().owns(tags) && self.is_in_place(tags))
            }
            Claim::Tenant => {
                Ownership::from_tags(tags).is_none_or(|owner| owner.is_beside(&self.address) && self.is_in_place(tags))
            }
            Claim::ReadOnly => true,
        }
    }

    /// True if the tags say no other account and region than the target does. What an earlier version made does not say it:
    /// then the record has to know the object.
    fn is_in_place(&self, tags: &Tags) -> bool {
        Ownership::PLACE.iter().all(|key| match (self.tags.get(*key), tags.get(*key)) {
            (Some(wanted), Some(is)) => wanted == is,
            (Some(_), None) => self.physical_id.is_some(),
            (None, _) => true,
        })
    }

    /// The node.
    #[must_use]
    pub fn node(&self) -> &NodeId {
        &self.address.node
    }

    /// The ownership tags that make it ours.
    #[must_use]
    pub fn ownership(&self) -> Ownership {
        Ownership(self.address.clone())
    }

    /// The kind's typed inputs.
    ///
    /// # Errors
    /// [`ErrorClass::Bug`] when the JSON form does not fit the kind.
    pub fn typed<K: crate::model::Kind>(&self) -> Result<K::Inputs, ProviderError> {
        K::Inputs::deserialize(&*self.inputs).map_err(|error| {
            ProviderError::new(ErrorClass::Bug, "parse inputs", self.address.clone())
                .with_message(format!("the inputs do not fit the kind {}: {error}", self.kind))
        })
    }
}

/// Makes an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CreateRequest {
    /// The object. Every input is resolved.
    pub target: Target,
    /// The idempotency token: the same for every attempt of one creation, 64 hex digits.
    pub token: String,
}

/// Brings an object to its desired inputs and tags.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpdateRequest {
    /// The object. Every input is resolved.
    pub target: Target,
    /// The top-level fields that the plan found different, `tags` among them when tags differ. Only these are touched.
    pub fields: Vec<String>,
    /// Keys of tags that are taken off: those that a spec no longer names, and the ownership tags of an object that is
    /// disowned. Never a key that [`Target::tags`] has. With any, `tags` is among the fields.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub untag: BTreeSet<String>,
    /// The idempotency token, 64 hex digits.
    pub token: String,
}

/// Removes an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeleteRequest {
    /// The object, with its inputs as recorded.
    pub target: Target,
    /// The policy for the data in it.
    pub data: DataPolicy,
}

/// The policy for an object's data when the object is deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DataPolicy {
    /// The object is deleted only if that loses nothing: a bucket that holds objects is refused
    /// ([`ErrorClass::Dependency`]). A database leaves a final snapshot of this name.
    Keep {
        /// The name of the final snapshot, for kinds that leave one.
        final_snapshot: Option<String>,
    },
    /// The data goes too: the bucket is emptied, no snapshot is left. Only with the caller's consent.
    Discard,
}

/// The objects that a search by tags finds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Scope {
    /// Everything of one tenant in one environment, or of the environment's platform.
    Tenant(TenantKey),
    /// Everything of one environment: its platform and all of its tenants.
    Environment(Environment),
    /// Everything that carries these tags, MATE's or not: the candidates of an adoption. An object without ownership tags has
    /// no address.
    Tags(Tags),
}

impl Scope {
    /// The tags that everything in the scope carries.
    #[must_use]
    pub fn tags(&self) -> Tags {
        let manager = ("ManagedBy".to_owned(), Ownership::MANAGER.to_owned());
        match self {
            Self::Tenant(_) => {
                let mut tags = Ownership(self.anchor()).tags();
                tags.remove("Component");
                tags
            }
            Self::Environment(environment) => {
                Tags::from([manager, ("Environment".to_owned(), environment.to_string())])
            }
            Self::Tags(tags) => tags.clone(),
        }
    }

    /// The address that an error of the search itself names.
    #[must_use]
    pub fn anchor(&self) -> Address {
        let node = NodeId::new("search").expect("a valid node id");
        match self {
            Self::Tenant(key) => key.node(node),
            Self::Environment(environment) => TenantKey::platform(environment.clone()).node(node),
            Self::Tags(_) => TenantKey::platform(Environment::new("any").expect("a valid environment")).node(node),
        }
    }

    /// Returns true if an object with these tags is in the scope.
    #[must_use]
    pub fn covers(&self, tags: &Tags) -> bool {
        self.tags().iter().all(|(key, value)| tags.get(key) == Some(value))
            && (matches!(self, Self::Tags(_)) || Ownership::from_tags(tags).is_some())
    }
}

/// The account and region of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The account, twelve digits.
    pub account_id: String,
    /// The region, `us-east-1`.
    pub region: String,
}

impl Identity {
    /// The partition of ARNs: `aws`, `aws-cn`, `aws-us-gov`.
    #[must_use]
    pub fn partition(&self) -> &'static str {
        match self.region.get(..3) {
            Some("cn-") => "aws-cn",
            Some("us-") if self.region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    /// An ARN in this account and region.
    #[must_use]
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition(), self.region, self.account_id)
    }
}

/// A cloud, as the engine sees it. Implemented by `AwsProvider`, by [`crate::sim::SimCloud`] and by a mock.
///
/// The contract of every implementation, which the conformance suite checks:
/// - `observe` changes nothing, answers once per request in the requests' order, and tells *unknown* from *absent*.
/// - `create` answers as soon as the cloud accepted; the engine waits. The same token twice makes one object.
///   An existing object of the name without our ownership tags is refused with [`ErrorClass::AlreadyExists`] and never
///   touched. An existing object of ours is brought to the inputs and returned.
/// - `update` touches only the named fields, and is safe to repeat.
/// - `delete` of an absent object succeeds; an object that is not ours is refused and not touched.
/// - [`Target::claim`] defines "ours": an object without ownership tags is foreign, unless it is being adopted
///   ([`Claim::Unowned`]), belongs to a node that gets another id ([`Claim::Tenant`]), or is only read ([`Claim::ReadOnly`];
///   never written then).
/// - Every method may be dropped at any await: the cloud is then in some state that `observe` tells.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Provider: Send + Sync + fmt::Debug {
    /// Reads many objects, batched by kind. One answer a request, in the same order.
    async fn observe(&self, targets: Vec<Target>) -> Vec<Observation>;

    /// Makes an object, or finds the one that an earlier attempt made.
    ///
    /// # Errors
    /// See [`ProviderError`]; [`ProviderError::created`] tells what exists by then.
    async fn create(&self, request: CreateRequest) -> Result<Created, ProviderError>;

    /// Brings the named fields to their desired values.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn update(&self, request: UpdateRequest) -> Result<Created, ProviderError>;

    /// Removes an object.
    ///
    /// # Errors
    /// See [`ProviderError`]; [`ErrorClass::Dependency`] while something still uses it.
    async fn delete(&self, request: DeleteRequest) -> Result<Deleted, ProviderError>;

    /// Finds every object that carries the scope's tags, recorded or not. Objects that are being deleted may be left out; final
    /// snapshots are left out.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn discover(&self, scope: Scope) -> Result<Vec<Discovered>, ProviderError>;

    /// Finds the reasons why an object is stuck or has failed, in the cloud's own words; empty when the cloud reports none.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn diagnose(&self, target: Target) -> Result<Vec<Diagnosis>, ProviderError>;

    /// Reads the limit and the usage of each quota of the account: one answer per quota, in the same order. A provider that
    /// cannot read them answers with empty readings.
    async fn quotas(&self, quotas: Vec<QuotaId>) -> Vec<QuotaReading> {
        quotas.into_iter().map(|_| QuotaReading::default()).collect()
    }

    /// The digest (`sha256:…`) that the tag or digest of an image means now; none where this provider cannot tell, because the
    /// image is not in a registry of its account.
    ///
    /// # Errors
    /// [`ErrorClass::NotFound`] where the registry has no such image; see [`ProviderError`].
    async fn image_digest(&self, image: &str) -> Result<Option<String>, ProviderError> {
        let _ = image;
        Ok(None)
    }

    /// Reads the account of the credentials, and the region of the calls.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn identity(&self) -> Result<Identity, ProviderError> {
        let any = Scope::Tags(Tags::new()).anchor();
        Err(ProviderError::new(ErrorClass::Unsupported, "identity", any)
            .with_message("this provider does not tell where it works"))
    }

    /// The time that this cloud lives in: [`SystemClock`](crate::clock::SystemClock), unless the cloud is simulated. A provider
    /// that wraps another one gives the clock of that one.
    fn clock(&self) -> Arc<dyn Clock>;
}
