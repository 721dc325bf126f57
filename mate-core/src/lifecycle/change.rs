//! A change of what is wanted of a tenant. Pure.

use super::{Mode, Operating, Page, Scale, TenantVerb};
use crate::spec::{SpecErrors, TenantSpec, Tier};

/// What is wanted of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wanted {
    /// What it is.
    pub spec: TenantSpec,
    /// How it is run.
    pub operating: Operating,
}

/// How a tenant is suspended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Suspension {
    /// What the load balancer answers meanwhile.
    pub page: Page,
}

impl Default for Suspension {
    fn default() -> Self {
        Self { page: Page::suspended() }
    }
}

impl Suspension {
    /// With the page of [`Page::suspended`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what the load balancer answers meanwhile.
    #[must_use]
    pub fn with_page(mut self, page: Page) -> Self {
        self.page = page;
        self
    }
}

/// A verb with what it is told: a change of what is wanted of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Another spec.
    Update(Box<TenantSpec>),
    /// Other counts and sizes.
    Scale(Box<Scale>),
    /// Another tier. What the tenant sets itself stays.
    ChangeTier(Tier),
    /// No task runs, and the database is stopped.
    Suspend(Suspension),
    /// It runs again.
    Resume,
    /// It runs, and this page stands before it.
    Deactivate(Page),
    /// Everybody is let through again.
    Activate,
    /// No task runs, at once; the database stays as it is.
    ShutDown(Page),
    /// Nothing else than before: what has come apart from it by itself is put right.
    Tend,
}

impl Change {
    /// The verb.
    #[must_use]
    pub fn verb(&self) -> TenantVerb {
        match self {
            Self::Update(_) => TenantVerb::Update,
            Self::Scale(_) => TenantVerb::Scale,
            Self::ChangeTier(_) => TenantVerb::ChangeTier,
            Self::Suspend(_) => TenantVerb::Suspend,
            Self::Resume => TenantVerb::Resume,
            Self::Deactivate(_) => TenantVerb::Deactivate,
            Self::Activate => TenantVerb::Activate,
            Self::ShutDown(_) => TenantVerb::ShutDown,
            Self::Tend => TenantVerb::Tend,
        }
    }

    /// Whether taking the tenant down is what is asked for: then the call itself is the consent to downtime.
    #[must_use]
    pub fn takes_down(&self) -> bool {
        matches!(self, Self::Suspend(_) | Self::Deactivate(_) | Self::ShutDown(_) | Self::Tend)
    }

    /// What is wanted afterwards.
    ///
    /// # Errors
    /// [`SpecErrors`] where the spec cannot be changed so.
    pub fn of(self, wanted: Wanted) -> Result<Wanted, SpecErrors> {
        let Wanted { spec, operating } = wanted;
        let in_mode = |operating: Operating, mode| operating.in_mode(mode);
        Ok(match self {
            Self::Update(new) => Wanted { spec: *new, operating },
            Self::Scale(scale) => Wanted { spec: scale.of(spec)?, operating },
            Self::ChangeTier(tier) => Wanted { spec: spec.into_builder().with_tier(tier).build()?, operating },
            Self::Suspend(Suspension { page }) => Wanted { spec, operating: in_mode(operating, Mode::Suspended(page)) },
            Self::Resume | Self::Activate => Wanted { spec, operating: in_mode(operating, Mode::Running) },
            Self::Deactivate(page) => Wanted { spec, operating: in_mode(operating, Mode::Deactivated(page)) },
            Self::ShutDown(page) => Wanted { spec, operating: in_mode(operating, Mode::ShutDown(page)) },
            Self::Tend => Wanted { spec, operating },
        })
    }
}
