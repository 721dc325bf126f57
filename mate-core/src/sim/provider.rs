//! The simulated cloud as a provider: faults and delays around what it does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;

use super::config::Config;
use super::faults::{Fault, Method};
use super::log::{Call, Outcome};
use super::operations::Seen;
use super::rates::{Arrival, throttle};
use super::rules::Refusal;
use super::state::{Found, State};
use super::wire::{Write, Written};
use super::{Selector, SimCloud};
use crate::clock::Clock;
use crate::kinds::Repository;
use crate::model::ids::{Address, KindName};
use crate::model::{Kind, SimFacet, hyphened};
use crate::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Diagnosis, Discovered, ErrorClass, Identity, Observation, Provider,
    ProviderError, QuotaId, QuotaReading, Scope, Status, Target, UpdateRequest,
};

impl Config {
    /// The call as AWS names it.
    fn operation(&self, method: Method, kind: &KindName) -> String {
        let (service, noun) = kind.as_str().split_once(':').unwrap_or_default();
        let calls = self.facet(kind).calls;
        let verb = match method {
            Method::Create => calls.0,
            Method::Update => calls.1,
            Method::Delete => calls.2,
            _ => return self.read_call(kind).0,
        };
        if calls == SimFacet::PLAIN.calls { format!("{service}:{verb}{noun}") } else { format!("{service}:{verb}") }
    }
}

fn fault_error(fault: Fault, operation: &str, address: &Address) -> Option<ProviderError> {
    let (class, code) = match fault {
        Fault::FailBefore => (ErrorClass::Transient, "ServiceUnavailable"),
        Fault::Throttle => (ErrorClass::Throttled, "ThrottlingException"),
        Fault::LoseAnswer | Fault::LateEffect(_) => (ErrorClass::Ambiguous, "RequestTimeout"),
        Fault::Capacity if operation.starts_with("rds") => (ErrorClass::Capacity, "InsufficientDBInstanceCapacity"),
        Fault::Capacity if operation.starts_with("elasticache") => {
            (ErrorClass::Capacity, "InsufficientCacheClusterCapacity")
        }
        Fault::Capacity => (ErrorClass::Capacity, "InsufficientCapacityException"),
        Fault::Delay(_)
        | Fault::StaleRead
        | Fault::StuckCreate
        | Fault::Unseen(_)
        | Fault::KillBefore
        | Fault::KillAfter => return None,
    };
    Some(ProviderError::new(class, operation, address.clone()).with_code(code).with_message("injected fault"))
}

impl SimCloud {
    /// The call is under way: it takes its time, and may be the last thing that its process does.
    async fn pass_time(&self, method: Method, subject: Option<&Target>, fault: Option<Fault>) {
        if self.is_killed() {
            return self.die().await;
        }
        let takes = self.duration(method, subject, fault);
        if !takes.is_zero() {
            self.clock.sleep_until(self.clock.now() + takes).await;
        }
    }

    /// The duration of a call.
    fn duration(&self, method: Method, subject: Option<&Target>, fault: Option<Fault>) -> Duration {
        let delay = if let Some(Fault::Delay(delay)) = fault { delay } else { Duration::ZERO };
        self.state().config.call_latency(method, subject.map(|target| (&target.kind, target.name.as_str()))) + delay
    }

    /// The end of a call: its entry in the log, and the death of who asked where that was its fault.
    async fn answer<T>(&self, answer: T, mut call: Call) -> T {
        let killed = matches!(call.fault, Some(Fault::KillBefore | Fault::KillAfter));
        if killed {
            call.outcome = Outcome::Killed;
        }
        self.state().calls.push(call);
        if killed { self.die().await } else { answer }
    }

    /// One call that changes something: its fault, its time, its effect, its entry in the log.
    async fn write(
        &self,
        method: Method,
        target: Target,
        write: impl FnOnce(Target, Option<Fault>) -> Write + Send,
    ) -> Result<Written, ProviderError> {
        let (kind, address) = (target.kind.clone(), target.address.clone());
        let operation = self.state().config.operation(method, &kind);
        let arrival = self.arrive(&operation, &address).await;
        let fault = self.state().faults.decide(method, Some((&kind, &address)));
        if self.is_killed() {
            return self.die().await;
        }
        let takes = self.duration(method, Some(&target), fault);
        let through = !arrival.refused && fault.is_none_or(Fault::lets_through);
        let result = {
            // It takes effect half-way, whatever becomes of the caller meanwhile.
            let after = if let Some(Fault::LateEffect(after)) = fault { after } else { takes / 2 };
            let sent = through.then(|| self.send(write(target, fault), after));
            if !takes.is_zero() {
                self.clock.sleep_until(self.clock.now() + takes).await;
            }
            let failure = |refusal: Refusal| {
                ProviderError::new(refusal.class, operation.clone(), address.clone())
                    .with_code(refusal.code)
                    .with_message(refusal.message)
            };
            let done = sent.and_then(|sent| sent.answer()).map(|answer| answer.map_err(failure));
            // A call that kills who asked has no answer, and this one is never seen.
            let unanswered = || ProviderError::new(ErrorClass::Ambiguous, operation.clone(), address.clone());
            let over = arrival.refused.then(|| throttle(&operation, &address));
            let error = over.or_else(|| fault.and_then(|fault| fault_error(fault, &operation, &address)));
            error.map_or_else(|| done.unwrap_or_else(|| Err(unanswered())), Err)
        };
        self.acted(arrival, Acted { method, kind, address, fault }, result).await
    }

    /// One call about one object that changes nothing: its fault, its time, its answer, its entry in the log.
    async fn read<T: Send>(
        &self,
        method: Method,
        target: &Target,
        read: impl FnOnce(&mut State) -> T + Send,
    ) -> Result<T, ProviderError> {
        let (kind, address) = (target.kind.clone(), target.address.clone());
        let operation = self.state().config.operation(method, &kind);
        let arrival = self.arrive(&operation, &address).await;
        let fault = self.state().faults.decide(method, Some((&kind, &address)));
        self.pass_time(method, Some(target), fault).await;
        let over = arrival.refused.then(|| throttle(&operation, &address));
        let error = over.or_else(|| fault.and_then(|fault| fault_error(fault, &operation, &address)));
        let result = match error {
            Some(error) => Err(error),
            None => Ok(read(&mut self.state())),
        };
        self.acted(arrival, Acted { method, kind, address, fault }, result).await
    }

    /// The end of a call about one object: the id of its request, and its entry in the log.
    async fn acted<T>(
        &self,
        arrival: Arrival,
        Acted { method, kind, address, fault }: Acted,
        result: Result<T, ProviderError>,
    ) -> Result<T, ProviderError> {
        let result = result.map_err(|error| {
            let state = self.state();
            let count = state.calls.len().to_string();
            let id = state.config.seed.hex(&["request", &address.to_string(), &count], 32);
            error.with_request_id(hyphened(&id))
        });
        let (kind, address) = (Some(kind), Some(address));
        let (at, outcome) = (self.clock.now(), Outcome::of(&result));
        arrival.answered(result.as_ref().err());
        self.answer(result, Call { method, kind, address, targets: 1, at, fault, outcome }).await
    }
}

/// A call about one object.
struct Acted {
    method: Method,
    kind: KindName,
    address: Address,
    fault: Option<Fault>,
}

#[async_trait]
impl Provider for SimCloud {
    async fn observe(&self, targets: Vec<Target>) -> Vec<Observation> {
        let pages = pages(&self.state().config, &targets);
        let arrivals = pages.iter().map(|page| self.arrive(&page.operation, &targets[page.targets[0]].address));
        let arrivals = join_all(arrivals).await;
        let refused: BTreeSet<usize> = pages
            .iter()
            .zip(&arrivals)
            .filter(|(_, arrival)| arrival.refused)
            .flat_map(|(page, _)| page.targets.iter().copied())
            .collect();
        let faults: Vec<_> = {
            let mut state = self.state();
            let decide = |target: &Target| state.faults.decide(Method::Observe, Some((&target.kind, &target.address)));
            targets.iter().map(decide).collect()
        };
        let longest = faults.iter().flatten().filter_map(|fault| match fault {
            Fault::Delay(delay) => Some(*delay),
            _ => None,
        });
        self.pass_time(Method::Observe, targets.first(), longest.max().map(Fault::Delay)).await;
        let now = self.clock.now();
        let mut outcome = Outcome::Ok;
        let answers: Vec<Observation> = {
            let state = self.state();
            let look = |(index, (target, fault)): (usize, (&Target, &Option<Fault>))| {
                let operation = state.config.operation(Method::Observe, &target.kind);
                let over = refused.contains(&index).then(|| throttle(&operation, &target.address));
                let error = over.or_else(|| fault.and_then(|fault| fault_error(fault, &operation, &target.address)));
                if let Some(error) = error {
                    outcome = Outcome::Error { class: error.class, code: error.code.clone() };
                    return Observation::Unknown(error);
                }
                match state.observe(target, now, *fault == Some(Fault::StaleRead)) {
                    Seen::Absent => Observation::Absent,
                    Seen::Foreign(whose) => Observation::Foreign(whose),
                    Seen::Present(live) => Observation::Present(live),
                }
            };
            targets.iter().zip(&faults).enumerate().map(look).collect()
        };
        for (page, arrival) in pages.into_iter().zip(arrivals) {
            let error = page.targets.iter().find_map(|index| match &answers[*index] {
                Observation::Unknown(error) => Some(error),
                _ => None,
            });
            arrival.answered(error);
        }
        let single = if let [single] = targets.as_slice() { Some(single) } else { None };
        let call = Call {
            method: Method::Observe,
            kind: single.map(|target| target.kind.clone()),
            address: single.map(|target| target.address.clone()),
            targets: targets.len(),
            at: now,
            fault: faults.into_iter().flatten().next(),
            outcome,
        };
        self.answer(answers, call).await
    }

    async fn create(&self, request: CreateRequest) -> Result<Created, ProviderError> {
        let CreateRequest { target, token } = request;
        let write = |target, fault| Write::Create { request: CreateRequest { target, token }, fault };
        self.write(Method::Create, target, write).await.map(Written::created)
    }

    async fn update(&self, request: UpdateRequest) -> Result<Created, ProviderError> {
        let UpdateRequest { target, fields, untag, token } = request;
        let write = |target, _| Write::Update(UpdateRequest { target, fields, untag, token });
        self.write(Method::Update, target, write).await.map(Written::created)
    }

    async fn delete(&self, request: DeleteRequest) -> Result<Deleted, ProviderError> {
        let DeleteRequest { target, data } = request;
        let write = |target, _| Write::Delete(DeleteRequest { target, data });
        self.write(Method::Delete, target, write).await.map(Written::deleted)
    }

    async fn discover(&self, scope: Scope) -> Result<Vec<Discovered>, ProviderError> {
        const CALL: &str = "tagging:GetResources";
        let anchor = scope.anchor();
        let now = self.clock.now();
        let pages = self.state().discover(&scope, now).len().div_ceil(100).max(1);
        let arrivals = join_all((0..pages).map(|_| self.arrive(CALL, &anchor))).await;
        let fault = self.state().faults.decide(Method::Discover, None);
        self.pass_time(Method::Discover, None, fault).await;
        let over = arrivals.iter().any(|arrival| arrival.refused).then(|| throttle(CALL, &anchor));
        let error = over.or_else(|| fault.and_then(|fault| fault_error(fault, CALL, &anchor)));
        let at = self.clock.now();
        let result = match error {
            Some(error) => Err(error),
            None => Ok(self.state().discover(&scope, at)),
        };
        let outcome = Outcome::of(&result);
        arrivals.into_iter().for_each(|arrival| arrival.answered(result.as_ref().err()));
        let call = Call { method: Method::Discover, kind: None, address: None, targets: 0, at, fault, outcome };
        self.answer(result, call).await
    }

    async fn diagnose(&self, target: Target) -> Result<Vec<Diagnosis>, ProviderError> {
        self.read(Method::Diagnose, &target, |state| {
            let mut findings: Vec<Diagnosis> = standing(state, &target, self.clock.now()).into_iter().collect();
            let told = |(selector, _): &&(Selector, Diagnosis)| selector.matches(&target.kind, Some(target.node()));
            findings.extend(state.reports.iter().filter(told).map(|(_, finding)| finding.clone()));
            findings
        })
        .await
    }

    async fn identity(&self) -> Result<Identity, ProviderError> {
        let state = self.state();
        Ok(Identity { account_id: state.config.account.clone(), region: state.config.region.clone() })
    }

    async fn image_digest(&self, image: &str) -> Result<Option<String>, ProviderError> {
        let Some((uri, reference)) = image.split_once('@').or_else(|| image.rsplit_once(':')) else { return Ok(None) };
        let Some((_, repository)) = uri.split_once(".amazonaws.com/") else { return Ok(None) };
        self.pass_time(Method::Observe, None, None).await;
        let state = self.state();
        // A repository of whose images nothing was ever said has every image.
        let pushed = state.filled.get(&(Repository::NAME.to_owned(), repository.to_owned()));
        let digest = |tag: &str| format!("sha256:{}", state.config.seed.hex(&["image", repository, tag], 64));
        let is_there = match pushed {
            None => true,
            Some(tags) => tags.contains(reference) || tags.iter().any(|tag| digest(tag) == reference),
        };
        if !is_there {
            let anchor = Scope::Tags(Default::default()).anchor();
            return Err(ProviderError::new(ErrorClass::NotFound, "ecr:DescribeImages", anchor)
                .with_code("ImageNotFoundException")
                .with_message(format!("{repository} has no image {reference}")));
        }
        Ok(Some(if reference.starts_with("sha256:") { reference.to_owned() } else { digest(reference) }))
    }

    async fn quotas(&self, quotas: Vec<QuotaId>) -> Vec<QuotaReading> {
        let fault = self.state().faults.decide(Method::Quotas, None);
        self.pass_time(Method::Quotas, None, fault).await;
        let anchor = Scope::Tags(Default::default()).anchor();
        let error = fault.and_then(|fault| fault_error(fault, "servicequotas:GetServiceQuota", &anchor));
        let readings = {
            let state = self.state();
            let read = |id: &QuotaId| match state.config.limits.get(id) {
                Some((kind, most)) if error.is_none() => {
                    QuotaReading { limit: u64::try_from(*most).ok(), used: u64::try_from(state.count(kind)).ok() }
                }
                _ => QuotaReading::default(),
            };
            quotas.iter().map(read).collect()
        };
        let (at, targets) = (self.clock.now(), quotas.len());
        let outcome = Outcome::of(&error.map_or(Ok(()), Err));
        let call = Call { method: Method::Quotas, kind: None, address: None, targets, at, fault, outcome };
        self.answer(readings, call).await
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.machine.clone())
    }
}

/// The diagnosis of an object that is not ready.
fn standing(state: &State, target: &Target, now: Duration) -> Option<Diagnosis> {
    let Found::Ours(uid) = state.find(target) else { return None };
    let object = &state.objects[&uid];
    if let Some(ended) = &object.ended {
        let finding = ended.as_ref().err().cloned().unwrap_or_else(|| "exit code 0".to_owned());
        let advice = advice(&finding).map(str::to_owned);
        return Some(Diagnosis { terminal: ended.is_err(), advice, finding, concern: None });
    }
    let found = state.injected(object).map(str::to_owned).or_else(|| state.held_up(object, now));
    let finding = match (found, state.status(object, now)) {
        (Some(finding), _) => finding,
        (None, Status::Pending(word)) if object.stuck => format!("still {word}"),
        (None, _) => return None,
    };
    Some(Diagnosis {
        terminal: state.injected(object).is_some(),
        advice: advice(&finding).map(str::to_owned),
        finding,
        concern: None,
    })
}

/// One call that reads several objects of a kind.
struct Page {
    operation: String,
    /// The indices of its targets.
    targets: Vec<usize>,
}

/// The calls that an observation takes: by kind, as many objects a call as AWS's reads take.
fn pages(config: &Config, targets: &[Target]) -> Vec<Page> {
    let mut kinds: BTreeMap<&KindName, Vec<usize>> = BTreeMap::new();
    for (index, target) in targets.iter().enumerate() {
        kinds.entry(&target.kind).or_default().push(index);
    }
    let mut pages = Vec::new();
    for (kind, indices) in kinds {
        let (operation, size) = config.read_call(kind);
        pages.extend(indices.chunks(size).map(|page| Page { operation: operation.clone(), targets: page.to_vec() }));
    }
    pages
}

/// The advice about findings that are well known.
fn advice(finding: &str) -> Option<&'static str> {
    const KNOWN: [(&str, &str); 5] = [
        ("exit code 137", "give the container more memory"),
        ("unable to pull secret", "create the secret, or correct its ARN in the task definition"),
        ("Target.", "see that the application listens on the container's port and answers the health check"),
        ("no mount target", "create a mount target in the service's subnets"),
        ("CannotPullContainerError", "check the image's name and tag, and that the execution role may pull it"),
    ];
    KNOWN.iter().find(|(sign, _)| finding.contains(sign)).map(|(_, advice)| *advice)
}
