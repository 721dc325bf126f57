//! [`Tenant`], a client with one tenant named.

mod amend;
mod command;
mod deploy;
mod destroy;
mod look;
mod maintain;
mod repair;
mod rotate;
mod run;
mod verbs;

pub use command::CommandOutput;
pub use deploy::Releases;
pub(super) use maintain::Windows;
pub use maintain::{MaintenanceOptions, MaintenanceReport, MaintenanceWork};

use std::sync::Arc;

use super::{Applied, DestroyOptions, Error, Inner, Mate, Operation};
use crate::engine::{Cancellation, EventSender};
use crate::model::ids::{TenantId, TenantKey};

/// One tenant of a [`Mate`]: every verb that is about it.
///
/// `mate.tenant(&id).suspend(Suspension::new()).await`
///
/// [`Mate::tenant`] makes it and calls nothing; of a tenant that does not exist the verbs say so. Its actor ([`Mate::by`]) and its
/// reason ([`Mate::because`]) are those of the client that made it.
///
/// Cheap to clone; clones share everything with their client.
#[derive(Debug, Clone)]
pub struct Tenant {
    inner: Arc<Inner>,
    key: TenantKey,
}

impl Mate {
    /// One tenant of this client's environment, to do something with. Calls nothing.
    #[must_use]
    pub fn tenant(&self, id: &TenantId) -> Tenant {
        let key = TenantKey::new(self.inner.base.environment.clone(), id.clone());
        Tenant { inner: Arc::clone(&self.inner), key }
    }
}

impl Tenant {
    /// Its key: environment and id.
    #[must_use]
    pub fn key(&self) -> &TenantKey {
        &self.key
    }

    /// An operation on this tenant, which outlives the handle.
    fn operation<T, Fut>(
        &self,
        work: impl FnOnce(Arc<Inner>, TenantKey, EventSender, Cancellation) -> Fut,
    ) -> Operation<T>
    where
        Fut: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let (inner, key) = (Arc::clone(&self.inner), self.key.clone());
        Operation::new(inner.desk.provider.clone(), |events, cancellation| work(inner, key, events, cancellation))
    }
}
