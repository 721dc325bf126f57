//! Physical names: deterministic, within AWS's limits, and shortened so that they stay apart.

use sha2::{Digest, Sha256};

use crate::model::ids::TenantKey;

/// The physical name `mate-{tenant}-{env}-{part}`, at most `max` characters.
///
/// A longer name is cut and ends with six hex digits of a hash of tenant, environment and part. So does a name that
/// two tenants of the environment could both have (`a` with the part `dev-b`, and `a-dev` with the part `b`).
///
/// # Panics
/// When `max` leaves no room for the hash, below 12.
#[must_use]
pub fn physical(key: &TenantKey, part: &str, max: usize) -> String {
    let (tenant, environment) = (key.tenant.as_str(), key.environment.as_str());
    let name = format!("mate-{tenant}-{environment}-{part}");
    let ambiguous = {
        let labels: Vec<&str> = name.split('-').collect();
        let environment: Vec<&str> = environment.split('-').collect();
        // A tenant and a part have a label at least, and `mate` stands before them.
        let inner = labels.get(2..labels.len().saturating_sub(1)).unwrap_or_default();
        inner.windows(environment.len()).filter(|window| *window == environment.as_slice()).count() > 1
    };
    if name.len() <= max && !ambiguous {
        return name;
    }
    hashed(&name, &format!("{environment}\0{tenant}\0{part}"), "", max)
}

/// `name` for the object of this generation: itself for the first (0), with `-g{generation}` behind it for those
/// that replace it, at most `max` characters.
///
/// # Panics
/// When `max` leaves no room for hash and generation, below 24.
#[must_use]
pub fn with_generation(name: &str, generation: u32, max: usize) -> String {
    if generation == 0 {
        return name.to_owned();
    }
    let suffix = format!("-g{generation}");
    if name.len() + suffix.len() <= max {
        return format!("{name}{suffix}");
    }
    hashed(name, name, &suffix, max)
}

/// `name` cut so that a hash of `identity` and `suffix` fit behind it.
pub(crate) fn hashed(name: &str, identity: &str, suffix: &str, max: usize) -> String {
    let hash = hex::encode(Sha256::digest(identity.as_bytes()));
    let room = max.checked_sub(7 + suffix.len()).expect("the limit leaves room for a hash");
    let end = (0..=room.min(name.len())).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
    format!("{}-{}{suffix}", name[..end].trim_end_matches('-'), &hash[..6])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn key(tenant: &str, environment: &str) -> TenantKey {
        TenantKey::new(environment.parse().unwrap(), tenant.parse().unwrap())
    }

    #[test]
    fn a_short_name_is_left_as_it_is() {
        assert_eq!(physical(&key("regional", "dev"), "alb", 32), "mate-regional-dev-alb");
    }

    #[test]
    fn a_name_at_the_limit_is_left_and_one_beyond_is_cut() {
        for max in [32, 40, 63, 64] {
            let part = "p".repeat(max - "mate-a-dev-".len());
            assert_eq!(physical(&key("a", "dev"), &part, max), format!("mate-a-dev-{part}"));
            let cut = physical(&key("a", "dev"), &format!("{part}p"), max);
            assert_eq!(cut.len(), max);
            assert!(cut.starts_with("mate-a-dev-pp"), "{cut}");
        }
    }

    #[test]
    fn a_cut_name_is_stable() {
        let name = physical(&key("county-general-hospital", "production"), "django-target-group", 32);
        assert_eq!(name, physical(&key("county-general-hospital", "production"), "django-target-group", 32));
        assert_eq!(name, "mate-county-general-hospi-bf7916");
    }

    #[test]
    fn a_name_that_two_tenants_could_have_is_told_apart() {
        let one = physical(&key("a", "dev"), "dev-b", 63);
        let other = physical(&key("a-dev", "dev"), "b", 63);
        assert_ne!(one, other);
        assert!(one.starts_with("mate-a-dev-dev-b-"), "{one}");
    }

    #[test]
    fn a_tenant_named_like_the_manager_or_the_environment_is_not_ambiguous_alone() {
        assert_eq!(physical(&key("mate", "dev"), "db", 63), "mate-mate-dev-db");
        assert_eq!(physical(&key("x", "mate"), "db", 63), "mate-x-mate-db");
    }

    #[test]
    fn generations_have_names_of_their_own() {
        assert_eq!(with_generation("mate-a-dev-tg", 0, 32), "mate-a-dev-tg");
        assert_eq!(with_generation("mate-a-dev-tg", 1, 32), "mate-a-dev-tg-g1");
        let long = "mate-county-general-hospi-bf7916";
        let next = with_generation(long, 12, 32);
        assert!(next.len() <= 32 && next.ends_with("-g12"), "{next}");
        assert_ne!(next, with_generation(long, 13, 32));
    }

    proptest! {
        #[test]
        fn names_of_one_environment_stay_apart_and_within_the_limit(
            pairs in prop::collection::btree_set(("[a-z](-?[a-z0-9]){0,30}", "[a-z](-?[a-z0-9]){0,30}"), 2..40),
            environment in "dev|staging|production|dr",
            max in prop::sample::select(vec![32_usize, 40, 63, 64]),
        ) {
            let mut seen = BTreeMap::new();
            for (tenant, part) in pairs {
                let Ok(tenant) = tenant.parse() else { continue };
                let key = TenantKey::new(environment.parse().unwrap(), tenant);
                let name = physical(&key, &part, max);
                prop_assert!(name.len() <= max, "{} is longer than {}", name, max);
                prop_assert!(!name.ends_with('-') && !name.contains("--"), "{}", name);
                let other = seen.insert(name.clone(), (key.clone(), part.clone()));
                prop_assert!(other.is_none(), "{} is {}/{} and {:?}", name, key, part, other);
            }
        }
    }
}
