//! The state of a tenant between two calls: the record, its lease, and the stores that keep them.

mod lease;
mod log;
mod memory;
mod phase;
#[cfg(feature = "postgres")]
mod postgres;
mod record;
mod resting;
mod run;
mod seal;
mod slot;
#[cfg(feature = "sqlite")]
mod sqlite;
mod store;
#[cfg(any(test, feature = "testing"))]
pub mod suite;

pub use lease::{Holder, Lease, LeaseRequest, LeaseState, Unlock, Unlocked};
pub use log::{
    GENESIS, Intent, LogBroken, LogDraft, LogEntry, LogEvent, LogFault, LogTail, RunResult, Verified, verify,
    verify_with,
};
pub use memory::MemoryStore;
#[cfg(feature = "postgres")]
pub use postgres::{PostgresBuilder, PostgresStore};
pub use record::{Holding, NodeRecord, NodeState, Record, RecordError, RecordPhase, RecordSummary, RetiredObject};
pub use resting::{LeftSnapshot, RestingNode};
pub(crate) use run::Beginning;
pub use run::{Entry, Following, IllegalTransition, OpState, Run, Stuck, Transition, follow};
pub use slot::{LogState, Slot, Stored};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
pub use store::{Cursor, Leases, Log, Records, Standing, StateStore, StoreError, check_append, check_write};
