//! The example tenants load unchanged and come out as they say.

use std::collections::BTreeSet;

use mate::spec::{
    Base, Catalogue, EfsThroughput, IdentityProvider, ResolvedImage, ResolvedService, ResolvedTenant, Source,
    TenantDocument, TenantSpec,
};
use mate::tiers::TierCatalogue;

pub(crate) const FILES: [&str; 4] = ["clinic.tfvars", "regional.tfvars", "medcenter.tfvars", "docuthinker.toml"];

pub(crate) fn load(file: &str) -> TenantSpec {
    let path = format!("{}/examples/tenants/{file}", env!("CARGO_MANIFEST_DIR"));
    TenantSpec::from_path(path).unwrap_or_else(|error| panic!("{error}: {:?}", std::error::Error::source(&error)))
}

pub(crate) fn resolve(file: &str) -> ResolvedTenant {
    TierCatalogue::standard().resolve(&load(file)).unwrap()
}

pub(crate) fn service<'a>(tenant: &'a ResolvedTenant, name: &str) -> &'a ResolvedService {
    tenant.services.iter().find(|service| service.name == name).unwrap()
}

fn tier(name: &str) -> Source {
    Source::Tier(name.to_owned())
}

#[test]
fn clinic_is_a_trial_tenant_under_hipaa() {
    let tenant = resolve("clinic.tfvars");
    assert_eq!((tenant.id.as_str(), tenant.display_name.as_str()), ("clinic", "Small Clinic"));
    assert_eq!(tenant.database.instance_class, "db.t4g.micro");
    assert_eq!(tenant.sources["database.instance_class"], Source::Tenant);
    assert_eq!((tenant.database.allocated_storage_gib, tenant.database.max_storage_gib), (20, 100));
    assert_eq!(tenant.cache.nodes, 1);
    assert!(!tenant.cache.automatic_failover);
    let django = service(&tenant, "django");
    assert_eq!((django.cpu, django.memory_mib, django.desired_count), (256, 512, 1));
    assert!(tenant.compliance.hipaa && !tenant.compliance.audit_logging);
    assert_eq!(tenant.compliance.data_retention_days, 2555);
    assert_eq!(tenant.sources["compliance.data_retention_days"], Source::Default);
    assert_eq!(tenant.sources["compliance.audit_logging"], Source::Tenant);
    assert_eq!(tenant.billing_contact, "admin@clinic.com");
}

#[test]
fn regional_has_its_own_settings_over_the_standard_tier() {
    let tenant = resolve("regional.tfvars");
    assert_eq!(tenant.database.instance_class, "db.t4g.small");
    assert!(tenant.database.multi_az);
    assert_eq!((tenant.cache.nodes, tenant.cache.automatic_failover), (2, true));
    assert_eq!(tenant.cache.node_type, "cache.t4g.small");
    assert_eq!(tenant.sources["cache.node_type"], tier("standard"));
    let django = service(&tenant, "django");
    assert_eq!((django.cpu, django.memory_mib, django.desired_count), (512, 1024, 2));
    let celery = service(&tenant, "celery");
    assert_eq!((celery.cpu, celery.memory_mib, celery.desired_count), (512, 1024, 1));
    assert_eq!(tenant.sources["services.celery.cpu"], tier("standard"));
    for scaled in [django, celery] {
        let bounds = scaled.autoscaling.as_ref().map(|scaling| (scaling.min_capacity, scaling.max_capacity));
        assert_eq!(bounds, Some((2, 5)));
    }
    assert_eq!(service(&tenant, "beat").autoscaling, None);
    assert_eq!(tenant.compliance.data_retention_days, 2555);
    assert_eq!(tenant.sources["compliance.data_retention_days"], Source::Tenant);
}

#[test]
fn medcenter_has_every_advanced_feature() {
    let spec = load("medcenter.tfvars");
    assert!(matches!(spec.storage().efs_throughput, Some(EfsThroughput::Provisioned(rate)) if rate.get() == 100));
    assert!(matches!(spec.identity_provider(), Some(IdentityProvider::Saml { .. })));
    let tenant = resolve("medcenter.tfvars");
    assert_eq!(tenant.database.instance_class, "db.r6g.large");
    assert_eq!((tenant.database.allocated_storage_gib, tenant.database.max_storage_gib), (100, 200));
    assert_eq!(tenant.sources["database.max_storage_gib"], Source::Default);
    let django = service(&tenant, "django");
    assert_eq!((django.cpu, django.memory_mib, django.desired_count), (2048, 4096, 5));
    let scaling = django.autoscaling.as_ref().unwrap();
    assert_eq!((scaling.min_capacity, scaling.max_capacity, scaling.target_cpu_percent), (1, 20, 75));
    let celery = service(&tenant, "celery");
    assert_eq!((celery.cpu, celery.memory_mib, celery.desired_count), (1024, 2048, 3));
    assert_eq!(tenant.storage.efs_provisioned_mibps, Some(100));
    assert!(tenant.storage.s3_lifecycle_rules && tenant.storage.s3_versioning);
    assert!(tenant.compliance.flow_logs && tenant.compliance.audit_logging);
    let provider = tenant.identity_provider.as_ref().unwrap();
    assert_eq!((provider.provider_type.as_str(), provider.name.as_str()), ("SAML", "MedCenterAzureAD"));
    assert_eq!(tenant.cost_center.as_deref(), Some("it-infrastructure"));
    assert_eq!(tenant.department.as_deref(), Some("radiology"));
}

#[test]
fn docuthinker_has_five_services_of_its_own() {
    let tenant = resolve("docuthinker.toml");
    let names: Vec<&str> = tenant.services.iter().map(|service| service.name.as_str()).collect();
    assert_eq!(names, ["backend", "ai-ml", "frontend", "worker", "scheduler"]);
    let exposure = |name| service(&tenant, name).exposure.clone().unwrap();
    assert_eq!((exposure("backend").listener_port, exposure("ai-ml").listener_port), (443, 8080));
    assert_eq!(exposure("backend").path_patterns, Vec::<String>::new());
    assert_eq!(exposure("backend").health_check_matcher, "200");
    assert_eq!(exposure("backend").deregistration_delay_seconds, 30);
    assert_eq!(exposure("frontend").path_patterns, ["/", "/app/*", "/assets/*"]);
    let scaling = service(&tenant, "backend").autoscaling.clone().unwrap();
    assert_eq!((scaling.min_capacity, scaling.max_capacity), (2, 10));
    assert_eq!((scaling.target_cpu_percent, scaling.target_memory_percent), (70, Some(80)));
    assert_eq!(scaling.target_requests, Some(1000));
    assert_eq!((scaling.scale_in_cooldown_seconds, scaling.scale_out_cooldown_seconds), (300, 60));
    let worker = service(&tenant, "worker");
    assert_eq!((worker.cpu, worker.memory_mib, worker.spot_percent), (512, 1024, 50));
    let scheduler = service(&tenant, "scheduler");
    assert_eq!((scheduler.cpu, scheduler.memory_mib, scheduler.desired_count), (256, 512, 1));
    assert_eq!((scheduler.minimum_healthy_percent, scheduler.maximum_percent), (0, 100));
    let image = ResolvedImage::Repository { repository: "backend".into(), reference: "latest".into() };
    assert_eq!(scheduler.image, image);
}

#[test]
fn the_base_of_the_examples_has_a_repository_for_every_image() {
    let path = format!("{}/examples/base-dev.toml", env!("CARGO_MANIFEST_DIR"));
    let base = Base::from_path(path).unwrap();
    assert_eq!((base.environment.as_str(), base.domain.as_str()), ("dev", "mate.sociant.ai"));
    assert!(!base.enable_deletion_protection);
    assert_eq!(base.validate(), Ok(()));
    for file in FILES {
        for service in resolve(file).services {
            let ResolvedImage::Repository { repository, .. } = service.image else { panic!("{}", service.image) };
            assert!(base.repositories.contains_key(&repository), "{repository}");
        }
    }
}

#[test]
fn every_value_has_a_source_and_every_source_a_value() {
    for file in FILES {
        let tenant = resolve(file);
        let values: BTreeSet<String> = tenant.values().into_iter().map(|value| value.path).collect();
        let sources: BTreeSet<String> = tenant.sources.keys().cloned().collect();
        assert_eq!(values, sources, "{file}");
    }
}

#[test]
fn the_table_says_path_value_and_source() {
    let table = resolve("regional.tfvars").table().to_string();
    let row = |path: &str| {
        let line = table.lines().find(|line| line.split_whitespace().next() == Some(path)).unwrap();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(table.lines().next().unwrap().split_whitespace().collect::<Vec<_>>(), ["path", "value", "source"]);
    assert_eq!(row("database.instance_class"), "database.instance_class db.t4g.small tenant");
    assert_eq!(row("services.celery.memory_mib"), "services.celery.memory_mib 1024 tier standard");
    assert_eq!(row("services.beat.image"), "services.beat.image django:latest default");
    assert_eq!(row("identity_provider"), "identity_provider - default");
}

#[test]
fn the_examples_survive_the_way_through_the_wire_forms() {
    for file in FILES {
        let spec = load(file);
        let document = TenantDocument::from(&spec);
        assert_eq!(TenantSpec::from_str(mate::spec::Format::Toml, &document.to_toml()).unwrap(), spec, "{file}");
        assert_eq!(TenantSpec::from_str(mate::spec::Format::Json, &document.to_json()).unwrap(), spec, "{file}");
    }
}
