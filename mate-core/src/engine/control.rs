//! The events of a run, and its cancellation.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures::Stream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;

use super::Event;

/// Cancels an operation from elsewhere.
#[derive(Debug, Clone)]
pub struct CancelHandle(Cancellation);

impl CancelHandle {
    pub(crate) fn new(cancellation: Cancellation) -> Self {
        Self(cancellation)
    }

    /// Cancels the operation; see [`Operation::cancel`](crate::client::Operation::cancel).
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

    pub(crate) fn subscribe(&self) -> Events {
        let (sender, receiver) = unbounded_channel();
        self.with(|subscribers| subscribers.push(sender));
        Events(receiver)
    }

    pub(crate) fn close(&self) {
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

    pub(crate) fn cancel(&self) {
        self.flag.send_replace(true);
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        *self.flag.borrow()
    }

    pub(crate) async fn cancelled(&self) {
        let mut receiver = self.flag.subscribe();
        // The sender lives in self, so this cannot fail while it is awaited.
        let _ = receiver.wait_for(|cancelled| *cancelled).await;
    }
}
