//! The builder of a [`Mate`].

use std::sync::Arc;
use std::time::Duration;

use super::desk::Desk;
use super::tenant::Windows;
use super::{Inner, Mate};
use crate::blueprint::{Blueprint, TenantBlueprint};
use crate::engine::Limits;
use crate::model::{Kind, Kinds};
use crate::provider::Provider;
use crate::spec::{Base, Catalogue, Tier};
use crate::state::StateStore;
use crate::vocab::MaintenanceWindow;

/// Something that a client cannot do without and that was not given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the client needs {}", .0.join(" and "))]
#[non_exhaustive]
pub struct BuildError(pub Vec<&'static str>);

/// Makes a [`Mate`]. Provider, store, catalogue and base must be given; the rest has defaults.
#[derive(Debug)]
pub struct MateBuilder {
    provider: Option<Arc<dyn Provider>>,
    store: Option<Arc<dyn StateStore>>,
    catalogue: Option<Arc<dyn Catalogue>>,
    base: Option<Base>,
    blueprint: Arc<dyn Blueprint>,
    kinds: Kinds,
    limits: Limits,
    owner: Option<String>,
    windows: Windows,
}

impl Default for MateBuilder {
    fn default() -> Self {
        Self {
            provider: None,
            store: None,
            catalogue: None,
            base: None,
            blueprint: Arc::new(TenantBlueprint),
            kinds: Kinds::standard(),
            limits: Limits::default(),
            owner: None,
            windows: Windows::default(),
        }
    }
}

impl MateBuilder {
    /// A builder for the tenants of a platform.
    pub(super) fn on(desk: Desk, base: Base) -> Self {
        Self {
            provider: Some(desk.provider),
            store: Some(desk.given_store),
            kinds: desk.kinds,
            limits: desk.limits,
            owner: Some(desk.owner),
            base: Some(base),
            ..Self::default()
        }
    }

    /// The cloud.
    #[must_use]
    pub fn provider(mut self, provider: impl Provider + 'static) -> Self {
        self.provider = Some(Arc::new(provider));
        self
    }

    /// Sets the store of the records.
    #[must_use]
    pub fn store(mut self, store: impl StateStore + 'static) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// The tiers.
    #[must_use]
    pub fn catalogue(mut self, catalogue: impl Catalogue + 'static) -> Self {
        self.catalogue = Some(Arc::new(catalogue));
        self
    }

    /// The base that tenants stand on.
    #[must_use]
    pub fn base(mut self, base: Base) -> Self {
        self.base = Some(base);
        self
    }

    /// Sets the blueprint of a tenant; the default is [`TenantBlueprint`].
    #[must_use]
    pub fn blueprint(mut self, blueprint: impl Blueprint + 'static) -> Self {
        self.blueprint = Arc::new(blueprint);
        self
    }

    /// Adds a resource kind of the caller's own.
    #[must_use]
    pub fn kind<K: Kind>(mut self) -> Self {
        self.kinds = self.kinds.with::<K>();
        self
    }

    /// Calls in flight at once, per operation; 16 by default, 1 at least.
    #[must_use]
    pub fn parallelism(mut self, calls: usize) -> Self {
        self.limits.parallelism = calls.max(1);
        self
    }

    /// Sets the time limits of one call, of one object until it is ready or gone, and of a whole run; see [`Limits`]. None
    /// leaves a limit as it is. A limit of more than a year ([`Limits::LONGEST`]) counts as a year.
    #[must_use]
    pub fn deadlines(
        mut self,
        call: Option<Duration>,
        resource: Option<Duration>,
        operation: Option<Duration>,
    ) -> Self {
        self.limits.call = call.unwrap_or(self.limits.call);
        self.limits.resource = resource.or(self.limits.resource);
        self.limits.operation = operation.or(self.limits.operation);
        self
    }

    /// Sets the time that the lease of a tenant holds without being renewed; 30 s by default, 3 s at least. After a crash the
    /// next run waits until it has seen no renewal for so long.
    #[must_use]
    pub fn lease(mut self, ttl: Duration) -> Self {
        self.limits.lease = ttl.max(Duration::from_secs(3));
        self
    }

    /// Sets the time within which AWS shows an object that was made; 2 minutes by default, as AWS's own tools assume. After a
    /// call whose outcome is not known, an object that AWS cannot deduplicate (a key, a VPC, an elastic IP, a user pool) is not
    /// made again before that.
    #[must_use]
    pub fn consistency(mut self, within: Duration) -> Self {
        self.limits.consistency = within;
        self
    }

    /// The name under which leases are taken, as an operator reads it: the controller's. Unless said it is drawn for the
    /// process.
    #[must_use]
    pub fn owner(mut self, name: impl Into<String>) -> Self {
        self.owner = Some(name.into());
        self
    }

    /// The time of the week in which tenants are maintained that have none of their own: those of this tier, or all others. None
    /// unless said: then maintenance is done only where it is asked for regardless of the time.
    #[must_use]
    pub fn maintenance_window(mut self, tier: Option<&Tier>, window: MaintenanceWindow) -> Self {
        self.windows.set(tier, window);
        self
    }

    /// Makes the client. Calls nothing.
    ///
    /// # Errors
    /// [`BuildError`] names everything that is missing.
    pub fn build(self) -> Result<Mate, BuildError> {
        match (self.provider, self.store, self.catalogue, self.base) {
            (Some(provider), Some(store), Some(catalogue), Some(base)) => Ok(Mate {
                inner: Arc::new(Inner {
                    desk: Desk::new((provider, store), self.kinds, self.limits, self.owner),
                    catalogue,
                    blueprint: self.blueprint,
                    base,
                    windows: self.windows,
                }),
            }),
            (provider, store, catalogue, base) => {
                let missing = [
                    (provider.is_none(), "a provider"),
                    (store.is_none(), "a store"),
                    (catalogue.is_none(), "a catalogue"),
                    (base.is_none(), "a base"),
                ];
                Err(BuildError(missing.into_iter().filter(|(none, _)| *none).map(|(_, what)| what).collect()))
            }
        }
    }
}
