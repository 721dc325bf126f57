//! Physical names: `mate-{tenant}-{env}-{part}`, shortened with a stable hash where AWS's limit is tighter.

use sha2::{Digest, Sha256};

use crate::ids::{Environment, TenantId};

const HASH: usize = 6;

/// `mate-{tenant}-{environment}-{part}`, at most `max` characters.
///
/// A longer name is cut and ends in six hex digits of the SHA-256 of the whole, so that two long names that
/// begin alike stay apart and the same name is always shortened the same way.
#[must_use]
pub fn physical(tenant: &TenantId, environment: &Environment, part: &str, max: usize) -> String {
    shorten(&format!("mate-{tenant}-{environment}-{part}"), max)
}

/// The name of generation `generation` of an object that is replaced while the old one still stands:
/// `{name}-g2`, at most `max` characters. Generation 0 has the plain name.
#[must_use]
pub fn with_generation(name: &str, generation: u32, max: usize) -> String {
    if generation == 0 { shorten(name, max) } else { shorten(&format!("{name}-g{generation}"), max) }
}

fn shorten(name: &str, max: usize) -> String {
    if name.len() <= max {
        return name.to_owned();
    }
    let digest = hex::encode(Sha256::digest(name.as_bytes()));
    let kept = name[..max - HASH - 1].trim_end_matches('-');
    format!("{kept}-{}", &digest[..HASH])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(tenant: &str, part: &str, max: usize) -> String {
        physical(&tenant.parse().unwrap(), &"dev".parse().unwrap(), part, max)
    }

    #[test]
    fn a_name_that_fits_is_left_as_it_is() {
        assert_eq!(name("regional", "django", 32), "mate-regional-dev-django");
    }

    #[test]
    fn a_long_name_is_cut_to_the_limit_and_ends_in_a_hash() {
        let short = name("university-hospital-of-the-north", "django", 32);
        assert!(short.starts_with("mate-university-hospital-"), "{short}");
        assert!(short.len() <= 32);
        assert!(short[short.len() - 6..].bytes().all(|byte| byte.is_ascii_hexdigit()), "{short}");
    }

    #[test]
    fn the_generation_is_part_of_the_name() {
        assert_eq!(with_generation("mate-a-dev-django", 2, 32), "mate-a-dev-django-g2");
        assert_eq!(with_generation("mate-a-dev-django", 0, 32), "mate-a-dev-django");
    }

    proptest! {
        #[test]
        fn names_keep_the_limit_and_stay_apart(a in "[a-z]{1,40}", b in "[a-z]{1,40}", max in prop::sample::select(vec![32usize, 40, 63, 64])) {
            let (first, second) = (name(&a, "django", max), name(&b, "django", max));
            prop_assert!(first.len() <= max && !first.ends_with('-'));
            prop_assert_eq!(first == second, a == b);
        }
    }
}
