//! The arguments of the verbs.

use mate::kinds::service::DeploymentStrategy;
use mate::lifecycle::{Change, Deployment, Scale, ServiceScale};
use mate::model::DriftClass;
use mate::model::Tags;
use mate::plan::Plan;
use mate::spec::{EngineVersion, FargateSize, ImageReference, InstanceClass, ServiceName, TenantSpec};
use mate::vocab::{Command, Migration, SuspendedCache, Suspension};
use mate::vocab::{Consents, RepairSelection};
use mate::{DestroyOptions, Error, MaintenanceOptions, Mate};

pub(super) fn removing() -> Suspension {
    Suspension::new().with_cache(SuspendedCache::SnapshottedAndRemoved)
}

pub(super) fn django() -> ServiceName {
    ServiceName::new("django").unwrap()
}

pub(super) fn tag(tag: &str) -> Deployment {
    Deployment::of(ImageReference::new(tag).unwrap())
}

/// A release with a migration, over two target groups.
pub(super) fn deployment(of: &str) -> Deployment {
    let canary = DeploymentStrategy::Canary { percent: 10, canary_bake_minutes: 1, bake_minutes: 1 };
    tag(of).with_migration(Migration::new(django(), ["migrate"])).with_strategy(canary)
}

pub(super) fn command() -> Command {
    Command::new(django(), ["python", "manage.py", "check"])
}

/// Another size for a service, and another class for the database.
pub(super) fn scale() -> Scale {
    let celery = ServiceName::new("celery").unwrap();
    let scale = Scale::new().with_service(celery, ServiceScale::size(FargateSize::new(1024, 2048).unwrap()));
    scale.with_instance_class(InstanceClass::new("db.t4g.medium").unwrap())
}

pub(super) fn deferred() -> Change {
    Change::Scale(Box::new(Scale::new().with_instance_class(InstanceClass::new("db.t4g.large").unwrap())))
}

/// Another major version of the database, with a parameter group of its own.
pub(super) fn upgraded(spec: &TenantSpec) -> TenantSpec {
    let database = spec.database().clone().with_engine_version(EngineVersion::new("18").unwrap());
    spec.clone().into_builder().with_database(database).build().unwrap()
}

pub(super) fn security() -> RepairSelection {
    RepairSelection::classes([DriftClass::Security])
}

pub(super) fn at_any_time() -> MaintenanceOptions {
    MaintenanceOptions::new().regardless_of_time()
}

pub(super) fn options() -> DestroyOptions {
    DestroyOptions::new().without_final_snapshot().empty_bucket()
}

/// The tags that everything carries whose ownership tags were taken off.
pub(super) fn by_cost_center() -> Tags {
    Tags::from([("CostCenter".into(), "engineering".into())])
}

/// Carries out a plan with every consent.
pub(super) async fn consented(mate: &Mate, plan: Plan) -> Result<(), Error> {
    let consents = Consents::to_every_step_of(&plan);
    mate.apply(plan, consents).await.map(drop)
}
