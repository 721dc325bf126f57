//! Deaths of the process that runs MATE: at a chosen call, or at a chosen await.
//!
//! A future that is dropped is as dead as a process: nothing of it goes on, and what it knew only in memory is gone. What the
//! store and the cloud hold stays.
//!
//! ```
//! use mate_core::clock::Clock;
//! use mate_core::sim::{SimCloud, crash};
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let cloud = SimCloud::new(7);
//! let work = async || {
//!     tokio::task::yield_now().await;
//!     tokio::task::yield_now().await;
//! };
//! assert_eq!(crash::awaits(work()).await, 2);
//! assert_eq!(crash::at_await(1, work()).await, None);
//! assert_eq!(crash::until_killed(&cloud, work()).await, Some(()));
//! # });
//! ```

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use super::SimCloud;
use super::clock::goes_on;

/// Runs `future` until it ends, or until [`Fault::KillBefore`](super::Fault::KillBefore) or
/// [`Fault::KillAfter`](super::Fault::KillAfter) strikes one of its calls on `cloud`: then it is dropped, and there is no
/// result. Without this, a call that is struck never answers. Who plays several processes gives each a cloud of
/// [`SimCloud::process`].
pub async fn until_killed<T>(cloud: &SimCloud, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|context| {
        let polled = future.as_mut().poll(context);
        match (cloud.take_killed(), polled) {
            (true, _) => Poll::Ready(None),
            (false, Poll::Ready(value)) => Poll::Ready(Some(value)),
            (false, Poll::Pending) => Poll::Pending,
        }
    })
    .await
}

/// Runs `future` until it ends, or has returned to its executor for the `n`-th time, counted from 1: then it is dropped, and
/// there is no result. The polls in which simulated time is only about to move do not count: nothing goes on in them.
pub async fn at_await<T>(n: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut awaits = 0;
    poll_fn(|context| match goes_on(|| future.as_mut().poll(context)) {
        (Poll::Ready(value), _) => Poll::Ready(Some(value)),
        (Poll::Pending, went_on) => {
            awaits += usize::from(went_on);
            if awaits >= n { Poll::Ready(None) } else { Poll::Pending }
        }
    })
    .await
}

/// Returns the number of times that `future` returns to its executor before it ends: the moments at which [`at_await`] can end
/// it.
pub async fn awaits<T>(future: impl Future<Output = T>) -> usize {
    let mut future = pin!(future);
    let mut awaits = 0;
    poll_fn(|context| {
        let (polled, went_on) = goes_on(|| future.as_mut().poll(context));
        awaits += usize::from(polled.is_pending() && went_on);
        polled.map(drop)
    })
    .await;
    awaits
}
