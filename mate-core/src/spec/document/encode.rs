//! From a [`TenantSpec`] to the structured form. What is not set is left out.

use std::collections::BTreeMap;

use super::decode::VERSION;
use super::raw::{Raw, Table};
use crate::spec::autoscaling::Autoscaling;
use crate::spec::cache::{CacheSpec, CacheTopology};
use crate::spec::compliance::{ComplianceSpec, IdentityProvider};
use crate::spec::database::DatabaseSpec;
use crate::spec::environment::{VariableName, VariableValue};
use crate::spec::exposure::Exposure;
use crate::spec::fargate::{CpuUnits, MemoryMib, SizeSpec};
use crate::spec::preset::{DjangoPreset, PresetService};
use crate::spec::service::{ImageSpec, Scaling, ServiceRole, ServiceSpec};
use crate::spec::storage::{EfsThroughput, StorageSpec};
use crate::spec::tenant::{Services, TenantSpec};

pub(crate) fn tenant(spec: &TenantSpec) -> Table {
    let mut table = Table::default();
    table.put("version", Some(VERSION));
    table.put("id", spec.id.as_ref().map(crate::model::ids::TenantId::as_str));
    table.put("display_name", Some(spec.display_name.as_str()));
    table.put("subdomain", Some(spec.subdomain.as_str()));
    table.put("tier", Some(spec.tier.as_str()));
    table.put("technical_contact", Some(spec.contacts.technical.as_str()));
    table.put("billing_contact", Some(spec.contacts.billing.as_str()));
    table.put("cost_center", spec.cost_center.as_ref().map(|value| value.as_str()));
    table.put("department", spec.department.as_ref().map(|value| value.as_str()));
    table.put("deletion_protection", spec.deletion_protection);
    table.put("host_record", spec.host_record);
    match &spec.parts.services {
        Services::Preset(own) => table.put_table("preset", preset(own)),
        Services::List(list) => {
            let list = list.iter().map(|own| Raw::Table(service(own))).collect();
            table.put("services", Some(Raw::List(list)));
        }
    }
    table.put_table("database", database(&spec.parts.database));
    table.put_table("cache", cache(&spec.parts.cache));
    table.put_table("storage", storage(&spec.parts.storage));
    table.put_table("compliance", compliance(&spec.parts.compliance));
    table.put("identity_provider", spec.identity_provider.as_ref().map(identity_provider));
    table
}

fn database(own: &DatabaseSpec) -> Table {
    let mut table = Table::default();
    table.put("engine_version", own.engine_version.as_ref().map(|value| value.as_str()));
    table.put("instance_class", own.instance_class.as_ref().map(|value| value.as_str()));
    table.put("allocated_storage_gib", own.allocated_storage.map(|value| value.get()));
    table.put("max_storage_gib", own.max_storage.map(|value| value.get()));
    table.put("backup_retention_days", own.backup_retention.map(|value| u32::from(value.get())));
    table.put("multi_az", own.multi_az);
    table.put("performance_insights", own.performance_insights);
    table
}

fn cache(own: &CacheSpec) -> Table {
    let mut table = Table::default();
    table.put("engine_version", own.engine_version.as_ref().map(|value| value.as_str()));
    table.put("node_type", own.node_type.as_ref().map(|value| value.as_str()));
    table.put("nodes", own.topology.map(|topology| u32::from(topology.nodes())));
    if let Some(CacheTopology::Replicated { automatic_failover, .. }) = own.topology {
        table.put("automatic_failover", automatic_failover);
    }
    table.put("snapshot_retention_days", own.snapshot_retention.map(|value| u32::from(value.get())));
    table
}

fn storage(own: &StorageSpec) -> Table {
    let mut table = Table::default();
    table.put("s3_versioning", own.s3_versioning);
    table.put("s3_lifecycle_rules", own.s3_lifecycle_rules);
    match own.efs_throughput {
        None => {}
        Some(EfsThroughput::Bursting) => table.put("efs_throughput_mode", Some("bursting")),
        Some(EfsThroughput::Provisioned(rate)) => {
            table.put("efs_throughput_mode", Some("provisioned"));
            table.put("efs_throughput_mibps", Some(u32::from(rate.get())));
        }
    }
    table.put("max_storage_gb", own.max_storage_gb.map(|value| value.get()));
    if let Some(layout) = &own.layout {
        let mut paths = Table::default();
        paths.put("shared_models", Some(layout.shared_models.as_str()));
        paths.put("tenant_models", Some(layout.tenant_models.as_str()));
        paths.put("tenant_data", Some(layout.tenant_data.as_str()));
        table.put_table("layout", paths);
    }
    table
}

fn compliance(own: &ComplianceSpec) -> Table {
    let mut table = Table::default();
    table.put("hipaa", own.hipaa);
    table.put("audit_logging", own.audit_logging);
    table.put("flow_logs", own.flow_logs);
    table.put("data_retention_days", own.data_retention.map(|value| value.get()));
    table
}

fn identity_provider(own: &IdentityProvider) -> Table {
    let mut table = Table::default();
    table.put("type", Some(own.provider_type()));
    table.put("name", Some(own.name().as_str()));
    table.put("metadata_url", Some(own.url().as_str()));
    table
}

fn put_size(table: &mut Table, size: SizeSpec) {
    table.put("cpu", size.cpu().map(CpuUnits::get));
    table.put("memory_mib", size.memory().map(MemoryMib::get));
}

fn preset_service(own: &PresetService) -> Table {
    let mut table = Table::default();
    put_size(&mut table, own.size);
    table.put("desired_count", own.desired_count.map(|value| value.get()));
    table
}

fn preset(own: &DjangoPreset) -> Table {
    let mut table = Table::default();
    table.put("tag", own.tag.as_ref().map(|value| value.as_str()));
    table.put_table("django", preset_service(&own.django));
    let mut celery = preset_service(&own.celery);
    celery.put("spot_percent", own.celery_spot.map(|value| u32::from(value.get())));
    table.put_table("celery", celery);
    let mut beat = Table::default();
    put_size(&mut beat, own.beat);
    table.put_table("beat", beat);
    table.put("autoscaling", own.autoscaling.as_ref().map(autoscaling));
    table.put_table("environment", environment(&own.environment));
    table.put("enable_execute_command", own.enable_execute_command);
    table
}

fn autoscaling(own: &Autoscaling) -> Table {
    let mut table = Table::default();
    table.put("enabled", Some(true));
    table.put("min_capacity", own.min().map(|value| value.get()));
    table.put("max_capacity", own.max().map(|value| value.get()));
    table.put("target_cpu_percent", own.target_cpu.map(|value| u32::from(value.get())));
    table.put("target_memory_percent", own.target_memory.map(|value| u32::from(value.get())));
    table.put("target_requests", own.target_requests.map(|value| value.get()));
    table.put("scale_in_cooldown_seconds", own.scale_in_cooldown.map(|value| value.get()));
    table.put("scale_out_cooldown_seconds", own.scale_out_cooldown.map(|value| value.get()));
    table
}

fn environment(own: &BTreeMap<VariableName, VariableValue>) -> Table {
    let mut table = Table::default();
    for (name, value) in own {
        table.put(name.as_str(), Some(value.as_str()));
    }
    table
}

fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Option<Raw> {
    let texts: Vec<Raw> = texts.into_iter().map(Raw::from).collect();
    (!texts.is_empty()).then_some(Raw::List(texts))
}

fn service(own: &ServiceSpec) -> Table {
    let mut table = Table::default();
    table.put("name", Some(own.name.as_str()));
    match &own.image {
        ImageSpec::Repository { repository, reference } => {
            table.put("repository", Some(repository.as_str()));
            table.put("tag", reference.as_ref().map(|value| value.as_str()));
        }
        ImageSpec::Uri(uri) => table.put("image", Some(uri.as_str())),
    }
    let mut put_scaling = |role: &str, scaling: &Scaling| {
        table.put("role", Some(role));
        table.put("desired_count", scaling.desired_count.map(|value| value.get()));
        table.put("autoscaling", scaling.autoscaling.as_ref().map(autoscaling));
    };
    match &own.role {
        ServiceRole::Web { port, exposure: own, scaling } => {
            put_scaling("web", scaling);
            table.put("port", Some(u32::from(port.get())));
            table.put("exposure", Some(exposure(own)));
        }
        ServiceRole::Worker { scaling } => put_scaling("worker", scaling),
        ServiceRole::Scheduler => put_scaling("scheduler", &Scaling::default()),
    }
    table.put("command", texts(own.command.iter().map(String::as_str)));
    put_size(&mut table, own.size);
    table.put_table("environment", environment(&own.environment));
    table.put("spot_percent", own.spot.map(|value| u32::from(value.get())));
    table.put("stop_timeout_seconds", own.stop_timeout.map(|value| u32::from(value.get())));
    table.put("minimum_healthy_percent", own.minimum_healthy.map(|value| u32::from(value.get())));
    table.put("maximum_percent", own.maximum.map(|value| u32::from(value.get())));
    table.put("enable_execute_command", own.enable_execute_command);
    table
}

fn exposure(own: &Exposure) -> Table {
    let mut table = Table::default();
    table.put("listener_port", own.listener.map(|value| u32::from(value.get())));
    table.put("path_patterns", texts(own.paths.iter().map(|path| path.as_str())));
    table.put("health_check_path", Some(own.health.path.as_str()));
    table.put("health_check_matcher", own.health.matcher.as_ref().map(|value| value.as_str()));
    table.put("health_check_interval_seconds", own.health.interval.map(|value| u32::from(value.get())));
    table.put("healthy_threshold", own.health.healthy_threshold.map(|value| u32::from(value.get())));
    table.put("unhealthy_threshold", own.health.unhealthy_threshold.map(|value| u32::from(value.get())));
    table.put("deregistration_delay_seconds", own.deregistration_delay.map(|value| u32::from(value.get())));
    table.put("stickiness_seconds", own.stickiness.map(|value| value.get()));
    table
}
