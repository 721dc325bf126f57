//! Decides every value of a tenant.

use mate_core::spec::{
    BackupDays, CacheTopology, ComplianceSpec, EfsThroughput, Gib, IdentityProvider, MibPerSecond, NodeCount, QuotaGb,
    ResolvedCache, ResolvedCompliance, ResolvedDatabase, ResolvedIdentityProvider, ResolvedStorage, ResolvedTenant,
    RetentionDays, Source, SpecErrors, TagValue, TenantSpec,
};

use crate::definition::TierDefinition;
use crate::services;
use crate::sources::Sources;

const POSTGRES: &str = "17";
const REDIS: &str = "7.1";
const ALLOCATED_GIB: u32 = 20;
const LEAST_MAX_STORAGE_GIB: u32 = 100;
const BACKUP_DAYS: u8 = 7;
const QUOTA_GB: u32 = 100;
const RETENTION_DAYS: u32 = 90;

pub(crate) fn resolve(spec: &TenantSpec, tier: &TierDefinition) -> Result<ResolvedTenant, SpecErrors> {
    let mut sources = Sources::new(&tier.tier);
    let mut errors = Vec::new();
    for path in ["display_name", "subdomain", "tier", "technical_contact", "billing_contact"] {
        sources.note(path, Source::Tenant);
    }
    sources.note("id", if spec.own_id().is_some() { Source::Tenant } else { Source::Default });
    let tag = |value: Option<&TagValue>| value.map(|value| value.as_str().to_owned());
    let resolved = ResolvedTenant {
        id: spec.id(),
        display_name: spec.display_name().to_string(),
        subdomain: spec.subdomain().to_string(),
        tier: tier.tier.to_string(),
        services: services::resolve(spec.services(), tier, &mut sources, &mut errors),
        database: database(spec, tier, &mut sources),
        cache: cache(spec, tier, &mut sources),
        storage: storage(spec, tier, &mut sources),
        compliance: compliance(spec, &mut sources),
        identity_provider: identity_provider(spec, &mut sources),
        technical_contact: spec.contacts().technical.to_string(),
        billing_contact: spec.contacts().billing.to_string(),
        cost_center: sources.maybe("cost_center", tag(spec.cost_center())),
        department: sources.maybe("department", tag(spec.department())),
        deletion_protection: sources.maybe("deletion_protection", spec.deletion_protection()),
        // Said only where it is the tenant's own, so that the digest of a spec that does not say it stays as it was.
        host_record: spec.host_record().inspect(|_| sources.note("host_record", Source::Tenant)).unwrap_or(true),
        sources: sources.finish(),
    };
    SpecErrors::from_list(errors).map_or(Ok(resolved), Err)
}

/// The default upper limit of storage autoscaling: 100 GiB, or twice the storage at creation where that is more, and
/// 65536 GiB at most.
fn default_max_storage(allocated: u32) -> u32 {
    allocated.saturating_mul(2).clamp(LEAST_MAX_STORAGE_GIB, Gib::MAX.get())
}

fn database(spec: &TenantSpec, tier: &TierDefinition, sources: &mut Sources<'_>) -> ResolvedDatabase {
    let own = spec.database();
    let class = own.instance_class.as_ref().map(ToString::to_string);
    let version = own.engine_version.as_ref().map(ToString::to_string);
    let allocated = sources.own("database.allocated_storage_gib", own.allocated_storage.map(Gib::get), ALLOCATED_GIB);
    ResolvedDatabase {
        engine_version: sources.own("database.engine_version", version, POSTGRES.into()),
        instance_class: sources.own_or_tier("database.instance_class", class, tier.instance_class.to_string()),
        allocated_storage_gib: allocated,
        max_storage_gib: sources.own(
            "database.max_storage_gib",
            own.max_storage.map(Gib::get),
            default_max_storage(allocated),
        ),
        backup_retention_days: sources.pick(
            "database.backup_retention_days",
            own.backup_retention.map(BackupDays::get),
            tier.backup_retention.map(BackupDays::get),
            BACKUP_DAYS,
        ),
        multi_az: sources.pick("database.multi_az", own.multi_az, tier.multi_az, false),
        performance_insights: sources.own("database.performance_insights", own.performance_insights, false),
    }
}

fn cache(spec: &TenantSpec, tier: &TierDefinition, sources: &mut Sources<'_>) -> ResolvedCache {
    let own = spec.cache();
    let nodes = sources.pick(
        "cache.nodes",
        own.topology.map(CacheTopology::nodes),
        tier.cache_nodes.map(NodeCount::get),
        NodeCount::MIN.get(),
    );
    let failover = match own.topology {
        Some(CacheTopology::Replicated { automatic_failover, .. }) => automatic_failover,
        Some(CacheTopology::Single) | None => None,
    };
    let node_type = own.node_type.as_ref().map(ToString::to_string);
    let version = own.engine_version.as_ref().map(ToString::to_string);
    ResolvedCache {
        engine_version: sources.own("cache.engine_version", version, REDIS.into()),
        node_type: sources.own_or_tier("cache.node_type", node_type, tier.node_type.to_string()),
        nodes,
        automatic_failover: sources.own("cache.automatic_failover", failover, nodes > 1),
        snapshot_retention_days: sources.own(
            "cache.snapshot_retention_days",
            own.snapshot_retention.map(BackupDays::get),
            0,
        ),
    }
}

fn storage(spec: &TenantSpec, tier: &TierDefinition, sources: &mut Sources<'_>) -> ResolvedStorage {
    let own = spec.storage();
    let throughput = own.efs_throughput.map(|throughput| match throughput {
        EfsThroughput::Bursting => None,
        EfsThroughput::Provisioned(rate) => Some(rate),
    });
    let layout_source = if own.layout.is_some() { Source::Tenant } else { Source::Default };
    for part in ["shared_models", "tenant_models", "tenant_data"] {
        sources.note(format!("storage.layout.{part}"), layout_source.clone());
    }
    ResolvedStorage {
        s3_versioning: sources.own("storage.s3_versioning", own.s3_versioning, true),
        s3_lifecycle_rules: sources.own("storage.s3_lifecycle_rules", own.s3_lifecycle_rules, false),
        efs_provisioned_mibps: sources.own("storage.efs_provisioned_mibps", throughput, None).map(MibPerSecond::get),
        max_storage_gb: sources.pick(
            "storage.max_storage_gb",
            own.max_storage_gb.map(QuotaGb::get),
            tier.max_storage.map(QuotaGb::get),
            QUOTA_GB,
        ),
        layout: own.layout.clone().unwrap_or_default(),
    }
}

fn compliance(spec: &TenantSpec, sources: &mut Sources<'_>) -> ResolvedCompliance {
    let own = spec.compliance();
    let hipaa = sources.own("compliance.hipaa", own.hipaa, false);
    let days = if hipaa { ComplianceSpec::HIPAA_RETENTION_DAYS } else { RETENTION_DAYS };
    ResolvedCompliance {
        hipaa,
        audit_logging: sources.own("compliance.audit_logging", own.audit_logging, false),
        flow_logs: sources.own("compliance.flow_logs", own.flow_logs, false),
        data_retention_days: sources.own(
            "compliance.data_retention_days",
            own.data_retention.map(RetentionDays::get),
            days,
        ),
    }
}

fn identity_provider(spec: &TenantSpec, sources: &mut Sources<'_>) -> Option<ResolvedIdentityProvider> {
    let Some(provider) = spec.identity_provider() else {
        return sources.maybe::<ResolvedIdentityProvider>("identity_provider", None);
    };
    for part in ["provider_type", "name", "metadata_url"] {
        sources.note(format!("identity_provider.{part}"), Source::Tenant);
    }
    Some(ResolvedIdentityProvider {
        provider_type: IdentityProvider::provider_type(provider).to_owned(),
        name: provider.name().to_string(),
        metadata_url: provider.url().to_string(),
    })
}
