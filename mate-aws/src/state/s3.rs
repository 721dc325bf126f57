//! Records in an S3 bucket: one object a tenant, changed by conditional writes alone.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::types::{BucketVersioningStatus, ServerSideEncryption};
use futures::stream::{self, StreamExt, TryStreamExt};
use mate_core::model::ids::{Address, Environment, TenantId, TenantKey};
use mate_core::provider::{ErrorClass, ProviderError};
use mate_core::state::{
    Cursor, Lease, LeaseRequest, LeaseState, Leases, Log, LogEntry, LogState, Record, Records, Slot, StoreError,
    Stored, Unlock, Unlocked,
};

use serde::de::DeserializeOwned;

use crate::classify::{failed, if_found};

mod log;
#[cfg(test)]
mod tests;

/// The most rounds of a change. Each round decides the change anew, because another writer came first or the answer was
/// lost.
const ROUNDS: u32 = 24;
/// The number of objects that are read at once while records are listed.
const READS: usize = 16;
/// The end of every object's key.
const SUFFIX: &str = ".json";

/// A store in an S3 bucket, for controllers on any number of machines.
///
/// The object `{prefix}{environment}/{tenant}.json` holds the lease of the tenant and its record. Every change reads
/// the object, decides, and writes it back on the condition that it has not changed since (`If-Match`, or
/// `If-None-Match: *` for the first write). So the version and the fencing token are checked in the same step as the
/// write. A writer that lost a race reads again. S3 reads are strongly consistent. The object of a tenant that is gone
/// stays, because it counts the fencing tokens.
///
/// The log of a tenant is beside it, one object an entry: `{prefix}log/{environment}/{tenant}/{number}.json`, written
/// once (`If-None-Match: *`) and never again. The tenant's object holds the end of the log and the number of the last
/// entry that was delivered.
///
/// The bucket needs versioning, so that a damaged record can be brought back ([`S3Store::check`]), and no public
/// access. The caller needs `s3:GetObject`, `s3:PutObject` and `s3:ListBucket` on the bucket, `s3:GetBucketVersioning`
/// for the check, and `kms:GenerateDataKey` and `kms:Decrypt` with a key of its own.
#[derive(Debug, Clone)]
pub struct S3Store {
    client: Client,
    bucket: Arc<str>,
    prefix: Arc<str>,
    kms_key_id: Option<String>,
    owner: Option<String>,
}

/// A problem of a bucket that is to keep records.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BucketProblem {
    /// It keeps no earlier versions.
    #[error(
        "the bucket {bucket} does not keep versions, and a damaged record could not be brought back: \
         `aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled`"
    )]
    NoVersions {
        /// The bucket.
        bucket: String,
    },
    /// It could not be asked.
    #[error("the bucket {bucket} could not be asked whether it keeps versions")]
    Unknown {
        /// The bucket.
        bucket: String,
        /// Why.
        #[source]
        source: Box<ProviderError>,
    },
}

impl S3Store {
    /// A store in this bucket, under the prefix `mate/`, encrypted as the bucket says. Region, credentials and endpoint are the
    /// configuration's. Calls nothing.
    #[must_use]
    pub fn new(config: &SdkConfig, bucket: impl Into<String>) -> Self {
        // A repetition by the SDK would hide whether a refused condition is its own first attempt's doing.
        let config_of_store = aws_sdk_s3::config::Builder::from(config)
            .force_path_style(config.endpoint_url().is_some())
            .retry_config(RetryConfig::standard().with_max_attempts(1))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(5))
                    .operation_attempt_timeout(Duration::from_secs(10))
                    .build(),
            )
            .build();
        let bucket: String = bucket.into();
        Self {
            client: Client::from_conf(config_of_store),
            bucket: bucket.into(),
            prefix: "mate/".into(),
            kms_key_id: None,
            owner: None,
        }
    }

    /// The beginning of every key, such as `mate/`; empty for none.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        let prefix: String = prefix.into();
        self.prefix = prefix.into();
        self
    }

    /// Encrypts with this KMS key (id, ARN or alias) instead of the bucket's default, with a bucket key.
    #[must_use]
    pub fn kms_key_id(mut self, key: impl Into<String>) -> Self {
        self.kms_key_id = Some(key.into());
        self
    }

    /// The account that the bucket has to belong to: any other bucket of its name is refused by S3.
    #[must_use]
    pub fn expected_bucket_owner(mut self, account_id: impl Into<String>) -> Self {
        self.owner = Some(account_id.into());
        self
    }

    /// Looks whether the bucket is fit to keep records. To be asked once, when a controller starts.
    ///
    /// # Errors
    /// [`BucketProblem`] says what to do.
    pub async fn check(&self) -> Result<(), BucketProblem> {
        let bucket = self.bucket.to_string();
        let request = self.client.get_bucket_versioning().bucket(&bucket).set_expected_bucket_owner(self.owner.clone());
        match request.send().await.map_err(failed(&nobody(), "s3:GetBucketVersioning")) {
            Ok(answer) if answer.status == Some(BucketVersioningStatus::Enabled) => Ok(()),
            Ok(_) => Err(BucketProblem::NoVersions { bucket }),
            Err(source) => Err(BucketProblem::Unknown { bucket, source: Box::new(source) }),
        }
    }

    fn key(&self, of: &TenantKey) -> String {
        format!("{}{}/{}{SUFFIX}", self.prefix, of.environment, of.tenant)
    }

    fn tenant(&self, key: &str) -> Option<TenantKey> {
        let (environment, tenant) = key.strip_prefix(&*self.prefix)?.strip_suffix(SUFFIX)?.split_once('/')?;
        Some(TenantKey::new(Environment::new(environment).ok()?, TenantId::new(tenant).ok()?))
    }

    /// The slot as it stands, and the tag by which the next write names it.
    async fn read(&self, of: &TenantKey) -> Result<(Slot, Option<String>), StoreError> {
        Ok(self.read_object(of, self.key(of)).await?.unwrap_or_default())
    }

    async fn read_object<T: DeserializeOwned>(
        &self,
        of: &TenantKey,
        key: String,
    ) -> Result<Option<(T, Option<String>)>, StoreError> {
        const OPERATION: &str = "read an object";
        let request = self.client.get_object().bucket(&*self.bucket).key(key);
        let answer = request.set_expected_bucket_owner(self.owner.clone()).send().await;
        let answer = answer.map_err(failed(&anchor(of), "s3:GetObject"));
        let Some(answer) = if_found(answer).map_err(|source| backend(OPERATION, source))? else {
            return Ok(None);
        };
        let etag = answer.e_tag.clone();
        let body = answer.body.collect().await.map_err(|source| StoreError::temporary(OPERATION, source))?;
        let value = serde_json::from_slice(&body.into_bytes())
            .map_err(|source| StoreError::permanent("understand an object", source))?;
        Ok(Some((value, etag)))
    }

    async fn write(&self, of: &TenantKey, slot: &Slot, etag: Option<&str>) -> Result<(), ProviderError> {
        let body = serde_json::to_vec(slot).expect("a slot has a JSON form");
        self.write_object(of, self.key(of), body, etag).await
    }

    async fn write_object(
        &self,
        of: &TenantKey,
        key: String,
        body: Vec<u8>,
        etag: Option<&str>,
    ) -> Result<(), ProviderError> {
        let mut request = self
            .client
            .put_object()
            .bucket(&*self.bucket)
            .key(key)
            .content_type("application/json")
            .set_expected_bucket_owner(self.owner.clone())
            .body(body.into());
        request = match etag {
            Some(etag) => request.if_match(etag),
            None => request.if_none_match("*"),
        };
        if let Some(key) = &self.kms_key_id {
            let kms = ServerSideEncryption::AwsKms;
            request = request.server_side_encryption(kms).ssekms_key_id(key).bucket_key_enabled(true);
        }
        request.send().await.map(drop).map_err(failed(&anchor(of), "s3:PutObject"))
    }

    /// One transition of a slot. It is decided anew as long as somebody else is faster.
    async fn change<T: Send>(
        &self,
        of: &TenantKey,
        transition: impl Fn(&mut Slot) -> Result<T, StoreError> + Send + Sync,
    ) -> Result<T, StoreError> {
        const OPERATION: &str = "write an object";
        let mut uncertain: Option<(Half, T)> = None;
        let mut last = None;
        for round in 0..ROUNDS {
            if round > 0 {
                tokio::time::sleep(pause(round)).await;
            }
            let (before, etag) = match self.read(of).await {
                Ok(read) => read,
                // What was written may stand there: that has to be found out.
                Err(error) if uncertain.is_some() && error.retry() == mate_core::provider::RetryStatus::Temporary => {
                    last = Some(error);
                    continue;
                }
                Err(error) => return Err(error),
            };
            if let Some((half, answer)) = uncertain.take()
                && half.stands_in(&before)
            {
                return Ok(answer);
            }
            let mut slot = before.clone();
            let answer = transition(&mut slot)?;
            if slot == before {
                return Ok(answer);
            }
            match self.write(of, &slot, etag.as_deref()).await {
                Ok(()) => return Ok(answer),
                // Somebody else was faster: S3 has not written.
                Err(error) if lost_race(&error) => last = Some(backend(OPERATION, error)),
                Err(error) if error.class.leaves_unknown() => {
                    uncertain = Some((Half::changed(&before, slot), answer));
                    last = Some(backend(OPERATION, error));
                }
                Err(error) => return Err(backend(OPERATION, error)),
            }
        }
        Err(last.unwrap_or_else(|| StoreError::temporary(OPERATION, "others write all the time")))
    }

    async fn keys(&self, of: impl Fn(&Slot) -> bool) -> Result<Vec<TenantKey>, StoreError> {
        const OPERATION: &str = "list objects";
        let mut pages = self
            .client
            .list_objects_v2()
            .bucket(&*self.bucket)
            .prefix(&*self.prefix)
            .set_expected_bucket_owner(self.owner.clone())
            .into_paginator()
            .send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(failed(&nobody(), "s3:ListObjectsV2"));
            let page = page.map_err(|source| backend(OPERATION, source))?;
            keys.extend(page.contents().iter().filter_map(|object| self.tenant(object.key()?)));
        }
        let of = &of;
        let with_record = stream::iter(keys)
            .map(|key| async move {
                let (slot, _) = self.read(&key).await?;
                Ok::<_, StoreError>(of(&slot).then_some(key))
            })
            .buffer_unordered(READS)
            .try_filter_map(|key| async move { Ok(key) });
        let mut keys: Vec<TenantKey> = with_record.try_collect().await?;
        keys.sort();
        Ok(keys)
    }
}

/// The half of a slot that a transition changed: its record, its lease, or the position of its log. The same holder may
/// write the rest at the same time, since its heartbeat goes on while it writes the record.
enum Half {
    Record(Option<Stored>),
    Lease(LeaseState),
    Log(LogState),
}

impl Half {
    fn changed(before: &Slot, after: Slot) -> Self {
        if after.record != before.record {
            Self::Record(after.record)
        } else if after.log != before.log {
            Self::Log(after.log)
        } else {
            Self::Lease(after.lease)
        }
    }

    fn stands_in(&self, slot: &Slot) -> bool {
        match self {
            Self::Record(record) => *record == slot.record,
            Self::Lease(lease) => *lease == slot.lease,
            // Both of its numbers only grow, and to move them twice is once.
            Self::Log(log) => log.seq <= slot.log.seq && log.delivered <= slot.log.delivered,
        }
    }
}

/// The codes by which S3 says that a condition did not hold, or that another conditional write is under way.
fn lost_race(error: &ProviderError) -> bool {
    matches!(error.code.as_deref(), Some("PreconditionFailed" | "ConditionalRequestConflict"))
        // The object was removed since it was read.
        || error.class == ErrorClass::NotFound && error.code.as_deref() == Some("NoSuchKey")
}

/// 20 to 40 ms after the first round, up to a second after many: those that raced do not race again.
fn pause(round: u32) -> Duration {
    let longest = (20_u64 << round.min(6)).min(1000);
    Duration::from_millis(rand::random_range(longest / 2..=longest))
}

fn backend(operation: &'static str, source: ProviderError) -> StoreError {
    let retry = source.retry;
    StoreError::Backend { operation, retry, source: Box::new(source) }
}

fn anchor(of: &TenantKey) -> Address {
    of.node("record".parse().expect("a valid node id"))
}

fn nobody() -> Address {
    mate_core::provider::Scope::Tags(mate_core::model::Tags::new()).anchor()
}

#[async_trait]
impl Records for S3Store {
    async fn get(&self, key: &TenantKey) -> Result<Option<Record>, StoreError> {
        self.read(key).await?.0.get(key)
    }

    async fn put(&self, lease: &Lease, record: &Record) -> Result<u64, StoreError> {
        self.change(&lease.key, |slot| slot.put(lease, record)).await
    }

    async fn delete(&self, lease: &Lease, version: u64) -> Result<(), StoreError> {
        self.change(&lease.key, |slot| slot.delete(lease, version)).await
    }

    async fn list(&self) -> Result<Vec<TenantKey>, StoreError> {
        self.keys(|slot| slot.record.is_some()).await
    }
}

#[async_trait]
impl Leases for S3Store {
    async fn acquire(&self, request: &LeaseRequest) -> Result<Lease, StoreError> {
        self.change(&request.key, |slot| slot.acquire(request)).await
    }

    async fn renew(&self, lease: &Lease, now: i64, ttl: Duration) -> Result<Lease, StoreError> {
        self.change(&lease.key, |slot| slot.renew(lease, now, ttl)).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.change(&lease.key, |slot| {
            slot.release(lease);
            Ok(())
        })
        .await
    }

    async fn unlock(&self, unlock: &Unlock) -> Result<Option<Unlocked>, StoreError> {
        self.change(&unlock.key, |slot| Ok(slot.unlock(unlock))).await
    }

    async fn lease(&self, key: &TenantKey) -> Result<LeaseState, StoreError> {
        Ok(self.read(key).await?.0.lease)
    }
}

#[async_trait]
impl Log for S3Store {
    async fn append(&self, lease: &Lease, entries: &[LogEntry]) -> Result<(), StoreError> {
        self.append_to_log(lease, entries).await
    }

    async fn log(&self, key: &TenantKey, after: u64, limit: usize) -> Result<Vec<LogEntry>, StoreError> {
        let end = self.read(key).await?.0.log.seq;
        self.read_log(key, after, end.min(after.saturating_add(limit as u64))).await
    }

    async fn last_logged(&self, key: &TenantKey) -> Result<Option<LogEntry>, StoreError> {
        let end = self.read(key).await?.0.log.seq;
        Ok(self.read_log(key, end.saturating_sub(1), end).await?.pop())
    }

    async fn logged(&self) -> Result<Vec<TenantKey>, StoreError> {
        self.keys(|slot| slot.log.seq > 0).await
    }
}

#[async_trait]
impl Cursor for S3Store {
    async fn delivered(&self, key: &TenantKey) -> Result<u64, StoreError> {
        Ok(self.read(key).await?.0.log.delivered)
    }

    async fn set_delivered(&self, key: &TenantKey, seq: u64) -> Result<(), StoreError> {
        self.change(key, |slot| {
            slot.set_delivered(seq);
            Ok(())
        })
        .await
    }
}
