//! A new value, the value before, a repeated call, and a value that is kept no more.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::operation::put_secret_value::{PutSecretValueError, PutSecretValueOutput};
use aws_sdk_secretsmanager::operation::update_secret_version_stage::UpdateSecretVersionStageOutput;
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::Secret;
use mate_core::kinds::secret::{Generate, SecretInputs};
use mate_core::provider::{Created, ErrorClass, ProviderError, RetryStatus, Target};
use serde_json::json;

use super::super::SecretDriver;
use super::super::driver::to_sdk;
use super::version_id;
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::testing::{self, aws, client, code, present, update};

const ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:mate-acme-dev-redis-a1b2c3";

fn target(generation: u32) -> Target {
    testing::target::<Secret>(
        "mate-acme-dev-redis",
        &SecretInputs {
            description: "Token of acme".into(),
            kms_key_id: None,
            generate: Generate::Token { length: 64 },
            recovery_window_days: 7,
            generation,
        },
    )
}

/// A secret with these versions: the present one, and the one before.
fn described(current: String, previous: Option<String>) -> Rule {
    mock!(Client::describe_secret).then_output(move || {
        let found = DescribeSecretOutput::builder().arn(ARN).description("Token of acme");
        let found = found.set_tags(Some(to_sdk(&target(0).tags)));
        let found = found.version_ids_to_stages(current.clone(), vec!["AWSCURRENT".into()]);
        match previous.clone() {
            Some(previous) => found.version_ids_to_stages(previous, vec!["AWSPREVIOUS".into()]),
            None => found,
        }
        .build()
    })
}

fn stub(rules: &[&Rule]) -> Aws {
    Aws { secretsmanager: client!(aws_sdk_secretsmanager, rules), ..aws() }
}

async fn bring(rules: &[&Rule], generation: u32) -> Result<Created, ProviderError> {
    SecretDriver.update(&stub(rules), &update(target(generation), &["generation"])).await
}

fn put() -> Rule {
    mock!(Client::put_secret_value)
        .match_requests(|request| {
            request.secret_id() == Some(ARN)
                && request.client_request_token() == Some(&version_id(1))
                && request.secret_string().is_some_and(|value| value.len() == 64)
        })
        .then_output(|| PutSecretValueOutput::builder().build())
}

#[tokio::test]
async fn the_generation_is_read_from_the_present_version() {
    for (version, generation) in [("0a1b-of-the-creation".to_owned(), 0), (version_id(0), 0), (version_id(7), 7)] {
        assert!((32..=64).contains(&version_id(u32::MAX).len()));
        let aws = stub(&[&described(version, None)]);
        let live = present(SecretDriver.observe(&aws, &[target(0)]).await.remove(0));
        assert_eq!(live.inputs["generation"], json!(generation));
    }
}

#[tokio::test]
async fn a_higher_generation_writes_a_new_value_once() {
    bring(&[&described("first".into(), None), &put()], 1).await.unwrap();
    // It was written by a call whose answer was lost, and is not seen yet; or it is seen.
    let written =
        mock!(Client::put_secret_value).then_error(|| PutSecretValueError::generic(code("ResourceExistsException")));
    bring(&[&described("first".into(), None), &written], 1).await.unwrap();
    bring(&[&described(version_id(1), Some("first".into()))], 1).await.unwrap();
}

#[tokio::test]
async fn the_generation_before_gets_its_value_back() {
    let moved = |from: String, to: String| {
        mock!(Client::update_secret_version_stage)
            .match_requests(move |request| {
                request.version_stage() == Some("AWSCURRENT")
                    && request.move_to_version_id() == Some(&to)
                    && request.remove_from_version_id() == Some(&from)
            })
            .then_output(|| UpdateSecretVersionStageOutput::builder().build())
    };
    let found = described(version_id(1), Some("first".into()));
    bring(&[&found, &moved(version_id(1), "first".into())], 0).await.unwrap();
    let found = described("first".into(), Some(version_id(1)));
    bring(&[&found, &moved("first".into(), version_id(1))], 1).await.unwrap();
}

#[tokio::test]
async fn what_was_before_that_is_refused() {
    let error = bring(&[&described(version_id(3), Some(version_id(2)))], 1).await.unwrap_err();
    assert_eq!((error.class, error.retry), (ErrorClass::Invalid, RetryStatus::Permanent));
    assert!(error.to_string().contains("write a new one, of generation 4"), "{error}");
}

#[tokio::test]
async fn another_change_writes_no_value() {
    let aws = stub(&[&described("first".into(), None)]);
    SecretDriver.update(&aws, &update(target(1), &["recovery_window_days"])).await.unwrap();
}
