//! The failures of SQLite that are temporary.

use rusqlite::ErrorCode;

use crate::state::StoreError;

/// A failure may pass by itself: another process that holds the file for longer than the busy timeout, a full disk, and a disk that
/// fails to read or write. The transaction is rolled back, and the same write may succeed later.
pub(super) fn failed(operation: &'static str) -> impl FnOnce(rusqlite::Error) -> StoreError {
    move |source| match source.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::DiskFull | ErrorCode::SystemIoFailure,
        ) => StoreError::temporary(operation, source),
        _ => StoreError::permanent(operation, source),
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::failed;
    use crate::provider::RetryStatus;
    use crate::state::{Record, Records, SqliteStore, StoreError, suite};

    fn retry(code: i32) -> RetryStatus {
        failed("write a record")(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)).retry()
    }

    #[test]
    fn what_may_pass_is_tried_again_and_nothing_else() {
        let passing = [
            ffi::SQLITE_BUSY,
            ffi::SQLITE_BUSY_SNAPSHOT,
            ffi::SQLITE_LOCKED,
            ffi::SQLITE_FULL,
            ffi::SQLITE_IOERR,
            ffi::SQLITE_IOERR_WRITE,
            ffi::SQLITE_IOERR_FSYNC,
        ];
        for code in passing {
            assert_eq!(retry(code), RetryStatus::Temporary, "{code}");
        }
        for code in [ffi::SQLITE_CORRUPT, ffi::SQLITE_NOTADB, ffi::SQLITE_READONLY, ffi::SQLITE_CONSTRAINT] {
            assert_eq!(retry(code), RetryStatus::Permanent, "{code}");
        }
    }

    #[tokio::test]
    async fn a_disk_that_was_full_for_a_while_takes_the_same_write_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path().join("mate.db")).unwrap();
        let small = suite::record("regional");
        let lease = suite::leased(&store, &small.key).await;
        let version = store.put(&lease, &small).await.unwrap();
        let mut large = Record { version, ..small.clone() };
        large.outputs.insert("text".into(), "x".repeat(1 << 20));
        let bound = |pages: u32| {
            let connection = store.connection.lock().unwrap();
            connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
        };
        bound(1);
        let full = store.put(&lease, &large).await.unwrap_err();
        assert!(matches!(full, StoreError::Backend { retry: RetryStatus::Temporary, .. }), "{full:?}");
        assert_eq!(store.get(&small.key).await.unwrap().unwrap().outputs, small.outputs, "what stood there stands");
        bound(1 << 20);
        assert_eq!(store.put(&lease, &large).await.unwrap(), version + 1);
        assert_eq!(store.get(&small.key).await.unwrap().unwrap().outputs, large.outputs);
    }
}
