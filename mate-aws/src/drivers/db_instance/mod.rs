//! `rds:DBInstance`.

mod actions;
mod diagnose;
mod driver;
mod live;
mod power;
mod request;
#[cfg(test)]
mod tests;

pub(crate) use driver::DbInstanceDriver;
