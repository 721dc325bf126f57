//! `elasticache:ReplicationGroup`.

mod actions;
mod diagnose;
mod driver;
mod live;
mod request;
#[cfg(test)]
mod tests;

pub(crate) use driver::ReplicationGroupDriver;
