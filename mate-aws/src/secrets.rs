//! Secret values: generated where they are written, read where they are needed, dropped at once.

use std::fmt;
use std::future::Future;

use mate_core::model::ids::Address;
use mate_core::provider::{ErrorClass, ProviderError};
use rand::RngExt;
use rand::distr::Alphanumeric;
use secrecy::{ExposeSecret, SecretString};
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use crate::classify::failed;
use crate::context::Aws;

/// A source of secret values.
pub trait SecretSource: Send + Sync + fmt::Debug {
    /// `length` letters and digits that nobody can guess.
    fn generate(&self, length: usize) -> SecretString;
}

/// The operating system's random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomSecrets;

impl SecretSource for RandomSecrets {
    fn generate(&self, length: usize) -> SecretString {
        rand::rng().sample_iter(Alphanumeric).take(length).map(char::from).collect::<String>().into()
    }
}

/// Carries out a call that has a secret in its request or its answer with every log turned off: at TRACE the SDK
/// logs whole bodies in some configurations.
pub(crate) fn unlogged<F: Future>(call: F) -> impl Future<Output = F::Output> {
    call.with_subscriber(NoSubscriber::default())
}

/// The error without its message when the service repeated the secret in it.
pub(crate) fn without(secret: &SecretString, mut error: ProviderError) -> ProviderError {
    let value = secret.expose_secret();
    if !value.is_empty() && error.message.as_deref().is_some_and(|message| message.contains(value)) {
        error.message = Some("the service's message is withheld: it repeats a secret value".to_owned());
    }
    error
}

/// The value of a secret, for a driver that has to hand it to another service. Dropped there at once.
///
/// A secret that is not there is a missing dependency of `address`, not its own absence.
#[cfg(feature = "secretsmanager")]
pub(crate) async fn read_secret(aws: &Aws, address: &Address, arn: &str) -> Result<SecretString, ProviderError> {
    const CALL: &str = "secretsmanager:GetSecretValue";
    let missing =
        |message: &str| ProviderError::new(ErrorClass::Dependency, CALL, address.clone()).with_message(message);
    match unlogged(aws.secretsmanager.get_secret_value().secret_id(arn).send()).await {
        Ok(answer) => {
            answer.secret_string.map(SecretString::from).ok_or_else(|| missing("the secret has no text value"))
        }
        Err(error) => {
            let mut error = failed(address, CALL)(error);
            if error.class == ErrorClass::NotFound {
                let absent = missing("the secret, or its value, is not there");
                error.class = absent.class;
                error.retry = absent.retry;
            }
            Err(error)
        }
    }
}

/// The password of the JSON secret `{"username", "password"}`.
pub(crate) fn password_of(secret: &SecretString) -> Option<SecretString> {
    #[derive(serde::Deserialize)]
    struct Credentials {
        password: SecretText,
    }
    serde_json::from_str::<Credentials>(secret.expose_secret()).ok().map(|credentials| credentials.password.0)
}

struct SecretText(SecretString);

impl<'de> serde::Deserialize<'de> for SecretText {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_secretsmanager::Client;
    use aws_sdk_secretsmanager::operation::get_secret_value::{GetSecretValueError, GetSecretValueOutput};
    use aws_smithy_mocks::mock;
    use mate_core::provider::RetryStatus;

    use super::*;
    use crate::drivers::testing::{address, aws, client, code};

    #[tokio::test]
    async fn a_secret_is_read_by_its_arn() {
        let rule = mock!(Client::get_secret_value)
            .match_requests(|request| request.secret_id() == Some("arn:s"))
            .then_output(|| GetSecretValueOutput::builder().secret_string("canary").build());
        let aws = Aws { secretsmanager: client!(aws_sdk_secretsmanager, [&rule]), ..aws() };
        let secret = read_secret(&aws, &address("db"), "arn:s").await.unwrap();
        assert_eq!(secret.expose_secret(), "canary");
        assert!(!format!("{secret:?}").contains("canary"));
    }

    #[tokio::test]
    async fn a_missing_secret_is_a_missing_dependency() {
        let rule = mock!(Client::get_secret_value)
            .then_error(|| GetSecretValueError::generic(code("ResourceNotFoundException")));
        let aws = Aws { secretsmanager: client!(aws_sdk_secretsmanager, [&rule]), ..aws() };
        let error = read_secret(&aws, &address("db"), "arn:s").await.unwrap_err();
        assert_eq!((error.class, error.retry), (ErrorClass::Dependency, RetryStatus::Temporary));
    }

    #[test]
    fn a_message_that_repeats_the_secret_is_withheld() {
        let error = |message: &str| {
            ProviderError::new(ErrorClass::Invalid, "rds:CreateDBInstance", address("db")).with_message(message)
        };
        let secret = SecretString::from("canary");
        assert!(!without(&secret, error("password canary is bad")).to_string().contains("canary"));
        assert!(without(&secret, error("no such subnet")).to_string().contains("no such subnet"));
    }

    #[test]
    fn the_password_is_taken_out_of_the_credentials() {
        let credentials = SecretString::from(r#"{"username":"mate","password":"canary"}"#);
        assert_eq!(password_of(&credentials).unwrap().expose_secret(), "canary");
        assert!(password_of(&SecretString::from("canary")).is_none());
    }
}
