//! The tokio driver: feeds the machine, makes its calls, keeps its time.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::Either;
use futures::stream::{FuturesUnordered, StreamExt};

use super::events::{Event, EventKind};
use super::failure::RunError;
use super::machine::{Answer, Call, Effect, Input, Machine, Outcome};
use crate::clock::Clock;
use crate::operation::{Cancellation, EventSender};
use crate::plan::{Goal, Plan};
use crate::provider::{Provider, Scope};
use crate::state::{Record, StateStore};

/// The bounds of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Calls in flight at once, 1 or more; 16 unless said. Waiting for the cloud is no call.
    pub parallelism: usize,
    /// How long the sweep after a destroy waits for the last objects to go; 10 minutes unless said.
    pub sweep: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { parallelism: 16, sweep: Duration::from_secs(600) }
    }
}

/// What a run works with.
#[derive(Debug)]
pub(crate) struct Runner<'a> {
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) store: Arc<dyn StateStore>,
    pub(crate) limits: Limits,
    pub(crate) events: &'a EventSender,
    pub(crate) cancellation: &'a Cancellation,
}

type Flight = Pin<Box<dyn Future<Output = Input> + Send>>;

impl Runner<'_> {
    /// Carries out a plan. Gives the record as the run left it.
    pub(crate) async fn run(&self, plan: Plan, record: Record) -> Result<Record, RunError> {
        let clock = self.provider.clock();
        let _presence = clock.enter();
        let key = record.key.clone();
        let goal = plan.goal;
        let machine = Machine::new(plan, record, self.limits.parallelism, clock.now());
        let (record, outcome) = self.drive(machine, &*clock).await;
        let Outcome { failures, skipped, cancelled, store_error, done, total } = outcome;
        if let Some(source) = store_error {
            return Err(RunError::Store { key, source });
        }
        if !failures.is_empty() {
            return Err(RunError::Failed { key, failures, skipped, total });
        }
        if cancelled {
            return Err(RunError::Cancelled { key, done, total });
        }
        if matches!(goal, Goal::Destroy | Goal::Release) {
            self.sweep(&record, &*clock, total).await?;
        }
        Ok(record)
    }

    async fn drive(&self, mut machine: Machine, clock: &dyn Clock) -> (Record, Outcome) {
        let mut flights: FuturesUnordered<Flight> = FuturesUnordered::new();
        let mut storing = false;
        let mut cancel = std::pin::pin!(self.cancellation.cancelled());
        let mut cancel_seen = false;
        let mut input = Input::Start;
        loop {
            storing &= !matches!(input, Input::Stored(_));
            for effect in machine.on(input, clock.now()) {
                match effect {
                    Effect::Emit(event) => self.events.send(event),
                    Effect::Finish => return machine.into_parts(),
                    Effect::Store(record) => {
                        storing = true;
                        let store = Arc::clone(&self.store);
                        flights.push(Box::pin(async move { Input::Stored(store.put(&record).await) }));
                    }
                    Effect::Call(id, call) => {
                        let provider = Arc::clone(&self.provider);
                        flights.push(Box::pin(async move {
                            let answer = match *call {
                                Call::Create(request) => Answer::Created(provider.create(request).await),
                                Call::Update(request) => Answer::Created(provider.update(request).await),
                                Call::Delete(request) => Answer::Deleted(provider.delete(request).await),
                            };
                            Input::Returned(id, answer)
                        }));
                    }
                    Effect::Observe(ids, targets) => {
                        let provider = Arc::clone(&self.provider);
                        flights.push(Box::pin(async move { Input::Observed(ids, provider.observe(targets).await) }));
                    }
                    Effect::Diagnose(id, target) => {
                        let provider = Arc::clone(&self.provider);
                        flights.push(Box::pin(async move {
                            // A diagnosis that cannot be had does not hide the failure itself.
                            let diagnoses = provider.diagnose(*target).await.unwrap_or_default();
                            Input::Diagnosed(id, diagnoses)
                        }));
                    }
                }
            }
            // No time passes while the record is written: a simulated clock would jump meanwhile.
            let sleep = match machine.wake_at() {
                Some(at) if !storing => Either::Left(clock.sleep_until(at)),
                _ => Either::Right(std::future::pending()),
            };
            input = tokio::select! {
                biased;
                Some(answer) = flights.next(), if !flights.is_empty() => answer,
                () = &mut cancel, if !cancel_seen => {
                    cancel_seen = true;
                    Input::Cancel
                }
                () = sleep => Input::Tick,
            };
        }
    }

    /// After a destroy or a release: nothing that carries the tenant's tags may be left.
    async fn sweep(&self, record: &Record, clock: &dyn Clock, total: usize) -> Result<(), RunError> {
        let begun = clock.now();
        loop {
            let found = self
                .provider
                .discover(Scope::Tenant(record.key.clone()))
                .await
                .map_err(|error| RunError::Sweep { key: record.key.clone(), source: Box::new(error) })?;
            self.events.send(Event {
                at: clock.now() - begun,
                done: total,
                total,
                remaining: Duration::ZERO,
                kind: EventKind::Sweeping { left: found.len() },
            });
            if found.is_empty() {
                return Ok(());
            }
            if clock.now() - begun >= self.limits.sweep {
                let left = found.into_iter().map(|object| (object.arn, ())).collect::<BTreeMap<_, _>>();
                return Err(RunError::LeftOver { key: record.key.clone(), left: left.into_keys().collect() });
            }
            clock.sleep_until(clock.now() + Duration::from_secs(5)).await;
        }
    }
}
