//! The catalogue of tiers, as seen by the core.

use std::fmt;

use super::error::SpecErrors;
use super::resolved::ResolvedTenant;
use super::tenant::TenantSpec;

/// A catalogue of tiers: decides what a tenant has not set itself.
pub trait Catalogue: fmt::Debug + Send + Sync {
    /// Decides every value of a tenant. Its own settings win over the tier, the tier over the defaults.
    ///
    /// # Errors
    /// [`SpecErrors`] for a tier that the catalogue does not have, and for settings that do not go with the tier's.
    fn resolve(&self, spec: &TenantSpec) -> Result<ResolvedTenant, SpecErrors>;
}

#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl<C: Catalogue + ?Sized> Catalogue for std::sync::Arc<C> {
    fn resolve(&self, spec: &TenantSpec) -> Result<ResolvedTenant, SpecErrors> {
        (**self).resolve(spec)
    }
}
