//! The tier that a tenant is of, by name.

use std::fmt;
use std::str::FromStr;

use super::error::InvalidValue;
use super::values::{TextValue, label, text_value};

text_value!(
    /// The name of a tier: `trial`, `standard`, `enterprise`, or one that the catalogue was given.
    ///
    /// The name alone decides nothing: a [`super::Catalogue`] knows what the tier stands for.
    Tier,
    "the name of a tier",
    "1 to 30 of a-z, 0-9 and single hyphens, starting with a letter, not ending with a hyphen",
    |text| label(text, 30)
);

impl Tier {
    /// `trial`, the smallest.
    #[must_use]
    pub fn trial() -> Self {
        Self("trial".into())
    }

    /// `standard`.
    #[must_use]
    pub fn standard() -> Self {
        Self("standard".into())
    }

    /// `enterprise`, the largest.
    #[must_use]
    pub fn enterprise() -> Self {
        Self("enterprise".into())
    }
}
