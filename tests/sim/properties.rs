//! Over random platforms and tenants: what was made is adopted with nothing to do, what was made goes without a rest, and
//! no two tenants have a name in common.

use std::collections::BTreeMap;

use mate::adopt::AdoptionSource;
use mate::model::Tags;
use mate::sim::Latencies;
use mate::spec::{NatStrategy, PlatformSpec, SubnetLayout, TenantSpec};
use mate::tiers::TierCatalogue;
use mate::vocab::Consents;
use mate::{DestroyOptions, MemoryStore, SimCloud};
use proptest::prelude::*;

use crate::platform::{World, dev, on, spec};

fn platforms() -> impl Strategy<Value = PlatformSpec> {
    let nat = prop_oneof![Just(NatStrategy::PerZone), Just(NatStrategy::One), Just(NatStrategy::None)];
    let flags = prop::array::uniform6(any::<bool>());
    (2_u8..=3, nat, prop::option::of(21_u32..30), flags).prop_map(|(zones, nat, database, flags)| {
        let [access, flow, audit, waf, insights, endpoints] = flags;
        let mut spec = spec()
            .with_zone_count(zones)
            .unwrap()
            .with_nat(nat)
            .with_subnets(SubnetLayout { database_offset: database, ..SubnetLayout::default() })
            .with_access_logs(access)
            .with_flow_logs(flow)
            .with_audit_logging(audit)
            .with_container_insights(insights);
        if !waf {
            spec = spec.with_waf(None);
        }
        if endpoints && nat != NatStrategy::None {
            spec = spec.with_interface_endpoints(["secretsmanager", "ecr.dkr"].map(|service| service.parse().unwrap()));
        }
        spec
    })
}

/// Tenants whose names are near each other and near the environment's.
fn tenants() -> impl Strategy<Value = Vec<TenantSpec>> {
    let name = prop_oneof!["[a-c](-dev)?(-[a-b])?", "dev(-[a-b])?", "django|celery|access-logs", "[a-z]{1,3}"];
    let tier = prop_oneof![Just("trial"), Just("standard"), Just("enterprise")];
    let one = (name, tier, 1_u32..4, any::<bool>());
    prop::collection::btree_map("x|y|z", one, 1..=2).prop_map(|tenants| {
        let mut by_name = BTreeMap::new();
        for (name, tier, count, autoscaling) in tenants.into_values() {
            let text = format!(
                "tenant_config = {{\n display_name = \"T\"\n subdomain = \"{name}\"\n tier = \"{tier}\"\n \
                 technical_contact = \"a@example.com\"\n billing_contact = \"b@example.com\"\n \
                 django_desired_count = {count}\n enable_autoscaling = {autoscaling}\n max_capacity = 5\n}}\n"
            );
            let spec = crate::cloud::tfvars(&text).into_builder().with_deletion_protection(false).build().unwrap();
            by_name.insert(name, spec);
        }
        by_name.into_values().collect()
    })
}

async fn provisioned(platform: &PlatformSpec, tenants: &[TenantSpec]) -> World {
    let world = on(SimCloud::builder().seed(5).latencies(Latencies::none()).build(), MemoryStore::new());
    world.platform.provision(platform).await.unwrap();
    let mate = world.tenants().await;
    for tenant in tenants {
        mate.provision(tenant).await.unwrap();
    }
    world
}

fn run(future: impl Future<Output = Result<(), TestCaseError>>) -> Result<(), TestCaseError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn what_was_made_and_given_back_is_adopted_with_nothing_to_do(platform in platforms(), tenants in tenants()) {
        run(async {
            let world = provisioned(&platform, &tenants).await;
            let mate = world.tenants().await;
            for tenant in &tenants {
                let plan = mate.tenant(&tenant.id()).plan_disown().await.unwrap();
                mate.apply(plan, Consents::none()).await.unwrap();
            }
            let plan = world.platform.plan_disown(&dev()).await.unwrap();
            world.platform.apply(plan, Consents::none()).await.unwrap();

            let everything = || AdoptionSource::tags(Tags::from([("CostCenter".into(), "engineering".into())]));
            let adoption = world.platform.adopt(&platform, everything()).await.unwrap();
            prop_assert!(adoption.missing.is_empty() && adoption.differences.is_empty(), "{}", adoption);
            world.platform.apply(adoption.plan, Consents::none()).await.unwrap();
            let plan = world.platform.plan(&platform).await.unwrap();
            prop_assert!(plan.is_empty(), "{:#?}", plan);

            let builder = world.platform.tenants_client(&dev()).await.unwrap();
            let mate = builder.catalogue(TierCatalogue::standard()).build().unwrap();
            for tenant in &tenants {
                let adoption = mate.adopt(tenant, everything()).await.unwrap();
                prop_assert!(adoption.missing.is_empty() && adoption.differences.is_empty(), "{}", adoption);
                mate.apply(adoption.plan, Consents::none()).await.unwrap();
                let plan = mate.plan(tenant).await.unwrap();
                prop_assert!(plan.is_empty(), "{:#?}", plan);
            }
            Ok(())
        })?;
    }

    #[test]
    fn what_was_made_goes_and_leaves_nothing(platform in platforms(), tenants in tenants()) {
        run(async {
            let world = provisioned(&platform, &tenants).await;
            let mate = world.tenants().await;
            for tenant in &tenants {
                let plan = mate.tenant(&tenant.id()).plan_destroy(&DestroyOptions::new()).await.unwrap();
                let consents = Consents::to_every_step_of(&plan);
                mate.apply(plan, consents).await.unwrap();
            }
            let plan = world.platform.plan_destroy(&dev(), &DestroyOptions::new()).await.unwrap();
            let consents = Consents::to_every_step_of(&plan);
            world.platform.apply(plan, consents).await.unwrap();
            let left: Vec<String> = world.cloud.objects().into_iter().map(|object| object.name).collect();
            prop_assert!(left.is_empty(), "{:?}", left);
            Ok(())
        })?;
    }

    #[test]
    fn no_two_owners_have_a_name_of_a_kind_in_common(platform in platforms(), tenants in tenants()) {
        run(async {
            let world = provisioned(&platform, &tenants).await;
            let mut names = BTreeMap::new();
            for object in world.cloud.objects() {
                let Some(address) = object.address.clone() else { continue };
                let scope = if object.kind.as_str().starts_with("application-autoscaling") { address.node.to_string() } else { String::new() };
                let other = names.insert((object.kind.clone(), object.name.clone(), scope), address.tenant.clone());
                prop_assert!(other.as_ref().is_none_or(|other| *other == address.tenant), "{} {:?}", object.name, other);
            }
            Ok(())
        })?;
    }
}
