//! The tokio driver: feeds the machine, makes its calls, keeps its time.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::{AbortHandle, Either, abortable};
use futures::stream::{FuturesUnordered, StreamExt};

use super::Limits;
use super::failure::RunError;
use super::machine::{self, Answer, Call, Effect, Input, Machine, Outcome};
use crate::clock::Clock;
use crate::engine::{Cancellation, EventSender};
use crate::model::Kinds;
use crate::model::ids::Address;
use crate::plan::Plan;
use crate::provider::{ErrorClass, Observation, Provider, ProviderError, Scope, Target};
use crate::rate::{Caller, Clearance, Priority, Requests, Until};
use crate::state::{Lease, LogTail, Record, RecordPhase, StateStore, StoreError};
use crate::vocab::OpId;

/// The tools of a run.
#[derive(Debug)]
pub(crate) struct Runner<'a> {
    pub(crate) provider: Arc<dyn Provider>,
    /// Each of its calls has its time.
    pub(crate) store: Arc<dyn StateStore>,
    pub(crate) limits: Limits,
    pub(crate) kinds: &'a Kinds,
    pub(crate) events: &'a EventSender,
    pub(crate) cancellation: &'a Cancellation,
}

/// A future in flight. One that ends without an answer was abandoned by the machine itself.
type Flight = Pin<Box<dyn Future<Output = Option<Input>> + Send>>;

/// A call in flight.
struct InFlight {
    handle: AbortHandle,
    requests: Requests,
}

/// The moment at which a lease was asked for: it holds for its time from here on, whenever the answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    /// By the monotonic clock.
    pub(crate) time: Duration,
    /// By the date; seconds of the Unix epoch.
    pub(crate) date: i64,
}

/// The terms of a lease under which a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terms {
    /// The moment at which it was asked for.
    pub(crate) asked: Asked,
    /// From then on no earlier lease holder sends a request; by the monotonic clock.
    pub(crate) begins_at: Duration,
    /// From then on no request of an earlier lease holder is on the wire; by the monotonic clock.
    pub(crate) clear_at: Duration,
}

impl Asked {
    /// Now.
    pub(crate) fn now(clock: &dyn Clock) -> Self {
        Self { time: clock.now(), date: clock.unix_seconds() }
    }

    fn until(self, ttl: Duration) -> Until {
        let seconds = i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX);
        Until { time: self.time + ttl, date: self.date.saturating_add(seconds) }
    }
}

impl Runner<'_> {
    /// Carries out a plan under a lease. Gives the record as the run left it.
    pub(crate) async fn run(
        &self,
        plan: Plan,
        record: Record,
        lease: Lease,
        Terms { asked, begins_at, clear_at }: Terms,
    ) -> Result<Record, RunError> {
        let clock = self.provider.clock();
        let key = record.key.clone();
        let (leased, now) = (asked.time, (clock.now(), clock.unix_seconds()));
        let priority = if record.phase == RecordPhase::Provisioning { Priority::NewTenant } else { Priority::Change };
        let caller = Caller::new(key.clone(), priority);
        let (limits, kinds) = (self.limits, self.kinds);
        let machine = Machine::new(plan, record, machine::Terms { limits, kinds, leased, begins_at, clear_at, now });
        let (record, outcome) = caller.asks(Box::pin(self.drive(machine, lease, asked, clock))).await;
        let Outcome { failures, skipped, cancelled, overdue, store_error, left, sweep_error, done, total, in_flight } =
            outcome;
        if let Some(source) = store_error {
            return Err(RunError::Store { key, source, in_flight });
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

    async fn drive(
        &self,
        mut machine: Machine,
        lease: Lease,
        asked: Asked,
        clock: Arc<dyn Clock>,
    ) -> (Record, Outcome) {
        let mut under_way = UnderWay::new(self, lease, asked, &clock);
        let mut cancel = std::pin::pin!(self.cancellation.cancelled());
        // A cancel that has come already is heard before anything is begun.
        let mut cancel_seen = self.cancellation.is_cancelled();
        under_way.inputs.push_back(if cancel_seen { Input::Cancel } else { Input::Start });
        loop {
            if under_way.advance(&mut machine) {
                return under_way.end(machine);
            }
            let sleep = match machine.wake_at() {
                Some(at) => Either::Left(clock.sleep_until(at)),
                None => Either::Right(std::future::pending()),
            };
            let next = tokio::select! {
                biased;
                Some(answer) = under_way.flights.next(), if !under_way.flights.is_empty() => answer,
                () = &mut cancel, if !cancel_seen => {
                    cancel_seen = true;
                    Some(Input::Cancel)
                }
                () = sleep => Some(Input::Tick),
            };
            under_way.inputs.extend(next);
        }
    }
}

/// Everything of a run that is under way between two steps of its machine. No part of it waits: what waits is in flight.
struct UnderWay<'r> {
    runner: &'r Runner<'r>,
    lease: Lease,
    clock: Arc<dyn Clock>,
    store: Books,
    asks: Asks,
    clearance: Clearance,
    /// The moment at which the last renewal was asked for.
    renewing: Asked,
    flights: FuturesUnordered<Flight>,
    calls: BTreeMap<OpId, InFlight>,
    /// The inputs that the machine has not had yet.
    inputs: VecDeque<Input>,
}

impl<'r> UnderWay<'r> {
    fn new(runner: &'r Runner<'_>, lease: Lease, asked: Asked, clock: &Arc<dyn Clock>) -> Self {
        let (provider, clock) = (Arc::clone(&runner.provider), Arc::clone(clock));
        Self {
            runner,
            lease,
            store: Books { store: Arc::clone(&runner.store), flushed: Arc::default() },
            asks: Asks { provider, clock: Arc::clone(&clock), within: runner.limits.call },
            clearance: Clearance::new(Arc::clone(&clock), asked.until(runner.limits.lease)),
            renewing: asked,
            flights: FuturesUnordered::new(),
            calls: BTreeMap::new(),
            inputs: VecDeque::new(),
            clock,
        }
    }

    /// Gives the machine its inputs, and begins what it asks for. Returns true if the run is over.
    fn advance(&mut self, machine: &mut Machine) -> bool {
        while let Some(input) = self.inputs.pop_front() {
            match &input {
                Input::Renewed(Ok(())) => self.clearance.extend(self.renewing.until(self.runner.limits.lease)),
                Input::Returned(id, _) => drop(self.calls.remove(id)),
                _ => {}
            }
            for effect in machine.on(input, self.clock.now()) {
                if matches!(effect, Effect::Finish) {
                    return true;
                }
                self.begin(effect, machine);
            }
        }
        false
    }

    fn begin(&mut self, effect: Effect, machine: &Machine) {
        let (store, asks, lease) = (self.store.clone(), self.asks.clone(), self.lease.clone());
        match effect {
            Effect::Emit(event) => self.runner.events.send(event),
            Effect::Finish => {}
            Effect::Store(record) => self.flights.push(Box::pin(store.put(lease, record))),
            Effect::Renew => {
                self.renewing = Asked::now(&*self.clock);
                self.flights.push(Box::pin(store.renew(lease, self.renewing.date, self.runner.limits.lease)));
            }
            Effect::Remove(version) => {
                self.flights.push(Box::pin(store.remove(lease, version, machine.log().clone())));
            }
            Effect::Call(id, call) => self.call(id, *call),
            Effect::Abandon(id) => {
                if let Some(call) = self.calls.remove(&id) {
                    call.handle.abort();
                }
            }
            Effect::Recall => self.recall(),
            Effect::Observe(ids, targets) => {
                let waits = Caller::new(lease.key, Priority::Wait);
                self.flights.push(Box::pin(waits.asks(asks.observe(ids, targets))));
            }
            Effect::Diagnose(id, target) => self.flights.push(Box::pin(asks.diagnose(id, *target))),
            Effect::Sweep => {
                let waits = Caller::new(lease.key.clone(), Priority::Wait);
                self.flights.push(Box::pin(waits.asks(asks.sweep(Scope::Tenant(lease.key)))));
            }
        }
    }

    fn call(&mut self, id: OpId, call: Call) {
        let requests = Requests::default();
        let call = make(Arc::clone(&self.runner.provider), id.clone(), call);
        let (flight, handle) = abortable(requests.clone().of(self.clearance.clone(), call));
        self.calls.insert(id, InFlight { handle, requests });
        self.flights.push(Box::pin(async move { flight.await.ok() }));
    }

    /// Drops the calls that do nothing but wait to be sent.
    fn recall(&mut self) {
        let waiting = self.calls.iter().filter(|(_, call)| call.requests.only_wait());
        let waiting: Vec<OpId> = waiting.map(|(id, _)| id.clone()).collect();
        for id in waiting {
            if let Some(call) = self.calls.remove(&id) {
                call.handle.abort();
            }
            self.inputs.push_back(Input::Unsent(id));
        }
    }

    /// The end of the run. Whatever is still in flight is dropped.
    fn end(self, machine: Machine) -> (Record, Outcome) {
        let in_flight = self.calls.into_iter().filter(|(_, call)| !call.requests.only_wait()).map(|(id, _)| id);
        let (record, outcome) = machine.into_parts();
        (record, Outcome { in_flight: in_flight.collect(), ..outcome })
    }
}

/// Waits for `work`, and gives up when its time is over.
pub(crate) async fn within<T>(clock: &dyn Clock, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    let until = clock.now() + limit;
    tokio::select! {
        biased;
        done = work => Some(done),
        () = clock.sleep_until(until) => None,
    }
}

/// The store as a run writes to it: the record, and the end of the log which the record holds.
#[derive(Debug, Clone)]
struct Books {
    store: Arc<dyn StateStore>,
    /// The number of the last entry that stands in the store's log.
    flushed: Arc<AtomicU64>,
}

impl Books {
    async fn put(self, lease: Lease, record: Box<Record>) -> Option<Input> {
        let stored = self.store.put(&lease, &record).await;
        // An entry that is not in the log yet stays in the record until a later write, or the next run, brings it there.
        if stored.is_ok()
            && let Err(error) = self.flush(&lease, &record.log).await
        {
            tracing::warn!(target: "mate::log", %error, key = %lease.key, "the log was not written yet");
        }
        Some(Input::Stored(stored))
    }

    async fn renew(self, lease: Lease, date: i64, ttl: Duration) -> Option<Input> {
        Some(Input::Renewed(self.store.renew(&lease, date, ttl).await.map(|_| ())))
    }

    async fn remove(self, lease: Lease, version: u64, log: LogTail) -> Option<Input> {
        let removed = match self.flush(&lease, &log).await {
            Ok(()) => self.store.delete(&lease, version).await,
            Err(error) => Err(error),
        };
        Some(Input::Removed(removed))
    }

    /// Brings the end of the log, which the record holds, to the store's log.
    async fn flush(&self, lease: &Lease, log: &LogTail) -> Result<(), StoreError> {
        if log.seq() > self.flushed.load(Ordering::Relaxed) {
            self.store.append(lease, log.entries()).await?;
            self.flushed.store(log.seq(), Ordering::Relaxed);
        }
        Ok(())
    }
}

/// The questions of a run to the cloud: each has its time.
#[derive(Debug, Clone)]
struct Asks {
    provider: Arc<dyn Provider>,
    clock: Arc<dyn Clock>,
    within: Duration,
}

impl Asks {
    fn silent(&self, call: &str, address: Address) -> ProviderError {
        ProviderError::new(ErrorClass::Ambiguous, call, address)
            .with_message(format!("no answer within {} s", self.within.as_secs()))
    }

    async fn observe(self, ids: Vec<OpId>, targets: Vec<Target>) -> Option<Input> {
        let addresses: Vec<Address> = targets.iter().map(|target| target.address.clone()).collect();
        let seen = within(&*self.clock, self.within, self.provider.observe(targets)).await;
        let silent = |address| Observation::Unknown(self.silent("observe", address));
        Some(Input::Observed(ids, seen.unwrap_or_else(|| addresses.into_iter().map(silent).collect())))
    }

    async fn diagnose(self, id: OpId, target: Target) -> Option<Input> {
        let findings = within(&*self.clock, self.within, self.provider.diagnose(target)).await;
        // A diagnosis that cannot be had does not hide the failure itself.
        Some(Input::Diagnosed(id, findings.and_then(Result::ok).unwrap_or_default()))
    }

    async fn sweep(self, scope: Scope) -> Option<Input> {
        let anchor = scope.anchor();
        let found = within(&*self.clock, self.within, self.provider.discover(scope)).await;
        Some(Input::Swept(found.unwrap_or_else(|| Err(self.silent("discover", anchor)))))
    }
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
