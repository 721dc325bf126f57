//! An operation: a future that also has events and can be cancelled.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures::Stream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;

use crate::client::Error;
use crate::engine::Event;

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
    pub(crate) fn new<F, Fut>(work: F) -> Self
    where
        F: FnOnce(EventSender, Cancellation) -> Fut,
        Fut: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let events = EventSender::default();
        let cancellation = Cancellation::new();
        let work = Box::pin(work(events.clone(), cancellation.clone()));
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
        CancelHandle(self.cancellation.clone())
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

/// Cancels an operation from elsewhere.
#[derive(Debug, Clone)]
pub struct CancelHandle(Cancellation);

impl CancelHandle {
    /// Cancels the operation; see [`Operation::cancel`].
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

/// The events of an operation, in order and without gaps.
#[derive(Debug)]
pub struct Events(UnboundedReceiver<Event>);

impl Stream for Events {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.0.poll_recv(cx)
    }
}

impl Events {
    /// The next event; none when the operation has ended.
    pub async fn next(&mut self) -> Option<Event> {
        self.0.recv().await
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct EventSender {
    subscribers: Arc<Mutex<Vec<UnboundedSender<Event>>>>,
}

impl EventSender {
    pub(crate) fn send(&self, event: Event) {
        tracing::debug!(target: "mate::engine", event = ?event.kind, done = event.done, total = event.total);
        self.with(|subscribers| subscribers.retain(|subscriber| subscriber.send(event.clone()).is_ok()));
    }

    fn subscribe(&self) -> Events {
        let (sender, receiver) = unbounded_channel();
        self.with(|subscribers| subscribers.push(sender));
        Events(receiver)
    }

    fn close(&self) {
        self.with(Vec::clear);
    }

    fn with<T>(&self, work: impl FnOnce(&mut Vec<UnboundedSender<Event>>) -> T) -> T {
        work(&mut self.subscribers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Cancellation {
    flag: Arc<watch::Sender<bool>>,
}

impl Cancellation {
    pub(crate) fn new() -> Self {
        Self { flag: Arc::new(watch::Sender::new(false)) }
    }

    fn cancel(&self) {
        self.flag.send_replace(true);
    }

    pub(crate) async fn cancelled(&self) {
        let mut receiver = self.flag.subscribe();
        // The sender lives in self, so this cannot fail while it is awaited.
        let _ = receiver.wait_for(|cancelled| *cancelled).await;
    }
}
