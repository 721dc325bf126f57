//! The calls that make and change a replication group.

use aws_sdk_elasticache::operation::create_replication_group::builders::CreateReplicationGroupFluentBuilder;
use aws_sdk_elasticache::operation::modify_replication_group::builders::ModifyReplicationGroupFluentBuilder;
use aws_sdk_elasticache::types::TransitEncryptionMode;
use mate_core::kinds::replication_group::ReplicationGroupInputs;
use mate_core::provider::{ErrorClass, ProviderError, Target};
use secrecy::{ExposeSecret, SecretString};

use crate::context::Aws;
use crate::drivers::{elasticache_tags, fields};

/// The call that makes the group.
pub(super) fn create(
    aws: &Aws,
    target: &Target,
    inputs: &ReplicationGroupInputs,
    token: &SecretString,
) -> Result<CreateReplicationGroupFluentBuilder, ProviderError> {
    let call = aws
        .elasticache
        .create_replication_group()
        .replication_group_id(&target.name)
        .replication_group_description(&inputs.description)
        .engine("redis")
        .engine_version(&inputs.engine_version)
        .auto_minor_version_upgrade(true)
        .cache_node_type(&inputs.node_type)
        .num_node_groups(1)
        .replicas_per_node_group(i32::from(inputs.num_cache_clusters.saturating_sub(1)))
        .automatic_failover_enabled(inputs.automatic_failover)
        .multi_az_enabled(inputs.multi_az)
        .transit_encryption_enabled(true)
        .auth_token(token.expose_secret())
        .at_rest_encryption_enabled(true)
        .kms_key_id(fields::value(target, &inputs.kms_key_id)?)
        .snapshot_retention_limit(inputs.snapshot_retention_days.into())
        .cache_subnet_group_name(fields::value(target, &inputs.cache_subnet_group_name)?)
        .set_security_group_ids(Some(fields::values(target, &inputs.security_group_ids)?))
        .port(inputs.port.into())
        .set_snapshot_name(inputs.snapshot_name.clone())
        .set_tags(Some(elasticache_tags::list(&target.tags)));
    // Engines before 7 know no mode: there, encryption in transit is always required.
    Ok(if major(&inputs.engine_version) >= 7 {
        call.transit_encryption_mode(TransitEncryptionMode::Required)
    } else {
        call
    })
}

/// The call that changes the named fields at once, apart from the number of nodes, the token and the tags, which
/// have calls of their own; nothing when none of them is named.
pub(super) fn modify(
    aws: &Aws,
    target: &Target,
    id: &str,
    inputs: &ReplicationGroupInputs,
    changed: &[String],
) -> Result<Option<ModifyReplicationGroupFluentBuilder>, ProviderError> {
    let mut call = aws.elasticache.modify_replication_group().replication_group_id(id).apply_immediately(true);
    let mut any = false;
    for field in changed {
        call = match field.as_str() {
            "tags" | "num_cache_clusters" | "snapshot_name" => continue,
            "auth_token_secret_arn" | "auth_token_secret_version" | "auth_token_only" => continue,
            "description" => call.replication_group_description(&inputs.description),
            "engine_version" => call.engine_version(&inputs.engine_version),
            "node_type" => call.cache_node_type(&inputs.node_type),
            "automatic_failover" => call.automatic_failover_enabled(inputs.automatic_failover),
            "multi_az" => call.multi_az_enabled(inputs.multi_az),
            "snapshot_retention_days" => call.snapshot_retention_limit(inputs.snapshot_retention_days.into()),
            "security_group_ids" => {
                call.set_security_group_ids(Some(fields::values(target, &inputs.security_group_ids)?))
            }
            fixed => {
                return Err(ProviderError::new(
                    ErrorClass::Bug,
                    "elasticache:ModifyReplicationGroup",
                    target.address.clone(),
                )
                .with_message(format!("`{fixed}` cannot be changed in place")));
            }
        };
        any = true;
    }
    Ok(any.then_some(call))
}

fn major(version: &str) -> u32 {
    version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0)
}
