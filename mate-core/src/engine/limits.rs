//! The bounds of a run.

use std::time::Duration;

/// The bounds of a run. Set on the client's builder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Calls in flight at once, 1 or more; 16 by default. Waiting for the cloud is no call.
    pub parallelism: usize,
    /// The timeout of one call, which includes the requests of its driver and the wait for the rate budget; 15 minutes by
    /// default. A call that exceeds it is given up as one whose outcome is not known, looked up and made again.
    pub call: Duration,
    /// The time limit for one object, from its call until it is ready or gone. The default: four times as long as it usually
    /// takes, half an hour at least.
    pub resource: Option<Duration>,
    /// The time limit for a run; no bound by default. At its end the run stops as if it were cancelled.
    pub operation: Option<Duration>,
    /// The time that the sweep after a destroy waits for the last objects to go; 10 minutes by default.
    pub sweep: Duration,
    /// The time that the lease of a tenant holds without being renewed, in whole seconds; 30 s by default. It is renewed after
    /// each third of that. After a crash the next run waits until it has seen no renewal for so long, by its own clock.
    pub lease: Duration,
    /// The longest time for which a request may be on the wire; 30 s by default, as the attempt timeout of `AwsConfig`. After a
    /// run that was interrupted the next one waits for so long before it changes an object of which a call was under way.
    pub request: Duration,
    /// The time within which AWS shows an object that was made; 2 minutes by default. A call that AWS cannot deduplicate and
    /// whose outcome is not known is not made again before this time has passed, and an accepted object may be invisible for so
    /// long.
    pub consistency: Duration,
}

impl Limits {
    /// The longest time that counts: a year. A longer limit is as good as none, and no clock can tell its end.
    pub const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

    /// The time limit for a call of the store while a run goes on: a third of the lease's time, 1 s at least, so that a renewal
    /// can be tried again before the lease ends.
    pub(crate) fn store_call(&self) -> Duration {
        (self.lease / 3).max(Duration::from_secs(1))
    }

    /// The same limits, none longer than [`Limits::LONGEST`].
    pub(crate) fn bounded(self) -> Self {
        let at_most = |limit: Duration| limit.min(Self::LONGEST);
        Self {
            parallelism: self.parallelism,
            call: at_most(self.call),
            resource: self.resource.map(at_most),
            operation: self.operation.map(at_most),
            sweep: at_most(self.sweep),
            request: at_most(self.request),
            lease: at_most(self.lease),
            consistency: at_most(self.consistency),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            parallelism: 16,
            call: Duration::from_secs(900),
            resource: None,
            operation: None,
            sweep: Duration::from_secs(600),
            lease: Duration::from_secs(30),
            request: Duration::from_secs(30),
            consistency: Duration::from_secs(120),
        }
    }
}
