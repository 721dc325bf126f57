//! The spec of a tenant: what it sets itself.

use serde::{Deserialize, Serialize};

use crate::model::ids::TenantId;

use super::cache::CacheSpec;
use super::compliance::{ComplianceSpec, Contacts, IdentityProvider};
use super::database::DatabaseSpec;
use super::document::TenantDocument;
use super::error::SpecErrors;
use super::preset::DjangoPreset;
use super::rules;
use super::service::ServiceSpec;
use super::storage::StorageSpec;
use super::tier::Tier;
use super::values::{DisplayName, Subdomain, TagValue};

/// A tenant's services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Services {
    /// django, celery and beat.
    Preset(DjangoPreset),
    /// A list of its own; one at least.
    List(Vec<ServiceSpec>),
}

impl Default for Services {
    fn default() -> Self {
        Self::Preset(DjangoPreset::default())
    }
}

/// The spec of a tenant: what it sets itself. Everything else comes from its tier, or is a default; a
/// [`super::Catalogue`] decides it and makes a [`super::ResolvedTenant`] of it.
///
/// Made with [`TenantSpec::builder`], or read from a [`super::TenantDocument`]. A spec is always valid: the types exclude
/// errors within a field, and [`TenantSpecBuilder::build`] refuses errors between fields.
///
/// ```
/// use mate_core::spec::*;
/// let spec = TenantSpec::builder(
///     DisplayName::new("Small Clinic")?,
///     Subdomain::new("clinic")?,
///     Tier::trial(),
///     Contacts::same(Email::new("admin@clinic.com")?),
/// )
/// .with_database(DatabaseSpec::new().with_multi_az(true))
/// .with_cache(CacheSpec::replicated(ReplicaCount::new(1)?))
/// .with_compliance(ComplianceSpec::hipaa().with_audit_logging(true))
/// .build()?;
/// assert_eq!(spec.id().as_str(), "clinic");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "TenantDocument", into = "TenantDocument")]
pub struct TenantSpec {
    pub(crate) id: Option<TenantId>,
    pub(crate) display_name: DisplayName,
    pub(crate) subdomain: Subdomain,
    pub(crate) tier: Tier,
    pub(crate) contacts: Contacts,
    pub(crate) cost_center: Option<TagValue>,
    pub(crate) department: Option<TagValue>,
    pub(crate) deletion_protection: Option<bool>,
    pub(crate) host_record: Option<bool>,
    pub(crate) parts: Parts,
    pub(crate) identity_provider: Option<IdentityProvider>,
}

/// The parts of a spec that the rules between fields examine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Parts {
    pub(crate) services: Services,
    pub(crate) database: DatabaseSpec,
    pub(crate) cache: CacheSpec,
    pub(crate) storage: StorageSpec,
    pub(crate) compliance: ComplianceSpec,
}

impl TenantSpec {
    /// Starts a spec from what every tenant must have.
    #[must_use]
    pub fn builder(
        display_name: DisplayName,
        subdomain: Subdomain,
        tier: Tier,
        contacts: Contacts,
    ) -> TenantSpecBuilder {
        TenantSpecBuilder {
            spec: Self {
                id: None,
                display_name,
                subdomain,
                tier,
                contacts,
                cost_center: None,
                department: None,
                deletion_protection: None,
                host_record: None,
                parts: Parts::default(),
                identity_provider: None,
            },
        }
    }

    /// Takes the spec apart again, to make another one like it.
    #[must_use]
    pub fn into_builder(self) -> TenantSpecBuilder {
        TenantSpecBuilder { spec: self }
    }

    /// The tenant's id: its subdomain unless set.
    ///
    /// # Panics
    /// Never: a subdomain has the form of an id.
    #[must_use]
    pub fn id(&self) -> TenantId {
        self.id
            .clone()
            .unwrap_or_else(|| TenantId::new(self.subdomain.as_str()).expect("a subdomain has the form of a tenant id"))
    }

    /// The tenant's id, where it is not its subdomain.
    #[must_use]
    pub fn own_id(&self) -> Option<&TenantId> {
        self.id.as_ref()
    }

    /// Its name for people.
    #[must_use]
    pub fn display_name(&self) -> &DisplayName {
        &self.display_name
    }

    /// The first label of its host name.
    #[must_use]
    pub fn subdomain(&self) -> &Subdomain {
        &self.subdomain
    }

    /// Its tier.
    #[must_use]
    pub fn tier(&self) -> &Tier {
        &self.tier
    }

    /// Whom to write to.
    #[must_use]
    pub fn contacts(&self) -> &Contacts {
        &self.contacts
    }

    /// Tag `CostCenter`; the base's by default.
    #[must_use]
    pub fn cost_center(&self) -> Option<&TagValue> {
        self.cost_center.as_ref()
    }

    /// Tag `Department`; none by default.
    #[must_use]
    pub fn department(&self) -> Option<&TagValue> {
        self.department.as_ref()
    }

    /// The deletion protection of the tenant; none for the base's setting.
    #[must_use]
    pub fn deletion_protection(&self) -> Option<bool> {
        self.deletion_protection
    }

    /// Returns true if the DNS record of its host name is its own; true by default. A standby of a tenant in another region has
    /// the same host name, and no record of it.
    #[must_use]
    pub fn host_record(&self) -> Option<bool> {
        self.host_record
    }

    /// Its services.
    #[must_use]
    pub fn services(&self) -> &Services {
        &self.parts.services
    }

    /// Its database.
    #[must_use]
    pub fn database(&self) -> &DatabaseSpec {
        &self.parts.database
    }

    /// Its cache.
    #[must_use]
    pub fn cache(&self) -> &CacheSpec {
        &self.parts.cache
    }

    /// Its storage.
    #[must_use]
    pub fn storage(&self) -> &StorageSpec {
        &self.parts.storage
    }

    /// Its compliance settings.
    #[must_use]
    pub fn compliance(&self) -> &ComplianceSpec {
        &self.parts.compliance
    }

    /// Its own identity provider; Cognito alone by default.
    #[must_use]
    pub fn identity_provider(&self) -> Option<&IdentityProvider> {
        self.identity_provider.as_ref()
    }
}

/// A [`TenantSpec`] in the making.
#[derive(Debug, Clone)]
pub struct TenantSpecBuilder {
    spec: TenantSpec,
}

impl TenantSpecBuilder {
    /// Sets an id that is not the subdomain.
    #[must_use]
    pub fn with_id(mut self, id: TenantId) -> Self {
        self.spec.id = Some(id);
        self
    }

    /// Sets the tier.
    #[must_use]
    pub fn with_tier(mut self, tier: Tier) -> Self {
        self.spec.tier = tier;
        self
    }

    /// Sets the tag `CostCenter`.
    #[must_use]
    pub fn with_cost_center(mut self, value: TagValue) -> Self {
        self.spec.cost_center = Some(value);
        self
    }

    /// Sets the tag `Department`.
    #[must_use]
    pub fn with_department(mut self, value: TagValue) -> Self {
        self.spec.department = Some(value);
        self
    }

    /// Sets whether the tenant is protected from deletion.
    #[must_use]
    pub fn with_deletion_protection(mut self, on: bool) -> Self {
        self.spec.deletion_protection = Some(on);
        self
    }

    /// Sets whether the DNS record of its host name is its own. Without it the tenant answers under its host name only once
    /// somebody points the name to its load balancer (output `alb_dns_name`).
    #[must_use]
    pub fn with_host_record(mut self, own: bool) -> Self {
        self.spec.host_record = Some(own);
        self
    }

    /// Has django, celery and beat, with these settings.
    #[must_use]
    pub fn with_preset(mut self, preset: DjangoPreset) -> Self {
        self.spec.parts.services = Services::Preset(preset);
        self
    }

    /// Adds a service of the tenant's own. The first one takes the place of django, celery and beat.
    #[must_use]
    pub fn with_service(mut self, service: impl Into<ServiceSpec>) -> Self {
        match &mut self.spec.parts.services {
            Services::List(list) => list.push(service.into()),
            preset @ Services::Preset(_) => *preset = Services::List(vec![service.into()]),
        }
        self
    }

    /// Sets the database.
    #[must_use]
    pub fn with_database(mut self, database: DatabaseSpec) -> Self {
        self.spec.parts.database = database;
        self
    }

    /// Sets the cache.
    #[must_use]
    pub fn with_cache(mut self, cache: impl Into<CacheSpec>) -> Self {
        self.spec.parts.cache = cache.into();
        self
    }

    /// Sets the storage.
    #[must_use]
    pub fn with_storage(mut self, storage: StorageSpec) -> Self {
        self.spec.parts.storage = storage;
        self
    }

    /// Sets the compliance settings.
    #[must_use]
    pub fn with_compliance(mut self, compliance: ComplianceSpec) -> Self {
        self.spec.parts.compliance = compliance;
        self
    }

    /// Sets the tenant's own identity provider.
    #[must_use]
    pub fn with_identity_provider(mut self, provider: IdentityProvider) -> Self {
        self.spec.identity_provider = Some(provider);
        self
    }

    /// The spec.
    ///
    /// # Errors
    /// [`SpecErrors`] with everything that does not go together.
    pub fn build(self) -> Result<TenantSpec, SpecErrors> {
        let mut errors = Vec::new();
        rules::check(&self.spec.parts, &mut errors);
        let path = if self.spec.id.is_some() { "id" } else { "subdomain" };
        rules::check_id(path, self.spec.id().as_str(), &mut errors);
        SpecErrors::check(errors).map(|()| self.spec)
    }
}
