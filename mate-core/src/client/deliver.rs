//! The delivery: from the cursor of each tenant to the end of its log.

use std::fmt;
use std::sync::Arc;

use futures::FutureExt;

use crate::client::Operation;
use crate::client::{Error, Mate};
use crate::model::ids::TenantKey;
use crate::outbox::{EventSink, LifecycleEvent, SinkError};
use crate::state::{StateStore, StoreError};

/// The number of entries that are read at once.
const PAGE: usize = 100;

/// The result of a delivery.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Delivered {
    /// The number of events that the sink took.
    pub events: u64,
    /// Tenants whose events were not all delivered. The next delivery goes on with them.
    pub failed: Vec<Undelivered>,
}

/// A tenant whose events were not all delivered.
#[derive(Debug)]
#[non_exhaustive]
pub struct Undelivered {
    /// The tenant.
    pub tenant: TenantKey,
    /// The cause.
    pub why: Error,
}

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the events of {} were not all delivered: {}", self.tenant, self.why)
    }
}

impl From<SinkError> for Error {
    fn from(error: SinkError) -> Self {
        Self::Sink(error)
    }
}

impl Mate {
    /// Delivers what has happened to the tenants of this environment, also to those that are gone, and to its platform.
    ///
    /// Each tenant's events come in the order of its log. An event is delivered at least once: the cursor moves after the sink has
    /// answered, so that a crash between the two brings it again. What fails stops its own tenant and no other. To be called
    /// again and again: after each verb, and by a timer. Needs no lease, and may run while a run is under way.
    ///
    /// # Errors
    /// [`Error::Store`] when the tenants cannot be listed; what fails of one tenant is in [`Delivered::failed`].
    pub fn deliver(&self, sink: Arc<dyn EventSink>) -> Operation<Delivered> {
        let (store, environment) = (self.store(), self.base().environment.clone());
        Operation::new(|_, cancellation| async move {
            // One that has only its first entry, in its record still, is in no list of logs.
            let mut keys = store.logged().await?;
            keys.extend(store.list().await?);
            keys.retain(|key| key.environment == environment);
            keys.sort();
            keys.dedup();
            let mut delivered = Delivered::default();
            for key in keys {
                if cancellation.cancelled().now_or_never().is_some() {
                    break;
                }
                if let Err(why) = tenant(&*store, &key, &*sink, &mut delivered.events).await {
                    delivered.failed.push(Undelivered { tenant: key, why });
                }
            }
            Ok(delivered)
        })
    }
}

async fn tenant(
    store: &dyn StateStore,
    key: &TenantKey,
    sink: &dyn EventSink,
    delivered: &mut u64,
) -> Result<(), Error> {
    let mut cursor = store.delivered(key).await?;
    // The record first: what leaves it meanwhile is in the log by then.
    let tail = match store.get(key).await {
        Ok(record) => record.map(|record| record.log).unwrap_or_default(),
        // A record that cannot be read keeps back nothing that is in the log.
        Err(StoreError::Unreadable { .. }) => Default::default(),
        Err(error) => return Err(error.into()),
    };
    loop {
        let mut entries = store.log(key, cursor, PAGE).await?;
        if entries.is_empty() {
            entries.extend(tail.entries().iter().filter(|entry| entry.seq > cursor).cloned());
        }
        if entries.is_empty() {
            return Ok(());
        }
        for entry in &entries {
            if entry.seq != cursor + 1 {
                return Err(StoreError::BrokenLog { key: key.clone(), seq: cursor + 1 }.into());
            }
            sink.deliver(&LifecycleEvent::from(entry)).await?;
            *delivered += 1;
            store.set_delivered(key, entry.seq).await?;
            cursor = entry.seq;
        }
    }
}
