//! The other example tenants: active, and a few moments more.

use mate::spec::TenantSpec;
use mate::vocab::Consents;
use mate::vocab::Suspension;
use serde_json::json;

use super::life::{Life, MIDDLE};
use super::runs::{deployment, removing};
use crate::fixture::{Document, Fixture, Of};
use crate::subject::Subject;
use crate::world::World;

pub(super) fn base() -> Document {
    Document::toml(std::fs::read_to_string("examples/base-dev.toml").unwrap())
}

pub(super) fn example(file: &str) -> TenantSpec {
    TenantSpec::from_path(format!("examples/tenants/{file}")).unwrap()
}

pub(super) async fn fixtures() -> Vec<Fixture> {
    let mut all = Vec::new();
    for (name, file) in
        [("clinic", "clinic.tfvars"), ("medcenter", "medcenter.tfvars"), ("docuthinker", "docuthinker.toml")]
    {
        let mut life = Life::new(name, Of::Tenant, Document::of(&example(file)), Some(base()));
        let empty = World::empty().saved().await;
        let active = life.after(&empty, async |_, subject| subject.provision().await).await;
        life.keep("active", "It was provisioned.", json!({}), &active).await;
        let suspended = life
            .after(&active, async |_, subject| {
                let (mate, id) = subject.mate();
                mate.tenant(&id).suspend(Suspension::new()).await.map(drop)
            })
            .await;
        life.keep("suspended", "It was suspended, its cache kept.", json!({}), &suspended).await;
        let provision = ("provision", json!({}));
        life.interrupt("provision-interrupted", provision, &empty, MIDDLE, async |_, subject| {
            subject.provision().await
        })
        .await;
        if name == "docuthinker" {
            all.extend(life.fixtures());
            continue;
        }
        let deploy = ("deploy", json!({"images": "v1", "migration": ["migrate"], "strategy": "canary"}));
        life.interrupt("deploy-interrupted", deploy, &active, MIDDLE, async |_, subject| {
            let (mate, id) = subject.mate();
            mate.tenant(&id).deploy(&deployment("v1"), Consents::none()).await.map(drop)
        })
        .await;
        let suspend = ("suspend", json!({"cache": "snapshotted_and_removed"}));
        life.interrupt("suspend-without-cache-interrupted", suspend, &active, MIDDLE, async |_, subject| {
            let (mate, id) = subject.mate();
            mate.tenant(&id).suspend(removing()).await.map(drop)
        })
        .await;
        all.extend(life.fixtures());
    }
    all.extend(on_a_platform().await);
    all
}

/// A tenant on the platform of the same store, which has a record of its own.
async fn on_a_platform() -> Vec<Fixture> {
    let platform = Life::new("platform", Of::Platform, Document::toml(super::platforms::defaults()), None);
    let empty = World::empty().saved().await;
    let stands = platform.after(&empty, async |_, subject| subject.provision().await).await;
    let mut life = Life::new("on-platform", Of::Tenant, Document::of(&example("regional.tfvars")), None);
    let provision = async |_: &World, subject: &Subject| subject.provision().await;
    let active = life.after(&stands, provision).await;
    life.keep("active", "It stands on a platform of the same store.", json!({}), &active).await;
    life.interrupt("provision-interrupted", ("provision", json!({})), &stands, MIDDLE, provision).await;
    life.fixtures()
}
