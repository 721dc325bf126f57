//! A sink that is a channel of tokio's, for a program that handles the events itself.

use async_trait::async_trait;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::{EventSink, LifecycleEvent, SinkError};

/// Sends events into a bounded channel, and waits while it is full, no longer than [`EventSink::deadline`]. Have a task that
/// receives them while they are delivered. An event counts as delivered once it is in the channel: what the receiver has not
/// handled when the process ends is lost.
#[derive(Debug, Clone)]
pub struct ChannelSink(Sender<LifecycleEvent>);

impl ChannelSink {
    /// A sink, and where its events come out. `capacity` is 1 at least.
    #[must_use]
    pub fn new(capacity: usize) -> (Self, Receiver<LifecycleEvent>) {
        let (sender, receiver) = channel(capacity.max(1));
        (Self(sender), receiver)
    }
}

#[async_trait]
impl EventSink for ChannelSink {
    async fn deliver(&self, event: &LifecycleEvent) -> Result<(), SinkError> {
        self.0.send(event.clone()).await.map_err(|_| SinkError::permanent("send", "nobody receives any more"))
    }
}
