//! The log of a tenant: actor, verb, time, reason, plan, and result of each change. Each entry holds the hash of the one
//! before it. Pure; a store keeps the entries.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Unlocked;
use crate::model::canonical;
use crate::model::ids::TenantKey;
use crate::vocab::TenantVerb;

/// The placeholder for the hash of the entry before the first.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One entry of a tenant's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Its number, from 1 on, without a gap; it goes on counting across the destruction of the tenant.
    pub seq: u64,
    /// The time, in seconds of the Unix epoch.
    pub at: i64,
    /// The tenant.
    pub tenant: TenantKey,
    /// The actor.
    pub actor: String,
    /// The verb.
    pub verb: TenantVerb,
    /// The reason, in the actor's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The digest of the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// The run: the same for every try of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// The fencing token of the lease under which it was written; 0 in entries of earlier versions.
    #[serde(default, skip_serializing_if = "is_none")]
    pub fence: u64,
    /// The event.
    pub what: LogEvent,
    /// More about it, such as the tier. Never a secret: no value of the model holds one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub detail: BTreeMap<String, String>,
    /// The hash of the entry before this one; [`GENESIS`] in the first.
    pub prev: String,
    /// SHA-256 over everything above as canonical JSON, hex.
    pub hash: String,
}

fn is_none(fence: &u64) -> bool {
    *fence == 0
}

/// The event that an entry records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LogEvent {
    /// A run was begun, or begun again.
    Begun,
    /// A run has ended, and how.
    Ended(RunResult),
    /// A lease was taken away from its holder; told by the next run, under a lease of its own.
    Unlocked {
        /// The former holder.
        owner: String,
        /// Its fencing token.
        lease: u64,
    },
}

/// The end of a run. A run that has none died on the way: the next try of the same run tells how it went on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RunResult {
    /// It reached its end.
    Succeeded,
    /// It did not reach its end.
    Failed {
        /// The reason.
        reason: String,
    },
    /// The caller cancelled it.
    Cancelled,
    /// The time that it may take was over.
    Overdue,
}

/// The actor of a change, its verb and its reason: they come with the application of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The actor.
    pub actor: String,
    /// The verb; none in a record of a version that did not keep it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "verb")]
    pub verb: Option<TenantVerb>,
    /// The reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The verb of a record. Earlier versions wrote an empty text where they knew none.
fn verb<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<TenantVerb>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    serde_json::from_value(text.into()).map(Some).map_err(serde::de::Error::custom)
}

/// The contents of an entry, before it has its place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogDraft {
    /// The time, in seconds of the Unix epoch.
    pub at: i64,
    /// The actor, the verb, and the reason.
    pub intent: Intent,
    /// The digest of the plan.
    pub plan: Option<String>,
    /// The run.
    pub run: Option<String>,
    /// The fencing token of the lease.
    pub fence: u64,
    /// The event.
    pub what: LogEvent,
    /// More about it.
    pub detail: BTreeMap<String, String>,
}

impl LogEntry {
    /// The entry that comes after `before`, or the first.
    #[must_use]
    pub fn after(before: Option<&Self>, tenant: &TenantKey, draft: LogDraft) -> Self {
        let LogDraft { at, intent, plan, run, fence, what, detail } = draft;
        let mut entry = Self {
            seq: before.map_or(1, |before| before.seq + 1),
            at,
            tenant: tenant.clone(),
            actor: intent.actor,
            verb: intent.verb.unwrap_or(TenantVerb::Update),
            reason: intent.reason,
            plan,
            run,
            fence,
            what,
            detail,
            prev: before.map_or_else(|| GENESIS.to_owned(), |before| before.hash.clone()),
            hash: String::new(),
        };
        entry.hash = entry.digest();
        entry
    }

    /// Returns true if the entry records that a run reached its end.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.what == LogEvent::Ended(RunResult::Succeeded)
    }

    /// Returns true if the entry is about a run.
    fn is_of_a_run(&self) -> bool {
        !matches!(self.what, LogEvent::Unlocked { .. })
    }

    /// SHA-256 over everything but the hash itself, hex.
    ///
    /// # Panics
    /// Never: every part of an entry has a JSON form.
    #[must_use]
    pub fn digest(&self) -> String {
        self.digest_with(self.verb.word())
    }

    fn digest_with(&self, verb: &str) -> String {
        let mut value = serde_json::to_value(self).expect("an entry has a JSON form");
        if let Some(fields) = value.as_object_mut() {
            fields.remove("hash");
            fields.insert("verb".to_owned(), verb.into());
        }
        hex::encode(Sha256::digest(canonical(&value).to_string()))
    }

    /// Returns true if the entry is as it was written: in the words of this version, or in those of an earlier one.
    fn is_as_written(&self) -> bool {
        self.digest() == self.hash || self.verb == TenantVerb::Disown && self.digest_with("release") == self.hash
    }
}

/// A log that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The number of its entries.
    pub entries: u64,
    /// The hash of the last one; [`GENESIS`] for an empty log. To be kept elsewhere by who does not trust the store.
    pub head: String,
}

/// A log that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the log of {tenant} is broken at entry {seq}: {why}")]
pub struct LogBroken {
    /// The tenant.
    pub tenant: TenantKey,
    /// The first entry that is wrong.
    pub seq: u64,
    /// The fault.
    pub why: LogFault,
}

/// A fault of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogFault {
    /// Its contents do not fit its hash.
    #[error("it was changed after it was written")]
    Changed,
    /// It is not in its place.
    #[error("it is missing, or out of its place")]
    Missing,
    /// It is another tenant's.
    #[error("it is of another tenant")]
    Foreign,
    /// The record knows another one in its place.
    #[error("the record knows another one in its place")]
    Other,
    /// It does not continue what stands before it.
    #[error("it does not continue the entry before it")]
    Unlinked,
}

/// Verifies the whole log of a tenant, from its first entry on. What was cut off at its end is not seen here: compare
/// the head with what is known of it from elsewhere.
///
/// # Errors
/// [`LogBroken`] at the first entry that was changed, is missing, or stands out of its place.
pub fn verify(tenant: &TenantKey, entries: &[LogEntry]) -> Result<Verified, LogBroken> {
    let mut head = GENESIS;
    for (seq, entry) in (1..).zip(entries) {
        let broken = |why| Err(LogBroken { tenant: tenant.clone(), seq, why });
        if entry.seq != seq {
            return broken(LogFault::Missing);
        }
        if !entry.is_as_written() {
            return broken(LogFault::Changed);
        }
        if entry.tenant != *tenant {
            return broken(LogFault::Foreign);
        }
        if entry.prev != head {
            return broken(LogFault::Unlinked);
        }
        head = &entry.hash;
    }
    Ok(Verified { entries: entries.len() as u64, head: head.to_owned() })
}

/// The end of the log as the record holds it: an entry is written with the change of state that it tells, and brought to the
/// store's log afterwards. The last entry always stays, so that the head is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LogTail {
    entries: Vec<LogEntry>,
}

impl LogTail {
    /// The end of a log that ends with this entry.
    #[must_use]
    pub fn of(last: Option<LogEntry>) -> Self {
        Self { entries: last.into_iter().collect() }
    }

    /// Its entries, in order.
    #[must_use]
    pub fn entries(&self) -> &[LogEntry] {
        &self.entries
    }

    /// The last entry.
    #[must_use]
    pub fn last(&self) -> Option<&LogEntry> {
        self.entries.last()
    }

    /// The last entry that tells of a run.
    pub(crate) fn last_of_a_run(&self) -> Option<&LogEntry> {
        self.entries.iter().rfind(|entry| entry.is_of_a_run())
    }

    /// The leases that were taken away since the last entry was written, by their fencing tokens.
    pub(crate) fn untold<'u>(&self, unlocked: &'u [Unlocked], fence: u64) -> impl Iterator<Item = &'u Unlocked> {
        let told = self.last().map_or(0, |last| last.fence);
        unlocked.iter().filter(move |one| (told..fence).contains(&one.fence))
    }

    /// The number of the last entry; 0 for none.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.last().map_or(0, |last| last.seq)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds an entry.
    pub(crate) fn add(&mut self, tenant: &TenantKey, draft: LogDraft) {
        let entry = LogEntry::after(self.last(), tenant, draft);
        self.entries.push(entry);
    }

    /// Forgets what the store's log holds by now, but for the last entry, and the last one of a run.
    pub(crate) fn prune(&mut self) {
        let last = self.entries.iter().rposition(LogEntry::is_of_a_run);
        let surplus = last.unwrap_or_else(|| self.entries.len().saturating_sub(1));
        self.entries.drain(..surplus);
    }
}

/// Verifies the store's log of a tenant together with the end of it that the record holds: what was cut off in the store is
/// seen by it.
///
/// # Errors
/// [`LogBroken`].
pub fn verify_with(tenant: &TenantKey, stored: &[LogEntry], tail: &LogTail) -> Result<Verified, LogBroken> {
    let stored_entries = verify(tenant, stored)?.entries;
    let mut whole = stored.to_vec();
    for entry in tail.entries() {
        let stands = usize::try_from(entry.seq).ok().and_then(|seq| stored.get(seq.checked_sub(1)?));
        match stands {
            Some(stands) if stands.hash != entry.hash => {
                return Err(LogBroken { tenant: tenant.clone(), seq: entry.seq, why: LogFault::Other });
            }
            Some(_) => {}
            None => whole.push(entry.clone()),
        }
    }
    // The record is pruned only when the store has what went before.
    if let Some(first) = tail.entries().first()
        && first.seq > stored_entries + 1
    {
        return Err(LogBroken { tenant: tenant.clone(), seq: stored_entries + 1, why: LogFault::Missing });
    }
    verify(tenant, &whole)
}

#[cfg(test)]
mod tests;
