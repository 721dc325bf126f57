//! The AWS provider of MATE: one driver a resource kind over the AWS SDK for Rust.

mod classify;
mod config;
mod context;
#[cfg(feature = "tagging")]
mod discover;
mod drivers;
#[cfg(feature = "eventbridge")]
mod event_bridge;
mod gate;
#[cfg(feature = "ecr")]
mod images;
mod keys;
mod policy;
mod provider;
mod quotas;
mod secrets;
#[cfg(feature = "s3")]
mod state;
mod tags;

pub use classify::failed;
pub use config::{AwsProviderBuilder, ConfigError};
pub use context::Aws;
pub use drivers::Driver;
#[cfg(feature = "eventbridge")]
pub use event_bridge::EventBridgeSink;
pub use policy::{Access, Actions, ExecutorPolicy, Grant, On, PermissionReport};
pub use provider::AwsProvider;
pub use secrets::{RandomSecrets, SecretSource};
#[cfg(feature = "s3")]
pub use state::{BucketProblem, S3Store};

/// The SDK's own configuration, of the version that this crate takes.
pub use aws_config;
/// Credentials for it.
pub use aws_credential_types::Credentials;
