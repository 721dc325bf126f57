//! The machine on which a process runs: its own date, and a monotonic clock that stands while it is suspended.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::SimClock;
use crate::clock::{Clock, Presence};

/// The machine on which a process runs, in the time of a simulated cloud. Clones are the same machine.
///
/// Its date may be wrong ([`SimMachine::set_date_off`]), and it may be suspended as a virtual machine is: nothing of its process
/// goes on then, its monotonic clock stands, and its date goes on.
///
/// ```
/// use std::time::Duration;
/// use mate_core::clock::Clock;
/// use mate_core::sim::{SimClock, SimCloud};
/// let cloud = SimCloud::new(1);
/// let machine = cloud.machine();
/// machine.set_date_off(-150);
/// assert_eq!(machine.unix_seconds(), SimClock::START_UNIX_SECONDS - 150);
/// machine.suspend();
/// cloud.sim_clock().advance(Duration::from_secs(60));
/// assert_eq!((machine.now(), machine.unix_seconds()), (Duration::ZERO, SimClock::START_UNIX_SECONDS - 90));
/// machine.resume();
/// ```
#[derive(Clone)]
pub struct SimMachine {
    clock: SimClock,
    id: u64,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// The seconds by which its date is ahead.
    ahead: i64,
    /// The time for which it was suspended.
    stood: Duration,
    /// The time since which it is suspended.
    since: Option<Duration>,
}

impl fmt::Debug for SimMachine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimMachine")
            .field("now", &self.now())
            .field("ahead", &self.state().ahead)
            .finish_non_exhaustive()
    }
}

impl SimMachine {
    pub(super) fn new(clock: SimClock) -> Self {
        Self { clock, id: SimClock::new_machine(), state: Arc::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets its date so many seconds ahead of the cloud's, or behind it; a date that goes back is a step of the clock.
    pub fn set_date_off(&self, seconds: i64) {
        self.state().ahead = seconds;
    }

    /// Suspends it. Nothing happens when it is suspended already.
    pub fn suspend(&self) {
        let now = self.clock.now();
        self.state().since.get_or_insert(now);
        self.clock.suspend(self.id);
    }

    /// Lets it go on. Nothing happens when it is not suspended.
    pub fn resume(&self) {
        let now = self.clock.now();
        {
            let mut state = self.state();
            if let Some(since) = state.since.take() {
                state.stood += now - since;
            }
        }
        self.clock.resume(self.id);
    }

    /// The cloud's time at `now` of this machine, if it is not suspended any more.
    fn in_the_cloud(&self, time: Duration) -> Duration {
        time + self.state().stood
    }
}

#[async_trait]
impl Clock for SimMachine {
    fn now(&self) -> Duration {
        let now = self.clock.now();
        let state = self.state();
        state.since.unwrap_or(now).saturating_sub(state.stood)
    }

    fn unix_seconds(&self) -> i64 {
        self.clock.unix_seconds().saturating_add(self.state().ahead)
    }

    async fn sleep_until(&self, deadline: Duration) {
        loop {
            self.clock.sleep_until(self.in_the_cloud(deadline)).await;
            if self.now() >= deadline {
                return;
            }
        }
    }

    fn enter(&self) -> Option<Arc<dyn Presence>> {
        Some(self.clock.enter_on(self.id))
    }
}
