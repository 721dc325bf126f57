//! What is kept of a tenant between two calls: the record, and the stores that keep it.

mod memory;
mod record;
#[cfg(feature = "sqlite")]
mod sqlite;
mod store;
#[cfg(any(test, feature = "testing"))]
pub mod suite;

pub use memory::MemoryStore;
pub use record::{Holding, NodeRecord, NodeState, Phase, Record, RecordError, RecordSummary, RetiredObject};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
pub use store::{StateStore, StoreError};
