//! Time as the engine sees it: the system's, or a simulated cloud's.

use std::fmt;
use std::time::{Duration, Instant};

use async_trait::async_trait;

/// A clock that can be waited on. The engine reads no other.
#[async_trait]
pub trait Clock: Send + Sync + fmt::Debug {
    /// Time since the clock was made.
    fn now(&self) -> Duration;

    /// The date, as seconds of the Unix epoch.
    fn unix_seconds(&self) -> i64;

    /// Waits until [`Clock::now`] has reached `deadline`.
    async fn sleep_until(&self, deadline: Duration);

    /// Says that an operation lives in this clock's time until the guard is dropped. A simulated clock moves
    /// on when every operation that entered is asleep.
    fn enter(&self) -> Box<dyn Send + Sync>;
}

/// The system's time.
#[derive(Debug, Clone)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock that begins now.
    #[must_use]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    fn unix_seconds(&self) -> i64 {
        jiff::Timestamp::now().as_second()
    }

    async fn sleep_until(&self, deadline: Duration) {
        tokio::time::sleep_until((self.start + deadline).into()).await;
    }

    fn enter(&self) -> Box<dyn Send + Sync> {
        Box::new(())
    }
}
