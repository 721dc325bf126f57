//! Virtual time: a clock that jumps to the next deadline when everything that lives in it is asleep.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;

use crate::clock::Clock;

/// The time of a simulated cloud. It stands still while anything that entered it is awake, and costs no real time.
///
/// Every operation that lives in this time enters it once with [`Clock::enter`] and keeps the guard while it works.
/// When all that entered are asleep in [`Clock::sleep_until`], time jumps to the earliest deadline. An operation that
/// waits for something else (a lock that another operation holds, a real network) counts as awake: time then stands.
/// Without any guard the sleepers alone count.
#[derive(Clone)]
pub struct SimClock {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    now: Duration,
    entered: usize,
    serial: u64,
    /// Goes up with every sign of life; a jump happens only after a pause in it.
    activity: u64,
    sleepers: BTreeMap<(Duration, u64), Waker>,
}

/// The number of times that the earliest sleeper looks again before time jumps, so that tasks which are ready to run may run
/// first.
const SETTLE: u8 = 3;

impl Inner {
    fn all_asleep(&self) -> bool {
        self.sleepers.len() >= self.entered.max(1)
    }

    fn earliest(&self) -> Option<((Duration, u64), Waker)> {
        self.sleepers.first_key_value().map(|(key, waker)| (*key, waker.clone()))
    }

    /// The sleeper that has to see to the next jump, where one is due.
    fn next_to_wake(&mut self) -> Option<Waker> {
        self.activity += 1;
        if self.all_asleep() { self.earliest().map(|(_, waker)| waker) } else { None }
    }

    /// Moves time on and takes out everybody whose deadline has come.
    fn advance_to(&mut self, deadline: Duration) -> Vec<Waker> {
        self.activity += 1;
        self.now = self.now.max(deadline);
        let later = self.sleepers.split_off(&(self.now, u64::MAX));
        std::mem::replace(&mut self.sleepers, later).into_values().collect()
    }
}

fn lock(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SimClock {
    /// The date at which simulated time begins: 2026-01-01T00:00:00Z.
    pub const START_UNIX_SECONDS: i64 = 1_767_225_600;

    /// A clock that stands at the beginning.
    #[must_use]
    pub fn new() -> Self {
        Self { inner: Arc::default() }
    }

    /// Moves time on by hand, whoever is awake.
    pub fn advance(&self, by: Duration) {
        let mut inner = lock(&self.inner);
        let deadline = inner.now + by;
        let woken = inner.advance_to(deadline);
        drop(inner);
        woken.into_iter().for_each(Waker::wake);
    }

    /// The number of operations inside, and the number of pending sleeps.
    #[must_use]
    pub fn occupancy(&self) -> (usize, usize) {
        let inner = lock(&self.inner);
        (inner.entered, inner.sleepers.len())
    }
}

impl Default for SimClock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for SimClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = lock(&self.inner);
        f.debug_struct("SimClock")
            .field("now", &inner.now)
            .field("entered", &inner.entered)
            .field("sleepers", &inner.sleepers.len())
            .finish()
    }
}

#[async_trait]
impl Clock for SimClock {
    fn now(&self) -> Duration {
        lock(&self.inner).now
    }

    fn unix_seconds(&self) -> i64 {
        let since_start = i64::try_from(self.now().as_secs()).unwrap_or(i64::MAX);
        Self::START_UNIX_SECONDS.saturating_add(since_start)
    }

    async fn sleep_until(&self, deadline: Duration) {
        Sleep { inner: Arc::clone(&self.inner), deadline, key: None, seen: 0, settled: 0 }.await;
    }

    fn enter(&self) -> Box<dyn Send + Sync> {
        let mut inner = lock(&self.inner);
        inner.entered += 1;
        inner.activity += 1;
        Box::new(Guard { inner: Arc::clone(&self.inner) })
    }
}

struct Guard {
    inner: Arc<Mutex<Inner>>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut inner = lock(&self.inner);
        inner.entered -= 1;
        let next = inner.next_to_wake();
        drop(inner);
        next.into_iter().for_each(Waker::wake);
    }
}

struct Sleep {
    inner: Arc<Mutex<Inner>>,
    deadline: Duration,
    key: Option<(Duration, u64)>,
    /// The activity at the last look, and how many looks saw the same.
    seen: u64,
    settled: u8,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let mut inner = lock(&this.inner);
        if inner.now >= this.deadline {
            let next = match this.key.take() {
                // Whoever awakes may sleep no more, and the others of its operation must not wait for that.
                Some(key) => {
                    inner.sleepers.remove(&key);
                    inner.next_to_wake()
                }
                None => None,
            };
            drop(inner);
            next.into_iter().for_each(Waker::wake);
            return Poll::Ready(());
        }
        let mut others = Vec::new();
        let key = match this.key {
            Some(key) => key,
            None => {
                inner.serial += 1;
                let key = (this.deadline, inner.serial);
                this.key = Some(key);
                inner.sleepers.insert(key, context.waker().clone());
                others.extend(inner.next_to_wake());
                key
            }
        };
        inner.sleepers.insert(key, context.waker().clone());
        let first = inner.sleepers.first_key_value().map(|(first, _)| *first);
        if inner.all_asleep() && first == Some(key) {
            if this.seen == inner.activity {
                this.settled += 1;
            } else {
                this.seen = inner.activity;
                this.settled = 0;
            }
            if this.settled >= SETTLE {
                this.key = None;
                inner.sleepers.remove(&key);
                others.extend(inner.advance_to(this.deadline));
                others.extend(inner.next_to_wake());
                drop(inner);
                others.into_iter().for_each(Waker::wake);
                return Poll::Ready(());
            }
            others.push(context.waker().clone());
        }
        drop(inner);
        others.into_iter().for_each(Waker::wake);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        let Some(key) = self.key else { return };
        let mut inner = lock(&self.inner);
        inner.sleepers.remove(&key);
        let next = inner.next_to_wake();
        drop(inner);
        next.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;

    const MINUTE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_lone_sleeper_moves_time_by_itself() {
        let clock = SimClock::new();
        clock.sleep_until(10 * MINUTE).await;
        assert_eq!(clock.now(), 10 * MINUTE);
        assert_eq!(clock.unix_seconds(), SimClock::START_UNIX_SECONDS + 600);
    }

    #[tokio::test]
    async fn time_stands_while_one_that_entered_is_awake() {
        let clock = SimClock::new();
        let (_first, second) = (clock.enter(), clock.enter());
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(MINUTE).await }
        });
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        assert_eq!(clock.now(), Duration::ZERO);
        drop(second);
        sleeper.await.unwrap();
        assert_eq!(clock.now(), MINUTE);
    }

    #[tokio::test]
    async fn a_dropped_sleep_is_forgotten() {
        let clock = SimClock::new();
        let _guard = clock.enter();
        {
            let mut sleep = clock.sleep_until(MINUTE);
            assert!(futures::poll!(&mut sleep).is_pending());
            assert_eq!(clock.occupancy(), (1, 1));
        }
        assert_eq!(clock.occupancy(), (1, 0));
        clock.sleep_until(3 * MINUTE).await;
        assert_eq!(clock.now(), 3 * MINUTE);
    }

    #[tokio::test]
    async fn what_is_ready_runs_before_time_jumps() {
        let clock = SimClock::new();
        let _guard = clock.enter();
        let awake = async {
            tokio::task::yield_now().await;
            clock.now()
        };
        let (_, seen) = futures::join!(clock.sleep_until(MINUTE), awake);
        assert_eq!(seen, Duration::ZERO);
    }

    #[tokio::test]
    async fn one_operation_may_sleep_in_many_places_at_once() {
        let clock = SimClock::new();
        let _guard = clock.enter();
        let sleeps = (1..=3_u32).map(|minutes| clock.sleep_until(minutes * MINUTE));
        let mut sleeps: futures::stream::FuturesUnordered<_> = sleeps.collect();
        // Each awakes by itself, and none of them sleeps again.
        while futures::StreamExt::next(&mut sleeps).await.is_some() {}
        assert_eq!(clock.now(), 3 * MINUTE);
    }

    #[tokio::test]
    async fn a_sleep_that_is_over_and_was_dropped_unseen_holds_nobody_up() {
        let clock = SimClock::new();
        let _guard = clock.enter();
        let mut early = clock.sleep_until(MINUTE);
        assert!(futures::poll!(&mut early).is_pending());
        let late = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(2 * MINUTE).await }
        });
        while clock.occupancy() != (1, 2) {
            tokio::task::yield_now().await;
        }
        clock.advance(MINUTE);
        drop(early);
        late.await.unwrap();
        assert_eq!(clock.now(), 2 * MINUTE);
    }

    async fn many(clock: SimClock) {
        let entered: Vec<_> = (1..=500u32).map(|index| (index, clock.enter())).collect();
        let tasks = entered.into_iter().map(|(index, guard)| {
            let clock = clock.clone();
            tokio::spawn(async move {
                let _guard = guard;
                let mut woken = Vec::new();
                for round in 1..=20u32 {
                    let deadline = MINUTE * round + Duration::from_millis(u64::from(index));
                    clock.sleep_until(deadline).await;
                    woken.push(clock.now() >= deadline && clock.now() < deadline + MINUTE);
                }
                woken.into_iter().all(|in_time| in_time)
            })
        });
        let in_time = join_all(tasks).await.into_iter().all(|task| task.unwrap());
        assert!(in_time);
        assert_eq!(clock.now(), 20 * MINUTE + Duration::from_millis(500));
        assert_eq!(clock.occupancy(), (0, 0));
    }

    #[tokio::test]
    async fn many_operations_on_one_thread() {
        many(SimClock::new()).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn many_operations_on_many_threads() {
        many(SimClock::new()).await;
    }

    #[tokio::test]
    async fn the_earliest_sleeper_may_be_dropped_while_others_wait() {
        let clock = SimClock::new();
        let (_one, two) = (clock.enter(), clock.enter());
        let early = clock.sleep_until(MINUTE);
        let late = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(2 * MINUTE).await }
        });
        let mut early = Box::pin(early);
        assert!(futures::poll!(&mut early).is_pending());
        drop(early);
        drop(two);
        late.await.unwrap();
        assert_eq!(clock.now(), 2 * MINUTE);
    }
}
