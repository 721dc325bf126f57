//! The wire form of a spec: TOML, JSON, and the `tenant_config` of a `terraform.tfvars`.

mod decode;
mod encode;
mod flat;
mod hcl;
mod load;
mod raw;
mod reader;
mod services;

use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use load::{Format, LoadError};
pub(crate) use raw::{Raw, Table};
pub(crate) use reader::Reader;

use super::error::{SpecError, SpecErrors};
use super::tenant::TenantSpec;

pub(crate) use load::{from_path, parse};

/// The wire form of a [`TenantSpec`], version 1. Any values at any places: what is wrong with them is told, all at once,
/// by the conversion to a [`TenantSpec`].
///
/// # The structured form
/// In TOML, with every field; JSON is the same. What is left out comes from the tier, or is the default; unknown fields
/// are errors.
///
/// ```toml
/// version = 1                     # the default
/// id = "regional"                 # the subdomain by default
/// display_name = "Regional Hospital"
/// subdomain = "regional"
/// tier = "standard"
/// technical_contact = "it@hospital.com"
/// billing_contact = "finance@hospital.com"
/// cost_center = "it"              # the base's by default
/// department = "radiology"
/// deletion_protection = true      # the base's setting by default
/// host_record = true              # the default; false for a standby under the host name of another
///
/// [preset]                        # django, celery and beat from one image; or [[services]]
/// tag = "latest"
/// enable_execute_command = false
/// [preset.django]
/// cpu = 512                       # by tier
/// memory_mib = 1024               # by tier
/// desired_count = 2               # 1 to 100; 1 by default
/// [preset.celery]                 # the same, and:
/// spot_percent = 0                # 0 to 100
/// [preset.beat]                   # cpu and memory_mib
/// [preset.autoscaling]            # of django and celery; off where the table is left out
/// enabled = true
/// min_capacity = 1                # 1 to 100
/// max_capacity = 3                # greater than min_capacity, up to 100
/// target_cpu_percent = 75         # 1 to 100
/// target_memory_percent = 80      # 0 to 100; 0 for no such target
/// target_requests = 1000          # requests a target and minute, of django; none by default
/// scale_in_cooldown_seconds = 300
/// scale_out_cooldown_seconds = 60
/// [preset.environment]            # plain variables of all three; never a secret
/// LOG_LEVEL = "info"
///
/// [database]
/// engine_version = "17"
/// instance_class = "db.t4g.medium" # by tier
/// allocated_storage_gib = 20      # 20 to 65536
/// max_storage_gib = 100           # greater than that; by default 100, or twice that where it is more
/// backup_retention_days = 7       # 0 to 35
/// multi_az = false
/// performance_insights = false
///
/// [cache]
/// engine_version = "7.1"
/// node_type = "cache.t4g.small"   # by tier
/// nodes = 2                       # 1 to 6; 1 by default
/// automatic_failover = true       # with 2 nodes or more, and then on by default
/// snapshot_retention_days = 0     # 0 to 35
///
/// [storage]
/// s3_versioning = true            # must be on under HIPAA
/// s3_lifecycle_rules = false
/// efs_throughput_mode = "provisioned" # "bursting" by default
/// efs_throughput_mibps = 100      # 1 to 1024; with "provisioned", and only then
/// max_storage_gb = 100
/// [storage.layout]
/// shared_models = "/mnt/shared-models"
/// tenant_models = "/mnt/tenant-models"
/// tenant_data = "/mnt/tenant-data"
///
/// [compliance]
/// hipaa = false
/// audit_logging = false
/// flow_logs = false
/// data_retention_days = 90        # 2555 under HIPAA, and not less there
///
/// [identity_provider]             # Cognito alone where the table is left out
/// type = "SAML"                   # or "OIDC"
/// name = "HospitalAzureAD"
/// metadata_url = "https://login.hospital.com/metadata.xml"
/// ```
///
/// Services of the tenant's own instead of the preset:
/// ```toml
/// [[services]]
/// name = "backend"
/// role = "web"                    # or "worker", "scheduler"; by default "web" where it has a port, else "worker"
/// repository = "backend"          # short name of a repository of the base's, with `tag`; or `image` with a full URI
/// tag = "latest"
/// command = ["/start"]            # the image's own by default
/// cpu = 512                       # by tier and role
/// memory_mib = 1024
/// desired_count = 2
/// port = 5000                     # of a web service
/// spot_percent = 0
/// stop_timeout_seconds = 30       # 2 to 120
/// minimum_healthy_percent = 100
/// maximum_percent = 200
/// enable_execute_command = false
/// [services.exposure]             # of a web service
/// listener_port = 443             # any but 80
/// path_patterns = ["/api/*"]      # up to five; without them, everything that no other service takes
/// health_check_path = "/health"
/// health_check_matcher = "200"
/// health_check_interval_seconds = 30 # 5 to 300
/// healthy_threshold = 2           # 2 to 10
/// unhealthy_threshold = 2         # 2 to 10
/// deregistration_delay_seconds = 30 # 0 to 3600
/// stickiness_seconds = 86400      # none by default
/// [services.autoscaling]          # as in the preset; not of a scheduler
/// [services.environment]
/// NODE_ENV = "production"
/// ```
///
/// # The flat form
/// A document with `tenant_config` is read as the flat form of today's `terraform.tfvars`: the names of the platform
/// guide (`rds_instance_class`, `redis_num_cache_nodes`, `django_cpu`, …) in one table, and nothing beside it.
/// Autoscaling figures without `enable_autoscaling = true` are checked and then left alone, as they are today.
#[derive(Debug, Clone, PartialEq)]
pub struct TenantDocument {
    table: Table,
}

impl TenantDocument {
    /// Reads a document.
    ///
    /// # Errors
    /// [`SpecErrors`] with line and column, for what is not of the format.
    pub fn parse(format: Format, text: &str) -> Result<Self, SpecErrors> {
        Ok(Self { table: parse(format, text)? })
    }

    /// The document as TOML.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string(&Raw::Table(self.table.clone()).to_toml()).unwrap_or_default()
    }

    /// The document as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(&self).unwrap_or_default()
    }
}

impl TryFrom<TenantDocument> for TenantSpec {
    type Error = SpecErrors;

    fn try_from(document: TenantDocument) -> Result<Self, SpecErrors> {
        let flat = document.table.entries.contains_key(flat::WRAPPER);
        read(document, flat)
    }
}

fn read(document: TenantDocument, flat: bool) -> Result<TenantSpec, SpecErrors> {
    let mut errors = Vec::new();
    let spec = if flat {
        let structured = flat::to_structured(document.table, &mut errors);
        let mut found = Vec::new();
        let spec = structured.and_then(|table| decode::tenant(table, &mut found));
        errors.extend(found.into_iter().map(flat::in_flat_names));
        spec
    } else {
        decode::tenant(document.table, &mut errors)
    };
    match (SpecErrors::from_list(errors), spec) {
        (Some(errors), _) => Err(errors),
        (None, Some(spec)) => Ok(spec),
        (None, None) => Err(SpecError::new("", "is not a spec").into()),
    }
}

impl From<&TenantSpec> for TenantDocument {
    fn from(spec: &TenantSpec) -> Self {
        Self { table: encode::tenant(spec) }
    }
}

impl From<TenantSpec> for TenantDocument {
    fn from(spec: TenantSpec) -> Self {
        Self::from(&spec)
    }
}

impl TenantSpec {
    /// Reads a spec. HCL is the flat form; TOML and JSON are the structured one, or the flat one under `tenant_config`.
    ///
    /// # Errors
    /// [`SpecErrors`] with everything that is wrong.
    pub fn from_str(format: Format, text: &str) -> Result<Self, SpecErrors> {
        let document = TenantDocument::parse(format, text)?;
        let flat = format == Format::Tfvars || document.table.entries.contains_key(flat::WRAPPER);
        read(document, flat)
    }

    /// Reads a spec from a file, by its extension: `.toml`, `.json`, `.tfvars`.
    ///
    /// # Errors
    /// [`LoadError`] for a file that cannot be read, and for everything that is wrong in it.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        from_path(path.as_ref(), Self::from_str)
    }
}

impl Serialize for TenantDocument {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(&self.table.entries)
    }
}

impl<'de> Deserialize<'de> for TenantDocument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Raw::deserialize(deserializer)? {
            Raw::Table(table) => Ok(Self { table }),
            other => Err(de::Error::custom(format!("a spec is a table of fields, not {other}"))),
        }
    }
}
