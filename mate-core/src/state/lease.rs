//! The lease of a tenant: the right to write its record. Pure: the transitions; a store keeps the value beside the record.
//!
//! A lease is for liveness: it keeps two controllers from working at one tenant. The fencing token is for safety: it
//! goes into every write, and a write with any other token than the present holder's is refused, whatever the
//! clocks of the two say.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::ids::TenantKey;

/// A lease that its owner holds. Every write of the record names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The tenant.
    pub key: TenantKey,
    /// The holder: the controller's name and a part that is drawn for each operation.
    pub owner: String,
    /// The fencing token: greater than that of every earlier lease of this tenant, also across its destruction.
    pub fence: u64,
    /// The time at which it ends unless it is renewed, in seconds of the Unix epoch.
    pub expires_at: i64,
}

/// Asks for a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseRequest {
    /// The tenant.
    pub key: TenantKey,
    /// The requester.
    pub owner: String,
    /// The present time by the requester's clock, in seconds of the Unix epoch.
    pub now: i64,
    /// The time that it holds without being renewed; whole seconds, 1 at least.
    pub ttl: Duration,
    /// The holder whose lease is over: the requester has seen it unchanged for its whole time, by its own monotonic clock. None
    /// takes the lease from nobody.
    pub over: Option<Holder>,
}

/// Takes a lease away from its holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlock {
    /// The tenant.
    pub key: TenantKey,
    /// The token of the lease that is taken away, as it was seen: another one is left alone.
    pub fence: u64,
    /// The actor.
    pub by: String,
    /// The reason.
    pub reason: String,
    /// The present time, in seconds of the Unix epoch.
    pub now: i64,
}

/// A lease that was taken away from its holder: the audit entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unlocked {
    /// The token of the lease that was taken away.
    pub fence: u64,
    /// The former holder.
    pub owner: String,
    /// The actor who took it away.
    pub by: String,
    /// The reason.
    pub reason: String,
    /// The time, in seconds of the Unix epoch.
    pub at: i64,
}

/// The holder of a tenant's lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The name of the holder.
    pub owner: String,
    /// The fencing token.
    pub fence: u64,
    /// The time at which the lease ends unless it is renewed, in seconds of the Unix epoch by the holder's clock. It is shown to
    /// people; nothing is decided by it.
    pub expires_at: i64,
    /// The time that it holds without being renewed, in seconds; 0 where an earlier version took it, which did not tell.
    #[serde(default)]
    pub ttl: u64,
    /// The number of its renewals.
    #[serde(default)]
    pub renewals: u64,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` (token {})", self.owner, self.fence)
    }
}

/// The state of a tenant's lease in a store, kept also while nobody holds the lease and when the record is gone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseState {
    /// The greatest token that was ever given.
    pub fence: u64,
    /// The holder of the lease that was given out last; its time may be over.
    pub holder: Option<Holder>,
    /// Leases that were taken away, oldest first: the last [`LeaseState::KEPT`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unlocked: Vec<Unlocked>,
}

impl LeaseState {
    /// The number of audit entries that are kept.
    pub const KEPT: usize = 32;

    /// Gives the lease to the requester, when nobody holds it or the requester has seen that its time is over: the holder is the
    /// one of [`LeaseRequest::over`], and has renewed it no more. No date is compared: the clocks of two machines differ.
    ///
    /// # Errors
    /// The present holder.
    pub fn acquire(&mut self, request: &LeaseRequest) -> Result<Lease, Holder> {
        if let Some(holder) = self.holder.as_ref().filter(|holder| request.over.as_ref() != Some(holder)) {
            return Err(holder.clone());
        }
        self.fence += 1;
        let expires_at = after(request.now, request.ttl);
        let (owner, fence, ttl) = (request.owner.clone(), self.fence, whole(request.ttl));
        self.holder = Some(Holder { owner, fence, expires_at, ttl, renewals: 0 });
        Ok(Lease { key: request.key.clone(), owner: request.owner.clone(), fence: self.fence, expires_at })
    }

    /// Prolongs a lease. One whose time is over is prolonged too, as long as nobody else has taken it.
    ///
    /// # Errors
    /// The present holder, if there is one.
    pub fn renew(&mut self, lease: &Lease, now: i64, ttl: Duration) -> Result<Lease, Option<Holder>> {
        self.admit(lease.fence)?;
        let expires_at = after(now, ttl).max(lease.expires_at);
        if let Some(holder) = &mut self.holder {
            holder.expires_at = expires_at;
            holder.ttl = whole(ttl);
            holder.renewals += 1;
        }
        Ok(Lease { expires_at, ..lease.clone() })
    }

    /// Gives a lease back. One that is somebody else's by now is left alone.
    pub fn release(&mut self, lease: &Lease) {
        if self.admit(lease.fence).is_ok() {
            self.holder = None;
        }
    }

    /// Takes the lease of this token away from its holder, and keeps who did it and why. Its token admits no write
    /// from now on, and is never given again. Answers the entry, or none when that lease is not held any more.
    pub fn unlock(&mut self, unlock: &Unlock) -> Option<Unlocked> {
        self.admit(unlock.fence).ok()?;
        let holder = self.holder.take()?;
        let entry = Unlocked {
            fence: holder.fence,
            owner: holder.owner,
            by: unlock.by.clone(),
            reason: unlock.reason.clone(),
            at: unlock.now,
        };
        self.unlocked.push(entry.clone());
        let surplus = self.unlocked.len().saturating_sub(Self::KEPT);
        self.unlocked.drain(..surplus);
        Some(entry)
    }

    /// Admits a write with this token: only the holder's.
    ///
    /// # Errors
    /// The present holder, if there is one.
    pub fn admit(&self, fence: u64) -> Result<(), Option<Holder>> {
        match &self.holder {
            Some(holder) if holder.fence == fence => Ok(()),
            holder => Err(holder.clone()),
        }
    }
}

/// The time of a lease in whole seconds, 1 at least.
fn whole(ttl: Duration) -> u64 {
    ttl.as_secs().max(1)
}

fn after(now: i64, ttl: Duration) -> i64 {
    now.saturating_add(i64::try_from(whole(ttl)).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TTL: Duration = Duration::from_secs(30);

    fn ask(owner: &str, now: i64) -> LeaseRequest {
        let key = TenantKey::new("dev".parse().unwrap(), "clinic".parse().unwrap());
        LeaseRequest { key, owner: owner.into(), now, ttl: TTL, over: None }
    }

    /// Asks for the lease that was seen unchanged for its whole time.
    fn ask_over(state: &LeaseState, owner: &str, now: i64) -> LeaseRequest {
        LeaseRequest { over: state.holder.clone(), ..ask(owner, now) }
    }

    fn unlock(fence: u64) -> Unlock {
        Unlock { key: ask("", 0).key, fence, by: "ops".into(), reason: "the host is gone".into(), now: 7 }
    }

    #[test]
    fn one_holds_it_until_its_time_is_over() {
        let mut state = LeaseState::default();
        let a = state.acquire(&ask("a", 100)).unwrap();
        assert_eq!((a.fence, a.expires_at), (1, 130));
        assert_eq!(state.acquire(&ask("b", 86_400)).unwrap_err().owner, "a", "whatever the date of the requester");
        let seen = ask_over(&state, "b", 0);
        state.renew(&a, 0, TTL).unwrap();
        assert_eq!(state.acquire(&seen).unwrap_err().owner, "a", "it was renewed since it was seen");
        assert_eq!(state.acquire(&ask_over(&state, "b", 0)).unwrap().fence, 2);
        assert_eq!(state.admit(1).unwrap_err().unwrap().owner, "b", "the first one's token admits nothing any more");
    }

    #[test]
    fn a_renewal_prolongs_it_and_a_late_one_counts_while_nobody_else_has_it() {
        let mut state = LeaseState::default();
        let lease = state.acquire(&ask("a", 100)).unwrap();
        let lease = state.renew(&lease, 120, TTL).unwrap();
        assert_eq!((lease.fence, lease.expires_at), (1, 150));
        let lease = state.renew(&lease, 400, TTL).unwrap();
        state.acquire(&ask_over(&state, "b", 500)).unwrap();
        assert!(state.renew(&lease, 500, TTL).is_err());
    }

    #[test]
    fn a_renewal_by_a_slow_clock_shortens_nothing() {
        let mut state = LeaseState::default();
        let lease = state.acquire(&ask("a", 100)).unwrap();
        assert_eq!(state.renew(&lease, 50, TTL).unwrap().expires_at, 130);
    }

    #[test]
    fn what_is_given_back_is_free_at_once_and_tokens_go_on_counting() {
        let mut state = LeaseState::default();
        let a = state.acquire(&ask("a", 100)).unwrap();
        state.release(&a);
        let b = state.acquire(&ask("b", 100)).unwrap();
        assert_eq!(b.fence, 2);
        state.release(&a);
        assert_eq!(state.admit(b.fence), Ok(()), "the old owner gives back only what is its own");
    }

    #[test]
    fn a_lease_that_is_taken_away_admits_nothing_and_says_who_took_it() {
        let mut state = LeaseState::default();
        let a = state.acquire(&ask("a", 100)).unwrap();
        let entry = state.unlock(&unlock(a.fence)).unwrap();
        assert_eq!((entry.owner.as_str(), entry.by.as_str(), entry.at), ("a", "ops", 7));
        assert!(state.admit(a.fence).is_err() && state.renew(&a, 101, TTL).is_err());
        assert_eq!(state.acquire(&ask("b", 101)).unwrap().fence, 2);
        assert_eq!(state.unlock(&unlock(a.fence)), None, "another one's lease is left alone");
        assert_eq!(state.unlocked, [entry]);
    }

    #[test]
    fn the_last_entries_are_kept() {
        let mut state = LeaseState::default();
        for turn in 1..=40 {
            state.acquire(&ask("a", 100 * turn)).unwrap();
            state.unlock(&unlock(state.fence)).unwrap();
        }
        let fences: Vec<u64> = state.unlocked.iter().map(|entry| entry.fence).collect();
        assert_eq!(fences, (9..=40).collect::<Vec<u64>>());
    }
}
