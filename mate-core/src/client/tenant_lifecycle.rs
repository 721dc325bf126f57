//! The verbs as a trait, so that an embedding service's own code can be tested without any cloud.

use async_trait::async_trait;

#[cfg(doc)]
use super::Tenant;
use super::{
    Applied, CommandOutput, DestroyOptions, Error, MaintenanceOptions, MaintenanceReport, Mate, Releases, TenantStatus,
};
use crate::health::Health;
use crate::lifecycle::{Change, Deployment, Scale};
use crate::model::ids::{NodeId, TenantId};
use crate::spec::{ServiceName, TenantSpec, Tier};
use crate::vocab::{Command, Page, Suspension, TenantPhase};
use crate::vocab::{Consents, RepairSelection};

/// The lifecycle of a tenant. Implemented by [`Mate`]; with the feature `testing` there is `MockTenantLifecycle`, so that an
/// embedding service tests its handlers with expectations and without a cloud, simulated or not.
///
/// Each method is the method of [`Mate`] or of [`Tenant`] of the same name, with the same guarantees and errors; events and
/// cancellation are those of their own operations. Object-safe: `Arc<dyn TenantLifecycle>`.
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
    /// [`Tenant::scale`].
    async fn scale(&self, tenant: &TenantId, scale: Scale, consents: Consents) -> Result<Applied, Error>;
    /// [`Tenant::change_tier`].
    async fn change_tier(&self, tenant: &TenantId, tier: Tier, consents: Consents) -> Result<Applied, Error>;
    /// [`Tenant::deploy`].
    async fn deploy(&self, tenant: &TenantId, deployment: &Deployment, consents: Consents) -> Result<Applied, Error>;
    /// [`Tenant::rollback`].
    async fn rollback(&self, tenant: &TenantId, to: Option<u32>, consents: Consents) -> Result<Applied, Error>;
    /// [`Tenant::restart`].
    async fn restart(&self, tenant: &TenantId, services: Vec<ServiceName>) -> Result<Applied, Error>;
    /// [`Tenant::rotate`].
    async fn rotate(&self, tenant: &TenantId, secrets: &[NodeId]) -> Result<Applied, Error>;
    /// [`Tenant::replace`].
    async fn replace(&self, tenant: &TenantId, nodes: &[NodeId], consents: Consents) -> Result<Applied, Error>;
    /// [`Tenant::run_command`].
    async fn run_command(&self, tenant: &TenantId, command: &Command) -> Result<CommandOutput, Error>;
    /// [`Tenant::repair`].
    async fn repair(
        &self,
        tenant: &TenantId,
        selection: &RepairSelection,
        consents: Consents,
    ) -> Result<Applied, Error>;
    /// [`Tenant::defer`].
    async fn defer(&self, tenant: &TenantId, change: Change, consents: Consents) -> Result<Applied, Error>;
    /// [`Tenant::maintain`].
    async fn maintain(&self, tenant: &TenantId, options: &MaintenanceOptions) -> Result<MaintenanceReport, Error>;
    /// [`Tenant::suspend`].
    async fn suspend(&self, tenant: &TenantId, suspension: Suspension) -> Result<Applied, Error>;
    /// [`Tenant::resume`].
    async fn resume(&self, tenant: &TenantId) -> Result<Applied, Error>;
    /// [`Tenant::deactivate`].
    async fn deactivate(&self, tenant: &TenantId, page: Page) -> Result<Applied, Error>;
    /// [`Tenant::activate`].
    async fn activate(&self, tenant: &TenantId) -> Result<Applied, Error>;
    /// [`Tenant::shut_down`].
    async fn shut_down(&self, tenant: &TenantId) -> Result<Applied, Error>;
    /// [`Tenant::tend`].
    async fn tend(&self, tenant: &TenantId) -> Result<Applied, Error>;
    /// [`Tenant::resume_run`].
    async fn resume_run(&self, tenant: &TenantId) -> Result<Applied, Error>;
    /// [`Tenant::unwind`].
    async fn unwind(&self, tenant: &TenantId, options: &DestroyOptions) -> Result<Applied, Error>;
    /// [`Tenant::destroy`].
    async fn destroy(&self, tenant: &TenantId, options: &DestroyOptions) -> Result<Applied, Error>;
    /// [`Tenant::phase`].
    async fn phase(&self, tenant: &TenantId) -> Result<TenantPhase, Error>;
    /// [`Tenant::status`].
    async fn status(&self, tenant: &TenantId) -> Result<TenantStatus, Error>;
    /// [`Tenant::health`].
    async fn health(&self, tenant: &TenantId) -> Result<Health, Error>;
    /// [`Tenant::releases`].
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
        self.tenant(tenant).scale(scale, consents).await
    }

    async fn change_tier(&self, tenant: &TenantId, tier: Tier, consents: Consents) -> Result<Applied, Error> {
        self.tenant(tenant).change_tier(tier, consents).await
    }

    async fn deploy(&self, tenant: &TenantId, deployment: &Deployment, consents: Consents) -> Result<Applied, Error> {
        self.tenant(tenant).deploy(deployment, consents).await
    }

    async fn rollback(&self, tenant: &TenantId, to: Option<u32>, consents: Consents) -> Result<Applied, Error> {
        self.tenant(tenant).rollback(to, consents).await
    }

    async fn restart(&self, tenant: &TenantId, services: Vec<ServiceName>) -> Result<Applied, Error> {
        self.tenant(tenant).restart(services).await
    }

    async fn rotate(&self, tenant: &TenantId, secrets: &[NodeId]) -> Result<Applied, Error> {
        self.tenant(tenant).rotate(secrets).await
    }

    async fn replace(&self, tenant: &TenantId, nodes: &[NodeId], consents: Consents) -> Result<Applied, Error> {
        self.tenant(tenant).replace(nodes, consents).await
    }

    async fn run_command(&self, tenant: &TenantId, command: &Command) -> Result<CommandOutput, Error> {
        self.tenant(tenant).run_command(command).await
    }

    async fn repair(
        &self,
        tenant: &TenantId,
        selection: &RepairSelection,
        consents: Consents,
    ) -> Result<Applied, Error> {
        self.tenant(tenant).repair(selection, consents).await
    }

    async fn defer(&self, tenant: &TenantId, change: Change, consents: Consents) -> Result<Applied, Error> {
        self.tenant(tenant).defer(change, consents).await
    }

    async fn maintain(&self, tenant: &TenantId, options: &MaintenanceOptions) -> Result<MaintenanceReport, Error> {
        self.tenant(tenant).maintain(options).await
    }

    async fn suspend(&self, tenant: &TenantId, suspension: Suspension) -> Result<Applied, Error> {
        self.tenant(tenant).suspend(suspension).await
    }

    async fn resume(&self, tenant: &TenantId) -> Result<Applied, Error> {
        self.tenant(tenant).resume().await
    }

    async fn deactivate(&self, tenant: &TenantId, page: Page) -> Result<Applied, Error> {
        self.tenant(tenant).deactivate(page).await
    }

    async fn activate(&self, tenant: &TenantId) -> Result<Applied, Error> {
        self.tenant(tenant).activate().await
    }

    async fn shut_down(&self, tenant: &TenantId) -> Result<Applied, Error> {
        self.tenant(tenant).shut_down().await
    }

    async fn tend(&self, tenant: &TenantId) -> Result<Applied, Error> {
        self.tenant(tenant).tend().await
    }

    async fn resume_run(&self, tenant: &TenantId) -> Result<Applied, Error> {
        self.tenant(tenant).resume_run().await
    }

    async fn unwind(&self, tenant: &TenantId, options: &DestroyOptions) -> Result<Applied, Error> {
        self.tenant(tenant).unwind(options).await
    }

    async fn destroy(&self, tenant: &TenantId, options: &DestroyOptions) -> Result<Applied, Error> {
        self.tenant(tenant).destroy(options).await
    }

    async fn phase(&self, tenant: &TenantId) -> Result<TenantPhase, Error> {
        self.tenant(tenant).phase().await
    }

    async fn status(&self, tenant: &TenantId) -> Result<TenantStatus, Error> {
        self.tenant(tenant).status().await
    }

    async fn health(&self, tenant: &TenantId) -> Result<Health, Error> {
        self.tenant(tenant).health().await
    }

    async fn releases(&self, tenant: &TenantId) -> Result<Releases, Error> {
        self.tenant(tenant).releases().await
    }
}
