//! How well a tenant serves: one verdict out of what it should be, what is there, and what the cloud says of it. Pure.
//!
//! What a tenant should be is in its record. One that was suspended on purpose has services of which no task is wanted, and
//! is not ill for having none.

mod assess;
#[cfg(test)]
mod tests;

pub use assess::{Answers, HealthRequest, assess, questions};

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::ids::{NodeId, TenantKey};

/// How well something serves. A worse verdict is the greater one.
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

/// How well a tenant or a platform serves, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Health {
    /// Whose it is.
    pub key: TenantKey,
    /// The worst of all reasons; healthy without one.
    pub verdict: Verdict,
    /// When it was looked; seconds of the Unix epoch.
    pub at: i64,
    /// How many objects were looked at.
    pub objects: usize,
    /// What is not as it should be, the worst first.
    pub reasons: Vec<HealthReason>,
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HealthReason {
    /// What it does to the verdict.
    pub verdict: Verdict,
    /// What is the matter.
    pub issue: HealthIssue,
    /// The node; none where it is about the whole, or about something that it only uses.
    pub node: Option<NodeId>,
    /// What was found.
    pub text: String,
    /// What to do next.
    pub next: String,
}

/// What can be the matter.
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
        /// How many are wanted at least.
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
        /// In how many days; negative where it has.
        days: i64,
    },
}

impl Health {
    /// Whether there is nothing to be seen to.
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
