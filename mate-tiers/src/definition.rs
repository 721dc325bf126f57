//! The definition of a tier.

use mate_core::spec::{BackupDays, FargateSize, InstanceClass, NodeCount, NodeType, QuotaGb, Tier};

use crate::price::{CommercialPlan, MonthlyCost, MonthlyPrice};

/// CPU and memory of a tier's tasks, by role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskSizes {
    /// Behind the load balancer (django).
    pub web: FargateSize,
    /// In the background (celery).
    pub worker: FargateSize,
    /// By the clock (beat).
    pub scheduler: FargateSize,
}

/// The definition of a tier: the values of a tenant that does not set them itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TierDefinition {
    /// Its name.
    pub tier: Tier,
    /// The database's instance class.
    pub instance_class: InstanceClass,
    /// The cache's node type.
    pub node_type: NodeType,
    /// CPU and memory of the tasks.
    pub sizes: TaskSizes,
    /// The number of nodes of the cache, where the tier sets it.
    pub cache_nodes: Option<NodeCount>,
    /// True for a Multi-AZ database, with a standby in another zone, where the tier sets it.
    pub multi_az: Option<bool>,
    /// The retention of the database's backups, in days, where the tier sets it.
    pub backup_retention: Option<BackupDays>,
    /// The storage quota, where the tier sets it.
    pub max_storage: Option<QuotaGb>,
    /// The commercial plan under which the tier is sold, if it is sold.
    pub plan: Option<CommercialPlan>,
    /// The monthly AWS cost of a tenant of the tier, if it is known.
    pub monthly_cost: Option<MonthlyCost>,
}

/// A tier that contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTier {
    /// The price's lower end is not below its upper end.
    #[error("tier {tier}: the price must rise from its first figure to its second, not {least} to {most}")]
    Price {
        /// The tier.
        tier: Tier,
        /// The lower end.
        least: u32,
        /// The upper end.
        most: u32,
    },
    /// The commercial name is empty or not printable.
    #[error("tier {tier}: the commercial name must be 1 to 60 printable characters")]
    Name {
        /// The tier.
        tier: Tier,
    },
}

/// A [`TierDefinition`] in the making.
#[derive(Debug, Clone)]
pub struct TierBuilder {
    tier: TierDefinition,
}

impl TierDefinition {
    /// Starts a tier from what every tier must say.
    #[must_use]
    pub fn builder(tier: Tier, instance_class: InstanceClass, node_type: NodeType, sizes: TaskSizes) -> TierBuilder {
        TierBuilder {
            tier: Self {
                tier,
                instance_class,
                node_type,
                sizes,
                cache_nodes: None,
                multi_az: None,
                backup_retention: None,
                max_storage: None,
                plan: None,
                monthly_cost: None,
            },
        }
    }
}

impl TierBuilder {
    /// Sets how many nodes the cache has.
    #[must_use]
    pub fn with_cache_nodes(mut self, nodes: NodeCount) -> Self {
        self.tier.cache_nodes = Some(nodes);
        self
    }

    /// Sets whether a standby of the database stands in another zone.
    #[must_use]
    pub fn with_multi_az(mut self, on: bool) -> Self {
        self.tier.multi_az = Some(on);
        self
    }

    /// Sets how long backups of the database are kept.
    #[must_use]
    pub fn with_backup_retention(mut self, days: BackupDays) -> Self {
        self.tier.backup_retention = Some(days);
        self
    }

    /// Sets the storage quota.
    #[must_use]
    pub fn with_max_storage(mut self, quota: QuotaGb) -> Self {
        self.tier.max_storage = Some(quota);
        self
    }

    /// Sets what it is sold as.
    #[must_use]
    pub fn with_plan(mut self, name: impl Into<String>, price: MonthlyPrice) -> Self {
        self.tier.plan = Some(CommercialPlan { name: name.into(), price });
        self
    }

    /// Sets what a tenant of it costs in AWS.
    #[must_use]
    pub fn with_monthly_cost(mut self, cost: MonthlyCost) -> Self {
        self.tier.monthly_cost = Some(cost);
        self
    }

    /// The tier.
    ///
    /// # Errors
    /// [`InvalidTier`] for a price that does not rise, and for a commercial name that cannot be shown.
    pub fn build(self) -> Result<TierDefinition, InvalidTier> {
        let tier = self.tier.tier.clone();
        if let Some(CommercialPlan { name, price }) = &self.tier.plan {
            if name.trim().is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control) {
                return Err(InvalidTier::Name { tier });
            }
            if let MonthlyPrice::Between(least, most) = *price
                && least >= most
            {
                return Err(InvalidTier::Price { tier, least, most });
            }
        }
        Ok(self.tier)
    }
}
