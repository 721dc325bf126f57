//! The log of a tenant: who does what and why, what was done, and whether the log is whole.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::desk::Desk;
use super::{Error, Mate};
use crate::model::ids::TenantKey;
use crate::plan::Plan;
use crate::state::{self, Intent, Lease, LogEntry, LogEvent, LogTail, Record, Verified};
use crate::vocab::{Consents, Goal, TenantVerb};

/// The number of entries that are read at once.
const PAGE: usize = 500;

impl Mate {
    /// This client on behalf of somebody: everything that is done through it is theirs in the log. Without it the actor is
    /// the owner that the client was built with.
    ///
    /// `mate.by("alice@example.com").because("ticket 4711").provision(&spec)`
    #[must_use]
    pub fn by(&self, actor: impl Into<String>) -> Self {
        let mut inner = (*self.inner).clone();
        inner.desk.actor = Some(actor.into());
        Self { inner: Arc::new(inner) }
    }

    /// This client for a reason, which the log tells with everything that is done through it. It must hold no secret.
    #[must_use]
    pub fn because(&self, reason: impl Into<String>) -> Self {
        let mut inner = (*self.inner).clone();
        inner.desk.reason = Some(reason.into());
        Self { inner: Arc::new(inner) }
    }
}

impl Desk {
    /// The actor of a plan, its verb, and the reason.
    pub(super) fn intent(&self, plan: &Plan, record: &Record) -> Intent {
        let interrupted = record.run.as_ref().filter(|run| run.goal == plan.goal).and_then(|run| run.intent.verb);
        let verb = plan.verb.or(interrupted).unwrap_or(match plan.goal {
            Goal::Apply if record.spec_digest.is_empty() => TenantVerb::Provision,
            Goal::Apply => TenantVerb::Update,
            Goal::Destroy => TenantVerb::Destroy,
            Goal::Adopt => TenantVerb::Adopt,
            Goal::Disown => TenantVerb::Disown,
            Goal::Unwind => TenantVerb::Unwind,
            Goal::Amend => TenantVerb::Amend,
        });
        Intent {
            actor: self.actor.clone().unwrap_or_else(|| self.owner.clone()),
            verb: Some(verb),
            reason: self.reason.clone(),
        }
    }

    /// Adds the beginning of the run to the log; it becomes durable with the first write of the record.
    pub(super) async fn tell_begin(&self, record: &mut Record, plan: &Plan, lease: &Lease) -> Result<bool, Error> {
        if record.log.is_empty() {
            record.log = LogTail::of(self.store.last_logged(&record.key).await?);
        } else {
            match self.store.append(lease, record.log.entries()).await {
                Ok(()) => record.log.prune(),
                // A log that cannot be written keeps nobody from working at the tenant: its entries stay in the record.
                Err(error) => {
                    tracing::warn!(target: "mate::log", %error, key = %record.key, "the log was not written yet");
                }
            }
        }
        let unlocked = self.store.lease(&record.key).await?.unlocked;
        let forced = unlocked.last().is_some_and(|last| last.fence + 1 == lease.fence);
        record.note_unlocked(&unlocked, lease.fence);
        let Some(run) = &record.run else { return Ok(forced) };
        let mut detail = BTreeMap::from([("summary".to_owned(), plan.headline())]);
        let tier = [&plan.after.summary.tier, &record.summary.tier].into_iter().find(|tier| !tier.is_empty());
        detail.extend(tier.map(|tier| ("tier".to_owned(), tier.clone())));
        let release = plan.after.operating.release.as_ref().filter(|_| plan.goal == Goal::Apply);
        detail.extend(release.map(|release| ("release".to_owned(), release.number.to_string())));
        if run.tries > 1 {
            detail.insert("try".to_owned(), run.tries.to_string());
        }
        if run.consents != Consents::none() {
            let consents = serde_json::to_string(&run.consents).expect("consents have a JSON form");
            detail.insert("consents".to_owned(), consents);
        }
        record.note(self.provider.clock().unix_seconds(), LogEvent::Begun, detail);
        Ok(forced)
    }

    /// The store's log, and what the record holds of it beyond that.
    pub(crate) async fn log_after(&self, key: &TenantKey, after: u64) -> Result<(Vec<LogEntry>, LogTail), Error> {
        // The record first: what it holds now may be in the log by then, and is in one of the two for sure.
        let tail = self.store.get(key).await?.map(|record| record.log).unwrap_or_default();
        let mut entries: Vec<LogEntry> = Vec::new();
        loop {
            let page = self.store.log(key, entries.last().map_or(after, |last| last.seq), PAGE).await?;
            if page.is_empty() {
                return Ok((entries, tail));
            }
            entries.extend(page);
        }
    }

    pub(super) async fn history(&self, key: &TenantKey) -> Result<Vec<LogEntry>, Error> {
        let (mut entries, tail) = self.log_after(key, 0).await?;
        let end = entries.last().map_or(0, |last| last.seq);
        entries.extend(tail.entries().iter().filter(|entry| entry.seq > end).cloned());
        Ok(entries)
    }

    pub(super) async fn verify(&self, key: &TenantKey) -> Result<Verified, Error> {
        let (entries, tail) = self.log_after(key, 0).await?;
        Ok(state::verify_with(key, &entries, &tail)?)
    }
}
