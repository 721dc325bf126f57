//! The outbox's way to Amazon EventBridge: an event of a tenant's is an event on a bus.

mod entry;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::operation::put_events::PutEventsOutput;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use mate_core::model::ids::{Address, NodeId};
use mate_core::outbox::{EventSink, LifecycleEvent, SinkError};
use mate_core::provider::{ErrorClass, ProviderError};
use mate_core::rate::{Answer, Caller, Priority};

use crate::classify::{class_of, failed};
use crate::gate::counted;
use crate::provider::AwsProvider;
use entry::{Form, entry};

const PUT: &str = "events:PutEvents";

/// Puts lifecycle events on an event bus.
///
/// Source `mate`, detail type `{verb}.{outcome}` such as `provision.succeeded`, and the time of the event itself. The detail
/// is the event: `id`, `environment`, `tenant`, `seq`, `time`, `verb`, `outcome`, `actor`, `detail`, and where there is one
/// `reason` (of who did it) and `failure` (why it failed). An event may come twice, with the same `id`: EventBridge removes no
/// repetition, and gives each its own envelope.
///
/// The caller needs `events:PutEvents` on the bus: [`ExecutorPolicy::with_event_bus`](crate::ExecutorPolicy::with_event_bus).
///
/// ```no_run
/// # async fn example(mate: mate_core::client::Mate) -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
///
/// use mate_aws::{AwsProvider, EventBridgeSink};
///
/// let provider = AwsProvider::builder().build().await?;
/// let delivered = mate.deliver(Arc::new(EventBridgeSink::new(&provider, "tenants"))).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct EventBridgeSink {
    client: Client,
    bus: String,
    form: Form,
}

impl EventBridgeSink {
    /// A sink for the bus of this name in the provider's account and region, or of this ARN in another account.
    #[must_use]
    pub fn new(provider: &AwsProvider, bus: impl Into<String>) -> Self {
        let form = Form::Mate { source: "mate".to_owned() };
        Self { client: provider.aws().eventbridge.clone(), bus: bus.into(), form }
    }

    /// Names this as the source instead of `mate`. It may not begin with `aws.`, which EventBridge keeps for itself.
    #[must_use]
    pub fn source(mut self, source: impl Into<String>) -> Self {
        self.form = Form::Mate { source: source.into() };
        self
    }

    /// Puts the events in the form and with the names of SBT-AWS ([`mate_core::outbox::sbt`]) instead. What has no name there
    /// is not put on the bus and counts as delivered.
    #[must_use]
    pub fn sbt_aws(mut self) -> Self {
        self.form = Form::SbtAws;
        self
    }

    async fn put(&self, address: &Address, entry: PutEventsRequestEntry) -> Result<(), ProviderError> {
        let answer = self.client.put_events().entries(entry).send().await.map_err(failed(address, PUT))?;
        match refusal(&answer) {
            None => Ok(()),
            Some(Refusal { class, code, message }) => {
                let mut error = ProviderError::new(class, PUT, address.clone());
                (error.code, error.message) = (code, message);
                Err(error)
            }
        }
    }
}

#[async_trait]
impl EventSink for EventBridgeSink {
    async fn deliver(&self, event: &LifecycleEvent) -> Result<(), SinkError> {
        const OPERATION: &str = "put it on the event bus";
        let address = event.tenant.node(NodeId::new("outbox").expect("a valid node id"));
        let Some(entry) = entry(&self.form, &self.bus, event) else { return Ok(()) };
        let entry = entry.map_err(|error| SinkError::permanent(OPERATION, error))?;
        let caller = Caller::new(event.tenant.clone(), Priority::Scan);
        let answer = caller.asks(counted(self.put(&address, entry))).await;
        answer.map_err(|error| SinkError { operation: OPERATION, retry: error.retry, source: Box::new(error) })
    }
}

/// The reason why the entry is not on the bus.
#[derive(Debug, PartialEq)]
struct Refusal {
    class: ErrorClass,
    code: Option<String>,
    message: Option<String>,
}

/// The refusal that an answer of status 200 holds. There is one entry in a request, so that a failed one is the whole of it, and
/// nothing behind an event can overtake it.
/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html>
fn refusal(answer: &PutEventsOutput) -> Option<Refusal> {
    let refused = answer.entries().iter().find(|entry| entry.error_code().is_some());
    if let Some(entry) = refused {
        // What is said to have failed is not there: a lost answer it is not.
        let class = entry.error_code().map_or(ErrorClass::Transient, |code| class_of(code, ErrorClass::Transient));
        let own = |text: Option<&str>| text.map(str::to_owned);
        return Some(Refusal { class, code: own(entry.error_code()), message: own(entry.error_message()) });
    }
    if answer.failed_entry_count() == 0 && answer.entries().iter().any(|entry| entry.event_id().is_some()) {
        return None;
    }
    let message = Some("the answer does not say that the event is on the bus".to_owned());
    Some(Refusal { class: ErrorClass::Ambiguous, code: None, message })
}

/// The meaning of an answer of status 200 for the rate.
pub(crate) fn answer(output: &PutEventsOutput) -> Answer {
    Answer::of(refusal(output).map(|refusal| refusal.class))
}
