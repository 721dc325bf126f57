//! The bounds of a run.

use std::time::Duration;

/// The bounds of a run. Set on the client's builder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Calls in flight at once, 1 or more; 16 unless said. Waiting for the cloud is no call.
    pub parallelism: usize,
    /// How long one call may take, with all that its driver asks for and the wait for the rate budget; 15 minutes unless
    /// said. Then it is given up as one whose outcome is not known, looked up and made again.
    pub call: Duration,
    /// How long one object may take from its call until it is ready or gone. Unless said: four times as long as it
    /// usually takes, half an hour at least.
    pub resource: Option<Duration>,
    /// How long a run may take; no bound unless said. At its end the run stops as if it were cancelled.
    pub operation: Option<Duration>,
    /// How long the sweep after a destroy waits for the last objects to go; 10 minutes unless said.
    pub sweep: Duration,
    /// How long the lease of a tenant holds without being renewed, whole seconds; 30 s unless said. It is renewed after
    /// each third of that. After a crash the next run waits for the rest of it.
    pub lease: Duration,
    /// How long AWS may take to show what was made; 2 minutes unless said. What AWS cannot deduplicate is not made again
    /// before this has passed since a call whose outcome is not known, and what was accepted may be invisible for so long.
    pub consistency: Duration,
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
            consistency: Duration::from_secs(120),
        }
    }
}
