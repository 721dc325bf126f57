//! The database and the cache.

use std::collections::BTreeMap;

use super::context::Context;
use super::network::{POSTGRES, REDIS, SecurityGroups};
use super::security::{DATABASE_USER, Secrets};
use crate::kinds::cache_subnet_group::CacheSubnetGroupInputs;
use crate::kinds::db_instance::DbInstanceInputs;
use crate::kinds::db_parameter_group::DbParameterGroupInputs;
use crate::kinds::db_subnet_group::DbSubnetGroupInputs;
use crate::kinds::replication_group::ReplicationGroupInputs;
use crate::kinds::{CacheSubnetGroup, DbInstance, DbParameterGroup, DbSubnetGroup, ReplicationGroup, Secret};
use crate::model::{GraphError, Input, NodeHandle};

pub(super) const DATABASE_NAME: &str = "mate";

#[derive(Debug)]
pub(super) struct Database(NodeHandle<DbInstance>);

impl Database {
    pub(super) fn address(&self) -> Input<String> {
        self.0.out(DbInstance::ADDRESS)
    }
}

pub(super) fn database(
    cx: &mut Context<'_>,
    groups: &SecurityGroups,
    secrets: &Secrets,
) -> Result<Database, GraphError> {
    let subnets = DbSubnetGroupInputs {
        description: format!("Private subnets for tenant {}", cx.tenant.id),
        subnet_ids: cx.database_subnets(),
    };
    let subnets: NodeHandle<DbSubnetGroup> = cx.add("db-subnet-group", "db", &subnets)?;

    let database = &cx.tenant.database;
    let parameters = DbParameterGroupInputs {
        family: format!("postgres{}", database.engine_version),
        description: format!("PostgreSQL settings of tenant {}", cx.tenant.id),
        parameters: BTreeMap::from([("rds.force_ssl".to_owned(), "1".to_owned())]),
    };
    let part = format!("db-postgres{}", database.engine_version);
    let parameters: NodeHandle<DbParameterGroup> = cx.add("db-parameter-group", &part, &parameters)?;

    let database = &cx.tenant.database;
    let instance = DbInstanceInputs {
        engine: "postgres".into(),
        engine_version: database.engine_version.clone(),
        instance_class: database.instance_class.clone(),
        allocated_storage_gib: database.allocated_storage_gib,
        max_allocated_storage_gib: database.max_storage_gib,
        storage_type: "gp3".into(),
        kms_key_id: cx.kms_key(),
        multi_az: database.multi_az,
        backup_retention_days: database.backup_retention_days,
        db_name: DATABASE_NAME.into(),
        master_username: DATABASE_USER.into(),
        master_user_secret_arn: secrets.database.out(Secret::ARN),
        port: POSTGRES,
        db_subnet_group_name: subnets.out(DbSubnetGroup::NAME),
        db_parameter_group_name: parameters.out(DbParameterGroup::NAME),
        security_group_ids: groups.rds(),
        deletion_protection: cx.deletion_protection(),
        performance_insights: database.performance_insights,
        log_exports: vec!["postgresql".into(), "upgrade".into()],
        stopped: false,
        master_user_secret_version: None,
    };
    Ok(Database(cx.add("db", "db", &instance)?))
}

#[derive(Debug)]
pub(super) struct Cache(NodeHandle<ReplicationGroup>);

impl Cache {
    pub(super) fn address(&self) -> Input<String> {
        self.0.out(ReplicationGroup::PRIMARY_ENDPOINT)
    }
}

pub(super) fn cache(cx: &mut Context<'_>, groups: &SecurityGroups, secrets: &Secrets) -> Result<Cache, GraphError> {
    let subnets = CacheSubnetGroupInputs {
        description: format!("Private subnets for tenant {}", cx.tenant.id),
        subnet_ids: cx.database_subnets(),
    };
    let subnets: NodeHandle<CacheSubnetGroup> = cx.add("cache-subnet-group", "redis", &subnets)?;

    let cache = &cx.tenant.cache;
    let group = ReplicationGroupInputs {
        description: format!("Redis of tenant {}", cx.tenant.id),
        engine_version: cache.engine_version.clone(),
        node_type: cache.node_type.clone(),
        num_cache_clusters: cache.nodes,
        automatic_failover: cache.automatic_failover,
        multi_az: cache.automatic_failover,
        auth_token_secret_arn: secrets.redis.out(Secret::ARN),
        kms_key_id: cx.kms_key(),
        snapshot_retention_days: cache.snapshot_retention_days,
        cache_subnet_group_name: subnets.out(CacheSubnetGroup::NAME),
        security_group_ids: groups.redis(),
        port: REDIS,
        auth_token_secret_version: None,
        auth_token_only: true,
        snapshot_name: None,
    };
    Ok(Cache(cx.add("redis", "redis", &group)?))
}
