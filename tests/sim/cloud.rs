//! A client over SimCloud, and the example tenants.

use mate::blueprint::Blueprint;
use mate::plan::{Action, Plan, Step};
use mate::spec::{Base, Format, TenantSpec};
use mate::state::{Leases, Records};
use mate::tiers::TierCatalogue;
use mate::{Mate, MemoryStore, SimCloud};

pub(crate) const EXAMPLES: [&str; 4] = ["clinic.tfvars", "regional.tfvars", "medcenter.tfvars", "docuthinker.toml"];

pub(crate) fn base() -> Base {
    Base::from_path("examples/base-dev.toml").unwrap()
}

pub(crate) fn example(file: &str) -> TenantSpec {
    TenantSpec::from_path(format!("examples/tenants/{file}")).unwrap()
}

pub(crate) struct World {
    pub(crate) cloud: SimCloud,
    pub(crate) store: MemoryStore,
    pub(crate) mate: Mate,
}

pub(crate) fn world() -> World {
    on(SimCloud::new(7))
}

pub(crate) fn on(cloud: SimCloud) -> World {
    let store = MemoryStore::new();
    let mate = Mate::builder()
        .provider(cloud.clone())
        .store(store.clone())
        .catalogue(TierCatalogue::standard())
        .base(base())
        .build()
        .unwrap();
    World { cloud, store, mate }
}

/// Another client of the same cloud and store, with a blueprint of its own.
pub(crate) fn with_blueprint(world: &World, blueprint: impl Blueprint + 'static) -> Mate {
    Mate::builder()
        .provider(world.cloud.clone())
        .store(world.store.clone())
        .catalogue(TierCatalogue::standard())
        .base(base())
        .blueprint(blueprint)
        .build()
        .unwrap()
}

pub(crate) fn tfvars(text: &str) -> TenantSpec {
    TenantSpec::from_str(Format::Tfvars, text).unwrap()
}

/// The steps that change something in the cloud.
pub(crate) fn changes(plan: &Plan) -> impl Iterator<Item = &Step> {
    plan.steps.iter().filter(|step| step.action.acts() && step.action != Action::Adopt)
}

/// Loses the record of a tenant. The benchmarks are built without the suites.
#[cfg(feature = "testing")]
pub(crate) async fn forget(store: &MemoryStore, key: &mate::model::ids::TenantKey) {
    let version = store.get(key).await.unwrap().unwrap().version;
    let lease = mate::state::suite::leased(store, key).await;
    store.delete(&lease, version).await.unwrap();
    store.release(&lease).await.unwrap();
}
