//! The model and the engine of MATE. Knows no AWS crate.

pub mod clock;
pub mod graph;
pub mod ids;
pub mod kinds;
pub mod provider;
#[cfg(feature = "sim")]
pub mod sim;
pub mod spec;
#[cfg(feature = "testing")]
pub mod testing;
