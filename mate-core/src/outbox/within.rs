//! A sink with another deadline.

use std::time::Duration;

use async_trait::async_trait;

use super::{EventSink, LifecycleEvent, SinkError};

/// Gives a sink another deadline for an event than it has of itself.
///
/// ```
/// use std::time::Duration;
///
/// use mate_core::outbox::{ChannelSink, EventSink, Within};
///
/// let (sink, _events) = ChannelSink::new(64);
/// assert_eq!(sink.deadline(), Duration::from_secs(60));
/// assert_eq!(Within::new(Duration::from_secs(5), sink).deadline(), Duration::from_secs(5));
/// ```
#[derive(Debug, Clone)]
pub struct Within<S> {
    deadline: Duration,
    sink: S,
}

impl<S: EventSink> Within<S> {
    /// The sink with this deadline.
    #[must_use]
    pub fn new(deadline: Duration, sink: S) -> Self {
        Self { deadline, sink }
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl<S: EventSink> EventSink for Within<S> {
    async fn deliver(&self, event: &LifecycleEvent) -> Result<(), SinkError> {
        self.sink.deliver(event).await
    }

    fn name(&self) -> &str {
        self.sink.name()
    }

    fn deadline(&self) -> Duration {
        self.deadline
    }
}
