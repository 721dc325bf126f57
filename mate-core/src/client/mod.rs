//! [`Mate`], the front door.

mod adopt;
mod amend;
mod apply;
mod builder;
mod carry;
mod command;
mod deliver;
mod deploy;
mod desk;
mod destroy_options;
mod diagnose;
mod discover;
mod drift;
mod error;
mod health;
mod history;
mod lease;
mod maintain;
pub(crate) mod observe;
mod operation;
mod planning;
mod platform;
mod platform_builder;
mod repair;
mod resume;
mod rotate;
mod standing;
mod status;
mod tenant_lifecycle;
mod verbs;

pub use adopt::{Adoption, FoundObject};
pub use builder::{BuildError, MateBuilder};
pub use command::CommandOutput;
pub use deliver::{Delivered, Undelivered};
pub use deploy::Releases;
pub use destroy_options::DestroyOptions;
pub use diagnose::{NodeDiagnosis, TenantDiagnosis};
pub use discover::Discovery;
pub use drift::{Drift, DriftedField, DriftedNode, Lost};
pub use error::Error;
pub use maintain::{MaintenanceOptions, MaintenanceReport, MaintenanceWork};
pub use operation::Operation;
pub use platform::Platform;
pub use platform_builder::PlatformBuilder;
pub use standing::OnPlatform;
pub use status::{NodeStatus, TenantStatus};
#[cfg(feature = "testing")]
pub use tenant_lifecycle::MockTenantLifecycle;
pub use tenant_lifecycle::TenantLifecycle;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::adopt::AdoptionSource;
use crate::blueprint::{Blueprint, Design};
use crate::lifecycle::Wanted;
use crate::model::ids::{TenantId, TenantKey};
use crate::plan::Plan;
use crate::provider::Discovered;
use crate::quota::Preflight;
use crate::spec::{Base, Catalogue, ResolvedTenant, TenantSpec};
use crate::state::{Following, LeaseState, Unlock, Unlocked};
use crate::vocab::{Consents, Goal};
use desk::{Desk, digest};

/// The client: one base (environment, region, account), its provider, and the store of its tenants' records.
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
    pub(crate) windows: maintain::Windows,
}

/// A tenant as an apply left it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Applied {
    /// The tenant.
    pub key: TenantKey,
    /// What it gives out: `tenant_url`, `alb_dns_name`, endpoints. Empty after a destroy.
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

    /// The key of a tenant of this client's environment.
    #[must_use]
    pub fn key(&self, tenant: &TenantId) -> TenantKey {
        TenantKey::new(self.inner.base.environment.clone(), tenant.clone())
    }

    /// The tenant with every value decided, and where each came from. Pure.
    ///
    /// # Errors
    /// [`Error::Spec`] with everything that is wrong at once.
    pub fn resolve(&self, spec: &TenantSpec) -> Result<ResolvedTenant, Error> {
        Ok(self.inner.catalogue.resolve(spec)?)
    }

    /// What the tenant should be made of. Pure.
    ///
    /// # Errors
    /// [`Error::Spec`] for a spec that does not resolve, [`Error::Graph`] from a blueprint of the caller's own.
    pub fn design(&self, spec: &TenantSpec) -> Result<Design, Error> {
        Ok(self.inner.blueprint.design(&self.resolve(spec)?, &self.inner.base)?)
    }

    /// Plans what it takes to bring a tenant to its spec.
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
        Operation::new(|_, _| async move { inner.plan(&spec).await })
    }

    /// Plans a destroy: every object of the record in the right order, with what is lost. Changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] without a record, [`Error::Protected`] for a protected tenant, and as [`Mate::plan`].
    pub fn plan_destroy(&self, tenant: &TenantId, options: &DestroyOptions) -> Operation<Plan> {
        let (inner, key, options) = (Arc::clone(&self.inner), self.key(tenant), options.clone());
        Operation::new(|_, _| async move { inner.desk.plan_destroy(&key, &options).await })
    }

    /// Sets what a plan needs against the limits of the account, before it is applied. What cannot be read is a warning in the
    /// answer, and never an error. Changes nothing.
    pub fn preflight(&self, plan: &Plan) -> Operation<Preflight> {
        let (inner, plan) = (Arc::clone(&self.inner), plan.clone());
        Operation::new(|_, _| async move { Ok(inner.desk.preflight(&plan).await) })
    }

    /// Carries out a plan.
    ///
    /// 1. The plan is checked: made from the present record, and consent given for each step that loses data or
    ///    takes the tenant down. Nothing has been changed until here.
    /// 2. Operations run in parallel, each as soon as what it refers to is ready. The intent of each is in the store before
    ///    its call, its result before its dependents start.
    /// 3. What the cloud is at work on is observed in batches until it is ready.
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
        Operation::new(
            |events, cancellation| async move { inner.carry_out(plan, &consents, &events, &cancellation).await },
        )
    }

    /// Brings a tenant to its spec: plan and apply in one, with no consent given. For a tenant that does not exist that
    /// makes it; for one that does, changes without downtime or data loss are made and others refused before anything is begun.
    ///
    /// # Errors
    /// As [`Mate::plan`] and [`Mate::apply`].
    pub fn provision(&self, spec: &TenantSpec) -> Operation<Applied> {
        let (inner, spec) = (Arc::clone(&self.inner), spec.clone());
        Operation::new(|events, cancellation| async move {
            let plan = inner.plan(&spec).await?;
            inner.desk.apply(plan, &Consents::none(), &events, &cancellation).await
        })
    }

    /// Destroys a tenant: [`Mate::plan_destroy`] and [`Mate::apply`] in one, with the consents of the options.
    ///
    /// A protected tenant is refused. The database leaves a final snapshot unless told otherwise; a bucket that holds objects
    /// is refused unless it is to be emptied; what loses data needs consent step by step. Ends when a search by tags
    /// finds nothing left; the base stays as it was.
    ///
    /// # Errors
    /// As [`Mate::plan_destroy`] and [`Mate::apply`]; [`crate::engine::RunError::LeftOver`] names what would not go.
    pub fn destroy(&self, tenant: &TenantId, options: &DestroyOptions) -> Operation<Applied> {
        let (inner, key, options) = (Arc::clone(&self.inner), self.key(tenant), options.clone());
        Operation::new(|events, cancellation| async move {
            let plan = inner.desk.plan_destroy(&key, &options).await?;
            inner.desk.apply(plan, &options.consents, &events, &cancellation).await
        })
    }

    /// Goes on with a run that was interrupted: by a crash, a cancellation, a deadline, a lost lease, or a failure.
    ///
    /// 1. The record says what the run was for, with which spec, and what its caller consented to.
    /// 2. Every object of it is looked up in the cloud: by id where one is recorded, by name, token and ownership tags otherwise.
    ///    What the interrupted call made is found and kept; what it did not make is made.
    /// 3. A new plan brings the tenant from there to the same end, and is carried out as [`Mate::apply`] does.
    ///
    /// Guaranteed: the end is the one that the interrupted run would have come to; nothing is made twice. May be dropped at any
    /// await, and resumed again. An interrupted unwind or destroy goes on as such. The run says itself whether it goes back where
    /// it fails now, and what follows it, also where it has ended and what follows had not begun.
    ///
    /// # Errors
    /// [`Error::NothingInterrupted`]; [`Error::NotPossible`] for an adoption, which needs its source again;
    /// [`Error::SpecNotRecorded`] for a record of an earlier version; and as [`Mate::plan`] and [`Mate::apply`].
    pub fn resume_run(&self, tenant: &TenantId) -> Operation<Applied> {
        let (inner, key) = (Arc::clone(&self.inner), self.key(tenant));
        Operation::new(|events, cancellation| async move {
            let record = inner.desk.record(&key).await?;
            if let (None, Some(Following { change, consents })) = (&record.run, record.then.clone()) {
                let (plan, consents) = inner.following(&record, change, &consents).await?;
                return inner.carry_out(plan, &consents, &events, &cancellation).await;
            }
            let run = record.run.clone().ok_or_else(|| Error::NothingInterrupted(key.clone()))?;
            let plan = match run.goal {
                Goal::Apply => {
                    let spec = resume::spec(&key, run.spec.as_ref())?;
                    let wanted = Wanted { spec, operating: run.operating.clone() };
                    let plan = inner.plan_part(&record, &wanted, &run.selection()).await?;
                    let plan = run.intent.verb.into_iter().fold(plan, Plan::of_verb);
                    plan.going_on(run.on_failure(), run.then().cloned())
                }
                Goal::Destroy => inner.desk.plan_destroy_of(&record, &DestroyOptions::of(&run)).await?,
                Goal::Release => inner.desk.plan_release_of(&record)?,
                Goal::Amend => inner.amendment(&record, &run.amendment.clone().unwrap_or_default())?,
                Goal::Unwind => inner.plan_unwind_of(&record, &DestroyOptions::of(&run)).await?,
                Goal::Adopt => {
                    return Err(Error::NotPossible {
                        key,
                        reason: "is an adoption: adopt it again from the same source",
                    });
                }
            };
            inner.carry_out(plan, &run.consents, &events, &cancellation).await
        })
    }

    /// Plans to undo an interrupted run: [`Mate::unwind`] without carrying it out. Changes nothing.
    ///
    /// # Errors
    /// As [`Mate::unwind`].
    pub fn plan_unwind(&self, tenant: &TenantId, options: &DestroyOptions) -> Operation<Plan> {
        let (inner, key, options) = (Arc::clone(&self.inner), self.key(tenant), options.clone());
        Operation::new(|_, _| async move { inner.plan_unwind(&key, &options).await })
    }

    /// Undoes what an interrupted run has done.
    ///
    /// 1. Of a tenant that was never made in full, the objects that the run made are deleted in the reverse of their order.
    ///    What stood there before stays. When nothing is left the record goes too.
    /// 2. A tenant that was active is brought back to the spec that was applied last.
    ///
    /// Data is protected as in [`Mate::destroy`]: a database leaves a final snapshot, a bucket that holds objects is refused,
    /// what loses data needs consent in `options`. What fails is a state that says where it stuck and what to do next
    /// ([`TenantStatus::stuck`]): nothing tries it again by itself. Then [`Mate::resume_run`] goes on with the unwind.
    ///
    /// # Errors
    /// [`Error::NothingInterrupted`]; [`Error::NotPossible`] for an interrupted destroy, which has lost what it deleted;
    /// and as [`Mate::destroy`].
    pub fn unwind(&self, tenant: &TenantId, options: &DestroyOptions) -> Operation<Applied> {
        let (inner, key, options) = (Arc::clone(&self.inner), self.key(tenant), options.clone());
        Operation::new(|events, cancellation| async move {
            let plan = inner.plan_unwind(&key, &options).await?;
            inner.carry_out(plan, &options.consents, &events, &cancellation).await
        })
    }

    /// Who works at a tenant at this moment, and whose leases were taken away.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn lease(&self, tenant: &TenantId) -> Operation<LeaseState> {
        let (inner, key) = (Arc::clone(&self.inner), self.key(tenant));
        Operation::new(|_, _| async move { Ok(inner.desk.store.lease(&key).await?) })
    }

    /// Takes the lease of a tenant away from its holder, who is sure to be dead: `fence` is its token as [`Mate::lease`]
    /// showed it. Who did it (`by`) and why is kept with the lease.
    ///
    /// Safe when the old owner comes back: its token admits no write, so its run stops at its next step. Answers none when
    /// that lease is not held any more. Hardly ever needed: a lease that nobody renews ends by itself.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn force_unlock(
        &self,
        tenant: &TenantId,
        fence: u64,
        by: impl Into<String>,
        reason: impl Into<String>,
    ) -> Operation<Option<Unlocked>> {
        let (inner, key, by, reason) = (Arc::clone(&self.inner), self.key(tenant), by.into(), reason.into());
        Operation::new(move |_, _| async move {
            let now = inner.desk.provider.clock().unix_seconds();
            Ok(inner.desk.store.unlock(&Unlock { key, fence, by, reason, now }).await?)
        })
    }

    /// What has become different from what was last applied: fields, tags, objects that are gone. Changes nothing, in the cloud
    /// or in the store; [`Mate::plan`] shows what it takes to put it right.
    ///
    /// # Errors
    /// [`Error::NotFound`] without a record, [`Error::Store`].
    pub fn drift(&self, tenant: &TenantId) -> Operation<Drift> {
        let (inner, key) = (Arc::clone(&self.inner), self.key(tenant));
        Operation::new(|_, _| async move { inner.desk.drift(&key).await })
    }

    /// Looks which existing objects stand for a tenant that was made elsewhere, and what of them is not as the spec wants.
    ///
    /// 1. The source names objects; what it does not name is looked for by its name.
    /// 2. Each is read, and matched with the node that it stands for; where two could, neither is taken.
    /// 3. [`Adoption::plan`] takes what was found over: ownership tags and record, nothing else. Apply it, and the next
    ///    [`Mate::plan`] shows the differences, or is empty.
    ///
    /// Changes nothing. An object that carries the tags of another tenant or platform is never taken.
    ///
    /// # Errors
    /// As [`Mate::plan`].
    pub fn adopt(&self, spec: &TenantSpec, source: AdoptionSource) -> Operation<Adoption> {
        let (inner, spec) = (Arc::clone(&self.inner), spec.clone());
        Operation::new(|_, _| async move {
            let (record, wanted) = inner.wanted(spec).await?;
            let (key, design, after) = inner.designed(&wanted)?;
            inner.desk.adopt((&key, record.as_ref()), design, after, source).await
        })
    }

    /// Plans to give a tenant back: ownership tags off, record gone, every object as it is. Carried out by [`Mate::apply`].
    ///
    /// # Errors
    /// [`Error::NotFound`] without a record, [`Error::Store`].
    pub fn plan_release(&self, tenant: &TenantId) -> Operation<Plan> {
        let (inner, key) = (Arc::clone(&self.inner), self.key(tenant));
        Operation::new(|_, _| async move { inner.desk.plan_release(&key).await })
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
        Operation::new(|_, _| async move {
            let (record, wanted) = inner.wanted(spec).await?;
            let (key, design, after) = inner.designed(&wanted)?;
            inner.desk.discover((&key, record.as_ref()), design, after).await
        })
    }

    /// What carries ownership tags of this environment and belongs to no record.
    ///
    /// # Errors
    /// [`Error::Provider`] when the search fails, [`Error::Store`].
    pub fn unclaimed(&self) -> Operation<Vec<Discovered>> {
        let inner = Arc::clone(&self.inner);
        Operation::new(|_, _| async move { inner.desk.unclaimed(&inner.base.environment).await })
    }

    /// How a tenant is: its record, and each of its objects as it is now. Changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] without a record, [`Error::Store`].
    pub fn status(&self, tenant: &TenantId) -> Operation<TenantStatus> {
        let (inner, key) = (Arc::clone(&self.inner), self.key(tenant));
        Operation::new(|_, _| async move { inner.desk.status(&key).await })
    }

    /// What is the matter with a tenant: every object that is not ready, with its findings and what to do. Changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] without a record, [`Error::Store`].
    pub fn diagnose(&self, tenant: &TenantId) -> Operation<TenantDiagnosis> {
        let (inner, key) = (Arc::clone(&self.inner), self.key(tenant));
        Operation::new(|_, _| async move { inner.desk.diagnose(&key).await })
    }

    /// What a tenant gives out, from its record.
    ///
    /// # Errors
    /// [`Error::NotFound`] without a record, [`Error::Store`].
    pub fn outputs(&self, tenant: &TenantId) -> Operation<BTreeMap<String, String>> {
        let (inner, key) = (Arc::clone(&self.inner), self.key(tenant));
        Operation::new(|_, _| async move { Ok(inner.desk.record(&key).await?.outputs) })
    }

    /// The tenants of this environment that have a record.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn tenants(&self) -> Operation<Vec<TenantKey>> {
        let inner = Arc::clone(&self.inner);
        Operation::new(|_, _| async move {
            let mut keys = inner.desk.store.list().await?;
            keys.retain(|key| key.environment == inner.base.environment && !key.tenant.is_platform());
            Ok(keys)
        })
    }
}
