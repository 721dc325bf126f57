//! How an [`AwsProvider`] is made.

use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;

use crate::context::Aws;
use crate::drivers::Driver;
use crate::provider::AwsProvider;
use crate::secrets::{RandomSecrets, SecretSource};

/// A configuration that no provider can be made from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No region.
    #[error("no AWS region is set: set AWS_REGION, or a region in the profile")]
    NoRegion,
}

/// A role that is taken, in this account or another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct AssumedRole {
    arn: String,
    external_id: Option<String>,
}

/// Makes an [`AwsProvider`].
///
/// The SDK's own retry is kept to three attempts in standard mode, and every attempt has a time limit, so that a
/// server that hangs does not hang the caller.
#[derive(Debug)]
pub struct AwsProviderBuilder {
    config: Option<SdkConfig>,
    secrets: Arc<dyn SecretSource>,
    attempt_timeout: Duration,
    connect_timeout: Duration,
    attempts: u32,
    initial_backoff: Duration,
    drivers: Vec<Arc<dyn Driver>>,
    region: Option<String>,
    role: Option<AssumedRole>,
}

impl Default for AwsProviderBuilder {
    fn default() -> Self {
        Self {
            config: None,
            secrets: Arc::new(RandomSecrets),
            attempt_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            attempts: 3,
            initial_backoff: Duration::from_secs(1),
            drivers: Vec::new(),
            region: None,
            role: None,
        }
    }
}

impl AwsProviderBuilder {
    /// Uses this configuration (credentials, region, endpoint) instead of the environment's and the profile's.
    #[must_use]
    pub fn sdk_config(mut self, config: SdkConfig) -> Self {
        self.config = Some(config);
        self
    }

    /// Works in this region instead of the configuration's: one process may hold a provider a region.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Takes this role with the configuration's credentials, and takes it again before its credentials end: one process
    /// may hold a provider an account. `external_id` is what the role's trust policy asks for, where it asks.
    #[must_use]
    pub fn assume_role(mut self, role_arn: impl Into<String>, external_id: Option<String>) -> Self {
        self.role = Some(AssumedRole { arn: role_arn.into(), external_id });
        self
    }

    /// Takes secret values from here instead of the operating system's random source.
    #[must_use]
    pub fn secret_source(mut self, source: Arc<dyn SecretSource>) -> Self {
        self.secrets = source;
        self
    }

    /// How long one attempt of a call may take; 30 s unless said.
    #[must_use]
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.attempt_timeout = limit;
        self
    }

    /// How often the SDK tries a call (1 to 10) and how long it waits before the second attempt; 3 and 1 s unless said.
    #[must_use]
    pub fn sdk_retry(mut self, attempts: u32, initial_backoff: Duration) -> Self {
        self.attempts = attempts.clamp(1, 10);
        self.initial_backoff = initial_backoff;
        self
    }

    /// Adds a driver for a kind of the caller's own, or in the place of one of ours.
    #[must_use]
    pub fn driver(mut self, driver: Arc<dyn Driver>) -> Self {
        self.drivers.push(driver);
        self
    }

    /// Makes the provider. Reads the environment and the profile when no configuration was given; calls no service.
    ///
    /// # Errors
    /// [`ConfigError::NoRegion`] when no region is set anywhere.
    pub async fn build(self) -> Result<AwsProvider, ConfigError> {
        let base = match self.config {
            Some(config) => config,
            None => aws_config::defaults(BehaviorVersion::v2026_01_12()).load().await,
        };
        let base = match self.region {
            Some(region) => base.into_builder().region(Region::new(region)).build(),
            None => base,
        };
        let region = base.region().ok_or(ConfigError::NoRegion)?.to_string();
        let base = match self.role {
            Some(role) => {
                let mut provider = AssumeRoleProvider::builder(role.arn)
                    .configure(&base)
                    .session_name("mate")
                    .region(Region::new(region.clone()));
                if let Some(external_id) = role.external_id {
                    provider = provider.external_id(external_id);
                }
                let credentials = SharedCredentialsProvider::new(provider.build().await);
                base.into_builder().credentials_provider(credentials).build()
            }
            None => base,
        };
        let config = base
            .into_builder()
            .app_name(AppName::new("mate").expect("a valid application name"))
            .retry_config(
                RetryConfig::standard().with_max_attempts(self.attempts).with_initial_backoff(self.initial_backoff),
            )
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(self.connect_timeout)
                    .operation_attempt_timeout(self.attempt_timeout)
                    .build(),
            )
            .build();
        Ok(AwsProvider::new(Aws::new(&config, region, self.secrets), self.drivers))
    }
}
