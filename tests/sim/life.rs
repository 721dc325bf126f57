//! Provision, empty re-plan, change, destroy, empty sweep.

use mate::DestroyOptions;
use mate::plan::Action;
use mate::spec::TenantSpec;
use mate::vocab::Consents;

use crate::cloud::{EXAMPLES, changes, example, tfvars, world};

#[tokio::test]
async fn every_example_is_provisioned_and_says_where_it_is() {
    let world = world();
    for file in EXAMPLES {
        let spec = example(file);
        let applied = world.mate.provision(&spec).await.unwrap();
        assert_eq!(applied.url(), format!("https://{}.mate.sociant.ai", spec.id()), "{file}");
        for output in ["alb_dns_name", "database_endpoint", "redis_endpoint", "bucket", "file_system_id"] {
            assert!(applied.outputs.contains_key(output), "{file}: {output} in {:?}", applied.outputs);
        }
        assert!(world.mate.tenant(&spec.id()).status().await.unwrap().is_ready(), "{file}");
    }
    assert_eq!(world.mate.tenants().await.unwrap().len(), EXAMPLES.len());
}

#[tokio::test]
async fn the_plan_after_an_apply_is_empty() {
    let world = world();
    for file in EXAMPLES {
        let spec = example(file);
        world.mate.provision(&spec).await.unwrap();
        let plan = world.mate.plan(&spec).await.unwrap();
        assert!(plan.is_empty(), "{file}: {plan:#?}");
    }
}

#[tokio::test]
async fn without_a_record_everything_is_found_again_by_its_tags_and_nothing_is_changed() {
    let world = world();
    let spec = example("regional.tfvars");
    world.mate.provision(&spec).await.unwrap();
    let forgetful = crate::cloud::on(world.cloud.clone());
    let plan = forgetful.mate.plan(&spec).await.unwrap();
    assert_eq!(changes(&plan).count(), 0, "{plan:#?}");
    forgetful.mate.apply(plan, Consents::none()).await.unwrap();
    assert!(forgetful.mate.plan(&spec).await.unwrap().is_empty());
}

fn grown(file: &str) -> TenantSpec {
    let text = std::fs::read_to_string(format!("examples/tenants/{file}")).unwrap();
    let grown = text
        .replace("tier         = \"trial\"", "tier         = \"standard\"")
        .replace("\"db.t4g.micro\"", "\"db.t4g.large\"")
        .replace("\"db.t4g.small\"", "\"db.t4g.large\"")
        .replace("\"db.r6g.large\"", "\"db.r6g.xlarge\"")
        .replace("django_desired_count = 5", "django_desired_count = 6");
    assert_ne!(grown, text, "{file} has something to change");
    tfvars(&grown)
}

#[tokio::test]
async fn a_change_of_tier_counts_and_class_is_carried_out_and_leaves_nothing_to_do() {
    for file in ["clinic.tfvars", "regional.tfvars", "medcenter.tfvars"] {
        let world = world();
        world.mate.provision(&example(file)).await.unwrap();
        let spec = grown(file);
        let plan = world.mate.plan(&spec).await.unwrap();
        let db = plan.steps.iter().find(|step| step.node.as_str() == "db").unwrap();
        assert!(db.changes.iter().any(|change| change.path == "instance_class"), "{file}: {db:#?}");
        assert!(plan.steps.iter().all(|step| step.action != Action::Delete), "{file}: nothing goes");
        let consents = Consents::to_every_step_of(&plan);
        world.mate.apply(plan, consents).await.unwrap();
        let plan = world.mate.plan(&spec).await.unwrap();
        assert!(plan.is_empty(), "{file}: {plan:#?}");
    }
}

#[tokio::test]
async fn a_destroyed_tenant_leaves_a_snapshot_and_nothing_else() {
    for file in EXAMPLES {
        let world = world();
        let spec = example(file);
        world.mate.provision(&spec).await.unwrap();
        let options = DestroyOptions::new();
        let plan = world.mate.tenant(&spec.id()).plan_destroy(&options).await.unwrap();
        let options = options.consent(Consents::to_every_step_of(&plan));
        world.mate.tenant(&spec.id()).destroy(&options).await.unwrap();
        assert!(world.cloud.objects().is_empty(), "{file}: {:#?}", world.cloud.objects());
        assert_eq!(world.cloud.snapshots().len(), 1, "{file}");
        assert!(world.mate.tenants().await.unwrap().is_empty(), "{file}");
    }
}

#[tokio::test]
async fn a_tenant_can_be_made_again_after_it_was_destroyed() {
    let world = world();
    let spec = example("clinic.tfvars");
    for _ in 0..2 {
        world.mate.provision(&spec).await.unwrap();
        let plan = world.mate.tenant(&spec.id()).plan_destroy(&DestroyOptions::new()).await.unwrap();
        let consents = Consents::to_every_step_of(&plan);
        world.mate.apply(plan, consents).await.unwrap();
    }
    assert_eq!(world.cloud.snapshots().len(), 2, "each life leaves a snapshot of its own name");
}

#[tokio::test]
async fn one_tenant_s_destroy_leaves_its_neighbour_as_it_was() {
    let world = world();
    world.mate.provision(&example("clinic.tfvars")).await.unwrap();
    let before = format!("{:?}", world.cloud.objects());
    let regional = example("regional.tfvars");
    world.mate.provision(&regional).await.unwrap();
    let plan = world.mate.tenant(&regional.id()).plan_destroy(&DestroyOptions::new()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    world.mate.apply(plan, consents).await.unwrap();
    assert_eq!(format!("{:?}", world.cloud.objects()), before);
}

#[tokio::test]
async fn what_is_changed_by_hand_is_put_back() {
    let world = world();
    let spec = example("regional.tfvars");
    world.mate.provision(&spec).await.unwrap();
    let kind = "ec2:SecurityGroup".parse().unwrap();
    let open = serde_json::json!([]);
    world.cloud.tamper(&kind, "mate-regional-dev-rds-sg", |inputs| inputs["ingress"] = open).unwrap();
    let plan = world.mate.plan(&spec).await.unwrap();
    let changed: Vec<&str> = changes(&plan).map(|step| step.node.as_str()).collect();
    assert_eq!(changed, ["rds-security-group"]);
    world.mate.apply(plan, Consents::none()).await.unwrap();
    assert!(world.mate.plan(&spec).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_was_removed_by_hand_is_made_again() {
    let world = world();
    let spec = example("regional.tfvars");
    world.mate.provision(&spec).await.unwrap();
    world.cloud.vanish(&"ecs:Service".parse().unwrap(), "mate-regional-dev-celery").unwrap();
    world.mate.provision(&spec).await.unwrap();
    assert!(world.mate.plan(&spec).await.unwrap().is_empty());
}
