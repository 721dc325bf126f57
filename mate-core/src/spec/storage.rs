//! A tenant's storage: the bucket, the file system, and where it is seen inside the containers.

use serde::{Deserialize, Serialize};

use super::error::{SpecError, SpecErrors};
use super::values::{MibPerSecond, QuotaGb, absolute_path};

/// The three-part storage layout: base models that every tenant reads, a tenant's own models, a tenant's own data.
/// Media files are not among them: they are in the tenant's S3 bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StorageLayout {
    /// Path of the shared base models, read-only for every tenant; `/mnt/shared-models` by default.
    pub shared_models: String,
    /// Path of the tenant's own models, read-write, through an access point of the tenant's; `/mnt/tenant-models` by default.
    pub tenant_models: String,
    /// Path of the tenant's own data, read-write, through an access point of the tenant's; `/mnt/tenant-data` by default.
    pub tenant_data: String,
}

impl Default for StorageLayout {
    fn default() -> Self {
        Self {
            shared_models: "/mnt/shared-models".into(),
            tenant_models: "/mnt/tenant-models".into(),
            tenant_data: "/mnt/tenant-data".into(),
        }
    }
}

impl StorageLayout {
    /// A layout with paths of its own: absolute, distinct, and none inside another.
    ///
    /// # Errors
    /// [`SpecErrors`] with every path that is not so.
    pub fn new(
        shared_models: impl Into<String>,
        tenant_models: impl Into<String>,
        tenant_data: impl Into<String>,
    ) -> Result<Self, SpecErrors> {
        let layout = Self {
            shared_models: shared_models.into(),
            tenant_models: tenant_models.into(),
            tenant_data: tenant_data.into(),
        };
        let mut errors = Vec::new();
        layout.check(&mut errors);
        SpecErrors::check(errors).map(|()| layout)
    }

    pub(crate) fn paths(&self) -> [(&'static str, &str); 3] {
        [
            ("storage.layout.shared_models", &self.shared_models),
            ("storage.layout.tenant_models", &self.tenant_models),
            ("storage.layout.tenant_data", &self.tenant_data),
        ]
    }

    pub(crate) fn check(&self, errors: &mut Vec<SpecError>) {
        let paths = self.paths();
        for (index, (field, path)) in paths.iter().enumerate() {
            if !absolute_path(path) {
                errors.push(
                    SpecError::new(*field, "is not a path to mount at")
                        .allowed("an absolute path of letters, digits and - _ . without a slash at its end")
                        .given(super::error::quoted(path)),
                );
                continue;
            }
            for (other, above) in &paths[..index] {
                let inside = |inner: &str, outer: &str| {
                    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                };
                if inside(path, above) || inside(above, path) {
                    errors.push(
                        SpecError::new(*field, format!("is the same as `{other}`, or one is inside the other"))
                            .allowed("three paths apart from each other")
                            .given(super::error::quoted(path)),
                    );
                }
            }
        }
    }
}

/// Throughput of the tenant's file system. Provisioned throughput cannot be said without its MiB/s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EfsThroughput {
    /// Throughput that grows with the stored data; the default.
    #[default]
    Bursting,
    /// Provisioned throughput.
    Provisioned(MibPerSecond),
}

/// A tenant's storage.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct StorageSpec {
    /// True if the bucket keeps old versions; true by default, and required under HIPAA.
    pub s3_versioning: Option<bool>,
    /// True if old objects move to colder storage; off by default.
    pub s3_lifecycle_rules: Option<bool>,
    /// Throughput of the file system; bursting by default.
    pub efs_throughput: Option<EfsThroughput>,
    /// The storage quota; 100 GB by default.
    pub max_storage_gb: Option<QuotaGb>,
    /// The mount paths of the parts of storage in the containers.
    pub layout: Option<StorageLayout>,
}

impl StorageSpec {
    /// Storage as the tier and the defaults have it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets whether the bucket keeps old versions.
    #[must_use]
    pub fn with_s3_versioning(mut self, on: bool) -> Self {
        self.s3_versioning = Some(on);
        self
    }

    /// Sets whether old objects move to colder storage.
    #[must_use]
    pub fn with_s3_lifecycle_rules(mut self, on: bool) -> Self {
        self.s3_lifecycle_rules = Some(on);
        self
    }

    /// Sets the throughput of the file system.
    #[must_use]
    pub fn with_efs_throughput(mut self, throughput: EfsThroughput) -> Self {
        self.efs_throughput = Some(throughput);
        self
    }

    /// Sets the storage quota.
    #[must_use]
    pub fn with_max_storage(mut self, quota: QuotaGb) -> Self {
        self.max_storage_gb = Some(quota);
        self
    }

    /// Sets where the parts of storage are seen in the containers.
    #[must_use]
    pub fn with_layout(mut self, layout: StorageLayout) -> Self {
        self.layout = Some(layout);
        self
    }
}
