//! Notes where each value comes from while it is decided.

use std::collections::BTreeMap;

use mate_core::spec::{Source, Tier};

/// Decides values in order: the tenant's, the tier's, the default.
pub(crate) struct Sources<'a> {
    tier: &'a Tier,
    noted: BTreeMap<String, Source>,
}

impl<'a> Sources<'a> {
    pub(crate) fn new(tier: &'a Tier) -> Self {
        Self { tier, noted: BTreeMap::new() }
    }

    pub(crate) fn note(&mut self, path: impl Into<String>, source: Source) {
        self.noted.insert(path.into(), source);
    }

    /// The tenant's value or the default.
    pub(crate) fn own<T>(&mut self, path: &str, own: Option<T>, default: T) -> T {
        self.pick(path, own, None, default)
    }

    /// The tenant's value or none.
    pub(crate) fn maybe<T>(&mut self, path: &str, own: Option<T>) -> Option<T> {
        self.note(path, if own.is_some() { Source::Tenant } else { Source::Default });
        own
    }

    /// The tenant's value, or the tier's, or the default.
    pub(crate) fn pick<T>(&mut self, path: &str, own: Option<T>, tier: Option<T>, default: T) -> T {
        let (value, source) = match (own, tier) {
            (Some(own), _) => (own, Source::Tenant),
            (None, Some(tier)) => (tier, Source::Tier(self.tier.as_str().to_owned())),
            (None, None) => (default, Source::Default),
        };
        self.note(path, source);
        value
    }

    /// The tenant's value or the tier's.
    pub(crate) fn own_or_tier<T>(&mut self, path: &str, own: Option<T>, tier: T) -> T {
        let source = if own.is_some() { Source::Tenant } else { Source::Tier(self.tier.as_str().to_owned()) };
        self.note(path, source);
        own.unwrap_or(tier)
    }

    pub(crate) fn finish(self) -> BTreeMap<String, Source> {
        self.noted
    }
}
