//! The simulated cloud as a provider: faults and delays around what it does.

use std::sync::Arc;

use async_trait::async_trait;

use super::SimCloud;
use super::faults::{Fault, Method};
use super::kinds::behaviour;
use super::log::{Call, Outcome};
use super::naming::hyphened;
use super::operations::Seen;
use super::rules::Refusal;
use super::state::{Found, State};
use crate::clock::Clock;
use crate::ids::{Address, KindName};
use crate::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Diagnosis, Discovered, ErrorClass, Identity, Observation, Provider,
    ProviderError, QuotaId, QuotaReading, Scope, Status, Target, UpdateRequest,
};

/// The call as AWS names it.
fn operation(method: Method, kind: &KindName) -> String {
    let (service, noun) = kind.as_str().split_once(':').unwrap_or_default();
    let known = behaviour(kind);
    let verb = match method {
        Method::Create => known.calls.0,
        Method::Update => known.calls.1,
        Method::Delete => known.calls.2,
        _ => return format!("{service}:Describe{noun}"),
    };
    if known.kind.is_empty() { format!("{service}:{verb}{noun}") } else { format!("{service}:{verb}") }
}

fn fault_error(fault: Fault, operation: &str, address: &Address) -> Option<ProviderError> {
    let (class, code) = match fault {
        Fault::FailBefore => (ErrorClass::Transient, "ServiceUnavailable"),
        Fault::Throttle => (ErrorClass::Throttled, "ThrottlingException"),
        Fault::LoseAnswer => (ErrorClass::Ambiguous, "RequestTimeout"),
        Fault::Capacity if operation.starts_with("rds") => (ErrorClass::Capacity, "InsufficientDBInstanceCapacity"),
        Fault::Capacity if operation.starts_with("elasticache") => {
            (ErrorClass::Capacity, "InsufficientCacheClusterCapacity")
        }
        Fault::Capacity => (ErrorClass::Capacity, "InsufficientCapacityException"),
        Fault::Delay(_) | Fault::StaleRead | Fault::StuckCreate => return None,
    };
    Some(ProviderError::new(class, operation, address.clone()).with_code(code).with_message("injected fault"))
}

impl SimCloud {
    async fn pass_time(&self, fault: Option<Fault>) {
        let call = self.state().config.call_latency();
        let delay = if let Some(Fault::Delay(delay)) = fault { delay } else { Default::default() };
        if !(call + delay).is_zero() {
            self.clock.sleep_until(self.clock.now() + call + delay).await;
        }
    }

    /// One call that changes something: its fault, its time, its effect, its entry in the log.
    async fn act<T>(
        &self,
        method: Method,
        target: &Target,
        effect: impl FnOnce(&mut State, Option<Fault>) -> Result<T, Refusal> + Send,
    ) -> Result<T, ProviderError> {
        let (kind, address) = (&target.kind, &target.address);
        let fault = self.state().faults.decide(method, Some((kind, address)));
        self.pass_time(fault).await;
        let operation = operation(method, kind);
        let error = fault.and_then(|fault| fault_error(fault, &operation, address));
        let mut state = self.state();
        let result = match error {
            Some(error) if fault != Some(Fault::LoseAnswer) => Err(error),
            lost => {
                let done = effect(&mut state, fault).map_err(|refusal| {
                    ProviderError::new(refusal.class, operation, address.clone())
                        .with_code(refusal.code)
                        .with_message(refusal.message)
                });
                lost.map_or(done, Err)
            }
        };
        let result = result.map_err(|error| {
            let count = state.calls.len().to_string();
            let id = state.config.seed.hex(&["request", &address.to_string(), &count], 32);
            error.with_request_id(hyphened(&id))
        });
        let (kind, address) = (Some(kind.clone()), Some(address.clone()));
        let at = self.clock.now();
        state.calls.push(Call { method, kind, address, targets: 1, at, fault, outcome: Outcome::of(&result) });
        result
    }
}

#[async_trait]
impl Provider for SimCloud {
    async fn observe(&self, targets: Vec<Target>) -> Vec<Observation> {
        let faults: Vec<_> = {
            let mut state = self.state();
            let decide = |target: &Target| state.faults.decide(Method::Observe, Some((&target.kind, &target.address)));
            targets.iter().map(decide).collect()
        };
        let longest = faults.iter().flatten().filter_map(|fault| match fault {
            Fault::Delay(delay) => Some(*delay),
            _ => None,
        });
        self.pass_time(longest.max().map(Fault::Delay)).await;
        let now = self.clock.now();
        let mut state = self.state();
        let mut outcome = Outcome::Ok;
        let answers = targets.iter().zip(&faults).map(|(target, fault)| {
            let operation = operation(Method::Observe, &target.kind);
            if let Some(error) = fault.and_then(|fault| fault_error(fault, &operation, &target.address)) {
                outcome = Outcome::Error { class: error.class, code: error.code.clone() };
                return Observation::Unknown(error);
            }
            match state.observe(target, now, *fault == Some(Fault::StaleRead)) {
                Seen::Absent => Observation::Absent,
                Seen::Foreign(whose) => Observation::Foreign(whose),
                Seen::Present(live) => Observation::Present(live),
            }
        });
        let answers = answers.collect();
        let single = if let [single] = targets.as_slice() { Some(single) } else { None };
        state.calls.push(Call {
            method: Method::Observe,
            kind: single.map(|target| target.kind.clone()),
            address: single.map(|target| target.address.clone()),
            targets: targets.len(),
            at: now,
            fault: faults.into_iter().flatten().next(),
            outcome,
        });
        answers
    }

    async fn create(&self, request: CreateRequest) -> Result<Created, ProviderError> {
        self.act(Method::Create, &request.target, |state, fault| {
            state.create(&request, self.clock.now(), fault == Some(Fault::StuckCreate))
        })
        .await
    }

    async fn update(&self, request: UpdateRequest) -> Result<Created, ProviderError> {
        self.act(Method::Update, &request.target, |state, _| state.update(&request, self.clock.now())).await
    }

    async fn delete(&self, request: DeleteRequest) -> Result<Deleted, ProviderError> {
        self.act(Method::Delete, &request.target, |state, _| state.delete(&request, self.clock.now())).await
    }

    async fn discover(&self, scope: Scope) -> Result<Vec<Discovered>, ProviderError> {
        let fault = self.state().faults.decide(Method::Discover, None);
        self.pass_time(fault).await;
        let mut state = self.state();
        let error = fault.and_then(|fault| fault_error(fault, "tagging:GetResources", &scope.anchor()));
        let result = match error {
            Some(error) => Err(error),
            None => Ok(state.discover(&scope, self.clock.now())),
        };
        let at = self.clock.now();
        let outcome = Outcome::of(&result);
        state.calls.push(Call { method: Method::Discover, kind: None, address: None, targets: 0, at, fault, outcome });
        result
    }

    async fn diagnose(&self, target: Target) -> Result<Vec<Diagnosis>, ProviderError> {
        self.act(Method::Diagnose, &target, |state, _| {
            let Found::Ours(uid) = state.find(&target) else { return Ok(Vec::new()) };
            let object = &state.objects[&uid];
            let now = self.clock.now();
            let found = state.injected(object).map(str::to_owned).or_else(|| state.held_up(object, now));
            let finding = match (found, state.status(object, now)) {
                (Some(finding), _) => finding,
                (None, Status::Pending(word)) if object.stuck => format!("still {word}"),
                (None, _) => return Ok(Vec::new()),
            };
            Ok(vec![Diagnosis { advice: advice(&finding).map(str::to_owned), finding }])
        })
        .await
    }

    async fn identity(&self) -> Result<Identity, ProviderError> {
        let state = self.state();
        Ok(Identity { account_id: state.config.account.clone(), region: state.config.region.clone() })
    }

    async fn quotas(&self, quotas: Vec<QuotaId>) -> Vec<QuotaReading> {
        let fault = self.state().faults.decide(Method::Quotas, None);
        self.pass_time(fault).await;
        let mut state = self.state();
        let anchor = Scope::Tags(Default::default()).anchor();
        let error = fault.and_then(|fault| fault_error(fault, "servicequotas:GetServiceQuota", &anchor));
        let read = |id: &QuotaId| match state.config.limits.get(id) {
            Some((kind, most)) if error.is_none() => {
                QuotaReading { limit: u64::try_from(*most).ok(), used: u64::try_from(state.count(kind)).ok() }
            }
            _ => QuotaReading::default(),
        };
        let readings = quotas.iter().map(read).collect();
        let (at, targets) = (self.clock.now(), quotas.len());
        let outcome = Outcome::of(&error.map_or(Ok(()), Err));
        state.calls.push(Call { method: Method::Quotas, kind: None, address: None, targets, at, fault, outcome });
        readings
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }
}

/// What to do about findings that are well known.
fn advice(finding: &str) -> Option<&'static str> {
    const KNOWN: [(&str, &str); 4] = [
        ("exit code 137", "give the container more memory"),
        ("unable to pull secret", "create the secret, or correct its ARN in the task definition"),
        ("no mount target", "create a mount target in the service's subnets"),
        ("CannotPullContainerError", "check the image's name and tag, and that the execution role may pull it"),
    ];
    KNOWN.iter().find(|(sign, _)| finding.contains(sign)).map(|(_, advice)| *advice)
}
