//! `s3:Bucket`.

mod aspects;
mod driver;
mod empty;
#[cfg(test)]
mod tests;

pub(crate) use driver::BucketDriver;
