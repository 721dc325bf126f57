//! The audit trail of an account (`cloudtrail:Trail`).

mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::TrailDriver;
