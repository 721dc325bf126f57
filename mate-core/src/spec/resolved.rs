//! A tenant with every value decided, and where each value came from. What the blueprint is made from.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::ids::TenantId;

/// A tenant with every value decided. Made from a [`super::TenantSpec`] by a [`super::Catalogue`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResolvedTenant {
    /// The tenant.
    pub id: TenantId,
    /// Its name for people.
    pub display_name: String,
    /// The first label of its host name.
    pub subdomain: String,
    /// The name of its tier.
    pub tier: String,
    /// Its services; at least one.
    pub services: Vec<ResolvedService>,
    /// Its database.
    pub database: ResolvedDatabase,
    /// Its cache.
    pub cache: ResolvedCache,
    /// Its storage.
    pub storage: ResolvedStorage,
    /// Its compliance settings.
    pub compliance: ResolvedCompliance,
    /// Its own identity provider, if any.
    pub identity_provider: Option<ResolvedIdentityProvider>,
    /// Technical contact, an e-mail address.
    pub technical_contact: String,
    /// Billing contact, an e-mail address.
    pub billing_contact: String,
    /// Tag `CostCenter`; the base's when none.
    pub cost_center: Option<String>,
    /// Tag `Department`.
    pub department: Option<String>,
    /// True if the tenant is protected from deletion; none for the base's setting.
    pub deletion_protection: Option<bool>,
    /// True if the DNS record of its host name is its own; false for a standby.
    #[serde(default = "own", skip_serializing_if = "is_own")]
    pub host_record: bool,
    /// The source of each value, by field path (`database.instance_class`).
    pub sources: BTreeMap<String, Source>,
}

fn own() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_own(host_record: &bool) -> bool {
    *host_record
}

/// The source of a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The tenant's own setting.
    Tenant,
    /// The tier of this name.
    Tier(String),
    /// The default.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenant => f.write_str("tenant"),
            Self::Tier(tier) => write!(f, "tier {tier}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A service with every value decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResolvedService {
    /// Its name: `django`.
    pub name: String,
    /// Its image.
    pub image: ResolvedImage,
    /// The container's command; empty for the image's own.
    pub command: Vec<String>,
    /// CPU units, a pair with `memory_mib` that Fargate accepts.
    pub cpu: u32,
    /// Memory, MiB.
    pub memory_mib: u32,
    /// Tasks, 1 to 100.
    pub desired_count: u32,
    /// The port that it listens on, where it listens.
    pub port: Option<u16>,
    /// Its exposure through the load balancer; none for a worker.
    pub exposure: Option<ResolvedExposure>,
    /// Bounds and targets of its autoscaling, where it is on.
    pub autoscaling: Option<ResolvedAutoscaling>,
    /// Plain environment variables of its own.
    pub environment: BTreeMap<String, String>,
    /// The share of tasks on Fargate Spot, percent, 0 to 100.
    pub spot_percent: u8,
    /// Seconds between SIGTERM and SIGKILL, up to 120.
    pub stop_timeout_seconds: u8,
    /// Tasks that stay healthy during a deployment, percent.
    pub minimum_healthy_percent: u16,
    /// Tasks that may run during a deployment, percent.
    pub maximum_percent: u16,
    /// True if ECS Exec is on, which opens a shell in a task.
    pub enable_execute_command: bool,
}

/// A container image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResolvedImage {
    /// A tag or digest in one of the base's repositories, by the repository's short name (`django` for `mate-django-dev`).
    Repository {
        /// The repository's short name.
        repository: String,
        /// The tag, or the digest (`sha256:…`).
        reference: String,
    },
    /// A full image URI.
    Uri(String),
}

/// The exposure of a service through the load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedExposure {
    /// The listener's port: 443, or another one with the same certificate.
    pub listener_port: u16,
    /// The paths that go to this service; empty for everything that no other service takes.
    pub path_patterns: Vec<String>,
    /// The health check's path.
    pub health_check_path: String,
    /// The answers that count as healthy: `200,301,302`.
    pub health_check_matcher: String,
    /// Seconds between checks, 5 to 300.
    pub health_check_interval_seconds: u16,
    /// Good checks until healthy, 2 to 10.
    pub healthy_threshold: u8,
    /// Bad checks until unhealthy, 2 to 10.
    pub unhealthy_threshold: u8,
    /// Seconds that a target is drained for, 0 to 3600.
    pub deregistration_delay_seconds: u16,
    /// Seconds that a client stays with its target; none for no stickiness.
    pub stickiness_seconds: Option<u32>,
}

/// Autoscaling of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedAutoscaling {
    /// Fewest tasks, 1 to 100.
    pub min_capacity: u32,
    /// Most tasks, greater than the fewest.
    pub max_capacity: u32,
    /// CPU to hold, percent, 1 to 100.
    pub target_cpu_percent: u8,
    /// Memory to hold, percent; none for no such policy.
    pub target_memory_percent: Option<u8>,
    /// Requests a target and minute to hold; none for no such policy.
    pub target_requests: Option<u32>,
    /// Seconds to wait after scaling in.
    pub scale_in_cooldown_seconds: u32,
    /// Seconds to wait after scaling out.
    pub scale_out_cooldown_seconds: u32,
}

/// The database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedDatabase {
    /// Major version of PostgreSQL.
    pub engine_version: String,
    /// The instance class.
    pub instance_class: String,
    /// Storage at creation, GiB.
    pub allocated_storage_gib: u32,
    /// The upper limit of storage autoscaling, in GiB.
    pub max_storage_gib: u32,
    /// Days that backups are kept, 0 to 35.
    pub backup_retention_days: u8,
    /// True for a Multi-AZ database, with a standby in another zone.
    pub multi_az: bool,
    /// True if Performance Insights is on.
    pub performance_insights: bool,
}

/// The cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedCache {
    /// Version of Redis.
    pub engine_version: String,
    /// The node type.
    pub node_type: String,
    /// Nodes, 1 to 6.
    pub nodes: u8,
    /// True for automatic failover to a replica; only with two nodes or more.
    pub automatic_failover: bool,
    /// Days that snapshots are kept, 0 to 35.
    pub snapshot_retention_days: u8,
}

/// The storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedStorage {
    /// True if the bucket keeps old versions.
    pub s3_versioning: bool,
    /// True if old objects move to colder storage.
    pub s3_lifecycle_rules: bool,
    /// Provisioned throughput of the file system, MiB/s; none for bursting.
    pub efs_provisioned_mibps: Option<u16>,
    /// The tenant's storage quota, GB.
    pub max_storage_gb: u32,
    /// The mount paths of the three parts of storage in the containers.
    pub layout: super::StorageLayout,
}

/// Compliance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedCompliance {
    /// True if HIPAA's rules apply.
    pub hipaa: bool,
    /// True if API calls are audited.
    pub audit_logging: bool,
    /// True if network flows are logged.
    pub flow_logs: bool,
    /// Days that data and logs are kept; 2555 under HIPAA unless set.
    pub data_retention_days: u32,
}

/// A tenant's own identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedIdentityProvider {
    /// `SAML` or `OIDC`.
    pub provider_type: String,
    /// Its name in the user pool.
    pub name: String,
    /// Its metadata document or issuer.
    pub metadata_url: String,
}

impl fmt::Display for ResolvedImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repository { repository, reference } if reference.starts_with("sha256:") => {
                write!(f, "{repository}@{reference}")
            }
            Self::Repository { repository, reference } => write!(f, "{repository}:{reference}"),
            Self::Uri(uri) => f.write_str(uri),
        }
    }
}

/// One value of a resolved tenant: its field path, the value as text, and its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedValue {
    /// The field path, `database.instance_class`; a service's by its name, `services.django.cpu`.
    pub path: String,
    /// The value; `-` for none.
    pub value: String,
    /// The source of the value.
    pub source: Source,
}

impl ResolvedTenant {
    /// Every value with its source, ordered by path.
    #[must_use]
    pub fn values(&self) -> Vec<ResolvedValue> {
        let mut leaves = BTreeMap::new();
        if let Ok(Value::Object(fields)) = serde_json::to_value(self) {
            for (field, value) in fields.iter().filter(|(field, _)| *field != "sources" && *field != "services") {
                collect(field.clone(), value, &mut leaves);
            }
        }
        for service in &self.services {
            if let Ok(Value::Object(fields)) = serde_json::to_value(service) {
                for (field, value) in fields.iter().filter(|(field, _)| *field != "image") {
                    collect(format!("services.{}.{field}", service.name), value, &mut leaves);
                }
            }
            leaves.insert(format!("services.{}.image", service.name), service.image.to_string());
        }
        let source = |path: &String| self.sources.get(path).cloned().unwrap_or(Source::Default);
        leaves.into_iter().map(|(path, value)| ResolvedValue { source: source(&path), path, value }).collect()
    }

    /// A table of every value with its source, for people.
    #[must_use]
    pub fn table(&self) -> ResolvedTable {
        ResolvedTable { values: self.values() }
    }
}

fn collect(path: String, value: &Value, leaves: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) if !path.ends_with(".environment") => {
            for (field, value) in fields {
                collect(format!("{path}.{field}"), value, leaves);
            }
        }
        Value::Object(variables) => {
            let names: Vec<&str> = variables.keys().map(String::as_str).collect();
            leaves.insert(path, or_none(names.join(" ")));
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(text).collect();
            leaves.insert(path, or_none(items.join(" ")));
        }
        scalar => {
            leaves.insert(path, text(scalar));
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn or_none(text: String) -> String {
    if text.is_empty() { "-".to_owned() } else { text }
}

/// A resolved tenant as a table: path, value, source. Of environment variables only the names are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedTable {
    values: Vec<ResolvedValue>,
}

impl fmt::Display for ResolvedTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |of: fn(&ResolvedValue) -> &str| self.values.iter().map(|value| of(value).chars().count()).max();
        let path = width(|value| &value.path).unwrap_or_default().max(4);
        let value = width(|value| &value.value).unwrap_or_default().clamp(5, 60);
        writeln!(f, "{:<path$}  {:<value$}  source", "path", "value")?;
        for row in &self.values {
            writeln!(f, "{:<path$}  {:<value$}  {}", row.path, row.value, row.source)?;
        }
        Ok(())
    }
}
