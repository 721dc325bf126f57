//! A SQLite store beyond the contract: the file, its modes, its earlier forms, its plans.

use super::*;
use crate::state::{RecordError, StateStore, suite};

#[tokio::test]
async fn it_keeps_the_contract_of_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let count = std::sync::atomic::AtomicUsize::new(0);
    suite::run(|| {
        let number = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = folder.path().join(format!("{number}.db"));
        async move { Arc::new(SqliteStore::open(path).unwrap()) as Arc<dyn StateStore> }
    })
    .await;
}

#[tokio::test]
async fn what_was_put_is_there_for_the_next_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mate.db");
    let record = suite::record("regional");
    let store = SqliteStore::open(&path).unwrap();
    let lease = suite::leased(&store, &record.key).await;
    store.put(&lease, &record).await.unwrap();
    drop(store);
    let again = SqliteStore::open(&path).unwrap();
    assert_eq!(again.get(&record.key).await.unwrap(), Some(Record { version: 1, ..record.clone() }));
    assert_eq!(again.lease(&record.key).await.unwrap().fence, lease.fence);
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_reads_the_file_and_what_stands_beside_it() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let files = ["mate.db", "mate.db-wal", "mate.db-shm"].map(|name| folder.path().join(name));
    let modes = || files.each_ref().map(|file| std::fs::metadata(file).unwrap().permissions().mode() & 0o777);
    let store = SqliteStore::open(&files[0]).unwrap();
    drop(suite::leased(&store, &suite::record("regional").key).await);
    assert_eq!(modes(), [0o600; 3]);
    for file in &files {
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o644)).unwrap();
    }
    let again = SqliteStore::open(&files[0]).unwrap();
    assert_eq!(modes(), [0o600; 3], "files of an earlier version");
    assert!(again.list().await.unwrap().is_empty());
}

#[test]
fn what_is_in_memory_leaves_no_file() {
    let names = [":memory:", "", "file:never?mode=memory"];
    for name in names {
        drop(SqliteStore::open(name).unwrap());
        assert!(!Path::new(name).exists(), "{name}");
    }
}

#[tokio::test]
async fn a_file_of_the_first_schema_is_brought_to_the_present_form() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mate.db");
    let body = suite::record("regional").to_json().replace(&format!("\"schema\":{}", Record::SCHEMA), "\"schema\":1");
    {
        let mut connection = Connection::open(&path).unwrap();
        MIGRATIONS.to_version(&mut connection, 1).unwrap();
        connection.execute("INSERT INTO record VALUES ('dev', 'regional', 0, ?1)", [body]).unwrap();
    }
    let store = SqliteStore::open(&path).unwrap();
    let record = store.get(&suite::record("regional").key).await.unwrap().unwrap();
    assert_eq!(record, suite::record("regional"));
    let lease = suite::leased(&store, &record.key).await;
    let stranger = Record { lineage: "f".repeat(32), ..record.clone() };
    assert!(matches!(store.put(&lease, &stranger).await, Err(StoreError::OtherLineage { .. })));
    assert_eq!(store.put(&lease, &record).await.unwrap(), 1);
}

#[tokio::test]
async fn a_record_in_the_place_of_another_tenant_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mate.db");
    let (acme, other) = (suite::record("acme"), suite::record("other"));
    let store = SqliteStore::open(&path).unwrap();
    store.put(&suite::leased(&store, &acme.key).await, &acme).await.unwrap();
    let wrong = "INSERT INTO record SELECT environment, 'other', version, body, lineage FROM record";
    Connection::open(&path).unwrap().execute(wrong, []).unwrap();
    let read = store.get(&other.key).await;
    assert!(
        matches!(&read, Err(StoreError::Unreadable { key, source: RecordError::OtherKey(found) })
            if *key == other.key && *found == acme.key),
        "{read:?}"
    );
    assert_eq!(store.get(&acme.key).await.unwrap().map(|record| record.key), Some(acme.key));
}

#[tokio::test]
async fn a_file_that_is_no_store_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.txt");
    let text = "Dear hospital, this is not a database. ".repeat(100);
    std::fs::write(&path, &text).unwrap();
    assert!(matches!(SqliteStore::open(&path), Err(StoreError::Backend { .. })));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn the_migrations_are_sound() {
    MIGRATIONS.validate().unwrap();
}

/// The plan of a list statement, a line a step.
fn plan(store: &SqliteStore, statement: &str) -> Vec<String> {
    let connection = store.connection.lock().unwrap();
    let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap();
    let steps = explained.query_map(params!["", "", 1], |row| row.get("detail")).unwrap();
    steps.collect::<Result<_, _>>().unwrap()
}

#[test]
fn records_are_listed_by_an_index_without_their_bodies() {
    let store = SqliteStore::in_memory().unwrap();
    let steps = plan(&store, keys::RECORDS);
    assert_eq!(steps, ["SEARCH record USING COVERING INDEX record_keys ((environment,tenant)>(?,?))"]);
}

#[test]
fn logs_are_listed_by_their_first_entries_alone() {
    let store = SqliteStore::in_memory().unwrap();
    let steps = plan(&store, keys::LOGS);
    assert_eq!(steps, ["SEARCH log USING COVERING INDEX log_begins ((environment,tenant)>(?,?))"]);
}

/// Fills a table with the tenants t00000 to t09999 of two environments, by SQL: a record is not opened when it is listed.
fn fill(store: &SqliteStore, table: &str, columns: &str, values: &str) {
    let rows = format!(
        "WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < 9999)
         INSERT INTO {table} (environment, tenant, {columns})
         SELECT CASE n % 2 WHEN 0 THEN 'dev' ELSE 'prod' END, printf('t%05d', n), {values} FROM number ORDER BY random()"
    );
    store.connection.lock().unwrap().execute(&rows, []).unwrap();
}

/// The keys that [`fill`] makes, in order.
fn filled() -> Vec<TenantKey> {
    let of = |environment: &str, first: usize| {
        let environment: crate::model::ids::Environment = environment.parse().unwrap();
        (first..10_000)
            .step_by(2)
            .map(move |n| TenantKey::new(environment.clone(), format!("t{n:05}").parse().unwrap()))
            .collect::<Vec<_>>()
    };
    [of("dev", 0), of("prod", 1)].concat()
}

#[tokio::test]
async fn ten_thousand_records_and_logs_are_listed_in_order_over_many_pages() {
    let store = SqliteStore::in_memory().unwrap();
    fill(&store, "record", "version, body", "1, 'no record'");
    fill(&store, "log", "seq, hash, body", "1, '', 'no entry'");
    let keys = filled();
    assert!(store.list().await.unwrap() == keys, "records");
    assert!(store.logged().await.unwrap() == keys, "logs");
}

#[test]
fn a_page_of_keys_is_bounded_and_goes_on_after_the_last_key() {
    let store = SqliteStore::in_memory().unwrap();
    fill(&store, "record", "version, body", "1, 'no record'");
    let (keys, connection) = (filled(), store.connection.lock().unwrap());
    let page = |after| keys::page(&connection, keys::RECORDS, "list records", after).unwrap();
    assert_eq!(page(None), keys[..keys::PAGE]);
    assert_eq!(page(Some(&keys[4_999])), keys[5_000..5_000 + keys::PAGE], "from one environment to the next");
    assert_eq!(page(Some(&keys[9_997])), keys[9_998..]);
    assert_eq!(page(keys.last()), []);
}
