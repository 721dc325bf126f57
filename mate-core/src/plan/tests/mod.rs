//! Tests of the plan, over small graphs of the real kinds.

mod actions;
mod golden;
mod lost;
mod once;
mod properties;
mod removals;
mod resting;
mod world;
