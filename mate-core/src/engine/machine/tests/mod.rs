//! The machine driven by hand: no tokio, no clock, no cloud.

mod ending;
mod failing;
mod hand;
mod holding;
mod making;
mod sweeping;
