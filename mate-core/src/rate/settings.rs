//! The settings of a rate budget.

use std::collections::BTreeMap;

use super::bucket::Bucket;
use super::table::{Group, group_of};
use std::time::Duration;

/// The settings of a rate budget: the share of AWS's rate limits that it uses, and the bounds of retries.
#[derive(Debug, Clone, PartialEq)]
pub struct RateSettings {
    share: f64,
    limits: BTreeMap<&'static str, (f64, f64)>,
    retries: (f64, f64, f64),
}

impl Default for RateSettings {
    fn default() -> Self {
        Self::published()
    }
}

impl RateSettings {
    /// The published limits and the assumed ones ([`super::TABLE`]), of which 80 percent are used: other programs call too.
    /// A retry budget of 10 a group, to which every success adds a tenth and every five seconds one.
    #[must_use]
    pub fn published() -> Self {
        Self { share: 0.8, limits: BTreeMap::new(), retries: (10.0, 0.1, 0.2) }
    }

    /// Sets the share of every limit that is used, 0.01 to 1; 0.8 by default.
    #[must_use]
    pub fn share(mut self, share: f64) -> Self {
        self.share = share.clamp(0.01, 1.0);
        self
    }

    /// Another limit for the group of the operation `api` (`ecs:CreateService`): for an account whose limits AWS has raised,
    /// or where one is known that is not published. `burst` calls at once, 1 at least, and `refill` calls a second, more than 0.
    /// The share is taken of it too.
    #[must_use]
    pub fn limit(mut self, api: &str, burst: f64, refill: f64) -> Self {
        self.limits.insert(group_of(api).name, (burst.max(1.0), refill.max(0.001)));
        self
    }

    /// The retry budget of each group: how many retries may come at once, how much of one a success gives back, and how many
    /// a second come back by themselves, so that a broken API is tried now and then.
    #[must_use]
    pub fn retries(mut self, burst: f64, per_success: f64, per_second: f64) -> Self {
        self.retries = (burst.max(1.0), per_success.max(0.0), per_second.max(0.001));
        self
    }

    pub(crate) fn calls(&self, group: &Group, now: Duration) -> Bucket {
        let (burst, rate, most) = match self.limits.get(group.name) {
            Some((burst, refill)) => (*burst, *refill, *refill),
            None => (group.burst, group.refill, group.most),
        };
        Bucket::new(burst * self.share, rate * self.share, most * self.share, now)
    }

    pub(crate) fn retry(&self, now: Duration) -> Bucket {
        Bucket::new(self.retries.0, self.retries.2, self.retries.2, now)
    }

    pub(crate) fn retry_per_success(&self) -> f64 {
        self.retries.1
    }
}
