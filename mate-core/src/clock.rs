//! Time as the engine sees it: the system's, or a simulated cloud's.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
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

    /// The presence of an operation that lives in this clock's time from now on; none for a clock that moves by itself. A
    /// simulated clock moves on when everybody present is parked. Called by [`attend`], which every operation of MATE goes
    /// through.
    fn enter(&self) -> Option<Arc<dyn Presence>>;
}

/// The presence of one operation in the time of a simulated clock, as [`attend`] tells it.
pub trait Presence: Send + Sync + fmt::Debug {
    /// The operation is about to be polled for the task of `waker`. Returns false where it must not be: nothing has woken it
    /// since it parked, or its machine is suspended.
    fn begin(&self, waker: &Waker) -> bool;

    /// The poll has ended, and the operation has not.
    fn end(&self);

    /// Something has woken the operation.
    fn wake(&self);

    /// The operation has ended or was dropped.
    fn leave(&self);
}

/// Lets `work` live in the time of `clock`: a simulated clock stands still while it can go on, and moves when it waits.
///
/// May be nested: a part of an operation that is attended by itself keeps time from moving until it sleeps in this clock's time
/// too, as a call of a store that works in real time does.
///
/// ```
/// use std::time::Duration;
/// use mate_core::clock::{Clock, attend};
/// use mate_core::sim::SimClock;
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let clock = SimClock::new();
/// attend(&clock, clock.sleep_until(Duration::from_secs(60))).await;
/// assert_eq!(clock.now(), Duration::from_secs(60));
/// # });
/// ```
pub async fn attend<T>(clock: &dyn Clock, work: impl Future<Output = T>) -> T {
    match clock.enter() {
        Some(presence) => attend_as(presence, work).await,
        None => work.await,
    }
}

/// [`attend`] under a presence that has begun already.
pub(crate) async fn attend_as<T>(presence: Arc<dyn Presence>, work: impl Future<Output = T>) -> T {
    let stay = Stay(Arc::clone(&presence));
    let waker = Waker::from(Arc::new(Alarm(presence)));
    let mut work = pin!(work);
    poll_fn(|context| {
        if !stay.0.begin(context.waker()) {
            return Poll::Pending;
        }
        let polled = work.as_mut().poll(&mut Context::from_waker(&waker));
        if polled.is_pending() {
            stay.0.end();
        }
        polled
    })
    .await
}

/// Leaves with the operation, however that ends.
struct Stay(Arc<dyn Presence>);

impl Drop for Stay {
    fn drop(&mut self) {
        self.0.leave();
    }
}

struct Alarm(Arc<dyn Presence>);

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.0.wake();
    }
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

    fn enter(&self) -> Option<Arc<dyn Presence>> {
        None
    }
}
