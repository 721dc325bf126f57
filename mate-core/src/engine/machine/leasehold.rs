//! The lease while the run goes on: renewed in time, and nothing is begun once it may be somebody else's.

use std::time::Duration;

use super::{Effect, Machine};
use crate::provider::RetryStatus;
use crate::state::StoreError;

/// The lease as the machine knows it, in the time of its clock.
#[derive(Debug)]
pub(super) struct Leasehold {
    ttl: Duration,
    /// Until then it is ours for sure: counted from before it was asked for.
    until: Duration,
    renew_at: Duration,
    /// Since when a renewal is under way.
    asked: Option<Duration>,
}

impl Leasehold {
    pub(super) fn new(ttl: Duration, since: Duration) -> Self {
        Self { ttl, until: since + ttl, renew_at: since + ttl / 3, asked: None }
    }

    pub(super) fn is_ours(&self, now: Duration) -> bool {
        now < self.until
    }

    /// The time of the next renewal; none while a renewal is under way.
    pub(super) fn wake_at(&self) -> Option<Duration> {
        self.asked.is_none().then_some(self.renew_at)
    }
}

impl Machine {
    pub(super) fn renew(&mut self, effects: &mut Vec<Effect>) {
        if self.lease.asked.is_none() && self.lease.renew_at <= self.now && self.outcome.store_error.is_none() {
            self.lease.asked = Some(self.now);
            effects.push(Effect::Renew);
        }
    }

    pub(super) fn renewed(&mut self, answer: Result<(), StoreError>) {
        let asked = self.lease.asked.take().unwrap_or(self.now);
        match answer {
            Ok(()) => self.lease = Leasehold::new(self.lease.ttl, asked),
            Err(error) if error.retry() == RetryStatus::Temporary && self.lease.is_ours(self.now) => {
                self.lease.renew_at = self.now + (self.lease.ttl / 12).max(Duration::from_millis(500));
            }
            Err(error) => self.outcome.store_error = Some(error),
        }
    }
}
