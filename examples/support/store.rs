//! The record store that an address names.

use std::sync::Arc;

use anyhow::Context;
use mate::{SqliteStore, StateStore};

/// The store at a path (SQLite), at `s3://BUCKET/PREFIX`, or at `postgres://USER@HOST/DATABASE` with the password in
/// `PGPASSWORD`.
pub async fn open(address: &str) -> anyhow::Result<Arc<dyn StateStore>> {
    match address.split_once("://") {
        Some(("s3", place)) => s3(place).await,
        Some(("postgres" | "postgresql", _)) => postgres(address).await,
        _ => {
            let store =
                SqliteStore::open(address).with_context(|| format!("the store `{address}` cannot be opened"))?;
            Ok(Arc::new(store))
        }
    }
}

#[cfg(feature = "aws")]
async fn s3(place: &str) -> anyhow::Result<Arc<dyn StateStore>> {
    use mate::aws::S3Store;
    use mate::aws::aws_config::{self, BehaviorVersion};

    let (bucket, prefix) = place.split_once('/').unwrap_or((place, "mate/"));
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let store = S3Store::new(&config, bucket).prefix(prefix);
    store.check().await?;
    Ok(Arc::new(store))
}

#[cfg(not(feature = "aws"))]
async fn s3(_place: &str) -> anyhow::Result<Arc<dyn StateStore>> {
    anyhow::bail!("this was built without the S3 store; run it as `cargo run --features aws --example …`")
}

#[cfg(feature = "postgres")]
async fn postgres(address: &str) -> anyhow::Result<Arc<dyn StateStore>> {
    let mut builder = mate::PostgresStore::builder(address);
    if let Ok(password) = std::env::var("PGPASSWORD") {
        builder = builder.password(password);
    }
    Ok(Arc::new(builder.open().await?))
}

#[cfg(not(feature = "postgres"))]
async fn postgres(_address: &str) -> anyhow::Result<Arc<dyn StateStore>> {
    anyhow::bail!("this was built without the PostgreSQL store; run it as `cargo run --features postgres --example …`")
}
