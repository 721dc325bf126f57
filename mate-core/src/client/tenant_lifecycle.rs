//! The verbs as a trait, so that an embedding service's own code can be tested without any cloud.

use async_trait::async_trait;

use super::{
    Applied, CommandOutput, DestroyOptions, Error, MaintenanceOptions, MaintenanceReport, Mate, Releases, TenantStatus,
};
use crate::health::Health;
use crate::lifecycle::{Change, Deployment, Scale};
use crate::model::ids::{NodeId, TenantId};
use crate::spec::{ServiceName, TenantSpec, Tier};
use crate::vocab::{Command, Page, Suspension, TenantPhase};
use crate::vocab::{Consents, RepairSelection};

/// What a tenant's life is made of. Implemented by [`Mate`]; with the feature `testing` there is `MockTenantLifecycle`, so that
/// an embedding service tests its handlers with expectations and without a cloud, simulated or not.
///
/// Each method is the method of [`Mate`] of the same name, with the same guarantees and errors; events and cancellation are those
/// of [`Mate`]'s own operations. Object-safe: `Arc<dyn TenantLifecycle>`.
///
/// ```
/// use mate_core::client::{Error, TenantLifecycle};
/// use mate_core::model::ids::TenantId;
/// use mate_core::vocab::Suspension;
///
/// /// A handler of the embedding service.
/// async fn unpaid(tenants: &dyn TenantLifecycle, tenant: &TenantId) -> Result<(), Error> {
///     tenants.suspend(tenant, Suspension::new()).await.map(drop)
/// }
/// ```
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait TenantLifecycle: Send + Sync {
    /// [`Mate::provision`].
    async fn provision(&self, spec: &TenantSpec) -> Result<Applied, Error>;
    /// [`Mate::update`].
    async fn update(&self, spec: &TenantSpec, consents: Consents) -> Result<Applied, Error>;
    /// [`Mate::scale`].
    async fn scale(&self, tenant: &TenantId, scale: Scale, consents: Consents) -> Result<Applied, Error>;
    /// [`Mate::change_tier`].
    async fn change_tier(&self, tenant: &TenantId, tier: Tier, consents: Consents) -> Result<Applied, Error>;
    /// [`Mate::deploy`].
    async fn deploy(&self, tenant: &TenantId, deployment: &Deployment, consents: Consents) -> Result<Applied, Error>;
    /// [`Mate::rollback`].
    async fn rollback(&self, tenant: &TenantId, to: Option<u32>, consents: Consents) -> Result<Applied, Error>;
    /// [`Mate::restart`].
    async fn restart(&self, tenant: &TenantId, services: Vec<ServiceName>) -> Result<Applied, Error>;
    /// [`Mate::rotate`].
    async fn rotate(&self, tenant: &TenantId, secrets: &[NodeId]) -> Result<Applied, Error>;
    /// [`Mate::replace`].
    async fn replace(&self, tenant: &TenantId, nodes: &[NodeId], consents: Consents) -> Result<Applied, Error>;
    /// [`Mate::run_command`].
    async fn run_command(&self, tenant: &TenantId, command: &Command) -> Result<CommandOutput, Error>;
    /// [`Mate::repair`].
    async fn repair(
        &self,
        tenant: &TenantId,
        selection: &RepairSelection,
        consents: Consents,
    ) -> Result<Applied, Error>;
    /// [`Mate::defer`].
    async fn defer(&self, tenant: &TenantId, change: Change, consents: Consents) -> Result<Applied, Error>;
    /// [`Mate::maintain`].
    async fn maintain(&self, tenant: &TenantId, options: &MaintenanceOptions) -> Result<MaintenanceReport, Error>;
    /// [`Mate::suspend`].
    async fn suspend(&self, tenant: &TenantId, suspension: Suspension) -> Result<Applied, Error>;
    /// [`Mate::resume`].
    async fn resume(&self, tenant: &TenantId) -> Result<Applied, Error>;
    /// [`Mate::deactivate`].
    async fn deactivate(&self, tenant: &TenantId, page: Page) -> Result<Applied, Error>;
    /// [`Mate::activate`].
    async fn activate(&self, tenant: &TenantId) -> Result<Applied, Error>;
    /// [`Mate::shut_down`].
    async fn shut_down(&self, tenant: &TenantId) -> Result<Applied, Error>;
    /// [`Mate::tend`].
    async fn tend(&self, tenant: &TenantId) -> Result<Applied, Error>;
    /// [`Mate::resume_run`].
    async fn resume_run(&self, tenant: &TenantId) -> Result<Applied, Error>;
    /// [`Mate::unwind`].
    async fn unwind(&self, tenant: &TenantId, options: &DestroyOptions) -> Result<Applied, Error>;
    /// [`Mate::destroy`].
    async fn destroy(&self, tenant: &TenantId, options: &DestroyOptions) -> Result<Applied, Error>;
    /// [`Mate::phase`].
    async fn phase(&self, tenant: &TenantId) -> Result<TenantPhase, Error>;
    /// [`Mate::status`].
    async fn status(&self, tenant: &TenantId) -> Result<TenantStatus, Error>;
    /// [`Mate::health`].
    async fn health(&self, tenant: &TenantId) -> Result<Health, Error>;
    /// [`Mate::releases`].
    async fn releases(&self, tenant: &TenantId) -> Result<Releases, Error>;
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl TenantLifecycle for Mate {
    async fn provision(&self, spec: &TenantSpec) -> Result<Applied, Error> {
        Self::provision(self, spec).await
    }

    async fn update(&self, spec: &TenantSpec, consents: Consents) -> Result<Applied, Error> {
        Self::update(self, spec, consents).await
    }

    async fn scale(&self, tenant: &TenantId, scale: Scale, consents: Consents) -> Result<Applied, Error> {
        Self::scale(self, tenant, scale, consents).await
    }

    async fn change_tier(&self, tenant: &TenantId, tier: Tier, consents: Consents) -> Result<Applied, Error> {
        Self::change_tier(self, tenant, tier, consents).await
    }

    async fn deploy(&self, tenant: &TenantId, deployment: &Deployment, consents: Consents) -> Result<Applied, Error> {
        Self::deploy(self, tenant, deployment, consents).await
    }

    async fn rollback(&self, tenant: &TenantId, to: Option<u32>, consents: Consents) -> Result<Applied, Error> {
        Self::rollback(self, tenant, to, consents).await
    }

    async fn restart(&self, tenant: &TenantId, services: Vec<ServiceName>) -> Result<Applied, Error> {
        Self::restart(self, tenant, services).await
    }

    async fn rotate(&self, tenant: &TenantId, secrets: &[NodeId]) -> Result<Applied, Error> {
        Self::rotate(self, tenant, secrets).await
    }

    async fn replace(&self, tenant: &TenantId, nodes: &[NodeId], consents: Consents) -> Result<Applied, Error> {
        Self::replace(self, tenant, nodes, consents).await
    }

    async fn run_command(&self, tenant: &TenantId, command: &Command) -> Result<CommandOutput, Error> {
        Self::run_command(self, tenant, command).await
    }

    async fn repair(
        &self,
        tenant: &TenantId,
        selection: &RepairSelection,
        consents: Consents,
    ) -> Result<Applied, Error> {
        Self::repair(self, tenant, selection, consents).await
    }

    async fn defer(&self, tenant: &TenantId, change: Change, consents: Consents) -> Result<Applied, Error> {
        Self::defer(self, tenant, change, consents).await
    }

    async fn maintain(&self, tenant: &TenantId, options: &MaintenanceOptions) -> Result<MaintenanceReport, Error> {
        Self::maintain(self, tenant, options).await
    }

    async fn suspend(&self, tenant: &TenantId, suspension: Suspension) -> Result<Applied, Error> {
        Self::suspend(self, tenant, suspension).await
    }

    async fn resume(&self, tenant: &TenantId) -> Result<Applied, Error> {
        Self::resume(self, tenant).await
    }

    async fn deactivate(&self, tenant: &TenantId, page: Page) -> Result<Applied, Error> {
        Self::deactivate(self, tenant, page).await
    }

    async fn activate(&self, tenant: &TenantId) -> Result<Applied, Error> {
        Self::activate(self, tenant).await
    }

    async fn shut_down(&self, tenant: &TenantId) -> Result<Applied, Error> {
        Self::shut_down(self, tenant).await
    }

    async fn tend(&self, tenant: &TenantId) -> Result<Applied, Error> {
        Self::tend(self, tenant).await
    }

    async fn resume_run(&self, tenant: &TenantId) -> Result<Applied, Error> {
        Self::resume_run(self, tenant).await
    }

    async fn unwind(&self, tenant: &TenantId, options: &DestroyOptions) -> Result<Applied, Error> {
        Self::unwind(self, tenant, options).await
    }

    async fn destroy(&self, tenant: &TenantId, options: &DestroyOptions) -> Result<Applied, Error> {
        Self::destroy(self, tenant, options).await
    }

    async fn phase(&self, tenant: &TenantId) -> Result<TenantPhase, Error> {
        Self::phase(self, tenant).await
    }

    async fn status(&self, tenant: &TenantId) -> Result<TenantStatus, Error> {
        Self::status(self, tenant).await
    }

    async fn health(&self, tenant: &TenantId) -> Result<Health, Error> {
        Self::health(self, tenant).await
    }

    async fn releases(&self, tenant: &TenantId) -> Result<Releases, Error> {
        Self::releases(self, tenant).await
    }
}
