//! The model and the engine of MATE. Knows no AWS crate.
//!
//! ```text
//! TenantSpec --catalogue--> ResolvedTenant --blueprint--> Graph --observe--> Snapshot --diff--> Plan --engine--> Record + outputs
//! ```

pub mod adopt;
pub mod blueprint;
pub mod client;
pub mod clock;
pub mod engine;
pub mod health;
pub mod kinds;
pub mod lifecycle;
pub mod model;
pub mod outbox;
pub mod plan;
#[cfg(feature = "testing")]
pub mod proof;
pub mod provider;
pub mod quota;
pub mod rate;
#[cfg(feature = "sim")]
pub mod sim;
pub mod spec;
pub mod state;
#[cfg(feature = "testing")]
pub mod testing;
pub mod vocab;
