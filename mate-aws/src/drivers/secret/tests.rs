use std::sync::{Arc, Mutex};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::create_secret::{CreateSecretError, CreateSecretOutput};
use aws_sdk_secretsmanager::operation::delete_secret::DeleteSecretOutput;
use aws_sdk_secretsmanager::operation::describe_secret::{DescribeSecretError, DescribeSecretOutput};
use aws_sdk_secretsmanager::operation::put_secret_value::PutSecretValueOutput;
use aws_sdk_secretsmanager::operation::restore_secret::RestoreSecretOutput;
use aws_sdk_secretsmanager::operation::tag_resource::TagResourceOutput;
use aws_sdk_secretsmanager::operation::untag_resource::UntagResourceOutput;
use aws_sdk_secretsmanager::operation::update_secret::{UpdateSecretError, UpdateSecretOutput};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::DateTime;
use aws_smithy_types::body::SdkBody;
use mate_core::kinds::Secret;
use mate_core::kinds::secret::{Generate, SecretInputs};
use mate_core::provider::{Deleted, ErrorClass, Observation, Target};
use serde_json::json;

use super::SecretDriver;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::testing::{self, aws, client, code, create, delete, made, present, update};

const ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:mate-acme-dev-db-a1b2c3";

fn target(window: u8) -> Target {
    testing::target::<Secret>(
        "mate-acme-dev-db",
        &SecretInputs {
            description: "Database of acme".into(),
            kms_key_id: Some("0a1b".into()),
            generate: Generate::Credentials { username: "mate".into(), length: 32 },
            recovery_window_days: window,
            generation: 0,
        },
    )
}

/// A secret as it is described: ours or not, on its way out or not, of this description, with a value or without.
fn described(ours: bool, leaving: bool, description: &'static str, value: bool) -> Rule {
    mock!(Client::describe_secret).then_output(move || {
        let tags = if ours { super::driver::to_sdk(&target(7).tags) } else { Vec::new() };
        let found = DescribeSecretOutput::builder()
            .arn(ARN)
            .description(description)
            .kms_key_id("arn:aws:kms:us-east-1:123456789012:key/0a1b")
            .set_tags(Some(tags))
            .set_deleted_date(leaving.then(|| DateTime::from_secs(1)));
        if value { found.version_ids_to_stages("v", vec!["AWSCURRENT".into()]) } else { found }.build()
    })
}

fn refused(code_of_error: &'static str) -> Rule {
    mock!(Client::create_secret).then_error(move || CreateSecretError::generic(code(code_of_error)))
}

fn stub(rules: &[&Rule]) -> Aws {
    Aws { secretsmanager: client!(aws_sdk_secretsmanager, rules), ..aws() }
}

#[tokio::test]
async fn the_key_is_reported_in_the_desired_form_and_the_value_not_at_all() {
    let aws = stub(&[&described(true, false, "Database of acme", true)]);
    let live = present(SecretDriver.observe(&aws, &[target(7)]).await.remove(0));
    assert_eq!(live.inputs, json!({"description": "Database of acme", "kms_key_id": "0a1b", "generation": 0}));
    assert_eq!(live.outputs["arn"], json!(ARN));
}

#[tokio::test]
async fn a_secret_on_its_way_out_is_absent_and_a_foreign_one_is_foreign() {
    let aws = stub(&[&described(true, true, "", true), &described(false, true, "", true)]);
    let answers = [
        SecretDriver.observe(&aws, &[target(7)]).await.remove(0),
        SecretDriver.observe(&aws, &[target(7)]).await.remove(0),
    ];
    assert!(matches!(&answers, [Observation::Absent, Observation::Foreign(_)]), "{answers:?}");
}

#[tokio::test]
async fn only_a_certain_answer_is_absent() {
    let gone =
        mock!(Client::describe_secret).then_error(|| DescribeSecretError::generic(code("ResourceNotFoundException")));
    let throttled =
        mock!(Client::describe_secret).then_error(|| DescribeSecretError::generic(code("ThrottlingException")));
    let aws = stub(&[&gone, &throttled]);
    assert!(matches!(SecretDriver.observe(&aws, &[target(7)]).await.remove(0), Observation::Absent));
    match SecretDriver.observe(&aws, &[target(7)]).await.remove(0) {
        Observation::Unknown(error) => assert_eq!(error.class, ErrorClass::Throttled),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_value_is_generated_into_the_create_call() {
    let rule = mock!(Client::create_secret)
        .match_requests(|request| {
            let value: serde_json::Value = serde_json::from_str(request.secret_string().unwrap()).unwrap();
            let password = value["password"].as_str().unwrap();
            value["username"] == "mate" && password.len() == 32 && request.client_request_token().unwrap().len() == 64
        })
        .then_output(|| CreateSecretOutput::builder().arn(ARN).build());
    let created = SecretDriver.create(&stub(&[&rule]), &create(target(7))).await.unwrap();
    assert_eq!(created.physical_id, ARN);
    assert_eq!(created.outputs.keys().collect::<Vec<_>>(), ["arn"]);
}

#[tokio::test]
async fn a_foreign_secret_of_the_name_is_refused() {
    let aws = stub(&[&refused("ResourceExistsException"), &described(false, false, "", true)]);
    let error = SecretDriver.create(&aws, &create(target(7))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn our_own_secret_is_brought_to_the_inputs_and_keeps_its_value() {
    let again = mock!(Client::update_secret)
        .match_requests(|request| {
            request.description() == Some("Database of acme") && request.secret_string().is_none()
        })
        .then_output(|| UpdateSecretOutput::builder().build());
    let aws = stub(&[&refused("ResourceExistsException"), &described(true, false, "old", true), &again]);
    SecretDriver.create(&aws, &create(target(7))).await.unwrap();
    assert_eq!(again.num_calls(), 1);
}

#[tokio::test]
async fn a_secret_without_a_value_gets_one() {
    let put = mock!(Client::put_secret_value)
        .match_requests(|request| request.secret_string().is_some_and(|value| value.contains("mate")))
        .then_output(|| PutSecretValueOutput::builder().build());
    let aws = stub(&[&refused("ResourceExistsException"), &described(true, false, "Database of acme", false), &put]);
    SecretDriver.create(&aws, &create(target(7))).await.unwrap();
    assert_eq!(put.num_calls(), 1);
}

#[tokio::test]
async fn a_failure_half_way_says_what_exists() {
    let fails = mock!(Client::update_secret).then_error(|| UpdateSecretError::generic(code("AccessDeniedException")));
    let aws = stub(&[&refused("ResourceExistsException"), &described(true, false, "old", true), &fails]);
    let error = SecretDriver.create(&aws, &create(target(7))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Denied);
    assert_eq!(made(error).physical_id, ARN);
}

#[tokio::test]
async fn a_secret_on_its_way_out_is_restored() {
    let restored = mock!(Client::restore_secret).then_output(|| RestoreSecretOutput::builder().build());
    let pending = described(true, true, "Database of acme", true);
    let aws = stub(&[&refused("InvalidRequestException"), &pending, &restored]);
    SecretDriver.create(&aws, &create(target(7))).await.unwrap();
    assert_eq!(restored.num_calls(), 1);
}

#[tokio::test]
async fn without_a_recovery_window_it_is_erased_and_made_anew() {
    let erased = mock!(Client::delete_secret)
        .match_requests(|request| request.force_delete_without_recovery() == Some(true))
        .then_output(|| DeleteSecretOutput::builder().build());
    let anew = mock!(Client::create_secret).then_output(|| CreateSecretOutput::builder().arn(ARN).build());
    let pending = described(true, true, "", true);
    let aws = stub(&[&refused("InvalidRequestException"), &pending, &erased, &anew]);
    assert_eq!(SecretDriver.create(&aws, &create(target(0))).await.unwrap().physical_id, ARN);
}

#[tokio::test]
async fn a_name_that_is_not_free_yet_is_tried_again_later() {
    let erased = mock!(Client::delete_secret).then_output(|| DeleteSecretOutput::builder().build());
    let pending = described(true, true, "", true);
    let first = refused("InvalidRequestException");
    let second = refused("InvalidRequestException");
    let aws = stub(&[&first, &pending, &erased, &second]);
    let error = SecretDriver.create(&aws, &create(target(0))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
}

#[tokio::test]
async fn a_lost_answer_to_a_create_is_ambiguous() {
    let lost = mock!(Client::create_secret).then_http_response(|| {
        aws_smithy_runtime_api::http::Response::new(StatusCode::try_from(200).unwrap(), SdkBody::from("{\"ARN\": "))
    });
    let error = SecretDriver.create(&stub(&[&lost]), &create(target(7))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Ambiguous);
}

#[tokio::test]
async fn deletion_keeps_the_window_and_minds_whose_it_is() {
    let deleted = mock!(Client::delete_secret)
        .match_requests(|request| {
            request.recovery_window_in_days() == Some(7) && request.force_delete_without_recovery().is_none()
        })
        .then_output(|| DeleteSecretOutput::builder().build());
    let gone =
        mock!(Client::describe_secret).then_error(|| DescribeSecretError::generic(code("ResourceNotFoundException")));
    let ours = described(true, false, "", true);
    let foreign = described(false, false, "", true);
    let aws = stub(&[&ours, &deleted, &foreign, &gone]);
    assert_eq!(SecretDriver.delete(&aws, &delete(target(7))).await.unwrap(), Deleted::Gone);
    let error = SecretDriver.delete(&aws, &delete(target(7))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    assert_eq!(SecretDriver.delete(&aws, &delete(target(7))).await.unwrap(), Deleted::Gone);
}

#[tokio::test]
async fn an_update_touches_only_the_named_fields() {
    let tagged = mock!(Client::tag_resource)
        .match_requests(|request| request.tags().len() == 1 && request.tags()[0].key() == Some("CostCenter"))
        .then_output(|| TagResourceOutput::builder().build());
    let aws = stub(&[&described(true, false, "old", true), &tagged]);
    let mut target = target(7);
    target.tags.insert("CostCenter".into(), "care".into());
    SecretDriver.update(&aws, &update(target, &["tags"])).await.unwrap();
    assert_eq!(tagged.num_calls(), 1);
}

#[tokio::test]
async fn what_is_given_back_loses_our_tags() {
    let off = mock!(Client::untag_resource)
        .match_requests(|request| request.secret_id() == Some(ARN) && request.tag_keys() == testing::OWNERSHIP)
        .then_output(|| UntagResourceOutput::builder().build());
    let aws = stub(&[&described(true, false, "old", true), &off]);
    let answer = SecretDriver.update(&aws, &testing::give_back(target(7))).await.unwrap();
    assert_eq!((answer.physical_id.as_str(), off.num_calls()), (ARN, 1));
}

#[tokio::test]
async fn what_is_nobody_s_is_found_by_its_arn_and_adopted_by_its_tags() {
    let recorded = Target { physical_id: Some(ARN.into()), name: "another-name".into(), ..testing::unowned(target(7)) };
    let by_arn = mock!(Client::describe_secret)
        .match_requests(|request| request.secret_id() == Some(ARN))
        .then_output(|| DescribeSecretOutput::builder().arn(ARN).build());
    let on = mock!(Client::tag_resource)
        .match_requests(|request| request.secret_id() == Some(ARN) && request.tags().len() == 4)
        .then_output(|| TagResourceOutput::builder().build());
    SecretDriver.update(&stub(&[&by_arn, &on]), &update(recorded, &["tags"])).await.unwrap();
    assert_eq!(on.num_calls(), 1);
}

#[tokio::test]
async fn what_is_being_adopted_is_restored_and_never_erased() {
    let restored = mock!(Client::restore_secret).then_output(|| RestoreSecretOutput::builder().build());
    let on = mock!(Client::tag_resource).then_output(|| TagResourceOutput::builder().build());
    let leaving = described(false, true, "Database of acme", true);
    let aws = stub(&[&refused("InvalidRequestException"), &leaving, &restored, &on]);
    SecretDriver.create(&aws, &create(testing::unowned(target(0)))).await.unwrap();
    assert_eq!((restored.num_calls(), on.num_calls()), (1, 1));
}

#[tokio::test]
async fn one_on_its_way_out_does_not_hide_the_one_of_the_name() {
    let recorded = Target { physical_id: Some(format!("{ARN}-former")), ..target(7) };
    let aws = stub(&[&described(true, true, "", true), &described(true, false, "", true)]);
    assert_eq!(present(SecretDriver.observe(&aws, &[recorded]).await.remove(0)).physical_id, ARN);
}

/// Everything that is logged, as text.
#[derive(Debug, Default, Clone)]
struct Log(Arc<Mutex<String>>);

impl Log {
    fn shows(&self, value: &str) -> bool {
        self.0.lock().unwrap().contains(value)
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        span.record(&mut self.clone());
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        values.record(&mut self.clone());
    }
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut self.clone());
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

impl tracing::field::Visit for Log {
    fn record_debug(&mut self, _: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        self.0.lock().unwrap().push_str(&format!("{value:?}\n"));
    }
}

#[tokio::test]
async fn a_call_with_a_secret_in_it_is_not_logged_at_all() {
    let new = || mock!(Client::create_secret).then_output(|| CreateSecretOutput::builder().arn(ARN).build());
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    SecretDriver.create(&stub(&[&new()]), &create(target(7))).await.unwrap();
    assert!(!log.shows("secretsmanager.CreateSecret"));

    let aws = stub(&[&new()]);
    aws.secretsmanager.create_secret().name("other").send().await.unwrap();
    assert!(log.shows("secretsmanager.CreateSecret"));
}
