//! The budget as callers see it: waiting for a call on the clock.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::clearance::Waiting;
use super::queue::Ticket;
use super::regulator::{Admission, Answer, Grant, Regulator, Request, Usage};
use super::settings::RateSettings;
use crate::clock::{Clock, SystemClock};

/// The rate budget of one account and region, for everything that calls there. Clones share it.
///
/// - A call is let through when the bucket of its group has a token: the published bucket, less a share for other programs.
/// - A throttle halves the rate of its group; every call that had to wait and went well raises it by a hundredth of the most.
/// - The next call is chosen by [`super::Priority`], and within a priority by tenants in turn. A priority passes every fourth of
///   its calls down while somebody below has waited for 10 seconds; the next priority that waits keeps it, or passes it on in
///   the same way. So the lowest of four priorities gets one of 64 calls at least, and a look does not wait for older scans.
/// - A call that repeats what failed or was throttled draws on the group's retry budget first, whoever repeats it.
#[derive(Clone)]
pub struct RateBudget {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    regulator: Regulator,
    bells: BTreeMap<Ticket, Arc<Notify>>,
}

impl State {
    /// The bells of those who are next or were granted a call.
    fn woken(&mut self) -> Vec<Arc<Notify>> {
        self.regulator.woken().iter().filter_map(|ticket| self.bells.get(ticket).cloned()).collect()
    }
}

impl RateBudget {
    /// A budget that lives in this clock's time.
    #[must_use]
    pub fn new(settings: RateSettings, clock: Arc<dyn Clock>) -> Self {
        let state = State { regulator: Regulator::new(settings), bells: BTreeMap::new() };
        Self { inner: Arc::new(Inner { clock, state: Mutex::new(state) }) }
    }

    /// The budget that everything in this process shares that names the same account and region, with the published limits
    /// and the system's time. `account` may be any name for the account, as long as everybody uses the same.
    #[must_use]
    pub fn of_process(account: &str, region: &str) -> Self {
        static BUDGETS: OnceLock<Mutex<BTreeMap<(String, String), RateBudget>>> = OnceLock::new();
        let mut budgets = BUDGETS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Self::new(RateSettings::published(), Arc::new(SystemClock::new()));
        budgets.entry((account.to_owned(), region.to_owned())).or_insert_with(new).clone()
    }

    /// Waits until the call may be made. One permit is one HTTP request: a page, a retry.
    ///
    /// May be dropped at any await: the place goes to the next then.
    pub async fn acquire(&self, request: Request) -> Permit {
        let _waiting = Waiting::begin();
        let mut place = Place::take(self, request);
        loop {
            match place.look() {
                Admission::Granted(grant) => return Permit { budget: self.clone(), grant },
                Admission::Wait(until) => tokio::select! {
                    () = place.bell.notified() => {}
                    // On the clock, so that simulated time passes meanwhile.
                    () = self.inner.clock.sleep_until(until) => {}
                },
            }
        }
    }

    /// The usage of each bucket that was used so far.
    #[must_use]
    pub fn usage(&self) -> Vec<Usage> {
        self.state().regulator.usage()
    }

    /// Changes the state, and wakes those whom the change concerns once the lock is free: a waker is foreign code.
    fn change<T>(&self, change: impl FnOnce(&mut State, Duration) -> T) -> T {
        let now = self.now();
        let mut state = self.state();
        let changed = change(&mut state, now);
        let woken = state.woken();
        drop(state);
        woken.iter().for_each(|bell| bell.notify_one());
        changed
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Duration {
        self.inner.clock.now()
    }
}

impl fmt::Debug for RateBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateBudget").field("usage", &self.usage()).finish_non_exhaustive()
    }
}

/// A call that may be made now. What became of it is told with [`Permit::answered`]; without that it counts as made.
#[derive(Debug)]
#[must_use = "the call was let through to be made"]
pub struct Permit {
    budget: RateBudget,
    grant: Grant,
}

impl Permit {
    /// Says what AWS answered.
    pub fn answered(self, answer: Answer) {
        self.budget.change(|state, now| state.regulator.report(now, &self.grant, answer));
    }
}

/// A place in the queue, given back when it is dropped.
struct Place<'a> {
    budget: &'a RateBudget,
    ticket: Ticket,
    bell: Arc<Notify>,
    over: bool,
}

impl<'a> Place<'a> {
    fn take(budget: &'a RateBudget, request: Request) -> Self {
        let (now, bell) = (budget.now(), Arc::new(Notify::new()));
        let mut state = budget.state();
        let ticket = state.regulator.join(now, request);
        state.bells.insert(ticket, Arc::clone(&bell));
        Self { budget, ticket, bell, over: false }
    }

    fn look(&mut self) -> Admission {
        let admission = self.budget.change(|state, now| {
            let admission = state.regulator.poll(now, self.ticket);
            if matches!(admission, Admission::Granted(_)) {
                state.bells.remove(&self.ticket);
            }
            admission
        });
        self.over = matches!(admission, Admission::Granted(_));
        admission
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        self.budget.change(|state, now| {
            state.bells.remove(&self.ticket);
            state.regulator.leave(now, self.ticket);
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Wake, Waker};

    use super::super::Priority;
    use super::*;
    use crate::sim::SimClock;

    /// A waker that looks whether the budget is locked while it wakes.
    struct Onlooker {
        budget: RateBudget,
        wakes: AtomicUsize,
        locked: AtomicUsize,
    }

    impl Wake for Onlooker {
        fn wake(self: Arc<Self>) {
            self.wakes.fetch_add(1, Ordering::Relaxed);
            if self.budget.inner.state.try_lock().is_err() {
                self.locked.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    #[tokio::test]
    async fn a_waiter_is_woken_after_the_lock_is_free() {
        let settings = RateSettings::published().share(1.0).limit("sqs:CreateQueue", 1.0, 1.0);
        let budget = RateBudget::new(settings, Arc::new(SimClock::new()));
        let request = || Request { api: "sqs:CreateQueue".to_owned(), tenant: None, priority: Priority::Change };
        let _burst = budget.acquire(request()).await;
        let (mut first, mut second) = (Box::pin(budget.acquire(request())), Box::pin(budget.acquire(request())));
        assert!(futures::poll!(&mut first).is_pending());
        let onlooker = Arc::new(Onlooker {
            budget: budget.clone(),
            wakes: AtomicUsize::default(),
            locked: AtomicUsize::default(),
        });
        let waker = Waker::from(Arc::clone(&onlooker));
        assert!(second.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        drop(first);
        let seen = (onlooker.wakes.load(Ordering::Relaxed) > 0, onlooker.locked.load(Ordering::Relaxed));
        assert_eq!(seen, (true, 0), "woken, and never under the lock");
    }
}
