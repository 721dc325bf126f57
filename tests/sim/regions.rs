//! One tenant in two regions of one account: what is global belongs to one of them.

use mate::blueprint::{Blueprint, Design, TenantBlueprint};
use mate::model::{GraphError, Ownership};
use mate::plan::Plan;
use mate::spec::{Base, ResolvedTenant};
use mate::tiers::TierCatalogue;
use mate::vocab::Consents;
use mate::{DestroyOptions, Mate, MemoryStore, SimCloud};

use crate::cloud::{World, base, changes, example, on, with_blueprint, world};

/// The same environment in another region, with a domain and a store of its own.
fn second(cloud: &SimCloud) -> World {
    let (cloud, store) = (cloud.in_region("eu-west-1"), MemoryStore::new());
    let base = Base {
        region: "eu-west-1".into(),
        domain: "eu.mate.sociant.ai".into(),
        hosted_zone_id: "Z0EUROPE".into(),
        user_pool_id: Some("eu-west-1_AbCdEf123".into()),
        ..base()
    };
    let mate = Mate::builder()
        .provider(cloud.clone())
        .store(store.clone())
        .catalogue(TierCatalogue::standard())
        .base(base)
        .build()
        .unwrap();
    World { cloud, store, mate }
}

/// A tenant as it was made before the names of global objects said where they stand.
#[derive(Debug)]
struct Before;

impl Blueprint for Before {
    fn design(&self, tenant: &ResolvedTenant, base: &Base) -> Result<Design, GraphError> {
        let mut design = TenantBlueprint.design(tenant, base)?;
        for (node, part) in [("bucket", "data"), ("execution-role", "execution"), ("task-role", "task")] {
            let node = design.graph.get_mut(&node.parse().unwrap()).unwrap();
            node.name = format!("mate-{}-{}-{part}", tenant.id, base.environment);
            node.tags.insert("Name".into(), node.name.clone());
            node.tags.retain(|key, _| !Ownership::PLACE.contains(&key.as_str()));
        }
        Ok(design)
    }
}

fn assert_nothing_to_do(plan: &Plan) {
    assert!(plan.is_empty(), "{plan:#?}");
}

async fn destroy(mate: &Mate, tenant: &str) {
    let options = DestroyOptions::new().without_final_snapshot();
    let plan = mate.tenant(&tenant.parse().unwrap()).plan_destroy(&options).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    mate.apply(plan, consents).await.unwrap();
}

#[tokio::test]
async fn a_second_region_has_roles_and_a_bucket_of_its_own_and_leaves_the_first_ones_alone() {
    let (first, spec) = (world(), example("clinic.tfvars"));
    first.mate.provision(&spec).await.unwrap();
    let before = first.cloud.objects();
    let second = second(&first.cloud);
    second.mate.provision(&spec).await.unwrap();
    assert_nothing_to_do(&first.mate.plan(&spec).await.unwrap());
    assert_nothing_to_do(&second.mate.plan(&spec).await.unwrap());

    destroy(&second.mate, "clinic").await;
    assert_eq!(first.cloud.objects(), before, "the first region is as it was");
    assert_nothing_to_do(&first.mate.plan(&spec).await.unwrap());
}

#[tokio::test]
async fn what_another_region_owns_is_foreign_even_under_the_same_name() {
    let (first, spec) = (world(), example("clinic.tfvars"));
    let second = second(&first.cloud);
    let role = second.mate.design(&spec).unwrap().graph.get(&"task-role".parse().unwrap()).unwrap().clone();
    let mut tags = role.tags.clone();
    tags.insert("Region".into(), "us-east-1".into());
    first.cloud.plant(role.kind.clone(), role.name.clone(), tags, role.inputs.clone().into());
    let refused = second.mate.plan(&spec).await.unwrap_err().to_string();
    assert!(refused.contains("task-role"), "{refused}");
    let refused = second.mate.plan(&spec).await.unwrap_err();
    assert!(format!("{refused:?}").contains("us-east-1"), "{refused:?}");
}

#[tokio::test]
async fn a_tenant_of_an_earlier_version_keeps_its_names_and_has_nothing_to_do() {
    let first = world();
    let spec = example("clinic.tfvars");
    with_blueprint(&first, Before).provision(&spec).await.unwrap();
    assert_nothing_to_do(&first.mate.plan(&spec).await.unwrap());
    assert!(first.cloud.object(&"s3:Bucket".parse().unwrap(), "mate-clinic-dev-data").is_some());
}

#[tokio::test]
async fn a_tenant_of_an_earlier_version_is_found_again_without_its_record() {
    let first = world();
    let spec = example("clinic.tfvars");
    with_blueprint(&first, Before).provision(&spec).await.unwrap();
    let forgetful = on(first.cloud.clone());
    let found = forgetful.mate.discover(&spec).await.unwrap();
    assert_eq!(found.missing, [], "{found}");
    forgetful.mate.apply(found.plan, Consents::none()).await.unwrap();
    let plan = forgetful.mate.plan(&spec).await.unwrap();
    assert_eq!(changes(&plan).count(), 0, "{plan:#?}");
}

#[tokio::test]
async fn a_second_region_beside_a_tenant_of_an_earlier_version_leaves_it_alone() {
    let (first, spec) = (world(), example("clinic.tfvars"));
    with_blueprint(&first, Before).provision(&spec).await.unwrap();
    let before = first.cloud.objects();
    let second = second(&first.cloud);
    assert_eq!(second.mate.discover(&spec).await.unwrap().plan.steps.len(), 0);
    second.mate.provision(&spec).await.unwrap();
    destroy(&second.mate, "clinic").await;
    assert_eq!(first.cloud.objects(), before, "the first region is as it was");
    assert_nothing_to_do(&first.mate.plan(&spec).await.unwrap());
}

#[tokio::test]
async fn the_names_of_global_objects_say_where_they_stand() {
    let design = world().mate.design(&example("clinic.tfvars")).unwrap();
    let name = |node: &str| design.graph.get(&node.parse().unwrap()).unwrap().name.clone();
    assert_eq!(name("bucket"), format!("mate-clinic-dev-data-{}-us-east-1", base().account_id));
    assert_eq!(name("task-role"), "mate-clinic-dev-task-us-east-1");
    let tags = &design.graph.get(&"bucket".parse().unwrap()).unwrap().tags;
    assert_eq!((tags["Region"].as_str(), tags["Account"].as_str()), ("us-east-1", base().account_id.as_str()));
}
