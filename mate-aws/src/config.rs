//! The builder of an [`AwsProvider`].

use std::sync::Arc;
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::shared::IntoShared;
use mate_core::rate::RateBudget;

use crate::context::Aws;
use crate::drivers::Driver;
use crate::gate::Gate;
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

impl AssumedRole {
    /// The account in `arn:aws:iam::111122223333:role/…`.
    fn account(&self) -> &str {
        self.arn.split(':').nth(4).unwrap_or_default()
    }
}

/// The rate budget to which a provider's calls keep.
#[derive(Debug, Clone)]
enum Rates {
    /// The one of this process, for the account and region.
    OfProcess,
    /// The caller's.
    Own(RateBudget),
    /// None.
    None,
}

/// Makes an [`AwsProvider`].
///
/// The SDK's own retry is kept to three attempts in standard mode, and every attempt has a time limit, so that a
/// server that hangs does not hang the caller. Every request, each page and each attempt too, waits for the rate budget of its
/// account and region, which all providers of the process share.
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
    rates: Rates,
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
            rates: Rates::OfProcess,
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

    /// Sets the time within which AWS must begin its answer to an attempt; 30 s by default. The wait for the rate
    /// budget does not count. The SDK gives up an answer that has begun and stalls within seconds.
    #[must_use]
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.attempt_timeout = limit;
        self
    }

    /// Sets the number of attempts that the SDK makes at a call (1 to 10) and the wait before the second attempt; 3 and
    /// 1 s by default.
    #[must_use]
    pub fn sdk_retry(mut self, attempts: u32, initial_backoff: Duration) -> Self {
        self.attempts = attempts.clamp(1, 10);
        self.initial_backoff = initial_backoff;
        self
    }

    /// Keeps to this rate budget: one with limits of the account's own ([`RateSettings`](mate_core::rate::RateSettings)), or one
    /// that several providers share whose credentials are of one account.
    ///
    /// Unless said it is [`RateBudget::of_process`], by the account of the role that is taken (one name for all that take
    /// none), the endpoint where one is set, and the region.
    #[must_use]
    pub fn rate_budget(mut self, budget: RateBudget) -> Self {
        self.rates = Rates::Own(budget);
        self
    }

    /// Keeps to no rate budget: for an emulator that has no limits.
    #[must_use]
    pub fn without_rate_budget(mut self) -> Self {
        self.rates = Rates::None;
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
        let budget = match self.rates {
            Rates::OfProcess => {
                let account = self.role.as_ref().map_or("", AssumedRole::account);
                let account = format!("{account}{}", base.endpoint_url().unwrap_or_default());
                Some(RateBudget::of_process(&account, &region))
            }
            Rates::Own(budget) => Some(budget),
            Rates::None => None,
        };
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
        let identities = base.identity_cache().unwrap_or_else(|| IdentityCache::lazy().build());
        let identities = match budget {
            Some(budget) => Gate::new(budget, identities).into_shared(),
            None => identities,
        };
        let config = base
            .into_builder()
            .identity_cache(identities)
            .app_name(AppName::new("mate").expect("a valid application name"))
            .retry_config(
                RetryConfig::standard().with_max_attempts(self.attempts).with_initial_backoff(self.initial_backoff),
            )
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(self.connect_timeout)
                    // Not of the whole attempt: it waits for the rate budget within.
                    .read_timeout(self.attempt_timeout)
                    .build(),
            )
            .build();
        Ok(AwsProvider::new(Aws::new(&config, region, self.secrets), self.drivers))
    }
}
