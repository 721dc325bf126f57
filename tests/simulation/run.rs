//! Carries out one schedule.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::{Either, join, join_all, select};
use mate::clock::Clock;
use mate::engine::RunError;
use mate::provider::ErrorClass;
use mate::sim::{Call, Outcome, crash};
use mate::vocab::Consents;
use mate::{DestroyOptions, Error, Mate, Operation, StoreError};

use crate::executor::block_on;
use crate::findings::{Finding, Invariant};
use crate::schedule::{Action, Schedule, Verb};
use crate::world::{Bug, World, consents};
use crate::{apart, heal, journalled, protected};

/// The result of a schedule.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) findings: Vec<Finding>,
    pub(crate) counts: Counts,
    pub(crate) calls: Vec<Call>,
    /// The events of the schedule, line by line.
    pub(crate) story: Vec<String>,
}

/// The counts of a schedule.
#[derive(Debug, Default, Clone)]
pub(crate) struct Counts {
    pub(crate) schedules: u64,
    pub(crate) operations: u64,
    /// Operations by how they ended.
    pub(crate) ended: BTreeMap<&'static str, u64>,
    pub(crate) calls: u64,
    pub(crate) cloud_faults: u64,
    pub(crate) store_faults: u64,
    pub(crate) processes_killed: u64,
    pub(crate) futures_dropped: u64,
    pub(crate) stale_writes_refused: u64,
    pub(crate) late: u64,
    pub(crate) virtual_time: Duration,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.schedules += other.schedules;
        self.operations += other.operations;
        for (word, count) in &other.ended {
            *self.ended.entry(word).or_default() += count;
        }
        self.calls += other.calls;
        self.cloud_faults += other.cloud_faults;
        self.store_faults += other.store_faults;
        self.processes_killed += other.processes_killed;
        self.futures_dropped += other.futures_dropped;
        self.stale_writes_refused += other.stale_writes_refused;
        self.late += other.late;
        self.virtual_time += other.virtual_time;
    }
}

/// The counts and the story that the operations of a schedule leave behind.
#[derive(Debug, Default)]
struct Log {
    counts: Counts,
    story: Vec<String>,
}

struct Runner<'a> {
    world: &'a World,
    /// True if each event is printed at once.
    aloud: bool,
    log: Mutex<Log>,
}

/// Runs a schedule with a bug, or none.
pub(crate) fn run(schedule: &Schedule, bug: Arc<dyn Bug>) -> Report {
    told(schedule, bug, false)
}

/// Runs a schedule, and prints its events if `aloud`.
pub(crate) fn told(schedule: &Schedule, bug: Arc<dyn Bug>, aloud: bool) -> Report {
    let world = World::new(schedule, bug);
    let runner = Runner { world: &world, aloud, log: Mutex::default() };
    let ended = catch_unwind(AssertUnwindSafe(|| block_on(runner.all(schedule))));
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(stopped)) => world.findings.add(Invariant::Sound, format!("it does not end: {stopped:?}")),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            world.findings.add(Invariant::Sound, format!("panic: {}", text.unwrap_or_default()));
        }
    }
    let calls = world.cloud.calls();
    let Log { mut counts, story } = std::mem::take(&mut *runner.log.lock().unwrap_or_else(PoisonError::into_inner));
    counts.schedules = 1;
    counts.calls = calls.len() as u64;
    counts.cloud_faults = calls.iter().filter(|call| call.fault.is_some()).count() as u64;
    counts.processes_killed = calls.iter().filter(|call| call.outcome == Outcome::Killed).count() as u64;
    counts.store_faults = world.store.failures();
    counts.stale_writes_refused = world.ledger.fenced();
    counts.late = world.late.lock().map_or(0, |late| late.len() as u64);
    counts.virtual_time = world.cloud.sim_clock().now();
    Report { findings: world.findings.all(), counts, calls, story }
}

impl Runner<'_> {
    fn tell(&self, line: String) {
        let at = self.world.cloud.sim_clock().now().as_secs_f64();
        let line = format!("{at:8.1} s  {line}");
        if self.aloud {
            eprintln!("{line}");
        }
        self.log.lock().unwrap_or_else(PoisonError::into_inner).story.push(line);
    }

    fn counts(&self, count: impl FnOnce(&mut Counts)) {
        count(&mut self.log.lock().unwrap_or_else(PoisonError::into_inner).counts);
    }

    async fn all(&self, schedule: &Schedule) {
        let world = self.world;
        let bystander = world.bystander.wanted(0).spec(&world.bystander.id);
        world.store.calm();
        world.operator(&world.bystander).provision(&bystander).await.expect("nothing disturbs the bystander");
        let untouched = apart::bystander(world);
        let mut precious = protected::Precious::default();
        world.store.storm();
        for (number, round) in schedule.rounds.iter().enumerate() {
            self.tell(format!("round {number}"));
            world.cloud.set_faults(round.faults.clone());
            let clock = world.cloud.sim_clock();
            let suspends = async {
                let Some((which, after, time)) = round.suspends else { return };
                let machine = world.processes[which].machine();
                clock.sleep_until(clock.now() + after).await;
                self.tell(format!("the machine of controller {which} is suspended"));
                machine.suspend();
                clock.sleep_until(clock.now() + time).await;
                self.tell(format!("the machine of controller {which} goes on"));
                machine.resume();
            };
            let work = join_all(round.controllers.iter().enumerate().map(|(controller, actions)| async move {
                let work = join_all(actions.iter().map(|action| self.act(controller, action)));
                if crash::until_killed(&world.processes[controller], work).await.is_none() {
                    self.tell(format!("controller {controller} is killed"));
                }
            }));
            join(work, suspends).await;
            journalled::check(world);
            precious.check(world);
            apart::check(world, &untouched);
            if round.fills_buckets {
                precious.fill_buckets(world);
            }
        }
        self.tell("healing".to_owned());
        heal::all(world, &|line| self.tell(line)).await;
        precious.check(world);
        apart::check(world, &untouched);
    }

    async fn act(&self, controller: usize, action: &Action) {
        let world = self.world;
        let clock = world.cloud.sim_clock();
        if !action.after.is_zero() {
            clock.sleep_until(clock.now() + action.after).await;
        }
        let tenant = &world.tenants[action.tenant];
        let mate = world.client(controller, action.tenant);
        let name = format!("controller {controller}: {:?} of {}", action.verb, tenant.id);
        self.tell(format!("{name} begins"));
        self.counts(|counts| counts.operations += 1);
        let work = self.verb(mate, action);
        let ended = match action.dies_at {
            Some(n) => crash::at_await(n, work).await,
            None => Some(work.await),
        };
        let word = match &ended {
            None => {
                self.counts(|counts| counts.futures_dropped += 1);
                "dropped"
            }
            Some(Ok(())) => "done",
            Some(Err(error)) => {
                self.judge(error, &name);
                word(error)
            }
        };
        self.counts(|counts| *counts.ended.entry(word).or_default() += 1);
        match ended {
            Some(Err(error)) => self.tell(format!("{name}: {word}: {}", chain(&error))),
            _ => self.tell(format!("{name}: {word}")),
        }
    }

    async fn verb(&self, mate: &Mate, action: &Action) -> Result<(), Error> {
        let world = self.world;
        let tenant = &world.tenants[action.tenant];
        let id = &tenant.id;
        let planned = async |plan: Operation<mate::plan::Plan>, data_too| {
            let plan = plan.await?;
            let consents: Consents = consents(&plan, data_too);
            self.cancelled(action, mate.apply(plan, consents)).await
        };
        match action.verb {
            Verb::Provision(revision) => {
                self.cancelled(action, mate.provision(&tenant.wanted(revision).spec(id))).await
            }
            Verb::Change(revision) => planned(mate.plan(&tenant.wanted(revision).spec(id)), false).await,
            Verb::Destroy { data_too } => {
                let mut options = DestroyOptions::new();
                if data_too {
                    world.give_up(&tenant.key);
                    options = options.without_final_snapshot().empty_bucket();
                }
                planned(mate.tenant(id).plan_destroy(&options), data_too).await?;
                protected::destroyed(world, action.tenant);
                Ok(())
            }
            Verb::Resume => self.cancelled(action, mate.tenant(id).resume_run()).await,
            Verb::Unwind => planned(mate.tenant(id).plan_unwind(&DestroyOptions::new()), false).await,
            Verb::ForceUnlock => {
                if let Some(holder) = mate.tenant(id).lease().await?.holder {
                    mate.tenant(id).force_unlock(holder.fence, "simulation", "chance").await?;
                }
                Ok(())
            }
            Verb::Look => {
                mate.tenant(id).status().await?;
                mate.tenant(id).drift().await?;
                mate.unclaimed().await.map(drop)
            }
        }
    }

    /// Runs an operation, and cancels it where the action says so.
    async fn cancelled<T>(&self, action: &Action, operation: Operation<T>) -> Result<(), Error> {
        let Some(after) = action.cancelled_after else { return operation.await.map(drop) };
        let handle = operation.cancel_handle();
        let clock = self.world.cloud.sim_clock();
        let sleep = clock.sleep_until(clock.now() + after);
        match select(operation, sleep).await {
            Either::Left((ended, _)) => ended.map(drop),
            Either::Right(((), operation)) => {
                handle.cancel();
                operation.await.map(drop)
            }
        }
    }

    /// No operation fails with an error that is a bug.
    fn judge(&self, error: &Error, name: &str) {
        if is_bug(error) {
            self.world.findings.add(Invariant::Sound, format!("{name} ended with {}", chain(error)));
        }
    }
}

/// Returns true if no fault can cause the error.
pub(crate) fn is_bug(error: &Error) -> bool {
    let store = |error: &StoreError| {
        matches!(error, StoreError::Unreadable { .. } | StoreError::Unwritable { .. } | StoreError::OtherLineage { .. })
    };
    match error {
        Error::Spec(_) | Error::Graph(_) => true,
        Error::Store(error) => store(error),
        Error::Run(error) => match &**error {
            RunError::Store { source, .. } => store(source),
            RunError::Failed { failures, .. } => failures
                .iter()
                .any(|failure| failure.error.as_ref().is_some_and(|error| error.class == ErrorClass::Bug)),
            _ => false,
        },
        _ => false,
    }
}

/// An error and its causes.
pub(crate) fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text += &format!(": {cause}");
        source = cause.source();
    }
    text
}

fn word(error: &Error) -> &'static str {
    match error {
        Error::Plan(_) => "no plan",
        Error::Store(StoreError::Held { .. }) => "held",
        Error::Store(_) => "store failed",
        Error::Stale { .. } => "stale plan",
        Error::Consent(_) => "consent missing",
        Error::NotFound(_) | Error::NothingInterrupted(_) => "nothing there",
        Error::NotPossible { .. } => "not possible",
        Error::Protected(_) => "protected",
        Error::Provider(_) => "search failed",
        Error::Run(error) => match &**error {
            RunError::Failed { .. } => "failed",
            RunError::Cancelled { .. } => "cancelled",
            RunError::Store { source: StoreError::Fenced { .. }, .. } => "lost its lease",
            RunError::Store { .. } => "store failed",
            _ => "not ended",
        },
        _ => "refused",
    }
}
