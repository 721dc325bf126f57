//! AWS's rate limits on the server's side, and what MATE's calls count as.

use std::collections::BTreeMap;
use std::time::Duration;

use super::SimCloud;
use super::config::Config;
use crate::clock::Clock;
use crate::model::ids::{Address, KindName, TenantKey};
use crate::provider::{ErrorClass, ProviderError};
use crate::rate::{Answer, Bucket, Group, Key, Permit, Request, Sending, group_of};

/// The token buckets that a simulated cloud keeps, as AWS does. A call over them is refused as a throttle.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RateLimits {
    limits: BTreeMap<&'static str, (f64, f64)>,
}

impl RateLimits {
    /// Every bucket that AWS publishes ([`crate::rate::TABLE`]). What it does not publish has no limit.
    #[must_use]
    pub fn published() -> Self {
        Self::default()
    }

    /// Another bucket for the group of the operation `api` (`rds:CreateDBInstance`): `burst` calls at once, 1 at least, and
    /// `refill` calls a second, more than 0.
    #[must_use]
    pub fn limit(mut self, api: &str, burst: f64, refill: f64) -> Self {
        self.limits.insert(group_of(api).name, (burst.max(1.0), refill.max(0.001)));
        self
    }

    fn bucket(&self, group: &Group, now: Duration) -> Option<Bucket> {
        let published = group.is_published().then_some((group.burst, group.refill));
        let (burst, refill) = self.limits.get(group.name).copied().or(published)?;
        Some(Bucket::new(burst, refill, refill, now))
    }
}

/// The buckets as they are filled, and how many calls were over them.
#[derive(Debug, Default)]
pub(super) struct Server {
    limits: Option<RateLimits>,
    buckets: BTreeMap<Key, Option<Bucket>>,
    throttled: BTreeMap<String, u64>,
    requests: u64,
}

impl Server {
    pub(super) fn new(limits: Option<RateLimits>) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Counts a call, and returns true if it is one too many.
    fn refuses(&mut self, api: &str, now: Duration) -> bool {
        self.requests += 1;
        let Some(limits) = &self.limits else { return false };
        let (key, group) = Key::of(api);
        let bucket = self.buckets.entry(key).or_insert_with(|| limits.bucket(group, now));
        let refused = bucket.as_mut().is_some_and(|bucket| !bucket.take(now));
        if refused {
            *self.throttled.entry(api.to_owned()).or_default() += 1;
        }
        refused
    }

    pub(super) fn requests(&self) -> u64 {
        self.requests
    }

    pub(super) fn throttled(&self) -> &BTreeMap<String, u64> {
        &self.throttled
    }
}

impl Config {
    /// The call that reads objects of a kind, and how many it reads at once.
    pub(super) fn read_call(&self, kind: &KindName) -> (String, usize) {
        if let Some((operation, page)) = self.facet(kind).read {
            return (operation.to_owned(), page);
        }
        let (service, noun) = kind.as_str().split_once(':').unwrap_or_default();
        (format!("{service}:Describe{noun}"), 1)
    }
}

/// The error of a call over the limit, as the service words it.
pub(super) fn throttle(operation: &str, address: &Address) -> ProviderError {
    let code = match operation.split_once(':') {
        Some(("ec2", _)) => "RequestLimitExceeded",
        Some(("elbv2" | "rds" | "iam" | "elasticache" | "route53", _)) => "Throttling",
        _ => "ThrottlingException",
    };
    ProviderError::new(ErrorClass::Throttled, operation, address.clone()).with_code(code).with_message("Rate exceeded")
}

/// One call as it was let through by the budget, if there is one, and whether the server refuses it.
#[derive(Debug)]
pub(super) struct Arrival {
    permit: Option<Permit>,
    /// The request is on the wire until this is dropped.
    _sending: Sending,
    pub(super) refused: bool,
}

impl Arrival {
    /// Tells the budget what became of the call.
    pub(super) fn answered(self, error: Option<&ProviderError>) {
        if let Some(permit) = self.permit {
            permit.answered(Answer::of(error.map(|error| error.class)));
        }
    }
}

impl SimCloud {
    /// Waits for the budget, and comes in at the server.
    pub(super) async fn arrive(&self, operation: &str, address: &Address) -> Arrival {
        if self.is_killed() {
            return self.die().await;
        }
        let permit = match &self.budget {
            Some(budget) => {
                let tenant = TenantKey::new(address.environment.clone(), address.tenant.clone());
                Some(budget.acquire(Request::new(operation).or_tenant(tenant)).await)
            }
            None => None,
        };
        let sending = Sending::begin().await;
        let now = self.clock.now();
        let refused = self.state().server.refuses(operation, now);
        Arrival { permit, _sending: sending, refused }
    }
}
