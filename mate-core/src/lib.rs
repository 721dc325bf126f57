//! The model and the engine of MATE. Knows no AWS crate.

pub mod clock;
pub mod graph;
pub mod ids;
pub mod kinds;
pub mod names;
pub mod plan;
pub mod provider;
pub mod spec;
pub mod state;
