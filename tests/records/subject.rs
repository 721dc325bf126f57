//! A tenant or a platform, through its client.

use mate::adopt::AdoptionSource;
use mate::model::Tags;
use mate::model::ids::TenantKey;
use mate::plan::Plan;
use mate::spec::{PlatformSpec, TenantSpec};
use mate::vocab::Consents;
use mate::vocab::TenantPhase;
use mate::{Error, Mate, Platform};

use crate::fixture::{Fixture, Of};
use crate::world::World;

pub(crate) enum Subject {
    Tenant(Mate, Box<TenantSpec>),
    Platform(Platform, Box<PlatformSpec>),
}

impl Subject {
    pub(crate) async fn of(fixture: &Fixture, world: &World) -> Result<Self, Error> {
        if fixture.of == Of::Platform {
            return Ok(Self::Platform(world.platform(), Box::new(fixture.spec.platform())));
        }
        let base = match &fixture.base {
            Some(base) => base.base(),
            None => world.platform().base(&"dev".parse().unwrap()).await?,
        };
        Ok(Self::Tenant(world.mate(&base, &fixture.renamed), Box::new(fixture.spec.tenant())))
    }

    pub(crate) fn key(&self) -> TenantKey {
        match self {
            Self::Tenant(mate, spec) => mate.tenant(&spec.id()).key().clone(),
            Self::Platform(_, spec) => TenantKey::platform(spec.environment().clone()),
        }
    }

    pub(crate) async fn phase(&self, world: &World) -> Result<TenantPhase, Error> {
        match self {
            Self::Tenant(mate, spec) => mate.tenant(&spec.id()).phase().await,
            Self::Platform(..) => Ok(TenantPhase::of(world.record(&self.key()).await.as_ref())),
        }
    }

    pub(crate) async fn plan(&self) -> Result<Plan, Error> {
        match self {
            Self::Tenant(mate, spec) => mate.plan(spec).await,
            Self::Platform(platform, spec) => platform.plan(spec).await,
        }
    }

    async fn apply(&self, plan: Plan) -> Result<(), Error> {
        let consents = Consents::to_every_step_of(&plan);
        match self {
            Self::Tenant(mate, _) => mate.apply(plan, consents).await.map(drop),
            Self::Platform(platform, _) => platform.apply(plan, consents).await.map(drop),
        }
    }

    pub(crate) async fn provision(&self) -> Result<(), Error> {
        let plan = self.plan().await?;
        self.apply(plan).await
    }

    pub(crate) async fn adopt(&self, tags: Tags) -> Result<(), Error> {
        let source = AdoptionSource::tags(tags);
        let adoption = match self {
            Self::Tenant(mate, spec) => mate.adopt(spec, source).await?,
            Self::Platform(platform, spec) => platform.adopt(spec, source).await?,
        };
        self.apply(adoption.plan).await
    }

    pub(crate) async fn resume_run(&self) -> Result<(), Error> {
        match self {
            Self::Tenant(mate, spec) => mate.tenant(&spec.id()).resume_run().await.map(drop),
            Self::Platform(platform, spec) => platform.resume_run(spec.environment()).await.map(drop),
        }
    }

    pub(crate) async fn tend(&self) -> Result<(), Error> {
        match self {
            Self::Tenant(mate, spec) => mate.tenant(&spec.id()).tend().await.map(drop),
            Self::Platform(..) => Ok(()),
        }
    }

    /// The objects that carry ownership tags and belong to no record, by ARN.
    pub(crate) async fn unclaimed(&self) -> Result<Vec<String>, Error> {
        let found = match self {
            Self::Tenant(mate, _) => mate.unclaimed().await?,
            Self::Platform(platform, spec) => platform.unclaimed(spec.environment()).await?,
        };
        Ok(found.into_iter().map(|object| object.arn).collect())
    }

    /// Looks at it, and plans; whatever the answers are.
    pub(crate) async fn read(&self) {
        match self {
            Self::Tenant(mate, spec) => {
                drop(mate.tenant(&spec.id()).status().await);
                drop(mate.tenant(&spec.id()).lease().await);
                drop(mate.tenant(&spec.id()).releases().await);
                drop(mate.plan(spec).await);
            }
            Self::Platform(platform, spec) => {
                drop(platform.status(spec.environment()).await);
                drop(platform.base(spec.environment()).await);
                drop(platform.plan(spec).await);
            }
        }
    }

    /// Verifies the log, and answers how many entries it has.
    pub(crate) async fn verify(&self) -> Result<u64, Error> {
        let verified = match self {
            Self::Tenant(mate, spec) => mate.tenant(&spec.id()).verify().await?,
            Self::Platform(platform, spec) => platform.verify(spec.environment()).await?,
        };
        Ok(verified.entries)
    }
}

/// The steps of a plan that do something, for people.
pub(crate) fn told(plan: &Plan) -> String {
    let steps = plan.steps.iter().filter(|step| step.action.acts());
    let steps: Vec<String> =
        steps.map(|step| format!("{} {:?} {:?} ({})", step.node, step.action, step.fields(), step.reason)).collect();
    steps.join("; ")
}
