//! Requests on the wire: each takes effect at its time, whether its caller still waits for it or not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::SimCloud;
use super::faults::Fault;
use super::rules::Refusal;
use super::state::State;
use crate::clock::Clock;
use crate::provider::{CreateRequest, Created, DeleteRequest, Deleted, UpdateRequest};

/// A request that changes something.
#[derive(Debug)]
pub(super) enum Write {
    Create {
        request: CreateRequest,
        /// The fault that it met.
        fault: Option<Fault>,
    },
    Update(UpdateRequest),
    Delete(DeleteRequest),
}

/// The answer to a request that changed something.
#[derive(Debug)]
pub(super) enum Written {
    Created(Created),
    Deleted(Deleted),
}

impl Written {
    /// The answer to a creation or an update.
    pub(super) fn created(self) -> Created {
        match self {
            Self::Created(created) => created,
            Self::Deleted(_) => unreachable!("the answer has the kind of its request"),
        }
    }

    /// The answer to a deletion.
    pub(super) fn deleted(self) -> Deleted {
        match self {
            Self::Deleted(deleted) => deleted,
            Self::Created(_) => unreachable!("the answer has the kind of its request"),
        }
    }
}

#[derive(Debug)]
struct OnWire {
    write: Write,
    region: String,
}

/// The requests that have not taken effect yet, by their time, and the answers that are waited for.
#[derive(Debug, Default)]
pub(super) struct Wire {
    serial: u64,
    sent: BTreeMap<(Duration, u64), OnWire>,
    awaited: BTreeSet<u64>,
    answers: BTreeMap<u64, Result<Written, Refusal>>,
}

impl State {
    /// Lets every request take effect whose time has come, each at its time.
    pub(super) fn land(&mut self, now: Duration) {
        while let Some((&(at, id), _)) = self.wire.sent.first_key_value() {
            if at > now {
                break;
            }
            let Some(OnWire { write, region }) = self.wire.sent.remove(&(at, id)) else { break };
            self.pass(at);
            let asked = std::mem::replace(&mut self.config.region, region);
            let answer = match write {
                Write::Create { request, fault } => self.create(&request, at, fault).map(Written::Created),
                Write::Update(request) => self.update(&request, at).map(Written::Created),
                Write::Delete(request) => self.delete(&request, at).map(Written::Deleted),
            };
            self.config.region = asked;
            if self.wire.awaited.contains(&id) {
                self.wire.answers.insert(id, answer);
            }
        }
    }
}

/// A request that was sent. Its answer is waited for until this is dropped; it takes effect all the same.
pub(super) struct Sent<'c> {
    cloud: &'c SimCloud,
    id: u64,
}

impl SimCloud {
    /// Sends a request that takes effect after `after`.
    pub(super) fn send(&self, write: Write, after: Duration) -> Sent<'_> {
        let at = self.clock.now() + after;
        let mut state = self.state();
        state.wire.serial += 1;
        let id = state.wire.serial;
        state.wire.sent.insert((at, id), OnWire { write, region: self.region.clone() });
        state.wire.awaited.insert(id);
        Sent { cloud: self, id }
    }
}

impl Sent<'_> {
    /// The answer, where the request has taken effect by now.
    pub(super) fn answer(&self) -> Option<Result<Written, Refusal>> {
        self.cloud.state().wire.answers.remove(&self.id)
    }
}

impl Drop for Sent<'_> {
    fn drop(&mut self) {
        let mut state = self.cloud.state();
        state.wire.awaited.remove(&self.id);
        state.wire.answers.remove(&self.id);
    }
}
