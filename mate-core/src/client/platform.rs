//! [`Platform`], the front door to the shared bases.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::desk::Desk;
use super::{
    Adoption, Applied, DestroyOptions, Discovery, Drift, Error, MateBuilder, OnPlatform, PlatformBuilder,
    TenantDiagnosis, TenantStatus,
};
use crate::adopt::AdoptionSource;
use crate::blueprint::Design;
use crate::blueprint::platform::PlatformBlueprint;
use crate::client::Operation;
use crate::health::Health;
use crate::model::ids::{Environment, TenantKey};
use crate::plan::{After, Plan};
use crate::provider::{Discovered, Identity, QuotaId};
use crate::quota::{self, Capacity, Needs, Preflight};
use crate::spec::{Base, PlatformSpec, Tier};
use crate::state::{LogEntry, Record, RecordPhase, RecordSummary, Verified};
use crate::vocab::{Consents, Goal, RepairSelection};

/// The client of platforms: the shared bases of one account and region, their provider, and the store of their records.
///
/// A platform is a record like a tenant's: planned, applied, checked for drift, adopted and destroyed by the same engine. An
/// environment is one platform. For another account or region make another client, with a provider of its own; they can
/// share a store.
///
/// Cheap to clone; clones share everything.
#[derive(Debug, Clone)]
pub struct Platform {
    inner: Arc<Inner>,
}

#[derive(Debug, Clone)]
struct Inner {
    desk: Desk,
    blueprint: Arc<dyn PlatformBlueprint>,
}

impl Platform {
    pub(super) fn new(desk: Desk, blueprint: Arc<dyn PlatformBlueprint>) -> Self {
        Self { inner: Arc::new(Inner { desk, blueprint }) }
    }

    /// A builder.
    #[must_use]
    pub fn builder() -> PlatformBuilder {
        PlatformBuilder::default()
    }

    /// This client on behalf of somebody: as [`super::Mate::by`].
    #[must_use]
    pub fn by(&self, actor: impl Into<String>) -> Self {
        let mut inner = (*self.inner).clone();
        inner.desk.actor = Some(actor.into());
        Self { inner: Arc::new(inner) }
    }

    /// This client for a reason: as [`super::Mate::because`].
    #[must_use]
    pub fn because(&self, reason: impl Into<String>) -> Self {
        let mut inner = (*self.inner).clone();
        inner.desk.reason = Some(reason.into());
        Self { inner: Arc::new(inner) }
    }

    /// The history of a platform: as [`super::Tenant::history`].
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn history(&self, environment: &Environment) -> Operation<Vec<LogEntry>> {
        self.reading(environment, |inner, key| async move { inner.desk.history(&key).await })
    }

    /// Verifies the log of a platform: as [`super::Tenant::verify`].
    ///
    /// # Errors
    /// [`Error::Log`], [`Error::Store`].
    pub fn verify(&self, environment: &Environment) -> Operation<Verified> {
        self.reading(environment, |inner, key| async move { inner.desk.verify(&key).await })
    }

    /// The design of a platform: the objects that it should be made of. Calls the provider only for the identity of the
    /// credentials.
    ///
    /// # Errors
    /// [`Error::Spec`] with everything that is wrong at once, [`Error::OtherPlace`] for other credentials than the spec's.
    pub fn design(&self, spec: &PlatformSpec) -> Operation<Design> {
        let (inner, spec) = (Arc::clone(&self.inner), spec.clone());
        Operation::new(inner.desk.provider.clone(), |_, _| async move { Ok(inner.designed(&spec).await?.2) })
    }

    /// Plans the changes that bring a platform to its spec: as [`super::Mate::plan`]. Changes nothing.
    ///
    /// # Errors
    /// [`Error::Spec`], [`Error::OtherPlace`], [`Error::OtherPlatform`], [`Error::Provider`], [`Error::Store`], [`Error::Plan`].
    pub fn plan(&self, spec: &PlatformSpec) -> Operation<Plan> {
        let (inner, spec) = (Arc::clone(&self.inner), spec.clone());
        Operation::new(inner.desk.provider.clone(), |_, _| async move { inner.plan(&spec).await })
    }

    /// Checks the needs of a plan against the quotas of the account: as [`super::Mate::preflight`].
    pub fn preflight(&self, plan: &Plan) -> Operation<Preflight> {
        let (inner, plan) = (Arc::clone(&self.inner), plan.clone());
        Operation::new(inner.desk.provider.clone(), |_, _| async move { Ok(inner.desk.preflight(&plan).await) })
    }

    /// The number of further tenants of each tier that fit into the account, and the limit that is met then. The catalogue says
    /// what one tenant of a tier needs (`TierCatalogue::needs`). A quota that cannot be read is reported as unknown. Changes
    /// nothing.
    pub fn capacity(&self, per_tenant: BTreeMap<Tier, Needs>) -> Operation<Capacity> {
        let inner = Arc::clone(&self.inner);
        Operation::new(inner.desk.provider.clone(), |_, _| async move {
            let quotas: BTreeSet<&QuotaId> = per_tenant.values().flat_map(BTreeMap::keys).collect();
            let readings = quota::read(&*inner.desk.provider, quotas).await;
            Ok(Capacity::new(&inner.desk.kinds, &per_tenant, &readings))
        })
    }

    /// Carries out a plan: as [`super::Mate::apply`], with the same guarantees.
    ///
    /// A plan that destroys is refused while tenants stand on the platform, whenever it was made.
    ///
    /// # Errors
    /// [`Error::Stale`], [`Error::Consent`], [`Error::TenantsStand`] before anything is changed; [`Error::Run`] after.
    pub fn apply(&self, plan: Plan, consents: Consents) -> Operation<Applied> {
        let inner = Arc::clone(&self.inner);
        Operation::new(inner.desk.provider.clone(), |events, cancellation| async move {
            inner.desk.apply(plan, &consents, &events, &cancellation).await
        })
    }

    /// Brings a platform to its spec: plan and apply in one, with no consent given.
    ///
    /// # Errors
    /// As [`Platform::plan`] and [`Platform::apply`].
    pub fn provision(&self, spec: &PlatformSpec) -> Operation<Applied> {
        let (inner, spec) = (Arc::clone(&self.inner), spec.clone());
        Operation::new(inner.desk.provider.clone(), |events, cancellation| async move {
            let plan = inner.plan(&spec).await?;
            inner.desk.apply(plan, &Consents::none(), &events, &cancellation).await
        })
    }

    /// Plans a destroy: everything of the record in the right order. What is only read stays. Changes nothing.
    ///
    /// # Errors
    /// [`Error::TenantsStand`] names the tenants; [`Error::NotFound`], [`Error::Protected`], [`Error::Plan`].
    pub fn plan_destroy(&self, environment: &Environment, options: &DestroyOptions) -> Operation<Plan> {
        let (inner, environment, options) = (Arc::clone(&self.inner), environment.clone(), options.clone());
        Operation::new(
            inner.desk.provider.clone(),
            |_, _| async move { inner.plan_destroy(&environment, &options).await },
        )
    }

    /// Destroys a platform: [`Platform::plan_destroy`] and [`Platform::apply`] in one, with the consents of the options. Ends
    /// when a search by tags finds nothing left.
    ///
    /// # Errors
    /// As [`Platform::plan_destroy`] and [`Platform::apply`].
    pub fn destroy(&self, environment: &Environment, options: &DestroyOptions) -> Operation<Applied> {
        let (inner, environment, options) = (Arc::clone(&self.inner), environment.clone(), options.clone());
        Operation::new(inner.desk.provider.clone(), |events, cancellation| async move {
            let plan = inner.plan_destroy(&environment, &options).await?;
            inner.desk.apply(plan, &options.consents, &events, &cancellation).await
        })
    }

    /// Goes on with an interrupted removal of a platform. An interrupted creation or change goes on with
    /// [`Platform::provision`] or [`Platform::apply`] of the same spec.
    ///
    /// # Errors
    /// [`Error::NothingInterrupted`], [`Error::NotPossible`], and as [`Platform::destroy`].
    pub fn resume_run(&self, environment: &Environment) -> Operation<Applied> {
        let (inner, environment) = (Arc::clone(&self.inner), environment.clone());
        Operation::new(inner.desk.provider.clone(), |events, cancellation| async move {
            let key = TenantKey::platform(environment.clone());
            let (record, run) = inner.desk.interrupted(&key).await?;
            let plan = match run.goal {
                Goal::Destroy => {
                    inner.desk.free(&environment).await?;
                    inner.desk.plan_destroy_of(&record, &DestroyOptions::of(&run)).await?
                }
                Goal::Disown => inner.desk.plan_disown_of(&record)?,
                Goal::Unwind => inner.desk.plan_unwind_made(&record, &DestroyOptions::of(&run)).await?,
                Goal::Apply | Goal::Adopt | Goal::Amend => {
                    let reason = "is for a spec that the record does not hold: apply the spec again";
                    return Err(Error::NotPossible { key, reason });
                }
            };
            inner.desk.apply(plan, &run.consents, &events, &cancellation).await
        })
    }

    /// Takes away what an interrupted first creation of a platform made: as [`super::Tenant::unwind`].
    ///
    /// # Errors
    /// [`Error::NothingInterrupted`]; [`Error::NotPossible`] for a platform that was made in full before: apply the spec
    /// that it had; and as [`Platform::destroy`].
    pub fn unwind(&self, environment: &Environment, options: &DestroyOptions) -> Operation<Applied> {
        let (inner, environment, options) = (Arc::clone(&self.inner), environment.clone(), options.clone());
        Operation::new(inner.desk.provider.clone(), |events, cancellation| async move {
            let key = TenantKey::platform(environment.clone());
            let (record, run) = inner.desk.interrupted(&key).await?;
            if record.spec_digest.is_empty() && matches!(run.goal, Goal::Apply | Goal::Unwind) {
                inner.desk.free(&environment).await?;
                let plan = inner.desk.plan_unwind_made(&record, &options).await?;
                return inner.desk.apply(plan, &options.consents, &events, &cancellation).await;
            }
            let reason = "is not one that made the platform: apply the spec that it had before";
            Err(Error::NotPossible { key, reason })
        })
    }

    /// The status of a platform: its record, and each of its objects as it is now. Changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] without a record, [`Error::Store`].
    pub fn status(&self, environment: &Environment) -> Operation<TenantStatus> {
        self.reading(environment, |inner, key| async move { inner.desk.status(&key).await })
    }

    /// The diagnosis of a platform: as [`super::Tenant::diagnose`]. Changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] without a record, [`Error::Store`].
    pub fn diagnose(&self, environment: &Environment) -> Operation<TenantDiagnosis> {
        self.reading(environment, |inner, key| async move { inner.desk.diagnose(&key).await })
    }

    /// The differences from the last applied state. Changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] without a record, [`Error::Store`].
    pub fn drift(&self, environment: &Environment) -> Operation<Drift> {
        self.reading(environment, |inner, key| async move { inner.desk.drift(&key).await })
    }

    /// The base that tenants are given: the platform's outputs by name, from its record.
    ///
    /// # Errors
    /// [`Error::NotFound`] without a record; [`Error::Spec`] while an output is missing, because the platform was not made in full.
    pub fn base(&self, environment: &Environment) -> Operation<Base> {
        self.reading(environment, |inner, key| async move {
            let record = inner.desk.record(&key).await?;
            Ok(Base::from_outputs(&record.outputs)?)
        })
    }

    /// A builder of the client for this platform's tenants: provider, store, kinds and base are set.
    ///
    /// # Errors
    /// As [`Platform::base`].
    pub fn tenants_client(&self, environment: &Environment) -> Operation<MateBuilder> {
        let (inner, base) = (Arc::clone(&self.inner), self.base(environment));
        Operation::new(inner.desk.provider.clone(), |_, _| async move {
            Ok(MateBuilder::on(inner.desk.clone(), base.await?))
        })
    }

    /// The health of a platform: as [`super::Tenant::health`]. Changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] without a record, [`Error::Store`].
    pub fn health(&self, environment: &Environment) -> Operation<Health> {
        self.reading(environment, |inner, key| async move { inner.desk.health(&key, None).await })
    }

    /// The tenants that stand on the platform: those with a record, and those of which objects stand in the cloud.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Provider`].
    pub fn tenants(&self, environment: &Environment) -> Operation<Vec<OnPlatform>> {
        let (inner, environment) = (Arc::clone(&self.inner), environment.clone());
        Operation::new(inner.desk.provider.clone(), |_, _| async move { inner.desk.tenants(&environment).await })
    }

    /// Looks which existing objects stand for a base that was made elsewhere: as [`super::Mate::adopt`]. Changes nothing.
    ///
    /// # Errors
    /// As [`Platform::plan`].
    pub fn adopt(&self, spec: &PlatformSpec, source: AdoptionSource) -> Operation<Adoption> {
        let (inner, spec) = (Arc::clone(&self.inner), spec.clone());
        Operation::new(inner.desk.provider.clone(), |_, _| async move {
            let (record, key, design, after) = inner.designed(&spec).await?;
            inner.desk.adopt((&key, record.as_ref()), design, after, source).await
        })
    }

    /// Plans to disown a platform: ownership tags off, record gone, every object as it is. Carried out by
    /// [`Platform::apply`].
    ///
    /// # Errors
    /// [`Error::NotFound`] without a record, [`Error::Store`].
    pub fn plan_disown(&self, environment: &Environment) -> Operation<Plan> {
        self.reading(environment, |inner, key| async move { inner.desk.plan_disown(&key).await })
    }

    /// Looks for everything that carries the platform's ownership tags, to rebuild a record that was lost: as
    /// [`super::Mate::discover`].
    ///
    /// # Errors
    /// As [`Platform::plan`].
    pub fn discover(&self, spec: &PlatformSpec) -> Operation<Discovery> {
        let (inner, spec) = (Arc::clone(&self.inner), spec.clone());
        Operation::new(inner.desk.provider.clone(), |_, _| async move {
            let (record, key, design, after) = inner.designed(&spec).await?;
            inner.desk.discover((&key, record.as_ref()), design, after).await
        })
    }

    /// The objects that carry ownership tags of this environment, the platform's or a tenant's, and belong to no record.
    ///
    /// # Errors
    /// [`Error::Provider`] when the search fails, [`Error::Store`].
    pub fn unclaimed(&self, environment: &Environment) -> Operation<Vec<Discovered>> {
        let (inner, environment) = (Arc::clone(&self.inner), environment.clone());
        Operation::new(inner.desk.provider.clone(), |_, _| async move { inner.desk.unclaimed(&environment).await })
    }

    /// An operation that reads one platform, and outlives this client.
    fn reading<T, Fut>(
        &self,
        environment: &Environment,
        work: impl FnOnce(Arc<Inner>, TenantKey) -> Fut,
    ) -> Operation<T>
    where
        Fut: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let (inner, key) = (Arc::clone(&self.inner), TenantKey::platform(environment.clone()));
        Operation::new(inner.desk.provider.clone(), |_, _| work(inner, key))
    }
}

impl Inner {
    /// The design, once it is sure that the provider works where the spec wants it.
    async fn designed(&self, spec: &PlatformSpec) -> Result<(Option<Record>, TenantKey, Design, After), Error> {
        spec.validate()?;
        let identity = self.desk.provider.identity().await?;
        let account = spec.account_id().map_or(identity.account_id.as_str(), |account| account.as_str());
        if account != identity.account_id || spec.region().as_str() != identity.region {
            return Err(Error::OtherPlace { wanted: place(account, spec.region().as_str()), present: at(&identity) });
        }
        let key = TenantKey::platform(spec.environment().clone());
        let record = self.desk.store.get(&key).await?;
        if let Some(record) = &record {
            let recorded = (record.outputs.get("account_id"), record.outputs.get("region"));
            if let (Some(account), Some(region)) = recorded
                && (*account != identity.account_id || *region != identity.region)
            {
                let environment = spec.environment().clone();
                let recorded = place(account, region);
                return Err(Error::OtherPlatform { environment, recorded, wanted: at(&identity) });
            }
        }
        let design = self.blueprint.design(spec, &identity)?;
        let after = After {
            phase: Some(RecordPhase::Active),
            spec_digest: super::desk::digest(&design.graph),
            spec: None,
            operating: Default::default(),
            summary: RecordSummary {
                display_name: format!("Platform {}", spec.environment()),
                tier: String::new(),
                url: String::new(),
            },
            deletion_protection: spec.deletion_protection,
            outputs: design.outputs.clone(),
        };
        Ok((record, key, design, after))
    }

    async fn plan(&self, spec: &PlatformSpec) -> Result<Plan, Error> {
        let (record, key, design, after) = self.designed(spec).await?;
        self.desk.plan_part((&key, record.as_ref()), design, after, &RepairSelection::all()).await
    }

    async fn plan_destroy(&self, environment: &Environment, options: &DestroyOptions) -> Result<Plan, Error> {
        self.desk.free(environment).await?;
        self.desk.plan_destroy(&TenantKey::platform(environment.clone()), options).await
    }
}

fn at(identity: &Identity) -> String {
    place(&identity.account_id, &identity.region)
}

fn place(account: &str, region: &str) -> String {
    format!("account {account}, region {region}")
}
