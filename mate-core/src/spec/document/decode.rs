//! From the structured form to a [`TenantSpec`], with every problem at once.

use super::raw::{Raw, Table};
use super::reader::Reader;
use super::services;
use crate::model::ids::TenantId;
use crate::spec::cache::{CacheSpec, CacheTopology};
use crate::spec::compliance::{ComplianceSpec, Contacts, IdentityProvider};
use crate::spec::database::DatabaseSpec;
use crate::spec::error::SpecError;
use crate::spec::rules;
use crate::spec::storage::{EfsThroughput, StorageLayout, StorageSpec};
use crate::spec::tenant::{Parts, Services, TenantSpec};
use crate::spec::values::{MibPerSecond, NodeCount, NumberValue, ReplicaCount, Subdomain};

/// The version of the wire form that this library writes, and the newest that it reads.
pub(crate) const VERSION: u32 = 1;

pub(crate) fn tenant(table: Table, errors: &mut Vec<SpecError>) -> Option<TenantSpec> {
    let mut top = Reader::new("", table, errors);
    if !version(&mut top) {
        return None;
    }
    let display_name = top.required("display_name");
    let subdomain: Option<Subdomain> = top.required("subdomain");
    let tier = top.required("tier");
    let technical = top.required("technical_contact");
    let billing = top.required("billing_contact");
    let id: Option<TenantId> = top.text("id");
    let cost_center = top.text("cost_center");
    let department = top.text("department");
    let deletion_protection = top.flag("deletion_protection");
    let host_record = top.flag("host_record");
    let parts = Parts {
        services: tenant_services(&mut top),
        database: top.table("database").map(database).unwrap_or_default(),
        cache: top.table("cache").map(cache).unwrap_or_default(),
        storage: top.table("storage").map(storage).unwrap_or_default(),
        compliance: top.table("compliance").map(compliance).unwrap_or_default(),
    };
    let identity_provider = top.table("identity_provider").and_then(identity_provider);
    top.finish();
    rules::check(&parts, errors);
    match (&id, &subdomain) {
        (Some(id), _) => rules::check_id("id", id.as_str(), errors),
        (None, Some(subdomain)) => rules::check_id("subdomain", subdomain.as_str(), errors),
        (None, None) => {}
    }
    Some(TenantSpec {
        id,
        display_name: display_name?,
        subdomain: subdomain?,
        tier: tier?,
        contacts: Contacts { technical: technical?, billing: billing? },
        cost_center,
        department,
        deletion_protection,
        host_record,
        parts,
        identity_provider,
    })
}

fn version(top: &mut Reader<'_>) -> bool {
    match top.take("version") {
        None => true,
        Some(Raw::Integer(version)) if version == i128::from(VERSION) => true,
        Some(newer @ Raw::Integer(2..)) => {
            let error = top.fail("version", "is newer than this library reads");
            error.allowed = Some(format!("{VERSION}, the default"));
            error.given = Some(newer.to_string());
            false
        }
        Some(other) => {
            let error = top.fail("version", "is not a version of this form");
            error.allowed = Some(format!("{VERSION}, the default"));
            error.given = Some(other.to_string());
            false
        }
    }
}

fn tenant_services(top: &mut Reader<'_>) -> Services {
    let both = top.has("services") && top.has("preset");
    let preset = top.table("preset").map(services::preset);
    let Some(list) = top.list("services") else { return preset.map(Services::Preset).unwrap_or_default() };
    if both {
        top.fail("services", "cannot stand beside `preset`").allowed = Some("one of the two".to_owned());
    }
    let is_empty = list.is_empty();
    let services: Vec<_> =
        list.into_iter().enumerate().filter_map(|(index, raw)| services::service(index, raw, top.errors)).collect();
    if services.is_empty() && !is_empty { Services::default() } else { Services::List(services) }
}

fn database(mut table: Reader<'_>) -> DatabaseSpec {
    let database = DatabaseSpec {
        engine_version: table.text("engine_version"),
        instance_class: table.text("instance_class"),
        allocated_storage: table.number("allocated_storage_gib"),
        max_storage: table.number("max_storage_gib"),
        backup_retention: table.number("backup_retention_days"),
        multi_az: table.flag("multi_az"),
        performance_insights: table.flag("performance_insights"),
    };
    table.finish();
    database
}

fn cache(mut table: Reader<'_>) -> CacheSpec {
    let nodes_are_given = table.has("nodes");
    let nodes: Option<NodeCount> = table.number("nodes");
    let failover = table.flag("automatic_failover");
    let topology = match (nodes.map(NodeCount::get), failover) {
        (None, None) => None,
        (None, Some(_)) => {
            if !nodes_are_given {
                table.fail("automatic_failover", "can only be set together with `cache.nodes`").allowed =
                    Some("with 2 to 6 nodes".to_owned());
            }
            None
        }
        (Some(1), Some(true)) => {
            table.fail("automatic_failover", "needs a replica to take over, and `cache.nodes` is 1").allowed =
                Some("with 2 to 6 nodes".to_owned());
            None
        }
        (Some(1), _) => Some(CacheTopology::Single),
        (Some(nodes), automatic_failover) => {
            ReplicaCount::new(nodes - 1).ok().map(|replicas| CacheTopology::Replicated { replicas, automatic_failover })
        }
    };
    let cache = CacheSpec {
        engine_version: table.text("engine_version"),
        node_type: table.text("node_type"),
        topology,
        snapshot_retention: table.number("snapshot_retention_days"),
    };
    table.finish();
    cache
}

fn storage(mut table: Reader<'_>) -> StorageSpec {
    let storage = StorageSpec {
        s3_versioning: table.flag("s3_versioning"),
        s3_lifecycle_rules: table.flag("s3_lifecycle_rules"),
        efs_throughput: efs_throughput(&mut table),
        max_storage_gb: table.number("max_storage_gb"),
        layout: table.table("layout").and_then(layout),
    };
    table.finish();
    storage
}

fn efs_throughput(table: &mut Reader<'_>) -> Option<EfsThroughput> {
    let mode_is_given = table.has("efs_throughput_mode");
    let rate_is_given = table.has("efs_throughput_mibps");
    let mode = table.choice("efs_throughput_mode", &["bursting", "provisioned"]);
    let rate: Option<MibPerSecond> = table.number("efs_throughput_mibps");
    match mode {
        Some("provisioned") => {
            if !rate_is_given {
                let problem = "is missing, and `storage.efs_throughput_mode` is provisioned";
                table.fail("efs_throughput_mibps", problem).allowed = Some(MibPerSecond::allowed());
            }
            rate.map(EfsThroughput::Provisioned)
        }
        other => {
            let mode_is_known = other.is_some() || !mode_is_given;
            if let Some(rate) = rate.filter(|_| mode_is_known) {
                let problem = "can only be set where `storage.efs_throughput_mode` is provisioned";
                let error = table.fail("efs_throughput_mibps", problem);
                error.allowed = Some("nothing here while throughput is bursting".to_owned());
                error.given = Some(rate.to_string());
            }
            other.map(|_| EfsThroughput::Bursting)
        }
    }
}

fn layout(mut table: Reader<'_>) -> Option<StorageLayout> {
    let mut layout = StorageLayout::default();
    let mut path = |field: &'static str, place: &mut String| match table.take(field) {
        None => {}
        Some(Raw::Text(text)) => *place = text,
        Some(other) => {
            let error = table.fail(field, "is not text");
            error.allowed = Some("an absolute path".to_owned());
            error.given = Some(other.to_string());
        }
    };
    path("shared_models", &mut layout.shared_models);
    path("tenant_models", &mut layout.tenant_models);
    path("tenant_data", &mut layout.tenant_data);
    table.finish();
    Some(layout)
}

fn compliance(mut table: Reader<'_>) -> ComplianceSpec {
    let compliance = ComplianceSpec {
        hipaa: table.flag("hipaa"),
        audit_logging: table.flag("audit_logging"),
        flow_logs: table.flag("flow_logs"),
        data_retention: table.number("data_retention_days"),
    };
    table.finish();
    compliance
}

fn identity_provider(mut table: Reader<'_>) -> Option<IdentityProvider> {
    if !table.has("type") {
        table.fail("type", "is missing").allowed = Some("\"SAML\" or \"OIDC\"".to_owned());
    }
    let provider_type = table.choice("type", &["SAML", "OIDC"]);
    let name = table.required("name");
    let url = table.required("metadata_url");
    table.finish();
    Some(match (provider_type?, name?, url?) {
        ("SAML", name, metadata_url) => IdentityProvider::Saml { name, metadata_url },
        (_, name, issuer_url) => IdentityProvider::Oidc { name, issuer_url },
    })
}
