//! A lifecycle event, as it follows from an entry of the log.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::ids::TenantKey;
use crate::state::{LogEntry, LogEvent, RunResult};

/// Something that happened to a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifecycleEvent {
    /// The same whenever the event comes again, and no other event's: environment, tenant, number in the log, and the beginning
    /// of the entry's hash.
    pub id: String,
    /// The tenant.
    pub tenant: TenantKey,
    /// Its number in the log of the tenant: events come in this order.
    pub seq: u64,
    /// The time, in seconds of the Unix epoch.
    pub at: i64,
    /// The verb: `provision`, `update`, `destroy`, …
    pub verb: String,
    /// The outcome.
    pub kind: LifecycleKind,
    /// The actor.
    pub actor: String,
    /// The reason, in the actor's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// More about it, such as the tier.
    pub detail: BTreeMap<String, String>,
}

/// The outcome of a verb.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LifecycleKind {
    /// It was begun, or begun again.
    Begun,
    /// It reached its end.
    Succeeded,
    /// It did not.
    Failed {
        /// The reason.
        reason: String,
    },
    /// It was stopped: by its caller, or at its deadline.
    Stopped,
    /// The lease of its run was taken away.
    Unlocked,
}

impl LifecycleKind {
    /// In one word: `begun`, `succeeded`, `failed`, `stopped`, `unlocked`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Succeeded => "succeeded",
            Self::Failed { .. } => "failed",
            Self::Stopped => "stopped",
            Self::Unlocked => "unlocked",
        }
    }
}

impl From<&LogEntry> for LifecycleEvent {
    fn from(entry: &LogEntry) -> Self {
        let hash: String = entry.hash.chars().take(16).collect();
        Self {
            id: format!("{}/{}/{hash}", entry.tenant, entry.seq),
            tenant: entry.tenant.clone(),
            seq: entry.seq,
            at: entry.at,
            verb: entry.verb.to_string(),
            kind: match &entry.what {
                LogEvent::Begun => LifecycleKind::Begun,
                LogEvent::Ended(RunResult::Succeeded) => LifecycleKind::Succeeded,
                LogEvent::Ended(RunResult::Failed { reason }) => LifecycleKind::Failed { reason: reason.clone() },
                LogEvent::Ended(RunResult::Cancelled | RunResult::Overdue) => LifecycleKind::Stopped,
                LogEvent::Unlocked { .. } => LifecycleKind::Unlocked,
            },
            actor: entry.actor.clone(),
            reason: entry.reason.clone(),
            detail: entry.detail.clone(),
        }
    }
}
