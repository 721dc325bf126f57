//! The flat `tenant_config` of today's `terraform.tfvars`: the same fields under other names.

use super::raw::{Raw, Table};
use super::reader::{Reader, duplicated, unknown_field};
use crate::spec::error::SpecError;

/// The attribute that holds the fields.
pub(crate) const WRAPPER: &str = "tenant_config";

/// Each flat name with its place in the structured form.
const FIELDS: [(&str, &str); 40] = [
    ("display_name", "display_name"),
    ("subdomain", "subdomain"),
    ("tier", "tier"),
    ("technical_contact", "technical_contact"),
    ("billing_contact", "billing_contact"),
    ("cost_center", "cost_center"),
    ("department", "department"),
    ("deletion_protection", "deletion_protection"),
    ("host_record", "host_record"),
    ("rds_instance_class", "database.instance_class"),
    ("rds_allocated_storage", "database.allocated_storage_gib"),
    ("rds_max_storage", "database.max_storage_gib"),
    ("rds_backup_retention", "database.backup_retention_days"),
    ("rds_multi_az", "database.multi_az"),
    ("redis_node_type", "cache.node_type"),
    ("redis_num_cache_nodes", "cache.nodes"),
    ("redis_backup_retention", "cache.snapshot_retention_days"),
    ("django_desired_count", "preset.django.desired_count"),
    ("django_cpu", "preset.django.cpu"),
    ("django_memory", "preset.django.memory_mib"),
    ("celery_desired_count", "preset.celery.desired_count"),
    ("celery_cpu", "preset.celery.cpu"),
    ("celery_memory", "preset.celery.memory_mib"),
    ("enable_autoscaling", "preset.autoscaling.enabled"),
    ("min_capacity", "preset.autoscaling.min_capacity"),
    ("max_capacity", "preset.autoscaling.max_capacity"),
    ("target_cpu_utilization", "preset.autoscaling.target_cpu_percent"),
    ("s3_versioning", "storage.s3_versioning"),
    ("s3_lifecycle_rules", "storage.s3_lifecycle_rules"),
    ("efs_throughput_mode", "storage.efs_throughput_mode"),
    ("efs_throughput_mibps", "storage.efs_throughput_mibps"),
    ("max_storage_gb", "storage.max_storage_gb"),
    ("hipaa_compliant", "compliance.hipaa"),
    ("enable_audit_logging", "compliance.audit_logging"),
    ("enable_flow_logs", "compliance.flow_logs"),
    ("data_retention_days", "compliance.data_retention_days"),
    ("identity_provider", "identity_provider"),
    ("identity_provider.type", "identity_provider.type"),
    ("identity_provider.name", "identity_provider.name"),
    ("identity_provider.metadata_url", "identity_provider.metadata_url"),
];

/// CPU units and memory that the flat form admits: fewer than Fargate has.
const CPU: [i128; 5] = [256, 512, 1024, 2048, 4096];
const MEMORY: [i128; 5] = [512, 1024, 2048, 4096, 8192];

/// Moves the fields of the flat form to their places in the structured one.
pub(crate) fn to_structured(mut top: Table, errors: &mut Vec<SpecError>) -> Option<Table> {
    let config = top.entries.remove(WRAPPER);
    let mut rest = Reader::new("", top, errors);
    rest.take(WRAPPER);
    rest.finish();
    let config = match config {
        Some(Raw::Table(config)) => config,
        Some(other) => {
            errors.push(SpecError::new(WRAPPER, "is not a table").allowed("tenant_config = { … }").given(other));
            return None;
        }
        None => {
            errors.push(SpecError::new(WRAPPER, "is missing").allowed("tenant_config = { … }"));
            return None;
        }
    };
    let mut structured = Table::default();
    duplicated(WRAPPER, &config.duplicates, errors);
    let names: Vec<&str> = FIELDS.iter().map(|field| field.0).filter(|name| !name.contains('.')).collect();
    let mut autoscaling_is_said = false;
    let mut autoscaling_has_figures = false;
    for (name, value) in config.entries {
        let place = FIELDS.iter().find(|(flat, _)| *flat == name && !flat.contains('.'));
        let Some((_, place)) = place else {
            errors.push(unknown_field(WRAPPER, &name, &names));
            continue;
        };
        if value == Raw::Null || !admitted(&name, &value, errors) {
            continue;
        }
        autoscaling_is_said |= name == "enable_autoscaling";
        autoscaling_has_figures |= place.starts_with("preset.autoscaling.");
        put(&mut structured, place, value);
    }
    if autoscaling_has_figures && !autoscaling_is_said {
        put(&mut structured, "preset.autoscaling.enabled", Raw::Bool(false));
    }
    Some(structured)
}

fn admitted(name: &str, value: &Raw, errors: &mut Vec<SpecError>) -> bool {
    let (what, admitted) = match name {
        "django_cpu" | "celery_cpu" => ("CPU units", CPU),
        "django_memory" | "celery_memory" => ("memory sizes", MEMORY),
        _ => return true,
    };
    if let Raw::Integer(number) = value
        && admitted.contains(number)
    {
        return true;
    }
    let [a, b, c, d, e] = admitted;
    errors.push(
        SpecError::new(format!("{WRAPPER}.{name}"), format!("is none of the {what} of {WRAPPER}"))
            .allowed(format!("{a}, {b}, {c}, {d} or {e}"))
            .given(value),
    );
    false
}

fn put(table: &mut Table, place: &str, value: Raw) {
    match place.split_once('.') {
        None => {
            table.entries.insert(place.to_owned(), value);
        }
        Some((head, rest)) => {
            let inner = table.entries.entry(head.to_owned()).or_insert_with(|| Raw::Table(Table::default()));
            if let Raw::Table(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// Says a problem of the structured form in the names of the flat one.
pub(crate) fn in_flat_names(mut error: SpecError) -> SpecError {
    error.path = match FIELDS.iter().find(|(_, place)| *place == error.path) {
        Some((flat, _)) => format!("{WRAPPER}.{flat}"),
        None => format!("{WRAPPER}.{}", error.path),
    };
    for (flat, place) in FIELDS {
        error.problem = error.problem.replace(&format!("`{place}`"), &format!("`{flat}`"));
    }
    error
}
