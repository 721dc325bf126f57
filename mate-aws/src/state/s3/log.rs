//! The log's objects, one an entry, each written once.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt, TryStreamExt};
use mate_core::model::ids::TenantKey;
use mate_core::provider::RetryStatus;
use mate_core::state::{Lease, LogEntry, StoreError, check_append};

use super::{READS, S3Store, SUFFIX, backend, lost_race};

/// The most attempts at writing an entry whose answer is lost.
const ATTEMPTS: u32 = 4;

impl S3Store {
    fn log_key(&self, of: &TenantKey, seq: u64) -> String {
        format!("{}log/{}/{}/{seq:020}{SUFFIX}", self.prefix, of.environment, of.tenant)
    }

    /// The entries after number `after` up to number `end`, which all have to be there.
    pub(super) async fn read_log(&self, of: &TenantKey, after: u64, end: u64) -> Result<Vec<LogEntry>, StoreError> {
        stream::iter(after + 1..=end)
            .map(|seq| async move {
                let entry = self.read_object(of, self.log_key(of, seq)).await?;
                let missing = || StoreError::BrokenLog { key: of.clone(), seq };
                entry.map(|(entry, _)| entry).ok_or_else(missing)
            })
            .buffered(READS)
            .try_collect()
            .await
    }

    /// Appends to the log entries that stand in the record already, under the same lease. So one number never has two
    /// different entries, and an object that was written before the end of the log was moved is the same entry.
    pub(super) async fn append_to_log(&self, lease: &Lease, entries: &[LogEntry]) -> Result<(), StoreError> {
        let of = &lease.key;
        let (slot, _) = self.read(of).await?;
        slot.admit(lease)?;
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Ok(()) };
        let mut standing = BTreeMap::from([(slot.log.seq, slot.log.hash.clone())]);
        if first.seq <= slot.log.seq {
            let known = self.read_log(of, first.seq.saturating_sub(2), slot.log.seq).await?;
            standing.extend(known.into_iter().map(|entry| (entry.seq, entry.hash)));
        }
        for entry in check_append(of, &standing, entries)? {
            self.write_entry(of, entry).await?;
        }
        self.change(of, |slot| slot.appended(lease, last)).await
    }

    async fn write_entry(&self, of: &TenantKey, entry: &LogEntry) -> Result<(), StoreError> {
        const OPERATION: &str = "append to a log";
        let mut attempt = 0;
        loop {
            attempt += 1;
            let key = self.log_key(of, entry.seq);
            let body = serde_json::to_vec(entry).expect("an entry has a JSON form");
            let error = match self.write_object(of, key.clone(), body, None).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            if lost_race(&error) {
                match self.read_object::<LogEntry>(of, key).await? {
                    Some((stands, _)) if stands.hash == entry.hash => return Ok(()),
                    Some(_) => return Err(StoreError::BrokenLog { key: of.clone(), seq: entry.seq }),
                    // Another conditional write of it is under way.
                    None => {}
                }
            } else if error.retry != RetryStatus::Temporary && !error.class.leaves_unknown() {
                return Err(backend(OPERATION, error));
            }
            if attempt == ATTEMPTS {
                return Err(backend(OPERATION, error));
            }
            tokio::time::sleep(super::pause(attempt)).await;
        }
    }
}
