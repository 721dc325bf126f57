//! The builder of a [`Platform`].

use std::sync::Arc;
use std::time::Duration;

use super::desk::Desk;
use super::{BuildError, Platform};
use crate::blueprint::platform::{PlatformBlueprint, StandardPlatform};
use crate::engine::Limits;
use crate::model::{Kind, Kinds};
use crate::provider::Provider;
use crate::state::StateStore;

/// Makes a [`Platform`]. Provider and store must be given; the rest has defaults.
#[derive(Debug)]
pub struct PlatformBuilder {
    provider: Option<Arc<dyn Provider>>,
    store: Option<Arc<dyn StateStore>>,
    blueprint: Arc<dyn PlatformBlueprint>,
    kinds: Kinds,
    limits: Limits,
    owner: Option<String>,
}

impl Default for PlatformBuilder {
    fn default() -> Self {
        Self {
            provider: None,
            store: None,
            blueprint: Arc::new(StandardPlatform),
            kinds: Kinds::standard(),
            limits: Limits::default(),
            owner: None,
        }
    }
}

impl PlatformBuilder {
    /// The cloud.
    #[must_use]
    pub fn provider(mut self, provider: impl Provider + 'static) -> Self {
        self.provider = Some(Arc::new(provider));
        self
    }

    /// Sets the store of the records; the same store as the tenants', so that the platform knows its tenants.
    #[must_use]
    pub fn store(mut self, store: impl StateStore + 'static) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Sets the blueprint of a platform; the default is [`StandardPlatform`].
    #[must_use]
    pub fn blueprint(mut self, blueprint: impl PlatformBlueprint + 'static) -> Self {
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

    /// Sets the time that the lease of a platform holds without being renewed; 30 s by default, 3 s at least. After a crash the
    /// next run waits for the rest of it.
    #[must_use]
    pub fn lease(mut self, ttl: Duration) -> Self {
        self.limits.lease = ttl.max(Duration::from_secs(3));
        self
    }

    /// Sets the time within which AWS shows an object that was made; see
    /// [`MateBuilder::consistency`](super::MateBuilder::consistency).
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

    /// Makes the client. Calls nothing.
    ///
    /// # Errors
    /// [`BuildError`] names everything that is missing.
    pub fn build(self) -> Result<Platform, BuildError> {
        match (self.provider, self.store) {
            (Some(provider), Some(store)) => {
                let desk = Desk::new((provider, store), self.kinds, self.limits, self.owner);
                Ok(Platform::new(desk, self.blueprint))
            }
            (provider, store) => {
                let missing = [(provider.is_none(), "a provider"), (store.is_none(), "a store")];
                Err(BuildError(missing.into_iter().filter(|(none, _)| *none).map(|(_, what)| what).collect()))
            }
        }
    }
}
