//! One account, one environment and one tenant in two regions, each with a store of its own, over the wire.

use mate::model::ids::Environment;
use mate::spec::{Format, PlatformSpec, TenantSpec};
use mate::tiers::TierCatalogue;
use mate::vocab::Consents;
use mate::{DestroyOptions, Mate, Platform, SqliteStore};
use serde_json::Value;

use crate::support::emulator::Emulator;
use crate::world::{example, provider_at};

/// The platform `dev` in a region, and its tenants' client.
struct Region {
    platform: Platform,
    spec: PlatformSpec,
    mate: Mate,
}

impl Region {
    async fn new(emulator: &Emulator, region: &str, domain: &str) -> Self {
        let provider = provider_at(emulator.endpoint()).await.region(region).build().await.unwrap();
        let store = SqliteStore::open(emulator.directory().join(format!("{region}.db"))).unwrap();
        let text = std::fs::read_to_string("examples/platform-dev.toml").unwrap();
        let text = text.replace("us-east-1", region).replace("\"mate.sociant.ai\"", &format!("\"{domain}\""));
        let spec = PlatformSpec::from_str(Format::Toml, &format!("enable_audit_logging = true\n{text}")).unwrap();
        let platform = Platform::builder().provider(provider).store(store).build().unwrap();
        platform.provision(&spec).await.unwrap();
        let builder = platform.tenants_client(&dev()).await.unwrap();
        let mate = builder.catalogue(TierCatalogue::standard()).build().unwrap();
        Self { platform, spec, mate }
    }

    async fn assert_nothing_to_do(&self, tenant: &TenantSpec) {
        for plan in [self.platform.plan(&self.spec).await.unwrap(), self.mate.plan(tenant).await.unwrap()] {
            assert!(plan.is_empty(), "{}", plan.render(&mate::plan::TextStyle::plain()));
        }
    }

    async fn destroy(&self, tenant: &TenantSpec) {
        let options = DestroyOptions::new().without_final_snapshot().empty_bucket();
        let plan = self.mate.tenant(&tenant.id()).plan_destroy(&options).await.unwrap();
        let consents = Consents::to_every_step_of(&plan);
        self.mate.apply(plan, consents).await.unwrap();
        let plan = self.platform.plan_destroy(&dev(), &DestroyOptions::new().empty_bucket()).await.unwrap();
        let consents = Consents::to_every_step_of(&plan);
        self.platform.apply(plan, consents).await.unwrap();
    }
}

fn dev() -> Environment {
    "dev".parse().unwrap()
}

/// The roles and buckets of the account, by name.
fn global(emulator: &Emulator) -> Vec<String> {
    let names = |arguments: &[&str], list: &str, name: &str| -> Vec<String> {
        let answer = emulator.aws_cli(arguments).unwrap();
        let listed = answer[list].as_array().into_iter().flatten();
        listed
            .filter_map(|one| one[name].as_str())
            .filter(|name| name.starts_with("mate-"))
            .map(str::to_owned)
            .collect()
    };
    let mut all = names(&["iam", "list-roles"], "Roles", "RoleName");
    all.extend(names(&["s3api", "list-buckets"], "Buckets", "Name"));
    all.sort();
    all
}

#[tokio::test]
async fn destroying_the_second_region_leaves_the_first_one_as_it_was() {
    let emulator = tokio::task::spawn_blocking(|| Emulator::empty().unwrap()).await.unwrap();
    let tenant = example("clinic.tfvars").into_builder().with_deletion_protection(false).build().unwrap();
    let first = Region::new(&emulator, "us-east-1", "mate.sociant.ai").await;
    first.mate.provision(&tenant).await.unwrap();
    let before = global(&emulator);
    assert!(before.iter().all(|name| name.contains("us-east-1")), "{before:?}");

    let second = Region::new(&emulator, "eu-west-1", "eu.mate.sociant.ai").await;
    second.mate.provision(&tenant).await.unwrap();
    first.assert_nothing_to_do(&tenant).await;
    second.assert_nothing_to_do(&tenant).await;

    second.destroy(&tenant).await;
    assert_eq!(global(&emulator), before);
    first.assert_nothing_to_do(&tenant).await;
    let bucket = format!("mate-clinic-dev-data-{}-us-east-1", first.mate.base().account_id);
    let policy: Value = emulator.aws_cli(&["s3api", "get-bucket-policy", "--bucket", &bucket]).unwrap();
    assert!(policy["Policy"].as_str().unwrap().contains(&bucket), "{policy}");
}
