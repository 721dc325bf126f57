//! The addresses of the subnets: pure CIDR arithmetic.

use ipnet::Ipv4Net;

use super::PlatformSpec;
use crate::spec::error::{SpecError, SpecErrors};

/// Every subnet of a platform, tier by tier, zone by zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressPlan {
    /// The subnets of load balancers and NAT gateways.
    pub public: Vec<SubnetPlan>,
    /// The subnets of tasks.
    pub private: Vec<SubnetPlan>,
    /// The subnets of databases, without internet access; empty without a database tier.
    pub database: Vec<SubnetPlan>,
}

/// One subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubnetPlan {
    /// Its zone.
    pub availability_zone: String,
    /// Its range.
    pub cidr: Ipv4Net,
}

impl PlatformSpec {
    /// The addresses of every subnet.
    ///
    /// # Errors
    /// [`SpecErrors`] when the subnets do not fit into the VPC's range or into each other's way.
    pub fn address_plan(&self) -> Result<AddressPlan, SpecErrors> {
        let mut errors = Vec::new();
        let plan = plan(self, &mut errors);
        match SpecErrors::from_list(errors) {
            Some(errors) => Err(errors),
            None => Ok(plan),
        }
    }
}

pub(super) fn check(spec: &PlatformSpec, errors: &mut Vec<SpecError>) {
    plan(spec, errors);
}

fn plan(spec: &PlatformSpec, errors: &mut Vec<SpecError>) -> AddressPlan {
    let range = spec.vpc_cidr;
    let layout = &spec.subnets;
    if !(16..=28).contains(&range.prefix_len()) || range != range.trunc() {
        errors.push(
            SpecError::new("vpc_cidr", "is not a range that a VPC can have")
                .allowed("the first address of a range and a prefix of /16 to /28, such as 10.0.0.0/16")
                .given(range),
        );
        return AddressPlan { public: Vec::new(), private: Vec::new(), database: Vec::new() };
    }
    if !(range.prefix_len()..=28).contains(&layout.prefix_length) {
        errors.push(
            SpecError::new("subnets.prefix_length", "does not divide the VPC's range")
                .allowed(format!("{} to 28", range.prefix_len()))
                .given(layout.prefix_length),
        );
        return AddressPlan { public: Vec::new(), private: Vec::new(), database: Vec::new() };
    }
    let zones = spec.availability_zones();
    let mut tier = |field: &str, offset: u32| -> Vec<SubnetPlan> {
        let mut found = Vec::new();
        for (index, zone) in zones.iter().enumerate() {
            let number = u32::try_from(index).ok().and_then(|index| offset.checked_add(index));
            match number.and_then(|number| nth(range, layout.prefix_length, number)) {
                Some(cidr) => found.push(SubnetPlan { availability_zone: zone.clone(), cidr }),
                None => {
                    let most =
                        (1_u64 << (layout.prefix_length - range.prefix_len())).saturating_sub(zones.len() as u64);
                    errors.push(
                        SpecError::new(format!("subnets.{field}"), format!("puts a subnet outside of {range}"))
                            .allowed(format!("0 to {most}"))
                            .given(offset),
                    );
                    break;
                }
            }
        }
        found
    };
    let public = tier("public_offset", layout.public_offset);
    let private = tier("private_offset", layout.private_offset);
    let database = layout.database_offset.map(|offset| tier("database_offset", offset)).unwrap_or_default();
    let tiers = [("public_offset", &public), ("private_offset", &private), ("database_offset", &database)];
    for (index, (field, later)) in tiers.iter().enumerate() {
        for (other, earlier) in &tiers[..index] {
            let clash = later.iter().find(|subnet| earlier.iter().any(|taken| taken.cidr == subnet.cidr));
            if let Some(subnet) = clash {
                errors.push(
                    SpecError::new(format!("subnets.{field}"), format!("takes addresses of subnets.{other}"))
                        .allowed(format!("an offset {} or more away from it", zones.len()))
                        .given(subnet.cidr),
                );
            }
        }
    }
    AddressPlan { public, private, database }
}

/// The `number`th range of this prefix within `range`, as Terraform's `cidrsubnet` counts.
fn nth(range: Ipv4Net, prefix_length: u8, number: u32) -> Option<Ipv4Net> {
    let step = 32_u8.checked_sub(prefix_length)?;
    let offset = u64::from(number) << step;
    let start = u32::try_from(u64::from(u32::from(range.network())) + offset).ok()?;
    let found = Ipv4Net::new(start.into(), prefix_length).ok()?;
    range.contains(&found).then_some(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::SubnetLayout;
    use super::*;

    fn spec() -> PlatformSpec {
        PlatformSpec::new("dev".parse().unwrap(), "mate.sociant.ai".parse().unwrap(), "mate-auth".parse().unwrap())
    }

    fn cidrs(subnets: &[SubnetPlan]) -> Vec<String> {
        subnets.iter().map(|subnet| subnet.cidr.to_string()).collect()
    }

    #[test]
    fn the_default_addresses() {
        let plan = spec().address_plan().unwrap();
        assert_eq!(cidrs(&plan.public), ["10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"]);
        assert_eq!(cidrs(&plan.private), ["10.0.11.0/24", "10.0.12.0/24", "10.0.13.0/24"]);
        assert!(plan.database.is_empty());
        assert_eq!(plan.private[2].availability_zone, "us-east-1c");
    }

    #[test]
    fn the_addresses_of_docuthinker() {
        let layout = SubnetLayout { private_offset: 3, ..SubnetLayout::default() };
        let plan = spec().with_zone_count(2).unwrap().with_subnets(layout).address_plan().unwrap();
        assert_eq!(cidrs(&plan.public), ["10.0.1.0/24", "10.0.2.0/24"]);
        assert_eq!(cidrs(&plan.private), ["10.0.3.0/24", "10.0.4.0/24"]);
    }

    #[test]
    fn the_addresses_of_careconnect() {
        let layout = SubnetLayout { database_offset: Some(21), ..SubnetLayout::default() };
        let plan = spec().with_subnets(layout).address_plan().unwrap();
        assert_eq!(cidrs(&plan.database), ["10.0.21.0/24", "10.0.22.0/24", "10.0.23.0/24"]);
    }

    #[test]
    fn a_range_that_no_vpc_can_have_is_refused() {
        for range in ["10.0.0.0/8", "10.0.0.0/29", "10.0.0.1/16"] {
            let errors = spec().with_vpc_cidr(range.parse().unwrap()).address_plan().unwrap_err().to_string();
            assert!(errors.contains("vpc_cidr") && errors.contains(range), "{errors}");
        }
    }

    #[test]
    fn tiers_in_each_others_way_are_refused() {
        let layout = SubnetLayout { private_offset: 2, database_offset: Some(3), ..SubnetLayout::default() };
        let errors = spec().with_subnets(layout).address_plan().unwrap_err().to_string();
        assert!(errors.contains("subnets.private_offset: takes addresses of subnets.public_offset"), "{errors}");
        assert!(errors.contains("subnets.database_offset: takes addresses of subnets.private_offset"), "{errors}");
    }

    proptest! {
        #[test]
        fn subnets_stand_within_the_range_and_apart_or_are_refused(
            prefix in 16_u8..=28, length in 16_u8..=28, public in 0_u32..300, private in 0_u32..300,
            database in prop::option::of(0_u32..300), zones in 2_u8..=3,
        ) {
            let range = Ipv4Net::new([10, 20, 0, 0].into(), prefix).unwrap();
            let layout = SubnetLayout {
                prefix_length: length, public_offset: public, private_offset: private, database_offset: database,
            };
            let spec = spec().with_vpc_cidr(range).with_zone_count(zones).unwrap().with_subnets(layout);
            if let Ok(plan) = spec.address_plan() {
                let all: Vec<_> = [&plan.public, &plan.private, &plan.database].into_iter().flatten().collect();
                prop_assert!(all.iter().all(|subnet| range.contains(&subnet.cidr)));
                for (index, one) in all.iter().enumerate() {
                    for other in &all[..index] {
                        prop_assert!(!one.cidr.contains(&other.cidr) && !other.cidr.contains(&one.cidr));
                    }
                }
            }
        }
    }
}
