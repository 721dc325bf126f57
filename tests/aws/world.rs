//! The emulator with its base, and clients on it.

use std::sync::Arc;
use std::time::Duration;

use mate::aws::aws_config::{BehaviorVersion, Region, SdkConfig};
use mate::aws::{AwsProvider, AwsProviderBuilder, Credentials, aws_config};
use mate::spec::{Base, TenantSpec};
use mate::tiers::TierCatalogue;
use mate::{Mate, SqliteStore};

use crate::support::emulator::Emulator;

/// An emulator of its own, the provider on it, and a client with its store in a file.
pub(crate) struct World {
    pub(crate) emulator: Emulator,
    pub(crate) base: Base,
    pub(crate) store: SqliteStore,
    pub(crate) mate: Mate,
    pub(crate) provider: AwsProvider,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|builder| builder).await
    }

    pub(crate) async fn with(change: impl FnOnce(AwsProviderBuilder) -> AwsProviderBuilder) -> Self {
        let emulator = tokio::task::spawn_blocking(|| Emulator::start().unwrap()).await.unwrap();
        let base = Base::from_path(emulator.base_file()).unwrap();
        let builder = provider_at(emulator.endpoint()).await;
        let provider = change(builder).build().await.unwrap();
        let store = SqliteStore::open(emulator.directory().join("mate.db")).unwrap();
        let mate = Mate::builder()
            .provider(provider.clone())
            .store(store.clone())
            .catalogue(TierCatalogue::standard())
            .base(base.clone())
            .build()
            .unwrap();
        Self { emulator, base, store, mate, provider }
    }

    /// The answer of AWS's own client.
    pub(crate) fn aws(&self, arguments: &[&str]) -> serde_json::Value {
        self.emulator.aws_cli(arguments).unwrap_or_else(|error| panic!("aws {arguments:?}: {error:#}"))
    }
}

/// A provider's builder for this endpoint; a refused connection is given up soon.
pub(crate) async fn provider_at(endpoint: &str) -> AwsProviderBuilder {
    let config: SdkConfig = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .endpoint_url(endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("testing", "testing", None, None, "tests"))
        .load()
        .await;
    AwsProvider::builder().sdk_config(config).sdk_retry(2, Duration::from_millis(20))
}

pub(crate) async fn unreachable() -> Arc<AwsProvider> {
    Arc::new(provider_at("http://127.0.0.1:9").await.build().await.unwrap())
}

pub(crate) fn example(file: &str) -> TenantSpec {
    TenantSpec::from_path(format!("examples/tenants/{file}")).unwrap()
}
