//! A tenant's life from the trial to the end, in one: every verb where it comes in a life, and a log that tells all of it.

use std::collections::BTreeSet;
use std::time::Duration;

use mate::lifecycle::{Change, Deployment, Scale};
use mate::model::DriftClass;
use mate::spec::{Gib, ImageReference, ServiceName, Tier};
use mate::state::LogEvent;
use mate::vocab::{Consents, RepairSelection};
use mate::vocab::{Migration, Suspension, TenantPhase};
use mate::{DestroyOptions, Error};

use crate::cloud::{World, example, world};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn release(tag: &str) -> Deployment {
    let migration = Migration::new(ServiceName::new("django").unwrap(), ["python", "manage.py", "migrate"]);
    Deployment::of(ImageReference::new(tag).unwrap()).with_migration(migration)
}

async fn consented(world: &World, change: Change) {
    let id = example("clinic.tfvars").id();
    let plan = world.mate.tenant(&id).plan_change(change).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    world.mate.apply(plan, consents).await.unwrap();
}

/// The values of the secrets that there are.
fn values(world: &World) -> BTreeSet<String> {
    let secrets = world.cloud.objects().into_iter().filter(|object| object.kind.as_str() == "secretsmanager:Secret");
    secrets.map(|secret| world.cloud.secret_value(&secret.physical_id).unwrap()).collect()
}

#[tokio::test]
async fn a_tenant_lives_from_its_trial_to_its_end() {
    let world = world();
    let mate = world.mate.by("alice@example.com").because("a whole life");
    let spec = example("clinic.tfvars").into_builder().with_deletion_protection(false).build().unwrap();
    let id = spec.id();

    assert_eq!(mate.tenant(&id).phase().await.unwrap(), TenantPhase::Requested);
    mate.provision(&spec).await.unwrap();
    mate.tenant(&id).deploy(&release("good"), Consents::none()).await.unwrap();
    consented(&world, Change::ChangeTier(Tier::enterprise())).await;
    let before = values(&world);
    mate.tenant(&id).rotate(&[]).await.unwrap();
    let after = values(&world);
    assert_eq!((before.len(), after.len()), (3, 3));
    assert!(before.is_disjoint(&after), "every secret has another value");

    let bad = mate.tenant(&id).plan_deploy(&release("bad")).await.unwrap().after.operating.release.unwrap();
    world.cloud.break_image(&bad.images["django"], "essential container exited: exit code 137, out of memory");
    let error = mate.tenant(&id).deploy(&release("bad"), Consents::none()).await.unwrap_err();
    assert!(matches!(error, Error::RolledBack { release: Some(2), to: Some(1), .. }), "{error}");
    assert!(error.to_string().contains("exit code 137, out of memory"), "{error}");

    let group = "ec2:SecurityGroup".parse().unwrap();
    let open = serde_json::json!([{"protocol": "tcp", "from_port": 5432, "to_port": 5432,
        "peer": {"cidr": "0.0.0.0/0"}, "description": "by hand"}]);
    world.cloud.tamper(&group, "mate-clinic-dev-rds-sg", |inputs| inputs["ingress"] = open).unwrap();
    assert_eq!(mate.tenant(&id).drift().await.unwrap().worst(), Some(DriftClass::Security));
    mate.tenant(&id).repair(&RepairSelection::classes([DriftClass::Security]), Consents::none()).await.unwrap();
    assert!(mate.tenant(&id).drift().await.unwrap().is_empty());

    mate.tenant(&id).suspend(Suspension::new()).await.unwrap();
    for _ in 0..8 {
        world.cloud.sim_clock().advance(DAY);
        mate.tenant(&id).tend().await.unwrap();
    }
    let database = world.cloud.objects().into_iter().find(|object| object.kind.as_str() == "rds:DBInstance").unwrap();
    assert_eq!(database.inputs["stopped"], true);
    mate.tenant(&id).resume().await.unwrap();
    assert_eq!(mate.tenant(&id).phase().await.unwrap(), TenantPhase::Active);

    let large = Scale::new().with_allocated_storage(Gib::new(200).unwrap()).with_max_storage(Gib::new(400).unwrap());
    consented(&world, Change::Scale(Box::new(large))).await;
    let refused = mate.update(&spec, Consents::none()).await.unwrap_err();
    assert!(refused.to_string().contains("cannot shrink"), "back to the trial as it was: {refused}");
    consented(&world, Change::ChangeTier(Tier::trial())).await;
    assert_eq!(mate.tenant(&id).status().await.unwrap().summary.tier, "trial");

    let plan = mate.tenant(&id).plan_destroy(&DestroyOptions::new()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    mate.apply(plan, consents).await.unwrap();
    assert!(world.cloud.objects().is_empty() && mate.unclaimed().await.unwrap().is_empty());

    assert_eq!(mate.tenant(&id).phase().await.unwrap(), TenantPhase::Gone);

    let history = mate.tenant(&id).history().await.unwrap();
    let told: Vec<&str> = history
        .iter()
        .filter(|entry| matches!(entry.what, LogEvent::Ended(_)))
        .map(|entry| entry.verb.word())
        .collect();
    assert_eq!(
        told,
        [
            "provision",
            "deploy",
            "change_tier",
            "rotate",
            "rotate",
            "deploy",
            "unwind",
            "repair",
            "suspend",
            "tend",
            "resume",
            "scale",
            "change_tier",
            "destroy"
        ]
    );
    assert!(
        history
            .iter()
            .filter(|entry| entry.verb == mate::vocab::TenantVerb::Suspend)
            .all(|entry| entry.actor == "alice@example.com")
    );
    let verified = mate.tenant(&id).verify().await.unwrap();
    assert_eq!(verified.entries, history.len() as u64, "the log outlives the tenant, and is whole");
}
