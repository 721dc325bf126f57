//! Whole tenants on the emulator: provision, empty re-plan, change, destroy, empty sweep.

use mate::plan::Plan;
use mate::spec::{Format, TenantSpec};
use mate::vocab::Consents;
use mate::{DestroyOptions, Mate};

use crate::world::{World, example};

async fn live(mate: &Mate, spec: &TenantSpec, changed: &TenantSpec) {
    let id = spec.id();
    let applied = mate.provision(spec).await.unwrap_or_else(|error| panic!("{id}: {error}"));
    assert_eq!(applied.url(), format!("https://{id}.mate.sociant.ai"));
    assert_empty(&mate.plan(spec).await.unwrap());
    assert!(mate.tenant(&id).status().await.unwrap().is_ready(), "{id}");

    let plan = mate.plan(changed).await.unwrap();
    assert!(plan.steps.iter().any(|step| step.action.acts()), "{id}: there is something to change");
    let consents = Consents::to_every_step_of(&plan);
    mate.apply(plan, consents).await.unwrap_or_else(|error| panic!("{id}, change: {error}"));
    assert_empty(&mate.plan(changed).await.unwrap());

    let plan = mate.tenant(&id).plan_destroy(&DestroyOptions::new()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    mate.apply(plan, consents).await.unwrap_or_else(|error| panic!("{id}, destroy: {error}"));
    assert!(!mate.tenants().await.unwrap().iter().any(|key| key.tenant == id));
}

#[track_caller]
fn assert_empty(plan: &Plan) {
    let changes: Vec<_> = plan.steps.iter().filter(|step| step.action.acts()).collect();
    assert!(plan.is_empty(), "{:?} {changes:#?}", plan.record_changes);
}

/// The same document with some of its text replaced.
fn edited(file: &str, edits: &[(&str, &str)]) -> TenantSpec {
    let mut text = std::fs::read_to_string(format!("examples/tenants/{file}")).unwrap();
    for (from, to) in edits {
        assert!(text.contains(from), "{file} has {from}");
        text = text.replace(from, to);
    }
    let format = if file.ends_with(".toml") { Format::Toml } else { Format::Tfvars };
    TenantSpec::from_str(format, &text).unwrap()
}

/// By AWS's own client: nothing carries the tenant's tags but its final snapshot.
fn assert_swept(world: &World, id: &str) {
    let filter = format!("Key=Tenant,Values={id}");
    let left = world.aws(&["resourcegroupstaggingapi", "get-resources", "--tag-filters", &filter]);
    let left: Vec<&str> = left["ResourceTagMappingList"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|resource| resource["ResourceARN"].as_str())
        .filter(|arn| !arn.contains(":snapshot:"))
        .collect();
    assert!(left.is_empty(), "{id}: {left:?}");
    let roles = world.aws(&["iam", "list-roles", "--path-prefix", &format!("/mate/dev/{id}/")]);
    assert_eq!(roles["Roles"], serde_json::json!([]), "{id}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_three_examples_and_a_tenant_of_five_services_live_side_by_side() {
    let world = World::new().await;
    let tenants = [
        (
            example("clinic.tfvars"),
            edited("clinic.tfvars", &[("\"trial\"", "\"standard\""), ("db.t4g.micro", "db.t4g.small")]),
        ),
        (
            example("regional.tfvars"),
            edited(
                "regional.tfvars",
                &[("db.t4g.small", "db.t4g.large"), ("max_capacity          = 5", "max_capacity = 8")],
            ),
        ),
        (
            example("medcenter.tfvars"),
            edited(
                "medcenter.tfvars",
                &[
                    ("django_desired_count = 5", "django_desired_count = 6"),
                    ("rds_allocated_storage = 100", "rds_allocated_storage = 200"),
                ],
            ),
        ),
        (example("docuthinker.toml"), edited("docuthinker.toml", &[("tier = \"standard\"", "tier = \"enterprise\"")])),
    ];
    let lives = tenants.iter().map(|(spec, changed)| live(&world.mate, spec, changed));
    futures::future::join_all(lives).await;
    for (spec, _) in &tenants {
        assert_swept(&world, spec.id().as_str());
    }
    let snapshots = world.aws(&["rds", "describe-db-snapshots", "--snapshot-type", "manual"]);
    assert_eq!(snapshots["DBSnapshots"].as_array().unwrap().len(), tenants.len(), "each left a final snapshot");
}
