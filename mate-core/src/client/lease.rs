//! The lease of a tenant, as a run takes it and as an operator sees it.

use std::time::Duration;

use super::Error;
use super::desk::Desk;
use crate::clock::Clock;
use crate::engine::Limits;
use crate::engine::run::Asked;
use crate::engine::{Cancellation, EventSender};
use crate::engine::{Event, EventKind, RunError};
use crate::model::ids::TenantKey;
use crate::provider::RetryStatus;
use crate::state::{Holder, Lease, LeaseRequest, StoreError};

/// The number of tries against a store that fails for the moment.
const ATTEMPTS: u32 = 5;

impl Desk {
    /// Takes the lease, and says when it was asked for.
    ///
    /// A cancel that came before takes none.
    ///
    /// A holder that has died does not renew: once its lease has been seen unchanged for its whole time, by the monotonic clock of
    /// this process, it is over. One that lives renews meanwhile, and is not disturbed.
    pub(super) async fn take_lease(
        &self,
        key: &TenantKey,
        clock: &dyn Clock,
        events: &EventSender,
        cancellation: &Cancellation,
    ) -> Result<(Lease, Asked), Error> {
        let owner = format!("{}/{:08x}", self.owner, rand::random::<u32>());
        let mut waited: Option<Holder> = None;
        let mut failures = 0;
        loop {
            if cancellation.is_cancelled() {
                return Err(RunError::Cancelled { key: key.clone(), done: 0, total: 0 }.into());
            }
            let asked = Asked::now(clock);
            let (now, ttl) = (asked.date, self.limits.lease);
            let request = LeaseRequest { key: key.clone(), owner: owner.clone(), now, ttl, over: waited.clone() };
            let pause = match self.store.acquire(&request).await {
                Ok(lease) => return Ok((lease, asked)),
                Err(StoreError::Held { holder, .. }) if waited.as_ref().is_none_or(|before| *before == holder) => {
                    // An earlier version did not tell its time.
                    let remaining = Duration::from_secs(holder.ttl).max(ttl).min(Limits::LONGEST);
                    events.send(held(&holder, remaining));
                    waited = Some(holder);
                    remaining
                }
                Err(error) if error.retry() == RetryStatus::Temporary && failures + 1 < ATTEMPTS => {
                    failures += 1;
                    Duration::from_secs(u64::from(failures))
                }
                Err(error) => return Err(error.into()),
            };
            tokio::select! {
                () = clock.sleep_until(clock.now() + pause) => {}
                () = cancellation.cancelled() => {}
            }
        }
    }
}

fn held(holder: &Holder, remaining: Duration) -> Event {
    let kind = EventKind::Held { owner: holder.owner.clone(), remaining };
    Event { at: Duration::ZERO, done: 0, total: 0, remaining, kind }
}
