//! The usual durations of a kind, and the deadline that follows from them.

use std::time::Duration;

/// Typical durations, for estimates and for when to look first. From `docs`' table of creation times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// From the create call to ready.
    pub create: Duration,
    /// From the update call to ready.
    pub update: Duration,
    /// From the delete call to gone.
    pub delete: Duration,
}

impl Timing {
    /// In seconds.
    #[must_use]
    pub const fn seconds(create: u64, update: u64, delete: u64) -> Self {
        Self {
            create: Duration::from_secs(create),
            update: Duration::from_secs(update),
            delete: Duration::from_secs(delete),
        }
    }

    /// The time after which something that usually takes `usual` is given up: four times as long, half an hour at least.
    #[must_use]
    pub fn deadline(usual: Duration) -> Duration {
        (usual * 4).max(Duration::from_secs(30 * 60))
    }
}
