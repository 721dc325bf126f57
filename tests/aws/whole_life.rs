//! A tenant's life from the trial to the end on the emulator: every verb where it comes in a life, and a log that tells all of it.

use mate::lifecycle::{Change, Deployment, Scale};
use mate::model::DriftClass;
use mate::spec::{Gib, ImageReference, ServiceName, Tier};
use mate::state::LogEvent;
use mate::vocab::{Consents, RepairSelection};
use mate::vocab::{Migration, Suspension, TenantPhase};
use mate::{DestroyOptions, Error, Mate};

use crate::life::Clinic;

fn release(tag: &str) -> Deployment {
    let migration = Migration::new(ServiceName::new("django").unwrap(), ["python", "manage.py", "migrate"]);
    Deployment::of(ImageReference::new(tag).unwrap()).with_migration(migration)
}

async fn consented(mate: &Mate, clinic: &Clinic, change: Change) {
    let plan = mate.tenant(&clinic.id()).plan_change(change).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    mate.apply(plan, consents).await.unwrap();
}

fn counts(clinic: &Clinic) -> Vec<u64> {
    clinic.services().iter().map(|service| service["runningCount"].as_u64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_lives_from_its_trial_to_its_end() {
    let clinic = Clinic::new().await;
    let mate = clinic.world.mate.by("alice@example.com").because("a whole life");
    let id = clinic.id();
    let phase = async || mate.tenant(&id).phase().await.unwrap();

    assert_eq!(phase().await, TenantPhase::Requested);
    mate.provision(&clinic.spec).await.unwrap();
    let good = clinic.push("good");
    mate.tenant(&id).deploy(&release("good"), Consents::none()).await.unwrap();
    assert!(clinic.services().iter().all(|service| clinic.image(service).ends_with(&good)));

    consented(&mate, &clinic, Change::ChangeTier(Tier::enterprise())).await;
    let database = clinic.database();
    assert!(database["TagList"].to_string().contains("enterprise"), "{database}");

    mate.tenant(&id).rotate(&[]).await.unwrap();
    clinic.assert_credentials_taken();

    clinic.push("exit-137");
    let error = mate.tenant(&id).deploy(&release("exit-137"), Consents::none()).await.unwrap_err();
    assert!(matches!(error, Error::RolledBack { release: Some(2), to: Some(1), .. }), "{error}");
    assert!(error.to_string().contains("exit code 137, out of memory"), "{error}");
    assert!(clinic.services().iter().all(|service| clinic.image(service).ends_with(&good)), "it runs the good one");

    clinic.open_the_database();
    assert_eq!(mate.tenant(&id).drift().await.unwrap().worst(), Some(DriftClass::Security));
    mate.tenant(&id).repair(&RepairSelection::classes([DriftClass::Security]), Consents::none()).await.unwrap();
    assert!(!clinic.database_is_open() && mate.tenant(&id).drift().await.unwrap().is_empty());

    mate.tenant(&id).suspend(Suspension::new()).await.unwrap();
    assert_eq!((counts(&clinic), phase().await), (vec![0, 0, 0], TenantPhase::Suspended));
    // As AWS does it after seven days.
    clinic.aws(&["rds", "start-db-instance", "--db-instance-identifier", "mate-clinic-dev-db"]);
    mate.tenant(&id).tend().await.unwrap();
    assert_eq!(clinic.database()["DBInstanceStatus"], "stopped");
    mate.tenant(&id).resume().await.unwrap();
    assert_eq!(
        (clinic.database()["DBInstanceStatus"].as_str(), phase().await),
        (Some("available"), TenantPhase::Active)
    );
    assert!(counts(&clinic).iter().all(|count| *count > 0));

    let large = Scale::new().with_allocated_storage(Gib::new(200).unwrap()).with_max_storage(Gib::new(400).unwrap());
    consented(&mate, &clinic, Change::Scale(Box::new(large))).await;
    let refused = mate.update(&clinic.spec, Consents::none()).await.unwrap_err();
    assert!(refused.to_string().contains("cannot shrink"), "back to the trial as it was: {refused}");
    consented(&mate, &clinic, Change::ChangeTier(Tier::trial())).await;
    assert_eq!(clinic.database()["AllocatedStorage"], 200, "the data is kept");
    assert_eq!(mate.tenant(&id).status().await.unwrap().summary.tier, "trial");

    let plan = mate.tenant(&id).plan_destroy(&DestroyOptions::new()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    mate.apply(plan, consents).await.unwrap();
    clinic.assert_swept();
    assert!(mate.unclaimed().await.unwrap().is_empty());
    assert_eq!(phase().await, TenantPhase::Gone);

    let history = mate.tenant(&id).history().await.unwrap();
    let ended = history.iter().filter(|entry| matches!(entry.what, LogEvent::Ended(_)));
    let told: Vec<&str> = ended.map(|entry| entry.verb.word()).collect();
    let life =
        "provision deploy change_tier rotate rotate deploy unwind repair suspend tend resume scale change_tier destroy";
    assert_eq!(told, life.split(' ').collect::<Vec<_>>());
    assert!(history.iter().all(|entry| entry.actor == "alice@example.com"));
    let verified = mate.tenant(&id).verify().await.unwrap();
    assert_eq!(verified.entries, history.len() as u64, "the log outlives the tenant, and is whole");
}
