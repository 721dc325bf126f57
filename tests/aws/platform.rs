//! The shared base on the emulator: from an empty account to tenants and back, lost and found, taken over and given back.

use std::time::Duration;

use mate::adopt::AdoptionSource;
use mate::aws::AwsProvider;
use mate::model::Tags;
use mate::model::ids::{Environment, TenantKey};
use mate::plan::Plan;
use mate::spec::{Format, PlatformSpec, TenantSpec};
use mate::state::{Leases, Records};
use mate::testing::conformance::{self, Setup};
use mate::tiers::TierCatalogue;
use mate::vocab::Consents;
use mate::{DestroyOptions, Error, Mate, Platform, SqliteStore};

use crate::inventory::inventory;
use crate::support::emulator::Emulator;
use crate::world::{example, provider_at, unreachable};

fn dev() -> Environment {
    "dev".parse().unwrap()
}

/// Every part that a platform can have.
fn complete() -> PlatformSpec {
    let text = std::fs::read_to_string("examples/platform-dev.toml").unwrap();
    let more = "enable_flow_logs = true\nenable_audit_logging = true\n";
    let subnets = "[subnets]\ndatabase_offset = 21\n[vpc_endpoints]\ninterface = [\"ecr.api\"]\n";
    PlatformSpec::from_str(Format::Toml, &format!("{more}{text}\n{subnets}")).unwrap()
}

struct World {
    emulator: Emulator,
    provider: AwsProvider,
    store: SqliteStore,
    platform: Platform,
}

impl World {
    async fn empty() -> Self {
        let emulator = tokio::task::spawn_blocking(|| Emulator::empty().unwrap()).await.unwrap();
        let provider = provider_at(emulator.endpoint()).await.build().await.unwrap();
        let store = SqliteStore::open(emulator.directory().join("mate.db")).unwrap();
        let platform = Platform::builder().provider(provider.clone()).store(store.clone()).build().unwrap();
        Self { emulator, provider, store, platform }
    }

    async fn tenants(&self) -> Mate {
        let builder = self.platform.tenants_client(&dev()).await.unwrap();
        builder.catalogue(TierCatalogue::standard()).build().unwrap()
    }

    fn aws(&self, arguments: &[&str]) -> serde_json::Value {
        self.emulator.aws_cli(arguments).unwrap_or_else(|error| panic!("aws {arguments:?}: {error:#}"))
    }

    async fn forget(&self, key: &TenantKey) {
        let version = self.store.get(key).await.unwrap().unwrap().version;
        let lease = mate::state::suite::leased(&self.store, key).await;
        self.store.delete(&lease, version).await.unwrap();
        self.store.release(&lease).await.unwrap();
    }

    async fn destroy(&self) -> Result<(), Error> {
        let plan = self.platform.plan_destroy(&dev(), &DestroyOptions::new().empty_bucket()).await?;
        let consents = Consents::to_every_step_of(&plan);
        self.platform.apply(plan, consents).await.map(drop)
    }
}

#[track_caller]
fn assert_empty(plan: &Plan) {
    assert!(plan.is_empty(), "{}", plan.render(&mate::plan::TextStyle::plain()));
}

fn unprotected(file: &str) -> TenantSpec {
    example(file).into_builder().with_deletion_protection(false).build().unwrap()
}

/// Changes that AWS makes in place, one at least for each kind that knows any.
fn changes() -> impl Iterator<Item = (&'static str, &'static str, serde_json::Value)> {
    use serde_json::json;
    [
        ("cluster", "container_insights", json!(false)),
        ("repository-django", "keep_last_images", json!(5)),
        ("repository-django", "immutable_tags", json!(false)),
        ("kms-key", "enable_key_rotation", json!(false)),
        ("kms-key", "description", json!("other words")),
        ("user-pool", "password_minimum_length", json!(14)),
        ("web-acl", "rate_limit", json!(3000)),
        ("web-acl", "blocked_countries", json!(["KP"])),
        ("hosted-zone", "comment", json!("other words")),
        ("vpc", "enable_dns_hostnames", json!(false)),
        ("public-subnet-1", "map_public_ip_on_launch", json!(true)),
        ("private-route-table-1", "routes", json!([])),
        ("audit-trail", "multi_region", json!(false)),
        ("access-log-bucket", "policy", json!([])),
    ]
    .into_iter()
}

/// Every driver of the platform's kinds, as the blueprint uses it.
#[tokio::test(flavor = "multi_thread")]
async fn every_driver_of_the_platform_keeps_every_promise() {
    let world = World::empty().await;
    let graph = world.platform.design(&complete()).await.unwrap().graph;
    let setup = Setup::new(TenantKey::platform(dev()), graph)
        .poll(Duration::from_millis(500))
        .patience(Duration::from_secs(60))
        .unreachable(unreachable().await)
        .updates(changes().map(|(node, field, value)| (node.parse().unwrap(), (field.to_owned(), value))));
    conformance::run(std::sync::Arc::new(world.provider.clone()), setup).await.assert_ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn from_an_empty_account_to_three_tenants_and_back_to_an_empty_account() {
    let world = World::empty().await;
    let before = inventory(&world.emulator);
    let spec = complete();
    world.platform.provision(&spec).await.unwrap_or_else(|error| panic!("{error}"));
    assert_empty(&world.platform.plan(&spec).await.unwrap());
    assert!(world.platform.status(&dev()).await.unwrap().is_ready());
    the_seeds_names(&world);

    let mate = world.tenants().await;
    let tenants = ["clinic.tfvars", "regional.tfvars", "medcenter.tfvars"].map(unprotected);
    for tenant in &tenants {
        mate.provision(tenant).await.unwrap_or_else(|error| panic!("{}: {error}", tenant.id()));
    }
    let error = world.destroy().await.unwrap_err();
    assert!(matches!(&error, Error::TenantsStand { tenants, .. } if tenants.len() == 3), "{error}");

    // Both records are lost; what stands in the cloud gives them back.
    assert!(world.platform.unclaimed(&dev()).await.unwrap().is_empty());
    world.forget(&TenantKey::platform(dev())).await;
    world.forget(mate.tenant(&tenants[1].id()).key()).await;
    assert!(!world.platform.unclaimed(&dev()).await.unwrap().is_empty());
    let found = world.platform.discover(&spec).await.unwrap();
    assert!(found.missing.is_empty() && found.surplus.is_empty(), "{found}");
    world.platform.apply(found.plan, Consents::none()).await.unwrap_or_else(|error| panic!("{error}"));
    assert_empty(&world.platform.plan(&spec).await.unwrap());
    let found = mate.discover(&tenants[1]).await.unwrap();
    assert!(found.missing.is_empty(), "{found}");
    mate.apply(found.plan, Consents::none()).await.unwrap_or_else(|error| panic!("{error}"));
    assert_empty(&mate.plan(&tenants[1]).await.unwrap());
    let unclaimed = world.platform.unclaimed(&dev()).await.unwrap();
    assert!(unclaimed.is_empty(), "{unclaimed:#?}");

    for tenant in &tenants {
        let plan =
            mate.tenant(&tenant.id()).plan_destroy(&DestroyOptions::new().without_final_snapshot()).await.unwrap();
        let consents = Consents::to_every_step_of(&plan);
        mate.apply(plan, consents).await.unwrap_or_else(|error| panic!("{}: {error}", tenant.id()));
    }
    assert_empty(&world.platform.plan(&spec).await.unwrap());
    world.destroy().await.unwrap_or_else(|error| panic!("{error}"));
    for (service, names) in inventory(&world.emulator) {
        assert_eq!(names, before[&service], "{service}");
    }
}

/// By AWS's own client.
fn the_seeds_names(world: &World) {
    let cluster = world.aws(&["ecs", "describe-clusters", "--clusters", "mate-dev"]);
    assert_eq!(cluster["clusters"][0]["status"], "ACTIVE");
    for name in ["mate-django-dev", "mate-celery-dev", "mate-beat-dev"] {
        let found = world.aws(&["ecr", "describe-repositories", "--repository-names", name]);
        assert_eq!(found["repositories"][0]["imageTagMutability"], "IMMUTABLE", "{name}");
    }
    let ours = "Name=tag:Platform,Values=mate-dev";
    let subnets = world.aws(&["ec2", "describe-subnets", "--filters", ours]);
    let mut places: Vec<(&str, &str)> = subnets["Subnets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|subnet| (subnet["AvailabilityZone"].as_str().unwrap(), subnet["CidrBlock"].as_str().unwrap()))
        .collect();
    places.sort_unstable();
    let wanted: Vec<(&str, &str)> = vec![
        ("us-east-1a", "10.0.1.0/24"),
        ("us-east-1a", "10.0.11.0/24"),
        ("us-east-1a", "10.0.21.0/24"),
        ("us-east-1b", "10.0.12.0/24"),
        ("us-east-1b", "10.0.2.0/24"),
        ("us-east-1b", "10.0.22.0/24"),
        ("us-east-1c", "10.0.13.0/24"),
        ("us-east-1c", "10.0.23.0/24"),
        ("us-east-1c", "10.0.3.0/24"),
    ];
    assert_eq!(places, wanted);
    let certificates = world.aws(&["acm", "list-certificates"]);
    assert_eq!(certificates["CertificateSummaryList"][0]["DomainName"], "*.mate.sociant.ai");
    let aliases = world.aws(&["kms", "list-aliases"]).to_string();
    assert!(aliases.contains("alias/mate-dev"), "{aliases}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_that_a_script_made_is_adopted_and_given_back_as_it_was() {
    let world = World::empty().await;
    let outputs = world.emulator.script("legacy_base.py").unwrap();
    let before = inventory(&world.emulator);
    let spec = PlatformSpec::from_path("examples/platform-dev.toml").unwrap().with_access_logs(false);

    // Terraform's outputs name the most of it; its tags all of it.
    let named = AdoptionSource::terraform_outputs(&outputs).unwrap();
    let partly = world.platform.adopt(&spec, named).await.unwrap();
    assert!(partly.found.len() >= 18, "{partly}");
    let adoption = world.platform.adopt(&spec, by_project("legacy")).await.unwrap();
    assert!(adoption.missing.is_empty() && adoption.refused.is_empty(), "{adoption}");
    assert!(adoption.differences.is_empty(), "{adoption}");
    assert_eq!(inventory(&world.emulator), before, "an adoption that is only looked at changes nothing");

    world.platform.apply(adoption.plan, Consents::none()).await.unwrap_or_else(|error| panic!("{error}"));
    assert_empty(&world.platform.plan(&spec).await.unwrap());
    let base = world.platform.base(&dev()).await.unwrap();
    assert_eq!(base.cluster, "legacy");
    assert_eq!(inventory(&world.emulator), before);

    // A tenant stands on it as on one of our own.
    let mate = world.tenants().await;
    let tenant = unprotected("clinic.tfvars");
    mate.provision(&tenant).await.unwrap_or_else(|error| panic!("{error}"));
    let plan = mate.tenant(&tenant.id()).plan_destroy(&DestroyOptions::new().without_final_snapshot()).await.unwrap();
    let consents = Consents::to_every_step_of(&plan);
    mate.apply(plan, consents).await.unwrap_or_else(|error| panic!("{error}"));

    let plan = world.platform.plan_disown(&dev()).await.unwrap();
    world.platform.apply(plan, Consents::none()).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(inventory(&world.emulator), before);
    let ours = world.aws(&["resourcegroupstaggingapi", "get-resources", "--tag-filters", "Key=ManagedBy,Values=mate"]);
    assert_eq!(ours["ResourceTagMappingList"], serde_json::json!([]));
    let vpc = world.aws(&["ec2", "describe-vpcs", "--filters", "Name=tag:Project,Values=legacy"]);
    let tags: Tags = vpc["Vpcs"][0]["Tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| (tag["Key"].as_str().unwrap().to_owned(), tag["Value"].as_str().unwrap().to_owned()))
        .collect();
    let theirs = [("Environment", "legacy-dev"), ("Name", "legacy"), ("Owner", "platform team"), ("Project", "legacy")];
    assert_eq!(tags, Tags::from(theirs.map(|(key, value)| (key.to_owned(), value.to_owned()))));
}

fn by_project(project: &str) -> AdoptionSource {
    AdoptionSource::tags(Tags::from([("Project".to_owned(), project.to_owned())]))
}

#[tokio::test(flavor = "multi_thread")]
async fn platforms_of_two_accounts_live_in_one_process_each_with_its_own_role() {
    let world = World::empty().await;
    let role = "arn:aws:iam::222233334444:role/mate-controller";
    let other = provider_at(world.emulator.endpoint())
        .await
        .region("us-west-2")
        .assume_role(role, Some("tenant-platform".into()))
        .build()
        .await
        .unwrap();
    let west = Platform::builder().provider(other).store(world.store.clone()).build().unwrap();
    let text = std::fs::read_to_string("examples/platform-dev.toml").unwrap();
    let text = text.replace("\"dev\"", "\"dr\"").replace("us-east-1", "us-west-2").replace("sociant-auth", "dr-auth");
    let dr = PlatformSpec::from_str(Format::Toml, &text).unwrap();
    let here = PlatformSpec::from_path("examples/platform-dev.toml").unwrap();
    let (one, two) = tokio::join!(async { world.platform.provision(&here).await }, async { west.provision(&dr).await });
    one.unwrap_or_else(|error| panic!("{error}"));
    two.unwrap_or_else(|error| panic!("{error}"));
    let base = west.base(dr.environment()).await.unwrap();
    assert_eq!((base.account_id.as_str(), base.region.as_str()), ("222233334444", "us-west-2"));
    let key = base.kms_key_arn;
    assert!(key.starts_with("arn:aws:kms:us-west-2:222233334444:key/"), "{key}");
    assert_ne!(world.platform.base(&dev()).await.unwrap().account_id, "222233334444");
    assert_empty(&west.plan(&dr).await.unwrap());
}
