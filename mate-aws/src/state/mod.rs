//! Records in AWS.

mod s3;

pub use s3::{BucketProblem, S3Store};
