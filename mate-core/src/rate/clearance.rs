//! The clearance of a run to send requests: it ends with the run's lease.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::clock::Clock;

/// The clearance of a run. Clones share it.
///
/// It is valid until the lease ends, by the monotonic clock and by the date: a machine that was suspended has the one stand
/// still and the other go on.
#[derive(Clone)]
pub(crate) struct Clearance {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Arc<dyn Clock>,
    until: Mutex<Until>,
    changed: Notify,
}

/// The end of a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Until {
    /// By the monotonic clock.
    pub(crate) time: Duration,
    /// By the date; seconds of the Unix epoch.
    pub(crate) date: i64,
}

impl fmt::Debug for Clearance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clearance").field("until", &self.until()).finish_non_exhaustive()
    }
}

impl Clearance {
    pub(crate) fn new(clock: Arc<dyn Clock>, until: Until) -> Self {
        Self { shared: Arc::new(Shared { clock, until: Mutex::new(until), changed: Notify::new() }) }
    }

    fn until(&self) -> Until {
        *self.shared.until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lease was renewed.
    pub(crate) fn extend(&self, until: Until) {
        *self.shared.until.lock().unwrap_or_else(PoisonError::into_inner) = until;
        self.shared.changed.notify_waiters();
    }

    /// Returns true while the lease is the run's own, by both clocks.
    fn is_valid(&self) -> bool {
        let Until { time, date } = self.until();
        self.shared.clock.now() < time && self.shared.clock.unix_seconds() < date
    }

    async fn valid(&self) {
        loop {
            let mut changed = std::pin::pin!(self.shared.changed.notified());
            changed.as_mut().enable();
            if self.is_valid() {
                return;
            }
            changed.await;
        }
    }
}

/// The requests of one call of a provider: how many wait to be sent, and how many are on the wire. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Requests {
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    waiting: AtomicUsize,
    sending: AtomicUsize,
}

impl Requests {
    /// Returns true if the call does nothing but wait to send a request. A provider that does not tell never waits.
    pub(crate) fn only_wait(&self) -> bool {
        self.counts.waiting.load(Ordering::Relaxed) > 0 && self.counts.sending.load(Ordering::Relaxed) == 0
    }

    /// Lets `call` count its requests here, and send them under this clearance only.
    pub(crate) async fn of<T>(self, clearance: Clearance, call: impl Future<Output = T>) -> T {
        CALL.scope((clearance, self), call).await
    }
}

tokio::task_local! {
    static CALL: (Clearance, Requests);
}

/// One more in a count, until it is dropped.
#[derive(Debug)]
struct Counted(Arc<Counts>, fn(&Counts) -> &AtomicUsize);

impl Counted {
    fn new(requests: &Requests, count: fn(&Counts) -> &AtomicUsize) -> Self {
        count(&requests.counts).fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&requests.counts), count)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        (self.1)(&self.0).fetch_sub(1, Ordering::Relaxed);
    }
}

/// A request that waits to be sent, until this is dropped.
#[derive(Debug)]
pub(super) struct Waiting(#[expect(dead_code, reason = "counts while it lives")] Option<Counted>);

impl Waiting {
    pub(super) fn begin() -> Self {
        Self(CALL.try_with(|(_, requests)| Counted::new(requests, |counts| &counts.waiting)).ok())
    }
}

/// A request that is on the wire, until this is dropped. A provider holds one for each request, from before it is sent until its
/// answer has come: a run whose lease has ended sends nothing more, and its error names the calls whose requests were under way.
///
/// ```
/// use mate_core::rate::Sending;
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// // Outside of a run every request may be sent.
/// let sending = Sending::begin().await;
/// assert!(Sending::is_allowed());
/// drop(sending);
/// # });
/// ```
#[derive(Debug)]
#[must_use = "the request counts as sent only while this lives"]
pub struct Sending(#[expect(dead_code, reason = "counts while it lives")] Option<Counted>);

impl Sending {
    /// Waits until the present run may send a request: at once while its lease is its own, and never again once it is lost.
    ///
    /// May be dropped at any await: the request is not sent then.
    pub async fn begin() -> Self {
        let Ok((clearance, requests)) = CALL.try_with(Clone::clone) else { return Self(None) };
        let waits = Waiting::begin();
        clearance.valid().await;
        let sending = Counted::new(&requests, |counts| &counts.sending);
        drop(waits);
        Self(Some(sending))
    }

    /// Returns true if the present run may send a request at this moment. To be asked directly before the request is sent.
    #[must_use]
    pub fn is_allowed() -> bool {
        CALL.try_with(|(clearance, _)| clearance.is_valid()).unwrap_or(true)
    }
}

#[cfg(all(test, feature = "sim"))]
mod tests;
