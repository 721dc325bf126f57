//! Faults from one seed: by chance, or by an explicit script.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::Seed;
use crate::model::ids::{Address, KindName};

/// A method of the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// [`crate::provider::Provider::observe`].
    Observe,
    /// [`crate::provider::Provider::create`].
    Create,
    /// [`crate::provider::Provider::update`].
    Update,
    /// [`crate::provider::Provider::delete`].
    Delete,
    /// [`crate::provider::Provider::discover`].
    Discover,
    /// [`crate::provider::Provider::diagnose`].
    Diagnose,
    /// [`crate::provider::Provider::quotas`].
    Quotas,
}

/// A fault of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The call fails before it has an effect.
    FailBefore,
    /// The call takes effect and its answer is lost.
    LoseAnswer,
    /// The call is refused because there were too many.
    Throttle,
    /// The call takes this much virtual time more.
    Delay(Duration),
    /// The answer is lost, and the call takes effect only after this much virtual time.
    LateEffect(Duration),
    /// An observation shows what was there before the last change, if that came less than 30 seconds ago.
    StaleRead,
    /// The created object is not seen for this much virtual time, neither by looks nor by searches.
    Unseen(Duration),
    /// The created object stays pending for ever.
    StuckCreate,
    /// AWS has no capacity.
    Capacity,
    /// The process dies before the call: it has no effect, and nothing of the run goes on. See [`super::crash`].
    KillBefore,
    /// The process dies after the call took effect, before its answer comes.
    KillAfter,
}

impl Fault {
    /// Returns true if the call takes effect.
    pub(super) fn lets_through(self) -> bool {
        !matches!(self, Self::FailBefore | Self::Throttle | Self::Capacity | Self::KillBefore)
    }

    /// Returns true if the fault can strike a call of this method.
    #[must_use]
    pub fn fits(self, method: Method) -> bool {
        match self {
            Self::StaleRead => method == Method::Observe,
            Self::StuckCreate | Self::Unseen(_) => method == Method::Create,
            Self::LateEffect(_) => matches!(method, Method::Create | Method::Update | Method::Delete),
            Self::Capacity => matches!(method, Method::Create | Method::Update),
            _ => true,
        }
    }
}

/// One fault and the calls that it strikes: those that pass every filter.
#[derive(Debug, Clone)]
pub struct FaultRule {
    fault: Fault,
    method: Option<Method>,
    kind: Option<KindName>,
    node: Option<String>,
    nth: Option<u64>,
    probability: f64,
    times: u64,
}

impl FaultRule {
    /// A fault that strikes every call that it can strike.
    #[must_use]
    pub fn new(fault: Fault) -> Self {
        Self { fault, method: None, kind: None, node: None, nth: None, probability: 1.0, times: u64::MAX }
    }

    /// Only in this method.
    #[must_use]
    pub fn on(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// Only for this kind.
    #[must_use]
    pub fn kind(mut self, kind: KindName) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Only for nodes of this id.
    #[must_use]
    pub fn node(mut self, node: impl Into<String>) -> Self {
        self.node = Some(node.into());
        self
    }

    /// Only the `n`-th call that passes the other filters, counted from 1.
    #[must_use]
    pub fn nth(mut self, n: u64) -> Self {
        self.nth = Some(n);
        self
    }

    /// Only with this probability, 0 to 1. The seed decides, for each attempt of each call by itself, so that the
    /// same calls meet the same faults in whatever order they run.
    #[must_use]
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = probability;
        self
    }

    /// At most so often.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }
}

/// The faults of a simulated cloud.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    rules: Vec<FaultRule>,
}

impl Faults {
    /// No faults.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Every fault that a retry gets over, each with this probability a call.
    #[must_use]
    pub fn random(probability: f64) -> Self {
        let faults = [
            Fault::FailBefore,
            Fault::LoseAnswer,
            Fault::Throttle,
            Fault::Delay(Duration::from_secs(3)),
            Fault::StaleRead,
        ];
        Self { rules: faults.map(|fault| FaultRule::new(fault).probability(probability)).to_vec() }
    }

    /// With one more rule; the first that strikes counts.
    #[must_use]
    pub fn with(mut self, rule: FaultRule) -> Self {
        self.rules.push(rule);
        self
    }
}

/// The rules with what has happened so far.
#[derive(Debug)]
pub(super) struct FaultState {
    seed: Seed,
    faults: Faults,
    matched: Vec<u64>,
    struck: Vec<u64>,
    attempts: BTreeMap<(Method, String), u64>,
}

impl FaultState {
    pub(super) fn new(seed: Seed, faults: Faults) -> Self {
        let zeros = vec![0; faults.rules.len()];
        Self { seed, faults, matched: zeros.clone(), struck: zeros, attempts: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, rule: FaultRule) {
        self.faults.rules.push(rule);
        self.matched.push(0);
        self.struck.push(0);
    }

    /// Other rules from now on. The attempts are counted on, so that the same call does not meet the same fault again.
    pub(super) fn replace(&mut self, faults: Faults) {
        let zeros = vec![0; faults.rules.len()];
        (self.faults, self.matched, self.struck) = (faults, zeros.clone(), zeros);
    }

    /// The fault that this call meets.
    pub(super) fn decide(&mut self, method: Method, subject: Option<(&KindName, &Address)>) -> Option<Fault> {
        if self.faults.rules.is_empty() {
            return None;
        }
        let label = subject.map(|(kind, address)| format!("{kind} {address}")).unwrap_or_default();
        let attempt = self.attempts.entry((method, label.clone())).or_default();
        *attempt += 1;
        let attempt = attempt.to_string();
        for (index, rule) in self.faults.rules.iter().enumerate() {
            let passes = rule.fault.fits(method)
                && rule.method.is_none_or(|only| only == method)
                && rule.kind.as_ref().is_none_or(|only| subject.is_some_and(|(kind, _)| kind == only))
                && rule.node.as_ref().is_none_or(|only| subject.is_some_and(|(_, at)| at.node.as_str() == only));
            if !passes {
                continue;
            }
            self.matched[index] += 1;
            let rule_label = index.to_string();
            let strikes = rule.nth.is_none_or(|nth| nth == self.matched[index])
                && self.struck[index] < rule.times
                && (rule.probability >= 1.0
                    || self.seed.unit(&["fault", &rule_label, &format!("{method:?}"), &label, &attempt])
                        < rule.probability);
            if strikes {
                self.struck[index] += 1;
                return Some(rule.fault);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(node: &str) -> Address {
        Address { tenant: "acme".parse().unwrap(), environment: "dev".parse().unwrap(), node: node.parse().unwrap() }
    }

    fn drawn(seed: u64, nodes: &[&str]) -> Vec<(String, Option<Fault>)> {
        let kind = "rds:DBInstance".parse().unwrap();
        let mut state = FaultState::new(Seed(seed), Faults::random(0.2));
        let mut drawn: Vec<_> = nodes
            .iter()
            .map(|node| ((*node).to_owned(), state.decide(Method::Create, Some((&kind, &address(node))))))
            .collect();
        drawn.sort_by(|a, b| a.0.cmp(&b.0));
        drawn
    }

    #[test]
    fn the_order_of_calls_does_not_change_their_faults() {
        assert_eq!(drawn(5, &["a", "b", "c", "d", "e", "f"]), drawn(5, &["f", "c", "e", "a", "b", "d"]));
        assert_ne!(drawn(5, &["a", "b", "c", "d", "e", "f"]), drawn(6, &["a", "b", "c", "d", "e", "f"]));
    }

    #[test]
    fn other_rules_begin_to_count_anew() {
        let kind = "rds:DBInstance".parse().unwrap();
        let second = || Faults::none().with(FaultRule::new(Fault::Throttle).nth(2));
        let mut state = FaultState::new(Seed(0), second());
        let strikes = |state: &mut FaultState| state.decide(Method::Create, Some((&kind, &address("db")))).is_some();
        assert_eq!([strikes(&mut state), strikes(&mut state)], [false, true]);
        state.replace(second());
        assert_eq!([strikes(&mut state), strikes(&mut state)], [false, true]);
        state.replace(Faults::none());
        assert!(!strikes(&mut state));
    }

    #[test]
    fn a_script_strikes_the_call_that_it_names_and_no_other() {
        let kind = "rds:DBInstance".parse().unwrap();
        let rule = FaultRule::new(Fault::LoseAnswer).on(Method::Create).node("db").nth(2);
        let mut state = FaultState::new(Seed(0), Faults::none().with(rule));
        let mut strikes = |method, node| state.decide(method, Some((&kind, &address(node)))).is_some();
        assert!(!strikes(Method::Create, "db"));
        assert!(!strikes(Method::Update, "db"));
        assert!(!strikes(Method::Create, "cache"));
        assert!(strikes(Method::Create, "db"));
        assert!(!strikes(Method::Create, "db"));
    }
}
