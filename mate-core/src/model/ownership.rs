//! The ownership tags: by them an object of the cloud is known to be ours.

use super::Tags;
use super::ids::{Address, Environment, TenantId};

/// The tags by which an object is known to be ours, and whose it is.
///
/// | key | value |
/// |---|---|
/// | `ManagedBy` | `mate` |
/// | `Tenant` | the tenant; an object of the platform has `Platform` with its name, `mate-dev`, in its place |
/// | `Environment` | the environment |
/// | `Component` | the node of the graph |
///
/// An object whose name is not a region's ([`crate::model::Reach`]) says besides where it belongs, and belongs to nobody else:
///
/// | key | value |
/// |---|---|
/// | `Account` | the account, twelve digits |
/// | `Region` | the region, `us-east-1` |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership(pub Address);

impl Ownership {
    /// Value of the tag `ManagedBy`.
    pub const MANAGER: &'static str = "mate";

    /// The ownership tags.
    #[must_use]
    pub fn tags(&self) -> Tags {
        let owner = if self.0.tenant.is_platform() {
            ("Platform".to_owned(), platform_name(&self.0.environment))
        } else {
            ("Tenant".to_owned(), self.0.tenant.to_string())
        };
        Tags::from([
            ("ManagedBy".to_owned(), Self::MANAGER.to_owned()),
            owner,
            ("Environment".to_owned(), self.0.environment.to_string()),
            ("Component".to_owned(), self.0.node.to_string()),
        ])
    }

    /// The keys of ownership tags, of tenants and platforms. They are removed from a disowned object.
    pub const KEYS: [&'static str; 7] =
        ["Account", "Component", "Environment", "ManagedBy", "Platform", "Region", "Tenant"];

    /// The keys of the tags that name the account and region of an object whose name is not regional.
    pub const PLACE: [&'static str; 2] = ["Account", "Region"];

    /// Returns true if `tags` say that the object belongs to this address.
    #[must_use]
    pub fn owns(&self, tags: &Tags) -> bool {
        self.tags().iter().all(|(key, value)| tags.get(key) == Some(value))
    }

    /// The address that owns an object with these tags; none where they are not ownership tags.
    #[must_use]
    pub fn from_tags(tags: &Tags) -> Option<Address> {
        if tags.get("ManagedBy").map(String::as_str) != Some(Self::MANAGER) {
            return None;
        }
        let environment: Environment = tags.get("Environment")?.parse().ok()?;
        let tenant = match (tags.get("Tenant"), tags.get("Platform")) {
            (Some(tenant), None) => tenant.parse().ok().filter(|tenant: &TenantId| !tenant.is_platform())?,
            (None, Some(platform)) if *platform == platform_name(&environment) => TenantId::platform(),
            _ => return None,
        };
        Some(Address { tenant, environment, node: tags.get("Component")?.parse().ok()? })
    }
}

fn platform_name(environment: &Environment) -> String {
    format!("{}-{environment}", Ownership::MANAGER)
}
