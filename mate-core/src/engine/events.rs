//! What a run tells while it goes on.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::ids::{KindName, NodeId};
use crate::vocab::Verb;

/// One event of a run. Never holds a secret: it is made from ids, kinds, states and classified errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Time since the run began.
    pub at: Duration,
    /// Operations that are done.
    pub done: usize,
    /// All operations of the run.
    pub total: usize,
    /// How much longer the run is expected to take: the longest chain of what is not done, by typical durations.
    pub remaining: Duration,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
#[non_exhaustive]
pub enum EventKind {
    /// The run has begun, and the record tells of it. Not told of a run whose record could not be written.
    RunStarted,
    /// A call is about to be made.
    Started {
        /// The node.
        node: NodeId,
        /// Its kind.
        resource: KindName,
        /// Create, update or delete.
        verb: Verb,
    },
    /// The cloud accepted, and is at work. Told again whenever the reason changes.
    Waiting {
        /// The node.
        node: NodeId,
        /// The cloud's word for where it stands.
        reason: String,
        /// How long it has been waited for.
        waited: Duration,
    },
    /// A call failed for the moment and will be made again.
    Retrying {
        /// The node.
        node: NodeId,
        /// Why it failed.
        reason: String,
        /// When it is made again.
        after: Duration,
    },
    /// An operation is done, and its result is durable.
    Done {
        /// The node.
        node: NodeId,
        /// Create, update or delete.
        verb: Verb,
        /// How long it took.
        took: Duration,
    },
    /// An operation failed. What depends on it is not begun; everything else goes on.
    Failed {
        /// The node.
        node: NodeId,
        /// Which call, and why.
        reason: String,
    },
    /// An operation is not begun because of another one that failed.
    Skipped {
        /// The node.
        node: NodeId,
        /// The node that failed.
        because: NodeId,
    },
    /// The caller asked to stop: nothing new is begun, calls in flight are awaited and recorded.
    Cancelling,
    /// The time that the run may take is over: it stops as if it were cancelled.
    DeadlinePassed,
    /// Somebody else has the tenant's lease: it is waited for until that is over.
    Held {
        /// Who has it.
        owner: String,
        /// How long it holds unless it is renewed.
        remaining: Duration,
    },
    /// After a destroy: the cloud is searched by tags for anything left.
    Sweeping {
        /// How many objects were found.
        left: usize,
    },
    /// The run is over.
    RunFinished,
}
