//! The needs of a plain tenant of each tier, out of the account's quotas.

use std::collections::BTreeMap;

use mate_core::blueprint::Blueprint;
use mate_core::model::GraphError;
use mate_core::model::Kinds;
use mate_core::quota::{Needs, needs_of};
use mate_core::spec::{Base, Catalogue, Contacts, DisplayName, Email, SpecErrors, Subdomain, TenantSpec, Tier};

use crate::catalogue::TierCatalogue;

/// A tier whose needs cannot be counted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NeedsError {
    /// A plain tenant of the tier is refused.
    #[error("a plain tenant of tier {tier} is refused")]
    Spec {
        /// The tier.
        tier: Tier,
        /// Why.
        source: SpecErrors,
    },
    /// The blueprint makes no graph for it.
    #[error("the blueprint makes no graph for a plain tenant of tier {tier}")]
    Graph {
        /// The tier.
        tier: Tier,
        /// Why.
        source: GraphError,
    },
}

fn plain(tier: &Tier) -> Result<TenantSpec, SpecErrors> {
    let contacts = Contacts::same(Email::new("it@example.com").expect("an address"));
    let name = DisplayName::new("Example").expect("a display name");
    let subdomain = Subdomain::new("example").expect("a subdomain");
    TenantSpec::builder(name, subdomain, tier.clone(), contacts).build()
}

impl TierCatalogue {
    /// The needs of a tenant without settings of its own, for each tier: the input of [`mate_core::quota::Capacity::new`].
    ///
    /// # Errors
    /// [`NeedsError`] for a tier of the caller's own of which no plain tenant can be made; the standard ones have none.
    pub fn needs(&self, blueprint: &dyn Blueprint, base: &Base) -> Result<BTreeMap<Tier, Needs>, NeedsError> {
        self.needs_of(&Kinds::standard(), blueprint, base)
    }

    /// The same as [`TierCatalogue::needs`], with an embedder's own kinds among `kinds`.
    ///
    /// # Errors
    /// As [`TierCatalogue::needs`].
    pub fn needs_of(
        &self,
        kinds: &Kinds,
        blueprint: &dyn Blueprint,
        base: &Base,
    ) -> Result<BTreeMap<Tier, Needs>, NeedsError> {
        let tiers = self.iter().map(|definition| {
            let tier = &definition.tier;
            let refused = |source| NeedsError::Spec { tier: tier.clone(), source };
            let tenant = self.resolve(&plain(tier).map_err(refused)?).map_err(refused)?;
            let design = blueprint.design(&tenant, base);
            let design = design.map_err(|source| NeedsError::Graph { tier: tier.clone(), source })?;
            Ok((tier.clone(), needs_of(kinds, &design.graph)))
        });
        tiers.collect()
    }
}

#[cfg(test)]
mod tests {
    use mate_core::blueprint::TenantBlueprint;
    use mate_core::quota::{Capacity, Quota, Readings};

    use super::*;

    fn needs() -> BTreeMap<Tier, Needs> {
        let base = Base::from_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/base-dev.toml")).unwrap();
        TierCatalogue::standard().needs(&TenantBlueprint, &base).unwrap()
    }

    fn need(tier: Tier, name: &str) -> u64 {
        let quota = Quota::all(&Kinds::standard()).find(|quota| quota.name == name).unwrap();
        needs()[&tier].get(&quota.id()).copied().unwrap_or(0)
    }

    #[test]
    fn every_tenant_has_one_database_one_cache_and_one_load_balancer_at_least() {
        for tier in [Tier::trial(), Tier::standard(), Tier::enterprise()] {
            for name in
                ["DB instances", "Nodes per Region", "Application Load Balancers per Region", "DB subnet groups"]
            {
                assert!(need(tier.clone(), name) >= 1, "{tier}: {name}");
            }
        }
    }

    #[test]
    fn a_larger_tier_takes_more_vcpus() {
        let of = |tier| need(tier, "Fargate On-Demand vCPU resource count");
        assert!(of(Tier::trial()) > 0);
        assert!(of(Tier::trial()) < of(Tier::standard()));
        assert!(of(Tier::standard()) < of(Tier::enterprise()));
    }

    #[test]
    fn a_tenant_takes_nothing_of_what_only_the_platform_has() {
        for name in
            ["VPCs per Region", "NAT gateways per Availability Zone", "EC2-VPC Elastic IPs", "User pools per account"]
        {
            assert_eq!(need(Tier::standard(), name), 0, "{name}");
        }
    }

    #[test]
    fn a_fresh_account_has_room_for_some_trial_tenants_before_its_vcpus_end() {
        let capacity = Capacity::new(&Kinds::standard(), &needs(), &Readings::new());
        let room = capacity.tiers[&Tier::trial()].as_ref().unwrap();
        assert_eq!(room.name, "Fargate On-Demand vCPU resource count");
        assert_eq!(room.tenants, 6 * 1024 / need(Tier::trial(), &room.name));
    }
}
