//! Stopping and starting, alone and beside other changes, repeated and refused.

use aws_sdk_rds::Client;
use aws_sdk_rds::operation::modify_db_instance::ModifyDbInstanceOutput;
use aws_sdk_rds::operation::start_db_instance::{StartDBInstanceError, StartDbInstanceOutput};
use aws_sdk_rds::operation::stop_db_instance::{StopDBInstanceError, StopDbInstanceOutput};
use aws_smithy_mocks::{Rule, mock};
use mate_core::provider::{Created, DataPolicy, DeleteRequest, ErrorClass, ProviderError, RetryStatus, Status, Target};
use serde_json::json;

use crate::drivers::Driver;
use crate::drivers::db_instance::DbInstanceDriver as Subject;
use crate::drivers::db_instance::tests::{described, instance, target, without_secret};
use crate::drivers::testing::{self, client, code, present};

fn at(word: &str) -> Rule {
    described(instance().db_instance_status(word))
}

fn stop() -> Rule {
    mock!(Client::stop_db_instance)
        .match_requests(|request| request.db_instance_identifier() == Some("db"))
        .then_output(|| {
            StopDbInstanceOutput::builder().db_instance(instance().db_instance_status("stopping").build()).build()
        })
}

fn start() -> Rule {
    mock!(Client::start_db_instance)
        .match_requests(|request| request.db_instance_identifier() == Some("db"))
        .then_output(|| {
            StartDbInstanceOutput::builder().db_instance(instance().db_instance_status("starting").build()).build()
        })
}

fn not_stopped() -> Rule {
    mock!(Client::stop_db_instance).then_error(|| StopDBInstanceError::generic(code("InvalidDBInstanceState")))
}

fn not_started() -> Rule {
    mock!(Client::start_db_instance).then_error(|| StartDBInstanceError::generic(code("InvalidDBInstanceState")))
}

fn modify() -> Rule {
    mock!(Client::modify_db_instance)
        .match_requests(|request| request.backup_retention_period() == Some(14))
        .then_output(|| ModifyDbInstanceOutput::builder().db_instance(instance().build()).build())
}

fn wanted(stopped: bool) -> Target {
    let mut target = target();
    target.inputs["stopped"] = json!(stopped);
    target
}

async fn update(rds: Client, target: Target, fields: &[&str]) -> Result<Created, ProviderError> {
    Subject.update(&without_secret(rds), &testing::update(target, fields)).await
}

#[tokio::test]
async fn stopped_is_a_state_like_available_and_told_back() {
    for (word, status, stopped) in [
        ("stopped", Status::Ready, true),
        ("stopping", Status::Pending("stopping".into()), true),
        ("starting", Status::Pending("starting".into()), false),
        ("available", Status::Ready, false),
    ] {
        let aws = without_secret(client!(aws_sdk_rds, [at(word)]));
        let live = present(Subject.observe(&aws, &[target()]).await.remove(0));
        assert_eq!((live.status, &live.inputs["stopped"]), (status, &json!(stopped)), "{word}");
    }
}

#[tokio::test]
async fn it_is_stopped_and_started() {
    let stopping = update(client!(aws_sdk_rds, [at("available"), stop()]), wanted(true), &["stopped"]).await.unwrap();
    assert_eq!(stopping.status, Status::Pending("stopping".into()));
    let starting = update(client!(aws_sdk_rds, [at("stopped"), start()]), wanted(false), &["stopped"]).await.unwrap();
    assert_eq!(starting.status, Status::Pending("starting".into()));
}

#[tokio::test]
async fn a_repeated_call_finds_what_the_first_one_did() {
    let stopped = update(client!(aws_sdk_rds, [at("stopped")]), wanted(true), &["stopped"]).await.unwrap();
    assert_eq!(stopped.status, Status::Ready);
    let starting = update(client!(aws_sdk_rds, [at("starting")]), wanted(false), &["stopped"]).await.unwrap();
    assert_eq!(starting.status, Status::Pending("starting".into()));
    // The first look did not show it yet.
    let rds = client!(aws_sdk_rds, [at("available"), not_stopped(), at("stopping")]);
    let stopping = update(rds, wanted(true), &["stopped"]).await.unwrap();
    assert_eq!(stopping.status, Status::Pending("stopping".into()));
    let rds = client!(aws_sdk_rds, [at("stopped"), not_started(), at("starting")]);
    let starting = update(rds, wanted(false), &["stopped"]).await.unwrap();
    assert_eq!(starting.status, Status::Pending("starting".into()));
}

#[tokio::test]
async fn what_is_busy_is_stopped_or_started_later() {
    let rds = client!(aws_sdk_rds, [at("modifying"), not_stopped(), at("modifying")]);
    let error = update(rds, wanted(true), &["stopped"]).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Conflict, RetryStatus::Temporary));
    let rds = client!(aws_sdk_rds, [at("stopping"), not_started(), at("stopping")]);
    let error = update(rds, wanted(false), &["stopped"]).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Conflict, RetryStatus::Temporary));
}

#[tokio::test]
async fn what_is_stopped_is_started_before_it_is_changed() {
    let mut target = wanted(false);
    target.inputs["backup_retention_days"] = json!(14);
    let fields = ["backup_retention_days", "stopped"];
    let error = update(client!(aws_sdk_rds, [at("stopped"), start()]), target.clone(), &fields).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Conflict, RetryStatus::Temporary));
    let rds = client!(aws_sdk_rds, [at("available"), modify()]);
    assert_eq!(update(rds, target, &fields).await.unwrap().status, Status::Ready);
}

#[tokio::test]
async fn what_is_to_be_stopped_is_changed_before() {
    let mut target = wanted(true);
    target.inputs["backup_retention_days"] = json!(14);
    let fields = ["backup_retention_days", "stopped"];
    let error = update(client!(aws_sdk_rds, [at("available"), modify()]), target.clone(), &fields).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Conflict, RetryStatus::Temporary));
    let changed = described(instance().backup_retention_period(14));
    let stopping = update(client!(aws_sdk_rds, [changed, stop()]), target, &fields).await.unwrap();
    assert_eq!(stopping.status, Status::Pending("stopping".into()));
}

#[tokio::test]
async fn a_change_of_what_stays_stopped_is_refused_with_the_way_round() {
    let mut target = wanted(true);
    target.inputs["backup_retention_days"] = json!(14);
    let rds = client!(aws_sdk_rds, [at("stopped")]);
    let error = update(rds, target, &["backup_retention_days"]).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Invalid, RetryStatus::Permanent));
    assert!(error.to_string().contains("resume the tenant first, then change backup_retention_days"), "{error}");
}

#[tokio::test]
async fn a_value_that_cannot_be_read_is_not_written_again_and_again() {
    let fields = ["master_user_secret_arn", "stopped"];
    let error = update(client!(aws_sdk_rds, [at("available")]), wanted(true), &fields).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Invalid, RetryStatus::Permanent));
    assert!(error.to_string().contains("change master_user_secret_arn first"), "{error}");
}

#[tokio::test]
async fn a_protected_database_that_is_stopped_is_resumed_before_it_is_deleted() {
    let rds = client!(aws_sdk_rds, [described(instance().db_instance_status("stopped").deletion_protection(true))]);
    let request = DeleteRequest { target: target(), data: DataPolicy::Discard };
    let error = Subject.delete(&without_secret(rds), &request).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Invalid, RetryStatus::Permanent));
    assert!(error.to_string().contains("resume the tenant"), "{error}");
}
