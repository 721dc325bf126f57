//! One rate budget for everything in the process: an account, a region, AWS's token buckets.
//!
//! `table` has AWS's figures, `bucket` the sums, `queue` who is next, `regulator` the whole as a pure machine; `budget` waits.

mod bucket;
mod budget;
mod caller;
mod clearance;
mod queue;
mod regulator;
mod settings;
mod table;
#[cfg(all(test, feature = "sim"))]
mod tests;

pub use budget::{Permit, RateBudget};
pub use caller::{Caller, Priority};
pub use clearance::Sending;
pub(crate) use clearance::{Clearance, Requests, Until};
pub use regulator::{Answer, Request, Usage};
pub use settings::RateSettings;
pub use table::{Group, Source, TABLE, group_of};

#[cfg(feature = "sim")]
pub(crate) use bucket::Bucket;
#[cfg(feature = "sim")]
pub(crate) use regulator::Key;
