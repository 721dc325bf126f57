//! The shared base: made, given to tenants, kept while they stand on it, lost and found, taken over and given back.

use mate::adopt::AdoptionSource;
use mate::graph::Tags;
use mate::ids::{Environment, TenantKey};
use mate::plan::{Action, Consents, Goal};
use mate::provider::Ownership;
use mate::sim::{Latencies, Selector};
use mate::spec::{NatStrategy, PlatformSpec, SubnetLayout, TenantSpec};
use mate::tiers::TierCatalogue;
use mate::{DestroyOptions, Error, Mate, MemoryStore, Platform, SimCloud};
use serde_json::json;

use crate::cloud::{EXAMPLES, changes, example};

pub(crate) fn dev() -> Environment {
    "dev".parse().unwrap()
}

pub(crate) fn spec() -> PlatformSpec {
    PlatformSpec::new(dev(), "mate.sociant.ai".parse().unwrap(), "mate-sociant-auth".parse().unwrap())
        .with_created_zone()
        .with_deletion_protection(false)
}

/// Everything that a platform can have.
fn complete() -> PlatformSpec {
    spec()
        .with_nat(NatStrategy::PerZone)
        .with_subnets(SubnetLayout { database_offset: Some(21), ..SubnetLayout::default() })
        .with_interface_endpoints(["ecr.api", "logs"].map(|service| service.parse().unwrap()))
        .with_flow_logs(true)
        .with_audit_logging(true)
}

pub(crate) struct World {
    pub(crate) cloud: SimCloud,
    pub(crate) store: MemoryStore,
    pub(crate) platform: Platform,
}

pub(crate) fn on(cloud: SimCloud, store: MemoryStore) -> World {
    let platform = Platform::builder().provider(cloud.clone()).store(store.clone()).build().unwrap();
    World { cloud, store, platform }
}

pub(crate) fn world() -> World {
    on(SimCloud::new(7), MemoryStore::new())
}

impl World {
    pub(crate) async fn tenants(&self) -> Mate {
        let builder = self.platform.tenants_client(&dev()).await.unwrap();
        builder.catalogue(TierCatalogue::standard()).build().unwrap()
    }

    async fn destroy(&self) -> Result<(), Error> {
        let options = DestroyOptions::new().empty_bucket();
        let plan = self.platform.plan_destroy(&dev(), &options).await?;
        let consents = Consents::to_every_step_of(&plan);
        self.platform.apply(plan, consents).await.map(drop)
    }
}

fn unprotected(file: &str) -> TenantSpec {
    example(file).into_builder().with_deletion_protection(false).build().unwrap()
}

#[tokio::test]
async fn from_an_empty_account_to_three_tenants_and_back_to_an_empty_account() {
    let world = world();
    world.platform.provision(&complete()).await.unwrap();
    let mate = world.tenants().await;
    for file in EXAMPLES {
        mate.provision(&unprotected(file)).await.unwrap();
    }
    for file in EXAMPLES {
        let spec = unprotected(file);
        let plan = mate.plan_destroy(&spec.id(), &DestroyOptions::new()).await.unwrap();
        let consents = Consents::to_every_step_of(&plan);
        mate.apply(plan, consents).await.unwrap();
    }
    world.destroy().await.unwrap();
    let left: Vec<_> = world.cloud.objects().into_iter().map(|object| object.name).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn the_seeds_names_and_addresses_are_there() {
    let world = world();
    world.platform.provision(&spec()).await.unwrap();
    let names = |kind: &str| -> Vec<String> {
        let objects = world.cloud.objects();
        objects.into_iter().filter(|object| object.kind.as_str() == kind).map(|object| object.name).collect()
    };
    assert_eq!(names("ecs:Cluster"), ["mate-dev"]);
    let mut repositories = names("ecr:Repository");
    repositories.sort();
    assert_eq!(repositories, ["mate-beat-dev", "mate-celery-dev", "mate-django-dev"]);
    let mut cidrs: Vec<String> = world
        .cloud
        .objects()
        .into_iter()
        .filter(|object| object.kind.as_str() == "ec2:Subnet")
        .map(|object| {
            format!("{} {}", object.inputs["cidr_block"].as_str().unwrap(), object.inputs["availability_zone"])
        })
        .collect();
    cidrs.sort();
    assert_eq!(
        cidrs,
        [
            "10.0.1.0/24 \"us-east-1a\"",
            "10.0.11.0/24 \"us-east-1a\"",
            "10.0.12.0/24 \"us-east-1b\"",
            "10.0.13.0/24 \"us-east-1c\"",
            "10.0.2.0/24 \"us-east-1b\"",
            "10.0.3.0/24 \"us-east-1c\"",
        ]
    );
}

#[tokio::test]
async fn the_plan_after_an_apply_is_empty_and_so_is_the_drift() {
    for spec in [spec(), complete()] {
        let world = world();
        world.platform.provision(&spec).await.unwrap();
        let plan = world.platform.plan(&spec).await.unwrap();
        assert!(plan.is_empty(), "{plan:#?}");
        let drift = world.platform.drift(&dev()).await.unwrap();
        assert!(drift.is_empty(), "{drift}");
    }
}

#[tokio::test]
async fn every_object_carries_its_owner_environment_component_manager_and_cost_center() {
    let world = world();
    world.platform.provision(&complete()).await.unwrap();
    for object in world.cloud.objects().into_iter().filter(|object| !object.tags.is_empty()) {
        for (key, value) in
            [("ManagedBy", "mate"), ("Platform", "mate-dev"), ("Environment", "dev"), ("CostCenter", "engineering")]
        {
            assert_eq!(object.tags.get(key).map(String::as_str), Some(value), "{key} of {}", object.name);
        }
        assert!(object.tags.contains_key("Component") && !object.tags.contains_key("Tenant"), "{}", object.name);
    }
}

#[tokio::test]
async fn a_platform_that_tenants_stand_on_is_not_destroyed_and_names_them() {
    let world = world();
    world.platform.provision(&spec()).await.unwrap();
    let mate = world.tenants().await;
    mate.provision(&unprotected("clinic.tfvars")).await.unwrap();
    let before = world.cloud.objects().len();
    let error = world.destroy().await.unwrap_err();
    let Error::TenantsStand { tenants, .. } = &error else { panic!("{error}") };
    assert_eq!(tenants.iter().map(ToString::to_string).collect::<Vec<_>>(), ["clinic"]);
    assert!(error.to_string().contains("clinic"), "{error}");
    assert_eq!(world.cloud.objects().len(), before);
}

#[tokio::test]
async fn a_tenant_without_a_record_holds_the_platform_too() {
    let world = world();
    world.platform.provision(&spec()).await.unwrap();
    world.tenants().await.provision(&unprotected("clinic.tfvars")).await.unwrap();
    let platform_alone = MemoryStore::new();
    let record = mate::StateStore::get(&world.store, &TenantKey::platform(dev())).await.unwrap().unwrap();
    mate::StateStore::put(&platform_alone, &mate::Record { version: 0, ..record }).await.unwrap();
    let world = on(world.cloud, platform_alone);
    let tenants = world.platform.tenants(&dev()).await.unwrap();
    assert_eq!(tenants.len(), 1);
    assert!(!tenants[0].recorded && tenants[0].objects > 20, "{tenants:?}");
    assert!(matches!(world.destroy().await, Err(Error::TenantsStand { .. })));
}

#[tokio::test]
async fn a_plan_to_destroy_does_not_outlive_the_arrival_of_a_tenant() {
    let world = world();
    world.platform.provision(&spec()).await.unwrap();
    let plan = world.platform.plan_destroy(&dev(), &DestroyOptions::new()).await.unwrap();
    world.tenants().await.provision(&unprotected("clinic.tfvars")).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    assert!(matches!(world.platform.apply(plan, consents).await, Err(Error::TenantsStand { .. })));
}

#[tokio::test]
async fn a_tenants_life_leaves_the_base_as_it_was() {
    let world = world();
    world.platform.provision(&complete()).await.unwrap();
    let base = || -> Vec<_> {
        let objects = world.cloud.objects().into_iter();
        objects.map(|object| (object.physical_id, object.inputs, object.tags, object.outputs)).collect()
    };
    let before = base();
    let mate = world.tenants().await;
    let tenant = unprotected("regional.tfvars");
    mate.provision(&tenant).await.unwrap();
    let plan = mate.plan_destroy(&tenant.id(), &DestroyOptions::new()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    mate.apply(plan, consents).await.unwrap();
    assert_eq!(base(), before);
    assert!(world.platform.plan(&complete()).await.unwrap().is_empty());
}

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

    let key = mate.key(&tenant.id());
    let version = mate::StateStore::get(&world.store, &key).await.unwrap().unwrap().version;
    mate::StateStore::delete(&world.store, &key, version).await.unwrap();
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
async fn a_platform_is_released_with_every_object_still_there_and_adopted_again() {
    let world = world();
    world.platform.provision(&complete()).await.unwrap();
    let bare = |world: &World| -> Vec<_> {
        let objects = world.cloud.objects().into_iter();
        objects.map(|object| (object.kind, object.physical_id, object.inputs)).collect()
    };
    let before = bare(&world);
    let plan = world.platform.plan_release(&dev()).await.unwrap();
    assert!(plan.steps.iter().all(|step| step.action == Action::Release));
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
async fn an_adopted_object_gets_its_own_tags_back_when_it_is_released() {
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

    let plan = world.platform.plan_release(&dev()).await.unwrap();
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
    assert!(adoption.found.is_empty() && adoption.refused.contains_key(&"vpc".parse().unwrap()), "{adoption}");
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
async fn drift_behind_its_back_is_told_field_by_field() {
    let world = world();
    world.platform.provision(&spec()).await.unwrap();
    let cluster = "ecs:Cluster".parse().unwrap();
    world.cloud.tamper(&cluster, "mate-dev", |inputs| inputs["container_insights"] = json!(false)).unwrap();
    world.cloud.vanish(&"wafv2:WebACL".parse().unwrap(), "mate-dev").unwrap();
    let drift = world.platform.drift(&dev()).await.unwrap();
    assert_eq!(drift.changed.len(), 1, "{drift}");
    assert_eq!(drift.changed[0].changes[0].to_string(), "container_insights: true -> false");
    assert_eq!(drift.lost.len(), 1, "{drift}");
    assert_eq!(drift.lost[0].node.as_str(), "web-acl");
}

#[tokio::test]
async fn a_tag_that_the_spec_no_longer_names_is_taken_off() {
    let world = world();
    world.platform.provision(&spec()).await.unwrap();
    let mate = world.tenants().await;
    let with =
        unprotected("clinic.tfvars").into_builder().with_department("radiology".parse().unwrap()).build().unwrap();
    let without = unprotected("clinic.tfvars");
    assert_ne!(with, without, "the example has no department of its own");
    mate.provision(&with).await.unwrap();
    let plan = mate.plan(&without).await.unwrap();
    assert!(changes(&plan).count() > 0);
    mate.apply(plan, Consents::none()).await.unwrap();
    assert!(mate.plan(&without).await.unwrap().is_empty());
    let tagged = world.cloud.objects().into_iter().filter(|object| object.tags.contains_key("Department")).count();
    assert_eq!(tagged, 0);
}

#[tokio::test]
async fn credentials_of_another_account_or_region_are_refused() {
    let world = world();
    let elsewhere = spec().with_account("999999999999".parse().unwrap());
    assert!(matches!(world.platform.plan(&elsewhere).await, Err(Error::OtherPlace { .. })));
    let elsewhere = spec().with_region("us-west-2".parse().unwrap());
    assert!(matches!(world.platform.plan(&elsewhere).await, Err(Error::OtherPlace { .. })));
}

#[tokio::test]
async fn platforms_of_several_regions_and_accounts_live_in_one_process_and_store() {
    let store = MemoryStore::new();
    let east = on(SimCloud::new(1), store.clone());
    let cloud = SimCloud::builder().seed(2).region("us-west-2").account("210987654321").build();
    let west = on(cloud, store.clone());
    let dr = PlatformSpec::new("dr".parse().unwrap(), "dr.sociant.ai".parse().unwrap(), "dr-auth".parse().unwrap())
        .with_region("us-west-2".parse().unwrap())
        .with_created_zone();
    let (one, other) =
        tokio::join!(async { east.platform.provision(&spec()).await }, async { west.platform.provision(&dr).await });
    one.unwrap();
    other.unwrap();
    let base = west.platform.base(dr.environment()).await.unwrap();
    assert_eq!((base.region.as_str(), base.account_id.as_str()), ("us-west-2", "210987654321"));
    assert_eq!(east.platform.base(&dev()).await.unwrap().region, "us-east-1");

    let twin = spec().with_region("us-west-2".parse().unwrap());
    let error = west.platform.plan(&twin).await.unwrap_err();
    assert!(matches!(error, Error::OtherPlatform { .. }), "{error}");
    assert!(error.to_string().contains("an environment of its own"), "{error}");
}

#[tokio::test]
async fn a_platform_whose_certificate_fails_keeps_what_was_made_and_goes_on() {
    let world = world();
    let certificate = Selector::Kind("acm:Certificate".parse().unwrap());
    world.cloud.fail(certificate.clone(), "CAA_ERROR");
    let error = world.platform.provision(&spec()).await.unwrap_err().to_string();
    assert!(error.contains("certificate") && error.contains("CAA_ERROR"), "{error}");
    world.cloud.heal(&certificate);
    world.platform.provision(&spec()).await.unwrap();
    assert!(world.platform.plan(&spec()).await.unwrap().is_empty());
}

#[tokio::test]
async fn access_logs_of_a_tenant_go_into_the_platforms_bucket() {
    let cloud = SimCloud::builder().seed(3).latencies(Latencies::none()).build();
    let world = on(cloud, MemoryStore::new());
    world.platform.provision(&spec()).await.unwrap();
    let base = world.platform.base(&dev()).await.unwrap();
    world.tenants().await.provision(&unprotected("clinic.tfvars")).await.unwrap();
    let alb = world.cloud.object(&"elbv2:LoadBalancer".parse().unwrap(), "mate-clinic-dev-alb").unwrap();
    assert_eq!(alb.inputs["access_logs"], json!({"bucket": base.access_log_bucket, "prefix": "clinic"}));
}

#[tokio::test]
async fn a_platform_is_not_destroyed_through_the_tenants_client_either_and_takes_no_tenant_once_it_goes() {
    let world = world();
    world.platform.provision(&spec()).await.unwrap();
    let mate = world.tenants().await;
    let plan = world.platform.plan_destroy(&dev(), &DestroyOptions::new()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    mate.provision(&unprotected("clinic.tfvars")).await.unwrap();
    assert!(matches!(mate.apply(plan, consents).await, Err(Error::TenantsStand { .. })));

    let plan = mate.plan_destroy(&"clinic".parse().unwrap(), &DestroyOptions::new()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    mate.apply(plan, consents).await.unwrap();
    world.cloud.put_object(world.platform.base(&dev()).await.unwrap().access_log_bucket.as_deref().unwrap(), "log");
    let plan = world.platform.plan_destroy(&dev(), &DestroyOptions::new()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    world.platform.apply(plan, consents).await.unwrap_err();
    assert!(matches!(mate.plan(&unprotected("clinic.tfvars")).await, Err(Error::PlatformGoing(_))));
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
    let plan = world.platform.plan_release(&dev()).await.unwrap();
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
    let plan = world.platform.plan_release(&dev()).await.unwrap();
    world.platform.apply(plan, Consents::none()).await.unwrap();
    let tags = world.cloud.object(&kind, "legacy").unwrap().tags;
    assert!(Ownership::from_tags(&tags).is_none() && tags["Owner"] == "them", "{tags:?}");
}
