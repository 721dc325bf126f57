//! The exposure of a service through the load balancer.

use std::fmt;
use std::str::FromStr;

use super::error::InvalidValue;
use super::values::{
    CheckIntervalSeconds, CheckThreshold, DrainSeconds, NumberValue, StickySeconds, TextValue, text_value,
};

text_value!(
    /// A path pattern of a listener's rule: `/api/*`.
    PathPattern, "a path pattern", "a path of up to 128 characters starting with /, with * and ? as wildcards", |text| {
        text.starts_with('/')
            && text.len() <= 128
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.$/~\"'@:+&()!,;=*?".contains(&b))
    }
);
text_value!(
    /// The path of a health check: `/health`.
    HealthPath, "the path of a health check", "a path of up to 1024 printable characters starting with /", |text| {
        text.starts_with('/') && text.len() <= 1024 && text.bytes().all(|b| b.is_ascii_graphic())
    }
);
text_value!(
    /// The answers that count as healthy: `200,301,302` or `200-299`.
    HealthMatcher, "a matcher of answers", "codes of 200 to 499, such as 200,301,302 or 200-299", |text| {
        let code = |code: &str| {
            (code.len() == 3).then(|| code.parse::<u16>().ok()).flatten().filter(|code| (200..=499).contains(code))
        };
        text.split(',').all(|part| match part.split_once('-') {
            None => code(part).is_some(),
            Some((from, to)) => matches!((code(from), code(to)), (Some(from), Some(to)) if from < to),
        })
    }
);

/// The port of a listener of the load balancer: 443 or another one with the same certificate. 80 is not among them:
/// it sends everybody to 443.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenerPort(u16);

impl ListenerPort {
    /// 443, the default.
    pub const HTTPS: Self = Self(443);

    /// Takes the port.
    ///
    /// # Errors
    /// [`InvalidValue`] for 0 and for 80.
    pub fn new(port: u16) -> Result<Self, InvalidValue> {
        Self::parse(port.into()).ok_or_else(|| InvalidValue {
            what: Self::WHAT,
            allowed: Self::allowed(),
            given: port.to_string(),
        })
    }

    /// The port.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl NumberValue for ListenerPort {
    const WHAT: &'static str = "a port for a listener";
    const PROBLEM: &'static str = "is not a port for a listener";

    fn parse(number: i128) -> Option<Self> {
        u16::try_from(number).ok().filter(|port| !matches!(port, 0 | 80)).map(Self)
    }

    fn allowed() -> String {
        "1 to 65535 without 80, which redirects to 443".to_owned()
    }
}

/// The health check by the load balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HealthCheck {
    /// The path asked for.
    pub path: HealthPath,
    /// The answers that count as healthy; `200` by default.
    pub matcher: Option<HealthMatcher>,
    /// Time between checks; 30 s by default.
    pub interval: Option<CheckIntervalSeconds>,
    /// Good checks until healthy; 2 by default.
    pub healthy_threshold: Option<CheckThreshold>,
    /// Bad checks until unhealthy; 2 by default.
    pub unhealthy_threshold: Option<CheckThreshold>,
}

impl HealthCheck {
    /// A check of `path`.
    #[must_use]
    pub fn new(path: HealthPath) -> Self {
        Self { path, matcher: None, interval: None, healthy_threshold: None, unhealthy_threshold: None }
    }

    /// Sets the answers that count as healthy.
    #[must_use]
    pub fn with_matcher(mut self, matcher: HealthMatcher) -> Self {
        self.matcher = Some(matcher);
        self
    }

    /// Sets the time between checks.
    #[must_use]
    pub fn with_interval(mut self, seconds: CheckIntervalSeconds) -> Self {
        self.interval = Some(seconds);
        self
    }

    /// Sets how many good checks make healthy, and how many bad ones unhealthy.
    #[must_use]
    pub fn with_thresholds(mut self, healthy: CheckThreshold, unhealthy: CheckThreshold) -> Self {
        self.healthy_threshold = Some(healthy);
        self.unhealthy_threshold = Some(unhealthy);
        self
    }
}

/// The exposure of a service through the load balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exposure {
    /// The listener; 443 by default.
    pub listener: Option<ListenerPort>,
    /// The paths that go to this service, up to five; empty for everything that no other service takes.
    pub paths: Vec<PathPattern>,
    /// The health check.
    pub health: HealthCheck,
    /// The deregistration delay, for which a target is drained; 30 s by default.
    pub deregistration_delay: Option<DrainSeconds>,
    /// The duration of stickiness, for which a client stays with its target; none by default.
    pub stickiness: Option<StickySeconds>,
}

impl Exposure {
    /// Most path patterns of one service: a rule of a load balancer takes five values.
    pub const MOST_PATHS: usize = 5;

    /// Everything that no other service of the same listener takes.
    #[must_use]
    pub fn everything(health: HealthCheck) -> Self {
        Self { listener: None, paths: Vec::new(), health, deregistration_delay: None, stickiness: None }
    }

    /// These paths.
    #[must_use]
    pub fn paths(paths: impl IntoIterator<Item = PathPattern>, health: HealthCheck) -> Self {
        Self { paths: paths.into_iter().collect(), ..Self::everything(health) }
    }

    /// Sets the listener.
    #[must_use]
    pub fn with_listener(mut self, port: ListenerPort) -> Self {
        self.listener = Some(port);
        self
    }

    /// Sets how long a target is drained for.
    #[must_use]
    pub fn with_deregistration_delay(mut self, seconds: DrainSeconds) -> Self {
        self.deregistration_delay = Some(seconds);
        self
    }

    /// Keeps a client with its target.
    #[must_use]
    pub fn with_stickiness(mut self, seconds: StickySeconds) -> Self {
        self.stickiness = Some(seconds);
        self
    }

    /// The listener, 443 unless set.
    #[must_use]
    pub fn listener_port(&self) -> ListenerPort {
        self.listener.unwrap_or(ListenerPort::HTTPS)
    }
}
