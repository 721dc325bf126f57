//! The log of a tenant: who did what, when, why, by which plan, and with what result. Each entry holds the hash of the one
//! before it. Pure; a store keeps the entries.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ids::TenantKey;
use crate::plan::canonical;

/// What stands in the place of a hash before the first entry.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One entry of a tenant's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Its number, from 1 on, without a gap; it goes on counting across the destruction of the tenant.
    pub seq: u64,
    /// When; seconds of the Unix epoch.
    pub at: i64,
    /// The tenant.
    pub tenant: TenantKey,
    /// Who.
    pub actor: String,
    /// Which verb: `provision`, `update`, `destroy`, `adopt`, `release`, `unwind`, or another one that the plan names.
    pub verb: String,
    /// Why, in the words of who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The digest of the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// The run: the same for every try of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// What happened.
    pub what: LogEvent,
    /// More about it, such as the tier. Never a secret: no value of the model holds one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub detail: BTreeMap<String, String>,
    /// The hash of the entry before this one; [`GENESIS`] in the first.
    pub prev: String,
    /// SHA-256 over everything above as canonical JSON, hex.
    pub hash: String,
}

/// What an entry tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LogEvent {
    /// A run was begun, or begun again.
    Begun,
    /// A run has ended, and how.
    Ended(RunResult),
}

/// How a run ended. One that has none died on the way: the next try of the same run tells how it went on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RunResult {
    /// It reached its end.
    Succeeded,
    /// It did not reach its end.
    Failed {
        /// Why.
        reason: String,
    },
    /// The caller cancelled it.
    Cancelled,
    /// The time that it may take was over.
    Overdue,
}

/// Who does something, and why: it comes with the application of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Who.
    pub actor: String,
    /// Which verb.
    pub verb: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What an entry says, before it has its place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogDraft {
    /// When; seconds of the Unix epoch.
    pub at: i64,
    /// Who, which verb, and why.
    pub intent: Intent,
    /// The digest of the plan.
    pub plan: Option<String>,
    /// The run.
    pub run: Option<String>,
    /// What happened.
    pub what: LogEvent,
    /// More about it.
    pub detail: BTreeMap<String, String>,
}

impl LogEntry {
    /// The entry that comes after `before`, or the first.
    #[must_use]
    pub fn after(before: Option<&Self>, tenant: &TenantKey, draft: LogDraft) -> Self {
        let LogDraft { at, intent, plan, run, what, detail } = draft;
        let mut entry = Self {
            seq: before.map_or(1, |before| before.seq + 1),
            at,
            tenant: tenant.clone(),
            actor: intent.actor,
            verb: intent.verb,
            reason: intent.reason,
            plan,
            run,
            what,
            detail,
            prev: before.map_or_else(|| GENESIS.to_owned(), |before| before.hash.clone()),
            hash: String::new(),
        };
        entry.hash = entry.digest();
        entry
    }

    /// SHA-256 over everything but the hash itself, hex.
    ///
    /// # Panics
    /// Never: every part of an entry has a JSON form.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut value = serde_json::to_value(self).expect("an entry has a JSON form");
        if let Some(fields) = value.as_object_mut() {
            fields.remove("hash");
        }
        hex::encode(Sha256::digest(canonical(&value).to_string()))
    }
}

/// A log that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many entries it has.
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
    /// What is wrong with it.
    pub why: LogFault,
}

/// What is wrong with an entry.
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
        if entry.digest() != entry.hash {
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

    /// Forgets what the store's log holds by now, but for the last entry.
    pub(crate) fn prune(&mut self) {
        let surplus = self.entries.len().saturating_sub(1);
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(tenant: &str) -> TenantKey {
        TenantKey::new("dev".parse().unwrap(), tenant.parse().unwrap())
    }

    fn draft(at: i64) -> LogDraft {
        let intent = Intent { actor: "alice".into(), verb: "update".into(), reason: Some("ticket 4711".into()) };
        let what = if at % 2 == 0 { LogEvent::Begun } else { LogEvent::Ended(RunResult::Succeeded) };
        LogDraft { at, intent, plan: Some("p".into()), run: Some("r".into()), what, detail: BTreeMap::new() }
    }

    fn log(length: usize) -> Vec<LogEntry> {
        let mut entries: Vec<LogEntry> = Vec::new();
        for at in 0..length {
            let next = LogEntry::after(entries.last(), &key("clinic"), draft(at.try_into().unwrap()));
            entries.push(next);
        }
        entries
    }

    fn fault(entries: &[LogEntry]) -> Option<(u64, LogFault)> {
        verify(&key("clinic"), entries).err().map(|broken| (broken.seq, broken.why))
    }

    #[test]
    fn an_empty_log_and_a_whole_one_are_verified() {
        assert_eq!(verify(&key("clinic"), &[]), Ok(Verified { entries: 0, head: GENESIS.into() }));
        let entries = log(5);
        assert_eq!(verify(&key("clinic"), &entries), Ok(Verified { entries: 5, head: entries[4].hash.clone() }));
    }

    #[test]
    fn what_was_cut_off_in_the_store_is_seen_by_the_record() {
        let entries = log(5);
        let tail = LogTail { entries: entries[3..].to_vec() };
        assert_eq!(verify_with(&key("clinic"), &entries, &tail).unwrap().entries, 5);
        assert_eq!(verify_with(&key("clinic"), &entries[..3], &tail).unwrap().entries, 5, "it is not in the store yet");
        let broken = verify_with(&key("clinic"), &entries[..2], &tail).unwrap_err();
        assert_eq!((broken.seq, broken.why), (3, LogFault::Missing));
        let mut other = entries[..4].to_vec();
        other[3].actor = "mallory".into();
        other[3].hash = other[3].digest();
        let broken = verify_with(&key("clinic"), &other, &tail).unwrap_err();
        assert_eq!((broken.seq, broken.why), (4, LogFault::Other));
    }

    #[test]
    fn a_log_of_another_tenant_is_not_taken_for_this_ones() {
        let broken = verify(&key("ward"), &log(2)).unwrap_err();
        assert_eq!(broken.to_string(), "the log of dev/ward is broken at entry 1: it is of another tenant");
    }

    #[test]
    fn an_entry_that_was_changed_and_hashed_anew_is_seen_at_the_next() {
        let mut entries = log(3);
        entries[1].actor = "mallory".into();
        entries[1].hash = entries[1].digest();
        assert_eq!(fault(&entries), Some((3, LogFault::Unlinked)));
    }

    #[test]
    fn what_the_store_holds_is_forgotten_but_for_the_head() {
        let mut tail = LogTail::default();
        for at in 0..4 {
            tail.add(&key("clinic"), draft(at));
        }
        let last = tail.last().cloned();
        tail.prune();
        assert_eq!((tail.entries().len(), tail.seq()), (1, 4));
        tail.add(&key("clinic"), draft(9));
        assert_eq!(
            (tail.entries()[0].clone(), tail.entries()[1].prev.clone()),
            (last.clone().unwrap(), last.unwrap().hash)
        );
    }

    proptest! {
        #[test]
        fn an_entry_that_was_changed_is_found(length in 1_usize..8, at in 0_usize..8, field in 0_usize..9) {
            let mut entries = log(length);
            let at = at % length;
            let entry = &mut entries[at];
            match field {
                0 => entry.at += 1,
                1 => entry.actor.push('x'),
                2 => entry.verb.push('x'),
                3 => entry.reason = None,
                4 => entry.plan = Some("another".into()),
                5 => entry.run = None,
                6 => entry.what = LogEvent::Ended(RunResult::Cancelled),
                7 => drop(entry.detail.insert("tier".into(), "trial".into())),
                _ => entry.prev = "f".repeat(64),
            }
            prop_assert_eq!(fault(&entries), Some((at as u64 + 1, LogFault::Changed)));
        }

        #[test]
        fn an_entry_that_is_missing_is_found(length in 2_usize..8, at in 0_usize..8) {
            let mut entries = log(length);
            // The last one's absence shows against the head alone.
            let at = at % (length - 1);
            entries.remove(at);
            prop_assert_eq!(fault(&entries), Some((at as u64 + 1, LogFault::Missing)));
        }

        #[test]
        fn entries_that_were_swapped_are_found(length in 2_usize..8, a in 0_usize..8, b in 0_usize..8) {
            let (a, b) = (a % length, b % length);
            prop_assume!(a != b);
            let mut entries = log(length);
            entries.swap(a, b);
            prop_assert_eq!(fault(&entries), Some((a.min(b) as u64 + 1, LogFault::Missing)));
        }

        #[test]
        fn what_was_cut_off_shows_in_the_head(length in 1_usize..8, cut in 0_usize..8) {
            let entries = log(length);
            let rest = verify(&key("clinic"), &entries[..cut % length]).unwrap();
            prop_assert_ne!(rest.head, verify(&key("clinic"), &entries).unwrap().head);
        }

        #[test]
        fn an_entry_is_read_as_it_was_written(text in ".*", at in any::<i64>()) {
            let mut draft = draft(0);
            draft.at = at;
            draft.intent.reason = Some(text.clone());
            draft.what = LogEvent::Ended(RunResult::Failed { reason: text });
            let entry = LogEntry::after(None, &key("clinic"), draft);
            let read: LogEntry = serde_json::from_str(&serde_json::to_string(&entry).unwrap()).unwrap();
            prop_assert_eq!(fault(std::slice::from_ref(&read)), None);
            prop_assert_eq!(read, entry);
        }
    }
}
