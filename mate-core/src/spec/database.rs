//! A tenant's database.

use super::values::{BackupDays, EngineVersion, Gib, InstanceClass};

/// A tenant's PostgreSQL database. What is not set comes from the tier, or is the default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct DatabaseSpec {
    /// Major version of PostgreSQL; 17 by default.
    pub engine_version: Option<EngineVersion>,
    /// The instance class; by tier.
    pub instance_class: Option<InstanceClass>,
    /// Storage at creation; 20 GiB by default.
    pub allocated_storage: Option<Gib>,
    /// The upper limit of storage autoscaling. The default is 100 GiB, or twice the storage at creation where that is more, and
    /// 65536 GiB at most. A value that is set must be greater than the storage at creation.
    pub max_storage: Option<Gib>,
    /// Days that backups are kept; 7 by default, 0 for no backups.
    pub backup_retention: Option<BackupDays>,
    /// True for a Multi-AZ database, with a standby in another zone. Off by default; it doubles the cost of the database.
    pub multi_az: Option<bool>,
    /// True if Performance Insights is on; off by default.
    pub performance_insights: Option<bool>,
}

impl DatabaseSpec {
    /// A database as the tier and the defaults have it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the major version of PostgreSQL.
    #[must_use]
    pub fn with_engine_version(mut self, version: EngineVersion) -> Self {
        self.engine_version = Some(version);
        self
    }

    /// Sets the instance class.
    #[must_use]
    pub fn with_instance_class(mut self, class: InstanceClass) -> Self {
        self.instance_class = Some(class);
        self
    }

    /// Sets the storage at creation.
    #[must_use]
    pub fn with_allocated_storage(mut self, size: Gib) -> Self {
        self.allocated_storage = Some(size);
        self
    }

    /// Sets how far storage grows by itself: further than the storage at creation.
    #[must_use]
    pub fn with_max_storage(mut self, size: Gib) -> Self {
        self.max_storage = Some(size);
        self
    }

    /// Sets how long backups are kept.
    #[must_use]
    pub fn with_backup_retention(mut self, days: BackupDays) -> Self {
        self.backup_retention = Some(days);
        self
    }

    /// Sets whether a standby stands in another zone.
    #[must_use]
    pub fn with_multi_az(mut self, on: bool) -> Self {
        self.multi_az = Some(on);
        self
    }

    /// Sets whether Performance Insights is on.
    #[must_use]
    pub fn with_performance_insights(mut self, on: bool) -> Self {
        self.performance_insights = Some(on);
        self
    }
}
