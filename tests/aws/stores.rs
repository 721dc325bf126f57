//! Records in an S3 bucket of the emulator: the contract of a store, with two controllers on it, and a tenant's life.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mate::aws::aws_config::{BehaviorVersion, Region, SdkConfig};
use mate::aws::{BucketProblem, Credentials, S3Store, aws_config};
use mate::state::{LeaseRequest, Leases, Records, StateStore, StoreError, suite};

use crate::support::emulator::Emulator;
use crate::support::figures;
use crate::support::proxy::{Each, Proxy, Strike};

pub(crate) const BUCKET: &str = "mate-dev-records";

pub(crate) async fn config_at(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("testing", "testing", None, None, "tests");
    let loader = aws_config::defaults(BehaviorVersion::v2026_01_12()).endpoint_url(endpoint);
    loader.region(Region::new("us-east-1")).credentials_provider(credentials).load().await
}

/// An emulator with a bucket that keeps versions.
pub(crate) fn emulator_with_bucket(emulator: Emulator) -> Emulator {
    emulator.aws_cli(&["s3api", "create-bucket", "--bucket", BUCKET]).unwrap();
    let versioning = ["s3api", "put-bucket-versioning", "--bucket", BUCKET];
    emulator.aws_cli(&[&versioning[..], &["--versioning-configuration", "Status=Enabled"]].concat()).unwrap();
    emulator
}

async fn empty() -> Emulator {
    tokio::task::spawn_blocking(|| emulator_with_bucket(Emulator::empty().unwrap())).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_keeps_the_contract() {
    let emulator = empty().await;
    let config = config_at(emulator.endpoint()).await;
    let count = AtomicUsize::new(0);
    suite::run(|| async {
        let prefix = format!("suite-{}/", count.fetch_add(1, Ordering::Relaxed));
        Arc::new(S3Store::new(&config, BUCKET).prefix(prefix)) as Arc<dyn StateStore>
    })
    .await;
}

/// Of each write the first attempt fails before it is done, or is done and its answer is lost.
#[tokio::test(flavor = "multi_thread")]
async fn s3_keeps_the_contract_whose_writes_fail_or_lose_their_answers() {
    let emulator = empty().await;
    for strike in [Strike::InternalError, Strike::AnswerLost] {
        let proxy = Proxy::before(emulator.endpoint()).unwrap();
        let config = config_at(proxy.endpoint()).await;
        let count = AtomicUsize::new(0);
        proxy.strike(strike, Each::Write);
        suite::run(|| async {
            let prefix = format!("{strike:?}-{}/", count.fetch_add(1, Ordering::Relaxed));
            Arc::new(S3Store::new(&config, BUCKET).prefix(prefix)) as Arc<dyn StateStore>
        })
        .await;
        figures::count("stores", proxy.struck(), format!("writes of S3 struck by {strike:?}"));
        assert!(proxy.struck() > 30, "{}", proxy.struck());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_object_is_refused_and_the_version_before_brings_it_back() {
    let emulator = empty().await;
    let store = S3Store::new(&config_at(emulator.endpoint()).await, BUCKET);
    let record = suite::record("acme");
    let lease = suite::leased(&store, &record.key).await;
    store.put(&lease, &record).await.unwrap();
    let key = "mate/dev/acme.json";
    let file = emulator.directory().join("object.json");
    let path = file.to_str().unwrap();
    let get = ["s3api", "get-object", "--bucket", BUCKET, "--key", key];
    let good = emulator.aws_cli(&[&get[..], &[path]].concat()).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replacen("acme", "acmf", 1)).unwrap();
    let put = ["s3api", "put-object", "--bucket", BUCKET, "--key", key, "--body"];
    emulator.aws_cli(&[&put[..], &[path]].concat()).unwrap();
    assert!(matches!(store.get(&record.key).await, Err(StoreError::Unreadable { .. })));

    let version = good["VersionId"].as_str().unwrap();
    emulator.aws_cli(&[&get[..], &["--version-id", version, path]].concat()).unwrap();
    emulator.aws_cli(&[&put[..], &[path]].concat()).unwrap();
    assert_eq!(store.get(&record.key).await.unwrap().unwrap().version, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_without_versions_is_named_with_the_command_that_mends_it() {
    let emulator = empty().await;
    let config = config_at(emulator.endpoint()).await;
    S3Store::new(&config, BUCKET).check().await.unwrap();
    emulator.aws_cli(&["s3api", "create-bucket", "--bucket", "plain"]).unwrap();
    let problem = S3Store::new(&config, "plain").check().await.unwrap_err();
    assert!(matches!(problem, BucketProblem::NoVersions { .. }), "{problem}");
    assert!(problem.to_string().contains("put-bucket-versioning --bucket plain"), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_cannot_be_reached_says_so_and_may_be_asked_again() {
    let store = S3Store::new(&config_at("http://127.0.0.1:9").await, BUCKET);
    let key = suite::record("acme").key;
    let request =
        LeaseRequest { key, owner: "one".into(), now: 1_767_225_600, ttl: Duration::from_secs(30), over: None };
    let error = store.acquire(&request).await.unwrap_err();
    assert_eq!(error.retry(), mate::provider::RetryStatus::Temporary, "{error}");
}
