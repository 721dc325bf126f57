//! Embedded SDK for the life of a SaaS tenant on AWS.
//!
//! A tenant is described with typed builders, planned, carried out in parallel, shown, changed and destroyed, in
//! the caller's own process:
//!
//! ```
//! use mate::spec::{Base, TenantSpec};
//! use mate::tiers::TierCatalogue;
//! use mate::{Mate, MemoryStore, SimCloud};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mate = Mate::builder()
//!     .provider(SimCloud::new(1))
//!     .store(MemoryStore::new())
//!     .catalogue(TierCatalogue::standard())
//!     .base(Base::from_path("examples/base-dev.toml")?)
//!     .build()?;
//! let spec = TenantSpec::from_path("examples/tenants/clinic.tfvars")?;
//! let tenant = mate.provision(&spec).await?;
//! assert_eq!(tenant.url(), "https://clinic.mate.sociant.ai");
//! # Ok(())
//! # }
//! ```
//!
//! | crate | what is in it |
//! |---|---|
//! | [`mate_core`] | the model and the engine; knows no AWS crate |
//! | [`mate_tiers`] | tiers, prices, quotas |
//! | `mate_aws` (feature `aws`) | the provider for AWS |

pub use mate_core::client::{
    Adoption, Applied, BuildError, CommandOutput, DestroyOptions, Discovery, Drift, DriftedField, DriftedNode, Error,
    FoundObject, Lost, MaintenanceOptions, MaintenanceReport, MaintenanceWork, Mate, MateBuilder, NodeDiagnosis,
    NodeStatus, OnPlatform, Operation, Platform, PlatformBuilder, Releases, Tenant, TenantDiagnosis, TenantLifecycle,
    TenantStatus,
};
pub use mate_core::engine::{CancelHandle, Events};
#[cfg(feature = "sim")]
pub use mate_core::sim;
#[cfg(feature = "sim")]
pub use mate_core::sim::SimCloud;
#[cfg(feature = "postgres")]
pub use mate_core::state::PostgresStore;
#[cfg(feature = "sqlite")]
pub use mate_core::state::SqliteStore;
pub use mate_core::state::{MemoryStore, Record, StateStore, StoreError};
#[cfg(feature = "testing")]
pub use mate_core::testing;
pub use mate_core::{
    adopt, blueprint, clock, engine, health, kinds, lifecycle, model, outbox, plan, provider, quota, rate, spec, state,
    vocab,
};

/// Tiers: the figures, prices and quotas of trial, standard and enterprise, and tiers of the caller's own.
pub use mate_tiers as tiers;

/// The provider for AWS.
#[cfg(feature = "aws")]
pub use mate_aws as aws;

/// The code in README and documentation, as tests.
#[cfg(all(doctest, feature = "sim"))]
mod documentation {
    #[doc = include_str!("../README.md")]
    struct Readme;
    #[doc = include_str!("../docs/guide.md")]
    struct Guide;
    #[doc = include_str!("../docs/platform.md")]
    struct PlatformPage;
    #[doc = include_str!("../docs/adoption.md")]
    struct Adoption;
    #[doc = include_str!("../docs/plans.md")]
    struct Plans;
    #[doc = include_str!("../docs/drift.md")]
    struct DriftPage;
    #[doc = include_str!("../docs/health.md")]
    struct HealthPage;
    #[doc = include_str!("../docs/day-to-day.md")]
    struct DayToDay;
    #[doc = include_str!("../docs/audit.md")]
    struct Audit;
    #[doc = include_str!("../docs/testing.md")]
    struct Testing;
    #[doc = include_str!("../docs/extending.md")]
    struct Extending;
    #[doc = include_str!("../docs/rate-limits.md")]
    struct RateLimits;
    #[cfg(feature = "aws")]
    #[doc = include_str!("../docs/permissions-and-quotas.md")]
    struct PermissionsAndQuotas;
}
