//! Where a tenant's storage is seen inside its containers.

use serde::{Deserialize, Serialize};

/// The three-part storage layout: base models that every tenant reads, a tenant's own models, a tenant's own data.
/// Media files are not among them: they are in the tenant's S3 bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StorageLayout {
    /// Path of the shared base models, read-only for every tenant.
    pub shared_models: String,
    /// Path of the tenant's own models, read-write, through an access point of the tenant's.
    pub tenant_models: String,
    /// Path of the tenant's own data, read-write, through an access point of the tenant's.
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
