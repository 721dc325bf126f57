//! The answers of S3 to a conditional write, and their effects.

use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_s3::operation::get_bucket_versioning::GetBucketVersioningOutput;
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::operation::put_object::{PutObjectError, PutObjectOutput};
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_mocks::{Rule, mock};
use mate_core::provider::RetryStatus;
use mate_core::state::{Holder, Stored};

use super::*;
use crate::drivers::testing::{client, code};

fn store(rules: &[&Rule]) -> S3Store {
    S3Store {
        client: client!(aws_sdk_s3, rules),
        bucket: "records".into(),
        prefix: "mate/".into(),
        kms_key_id: Some("alias/mate".into()),
        owner: Some("123456789012".into()),
    }
}

fn key() -> TenantKey {
    TenantKey::new("dev".parse().unwrap(), "clinic".parse().unwrap())
}

fn record() -> Record {
    Record::new(key(), "0123456789abcdef0123456789abcdef")
}

fn lease() -> Lease {
    Lease { key: key(), owner: "one".into(), fence: 1, expires_at: 130 }
}

fn held() -> Slot {
    let holder = Holder { owner: "one".into(), fence: 1, expires_at: 130, ttl: 30, renewals: 0 };
    Slot { lease: LeaseState { fence: 1, holder: Some(holder), ..LeaseState::default() }, ..Slot::default() }
}

fn written() -> Slot {
    let (version, body) = record().seal_next(&record().key).unwrap();
    Slot { record: Some(Stored { version, lineage: record().lineage, body }), ..held() }
}

/// The object as it stands at one read after the other; the last stays.
fn reads(slots: Vec<Slot>) -> Rule {
    let count = AtomicUsize::new(0);
    mock!(Client::get_object).then_output(move || {
        let round = count.fetch_add(1, Ordering::Relaxed).min(slots.len() - 1);
        let body = serde_json::to_vec(&slots[round]).unwrap();
        GetObjectOutput::builder().e_tag(format!("\"{round}\"")).body(ByteStream::from(body)).build()
    })
}

fn refused(with: &'static str) -> Rule {
    mock!(Client::put_object).then_error(move || PutObjectError::generic(code(with)))
}

fn stored() -> Rule {
    mock!(Client::put_object).then_output(|| PutObjectOutput::builder().build())
}

#[tokio::test]
async fn a_write_names_what_was_read_and_the_key_of_its_own() {
    let read = reads(vec![held()]);
    let write = mock!(Client::put_object)
        .match_requests(|request| {
            request.if_match() == Some("\"0\"")
                && request.if_none_match().is_none()
                && request.key() == Some("mate/dev/clinic.json")
                && request.server_side_encryption() == Some(&ServerSideEncryption::AwsKms)
                && request.ssekms_key_id() == Some("alias/mate")
                && request.expected_bucket_owner() == Some("123456789012")
        })
        .then_output(|| PutObjectOutput::builder().build());
    assert_eq!(store(&[&read, &write]).put(&lease(), &record()).await.unwrap(), 1);
}

#[tokio::test]
async fn the_first_write_of_an_object_is_made_only_where_there_is_none() {
    let read = mock!(Client::get_object).then_error(|| GetObjectError::generic(code("NoSuchKey")));
    let write = mock!(Client::put_object)
        .match_requests(|request| request.if_none_match() == Some("*") && request.if_match().is_none())
        .then_output(|| PutObjectOutput::builder().build());
    let request = LeaseRequest { key: key(), owner: "one".into(), now: 100, ttl: Duration::from_secs(30), over: None };
    assert_eq!(store(&[&read, &write]).acquire(&request).await.unwrap().fence, 1);
}

#[tokio::test]
async fn who_lost_a_race_reads_again_and_decides_anew() {
    for lost in ["PreconditionFailed", "ConditionalRequestConflict"] {
        let mut other = held();
        other.lease.holder.as_mut().unwrap().fence = 2;
        let (first, write, second) = (reads(vec![held()]), refused(lost), reads(vec![other]));
        let answer = store(&[&first, &write, &second]).put(&lease(), &record()).await;
        assert!(matches!(answer, Err(StoreError::Fenced { fence: 1, .. })), "{lost}: {answer:?}");
    }
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_known_again_when_it_stands_there() {
    let (first, write, second) = (reads(vec![held()]), refused("InternalError"), reads(vec![written()]));
    assert_eq!(store(&[&first, &write, &second]).put(&lease(), &record()).await.unwrap(), 1);
    assert_eq!((second.num_calls(), write.num_calls()), (1, 1));
}

#[tokio::test]
async fn a_write_that_failed_before_it_took_effect_is_made_again() {
    let (first, write, second, again) =
        (reads(vec![held()]), refused("ServiceUnavailable"), reads(vec![held()]), stored());
    assert_eq!(store(&[&first, &write, &second, &again]).put(&lease(), &record()).await.unwrap(), 1);
    assert_eq!(again.num_calls(), 1);
}

#[tokio::test]
async fn what_is_denied_is_not_tried_again() {
    let (read, write) = (reads(vec![held()]), refused("AccessDenied"));
    let error = store(&[&read, &write]).put(&lease(), &record()).await.unwrap_err();
    assert!(matches!(error, StoreError::Backend { retry: RetryStatus::Permanent, .. }), "{error:?}");
    assert_eq!(write.num_calls(), 1);
}

#[tokio::test]
async fn a_bucket_without_versions_is_refused_with_the_command_that_helps() {
    let rule = mock!(Client::get_bucket_versioning).then_output(|| GetBucketVersioningOutput::builder().build());
    let problem = store(&[&rule]).check().await.unwrap_err();
    assert!(problem.to_string().contains("put-bucket-versioning --bucket records"), "{problem}");
}

#[test]
fn the_key_of_an_object_tells_the_tenant() {
    let store = store(&[]);
    assert_eq!(store.tenant(&store.key(&key())), Some(key()));
    for other in ["mate/dev/clinic.txt", "other/dev/clinic.json", "mate/clinic.json"] {
        assert_eq!(store.tenant(other), None, "{other}");
    }
}
