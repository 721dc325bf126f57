//! The events of a run.

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
    /// The expected remaining time of the run: the longest chain of operations that are not done, by typical durations.
    pub remaining: Duration,
    /// The event.
    pub kind: EventKind,
}

/// The kind of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
#[non_exhaustive]
pub enum EventKind {
    /// The run has begun, and the record says so. Not sent for a run whose record could not be written.
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
        /// The time that it has been waited for.
        waited: Duration,
    },
    /// A call failed for the moment and will be made again.
    Retrying {
        /// The node.
        node: NodeId,
        /// The reason of the failure.
        reason: String,
        /// The time after which the call is made again.
        after: Duration,
    },
    /// An operation is done, and its result is durable.
    Done {
        /// The node.
        node: NodeId,
        /// Create, update or delete.
        verb: Verb,
        /// The duration of the operation.
        took: Duration,
    },
    /// An operation failed. What depends on it is not begun; everything else goes on.
    Failed {
        /// The node.
        node: NodeId,
        /// The call, and the reason of the failure.
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
        /// The holder of the lease.
        owner: String,
        /// The time that the lease holds unless it is renewed.
        remaining: Duration,
    },
    /// After a destroy: the cloud is searched by tags for anything left.
    Sweeping {
        /// The number of objects that were found.
        left: usize,
    },
    /// The run is over.
    RunFinished,
}
