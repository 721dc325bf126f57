//! Runs a future on this thread, and sees when it would wait for ever: nothing in a simulation wakes up from outside.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// More than any schedule takes.
const MOST_POLLS: u64 = 200_000;

/// The reason why a future did not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// Everything waits, and nothing will wake it.
    Asleep,
    /// It goes on and on.
    Endless,
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Stopped> {
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    for _ in 0..MOST_POLLS {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return Ok(value);
        }
        if !woken.0.swap(false, Ordering::Relaxed) {
            return Err(Stopped::Asleep);
        }
    }
    Err(Stopped::Endless)
}

#[test]
fn what_waits_for_nothing_is_seen() {
    assert_eq!(block_on(async { 7 }), Ok(7));
    assert_eq!(block_on(std::future::pending::<()>()), Err(Stopped::Asleep));
}

#[test]
fn what_never_ends_is_seen() {
    let endless = std::future::poll_fn(|context| {
        context.waker().wake_by_ref();
        Poll::<()>::Pending
    });
    assert_eq!(block_on(endless), Err(Stopped::Endless));
}
