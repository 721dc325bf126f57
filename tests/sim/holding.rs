//! The holder of an object: records lost and found, objects taken over, disowned, and only read.

use mate::adopt::AdoptionSource;
use mate::model::Ownership;
use mate::model::Tags;
use mate::model::ids::TenantKey;
use mate::plan::Action;
use mate::spec::PlatformSpec;
use mate::vocab::{Consents, Goal};
use mate::{Error, MemoryStore, SimCloud};
use serde_json::json;

use crate::cloud::example;
use crate::platform::{World, complete, dev, on, spec, world};

#[tokio::test]
async fn a_lost_record_of_a_platform_is_given_back_by_its_tags() {
    let world = world();
    world.platform.provision(&complete()).await.unwrap();
    let world = on(world.cloud, MemoryStore::new());
    let discovery = world.platform.discover(&complete()).await.unwrap();
    assert_eq!(discovery.plan.goal, Goal::Adopt);
    assert!(discovery.missing.is_empty() && discovery.surplus.is_empty(), "{discovery}");
    let before = world.cloud.call_counts();
    world.platform.apply(discovery.plan, Consents::none()).await.unwrap();
    let after = world.cloud.call_counts();
    for method in [mate::sim::Method::Create, mate::sim::Method::Update, mate::sim::Method::Delete] {
        assert_eq!(before.get(&method), after.get(&method), "{method:?}");
    }
    let plan = world.platform.plan(&complete()).await.unwrap();
    assert!(plan.is_empty(), "{plan:#?}");
    assert_eq!(world.platform.base(&dev()).await.unwrap().cluster, "mate-dev");
}

#[tokio::test]
async fn a_lost_record_of_a_tenant_is_given_back_and_what_belongs_to_no_record_is_listed() {
    let world = world();
    world.platform.provision(&spec()).await.unwrap();
    let mate = world.tenants().await;
    let tenant = example("regional.tfvars");
    mate.provision(&tenant).await.unwrap();
    assert!(mate.unclaimed().await.unwrap().is_empty());

    let key = mate.tenant(&tenant.id()).key().clone();
    crate::cloud::forget(&world.store, &key).await;
    let unclaimed = mate.unclaimed().await.unwrap();
    assert!(unclaimed.len() > 20, "{}", unclaimed.len());
    assert!(unclaimed.iter().all(|object| object.address.as_ref().unwrap().tenant == tenant.id()));

    let discovery = mate.discover(&tenant).await.unwrap();
    assert!(discovery.missing.is_empty(), "{discovery}");
    mate.apply(discovery.plan, Consents::none()).await.unwrap();
    let plan = mate.plan(&tenant).await.unwrap();
    assert!(plan.is_empty(), "{plan:#?}");
    assert!(mate.unclaimed().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_second_object_of_one_node_belongs_to_no_record() {
    let world = world();
    world.platform.provision(&spec()).await.unwrap();
    let twin = Ownership(TenantKey::platform(dev()).node("vpc".parse().unwrap())).tags();
    let inputs = json!({"cidr_block": "10.9.0.0/16", "enable_dns_support": true, "enable_dns_hostnames": true});
    let id = world.cloud.plant("ec2:VPC".parse().unwrap(), "mate-dev", twin, inputs);
    let unclaimed = world.platform.unclaimed(&dev()).await.unwrap();
    assert_eq!(unclaimed.iter().map(|object| object.physical_id.clone()).collect::<Vec<_>>(), [Some(id)]);
}

#[tokio::test]
async fn a_platform_is_disowned_with_every_object_still_there_and_adopted_again() {
    let world = world();
    world.platform.provision(&complete()).await.unwrap();
    let bare = |world: &World| -> Vec<_> {
        let objects = world.cloud.objects().into_iter();
        objects.map(|object| (object.kind, object.physical_id, object.inputs)).collect()
    };
    let before = bare(&world);
    let plan = world.platform.plan_disown(&dev()).await.unwrap();
    assert!(plan.steps.iter().all(|step| step.action == Action::Disown));
    world.platform.apply(plan, Consents::none()).await.unwrap();
    assert_eq!(bare(&world), before);
    assert!(world.cloud.objects().iter().all(|object| Ownership::from_tags(&object.tags).is_none()));
    assert!(matches!(world.platform.status(&dev()).await, Err(Error::NotFound(_))));

    let names = AdoptionSource::tags(Tags::from([("CostCenter".into(), "engineering".into())]));
    let adoption = world.platform.adopt(&complete(), names).await.unwrap();
    assert!(adoption.missing.is_empty(), "{adoption}");
    assert!(adoption.differences.is_empty(), "{adoption}");
    world.platform.apply(adoption.plan, Consents::none()).await.unwrap();
    let plan = world.platform.plan(&complete()).await.unwrap();
    assert!(plan.is_empty(), "{plan:#?}");
    assert_eq!(bare(&world), before);
}

#[tokio::test]
async fn an_adopted_object_gets_its_own_tags_back_when_it_is_disowned() {
    let world = world();
    let theirs = Tags::from([("Environment".into(), "legacy".into()), ("Owner".into(), "platform team".into())]);
    let inputs = json!({"cidr_block": "10.0.0.0/16", "enable_dns_support": true, "enable_dns_hostnames": false});
    let vpc = world.cloud.plant("ec2:VPC".parse().unwrap(), "theirs", theirs.clone(), inputs);
    let ids = AdoptionSource::ids([("vpc".parse().unwrap(), vpc.clone())]);
    let adoption = world.platform.adopt(&spec(), ids).await.unwrap();
    assert_eq!(adoption.found.len(), 1, "{adoption}");
    assert_eq!(adoption.differences[0].changes[0].path, "enable_dns_hostnames");
    world.platform.apply(adoption.plan, Consents::none()).await.unwrap();
    let tags = |cloud: &SimCloud| cloud.object(&"ec2:VPC".parse().unwrap(), "theirs").unwrap().tags;
    assert_eq!(tags(&world.cloud)["Environment"], "dev");

    let plan = world.platform.plan(&spec()).await.unwrap();
    let of_vpc = plan.steps.iter().find(|step| step.node.as_str() == "vpc").unwrap();
    assert_eq!(of_vpc.action, Action::Update, "the difference is put right when that is asked for: {of_vpc:?}");

    let plan = world.platform.plan_disown(&dev()).await.unwrap();
    world.platform.apply(plan, Consents::none()).await.unwrap();
    assert_eq!(tags(&world.cloud), theirs);
}

#[tokio::test]
async fn what_belongs_to_somebody_else_is_not_adopted() {
    let world = world();
    let tags = Ownership(TenantKey::new(dev(), "acme".parse().unwrap()).node("vpc".parse().unwrap())).tags();
    let inputs = json!({"cidr_block": "10.0.0.0/16", "enable_dns_support": true, "enable_dns_hostnames": true});
    let vpc = world.cloud.plant("ec2:VPC".parse().unwrap(), "theirs", tags.clone(), inputs);
    let ids = AdoptionSource::ids([("vpc".parse().unwrap(), vpc)]);
    let adoption = world.platform.adopt(&spec(), ids).await.unwrap();
    assert!(adoption.found.is_empty() && adoption.refused.contains_key("vpc"), "{adoption}");
}

#[tokio::test]
async fn what_is_only_read_is_checked_and_never_written_and_stays() {
    let world = world();
    let zone = world.cloud.plant(
        "route53:HostedZone".parse().unwrap(),
        "mate.sociant.ai",
        Tags::new(),
        json!({"domain": "mate.sociant.ai", "comment": "theirs"}),
    );
    let key = world.cloud.plant(
        "kms:Key".parse().unwrap(),
        "theirs",
        Tags::new(),
        json!({"description": "theirs", "alias": "alias/theirs", "enable_key_rotation": true, "policy": {"statements": []}, "pending_window_days": 7}),
    );
    let spec = PlatformSpec::new(dev(), "mate.sociant.ai".parse().unwrap(), "mate-sociant-auth".parse().unwrap())
        .with_deletion_protection(false)
        .observing("kms-key".parse().unwrap(), key.parse().unwrap());
    let plan = world.platform.plan(&spec).await.unwrap();
    assert!(plan.notes.iter().any(|note| note.contains("kms-key is only read and differs")), "{:?}", plan.notes);
    world.platform.apply(plan, Consents::none()).await.unwrap();
    assert!(world.platform.plan(&spec).await.unwrap().is_empty());
    assert_eq!(world.platform.base(&dev()).await.unwrap().hosted_zone_id, zone);
    let untouched = |cloud: &SimCloud| {
        let theirs = ["route53:HostedZone", "kms:Key"].map(|kind| kind.parse().unwrap());
        let objects = cloud.objects().into_iter().filter(|object| theirs.contains(&object.kind));
        objects.map(|object| (object.physical_id, object.tags)).collect::<Vec<_>>()
    };
    assert_eq!(untouched(&world.cloud), [(zone.clone(), Tags::new()), (key.clone(), Tags::new())]);
    world.destroy().await.unwrap();
    assert_eq!(untouched(&world.cloud), [(zone, Tags::new()), (key, Tags::new())]);
    assert_eq!(world.cloud.objects().len(), 2);
}

#[tokio::test]
async fn what_is_only_read_and_not_there_is_refused_before_anything_is_made() {
    let world = world();
    let spec = PlatformSpec::new(dev(), "mate.sociant.ai".parse().unwrap(), "mate-sociant-auth".parse().unwrap());
    let error = world.platform.plan(&spec).await.unwrap_err().to_string();
    assert!(error.contains("hosted-zone") && error.contains("is not there"), "{error}");
}

#[tokio::test]
async fn what_was_only_read_and_is_adopted_then_is_ours_and_can_be_given_back() {
    let world = world();
    let inputs = json!({"cidr_block": "10.0.0.0/16", "enable_dns_support": true, "enable_dns_hostnames": true});
    let vpc = world.cloud.plant("ec2:VPC".parse().unwrap(), "theirs", Tags::new(), inputs);
    let reading = spec().observing("vpc".parse().unwrap(), vpc.parse().unwrap());
    world.platform.provision(&reading).await.unwrap();
    let ids = AdoptionSource::ids([("vpc".parse().unwrap(), vpc.clone())]);
    let adoption = world.platform.adopt(&spec(), ids).await.unwrap();
    world.platform.apply(adoption.plan, Consents::none()).await.unwrap();
    assert!(world.platform.plan(&spec()).await.unwrap().is_empty());
    let plan = world.platform.plan_disown(&dev()).await.unwrap();
    world.platform.apply(plan, Consents::none()).await.unwrap();
    assert_eq!(world.cloud.object(&"ec2:VPC".parse().unwrap(), "theirs").unwrap().tags, Tags::new());
}

#[tokio::test]
async fn an_adopted_object_of_another_name_is_given_back_after_its_record_was_lost_too() {
    let world = world();
    let inputs = json!({"container_insights": true, "capacity_providers": ["FARGATE", "FARGATE_SPOT"],
        "default_strategy": [{"name": "FARGATE", "weight": 1, "base": 0}]});
    let kind = "ecs:Cluster".parse().unwrap();
    let theirs = Tags::from([("Owner".into(), "them".into())]);
    let cluster = world.cloud.plant("ecs:Cluster".parse().unwrap(), "legacy", theirs.clone(), inputs);
    let ids = AdoptionSource::ids([("cluster".parse().unwrap(), cluster)]);
    let adoption = world.platform.adopt(&spec(), ids).await.unwrap();
    world.platform.apply(adoption.plan, Consents::none()).await.unwrap();
    world.platform.provision(&spec()).await.unwrap();

    let world = on(world.cloud, MemoryStore::new());
    let discovery = world.platform.discover(&spec()).await.unwrap();
    world.platform.apply(discovery.plan, Consents::none()).await.unwrap();
    let plan = world.platform.plan(&spec()).await.unwrap();
    assert!(plan.is_empty(), "{plan:#?}");
    let plan = world.platform.plan_disown(&dev()).await.unwrap();
    world.platform.apply(plan, Consents::none()).await.unwrap();
    let tags = world.cloud.object(&kind, "legacy").unwrap().tags;
    assert!(Ownership::from_tags(&tags).is_none() && tags["Owner"] == "them", "{tags:?}");
}
