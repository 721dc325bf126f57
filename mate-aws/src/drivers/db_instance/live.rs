//! A database instance as RDS tells it, in the form of the kind.

use std::collections::BTreeSet;

use aws_sdk_rds::types::DbInstance as Instance;
use mate_core::kinds::db_instance::{DbInstance, DbInstanceInputs};
use mate_core::model::{Input, Outputs};
use mate_core::provider::{Live, Status, Target};
use serde_json::json;

use crate::drivers::{fields, rds_tags};

/// The live object as RDS reports it, with the changes in progress taken for done: they are no drift, and make the
/// status pending.
pub(super) fn live(target: &Target, instance: &Instance) -> Live {
    let desired = target.typed::<DbInstance>().ok();
    let desired = desired.as_ref();
    let pending = instance.pending_modified_values();
    let known = |input: fn(&DbInstanceInputs) -> &Input<String>| {
        desired.and_then(|desired| input(desired).known()).map(String::as_str)
    };
    let first = |pending: Option<&str>, now: Option<&str>| pending.or(now).map(str::to_owned);

    let engine_version = first(pending.and_then(|p| p.engine_version()), instance.engine_version());
    let allocated = pending.and_then(|p| p.allocated_storage()).or(instance.allocated_storage());
    let subnet_group = first(
        pending.and_then(|p| p.db_subnet_group_name()),
        instance.db_subnet_group().and_then(|group| group.db_subnet_group_name()),
    );
    let port = pending
        .and_then(|p| p.port())
        .or_else(|| instance.endpoint().and_then(|endpoint| endpoint.port()))
        .or(instance.db_instance_port().filter(|port| *port > 0))
        .or_else(|| desired.map(|desired| i32::from(desired.port)));
    let parameter_group = instance.db_parameter_groups().first().and_then(|group| group.db_parameter_group_name());
    let groups: Vec<&str> =
        instance.vpc_security_groups().iter().filter_map(|group| group.vpc_security_group_id()).collect();
    // Until it stands, an instance does not tell what is turned on last.
    let settled = instance.db_instance_status() != Some("creating");

    let inputs = fields::Fields::default()
        .with("engine", instance.engine())
        .with(
            "engine_version",
            engine_version.map(|live| fields::version(desired.map(|d| d.engine_version.as_str()), &live, 1)),
        )
        .with("instance_class", first(pending.and_then(|p| p.db_instance_class()), instance.db_instance_class()))
        .with("allocated_storage_gib", allocated.map(|gib| grown(desired, gib)))
        .with("max_allocated_storage_gib", instance.max_allocated_storage().or(allocated))
        .with("storage_type", first(pending.and_then(|p| p.storage_type()), instance.storage_type()))
        .with(
            "kms_key_id",
            instance.kms_key_id().and_then(|key| fields::kms_key(known(|inputs| &inputs.kms_key_id), key)),
        )
        .with("multi_az", pending.and_then(|p| p.multi_az()).or(instance.multi_az()))
        .with(
            "backup_retention_days",
            pending.and_then(|p| p.backup_retention_period()).or(instance.backup_retention_period()),
        )
        .with("db_name", instance.db_name())
        .with("master_username", instance.master_username())
        .with("port", port)
        .with(
            "db_subnet_group_name",
            subnet_group.map(|live| fields::name(known(|inputs| &inputs.db_subnet_group_name), &live)),
        )
        .with(
            "db_parameter_group_name",
            parameter_group.map(|live| fields::name(known(|inputs| &inputs.db_parameter_group_name), live)),
        )
        .with("security_group_ids", Some(groups))
        .with("deletion_protection", instance.deletion_protection())
        .with("performance_insights", instance.performance_insights_enabled().filter(|_| settled))
        .with("log_exports", settled.then(|| log_exports(instance)))
        .with("stopped", Some(is_stopped(instance)))
        .into_value();

    let identifier = instance.db_instance_identifier().unwrap_or(&target.name);
    Live {
        physical_id: identifier.to_owned(),
        status: status(instance),
        inputs,
        outputs: outputs(instance, identifier),
        tags: rds_tags::map(instance.tag_list()),
    }
}

/// Returns true if the instance is stopped or on its way there.
pub(super) fn is_stopped(instance: &Instance) -> bool {
    matches!(instance.db_instance_status(), Some("stopped" | "stopping"))
}

/// Storage that has grown by itself, within the limit that is wanted, is what is wanted: the figure is the storage
/// at creation.
fn grown(desired: Option<&DbInstanceInputs>, live: i32) -> u32 {
    let live = u32::try_from(live).unwrap_or(0);
    match desired {
        Some(desired) if (desired.allocated_storage_gib..=desired.max_allocated_storage_gib).contains(&live) => {
            desired.allocated_storage_gib
        }
        _ => live,
    }
}

/// The exported logs, with those that are being turned on or off.
pub(super) fn log_exports(instance: &Instance) -> BTreeSet<String> {
    let mut exports: BTreeSet<String> = instance.enabled_cloudwatch_logs_exports().iter().cloned().collect();
    if let Some(pending) = instance.pending_modified_values().and_then(|p| p.pending_cloudwatch_logs_exports()) {
        exports.extend(pending.log_types_to_enable().iter().cloned());
        exports.retain(|log| !pending.log_types_to_disable().contains(log));
    }
    exports
}

fn outputs(instance: &Instance, identifier: &str) -> Outputs {
    let mut outputs = Outputs::from([("identifier".to_owned(), json!(identifier))]);
    if let Some(endpoint) = instance.endpoint() {
        outputs.extend(endpoint.address().map(|address| ("address".to_owned(), json!(address))));
        outputs.extend(endpoint.port().map(|port| ("port".to_owned(), json!(port))));
    }
    outputs.extend(instance.db_instance_arn().map(|arn| ("arn".to_owned(), json!(arn))));
    outputs
}

/// The status of the instance.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html>
pub(super) fn status(instance: &Instance) -> Status {
    let word = instance.db_instance_status().unwrap_or("unknown");
    match word {
        "available"
        | "backing-up"
        | "configuring-enhanced-monitoring"
        | "storage-optimization"
        | "storage-initialization" => match changing(instance) {
            _ if instance.endpoint().and_then(|endpoint| endpoint.address()).is_none() => {
                Status::Pending(format!("{word}, no endpoint yet"))
            }
            changes if changes.is_empty() => Status::Ready,
            changes => Status::Pending(format!("{word}, changing {}", changes.join(", "))),
        },
        // Which of the two is wanted, the inputs say.
        "stopped" => Status::Ready,
        "deleting" | "delete-precheck" => Status::Deleting,
        "failed"
        | "restore-error"
        | "storage-full"
        | "insufficient-capacity"
        | "inaccessible-encryption-credentials"
        | "inaccessible-encryption-credentials-recoverable" => Status::Failed(word.to_owned()),
        word if word.starts_with("incompatible-") => Status::Failed(word.to_owned()),
        word => Status::Pending(word.to_owned()),
    }
}

/// The properties of the instance that RDS is changing at this moment.
fn changing(instance: &Instance) -> Vec<&'static str> {
    let Some(pending) = instance.pending_modified_values() else { return Vec::new() };
    let logs = pending
        .pending_cloudwatch_logs_exports()
        .is_some_and(|logs| !logs.log_types_to_enable().is_empty() || !logs.log_types_to_disable().is_empty());
    let changes = [
        ("engine version", pending.engine_version().is_some()),
        ("instance class", pending.db_instance_class().is_some()),
        ("storage", pending.allocated_storage().is_some() || pending.storage_type().is_some()),
        ("standby", pending.multi_az().is_some()),
        ("backup retention", pending.backup_retention_period().is_some()),
        ("password", pending.master_user_password().is_some()),
        ("port", pending.port().is_some()),
        ("subnet group", pending.db_subnet_group_name().is_some()),
        ("log exports", logs),
    ];
    changes.into_iter().filter_map(|(what, pending)| pending.then_some(what)).collect()
}
