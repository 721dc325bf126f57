//! The model of a tenant: ids, names, ownership tags, nodes with late-bound inputs, and the contract of a kind.
//!
//! The lowest floor of the crate: everything else is built on it, and it uses nothing of the rest.

mod canonical;
mod drift_class;
mod graph;
pub mod ids;
mod input;
mod kind;
pub mod names;
mod order;
mod ownership;

pub use canonical::canonical;
pub use drift_class::DriftClass;
pub use graph::{Existing, Former, Graph, Node, NodeHandle, Output, Tags};
pub use input::{Input, OutputRef, Outputs, Unresolved, references, resolve};
pub use kind::{
    Change, Data, FieldRule, Impact, Kind, KindModel, Kinds, NameRule, Reach, ReplaceOrder, Timing, UnknownKind,
};
pub use order::{Cycle, GraphError};
pub use ownership::Ownership;
