//! The model and the engine of MATE. Knows no AWS crate.

pub mod blueprint;
pub mod clock;
pub mod graph;
pub mod ids;
pub mod kinds;
pub mod names;
pub mod provider;
#[cfg(feature = "sim")]
pub mod sim;
pub mod spec;
pub mod state;
pub mod client;
pub mod engine;
pub mod operation;
pub mod plan;
mod observe;
