//! What is kept of a tenant between two calls.

mod record;

pub use record::{NodeRecord, NodeState, Phase, Record, RecordError, RecordSummary, RetiredObject};
