//! Identifiers as newtypes: a tenant, an environment, a node of the graph, a resource kind.
//!
//! Each is parsed once, at the edge, and is valid from then on.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::text::Text;

/// An identifier that does not have the form it must have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {allowed}, not `{given}`")]
#[non_exhaustive]
pub struct InvalidId {
    /// The identifier's name.
    pub what: &'static str,
    /// The allowed form.
    pub allowed: &'static str,
    /// The given text.
    pub given: String,
}

macro_rules! string_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $allowed:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Text);

        impl $name {
            /// Parses the identifier.
            ///
            /// # Errors
            /// [`InvalidId`] with the allowed form and the given text.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidId> {
                let text = text.into();
                if Self::is_valid(&text) {
                    Ok(Self(text.into()))
                } else {
                    Err(InvalidId { what: $what, allowed: $allowed, given: text })
                }
            }

            /// True if the text has the form of such an identifier.
            #[must_use]
            pub fn is_valid(text: &str) -> bool {
                let valid: fn(&str) -> bool = $valid;
                valid(text)
            }

            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.as_str().to_owned()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
            }
        }
    };
}

fn dns_label(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && text.as_bytes()[0].is_ascii_lowercase()
        && !text.ends_with('-')
        && !text.contains("--")
}

string_id!(
    /// The name of a tenant, the `{tenant}` of `mate-{tenant}-{env}-{part}`. By default its subdomain.
    TenantId,
    "a tenant id",
    "1 to 40 of a-z, 0-9 and single hyphens, starting with a letter, not ending with a hyphen",
    |text| dns_label(text, 40)
);

string_id!(
    /// The environment that a base serves: `dev`, `staging`, `production`, or one of the caller's own such as `dr`.
    Environment,
    "an environment",
    "1 to 20 of a-z, 0-9 and single hyphens, starting with a letter, not ending with a hyphen",
    |text| dns_label(text, 20)
);

string_id!(
    /// A node of a tenant's graph, unique within the tenant: `db`, `alb-security-group`, `django-service`.
    NodeId,
    "a node id",
    "1 to 100 of a-z, 0-9 and single hyphens, starting with a letter, not ending with a hyphen",
    |text| dns_label(text, 100)
);

string_id!(
    /// A resource kind as `service:Noun` in AWS's own terms: `rds:DBInstance`, `ecs:Service`.
    KindName,
    "a kind",
    "a service and a noun with a colon between, such as rds:DBInstance",
    |text| {
        text.split_once(':').is_some_and(|(service, noun)| {
            !service.is_empty()
                && service.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
                && !noun.is_empty()
                && noun.bytes().all(|b| b.is_ascii_alphanumeric())
        })
    }
);

impl TenantId {
    const PLATFORM: &'static str = "platform";

    /// The id under which the record of the platform itself is kept. No tenant may have it.
    #[must_use]
    pub fn platform() -> Self {
        Self(Text::Static(Self::PLATFORM))
    }

    /// Returns true if the id stands for the platform and not for a tenant.
    #[must_use]
    pub fn is_platform(&self) -> bool {
        self.as_str() == Self::PLATFORM
    }
}

impl KindName {
    /// One of the program's own names, copied without an allocation.
    ///
    /// # Errors
    /// [`InvalidId`] with the allowed form and the given text.
    pub fn of(text: &'static str) -> Result<Self, InvalidId> {
        if Self::is_valid(text) { Ok(Self(Text::Static(text))) } else { Self::new(text) }
    }
}

/// The address of a node: its tenant, its environment and its id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Address {
    /// The tenant.
    pub tenant: TenantId,
    /// The environment.
    pub environment: Environment,
    /// The node of the tenant's graph.
    pub node: NodeId,
}

impl Address {
    /// Returns true if both addresses belong to one tenant, or to one platform.
    #[must_use]
    pub fn is_beside(&self, other: &Self) -> bool {
        (&self.tenant, &self.environment) == (&other.tenant, &other.environment)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.environment, self.tenant, self.node)
    }
}

/// The key of a record: one tenant in one environment, or the environment's platform ([`TenantId::platform`]).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TenantKey {
    /// The environment.
    pub environment: Environment,
    /// The tenant.
    pub tenant: TenantId,
}

impl TenantKey {
    /// The key of `tenant` in `environment`.
    #[must_use]
    pub fn new(environment: Environment, tenant: TenantId) -> Self {
        Self { environment, tenant }
    }

    /// The key of the platform of `environment`.
    #[must_use]
    pub fn platform(environment: Environment) -> Self {
        Self { environment, tenant: TenantId::platform() }
    }

    /// The address of one of this tenant's nodes.
    #[must_use]
    pub fn node(&self, node: NodeId) -> Address {
        Address { tenant: self.tenant.clone(), environment: self.environment.clone(), node }
    }
}

impl fmt::Display for TenantKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.environment, self.tenant)
    }
}
