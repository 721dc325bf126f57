//! The settings of a suspension: the page of the load balancer, and the treatment of the cache.

use serde::{Deserialize, Serialize};

use super::{InvalidPage, Page};

/// The treatment of a tenant's cache while the tenant is suspended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SuspendedCache {
    /// The cache keeps running and is billed as before; the tenant resumes without waiting for it.
    #[default]
    Kept,
    /// It is deleted, and leaves a snapshot of what it holds; it is made anew from that when the tenant resumes. The snapshot stays
    /// then, until somebody deletes it: no verb deletes data.
    SnapshottedAndRemoved,
}

impl SuspendedCache {
    fn is_kept(&self) -> bool {
        *self == Self::Kept
    }
}

/// The settings of a tenant's suspension.
///
/// ```
/// use mate_core::vocab::{SuspendedCache, Suspension};
/// let suspension = Suspension::new().with_cache(SuspendedCache::SnapshottedAndRemoved);
/// assert_eq!(suspension.page.status(), 503);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
#[non_exhaustive]
pub struct Suspension {
    /// The page with which the load balancer answers meanwhile.
    pub page: Page,
    /// The treatment of the cache.
    pub cache: SuspendedCache,
}

impl Default for Suspension {
    fn default() -> Self {
        Self { page: Page::suspended(), cache: SuspendedCache::default() }
    }
}

impl Suspension {
    /// With the page of [`Page::suspended`], and the cache kept.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what the load balancer answers meanwhile.
    #[must_use]
    pub fn with_page(mut self, page: Page) -> Self {
        self.page = page;
        self
    }

    /// Sets what becomes of the cache.
    #[must_use]
    pub fn with_cache(mut self, cache: SuspendedCache) -> Self {
        self.cache = cache;
        self
    }
}

/// As it is written: the page with the choice beside it, so that a record of before the choice reads as one that keeps the cache.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    status: u16,
    content_type: String,
    body: String,
    #[serde(default, skip_serializing_if = "SuspendedCache::is_kept")]
    cache: SuspendedCache,
}

impl From<Suspension> for Parts {
    fn from(suspension: Suspension) -> Self {
        let Suspension { page, cache } = suspension;
        let (status, content_type, body) = (page.status(), page.content_type().to_owned(), page.body().to_owned());
        Self { status, content_type, body, cache }
    }
}

impl TryFrom<Parts> for Suspension {
    type Error = InvalidPage;

    fn try_from(parts: Parts) -> Result<Self, InvalidPage> {
        Ok(Self { page: Page::new(parts.status, parts.content_type, parts.body)?, cache: parts.cache })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_suspension_of_before_the_choice_reads_as_one_that_keeps_the_cache() {
        let before = serde_json::to_value(Page::suspended()).unwrap();
        let read: Suspension = serde_json::from_value(before.clone()).unwrap();
        assert_eq!(read, Suspension::new());
        assert_eq!(serde_json::to_value(&read).unwrap(), before, "and is written as before");
    }

    #[test]
    fn the_choice_survives_the_wire_and_the_page_is_checked() {
        let removed = Suspension::new().with_cache(SuspendedCache::SnapshottedAndRemoved);
        let written = serde_json::to_value(&removed).unwrap();
        assert_eq!(written["cache"], "snapshotted_and_removed");
        assert_eq!(serde_json::from_value::<Suspension>(written).unwrap(), removed);
        let wrong = json!({"status": 302, "content_type": "text/plain", "body": ""});
        assert!(serde_json::from_value::<Suspension>(wrong).is_err());
    }
}
