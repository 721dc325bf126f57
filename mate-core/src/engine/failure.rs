//! The failure of a run.

use std::fmt;

use crate::model::ids::{KindName, NodeId, TenantKey};
use crate::provider::{Diagnosis, ProviderError};
use crate::state::StoreError;
use crate::vocab::OpId;

/// One operation that failed: which object, which call, why, and what next.
#[derive(Debug)]
#[non_exhaustive]
pub struct Failure {
    /// The operation: node, verb and physical name.
    pub operation: OpId,
    /// The kind.
    pub kind: KindName,
    /// The reason of the failure.
    pub reason: String,
    /// The call that failed, where one did.
    pub error: Option<ProviderError>,
    /// The cloud's findings about the object.
    pub diagnoses: Vec<Diagnosis>,
    /// The next step to take.
    pub advice: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The cloud often says of it what the failure itself says: each is told once.
        let says_more = |finding: &str| finding.contains(&self.reason);
        let told = self.diagnoses.iter().map(|diagnosis| diagnosis.finding.as_str()).find(|finding| says_more(finding));
        let reason = told.unwrap_or(&self.reason);
        write!(f, "to {} ({} `{}`): {reason}", self.operation, self.kind, self.operation.name)?;
        for diagnosis in &self.diagnoses {
            if reason.contains(&diagnosis.finding) {
                if let Some(advice) = &diagnosis.advice {
                    write!(f, " ({advice})")?;
                }
                continue;
            }
            write!(f, "; {}", diagnosis.finding)?;
            if let Some(advice) = &diagnosis.advice {
                write!(f, " ({advice})")?;
            }
        }
        write!(f, ". Next: {}", self.advice)
    }
}

/// A run that did not reach its end. What it did is in the record: a new plan goes on from there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// Operations failed; their dependents were not begun, everything else was done.
    #[error("{} of {total} operations of {key} failed, {} were not begun: {}", failures.len(), skipped.len(), Lines(failures))]
    Failed {
        /// The tenant.
        key: TenantKey,
        /// The operations that failed.
        failures: Vec<Failure>,
        /// The nodes that were not begun because of the failures.
        skipped: Vec<NodeId>,
        /// All operations of the run.
        total: usize,
    },
    /// The caller cancelled.
    #[error(
        "the run of {key} was cancelled after {done} of {total} operations; resume it to go on from there, or unwind it"
    )]
    Cancelled {
        /// The tenant.
        key: TenantKey,
        /// Operations that were done.
        done: usize,
        /// All operations of the run.
        total: usize,
    },
    /// The time that the run may take was over.
    #[error(
        "the run of {key} was stopped at its deadline after {done} of {total} operations; resume it to go on from there"
    )]
    Deadline {
        /// The tenant.
        key: TenantKey,
        /// Operations that were done.
        done: usize,
        /// All operations of the run.
        total: usize,
    },
    /// The record could not be written, or the lease was lost; no further request was sent.
    #[error("the run of {key} stopped because its record could not be written{}", UnderWay(in_flight))]
    Store {
        /// The tenant.
        key: TenantKey,
        /// The operations with a request on the wire at that moment, which may take effect all the same; those of a provider
        /// that does not tell ([`Sending`](crate::rate::Sending)) too.
        in_flight: Vec<OpId>,
        /// The cause.
        #[source]
        source: StoreError,
    },
    /// A destroy ended with objects of the tenant still there.
    #[error("{} objects that carry the tags of {key} are still there: {}", left.len(), left.join(", "))]
    LeftOver {
        /// The tenant.
        key: TenantKey,
        /// Their ARNs.
        left: Vec<String>,
    },
    /// The sweep after a destroy could not be made.
    #[error("the sweep by tags of {key} failed; its record is kept")]
    Sweep {
        /// The tenant.
        key: TenantKey,
        /// The cause.
        #[source]
        source: Box<ProviderError>,
    },
}

impl RunError {
    /// The operations with a request on the wire when the run stopped, which may take effect all the same.
    #[must_use]
    pub fn in_flight(&self) -> &[OpId] {
        match self {
            Self::Store { in_flight, .. } => in_flight,
            _ => &[],
        }
    }
}

struct UnderWay<'a>(&'a [OpId]);

impl fmt::Display for UnderWay<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, operation) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { "; requests were under way and may take effect, to " } else { ", " })?;
            write!(f, "{operation}")?;
        }
        Ok(())
    }
}

struct Lines<'a>(&'a [Failure]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, failure) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{failure}")?;
        }
        Ok(())
    }
}
