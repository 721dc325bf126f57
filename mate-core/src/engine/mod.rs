//! The engine: carries out a plan.
//!
//! `machine` is the pure part: events in, effects out, no clock, no randomness, ordered maps only. `journal` has the
//! rules of what is written into the record before and after each call, `policy` what is done about each class of error,
//! `schedule` when to look. `run` is the tokio driver that feeds the machine.

mod control;
pub mod events;
mod failure;
#[cfg(test)]
pub(crate) mod fixtures;
pub(crate) mod journal;
mod limits;
pub(crate) mod machine;
pub(crate) mod run;
mod schedule;

pub use control::{CancelHandle, Events};
pub(crate) use control::{Cancellation, EventSender};
pub use events::{Event, EventKind};
pub use failure::{Failure, RunError};
pub use limits::Limits;
