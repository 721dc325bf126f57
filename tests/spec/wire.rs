//! The wire forms: versions, nulls, defaults, the flat form in other formats.

use mate::spec::{Catalogue, Format, Services, TenantDocument, TenantSpec};
use mate::tiers::TierCatalogue;

use super::examples::{load, service};

const TENANT: &str = r#"display_name = "Klinik Zürich"
subdomain = "zurich"
tier = "trial"
technical_contact = "it@klinik.ch"
billing_contact = "it@klinik.ch"
"#;

fn flat(fields: &str) -> TenantSpec {
    let text = format!("tenant_config = {{\n{TENANT}{fields}\n}}");
    TenantSpec::from_str(Format::Tfvars, &text).unwrap_or_else(|errors| panic!("{errors}"))
}

fn toml(fields: &str) -> TenantSpec {
    TenantSpec::from_str(Format::Toml, &format!("{TENANT}{fields}")).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn a_missing_version_is_version_1() {
    let with_version = TenantSpec::from_str(Format::Toml, &format!("version = 1\n{TENANT}")).unwrap();
    assert_eq!(with_version, toml(""));
    assert!(TenantDocument::from(&with_version).to_toml().contains("version = 1"));
}

#[test]
fn every_field_of_the_flat_form_is_read() {
    let all = r#"
  cost_center = "it"
  department = "radiology"
  rds_instance_class = "db.m6g.2xlarge"
  rds_allocated_storage = 20
  rds_max_storage = 65536
  rds_backup_retention = 35
  rds_multi_az = false
  redis_node_type = "cache.r7g.large"
  redis_num_cache_nodes = 6
  redis_backup_retention = 0
  django_desired_count = 100
  django_cpu = 4096
  django_memory = 8192
  celery_desired_count = 1
  celery_cpu = 256
  celery_memory = 512
  enable_autoscaling = true
  min_capacity = 99
  max_capacity = 100
  target_cpu_utilization = 1
  s3_versioning = true
  s3_lifecycle_rules = false
  efs_throughput_mode = "provisioned"
  efs_throughput_mibps = 1024
  max_storage_gb = 1
  hipaa_compliant = false
  enable_audit_logging = true
  enable_flow_logs = true
  data_retention_days = 1
  identity_provider = { type = "OIDC", name = "KlinikAD", metadata_url = "https://login.klinik.ch/oidc" }"#;
    let tenant = TierCatalogue::standard().resolve(&flat(all)).unwrap();
    let database = &tenant.database;
    assert_eq!((database.allocated_storage_gib, database.max_storage_gib), (20, 65536));
    assert_eq!((database.instance_class.as_str(), database.backup_retention_days), ("db.m6g.2xlarge", 35));
    assert_eq!((tenant.cache.nodes, tenant.cache.automatic_failover), (6, true));
    let django = service(&tenant, "django");
    assert_eq!((django.cpu, django.memory_mib, django.desired_count), (4096, 8192, 100));
    let scaling = django.autoscaling.as_ref().unwrap();
    assert_eq!((scaling.min_capacity, scaling.max_capacity, scaling.target_cpu_percent), (99, 100, 1));
    assert_eq!((scaling.target_memory_percent, scaling.target_requests), (Some(80), None));
    assert_eq!((tenant.storage.efs_provisioned_mibps, tenant.storage.max_storage_gb), (Some(1024), 1));
    assert_eq!(tenant.compliance.data_retention_days, 1);
    assert_eq!(tenant.identity_provider.as_ref().unwrap().provider_type, "OIDC");
}

#[test]
fn null_in_the_flat_form_is_not_set() {
    assert_eq!(flat("identity_provider = null\nefs_throughput_mibps = null\nrds_instance_class = null"), flat(""));
}

#[test]
fn figures_of_autoscaling_alone_do_not_turn_it_on() {
    for off in ["min_capacity = 2\nmax_capacity = 5", "enable_autoscaling = false\nmax_capacity = 5"] {
        let Services::Preset(preset) = flat(off).services().clone() else { panic!("no preset") };
        assert_eq!(preset.autoscaling, None, "{off}");
    }
    let Services::Preset(preset) = flat("enable_autoscaling = true").services().clone() else { panic!("no preset") };
    assert!(preset.autoscaling.is_some());
}

#[test]
fn the_flat_form_is_the_same_in_json() {
    let text = r#"{"tenant_config": {"display_name": "Small Clinic", "subdomain": "clinic", "tier": "trial",
        "rds_instance_class": "db.t4g.micro", "django_cpu": 256, "django_memory": 512,
        "redis_node_type": "cache.t4g.micro", "hipaa_compliant": true, "enable_audit_logging": false,
        "technical_contact": "admin@clinic.com", "billing_contact": "admin@clinic.com"}}"#;
    assert_eq!(TenantSpec::from_str(Format::Json, text).unwrap(), load("clinic.tfvars"));
}

#[test]
fn memory_can_be_no_target_and_the_default_storage_grows_to_twice_its_size() {
    let spec = toml("[preset.autoscaling]\ntarget_memory_percent = 0\n[database]\nallocated_storage_gib = 60");
    let tenant = TierCatalogue::standard().resolve(&spec).unwrap();
    assert_eq!(service(&tenant, "django").autoscaling.as_ref().unwrap().target_memory_percent, None);
    assert_eq!(tenant.database.max_storage_gib, 120);
    let largest = toml("[database]\nallocated_storage_gib = 65536");
    assert_eq!(TierCatalogue::standard().resolve(&largest).unwrap().database.max_storage_gib, 65536);
}

#[test]
fn half_a_size_goes_with_the_other_half_of_the_tier() {
    let tenant = TierCatalogue::standard().resolve(&toml("[preset.django]\nmemory_mib = 2048")).unwrap();
    let django = service(&tenant, "django");
    assert_eq!((django.cpu, django.memory_mib), (256, 2048));
    assert_eq!(tenant.sources["services.django.memory_mib"].to_string(), "tenant");
    assert_eq!(tenant.sources["services.django.cpu"].to_string(), "tier trial");
}

#[test]
fn a_spec_is_serialised_as_its_document() {
    let spec = load("docuthinker.toml");
    let json = serde_json::to_string(&spec).unwrap();
    assert_eq!(serde_json::from_str::<TenantSpec>(&json).unwrap(), spec);
    let broken = json.replace("\"subdomain\":\"docuthinker\"", "\"subdomain\":\"-\"");
    let error = serde_json::from_str::<TenantSpec>(&broken).unwrap_err().to_string();
    assert!(error.contains("subdomain: is not a subdomain"), "{error}");
}
