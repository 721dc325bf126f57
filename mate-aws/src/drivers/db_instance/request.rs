//! The calls that make and change a database instance.

use aws_sdk_rds::operation::create_db_instance::builders::CreateDBInstanceFluentBuilder;
use aws_sdk_rds::operation::modify_db_instance::builders::ModifyDBInstanceFluentBuilder;
use aws_sdk_rds::types::{CloudwatchLogsExportConfiguration, DbInstance as Instance};
use mate_core::kinds::db_instance::DbInstanceInputs;
use mate_core::provider::{ErrorClass, ProviderError, Target};
use secrecy::{ExposeSecret, SecretString};

use super::live::log_exports;
use crate::context::Aws;
use crate::drivers::{fields, rds_tags};
use crate::secrets::{password_of, read_secret};

/// Days that Performance Insights keeps free of charge.
const INSIGHTS_DAYS: i32 = 7;

/// The master password, out of the secret that the inputs name.
pub(super) async fn password(
    aws: &Aws,
    target: &Target,
    inputs: &DbInstanceInputs,
) -> Result<SecretString, ProviderError> {
    let arn = fields::value(target, &inputs.master_user_secret_arn)?;
    let secret = read_secret(aws, &target.address, arn).await?;
    password_of(&secret).ok_or_else(|| {
        ProviderError::new(ErrorClass::Invalid, "secretsmanager:GetSecretValue", target.address.clone())
            .with_message(format!("{arn} does not hold the JSON object {{\"username\", \"password\"}}"))
    })
}

/// The call that makes the instance.
pub(super) fn create(
    aws: &Aws,
    target: &Target,
    inputs: &DbInstanceInputs,
    password: &SecretString,
) -> Result<CreateDBInstanceFluentBuilder, ProviderError> {
    let key = fields::value(target, &inputs.kms_key_id)?;
    let mut call = aws
        .rds
        .create_db_instance()
        .db_instance_identifier(&target.name)
        .db_instance_class(&inputs.instance_class)
        .engine(&inputs.engine)
        .engine_version(&inputs.engine_version)
        .auto_minor_version_upgrade(true)
        .allocated_storage(gib(target, inputs.allocated_storage_gib)?)
        .storage_type(&inputs.storage_type)
        .storage_encrypted(true)
        .kms_key_id(key)
        .multi_az(inputs.multi_az)
        .backup_retention_period(inputs.backup_retention_days.into())
        .copy_tags_to_snapshot(true)
        .db_name(&inputs.db_name)
        .master_username(&inputs.master_username)
        .master_user_password(password.expose_secret())
        .port(inputs.port.into())
        .publicly_accessible(false)
        .db_subnet_group_name(fields::value(target, &inputs.db_subnet_group_name)?)
        .db_parameter_group_name(fields::value(target, &inputs.db_parameter_group_name)?)
        .set_vpc_security_group_ids(Some(fields::values(target, &inputs.security_group_ids)?))
        .deletion_protection(inputs.deletion_protection)
        .enable_performance_insights(inputs.performance_insights)
        .set_tags(Some(rds_tags::list(&target.tags)));
    // RDS refuses a limit that leaves no room to grow; without one, storage does not grow.
    if inputs.max_allocated_storage_gib > inputs.allocated_storage_gib {
        call = call.max_allocated_storage(gib(target, inputs.max_allocated_storage_gib)?);
    }
    if inputs.performance_insights {
        call = call.performance_insights_retention_period(INSIGHTS_DAYS).performance_insights_kms_key_id(key);
    }
    if !inputs.log_exports.is_empty() {
        call = call.set_enable_cloudwatch_logs_exports(Some(inputs.log_exports.clone()));
    }
    Ok(call)
}

/// The call that changes the named fields at once, and no others.
pub(super) fn modify(
    aws: &Aws,
    target: &Target,
    inputs: &DbInstanceInputs,
    instance: &Instance,
    changed: &[String],
    password: Option<&SecretString>,
) -> Result<ModifyDBInstanceFluentBuilder, ProviderError> {
    let mut call = aws
        .rds
        .modify_db_instance()
        .set_db_instance_identifier(instance.db_instance_identifier.clone())
        .apply_immediately(true);
    for field in changed {
        call = match field.as_str() {
            "tags" => call,
            "engine_version" => call.engine_version(&inputs.engine_version).allow_major_version_upgrade(
                major(&inputs.engine_version) != major(instance.engine_version().unwrap_or_default()),
            ),
            "instance_class" => call.db_instance_class(&inputs.instance_class),
            "allocated_storage_gib" => call.allocated_storage(gib(target, inputs.allocated_storage_gib)?),
            "max_allocated_storage_gib" => call.max_allocated_storage(gib(target, inputs.max_allocated_storage_gib)?),
            "storage_type" => call.storage_type(&inputs.storage_type),
            "multi_az" => call.multi_az(inputs.multi_az),
            "backup_retention_days" => call.backup_retention_period(inputs.backup_retention_days.into()),
            "master_user_secret_arn" | "master_user_secret_version" => {
                call.set_master_user_password(password.map(|password| password.expose_secret().to_owned()))
            }
            "port" => call.db_port_number(inputs.port.into()),
            "db_subnet_group_name" => call.db_subnet_group_name(fields::value(target, &inputs.db_subnet_group_name)?),
            "db_parameter_group_name" => {
                call.db_parameter_group_name(fields::value(target, &inputs.db_parameter_group_name)?)
            }
            "security_group_ids" => {
                call.set_vpc_security_group_ids(Some(fields::values(target, &inputs.security_group_ids)?))
            }
            "deletion_protection" => call.deletion_protection(inputs.deletion_protection),
            "performance_insights" => insights(call, target, inputs, instance)?,
            "log_exports" => call.cloudwatch_logs_export_configuration(exports(inputs, instance)),
            fixed => {
                return Err(ProviderError::new(ErrorClass::Bug, "rds:ModifyDBInstance", target.address.clone())
                    .with_message(format!("`{fixed}` cannot be changed in place")));
            }
        };
    }
    Ok(call)
}

fn insights(
    call: ModifyDBInstanceFluentBuilder,
    target: &Target,
    inputs: &DbInstanceInputs,
    instance: &Instance,
) -> Result<ModifyDBInstanceFluentBuilder, ProviderError> {
    let call = call.enable_performance_insights(inputs.performance_insights);
    if !inputs.performance_insights {
        return Ok(call);
    }
    let call = call.performance_insights_retention_period(INSIGHTS_DAYS);
    // RDS fixes the key when Performance Insights is first turned on.
    Ok(match instance.performance_insights_kms_key_id() {
        Some(_) => call,
        None => call.performance_insights_kms_key_id(fields::value(target, &inputs.kms_key_id)?),
    })
}

fn exports(inputs: &DbInstanceInputs, instance: &Instance) -> CloudwatchLogsExportConfiguration {
    let present = log_exports(instance);
    let on: Vec<String> = inputs.log_exports.iter().filter(|log| !present.contains(*log)).cloned().collect();
    let off: Vec<String> = present.into_iter().filter(|log| !inputs.log_exports.contains(log)).collect();
    CloudwatchLogsExportConfiguration::builder()
        .set_enable_log_types((!on.is_empty()).then_some(on))
        .set_disable_log_types((!off.is_empty()).then_some(off))
        .build()
}

fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or(version)
}

fn gib(target: &Target, gib: u32) -> Result<i32, ProviderError> {
    i32::try_from(gib).map_err(|source| {
        ProviderError::new(ErrorClass::Invalid, "size storage", target.address.clone())
            .with_message(format!("{gib} GiB is more than RDS can count"))
            .with_source(source)
    })
}
