//! Every figure of the tiers and of the tenant's options.

use mate::spec::{
    Catalogue, Contacts, DisplayName, Email, FargateSize, InstanceClass, NodeCount, NodeType, ResolvedImage,
    ResolvedTenant, Source, Subdomain, TenantSpec, Tier,
};
use mate::tiers::{InvalidTier, MonthlyCost, MonthlyPrice, TaskSizes, TierCatalogue, TierDefinition};

use super::examples::service;

fn plain(tier: Tier) -> TenantSpec {
    TenantSpec::builder(
        DisplayName::new("Demo").unwrap(),
        Subdomain::new("demo").unwrap(),
        tier,
        Contacts::same(Email::new("it@demo.org").unwrap()),
    )
    .build()
    .unwrap()
}

fn resolve(tier: Tier) -> ResolvedTenant {
    TierCatalogue::standard().resolve(&plain(tier)).unwrap()
}

type Figures = (&'static str, &'static str, [(u32, u32); 3]);

fn figures(tenant: &ResolvedTenant) -> (&str, &str, [(u32, u32); 3]) {
    let size = |name| {
        let service = service(tenant, name);
        (service.cpu, service.memory_mib)
    };
    let sizes = [size("django"), size("celery"), size("beat")];
    (&tenant.database.instance_class, &tenant.cache.node_type, sizes)
}

#[test]
fn tiers_have_the_figures_of_the_table() {
    let table: [(Tier, Figures); 3] = [
        (Tier::trial(), ("db.t4g.micro", "cache.t4g.micro", [(256, 512), (256, 512), (256, 512)])),
        (Tier::standard(), ("db.t4g.medium", "cache.t4g.small", [(512, 1024), (512, 1024), (256, 512)])),
        (Tier::enterprise(), ("db.r6g.xlarge", "cache.r7g.large", [(1024, 2048), (1024, 2048), (512, 1024)])),
    ];
    for (tier, expected) in table {
        let tenant = resolve(tier.clone());
        assert_eq!(figures(&tenant), expected, "{tier}");
        for path in ["database.instance_class", "cache.node_type", "services.beat.cpu", "services.django.memory_mib"] {
            assert_eq!(tenant.sources[path], Source::Tier(tier.to_string()), "{tier} {path}");
        }
    }
}

#[test]
fn tiers_have_names_prices_and_costs() {
    let catalogue = TierCatalogue::standard();
    let row = |tier: Tier| {
        let tier = catalogue.get(&tier).unwrap();
        let (plan, cost) = (tier.plan.clone().unwrap(), tier.monthly_cost.unwrap());
        (plan.name, plan.price.to_string(), cost.parts().map(|(_, dollars)| dollars), cost.total())
    };
    assert_eq!(row(Tier::trial()), ("Starter".into(), "Free–$99".into(), [20, 15, 15, 15, 5], 70));
    assert_eq!(row(Tier::standard()), ("Professional".into(), "$1,000".into(), [20, 30, 30, 25, 20], 125));
    assert_eq!(row(Tier::enterprise()), ("Enterprise".into(), "$8,000+".into(), [20, 60, 200, 100, 100], 480));
    let cost = catalogue.get(&Tier::trial()).unwrap().monthly_cost.unwrap();
    let parts =
        "ALB           20\nECS tasks     15\nRDS           15\nRedis         15\nS3+EFS         5\ntotal         70";
    assert_eq!(cost.to_string(), parts);
}

#[test]
fn defaults_are_those_of_the_tenant_options() {
    let tenant = resolve(Tier::trial());
    let database = &tenant.database;
    assert_eq!((database.allocated_storage_gib, database.max_storage_gib), (20, 100));
    assert_eq!((database.backup_retention_days, database.multi_az), (7, false));
    assert_eq!((database.engine_version.as_str(), database.performance_insights), ("17", false));
    let cache = &tenant.cache;
    assert_eq!((cache.nodes, cache.snapshot_retention_days, cache.automatic_failover), (1, 0, false));
    assert_eq!(cache.engine_version, "7.1");
    for service in &tenant.services {
        assert_eq!((service.desired_count, service.autoscaling.is_none()), (1, true), "{}", service.name);
        assert_eq!((service.spot_percent, service.stop_timeout_seconds), (0, 30), "{}", service.name);
        assert!(service.environment.is_empty() && !service.enable_execute_command);
    }
    let storage = &tenant.storage;
    assert_eq!((storage.s3_versioning, storage.s3_lifecycle_rules), (true, false));
    assert_eq!((storage.efs_provisioned_mibps, storage.max_storage_gb), (None, 100));
    let layout = &storage.layout;
    assert_eq!(layout.shared_models, "/mnt/shared-models");
    assert_eq!(
        (layout.tenant_models.as_str(), layout.tenant_data.as_str()),
        ("/mnt/tenant-models", "/mnt/tenant-data")
    );
    let compliance = &tenant.compliance;
    assert_eq!((compliance.hipaa, compliance.audit_logging, compliance.flow_logs), (false, false, false));
    assert_eq!(compliance.data_retention_days, 90);
    assert_eq!((&tenant.identity_provider, &tenant.cost_center, &tenant.department), (&None, &None, &None));
    assert_eq!((tenant.deletion_protection, tenant.id.as_str()), (None, "demo"));
}

#[test]
fn the_preset_is_one_image_with_three_commands() {
    let tenant = resolve(Tier::trial());
    let commands: Vec<(&str, &str)> =
        tenant.services.iter().map(|service| (service.name.as_str(), service.command[0].as_str())).collect();
    let expected = [("django", "/start"), ("celery", "/start-celeryworker"), ("beat", "/start-celerybeat")];
    assert_eq!(commands, expected);
    let image = ResolvedImage::Repository { repository: "django".into(), reference: "latest".into() };
    assert!(tenant.services.iter().all(|service| service.image == image));
    let django = service(&tenant, "django");
    let exposure = django.exposure.as_ref().unwrap();
    assert_eq!((django.port, exposure.listener_port), (Some(8000), 443));
    assert_eq!(
        (exposure.health_check_path.as_str(), exposure.health_check_matcher.as_str()),
        ("/admin/", "200,301,302")
    );
    let health = (exposure.health_check_interval_seconds, exposure.healthy_threshold, exposure.unhealthy_threshold);
    assert_eq!(health, (30, 2, 2));
    assert_eq!((exposure.deregistration_delay_seconds, exposure.stickiness_seconds), (30, None));
    for name in ["celery", "beat"] {
        assert_eq!((service(&tenant, name).port, &service(&tenant, name).exposure), (None, &None));
    }
    let deployment = |name| (service(&tenant, name).minimum_healthy_percent, service(&tenant, name).maximum_percent);
    assert_eq!((deployment("django"), deployment("beat")), ((100, 200), (0, 100)));
}

fn clinic_tier() -> TierDefinition {
    let size = FargateSize::new(512, 2048).unwrap();
    TierDefinition::builder(
        Tier::new("clinic-plus").unwrap(),
        InstanceClass::new("db.t4g.large").unwrap(),
        NodeType::new("cache.t4g.medium").unwrap(),
        TaskSizes { web: size, worker: size, scheduler: size },
    )
    .with_cache_nodes(NodeCount::new(2).unwrap())
    .with_multi_az(true)
    .with_plan("Clinic Plus", MonthlyPrice::Fixed(450))
    .with_monthly_cost(MonthlyCost { load_balancer: 20, tasks: 40, database: 60, cache: 50, storage: 10 })
    .build()
    .unwrap()
}

#[test]
fn a_tier_of_ones_own_decides_what_it_says_and_leaves_the_rest() {
    let catalogue = TierCatalogue::standard().with_tier(clinic_tier());
    let tenant = catalogue.resolve(&plain(Tier::new("clinic-plus").unwrap())).unwrap();
    assert_eq!(figures(&tenant), ("db.t4g.large", "cache.t4g.medium", [(512, 2048); 3]));
    assert_eq!((tenant.cache.nodes, tenant.cache.automatic_failover, tenant.database.multi_az), (2, true, true));
    assert_eq!(tenant.sources["cache.nodes"], Source::Tier("clinic-plus".into()));
    assert_eq!(tenant.sources["database.backup_retention_days"], Source::Default);
    assert_eq!(catalogue.iter().count(), 4);
}

#[test]
fn a_tier_that_the_catalogue_does_not_have_is_refused_with_the_nearest_one() {
    let error = TierCatalogue::standard().resolve(&plain(Tier::new("standart").unwrap())).unwrap_err();
    let expected = "the spec has 1 error:\n  - tier: is not a known tier; did you mean `standard`? \
                    (allowed: enterprise, standard, trial; given: \"standart\")";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_tier_that_contradicts_itself_is_refused() {
    let size = FargateSize::new(256, 512).unwrap();
    let builder = || {
        TierDefinition::builder(
            Tier::trial(),
            InstanceClass::new("db.t4g.micro").unwrap(),
            NodeType::new("cache.t4g.micro").unwrap(),
            TaskSizes { web: size, worker: size, scheduler: size },
        )
    };
    let falling = builder().with_plan("Starter", MonthlyPrice::Between(99, 0)).build().unwrap_err();
    assert_eq!(falling.to_string(), "tier trial: the price must rise from its first figure to its second, not 99 to 0");
    let nameless = builder().with_plan(" ", MonthlyPrice::Fixed(1)).build().unwrap_err();
    assert_eq!(nameless, InvalidTier::Name { tier: Tier::trial() });
}
