//! The health of a tenant: one verdict out of the desired state, the observed state, and the cloud's findings. Pure.
//!
//! The record holds the desired state of a tenant. A tenant that was suspended on purpose has services of which no task is
//! wanted, and is healthy without them.

mod assess;
#[cfg(test)]
mod tests;

pub use assess::{Answers, HealthRequest, assess, questions};

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::ids::{NodeId, TenantKey};

/// The verdict on the health of a tenant or a part of it. A worse verdict is the greater one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Everything that is wanted serves.
    Healthy,
    /// It serves, and something has to be seen to.
    Degraded,
    /// It could not be found out.
    Unknown,
    /// Something that its users need does not serve.
    Unhealthy,
}

impl Verdict {
    /// Its name, as in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unknown => "unknown",
            Self::Unhealthy => "unhealthy",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The health of a tenant or a platform, with the reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Health {
    /// The tenant or the platform.
    pub key: TenantKey,
    /// The worst of all reasons; healthy without one.
    pub verdict: Verdict,
    /// The time of the assessment, in seconds of the Unix epoch.
    pub at: i64,
    /// The number of objects that were looked at.
    pub objects: usize,
    /// The deviations from the desired state, the worst first.
    pub reasons: Vec<HealthReason>,
}

/// A deviation from the desired state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HealthReason {
    /// The verdict that follows from it.
    pub verdict: Verdict,
    /// The issue.
    pub issue: HealthIssue,
    /// The node; none where it is about the whole, or about something that it only uses.
    pub node: Option<NodeId>,
    /// The finding.
    pub text: String,
    /// The next step to take.
    pub next: String,
}

/// The issues that a health assessment can find.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
#[non_exhaustive]
pub enum HealthIssue {
    /// A run was interrupted, or is under way.
    RunUnfinished,
    /// An object is gone, or was not made.
    Missing,
    /// An object is not ours.
    NotOurs,
    /// An object could not be read, or the cloud could not be asked about it.
    NotAnswered,
    /// A service has fewer tasks than are wanted.
    TasksMissing {
        /// The least number of tasks that should run.
        wanted: u64,
    },
    /// Targets fail their health checks.
    UnhealthyTargets,
    /// A deployment does not come to its end.
    DeploymentStuck,
    /// The database is not available.
    DatabaseNotAvailable,
    /// The cache is not available.
    CacheNotAvailable,
    /// Another object is not ready.
    NotReady,
    /// Storage is nearly full.
    StorageNearlyFull,
    /// Maintenance waits.
    PendingMaintenance,
    /// A certificate ends soon, or has ended.
    CertificateEnds {
        /// The number of days until its end; negative where it has ended.
        days: i64,
    },
}

impl Health {
    /// Returns true if nothing needs attention.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.verdict == Verdict::Healthy
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}, {} objects looked at", self.key, self.verdict, self.objects)?;
        self.reasons.iter().try_for_each(|reason| write!(f, "\n{reason}"))
    }
}

impl fmt::Display for HealthReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.verdict)?;
        if let Some(node) = &self.node {
            write!(f, "{node}: ")?;
        }
        write!(f, "{}\n  next: {}", self.text, self.next)
    }
}
