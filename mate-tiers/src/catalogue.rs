//! The tiers by name.

use std::collections::BTreeMap;

use mate_core::spec::{
    Catalogue, FargateSize, InstanceClass, InvalidValue, NodeType, ResolvedTenant, SpecError, SpecErrors, TenantSpec,
    Tier,
};

use crate::definition::{TaskSizes, TierDefinition};
use crate::price::{MonthlyCost, MonthlyPrice};
use crate::resolve;

/// A catalogue of tiers.
///
/// | tier | RDS | Redis | web | worker | scheduler | sold as | AWS a month |
/// |---|---|---|---|---|---|---|---|
/// | trial | db.t4g.micro | cache.t4g.micro | 256 / 512 | 256 / 512 | 256 / 512 | Starter, Free–$99 | $70 |
/// | standard | db.t4g.medium | cache.t4g.small | 512 / 1024 | 512 / 1024 | 256 / 512 | Professional, $1,000 | $125 |
/// | enterprise | db.r6g.xlarge | cache.r7g.large | 1024 / 2048 | 1024 / 2048 | 512 / 1024 | Enterprise, $8,000+ | $480 |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierCatalogue {
    tiers: BTreeMap<Tier, TierDefinition>,
}

/// The standard tiers: RDS, Redis, web, worker, scheduler; name and price; ALB, tasks, RDS, Redis, S3 and EFS.
type Row = (fn() -> Tier, (&'static str, &'static str), [(u32, u32); 3], (&'static str, MonthlyPrice), [u32; 5]);

const STANDARD: [Row; 3] = [
    (
        Tier::trial,
        ("db.t4g.micro", "cache.t4g.micro"),
        [(256, 512), (256, 512), (256, 512)],
        ("Starter", MonthlyPrice::Between(0, 99)),
        [20, 15, 15, 15, 5],
    ),
    (
        Tier::standard,
        ("db.t4g.medium", "cache.t4g.small"),
        [(512, 1024), (512, 1024), (256, 512)],
        ("Professional", MonthlyPrice::Fixed(1000)),
        [20, 30, 30, 25, 20],
    ),
    (
        Tier::enterprise,
        ("db.r6g.xlarge", "cache.r7g.large"),
        [(1024, 2048), (1024, 2048), (512, 1024)],
        ("Enterprise", MonthlyPrice::From(8000)),
        [20, 60, 200, 100, 100],
    ),
];

fn standard_tier((tier, classes, sizes, plan, cost): &Row) -> Result<TierDefinition, InvalidValue> {
    let size = |(cpu, memory): (u32, u32)| FargateSize::new(cpu, memory);
    let sizes = TaskSizes { web: size(sizes[0])?, worker: size(sizes[1])?, scheduler: size(sizes[2])? };
    let [load_balancer, tasks, database, cache, storage] = *cost;
    let builder = TierDefinition::builder(tier(), InstanceClass::new(classes.0)?, NodeType::new(classes.1)?, sizes)
        .with_plan(plan.0, plan.1)
        .with_monthly_cost(MonthlyCost { load_balancer, tasks, database, cache, storage });
    Ok(builder.build().expect("the prices of the standard tiers rise"))
}

impl TierCatalogue {
    /// trial, standard and enterprise.
    ///
    /// # Panics
    /// Never: the figures are constants, and a test makes them all.
    #[must_use]
    pub fn standard() -> Self {
        STANDARD.iter().fold(Self::empty(), |catalogue, row| {
            catalogue.with_tier(standard_tier(row).expect("the figures of the standard tiers are valid"))
        })
    }

    /// No tier at all, to begin a catalogue of one's own with.
    #[must_use]
    pub fn empty() -> Self {
        Self { tiers: BTreeMap::new() }
    }

    /// Adds a tier. It takes the place of one of the same name.
    #[must_use]
    pub fn with_tier(mut self, tier: TierDefinition) -> Self {
        self.tiers.insert(tier.tier.clone(), tier);
        self
    }

    /// The tier of this name.
    #[must_use]
    pub fn get(&self, tier: &Tier) -> Option<&TierDefinition> {
        self.tiers.get(tier)
    }

    /// The tiers by name.
    pub fn iter(&self) -> impl Iterator<Item = &TierDefinition> {
        self.tiers.values()
    }
}

impl Default for TierCatalogue {
    fn default() -> Self {
        Self::standard()
    }
}

impl Catalogue for TierCatalogue {
    fn resolve(&self, spec: &TenantSpec) -> Result<ResolvedTenant, SpecErrors> {
        let Some(tier) = self.tiers.get(spec.tier()) else {
            let known = self.tiers.keys().map(Tier::as_str);
            return Err(SpecError::unknown("tier", "tier", spec.tier().as_str(), known).into());
        };
        resolve::resolve(spec, tier)
    }
}
