//! [`Mate`], the front door.

mod adopt;
mod apply;
mod builder;
mod carry;
mod deliver;
mod desk;
mod destroy_options;
mod diagnose;
mod discover;
mod drift;
mod error;
mod health;
mod history;
mod lease;
pub(crate) mod observe;
mod operation;
mod planning;
mod platform;
mod platform_builder;
mod resume;
mod standing;
mod status;
mod tenant;
mod tenant_lifecycle;
mod timed;

pub use adopt::{Adoption, FoundObject};
pub use builder::{BuildError, MateBuilder};
pub use deliver::{Delivered, Undelivered};
pub use destroy_options::DestroyOptions;
pub use diagnose::{NodeDiagnosis, TenantDiagnosis};
pub use discover::Discovery;
pub use drift::{Drift, DriftedField, DriftedNode, Lost};
pub use error::Error;
pub use operation::Operation;
pub use platform::Platform;
pub use platform_builder::PlatformBuilder;
pub use standing::OnPlatform;
pub use status::{NodeStatus, TenantStatus};
pub use tenant::{CommandOutput, MaintenanceOptions, MaintenanceReport, MaintenanceWork, Releases, Tenant};
#[cfg(feature = "testing")]
pub use tenant_lifecycle::MockTenantLifecycle;
pub use tenant_lifecycle::TenantLifecycle;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::adopt::AdoptionSource;
use crate::blueprint::{Blueprint, Design};
use crate::lifecycle::Change;
use crate::model::ids::TenantKey;
use crate::plan::Plan;
use crate::provider::Discovered;
use crate::quota::Preflight;
use crate::spec::{Base, Catalogue, ResolvedTenant, TenantSpec};
use crate::vocab::Consents;
use desk::Desk;

/// The client: one base (environment, region, account), its provider, and the store of its tenants' records.
///
/// `mate.tenant(&id).suspend(Suspension::new()).await`: the methods about one existing tenant are on its [`Tenant`].
/// Those that take a spec, a plan or no tenant at all are here.
///
/// Cheap to clone; clones share everything. Every verb gives an [`Operation`]: a `Send` future that does nothing
/// until it is polled, with events and cancellation.
#[derive(Debug, Clone)]
pub struct Mate {
    inner: Arc<Inner>,
}

#[derive(Debug, Clone)]
pub(crate) struct Inner {
    pub(crate) desk: Desk,
    pub(crate) catalogue: Arc<dyn Catalogue>,
    pub(crate) blueprint: Arc<dyn Blueprint>,
    pub(crate) base: Base,
    pub(crate) windows: tenant::Windows,
}

/// A tenant as an apply left it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Applied {
    /// The tenant.
    pub key: TenantKey,
    /// Its outputs: `tenant_url`, `alb_dns_name`, endpoints. Empty after a destroy.
    pub outputs: BTreeMap<String, String>,
    /// The version of its record; 0 after a destroy.
    pub record_version: u64,
}

impl Applied {
    /// A tenant as a mock of [`TenantLifecycle`] answers with it.
    #[must_use]
    pub fn new(key: TenantKey, outputs: BTreeMap<String, String>, record_version: u64) -> Self {
        Self { key, outputs, record_version }
    }

    /// The tenant's URL; empty after a destroy.
    #[must_use]
    pub fn url(&self) -> &str {
        self.outputs.get("tenant_url").map_or("", String::as_str)
    }
}

impl Mate {
    /// A builder.
    #[must_use]
    pub fn builder() -> MateBuilder {
        MateBuilder::default()
    }

    /// The base that this client's tenants stand on.
    #[must_use]
    pub fn base(&self) -> &Base {
        &self.inner.base
    }

    /// The tenant with every value decided, and where each came from. Pure.
    ///
    /// # Errors
    /// [`Error::Spec`] with everything that is wrong at once.
    pub fn resolve(&self, spec: &TenantSpec) -> Result<ResolvedTenant, Error> {
        Ok(self.inner.catalogue.resolve(spec)?)
    }

    /// The design of a tenant: the objects that it should be made of. Pure.
    ///
    /// # Errors
    /// [`Error::Spec`] for a spec that does not resolve, [`Error::Graph`] from a blueprint of the caller's own.
    pub fn design(&self, spec: &TenantSpec) -> Result<Design, Error> {
        Ok(self.inner.blueprint.design(&self.resolve(spec)?, &self.inner.base)?)
    }

    /// Plans the changes that bring a tenant to its spec.
    ///
    /// 1. The spec is resolved by the catalogue and made into a graph by the blueprint.
    /// 2. The record is read, and every object of graph and record is observed in the cloud.
    /// 3. The two are compared.
    ///
    /// Nothing is changed, in the cloud or in the store. May be dropped at any await.
    ///
    /// # Errors
    /// [`Error::Spec`], [`Error::Store`], and [`Error::Plan`]: what AWS cannot do, what is not ours, what could not be read,
    /// each with all cases at once.
    pub fn plan(&self, spec: &TenantSpec) -> Operation<Plan> {
        let (inner, spec) = (Arc::clone(&self.inner), spec.clone());
        Operation::new(inner.desk.provider.clone(), |_, _| async move { inner.plan(&spec).await })
    }

    /// Checks the needs of a plan against the quotas of the account, before it is applied. A quota that cannot be read is a
    /// warning in the answer, and never an error. Changes nothing.
    pub fn preflight(&self, plan: &Plan) -> Operation<Preflight> {
        let (inner, plan) = (Arc::clone(&self.inner), plan.clone());
        Operation::new(inner.desk.provider.clone(), |_, _| async move { Ok(inner.desk.preflight(&plan).await) })
    }

    /// Carries out a plan.
    ///
    /// 1. The plan is checked: made from the present record, and consent given for each step that loses data or
    ///    takes the tenant down. Nothing has been changed until here.
    /// 2. Operations run in parallel, each as soon as what it refers to is ready. The intent of each is in the store before
    ///    its call, its result before its dependents start.
    /// 3. Objects that the cloud is at work on are observed in batches until they are ready.
    /// 4. The outputs are written into the record. After a destroy the cloud is searched by tags, and the record
    ///    removed only when nothing is left.
    ///
    /// 5. Where the plan says so, the tenant goes back by itself when a step fails ([`Plan::on_failure`]), and the change that
    ///    follows is planned and carried out ([`Plan::then`]).
    ///
    /// Guaranteed: nothing is done that the plan does not say; a failed operation stops its dependents and nothing else; what
    /// was done is in the record however the operation ends. The caller must tolerate that dropping it at any await leaves the
    /// tenant half-way: the next plan goes on from there.
    ///
    /// # Errors
    /// [`Error::Stale`], [`Error::Consent`] before anything is changed; [`Error::Run`] after; [`Error::RolledBack`],
    /// [`Error::PutBack`] or [`Error::Maintenance`] where the tenant went back.
    pub fn apply(&self, plan: Plan, consents: Consents) -> Operation<Applied> {
        let inner = Arc::clone(&self.inner);
        Operation::new(inner.desk.provider.clone(), |events, cancellation| async move {
            inner.carry_out(plan, &consents, &events, &cancellation).await
        })
    }

    /// Brings a tenant to its spec: plan and apply in one, with no consent given. For a tenant that does not exist that
    /// makes it; for one that does, changes without downtime or data loss are made and others refused before anything is begun.
    ///
    /// # Errors
    /// As [`Mate::plan`] and [`Mate::apply`].
    pub fn provision(&self, spec: &TenantSpec) -> Operation<Applied> {
        let (inner, spec) = (Arc::clone(&self.inner), spec.clone());
        Operation::new(inner.desk.provider.clone(), |events, cancellation| async move {
            let plan = inner.plan(&spec).await?;
            inner.desk.apply(plan, &Consents::none(), &events, &cancellation).await
        })
    }

    /// Brings a tenant that stands to another spec. [`Mate::plan`] shows what that does.
    ///
    /// # Errors
    /// As [`Tenant::change`].
    pub fn update(&self, spec: &TenantSpec, consents: Consents) -> Operation<Applied> {
        self.tenant(&spec.id()).change(Change::Update(Box::new(spec.clone())), consents)
    }

    /// Finds the existing objects of a tenant that was made elsewhere, and their differences from the spec.
    ///
    /// 1. The source names objects; an object that it does not name is looked for by its name.
    /// 2. Each is read, and matched with the node that it stands for; where two could, neither is taken.
    /// 3. [`Adoption::plan`] takes the found objects over: ownership tags and record, nothing else. Apply it, and the next
    ///    [`Mate::plan`] shows the differences, or is empty.
    ///
    /// Changes nothing. An object that carries the tags of another tenant or platform is never taken.
    ///
    /// # Errors
    /// As [`Mate::plan`].
    pub fn adopt(&self, spec: &TenantSpec, source: AdoptionSource) -> Operation<Adoption> {
        let (inner, spec) = (Arc::clone(&self.inner), spec.clone());
        Operation::new(inner.desk.provider.clone(), |_, _| async move {
            let (record, wanted) = inner.wanted(spec).await?;
            let (key, design, after) = inner.designed(&wanted)?;
            inner.desk.adopt((&key, record.as_ref()), design, after, source).await
        })
    }

    /// Looks for everything that carries a tenant's ownership tags: to rebuild a record that was lost.
    ///
    /// [`Discovery::plan`] takes it into the record and changes nothing in the cloud; applied, the next plan is empty when
    /// the tenant is as its spec says.
    ///
    /// # Errors
    /// As [`Mate::plan`].
    pub fn discover(&self, spec: &TenantSpec) -> Operation<Discovery> {
        let (inner, spec) = (Arc::clone(&self.inner), spec.clone());
        Operation::new(inner.desk.provider.clone(), |_, _| async move {
            let (record, wanted) = inner.wanted(spec).await?;
            let (key, design, after) = inner.designed(&wanted)?;
            inner.desk.discover((&key, record.as_ref()), design, after).await
        })
    }

    /// The objects that carry ownership tags of this environment and belong to no record.
    ///
    /// # Errors
    /// [`Error::Provider`] when the search fails, [`Error::Store`].
    pub fn unclaimed(&self) -> Operation<Vec<Discovered>> {
        let inner = Arc::clone(&self.inner);
        Operation::new(inner.desk.provider.clone(), |_, _| async move {
            inner.desk.unclaimed(&inner.base.environment).await
        })
    }

    /// The tenants of this environment that have a record.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn tenants(&self) -> Operation<Vec<TenantKey>> {
        let inner = Arc::clone(&self.inner);
        Operation::new(inner.desk.provider.clone(), |_, _| async move {
            let mut keys = inner.desk.store.list().await?;
            keys.retain(|key| key.environment == inner.base.environment && !key.tenant.is_platform());
            Ok(keys)
        })
    }
}
