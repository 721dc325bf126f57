//! The shared base: made, given to tenants, kept while they stand on it, and destroyed.

use mate::model::ids::{Environment, TenantKey};
use mate::provider::QuotaId;
use mate::sim::{Latencies, Selector};
use mate::spec::{NatStrategy, PlatformSpec, SubnetLayout, TenantSpec};
use mate::tiers::TierCatalogue;
use mate::vocab::Consents;
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
pub(crate) fn complete() -> PlatformSpec {
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

    pub(crate) async fn destroy(&self) -> Result<(), Error> {
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
    // The images of every example tenant.
    let repositories = ["ai-ml", "backend", "beat", "celery", "django", "frontend"];
    let spec = complete().with_repositories(repositories.map(|name| name.parse().unwrap()));
    world.platform.provision(&spec).await.unwrap();
    let mate = world.tenants().await;
    for file in EXAMPLES {
        mate.provision(&unprotected(file)).await.unwrap();
    }
    for file in EXAMPLES {
        let spec = unprotected(file);
        let plan = mate.tenant(&spec.id()).plan_destroy(&DestroyOptions::new()).await.unwrap();
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
    let record = mate::state::Records::get(&world.store, &TenantKey::platform(dev())).await.unwrap().unwrap();
    let lease = mate::state::suite::leased(&platform_alone, &record.key).await;
    mate::state::Records::put(&platform_alone, &lease, &mate::Record { version: 0, ..record }).await.unwrap();
    mate::state::Leases::release(&platform_alone, &lease).await.unwrap();
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
    let plan = mate.tenant(&tenant.id()).plan_destroy(&DestroyOptions::new()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    mate.apply(plan, consents).await.unwrap();
    assert_eq!(base(), before);
    assert!(world.platform.plan(&complete()).await.unwrap().is_empty());
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
    assert_eq!(drift.changed[0].changes[0].change.to_string(), "container_insights: true -> false");
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

    let plan = mate.tenant(&"clinic".parse().unwrap()).plan_destroy(&DestroyOptions::new()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    mate.apply(plan, consents).await.unwrap();
    world.cloud.put_object(world.platform.base(&dev()).await.unwrap().access_log_bucket.as_deref().unwrap(), "log");
    let early = mate.plan(&unprotected("clinic.tfvars")).await.unwrap();
    let plan = world.platform.plan_destroy(&dev(), &DestroyOptions::new()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    world.platform.apply(plan, consents).await.unwrap_err();
    assert!(
        matches!(mate.apply(early, Consents::none()).await, Err(Error::PlatformGoing(_))),
        "planned before it went"
    );
    assert_eq!(mate.tenants().await.unwrap(), []);
    assert!(matches!(mate.plan(&unprotected("clinic.tfvars")).await, Err(Error::PlatformGoing(_))));
}

#[tokio::test]
async fn no_tenant_can_write_the_shared_models() {
    let world = world();
    world.platform.provision(&spec()).await.unwrap();
    let files = world.cloud.object(&"efs:FileSystem".parse().unwrap(), "mate-dev-shared-models").unwrap();
    let statements = files.inputs["policy"]["statements"].as_array().unwrap();
    let allowed = statements.iter().filter(|statement| statement["effect"] == "Allow");
    let allowed: Vec<_> = allowed.flat_map(|statement| statement["actions"].as_array().unwrap()).collect();
    assert_eq!(allowed, ["elasticfilesystem:ClientMount"]);
    let denied = statements.iter().find(|statement| statement["effect"] == "Deny").unwrap();
    assert_eq!(denied["actions"], json!(["elasticfilesystem:ClientRootAccess", "elasticfilesystem:ClientWrite"]));
    let tenants = json!(["arn:aws:iam::123456789012:role/mate/dev/*"]);
    assert_eq!(denied["conditions"]["ArnLike"]["aws:PrincipalArn"], tenants);
}

#[tokio::test]
async fn a_plan_is_set_against_the_limits_of_the_account_and_what_is_unknown_refuses_nothing() {
    let addresses = QuotaId { service: "ec2".into(), code: "L-0263D0A3".into() };
    let cloud = SimCloud::builder().quota_limit(addresses, "ec2:EIP", 1).build();
    let world = on(cloud, MemoryStore::new());
    let plan = world.platform.plan(&spec().with_nat(NatStrategy::PerZone)).await.unwrap();
    let preflight = world.platform.preflight(&plan).await.unwrap();
    assert!(!preflight.is_ok() && preflight.to_string().contains("L-0263D0A3"), "{preflight}");

    let plan = world.platform.plan(&spec()).await.unwrap();
    let preflight = world.platform.preflight(&plan).await.unwrap();
    assert!(preflight.is_ok() && preflight.unknown().next().is_some(), "{preflight}");
    world.platform.apply(plan, Consents::none()).await.unwrap();
}

#[tokio::test]
async fn the_room_for_tenants_ends_at_the_tightest_limit() {
    let balancers = QuotaId { service: "elasticloadbalancing".into(), code: "L-53DA6B97".into() };
    let cloud = SimCloud::builder().quota_limit(balancers, "elbv2:LoadBalancer", 3).build();
    let world = on(cloud, MemoryStore::new());
    world.platform.provision(&spec()).await.unwrap();
    world.tenants().await.provision(&unprotected("clinic.tfvars")).await.unwrap();
    let base = world.platform.base(&dev()).await.unwrap();
    let needs = TierCatalogue::standard().needs(&mate::blueprint::TenantBlueprint, &base).unwrap();
    let capacity = world.platform.capacity(needs).await.unwrap().to_string();
    assert!(capacity.contains("trial: ") && capacity.contains("2 more"), "{capacity}");
    assert!(capacity.contains("Application Load Balancers"), "{capacity}");
}
