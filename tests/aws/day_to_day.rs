//! One tenant, on whom what comes up day by day is done over the wire: rotation, a manual change, a rename, a look at its health,
//! deployments with a migration, commands and maintenance. AWS's own client confirms each.

use std::collections::BTreeMap;

use mate::engine::EventKind;
use mate::health::{HealthIssue, Verdict};
use mate::lifecycle::{Change, Deployment, Scale, ServiceScale};
use mate::model::DriftClass;
use mate::model::ids::NodeId;
use mate::spec::{ImageReference, InstanceClass, ServiceName, TaskCount};
use mate::vocab::{Command, Migration, TenantPhase};
use mate::vocab::{Consents, RepairSelection};
use mate::{Error, MaintenanceOptions};
use serde_json::Value;

use crate::life::{Clinic, node};

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_is_kept_from_day_to_day() {
    let clinic = Clinic::provisioned().await;
    rotated(&clinic).await;
    replaced(&clinic).await;
    drifted(&clinic).await;
    renamed(&clinic).await;
    looked_at(&clinic).await;
    migrated(&clinic).await;
    put_back(&clinic).await;
    commanded(&clinic).await;
    maintained(&clinic).await;
}

/// The version of each secret that is the present one, by name.
fn versions(clinic: &Clinic) -> BTreeMap<String, String> {
    let listed = clinic.aws(&["secretsmanager", "list-secrets"]);
    let current = |stages: &Value| stages.as_array().unwrap().iter().any(|stage| stage == "AWSCURRENT");
    let version = |secret: &Value| {
        let versions = secret["SecretVersionsToStages"].as_object().unwrap();
        versions.iter().find(|(_, stages)| current(stages)).unwrap().0.clone()
    };
    let secrets = listed["SecretList"].as_array().unwrap().iter();
    secrets.map(|secret| (secret["Name"].as_str().unwrap().to_owned(), version(secret))).collect()
}

/// The deployment that each service runs.
fn deployments(clinic: &Clinic) -> Vec<String> {
    let services = clinic.services();
    services.iter().map(|service| service["deployments"][0]["id"].as_str().unwrap().to_owned()).collect()
}

async fn rotated(clinic: &Clinic) {
    let (mate, id) = (&clinic.world.mate, clinic.id());
    let (secrets, tasks) = (versions(clinic), deployments(clinic));
    mate.tenant(&id).rotate(&[]).await.unwrap();
    let (after, anew) = (versions(clinic), deployments(clinic));
    assert_eq!(secrets.len(), 3);
    assert!(secrets.iter().all(|(name, version)| after[name] != *version), "{secrets:?} {after:?}");
    assert!(tasks.iter().all(|deployment| !anew.contains(deployment)), "every service was started anew");
    clinic.assert_credentials_taken();
    assert!(mate.plan(&clinic.spec).await.unwrap().is_empty());

    mate.tenant(&id).rotate(&[node("django-secret-key")]).await.unwrap();
    let alone = versions(clinic);
    let changed: Vec<&str> =
        alone.iter().filter(|(name, version)| after[*name] != **version).map(|(name, _)| name.as_str()).collect();
    assert_eq!(changed, ["mate-clinic-dev-django-secret-key"]);
}

/// Another security group in the place of one that is as it should be: the services move, and the old one goes.
async fn replaced(clinic: &Clinic) {
    let (mate, id) = (&clinic.world.mate, clinic.id());
    let groups = || -> Vec<String> {
        let filter = ["--filters", "Name=tag:Component,Values=ecs-security-group"];
        let found = clinic.aws(&[&["ec2", "describe-security-groups"], &filter[..]].concat());
        let found = found["SecurityGroups"].as_array().unwrap().iter();
        found.map(|group| group["GroupId"].as_str().unwrap().to_owned()).collect()
    };
    let before = groups();
    let plan = mate.tenant(&id).plan_replace(&[node("ecs-security-group")]).await.unwrap();
    mate.apply(plan, Consents::none()).await.unwrap();
    let after = groups();
    assert!(before.len() == 1 && after.len() == 1 && before != after, "{before:?} {after:?}");
    for service in clinic.services() {
        let network = &service["networkConfiguration"]["awsvpcConfiguration"];
        assert_eq!(network["securityGroups"], serde_json::json!(after), "{service}");
    }
    assert!(mate.plan(&clinic.spec).await.unwrap().is_empty());
}

fn versioning(clinic: &Clinic) -> Value {
    clinic.aws(&["s3api", "get-bucket-versioning", "--bucket", "mate-clinic-dev-data-123456789012-us-east-1"])["Status"]
        .clone()
}

/// Of two manual changes the grave one is put right, and the other is left until it is asked for.
async fn drifted(clinic: &Clinic) {
    let (mate, id) = (&clinic.world.mate, clinic.id());
    clinic.open_the_database();
    let suspended =
        ["--bucket", "mate-clinic-dev-data-123456789012-us-east-1", "--versioning-configuration", "Status=Suspended"];
    clinic.aws(&[&["s3api", "put-bucket-versioning"], &suspended[..]].concat());
    let drift = mate.tenant(&id).drift().await.unwrap();
    assert_eq!(drift.worst(), Some(DriftClass::Security));
    assert_eq!(drift.counts(), BTreeMap::from([(DriftClass::Security, 1), (DriftClass::Data, 1)]), "{drift}");

    mate.tenant(&id).repair(&RepairSelection::classes([DriftClass::Security]), Consents::none()).await.unwrap();
    assert!(!clinic.database_is_open());
    assert_eq!(versioning(clinic), "Suspended", "it was not to be repaired");
    let left = mate.tenant(&id).drift().await.unwrap();
    assert_eq!(left.counts(), BTreeMap::from([(DriftClass::Data, 1)]), "{left}");

    mate.tenant(&id).repair(&RepairSelection::all(), Consents::none()).await.unwrap();
    assert_eq!(versioning(clinic), "Enabled");
    assert!(mate.tenant(&id).drift().await.unwrap().is_empty());
}

/// The same bucket under another id, and back.
async fn renamed(clinic: &Clinic) {
    let (mate, id) = (&clinic.world.mate, clinic.id());
    let component = || {
        let tags =
            clinic.aws(&["s3api", "get-bucket-tagging", "--bucket", "mate-clinic-dev-data-123456789012-us-east-1"]);
        let tags = tags["TagSet"].as_array().unwrap();
        tags.iter().find(|tag| tag["Key"] == "Component").unwrap()["Value"].as_str().unwrap().to_owned()
    };
    assert_eq!(component(), "bucket");
    mate.tenant(&id).rename_node(node("bucket"), node("uploads")).await.unwrap();
    assert_eq!(component(), "uploads");
    let status = mate.tenant(&id).status().await.unwrap();
    let uploads = status.nodes.iter().find(|node| node.node.as_str() == "uploads").unwrap();
    assert_eq!(uploads.name, "mate-clinic-dev-data-123456789012-us-east-1");
    mate.tenant(&id).rename_node(node("uploads"), node("bucket")).await.unwrap();
    assert_eq!(component(), "bucket");
    assert!(mate.plan(&clinic.spec).await.unwrap().is_empty());
}

/// The health of a tenant names the part that stops serving and the next step, and is good again once the part serves.
async fn looked_at(clinic: &Clinic) {
    let (mate, id) = (&clinic.world.mate, clinic.id());
    let health = mate.tenant(&id).health().await.unwrap();
    assert_eq!(health.verdict, Verdict::Healthy, "{health}");
    let database = ["--db-instance-identifier", "mate-clinic-dev-db"];
    clinic.aws(&[&["rds", "stop-db-instance"], &database[..]].concat());
    let health = mate.tenant(&id).health().await.unwrap();
    assert_eq!(health.verdict, Verdict::Unhealthy, "{health}");
    let reason = &health.reasons[0];
    assert_eq!(reason.node.as_ref().map(NodeId::as_str), Some("db"), "{health}");
    assert!(!reason.next.is_empty() && !matches!(reason.issue, HealthIssue::NotAnswered), "{health}");
    mate.tenant(&id).repair(&RepairSelection::all(), Consents::none()).await.unwrap();
    let health = mate.tenant(&id).health().await.unwrap();
    assert_eq!(health.verdict, Verdict::Healthy, "{health}");
}

fn migrating(tag: &str, command: &[&str]) -> Deployment {
    let migration = Migration::new(ServiceName::new("django").unwrap(), command.iter().copied());
    Deployment::of(ImageReference::new(tag).unwrap()).with_migration(migration)
}

/// The services move once the migration has exited with 0, and do not where it exits with anything else.
async fn migrated(clinic: &Clinic) {
    let (mate, id) = (&clinic.world.mate, clinic.id());
    let digest = clinic.push("v1");
    mate.tenant(&id).deploy(&migrating("v1", &["python", "manage.py", "migrate"]), Consents::none()).await.unwrap();
    let tasks = clinic.ended(["--family", "mate-clinic-dev-django"]);
    let [task] = tasks.as_slice() else { panic!("{tasks:?}") };
    assert_eq!(task["containers"][0]["exitCode"], 0);
    assert!(task["containers"][0]["image"].as_str().unwrap().ends_with(&digest), "{task}");
    let ended = task["stoppedAt"].as_f64().unwrap();
    for service in clinic.services() {
        assert!(clinic.image(&service).ends_with(&digest), "{service}");
        let began = service["deployments"][0]["createdAt"].as_f64().unwrap();
        assert!(ended <= began, "{service}: {ended} {began}");
    }

    // A service that had come so far would have left tasks that ended with 1.
    clinic.push("exit-1");
    let error = mate.tenant(&id).deploy(&migrating("exit-1", &["exit", "3"]), Consents::none()).await.unwrap_err();
    assert!(matches!(error, Error::RolledBack { to: Some(1), .. }), "{error}");
    assert!(error.to_string().contains("exit code 3"), "{error}");
    for service in clinic.services() {
        let name = service["serviceName"].as_str().unwrap();
        assert!(clinic.ended(["--service-name", name]).is_empty(), "{name} has moved");
        assert!(clinic.image(&service).ends_with(&digest));
    }
    assert_eq!(mate.tenant(&id).releases().await.unwrap().current, Some(1));
    assert!(mate.plan(&clinic.spec).await.unwrap().is_empty());
}

/// If the consumers of a new value do not come up, the value before is put back, and they come up.
async fn put_back(clinic: &Clinic) {
    let (mate, id) = (&clinic.world.mate, clinic.id());
    let values =
        || ["database-credentials", "redis-auth"].map(|secret| clinic.secret(&format!("mate-clinic-dev-{secret}")));
    let before = values();
    clinic.tag("v1", "exit-2");
    let operation = mate.tenant(&id).rotate(&[node("database-credentials"), node("redis-auth")]);
    let mut events = operation.events();
    let healed = async {
        while let Some(event) = events.next().await {
            if matches!(event.kind, EventKind::RunFinished) {
                clinic.untag("exit-2");
            }
        }
    };
    let (rotated, ()) = tokio::join!(operation, healed);
    let error = rotated.unwrap_err();
    assert!(matches!(error, Error::PutBack { .. }), "{error}");
    assert!(error.to_string().contains("exit code 2"), "{error}");
    assert!(values() == before, "the values are others");
    clinic.assert_credentials_taken();
    assert!(mate.plan(&clinic.spec).await.unwrap().is_empty());
}

/// A command answers with its exit code, whatever that is, and the task that AWS tells of is the one.
async fn commanded(clinic: &Clinic) {
    let (mate, id) = (&clinic.world.mate, clinic.id());
    for (command, code) in [(&["python", "manage.py", "check"][..], 0), (&["exit", "3"][..], 3)] {
        let command = Command::new(ServiceName::new("django").unwrap(), command.iter().copied());
        let output = mate.tenant(&id).run_command(&command).await.unwrap();
        assert_eq!(output.exit_code, code);
        let tasks = clinic.ended(["--family", "mate-clinic-dev-django"]);
        let task = tasks.iter().find(|task| task["taskArn"] == output.task_arn.as_str()).expect("AWS knows of it");
        assert_eq!(task["containers"][0]["exitCode"], code);
        assert!(mate.plan(&clinic.spec).await.unwrap().is_empty());
    }
}

/// A change that takes the database down waits for maintenance; the other changes do not.
async fn maintained(clinic: &Clinic) {
    let (mate, id) = (&clinic.world.mate, clinic.id());
    let database = || clinic.database();
    let before = database();
    let count = ServiceScale::count(TaskCount::new(2).unwrap());
    let scale = Scale::new().with_service(ServiceName::new("django").unwrap(), count);
    let scale = scale.with_instance_class(InstanceClass::new("db.t4g.large").unwrap());
    mate.tenant(&id).defer(Change::Scale(Box::new(scale)), Consents::none()).await.unwrap();
    assert_eq!(database()["DBInstanceClass"], before["DBInstanceClass"]);
    let django = clinic.services().into_iter().find(|service| service["serviceName"] == "mate-clinic-dev-django");
    assert_eq!(django.unwrap()["desiredCount"], 2);
    let report = mate.tenant(&id).maintain(&MaintenanceOptions::new().regardless_of_time()).await.unwrap();
    let work: Vec<&str> = report.work.iter().map(|work| work.node.as_str()).collect();
    assert_eq!(work, ["db"]);
    let after = database();
    assert_eq!(
        (&after["DBInstanceClass"], &after["DbiResourceId"]),
        (&"db.t4g.large".into(), &before["DbiResourceId"])
    );
    assert_eq!(mate.tenant(&id).phase().await.unwrap(), TenantPhase::Active);
}
