//! Secret values: generated where they are written, read where they are needed, dropped at once.

use std::fmt;

use rand::RngExt;
use rand::distr::Alphanumeric;
use secrecy::{ExposeSecret, SecretString};

/// Where secret values come from.
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
