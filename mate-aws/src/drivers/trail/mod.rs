//! The audit trail of an account (`cloudtrail:Trail`).

mod actions;
mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::TrailDriver;
