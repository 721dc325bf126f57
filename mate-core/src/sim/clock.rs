//! Virtual time: a clock that jumps to the next deadline when everything that lives in it is parked.

mod timeline;

#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;

use self::timeline::{MachineId, PresenceId, SleepKey, Timeline};
use crate::clock::{Clock, Presence};

/// The time of a simulated cloud. It stands still while anything that lives in it can go on, and costs no real time.
///
/// Every operation that lives in this time goes through [`attend`](crate::clock::attend). It is parked when its last poll has
/// ended, nothing has woken it since, and it sleeps in [`Clock::sleep_until`] somewhere. When everybody present is parked, time
/// jumps to the earliest deadline. An operation that waits for something else alone (a lock that another operation holds, a real
/// network) counts as awake: time then stands. Where nobody is present the sleepers alone count.
#[derive(Clone)]
pub struct SimClock {
    timeline: Arc<Mutex<Timeline>>,
}

thread_local! {
    /// Those present who are being polled on this thread, the outermost first.
    static POLLED: RefCell<Vec<PresenceId>> = const { RefCell::new(Vec::new()) };
    /// The number of polls of those present on this thread: to go on, and to look whether time may move.
    static POLLS: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

/// Polls, and returns false if that was only to look whether time may move: nothing has gone on.
pub(super) fn goes_on<T>(poll: impl FnOnce() -> Poll<T>) -> (Poll<T>, bool) {
    let before = POLLS.get();
    let polled = poll();
    let after = POLLS.get();
    (polled, after.0 > before.0 || after.1 == before.1)
}

/// No two of those present have the same, whatever their clock.
fn new_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn lock(timeline: &Mutex<Timeline>) -> MutexGuard<'_, Timeline> {
    timeline.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wake(wakers: impl IntoIterator<Item = Waker>) {
    wakers.into_iter().for_each(Waker::wake);
}

impl SimClock {
    /// The date at which simulated time begins: 2026-01-01T00:00:00Z.
    pub const START_UNIX_SECONDS: i64 = 1_767_225_600;

    /// A clock that stands at the beginning.
    #[must_use]
    pub fn new() -> Self {
        Self { timeline: Arc::default() }
    }

    /// Moves time on by hand, whoever is awake.
    pub fn advance(&self, by: Duration) {
        let mut timeline = lock(&self.timeline);
        let deadline = timeline.now + by;
        let woken = timeline.advance_to(deadline);
        drop(timeline);
        wake(woken);
    }

    /// The number of operations inside, and the number of pending sleeps.
    #[must_use]
    pub fn occupancy(&self) -> (usize, usize) {
        lock(&self.timeline).occupancy()
    }

    /// The presence of an operation that runs on this machine.
    pub(super) fn enter_on(&self, machine: MachineId) -> Arc<dyn Presence> {
        let id = new_id();
        lock(&self.timeline).enter(id, machine);
        Arc::new(Attended { timeline: Arc::clone(&self.timeline), id })
    }

    /// A machine that nothing runs on yet.
    pub(super) fn new_machine() -> MachineId {
        new_id()
    }

    /// Nothing on this machine goes on until it is resumed.
    pub(super) fn suspend(&self, machine: MachineId) {
        let next = lock(&self.timeline).suspend(machine);
        wake(next);
    }

    /// Everything on this machine goes on.
    pub(super) fn resume(&self, machine: MachineId) {
        let woken = lock(&self.timeline).resume(machine);
        wake(woken);
    }
}

impl Default for SimClock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for SimClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (present, sleepers) = self.occupancy();
        f.debug_struct("SimClock")
            .field("now", &self.now())
            .field("present", &present)
            .field("sleepers", &sleepers)
            .finish()
    }
}

/// The machine of those who enter the clock itself. It is never suspended.
const NO_MACHINE: MachineId = 0;

#[async_trait]
impl Clock for SimClock {
    fn now(&self) -> Duration {
        lock(&self.timeline).now
    }

    fn unix_seconds(&self) -> i64 {
        let since_start = i64::try_from(self.now().as_secs()).unwrap_or(i64::MAX);
        Self::START_UNIX_SECONDS.saturating_add(since_start)
    }

    async fn sleep_until(&self, deadline: Duration) {
        Sleep { timeline: Arc::clone(&self.timeline), deadline, key: None }.await;
    }

    fn enter(&self) -> Option<Arc<dyn Presence>> {
        Some(self.enter_on(NO_MACHINE))
    }
}

struct Attended {
    timeline: Arc<Mutex<Timeline>>,
    id: PresenceId,
}

impl fmt::Debug for Attended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Attended").field(&self.id).finish()
    }
}

impl Attended {
    /// It is polled no more, nor is anything within it.
    fn polled(&self) {
        POLLED.with_borrow_mut(|polled| {
            if let Some(place) = polled.iter().position(|id| *id == self.id) {
                polled.truncate(place);
            }
        });
    }
}

impl Presence for Attended {
    fn begin(&self, waker: &Waker) -> bool {
        let mut timeline = lock(&self.timeline);
        if timeline.begin(self.id, waker) {
            drop(timeline);
            POLLED.with_borrow_mut(|polled| polled.push(self.id));
            POLLS.set((POLLS.get().0 + 1, POLLS.get().1));
            return true;
        }
        // It was woken only to look whether time may move.
        POLLS.set((POLLS.get().0, POLLS.get().1 + 1));
        let look = timeline.look(|owners, _| owners.is_some_and(|owners| owners.first() == Some(&self.id)));
        drop(timeline);
        wake(look.woken);
        if look.again {
            waker.wake_by_ref();
        }
        false
    }

    fn end(&self) {
        self.polled();
        let next = lock(&self.timeline).end(self.id);
        wake(next);
    }

    fn wake(&self) {
        let task = lock(&self.timeline).wake(self.id);
        wake(task);
    }

    fn leave(&self) {
        self.polled();
        let next = lock(&self.timeline).leave(self.id);
        wake(next);
    }
}

struct Sleep {
    timeline: Arc<Mutex<Timeline>>,
    deadline: Duration,
    key: Option<SleepKey>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let mut timeline = lock(&this.timeline);
        if timeline.now >= this.deadline {
            let next = this.key.take().and_then(|key| timeline.awake(key));
            drop(timeline);
            wake(next);
            return Poll::Ready(());
        }
        let key = match this.key {
            Some(key) => {
                timeline.sleeps_on(key, context.waker());
                key
            }
            None => {
                let waker = context.waker().clone();
                let (key, next) = POLLED.with_borrow(|polled| timeline.sleep(this.deadline, waker, polled));
                this.key = Some(key);
                drop(timeline);
                wake(next);
                return Poll::Pending;
            }
        };
        // A sleep that nobody attends sees to it itself that time moves.
        let look = timeline.look(|owners, first| owners.is_none() && first == key);
        let arrived = timeline.now >= this.deadline;
        if arrived {
            this.key = None;
            timeline.awake(key);
        }
        drop(timeline);
        wake(look.woken);
        if arrived {
            return Poll::Ready(());
        }
        if look.again {
            context.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        let Some(key) = self.key else { return };
        let next = lock(&self.timeline).awake(key);
        wake(next);
    }
}
