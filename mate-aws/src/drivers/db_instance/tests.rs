//! Cases that an emulator cannot show: pages, changes in progress, lost answers, refusals, half-finished creations.

use aws_sdk_rds::Client;
use aws_sdk_rds::operation::create_db_instance::{CreateDBInstanceError, CreateDbInstanceOutput};
use aws_sdk_rds::operation::delete_db_instance::{DeleteDBInstanceError, DeleteDbInstanceOutput};
use aws_sdk_rds::operation::describe_db_instances::{DescribeDBInstancesError, DescribeDbInstancesOutput};
use aws_sdk_rds::operation::describe_events::DescribeEventsOutput;
use aws_sdk_rds::operation::modify_db_instance::{ModifyDBInstanceError, ModifyDbInstanceOutput};
use aws_sdk_rds::types::builders::DbInstanceBuilder;
use aws_sdk_rds::types::{
    DbInstance as Instance, DbParameterGroupStatus, DbSubnetGroup, Endpoint, Event, PendingCloudwatchLogsExports,
    PendingModifiedValues, VpcSecurityGroupMembership,
};
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueOutput;
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;
use mate_core::kinds::db_instance::{DbInstance, DbInstanceInputs};
use mate_core::model::Input;
use mate_core::model::Kind;
use mate_core::provider::{DataPolicy, DeleteRequest, Deleted, ErrorClass, Observation, RetryStatus, Status, Target};
use serde_json::json;

use super::DbInstanceDriver as Subject;
use crate::context::Aws;
use crate::drivers::testing::{self, client, code, made, present};
use crate::drivers::{Driver, rds_tags};

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555";
const PASSWORD: &str = "canary-password";

fn inputs() -> DbInstanceInputs {
    let literal = |text: &str| Input::Literal(text.to_owned());
    DbInstanceInputs {
        engine: "postgres".into(),
        engine_version: "16".into(),
        instance_class: "db.t4g.micro".into(),
        allocated_storage_gib: 20,
        max_allocated_storage_gib: 100,
        storage_type: "gp3".into(),
        kms_key_id: literal(KEY),
        multi_az: false,
        backup_retention_days: 7,
        db_name: "mate".into(),
        master_username: "mate".into(),
        master_user_secret_arn: literal("arn:secret"),
        port: 5432,
        db_subnet_group_name: literal("subnets"),
        db_parameter_group_name: literal("settings"),
        security_group_ids: vec![literal("sg-2"), literal("sg-1")],
        deletion_protection: false,
        performance_insights: true,
        log_exports: vec!["upgrade".into(), "postgresql".into()],
        stopped: false,
        master_user_secret_version: None,
    }
}

pub(super) fn target() -> Target {
    testing::target::<DbInstance>("db", &inputs())
}

/// The instance as RDS tells it once it stands.
pub(super) fn instance() -> DbInstanceBuilder {
    let group = |id: &str| VpcSecurityGroupMembership::builder().vpc_security_group_id(id).status("active").build();
    Instance::builder()
        .db_instance_identifier("db")
        .db_instance_status("available")
        .db_instance_arn("arn:db")
        .engine("postgres")
        .engine_version("16.4")
        .db_instance_class("db.t4g.micro")
        .allocated_storage(20)
        .max_allocated_storage(100)
        .storage_type("gp3")
        .kms_key_id(KEY)
        .multi_az(false)
        .backup_retention_period(7)
        .db_name("mate")
        .master_username("mate")
        .endpoint(Endpoint::builder().address("db.example").port(5432).build())
        .db_subnet_group(DbSubnetGroup::builder().db_subnet_group_name("subnets").build())
        .db_parameter_groups(DbParameterGroupStatus::builder().db_parameter_group_name("settings").build())
        .vpc_security_groups(group("sg-1"))
        .vpc_security_groups(group("sg-2"))
        .deletion_protection(false)
        .performance_insights_enabled(true)
        .enabled_cloudwatch_logs_exports("postgresql")
        .enabled_cloudwatch_logs_exports("upgrade")
        .set_tag_list(Some(rds_tags::list(&target().tags)))
}

pub(super) fn described(instance: DbInstanceBuilder) -> Rule {
    let instance = instance.build();
    mock!(Client::describe_db_instances)
        .then_output(move || DescribeDbInstancesOutput::builder().db_instances(instance.clone()).build())
}

fn nothing() -> Rule {
    mock!(Client::describe_db_instances).then_output(|| DescribeDbInstancesOutput::builder().build())
}

fn exists() -> Rule {
    mock!(Client::create_db_instance).then_error(|| CreateDBInstanceError::generic(code("DBInstanceAlreadyExists")))
}

fn secret() -> Rule {
    mock!(aws_sdk_secretsmanager::Client::get_secret_value).then_output(|| {
        GetSecretValueOutput::builder()
            .secret_string(format!(r#"{{"username":"mate","password":"{PASSWORD}"}}"#))
            .build()
    })
}

fn with_secret(rds: Client) -> Aws {
    Aws { rds, secretsmanager: client!(aws_sdk_secretsmanager, any, [secret()]), ..testing::aws() }
}

pub(super) fn without_secret(rds: Client) -> Aws {
    Aws { rds, ..testing::aws() }
}

async fn observe(instance: DbInstanceBuilder, target: Target) -> Observation {
    Subject.observe(&without_secret(client!(aws_sdk_rds, [described(instance)])), &[target]).await.remove(0)
}

#[tokio::test]
async fn what_was_made_as_wanted_shows_no_difference() {
    let live = present(observe(instance(), target()).await);
    assert_eq!(live.status, Status::Ready);
    let named: Vec<String> =
        DbInstance::model().fields.iter().filter(|rule| !rule.write_only).map(|rule| rule.field.to_owned()).collect();
    assert_eq!(crate::drivers::fields::remaining::<DbInstance>(&named, &live, &target()), Vec::<String>::new());
    assert!(live.inputs.get("master_user_secret_arn").is_none());
    let outputs = json!({"address": "db.example", "port": 5432, "arn": "arn:db", "identifier": "db"});
    assert_eq!(serde_json::to_value(live.outputs).unwrap(), outputs);
}

#[tokio::test]
async fn a_change_in_progress_is_pending_and_no_drift() {
    let logs = PendingCloudwatchLogsExports::builder().log_types_to_disable("upgrade").build();
    let pending = PendingModifiedValues::builder()
        .db_instance_class("db.t4g.small")
        .multi_az(true)
        .engine_version("17.2")
        .pending_cloudwatch_logs_exports(logs)
        .build();
    let live = present(observe(instance().pending_modified_values(pending), target()).await);
    assert_eq!(live.inputs["instance_class"], "db.t4g.small");
    assert_eq!(live.inputs["multi_az"], true);
    assert_eq!(live.inputs["engine_version"], "17");
    assert_eq!(live.inputs["log_exports"], json!(["postgresql"]));
    let what = "available, changing engine version, instance class, standby, log exports";
    assert_eq!(live.status, Status::Pending(what.into()));
}

#[tokio::test]
async fn storage_that_grew_by_itself_is_no_drift() {
    let live = present(observe(instance().allocated_storage(44), target()).await);
    assert_eq!(live.inputs["allocated_storage_gib"], 20);
    let live = present(observe(instance().allocated_storage(200), target()).await);
    assert_eq!(live.inputs["allocated_storage_gib"], 200);
    let live = present(observe(instance().set_max_allocated_storage(None), target()).await);
    assert_eq!(live.inputs["max_allocated_storage_gib"], 20);
}

#[tokio::test]
async fn every_status_has_a_meaning() {
    for (word, status) in [
        ("backing-up", Status::Ready),
        ("configuring-enhanced-monitoring", Status::Ready),
        ("storage-optimization", Status::Ready),
        ("creating", Status::Pending("creating".into())),
        ("modifying", Status::Pending("modifying".into())),
        ("rebooting", Status::Pending("rebooting".into())),
        ("deleting", Status::Deleting),
        ("storage-full", Status::Failed("storage-full".into())),
        ("incompatible-parameters", Status::Failed("incompatible-parameters".into())),
    ] {
        assert_eq!(present(observe(instance().db_instance_status(word), target()).await).status, status, "{word}");
    }
    let unreachable = present(observe(instance().set_endpoint(None), target()).await);
    assert_eq!(unreachable.status, Status::Pending("available, no endpoint yet".into()));
}

#[tokio::test]
async fn what_is_not_told_while_creating_is_left_to_the_record() {
    let creating = instance()
        .db_instance_status("creating")
        .set_endpoint(None)
        .performance_insights_enabled(false)
        .set_enabled_cloudwatch_logs_exports(None);
    let live = present(observe(creating, target()).await);
    assert!(live.inputs.get("log_exports").is_none() && live.inputs.get("performance_insights").is_none());
    assert_eq!(live.inputs["port"], 5432);
    assert!(!live.outputs.contains_key("address"));
}

#[tokio::test]
async fn another_tenants_instance_is_foreign() {
    let mut other = target();
    other.address.tenant = "other".parse().unwrap();
    assert!(matches!(observe(instance(), other).await, Observation::Foreign(_)));
}

#[tokio::test]
async fn a_hundred_are_described_in_one_call_and_pages_are_followed() {
    let rule = mock!(Client::describe_db_instances)
        .match_requests(|request| request.filters()[0].values().len() <= 100)
        .then_compute_output(|request| {
            let ids = request.filters()[0].values();
            let (half, rest) = ids.split_at(ids.len() / 2);
            let (page, marker) = if request.marker().is_some() { (rest, None) } else { (half, Some("more")) };
            DescribeDbInstancesOutput::builder()
                .set_db_instances(Some(page.iter().map(|id| instance().db_instance_identifier(id).build()).collect()))
                .set_marker(marker.map(str::to_owned))
                .build()
        });
    let targets: Vec<Target> = (0..150).map(|n| Target { name: format!("db-{n}"), ..target() }).collect();
    let aws = without_secret(client!(aws_sdk_rds, any, [rule.clone()]));
    let observations = Subject.observe(&aws, &targets).await;
    for (target, observation) in targets.iter().zip(observations) {
        assert_eq!(present(observation).physical_id, target.name);
    }
    assert_eq!(rule.num_calls(), 4);
}

#[tokio::test]
async fn a_failed_call_is_unknown_for_each_target_and_not_absent() {
    let rule = mock!(Client::describe_db_instances)
        .then_error(|| DescribeDBInstancesError::generic(code("ThrottlingException")));
    let other = Target { address: testing::address("other"), name: "other".into(), ..target() };
    let aws = without_secret(client!(aws_sdk_rds, [rule]));
    let observations = Subject.observe(&aws, &[target(), other]).await;
    for (observation, node) in observations.into_iter().zip(["thing", "other"]) {
        let Observation::Unknown(error) = observation else { panic!("not unknown") };
        assert_eq!((error.class, error.address.node.as_str()), (ErrorClass::Throttled, node));
    }
}

#[tokio::test]
async fn an_instance_is_made_encrypted_private_and_with_the_secrets_password() {
    let rule = mock!(Client::create_db_instance)
        .match_requests(|request| {
            request.master_user_password() == Some(PASSWORD)
                && request.storage_encrypted() == Some(true)
                && request.kms_key_id() == Some(KEY)
                && request.publicly_accessible() == Some(false)
                && request.copy_tags_to_snapshot() == Some(true)
                && request.auto_minor_version_upgrade() == Some(true)
                && request.max_allocated_storage() == Some(100)
                && request.performance_insights_retention_period() == Some(7)
                && request.enable_cloudwatch_logs_exports().len() == 2
                && request.tags().len() == 4
        })
        .then_output(|| {
            CreateDbInstanceOutput::builder().db_instance(instance().db_instance_status("creating").build()).build()
        });
    let created = Subject.create(&with_secret(client!(aws_sdk_rds, [rule])), &testing::create(target())).await.unwrap();
    assert_eq!((created.physical_id.as_str(), created.status), ("db", Status::Pending("creating".into())));
}

#[tokio::test]
async fn ours_from_an_earlier_attempt_is_brought_to_the_inputs() {
    let modify = mock!(Client::modify_db_instance)
        .match_requests(|request| {
            request.backup_retention_period() == Some(7)
                && request.apply_immediately() == Some(true)
                && request.db_instance_class().is_none()
                && request.master_user_password().is_none()
        })
        .then_output(|| ModifyDbInstanceOutput::builder().db_instance(instance().build()).build());
    let found = || described(instance().backup_retention_period(1));
    let rds = client!(aws_sdk_rds, [exists(), found(), found(), modify.clone()]);
    let created = Subject.create(&with_secret(rds), &testing::create(target())).await.unwrap();
    assert_eq!(created.physical_id, "db");
    assert_eq!(modify.num_calls(), 1);
}

#[tokio::test]
async fn ours_that_is_still_being_made_is_left_alone() {
    let found = described(instance().db_instance_status("creating").backup_retention_period(1));
    let rds = client!(aws_sdk_rds, [exists(), found]);
    let created = Subject.create(&with_secret(rds), &testing::create(target())).await.unwrap();
    assert_eq!(created.status, Status::Pending("creating".into()));
}

#[tokio::test]
async fn a_foreign_instance_of_the_name_is_refused() {
    let rds = client!(aws_sdk_rds, [exists(), described(instance().set_tag_list(None))]);
    let error = Subject.create(&with_secret(rds), &testing::create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    assert!(error.to_string().contains("does not carry MATE's ownership tags"), "{error}");
}

#[tokio::test]
async fn the_name_of_an_instance_that_is_going_is_waited_for() {
    let rds = client!(aws_sdk_rds, [exists(), described(instance().db_instance_status("deleting"))]);
    let error = Subject.create(&with_secret(rds), &testing::create(target())).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Conflict, RetryStatus::Temporary));
}

#[tokio::test]
async fn a_failure_half_way_says_what_exists() {
    let found = || described(instance().backup_retention_period(1));
    let modify =
        mock!(Client::modify_db_instance).then_error(|| ModifyDBInstanceError::generic(code("InvalidDBInstanceState")));
    let rds = client!(aws_sdk_rds, [exists(), found(), found(), modify]);
    let error = Subject.create(&with_secret(rds), &testing::create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
    assert_eq!(made(error).outputs["arn"], "arn:db");
}

#[tokio::test]
async fn a_lost_answer_is_ambiguous_and_a_missing_parameter_group_a_dependency() {
    let lost = mock!(Client::create_db_instance)
        .then_http_response(|| HttpResponse::new(500.try_into().unwrap(), SdkBody::empty()));
    let error =
        Subject.create(&with_secret(client!(aws_sdk_rds, [lost])), &testing::create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Ambiguous);
    let early = mock!(Client::create_db_instance)
        .then_error(|| CreateDBInstanceError::generic(code("DBParameterGroupNotFound")));
    let error =
        Subject.create(&with_secret(client!(aws_sdk_rds, [early])), &testing::create(target())).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Dependency, RetryStatus::Temporary));
}

#[tokio::test]
async fn no_error_repeats_the_password() {
    let rule = mock!(Client::create_db_instance).then_error(|| {
        let message = format!("The parameter MasterUserPassword {PASSWORD} is not valid");
        CreateDBInstanceError::generic(
            aws_smithy_types::error::ErrorMetadata::builder().code("InvalidParameterValue").message(message).build(),
        )
    });
    let error =
        Subject.create(&with_secret(client!(aws_sdk_rds, [rule])), &testing::create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
    assert!(!format!("{error} {error:?}").contains(PASSWORD));
}

#[tokio::test]
async fn a_secret_that_is_no_credentials_is_said_so() {
    let plain = mock!(aws_sdk_secretsmanager::Client::get_secret_value)
        .then_output(|| GetSecretValueOutput::builder().secret_string(PASSWORD).build());
    let aws = Aws { secretsmanager: client!(aws_sdk_secretsmanager, [plain]), ..testing::aws() };
    let error = Subject.create(&aws, &testing::create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
    assert!(!format!("{error} {error:?}").contains(PASSWORD));
}

#[tokio::test]
async fn an_update_touches_only_the_named_fields_that_differ() {
    let modify = mock!(Client::modify_db_instance)
        .match_requests(|request| {
            let logs = request.cloudwatch_logs_export_configuration().unwrap();
            request.engine_version() == Some("17")
                && request.allow_major_version_upgrade() == Some(true)
                && request.master_user_password() == Some(PASSWORD)
                && logs.disable_log_types() == ["upgrade"]
                && logs.enable_log_types().is_empty()
                // Not named, and named but equal:
                && request.multi_az().is_none()
                && request.storage_type().is_none()
        })
        .then_output(|| {
            ModifyDbInstanceOutput::builder().db_instance(instance().db_instance_status("modifying").build()).build()
        });
    let mut target = target();
    target.inputs["engine_version"] = json!("17");
    target.inputs["log_exports"] = json!(["postgresql"]);
    target.inputs["multi_az"] = json!(true);
    let fields = ["engine_version", "log_exports", "master_user_secret_arn", "storage_type"];
    let aws = with_secret(client!(aws_sdk_rds, [described(instance()), modify]));
    let updated = Subject.update(&aws, &testing::update(target, &fields)).await.unwrap();
    assert_eq!(updated.status, Status::Pending("modifying".into()));
}

#[tokio::test]
async fn a_repeated_update_changes_nothing_more() {
    let pending = PendingModifiedValues::builder().db_instance_class("db.t4g.small").build();
    let mut target = target();
    target.inputs["instance_class"] = json!("db.t4g.small");
    let aws = without_secret(client!(aws_sdk_rds, [described(instance().pending_modified_values(pending))]));
    let updated = Subject.update(&aws, &testing::update(target, &["instance_class", "tags"])).await.unwrap();
    assert_eq!(updated.status, Status::Pending("available, changing instance class".into()));
}

#[tokio::test]
async fn what_is_fixed_at_creation_is_not_updated() {
    let mut target = target();
    target.inputs["db_name"] = json!("other");
    let aws = without_secret(client!(aws_sdk_rds, [described(instance())]));
    let error = Subject.update(&aws, &testing::update(target, &["db_name"])).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Bug);
}

async fn delete(rules: Client, data: DataPolicy) -> Result<Deleted, mate_core::provider::ProviderError> {
    Subject.delete(&without_secret(rules), &DeleteRequest { target: target(), data }).await
}

fn keep(name: Option<&str>) -> DataPolicy {
    DataPolicy::Keep { final_snapshot: name.map(str::to_owned) }
}

#[tokio::test]
async fn data_is_kept_in_a_final_snapshot_or_discarded_by_consent() {
    let kept = mock!(Client::delete_db_instance)
        .match_requests(|request| {
            request.skip_final_snapshot() == Some(false) && request.final_db_snapshot_identifier() == Some("last")
        })
        .then_output(|| DeleteDbInstanceOutput::builder().build());
    let rules = client!(aws_sdk_rds, [described(instance()), kept]);
    assert_eq!(delete(rules, keep(Some("last"))).await.unwrap(), Deleted::Going);

    let discarded = mock!(Client::delete_db_instance)
        .match_requests(|request| {
            request.skip_final_snapshot() == Some(true)
                && request.final_db_snapshot_identifier().is_none()
                && request.delete_automated_backups() == Some(true)
        })
        .then_output(|| DeleteDbInstanceOutput::builder().build());
    let rules = client!(aws_sdk_rds, [described(instance()), discarded]);
    assert_eq!(delete(rules, DataPolicy::Discard).await.unwrap(), Deleted::Going);
}

#[tokio::test]
async fn a_deletion_that_would_lose_data_is_refused_for_good() {
    let error = delete(client!(aws_sdk_rds, [described(instance())]), keep(None)).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Dependency, RetryStatus::Permanent));
    let protected = client!(aws_sdk_rds, [described(instance().deletion_protection(true))]);
    let error = delete(protected, DataPolicy::Discard).await.unwrap_err();
    assert!(error.to_string().contains("deletion_protection"), "{error}");
    let foreign = client!(aws_sdk_rds, [described(instance().set_tag_list(None))]);
    assert_eq!(delete(foreign, DataPolicy::Discard).await.unwrap_err().class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn a_deletion_can_be_repeated() {
    assert_eq!(delete(client!(aws_sdk_rds, [nothing()]), keep(None)).await.unwrap(), Deleted::Gone);
    let going = client!(aws_sdk_rds, [described(instance().db_instance_status("deleting").deletion_protection(true))]);
    assert_eq!(delete(going, keep(None)).await.unwrap(), Deleted::Going);
    let raced =
        mock!(Client::delete_db_instance).then_error(|| DeleteDBInstanceError::generic(code("DBInstanceNotFound")));
    let rules = client!(aws_sdk_rds, [described(instance()), raced]);
    assert_eq!(delete(rules, DataPolicy::Discard).await.unwrap(), Deleted::Gone);
}

#[tokio::test]
async fn a_diagnosis_names_the_status_what_waits_and_the_events() {
    let group =
        DbParameterGroupStatus::builder().db_parameter_group_name("settings").parameter_apply_status("pending-reboot");
    let full = instance().db_instance_status("storage-full").set_db_parameter_groups(Some(vec![group.build()]));
    let event = |message: &str, at: i64| {
        Event::builder().message(message).date(aws_smithy_types::DateTime::from_secs(at)).build()
    };
    let events = DescribeEventsOutput::builder().events(event("first", 1)).events(event("second", 2)).build();
    let rule = mock!(Client::describe_events)
        .match_requests(|request| request.source_identifier() == Some("db") && request.duration() == Some(60))
        .then_output(move || events.clone());
    let aws = without_secret(client!(aws_sdk_rds, [described(full), rule]));
    let findings = Subject.diagnose(&aws, &target()).await.unwrap();
    let texts: Vec<&str> = findings.iter().map(|finding| finding.finding.as_str()).collect();
    assert_eq!(
        texts,
        [
            "the status is storage-full",
            "settings of settings wait for a restart",
            "1970-01-01T00:00:02Z: second",
            "1970-01-01T00:00:01Z: first"
        ]
    );
    assert!(findings[0].advice.as_deref().unwrap().contains("allocated_storage_gib"));
}
