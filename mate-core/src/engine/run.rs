//! The tokio driver: feeds the machine, makes its calls, keeps its time.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::{AbortHandle, Either, abortable};
use futures::stream::{FuturesUnordered, StreamExt};

use super::Limits;
use super::failure::RunError;
use super::machine::{Answer, Call, Effect, Input, Machine, Outcome, Terms};
use crate::clock::Clock;
use crate::engine::{Cancellation, EventSender};
use crate::model::Kinds;
use crate::plan::Plan;
use crate::provider::{Provider, Scope};
use crate::rate::{Caller, Priority};
use crate::state::{Lease, LogTail, Record, RecordPhase, StateStore, StoreError};
use crate::vocab::OpId;

/// The tools of a run.
#[derive(Debug)]
pub(crate) struct Runner<'a> {
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) store: Arc<dyn StateStore>,
    pub(crate) limits: Limits,
    pub(crate) kinds: &'a Kinds,
    pub(crate) events: &'a EventSender,
    pub(crate) cancellation: &'a Cancellation,
}

/// A future in flight. One that ends without an answer was abandoned by the machine itself.
type Flight = Pin<Box<dyn Future<Output = Option<Input>> + Send>>;

impl Runner<'_> {
    /// Carries out a plan under a lease that was asked for at `leased`. Gives the record as the run left it.
    pub(crate) async fn run(
        &self,
        plan: Plan,
        record: Record,
        lease: Lease,
        leased: Duration,
    ) -> Result<Record, RunError> {
        let clock = self.provider.clock();
        let key = record.key.clone();
        let now = (clock.now(), clock.unix_seconds());
        let priority = if record.phase == RecordPhase::Provisioning { Priority::NewTenant } else { Priority::Change };
        let caller = Caller::new(key.clone(), priority);
        let machine = Machine::new(plan, record, Terms { limits: self.limits, kinds: self.kinds, leased, now });
        let (record, outcome) = caller.asks(self.drive(machine, lease, &*clock)).await;
        let Outcome { failures, skipped, cancelled, overdue, store_error, left, sweep_error, done, total } = outcome;
        if let Some(source) = store_error {
            return Err(RunError::Store { key, source });
        }
        if !failures.is_empty() {
            return Err(RunError::Failed { key, failures, skipped, total });
        }
        if overdue {
            return Err(RunError::Deadline { key, done, total });
        }
        if cancelled {
            return Err(RunError::Cancelled { key, done, total });
        }
        if let Some(error) = sweep_error {
            return Err(RunError::Sweep { key, source: Box::new(error) });
        }
        if !left.is_empty() {
            return Err(RunError::LeftOver { key, left });
        }
        Ok(record)
    }

    async fn drive(&self, mut machine: Machine, lease: Lease, clock: &dyn Clock) -> (Record, Outcome) {
        let mut flights: FuturesUnordered<Flight> = FuturesUnordered::new();
        let mut calls: BTreeMap<OpId, AbortHandle> = BTreeMap::new();
        let mut writing = 0_usize;
        let flushed = Arc::new(AtomicU64::new(0));
        let mut cancel = std::pin::pin!(self.cancellation.cancelled());
        // A cancel that has come already is heard before anything is begun.
        let mut cancel_seen = self.cancellation.is_cancelled();
        let mut input = if cancel_seen { Input::Cancel } else { Input::Start };
        loop {
            match &input {
                Input::Stored(_) | Input::Renewed(_) | Input::Removed(_) => writing -= 1,
                Input::Returned(id, _) => {
                    calls.remove(id);
                }
                _ => {}
            }
            for effect in machine.on(input, clock.now()) {
                let (store, provider) = (Arc::clone(&self.store), Arc::clone(&self.provider));
                match effect {
                    Effect::Emit(event) => self.events.send(event),
                    Effect::Finish => return machine.into_parts(),
                    Effect::Store(record) => {
                        writing += 1;
                        let (lease, flushed) = (lease.clone(), Arc::clone(&flushed));
                        flights.push(Box::pin(async move {
                            let stored = store.put(&lease, &record).await;
                            // It stays in the record until a later write, or the next run, brings it to the log.
                            if stored.is_ok()
                                && let Err(error) = flush(&*store, &lease, &record.log, &flushed).await
                            {
                                tracing::warn!(target: "mate::log", %error, key = %lease.key, "the log was not written yet");
                            }
                            Some(Input::Stored(stored))
                        }));
                    }
                    Effect::Renew => {
                        writing += 1;
                        let (lease, now, ttl) = (lease.clone(), clock.unix_seconds(), self.limits.lease);
                        flights.push(Box::pin(async move {
                            Some(Input::Renewed(store.renew(&lease, now, ttl).await.map(|_| ())))
                        }));
                    }
                    Effect::Remove(version) => {
                        writing += 1;
                        let (lease, flushed, log) = (lease.clone(), Arc::clone(&flushed), machine.log().clone());
                        flights.push(Box::pin(async move {
                            let removed = match flush(&*store, &lease, &log, &flushed).await {
                                Ok(()) => store.delete(&lease, version).await,
                                Err(error) => Err(error),
                            };
                            Some(Input::Removed(removed))
                        }));
                    }
                    Effect::Call(id, call) => {
                        let (flight, handle) = abortable(make(provider, id.clone(), *call));
                        calls.insert(id, handle);
                        flights.push(Box::pin(async move { flight.await.ok() }));
                    }
                    Effect::Abandon(id) => {
                        if let Some(handle) = calls.remove(&id) {
                            handle.abort();
                        }
                    }
                    Effect::Observe(ids, targets) => {
                        let waits = Caller::new(lease.key.clone(), Priority::Wait);
                        flights.push(Box::pin(async move {
                            Some(Input::Observed(ids, waits.asks(provider.observe(targets)).await))
                        }));
                    }
                    Effect::Diagnose(id, target) => {
                        flights.push(Box::pin(async move {
                            // A diagnosis that cannot be had does not hide the failure itself.
                            let diagnoses = provider.diagnose(*target).await.unwrap_or_default();
                            Some(Input::Diagnosed(id, diagnoses))
                        }));
                    }
                    Effect::Sweep => {
                        let scope = Scope::Tenant(lease.key.clone());
                        let waits = Caller::new(lease.key.clone(), Priority::Wait);
                        flights.push(Box::pin(async move {
                            Some(Input::Swept(waits.asks(provider.discover(scope)).await))
                        }));
                    }
                }
            }
            input = loop {
                // No time passes while the store is at work: a simulated clock would jump meanwhile.
                let sleep = match machine.wake_at() {
                    Some(at) if writing == 0 => Either::Left(clock.sleep_until(at)),
                    _ => Either::Right(std::future::pending()),
                };
                let next = tokio::select! {
                    biased;
                    Some(answer) = flights.next(), if !flights.is_empty() => answer,
                    () = &mut cancel, if !cancel_seen => {
                        cancel_seen = true;
                        Some(Input::Cancel)
                    }
                    () = sleep => Some(Input::Tick),
                };
                if let Some(next) = next {
                    break next;
                }
            };
        }
    }
}

/// Brings the end of the log, which the record holds, to the store's log.
async fn flush(store: &dyn StateStore, lease: &Lease, log: &LogTail, flushed: &AtomicU64) -> Result<(), StoreError> {
    if log.seq() > flushed.load(Ordering::Relaxed) {
        store.append(lease, log.entries()).await?;
        flushed.store(log.seq(), Ordering::Relaxed);
    }
    Ok(())
}

async fn make(provider: Arc<dyn Provider>, id: OpId, call: Call) -> Input {
    let answer = match call {
        Call::Create(request) => Answer::Created(provider.create(request).await),
        Call::Update(request) => Answer::Created(provider.update(request).await),
        Call::Delete(request) => Answer::Deleted(provider.delete(request).await),
    };
    Input::Returned(id, answer)
}

#[cfg(all(test, feature = "testing"))]
mod tests;
