//! An operation: a future that also has events and can be cancelled.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::Error;
use crate::clock::attend;
use crate::engine::{CancelHandle, Cancellation, EventSender, Events};
use crate::provider::Provider;

/// Something that the client does: a future, to be awaited or spawned, with a stream of events and a handle to cancel it.
///
/// Nothing happens before it is first polled. Dropping it at any moment is safe: what was begun stands in the record,
/// and the next plan looks it up. To stop in an orderly way use [`Operation::cancel_handle`].
#[must_use = "an operation does nothing until it is awaited"]
pub struct Operation<T> {
    work: Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>,
    events: EventSender,
    cancellation: Cancellation,
}

impl<T> Operation<T> {
    /// An operation that lives in the time of this provider's clock.
    pub(crate) fn new<F, Fut>(provider: Arc<dyn Provider>, work: F) -> Self
    where
        F: FnOnce(EventSender, Cancellation) -> Fut,
        Fut: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let events = EventSender::default();
        let cancellation = Cancellation::new();
        // Its own box keeps a large future from being moved into another one on the stack.
        let work = Box::pin(work(events.clone(), cancellation.clone()));
        let work = Box::pin(async move { attend(&*provider.clock(), work).await });
        Self { work, events, cancellation }
    }

    /// The events from now on. Ends when the operation has ended or was dropped.
    #[must_use]
    pub fn events(&self) -> Events {
        self.events.subscribe()
    }

    /// A handle by which the operation is cancelled from elsewhere.
    #[must_use]
    pub fn cancel_handle(&self) -> CancelHandle {
        CancelHandle::new(self.cancellation.clone())
    }

    /// Cancels: nothing new is begun, calls in flight are awaited and recorded, waits end at once. The operation then
    /// ends with [`crate::engine::RunError::Cancelled`], unless it had nothing left to do.
    pub fn cancel(&self) {
        self.cancellation.cancel();
    }
}

impl<T> Future for Operation<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = self.work.as_mut().poll(cx);
        if answer.is_ready() {
            self.events.close();
        }
        answer
    }
}

impl<T> Drop for Operation<T> {
    fn drop(&mut self) {
        self.events.close();
    }
}

impl<T> fmt::Debug for Operation<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation").finish_non_exhaustive()
    }
}
