//! The pure part of a rate budget: who may call when. Time is given; nothing waits here.

use std::collections::BTreeMap;
use std::time::Duration;

use super::bucket::Bucket;
use super::caller::Priority;
use super::queue::{Queue, Ticket};
use super::settings::RateSettings;
use super::table::{Group, group_of, parts, reads};
use crate::model::ids::TenantKey;
use crate::provider::ErrorClass;

/// One HTTP request to AWS that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The operation: `ecs:CreateService`.
    pub api: String,
    /// The tenant of the call.
    pub tenant: Option<TenantKey>,
    /// The priority of the call.
    pub priority: Priority,
}

impl Request {
    /// A call that the present [`super::Caller`] asks for. Without one a read is a scan, and a write a change.
    #[must_use]
    pub fn new(api: impl Into<String>) -> Self {
        let api = api.into();
        match super::Caller::current() {
            Some(super::Caller { tenant, priority }) => Self { api, tenant, priority },
            None => {
                let priority = if reads(&api) { Priority::Scan } else { Priority::Change };
                Self { api, tenant: None, priority }
            }
        }
    }

    /// For this tenant, unless the caller said which.
    #[must_use]
    pub fn or_tenant(mut self, tenant: TenantKey) -> Self {
        self.tenant.get_or_insert(tenant);
        self
    }
}

/// The answer of AWS to a call, as far as its rate is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// AWS answered, perhaps with a refusal that has nothing to do with the rate.
    Done,
    /// AWS throttled the call.
    Throttled,
    /// The call failed temporarily, or was not answered.
    Failed,
}

impl Answer {
    /// The answer that an error of this class stands for; no error for a call that succeeded.
    #[must_use]
    pub fn of(error: Option<ErrorClass>) -> Self {
        match error {
            Some(ErrorClass::Throttled) => Self::Throttled,
            Some(ErrorClass::Transient | ErrorClass::Ambiguous) => Self::Failed,
            _ => Self::Done,
        }
    }
}

/// The bucket that counts a call: a group, and an operation where AWS counts each by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) group: &'static str,
    pub(crate) operation: String,
}

impl Key {
    pub(crate) fn of(api: &str) -> (Self, &'static Group) {
        let group = group_of(api);
        let operation = if group.per_operation { parts(api).1.to_owned() } else { String::new() };
        (Self { group: group.name, operation }, group)
    }
}

/// A call that may be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    key: Key,
    whose: Whose,
    at: Duration,
    waited: bool,
}

/// The tenant and the operation of a call: after a failure the next call of both is a retry.
type Whose = (Option<TenantKey>, String);

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// The call may be made. The ticket is used up.
    Granted(Grant),
    /// Ask again at this time, or when told.
    Wait(Duration),
}

/// The usage of one bucket.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Usage {
    /// The group's name.
    pub group: &'static str,
    /// The operation, where AWS counts each by itself.
    pub operation: Option<String>,
    /// Calls a second that are made at the most at this moment.
    pub rate: f64,
    /// Calls that wait.
    pub waiting: usize,
    /// Calls that were let through.
    pub granted: u64,
    /// Of these, repetitions of what had failed or was throttled.
    pub retries: u64,
    /// Throttles that were met.
    pub throttled: u64,
}

/// The maximum number of failures that a bucket remembers: more than the calls that can be in flight.
const FAILURES: usize = 4096;
/// The wait after which a place that is not next polls again. It is woken earlier, unless the one that should wake it is not
/// polled any more.
const FAR: Duration = Duration::from_secs(60);
/// The number of places ahead that add another [`FAR`] to that wait: a long queue does not poll more often than a short one.
const CROWD: Ticket = 64;

#[derive(Debug)]
struct Gate {
    calls: Bucket,
    queue: Queue,
    retries: Bucket,
    /// Retries come from here into the queue.
    retry_queue: Queue,
    failed: BTreeMap<Whose, u32>,
    /// The ticket of each queue that was told to wait for the next token.
    told: (Option<Ticket>, Option<Ticket>),
    granted: u64,
    retried: u64,
    throttled: u64,
}

#[derive(Debug)]
struct Waiting {
    key: Key,
    whose: Whose,
    priority: Priority,
    since: Duration,
    granted: Option<Duration>,
}

/// The state of one account and region.
#[derive(Debug)]
pub(crate) struct Regulator {
    settings: RateSettings,
    gates: BTreeMap<Key, Gate>,
    waiting: BTreeMap<Ticket, Waiting>,
    serial: Ticket,
    /// The tickets to wake: they have been granted a call, or are next now.
    woken: Vec<Ticket>,
}

impl Regulator {
    pub(crate) fn new(settings: RateSettings) -> Self {
        Self { settings, gates: BTreeMap::new(), waiting: BTreeMap::new(), serial: 0, woken: Vec::new() }
    }

    /// Takes a place for a call. After a failure the next call of the same tenant and operation is a retry, whoever makes it.
    pub(crate) fn join(&mut self, now: Duration, request: Request) -> Ticket {
        let (key, group) = Key::of(&request.api);
        let settings = &self.settings;
        let gate = self.gates.entry(key.clone()).or_insert_with(|| Gate {
            calls: settings.calls(group, now),
            queue: Queue::default(),
            retries: settings.retry(now),
            retry_queue: Queue::default(),
            failed: BTreeMap::new(),
            told: (None, None),
            granted: 0,
            retried: 0,
            throttled: 0,
        });
        self.serial += 1;
        let (ticket, whose) = (self.serial, (request.tenant.clone(), request.api));
        let retry = match gate.failed.get_mut(&whose) {
            Some(count) => {
                *count -= 1;
                if *count == 0 {
                    gate.failed.remove(&whose);
                }
                true
            }
            None => false,
        };
        let queue = if retry { &mut gate.retry_queue } else { &mut gate.queue };
        queue.push(ticket, request.priority, request.tenant, now);
        self.waiting.insert(ticket, Waiting { key, whose, priority: request.priority, since: now, granted: None });
        ticket
    }

    /// Decides whether the call may be made now.
    pub(crate) fn poll(&mut self, now: Duration, ticket: Ticket) -> Admission {
        let key = self.waiting[&ticket].key.clone();
        self.dispatch(now, &key);
        let waiting = &self.waiting[&ticket];
        if let Some(at) = waiting.granted {
            let waiting = self.waiting.remove(&ticket).expect("it was there");
            return Admission::Granted(Grant { key, whose: waiting.whose, at, waited: at > waiting.since });
        }
        let gate = &self.gates[&key];
        let (queue, bucket) =
            if gate.queue.contains(ticket) { (&gate.queue, &gate.calls) } else { (&gate.retry_queue, &gate.retries) };
        if queue.peek(now) == Some(ticket) {
            return Admission::Wait(bucket.next());
        }
        // Nobody else that waits has an older place than the oldest, so this is the most that can be ahead.
        let ahead = (ticket - queue.oldest().unwrap_or(ticket)).min(queue.len() as Ticket);
        Admission::Wait(now + FAR + FAR * u32::try_from(ahead / CROWD).unwrap_or(u32::MAX))
    }

    /// Gives a place back, and a call that was granted and is not made.
    pub(crate) fn leave(&mut self, now: Duration, ticket: Ticket) {
        let Some(waiting) = self.waiting.remove(&ticket) else { return };
        let gate = self.gates.get_mut(&waiting.key).expect("a gate for each ticket");
        if waiting.granted.is_some() {
            gate.granted -= 1;
            gate.calls.put(1.0);
        } else if !gate.queue.remove(ticket) {
            gate.retry_queue.remove(ticket);
        }
        self.dispatch(now, &waiting.key);
    }

    /// Takes in what became of a call.
    pub(crate) fn report(&mut self, now: Duration, grant: &Grant, answer: Answer) {
        let gate = self.gates.get_mut(&grant.key).expect("a gate for each grant");
        match answer {
            Answer::Done => {
                if grant.waited {
                    gate.calls.raise(now);
                }
                gate.retries.put(self.settings.retry_per_success());
            }
            Answer::Throttled | Answer::Failed => {
                if answer == Answer::Throttled {
                    gate.throttled += 1;
                    gate.calls.throttled(now, grant.at);
                }
                if gate.failed.len() >= FAILURES {
                    gate.failed.pop_first();
                }
                *gate.failed.entry(grant.whose.clone()).or_default() += 1;
            }
        }
        self.dispatch(now, &grant.key);
    }

    /// Takes the tickets that are to ask again now.
    pub(crate) fn woken(&mut self) -> Vec<Ticket> {
        std::mem::take(&mut self.woken)
    }

    pub(crate) fn usage(&self) -> Vec<Usage> {
        let usage = |(key, gate): (&Key, &Gate)| Usage {
            group: key.group,
            operation: (!key.operation.is_empty()).then(|| key.operation.clone()),
            rate: gate.calls.rate(),
            waiting: gate.queue.len() + gate.retry_queue.len(),
            granted: gate.granted,
            retries: gate.retried,
            throttled: gate.throttled,
        };
        self.gates.iter().map(usage).collect()
    }

    /// Lets through what there are tokens for, and tells who is next.
    fn dispatch(&mut self, now: Duration, key: &Key) {
        let Self { gates, waiting, woken, .. } = self;
        let gate = gates.get_mut(key).expect("a gate for each key");
        while !gate.retry_queue.is_empty() && gate.retries.take(now) {
            let Some(ticket) = gate.retry_queue.next(now) else { break };
            let Waiting { priority, whose, since, .. } = &waiting[&ticket];
            gate.queue.push(ticket, *priority, whose.0.clone(), *since);
            gate.retried += 1;
        }
        while !gate.queue.is_empty() && gate.calls.take(now) {
            let Some(ticket) = gate.queue.next(now) else { break };
            waiting.get_mut(&ticket).expect("everybody in a queue waits").granted = Some(now);
            gate.granted += 1;
            woken.push(ticket);
        }
        let next = (gate.queue.peek(now), gate.retry_queue.peek(now));
        if next.0 != gate.told.0 {
            woken.extend(next.0);
        }
        if next.1 != gate.told.1 {
            woken.extend(next.1);
        }
        gate.told = next;
    }
}
