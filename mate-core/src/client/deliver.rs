//! The delivery: from the cursor of each tenant to the end of its log.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use futures::{FutureExt, StreamExt, stream};

use crate::client::Operation;
use crate::client::{Error, Mate};
use crate::clock::{Clock, attend};
use crate::engine::Limits;
use crate::model::ids::{Environment, TenantKey};
use crate::outbox::{EventSink, LifecycleEvent, SinkError};
use crate::state::{StateStore, StoreError};

/// The number of entries that are read at once.
const PAGE: usize = 100;

/// After so many calls in a row that were given up nothing more is offered: the sink is away for everybody.
const SILENT: usize = 16;

/// The result of a delivery.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Delivered {
    /// The number of events that the sink took.
    pub events: u64,
    /// Tenants whose events were not all delivered, in order. The next delivery goes on with them.
    pub failed: Vec<Undelivered>,
}

/// A tenant whose events were not all delivered.
#[derive(Debug)]
#[non_exhaustive]
pub struct Undelivered {
    /// The tenant.
    pub tenant: TenantKey,
    /// Why.
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
    /// Each tenant's events come in the order of its log. As many tenants are delivered at once as the client makes calls
    /// ([`parallelism`](crate::client::MateBuilder::parallelism)). An event is delivered at least once: the cursor moves after the
    /// sink has answered, so that a crash between the two brings it again. What fails stops its own tenant and no other. To be
    /// called again and again: after each verb, and by a timer. Needs no lease, and may run while a run is under way.
    ///
    /// The sink has [`EventSink::deadline`] for an event. Then the call is given up, and the event waits for the next delivery.
    /// After 16 calls in a row that were given up, the delivery offers nothing more.
    ///
    /// # Errors
    /// [`Error::Store`] when the tenants cannot be listed; what fails of one tenant is in [`Delivered::failed`]:
    /// [`Error::Sink`], [`Error::SinkSilent`], [`Error::Store`].
    pub fn deliver(&self, sink: Arc<dyn EventSink>) -> Operation<Delivered> {
        let inner = Arc::clone(&self.inner);
        Operation::new(inner.desk.provider.clone(), |_, cancellation| async move {
            let desk = &inner.desk;
            let delivery = Delivery {
                store: Arc::clone(&desk.store),
                sink,
                clock: desk.provider.clock(),
                events: AtomicU64::new(0),
                silent: AtomicUsize::new(0),
            };
            let mut keys = delivery.keys(&inner.base.environment).await?;
            let first = delivery.first_of(keys.len());
            keys.rotate_left(first);
            let keys = keys.into_iter().take_while(|_| cancellation.cancelled().now_or_never().is_none());
            let ended = stream::iter(keys.map(|key| delivery.tenant(key))).buffer_unordered(desk.limits.parallelism);
            let mut failed: Vec<Undelivered> = ended.filter_map(std::future::ready).collect().await;
            failed.sort_by(|one, other| one.tenant.cmp(&other.tenant));
            Ok(Delivered { events: delivery.events.load(Ordering::Relaxed), failed })
        })
    }
}

/// One delivery: what its tenants share.
struct Delivery {
    store: Arc<dyn StateStore>,
    sink: Arc<dyn EventSink>,
    clock: Arc<dyn Clock>,
    /// The number of events that the sink took.
    events: AtomicU64,
    /// The number of calls that were given up since the sink answered last.
    silent: AtomicUsize,
}

impl Delivery {
    async fn keys(&self, environment: &Environment) -> Result<Vec<TenantKey>, StoreError> {
        // One that has only its first entry, in its record still, is in no list of logs.
        let mut keys = self.store.logged().await?;
        keys.extend(self.store.list().await?);
        keys.retain(|key| key.environment == *environment);
        keys.sort();
        keys.dedup();
        Ok(keys)
    }

    /// With which of so many tenants to begin: with another one each time, so that those of which the sink takes nothing do not
    /// come first for ever.
    fn first_of(&self, tenants: usize) -> usize {
        let mixed = self.clock.unix_seconds().unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
        usize::try_from(mixed).unwrap_or_default().checked_rem(tenants).unwrap_or_default()
    }

    /// Delivers the events of a tenant; what kept it from that, if anything did.
    async fn tenant(&self, tenant: TenantKey) -> Option<Undelivered> {
        // The deadline of one tenant's event does not pass while the store is at work for another one.
        let why = attend(&*self.clock, self.events_of(&tenant)).await.err()?;
        Some(Undelivered { tenant, why })
    }

    async fn events_of(&self, key: &TenantKey) -> Result<(), Error> {
        let mut cursor = self.store.delivered(key).await?;
        // The record first: what leaves it meanwhile is in the log by then.
        let tail = match self.store.get(key).await {
            Ok(record) => record.map(|record| record.log).unwrap_or_default(),
            // What cannot be read keeps back nothing that is in the log.
            Err(StoreError::Unreadable { .. }) => Default::default(),
            Err(error) => return Err(error.into()),
        };
        loop {
            let mut entries = self.store.log(key, cursor, PAGE).await?;
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
                self.offer(&LifecycleEvent::from(entry)).await?;
                self.events.fetch_add(1, Ordering::Relaxed);
                self.store.set_delivered(key, entry.seq).await?;
                cursor = entry.seq;
            }
        }
    }

    /// Offers an event to the sink, and gives up at its deadline.
    async fn offer(&self, event: &LifecycleEvent) -> Result<(), Error> {
        let within = self.sink.deadline();
        let silence = || Error::SinkSilent { sink: self.sink.name().to_owned(), within };
        if self.silent.load(Ordering::Relaxed) >= SILENT {
            return Err(silence());
        }
        let until = self.clock.now() + within.min(Limits::LONGEST);
        tokio::select! {
            biased;
            // A sink that waits for something else than this time is awake, and time stands.
            answer = attend(&*self.clock, self.sink.deliver(event)) => {
                self.silent.store(0, Ordering::Relaxed);
                Ok(answer?)
            }
            () = self.clock.sleep_until(until) => {
                self.silent.fetch_add(1, Ordering::Relaxed);
                Err(silence())
            }
        }
    }
}
