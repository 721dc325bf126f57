//! `s3:Bucket`.

mod actions;
mod aspects;
mod driver;
mod empty;
mod policy;
#[cfg(test)]
mod tests;

pub(crate) use driver::BucketDriver;
