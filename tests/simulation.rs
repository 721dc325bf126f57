//! Random schedules of many tenants: three controllers that work at the same time, each on a machine with a clock of its own that may be
//! suspended; faults of the cloud and of the store, requests that take effect late, deaths at any await. After each the tenants are healed. One invariant a file, each with a bug that it catches.
//!
//! | variable | |
//! |---|---|
//! | `MATE_SIM_SEED` | runs the schedule of this seed only, and tells what happens in it |
//! | `MATE_SIM_SCHEDULES` | how many schedules |
//! | `MATE_SIM_FIRST` | the first seed |
#![allow(missing_docs, reason = "tests read as specification")]
#![allow(clippy::print_stderr, reason = "a failure tells its seed, a run its figures")]

#[path = "simulation/executor.rs"]
mod executor;
#[path = "support/figures.rs"]
mod figures;
#[path = "simulation/findings.rs"]
mod findings;
#[path = "simulation/heal.rs"]
mod heal;
#[path = "simulation/ledger.rs"]
mod ledger;
#[path = "simulation/run.rs"]
mod run;
#[path = "simulation/schedule.rs"]
mod schedule;
#[path = "simulation/sweep.rs"]
mod sweep;
#[path = "simulation/tenant.rs"]
mod tenant;
#[path = "simulation/watch.rs"]
mod watch;
#[path = "simulation/world.rs"]
mod world;

#[path = "simulation/apart.rs"]
mod apart;
#[path = "simulation/healed.rs"]
mod healed;
#[path = "simulation/journalled.rs"]
mod journalled;
#[path = "simulation/nothing_late.rs"]
mod nothing_late;
#[path = "simulation/one_writer.rs"]
mod one_writer;
#[path = "simulation/protected.rs"]
mod protected;
