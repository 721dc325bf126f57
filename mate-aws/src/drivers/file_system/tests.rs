//! Cases that an emulator cannot show: states on the way, half-finished creations, data that would be lost.

use aws_sdk_efs::Client;
use aws_sdk_efs::operation::create_file_system::{CreateFileSystemError, CreateFileSystemOutput};
use aws_sdk_efs::operation::delete_file_system::{DeleteFileSystemError, DeleteFileSystemOutput};
use aws_sdk_efs::operation::delete_file_system_policy::DeleteFileSystemPolicyOutput;
use aws_sdk_efs::operation::describe_file_system_policy::{
    DescribeFileSystemPolicyError, DescribeFileSystemPolicyOutput,
};
use aws_sdk_efs::operation::describe_file_systems::{DescribeFileSystemsError, DescribeFileSystemsOutput};
use aws_sdk_efs::operation::describe_lifecycle_configuration::DescribeLifecycleConfigurationOutput;
use aws_sdk_efs::operation::put_file_system_policy::{PutFileSystemPolicyError, PutFileSystemPolicyOutput};
use aws_sdk_efs::operation::put_lifecycle_configuration::{
    PutLifecycleConfigurationError, PutLifecycleConfigurationOutput,
};
use aws_sdk_efs::operation::update_file_system::{UpdateFileSystemError, UpdateFileSystemOutput};
use aws_sdk_efs::types::builders::FileSystemDescriptionBuilder;
use aws_sdk_efs::types::{
    FileSystemDescription, FileSystemSize, LifeCycleState, LifecyclePolicy, PerformanceMode, ThroughputMode,
    TransitionToIaRules,
};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::DateTime;
use mate_core::kinds::file_system::{FileSystem, FileSystemInputs, FileSystemThroughput};
use mate_core::kinds::policy::{Effect, PolicyDocument, Statement};
use mate_core::provider::{DataPolicy, DeleteRequest, Deleted, ErrorClass, RetryStatus, Status, Target};
use serde_json::json;

use super::FileSystemDriver as Subject;
use super::driver::creation_token;
use crate::context::Aws;
use crate::drivers::testing::{self, client, code, made, present};
use crate::drivers::{Driver, efs};

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555";

fn target() -> Target {
    let inputs = FileSystemInputs {
        kms_key_id: KEY.into(),
        throughput: FileSystemThroughput::Provisioned { mibps: 16 },
        transition_to_ia: Some("AFTER_30_DAYS".into()),
        policy: None,
    };
    testing::target::<FileSystem>("files", &inputs)
}

fn recorded() -> Target {
    Target { physical_id: Some("fs-1".into()), ..target() }
}

fn file_system() -> FileSystemDescriptionBuilder {
    FileSystemDescription::builder()
        .owner_id("1")
        .creation_token("files")
        .file_system_id("fs-1")
        .file_system_arn("arn:fs")
        .creation_time(DateTime::from_secs(0))
        .life_cycle_state(LifeCycleState::Available)
        .number_of_mount_targets(0)
        .performance_mode(PerformanceMode::GeneralPurpose)
        .kms_key_id(KEY)
        .throughput_mode(ThroughputMode::Provisioned)
        .provisioned_throughput_in_mibps(16.0)
        .size_in_bytes(FileSystemSize::builder().value(6144).build())
        .set_tags(Some(efs::list(&efs::with_name(&target()))))
}

fn output(found: FileSystemDescriptionBuilder) -> DescribeFileSystemsOutput {
    DescribeFileSystemsOutput::builder().file_systems(found.build().unwrap()).build()
}

fn by_id(found: FileSystemDescriptionBuilder) -> Rule {
    let answer = output(found);
    mock!(Client::describe_file_systems)
        .match_requests(|request| request.file_system_id() == Some("fs-1") && request.creation_token().is_none())
        .then_output(move || answer.clone())
}

fn by_token(found: FileSystemDescriptionBuilder) -> Rule {
    let answer = output(found);
    mock!(Client::describe_file_systems)
        .match_requests(|request| request.creation_token() == Some("files") && request.file_system_id().is_none())
        .then_output(move || answer.clone())
}

fn nothing_by_token() -> Rule {
    mock!(Client::describe_file_systems)
        .match_requests(|request| request.creation_token() == Some("files"))
        .then_output(|| DescribeFileSystemsOutput::builder().build())
}

fn lifecycle(rule: Option<TransitionToIaRules>) -> Rule {
    mock!(Client::describe_lifecycle_configuration).then_output(move || {
        let policies = rule.iter().map(|rule| LifecyclePolicy::builder().transition_to_ia(rule.clone()).build());
        DescribeLifecycleConfigurationOutput::builder().set_lifecycle_policies(Some(policies.collect())).build()
    })
}

fn no_policy() -> Rule {
    mock!(Client::describe_file_system_policy)
        .then_error(|| DescribeFileSystemPolicyError::generic(code("PolicyNotFound")))
}

fn month() -> Option<TransitionToIaRules> {
    Some(TransitionToIaRules::After30Days)
}

fn created(state: LifeCycleState) -> Rule {
    mock!(Client::create_file_system)
        .match_requests(|request| {
            request.creation_token() == Some("files")
                && request.encrypted() == Some(true)
                && request.kms_key_id() == Some(KEY)
                && request.throughput_mode() == Some(&ThroughputMode::Provisioned)
                && request.provisioned_throughput_in_mibps() == Some(16.0)
                && request.tags().iter().any(|tag| tag.key() == "Name" && tag.value() == "files")
        })
        .then_output(move || {
            CreateFileSystemOutput::builder()
                .owner_id("1")
                .creation_token("files")
                .file_system_id("fs-1")
                .file_system_arn("arn:fs")
                .creation_time(DateTime::from_secs(0))
                .life_cycle_state(state.clone())
                .number_of_mount_targets(0)
                .performance_mode(PerformanceMode::GeneralPurpose)
                .set_tags(Some(Vec::new()))
                .build()
                .unwrap()
        })
}

fn exists() -> Rule {
    mock!(Client::create_file_system).then_error(|| CreateFileSystemError::generic(code("FileSystemAlreadyExists")))
}

fn put() -> Rule {
    mock!(Client::put_lifecycle_configuration)
        .match_requests(|request| {
            request.lifecycle_policies().len() == 1
                && request.lifecycle_policies()[0].transition_to_ia() == Some(&TransitionToIaRules::After30Days)
        })
        .then_output(|| PutLifecycleConfigurationOutput::builder().build())
}

fn aws<const N: usize>(rules: [Rule; N]) -> Aws {
    Aws { efs: client!(aws_sdk_efs, rules), ..testing::aws() }
}

#[tokio::test]
async fn what_was_made_as_wanted_is_found_by_its_creation_token() {
    let live = present(
        Subject.observe(&aws([by_token(file_system()), lifecycle(month()), no_policy()]), &[target()]).await.remove(0),
    );
    assert_eq!((live.physical_id.as_str(), &live.status), ("fs-1", &Status::Ready));
    assert_eq!(live.inputs, target().inputs);
    assert_eq!(serde_json::to_value(live.outputs).unwrap(), json!({"file_system_id": "fs-1", "arn": "arn:fs"}));
}

#[tokio::test]
async fn a_recorded_id_that_leads_nowhere_is_only_a_hint() {
    let gone = mock!(Client::describe_file_systems)
        .match_requests(|request| request.file_system_id() == Some("fs-1"))
        .then_error(|| DescribeFileSystemsError::generic(code("FileSystemNotFound")));
    let found = by_token(file_system().file_system_id("fs-2"));
    let live =
        present(Subject.observe(&aws([gone, found, lifecycle(None), no_policy()]), &[recorded()]).await.remove(0));
    assert_eq!(live.physical_id, "fs-2");
    assert_eq!(live.inputs["transition_to_ia"], json!(null));
}

#[tokio::test]
async fn the_lifecycle_waits_for_the_file_system_and_a_repeat_completes_it() {
    let early = mock!(Client::put_lifecycle_configuration)
        .then_error(|| PutLifecycleConfigurationError::generic(code("IncorrectFileSystemLifeCycleState")));
    let request = testing::create(target());
    let error = Subject.create(&aws([created(LifeCycleState::Creating), early]), &request).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Conflict, RetryStatus::Temporary));
    let exist = made(error);
    assert_eq!((exist.physical_id.as_str(), exist.status), ("fs-1", Status::Pending("creating".into())));

    let put = put();
    let rules = [
        exists(),
        by_token(file_system()),
        lifecycle(None),
        no_policy(),
        by_id(file_system()),
        lifecycle(None),
        no_policy(),
        put.clone(),
    ];
    assert_eq!(Subject.create(&aws(rules), &request).await.unwrap().physical_id, "fs-1");
    assert_eq!(put.num_calls(), 1);
}

#[tokio::test]
async fn a_repeat_that_comes_too_early_as_well_does_not_leave_the_lifecycle_out() {
    let on_its_way = || file_system().life_cycle_state(LifeCycleState::Creating);
    let early = mock!(Client::put_lifecycle_configuration)
        .then_error(|| PutLifecycleConfigurationError::generic(code("IncorrectFileSystemLifeCycleState")));
    let reads =
        [by_token(on_its_way()), lifecycle(None), no_policy(), by_id(on_its_way()), lifecycle(None), no_policy()];
    let [one, two, three, four, five, six] = reads;
    let rules = [exists(), one, two, three, four, five, six, early];
    let error = Subject.create(&aws(rules), &testing::create(target())).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Conflict, RetryStatus::Temporary));
    assert_eq!(made(error).physical_id, "fs-1");
}

#[tokio::test]
async fn a_new_file_system_has_its_lifecycle_at_once_where_efs_lets_it() {
    let rules = [created(LifeCycleState::Available), put()];
    assert_eq!(Subject.create(&aws(rules), &testing::create(target())).await.unwrap().status, Status::Ready);
}

#[tokio::test]
async fn a_foreign_file_system_of_the_token_is_refused_and_one_that_goes_waited_for() {
    let request = testing::create(target());
    let foreign = [exists(), by_token(file_system().set_tags(Some(Vec::new()))), lifecycle(None), no_policy()];
    assert_eq!(Subject.create(&aws(foreign), &request).await.unwrap_err().class, ErrorClass::AlreadyExists);
    let going =
        [exists(), by_token(file_system().life_cycle_state(LifeCycleState::Deleting)), lifecycle(None), no_policy()];
    assert_eq!(Subject.create(&aws(going), &request).await.unwrap_err().class, ErrorClass::Conflict);
}

#[tokio::test]
async fn throughput_changes_in_place_but_not_twice_a_day() {
    let mut target = recorded();
    target.inputs["throughput"] = json!("elastic");
    let change = mock!(Client::update_file_system)
        .match_requests(|request| {
            request.throughput_mode() == Some(&ThroughputMode::Elastic)
                && request.provisioned_throughput_in_mibps().is_none()
        })
        .then_output(|| {
            UpdateFileSystemOutput::builder()
                .owner_id("1")
                .creation_token("files")
                .file_system_id("fs-1")
                .creation_time(DateTime::from_secs(0))
                .life_cycle_state(LifeCycleState::Updating)
                .number_of_mount_targets(0)
                .performance_mode(PerformanceMode::GeneralPurpose)
                .set_tags(Some(Vec::new()))
                .build()
                .unwrap()
        });
    let request = testing::update(target, &["throughput"]);
    let updated =
        Subject.update(&aws([by_id(file_system()), lifecycle(month()), no_policy(), change]), &request).await.unwrap();
    assert_eq!(updated.status, Status::Pending("updating".into()));
    let soon = mock!(Client::update_file_system).then_error(|| UpdateFileSystemError::generic(code("TooManyRequests")));
    let error = Subject
        .update(&aws([by_id(file_system()), lifecycle(month()), no_policy(), soon]), &request)
        .await
        .unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Invalid, RetryStatus::Permanent));
}

#[tokio::test]
async fn a_rule_that_is_wanted_no_more_is_taken_away() {
    let mut target = recorded();
    target.inputs["transition_to_ia"] = json!(null);
    let empty = mock!(Client::put_lifecycle_configuration)
        .match_requests(|request| request.lifecycle_policies.as_ref().is_some_and(Vec::is_empty))
        .then_output(|| PutLifecycleConfigurationOutput::builder().build());
    let request = testing::update(target, &["transition_to_ia", "throughput", "tags"]);
    let rules = [by_id(file_system()), lifecycle(month()), no_policy(), empty.clone()];
    Subject.update(&aws(rules), &request).await.unwrap();
    assert_eq!(empty.num_calls(), 1);
}

/// Everybody of the account may mount, over TLS only.
fn policy() -> PolicyDocument {
    let account = Statement {
        principals: vec!["arn:aws:iam::123456789012:root".into()],
        ..Statement::allow(
            "Mount",
            ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
            vec!["*".into()],
        )
    };
    let plain = Statement {
        effect: Effect::Deny,
        principals: vec!["*".into()],
        ..Statement::allow("Tls", ["elasticfilesystem:*"], Vec::new())
    };
    PolicyDocument { statements: vec![account, plain.when("Bool", "aws:SecureTransport", vec!["false".into()])] }
}

fn with_policy() -> Target {
    let mut target = recorded();
    target.inputs["policy"] = json!(policy());
    target
}

fn told(policy: serde_json::Value) -> Rule {
    mock!(Client::describe_file_system_policy).then_output(move || {
        DescribeFileSystemPolicyOutput::builder().file_system_id("fs-1").policy(policy.to_string()).build()
    })
}

fn policy_put() -> Rule {
    mock!(Client::put_file_system_policy)
        .match_requests(|request| {
            serde_json::from_str::<serde_json::Value>(request.policy().unwrap()).unwrap() == policy().to_aws().unwrap()
        })
        .then_output(|| PutFileSystemPolicyOutput::builder().build())
}

#[tokio::test]
async fn a_policy_as_efs_writes_it_is_the_one_that_was_wanted() {
    let written = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "Tls", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "elasticfilesystem:*",
         "Resource": "arn:fs", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {"Sid": "Mount", "Effect": "Allow", "Principal": {"AWS": "123456789012"},
         "Action": ["elasticfilesystem:ClientWrite", "elasticfilesystem:ClientMount"], "Resource": "arn:fs"}]});
    let rules = [by_id(file_system()), lifecycle(month()), told(written.clone())];
    let live = present(Subject.observe(&aws(rules), &[with_policy()]).await.remove(0));
    assert_eq!(live.inputs, with_policy().inputs);

    let mut other = written;
    other["Statement"][1]["Principal"] = json!({"AWS": "210987654321"});
    let rules = [by_id(file_system()), lifecycle(month()), told(other)];
    let live = present(Subject.observe(&aws(rules), &[with_policy()]).await.remove(0));
    assert_ne!(live.inputs["policy"], json!(policy()));
}

#[tokio::test]
async fn a_policy_that_the_model_cannot_express_is_told_as_it_stands() {
    let strange = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "NotAction": "elasticfilesystem:*"}]});
    let rules = [by_id(file_system()), lifecycle(month()), told(strange.clone())];
    let live = present(Subject.observe(&aws(rules), &[with_policy()]).await.remove(0));
    assert_eq!(live.inputs["policy"], strange);
}

#[tokio::test]
async fn a_new_file_system_has_its_policy_and_a_failure_says_what_exists() {
    let mut target = target();
    target.inputs["policy"] = json!(policy());
    let policy = policy_put();
    let rules = [created(LifeCycleState::Available), put(), policy.clone()];
    Subject.create(&aws(rules), &testing::create(target.clone())).await.unwrap();
    assert_eq!(policy.num_calls(), 1);

    let refused = mock!(Client::put_file_system_policy)
        .then_error(|| PutFileSystemPolicyError::generic(code("InvalidPolicyException")));
    let rules = [created(LifeCycleState::Available), put(), refused];
    let error = Subject.create(&aws(rules), &testing::create(target)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
    assert_eq!(made(error).physical_id, "fs-1");
}

#[tokio::test]
async fn a_policy_is_set_when_it_differs_and_taken_away_when_none_is_wanted() {
    let put = policy_put();
    let rules = [by_id(file_system()), lifecycle(month()), no_policy(), put.clone()];
    Subject.update(&aws(rules), &testing::update(with_policy(), &["policy"])).await.unwrap();
    assert_eq!(put.num_calls(), 1);

    let gone = mock!(Client::delete_file_system_policy).then_output(|| DeleteFileSystemPolicyOutput::builder().build());
    let now = told(policy().to_aws().unwrap());
    let rules = [by_id(file_system()), lifecycle(month()), now, gone.clone()];
    Subject.update(&aws(rules), &testing::update(recorded(), &["policy"])).await.unwrap();
    assert_eq!(gone.num_calls(), 1);
}

async fn delete<const N: usize>(
    rules: [Rule; N],
    data: DataPolicy,
) -> Result<Deleted, mate_core::provider::ProviderError> {
    Subject.delete(&aws(rules), &DeleteRequest { target: recorded(), data }).await
}

const KEEP: DataPolicy = DataPolicy::Keep { final_snapshot: None };

fn deleted() -> Rule {
    mock!(Client::delete_file_system).then_output(|| DeleteFileSystemOutput::builder().build())
}

#[tokio::test]
async fn files_are_lost_only_by_consent() {
    let full = || file_system().size_in_bytes(FileSystemSize::builder().value(6145).build());
    let error = delete([by_id(full()), lifecycle(None), no_policy()], KEEP).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Dependency, RetryStatus::Permanent));
    assert!(error.to_string().contains("6145 bytes"), "{error}");
    let answer = delete([by_id(full()), lifecycle(None), no_policy(), deleted()], DataPolicy::Discard).await;
    assert_eq!(answer.unwrap(), Deleted::Going);
    assert_eq!(
        delete([by_id(file_system()), lifecycle(None), no_policy(), deleted()], KEEP).await.unwrap(),
        Deleted::Going
    );
}

#[tokio::test]
async fn a_deletion_can_be_repeated_and_waits_for_mount_targets() {
    let gone = mock!(Client::describe_file_systems)
        .match_requests(|request| request.file_system_id().is_some())
        .then_error(|| DescribeFileSystemsError::generic(code("FileSystemNotFound")));
    assert_eq!(delete([gone, nothing_by_token()], KEEP).await.unwrap(), Deleted::Gone);
    let going = by_id(file_system().life_cycle_state(LifeCycleState::Deleting));
    assert_eq!(delete([going, lifecycle(None), no_policy()], KEEP).await.unwrap(), Deleted::Going);
    let used = mock!(Client::delete_file_system).then_error(|| DeleteFileSystemError::generic(code("FileSystemInUse")));
    let error = delete([by_id(file_system()), lifecycle(None), no_policy(), used], KEEP).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Dependency, RetryStatus::Temporary));
    let foreign = by_id(file_system().set_tags(Some(Vec::new())));
    let error = delete([foreign, lifecycle(None), no_policy()], DataPolicy::Discard).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[test]
fn a_creation_token_is_the_name_or_fits_and_stays_distinct() {
    assert_eq!(creation_token("mate-acme-dev-files"), "mate-acme-dev-files");
    let (one, other) = (format!("{}-one", "x".repeat(70)), format!("{}-two", "x".repeat(70)));
    assert_eq!(creation_token(&one).len(), 64);
    assert_ne!(creation_token(&one), creation_token(&other));
    assert_eq!(creation_token(&one), creation_token(&one));
}
