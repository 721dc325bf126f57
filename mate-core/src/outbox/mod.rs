//! The outbox: what happened to tenants, told to a sink of the caller's at least once, in the order in which it happened.
//!
//! The events are made from the log and kept nowhere else: what is in the log is delivered some day, and what is not in the
//! log did not happen. A cursor for each tenant says how far the delivery is; it moves once the sink has answered.

mod channel;
mod event;
pub mod sbt;
mod within;

pub use channel::ChannelSink;
pub use event::{LifecycleEvent, LifecycleKind};
pub use within::Within;

use std::time::Duration;

use async_trait::async_trait;

use crate::provider::RetryStatus;

/// A destination of lifecycle events. An event may come twice: [`LifecycleEvent::id`] tells that it is the same one.
#[async_trait]
pub trait EventSink: Send + Sync {
    /// Takes an event. Answers once it is safe: it is not offered again after that.
    ///
    /// # Errors
    /// [`SinkError`]: it is offered again at the next delivery, and nothing of its tenant before that.
    async fn deliver(&self, event: &LifecycleEvent) -> Result<(), SinkError>;

    /// The name of the sink in an error; the name of its type by default.
    fn name(&self) -> &str {
        std::any::type_name::<Self>()
    }

    /// The time limit for one event, by the provider's clock; a minute by default. Then the call is dropped, and the event
    /// is offered again at the next delivery. [`Within`] gives another deadline to a sink that is there.
    fn deadline(&self) -> Duration {
        Duration::from_secs(60)
    }
}

#[cfg(feature = "testing")]
mockall::mock! {
    /// A mock of [`EventSink`], with its name and deadline as they are unless said.
    #[derive(Debug)]
    pub EventSink {}

    #[async_trait]
    impl EventSink for EventSink {
        async fn deliver(&self, event: &LifecycleEvent) -> Result<(), SinkError>;
    }
}

/// An event that a sink did not take.
#[derive(Debug, thiserror::Error)]
#[error("the sink did not take the event: it failed to {operation}")]
pub struct SinkError {
    /// The operation that failed.
    pub operation: &'static str,
    /// The retry status: whether another try may succeed.
    pub retry: RetryStatus,
    /// The cause.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl SinkError {
    /// A failure that trying again may get over.
    pub fn temporary(operation: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { operation, retry: RetryStatus::Temporary, source: source.into() }
    }

    /// A failure that trying again does not get over.
    pub fn permanent(operation: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { operation, retry: RetryStatus::Permanent, source: source.into() }
    }
}
