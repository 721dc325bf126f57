//! The tier catalogue of MATE: figures, prices and quotas, as data and pure functions.
//!
//! A [`TierCatalogue`] decides what a tenant has not set itself: the tenant's own settings win over its tier, the tier
//! over the defaults.
//!
//! ```
//! use mate_core::spec::*;
//! use mate_tiers::TierCatalogue;
//! let spec = TenantSpec::builder(
//!     DisplayName::new("Regional Hospital")?,
//!     Subdomain::new("regional")?,
//!     Tier::standard(),
//!     Contacts::same(Email::new("it@hospital.com")?),
//! )
//! .build()?;
//! let tenant = TierCatalogue::standard().resolve(&spec)?;
//! assert_eq!(tenant.database.instance_class, "db.t4g.medium");
//! assert_eq!(tenant.sources["database.instance_class"].to_string(), "tier standard");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod catalogue;
mod definition;
mod price;
mod quota;
mod resolve;
mod services;
mod sources;

pub use catalogue::TierCatalogue;
pub use definition::{InvalidTier, TaskSizes, TierBuilder, TierDefinition};
pub use price::{CommercialPlan, MonthlyCost, MonthlyPrice};
pub use quota::NeedsError;
