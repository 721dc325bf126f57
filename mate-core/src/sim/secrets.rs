//! The values of secrets: generated here, kept here, shown only to a test that asks for one by its ARN.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use super::seed::Seed;

pub(super) struct Secrets {
    seed: Seed,
    canary: String,
    values: BTreeMap<String, String>,
    /// Names that deleted secrets hold until their recovery window ends.
    recovery: BTreeMap<String, Duration>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.values.len())
    }
}

impl Secrets {
    pub(super) fn new(seed: Seed, canary: String) -> Self {
        Self { seed, canary, values: BTreeMap::new(), recovery: BTreeMap::new() }
    }

    /// Generates the value of the secret `arn` as its input `generate` says.
    pub(super) fn generate(&mut self, arn: &str, generate: &Value) {
        let token = |length: &Value| {
            let length = usize::try_from(length.as_u64().unwrap_or(32)).unwrap_or(32);
            let random = self.seed.alphanumeric(&["secret value", arn], length.max(self.canary.len() + 8));
            let mut value = self.canary.clone();
            value.push_str(&random[..length.saturating_sub(self.canary.len()).max(8)]);
            value
        };
        let value = match (&generate["token"], &generate["credentials"]) {
            (Value::Object(options), _) => token(&options["length"]),
            (_, Value::Object(options)) => {
                json!({ "username": options["username"], "password": token(&options["length"]) }).to_string()
            }
            _ => token(&Value::Null),
        };
        self.values.insert(arn.to_owned(), value);
    }

    pub(super) fn value(&self, arn: &str) -> Option<&str> {
        self.values.get(arn).map(String::as_str)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.values.values().map(String::as_str)
    }

    pub(super) fn schedule_deletion(&mut self, name: &str, until: Duration) {
        self.recovery.insert(name.to_owned(), until);
    }

    pub(super) fn in_recovery(&self, name: &str, now: Duration) -> bool {
        self.recovery.get(name).is_some_and(|until| now < *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_begins_with_the_canary_and_is_as_long_as_asked() {
        let mut secrets = Secrets::new(Seed(1), "canary".into());
        secrets.generate("arn:a", &json!({"token": {"length": 40}}));
        let value = secrets.value("arn:a").unwrap();
        assert!(value.starts_with("canary"));
        assert_eq!(value.len(), 40);
        assert_eq!(format!("{secrets:?}"), "Secrets(1)");
    }

    #[test]
    fn credentials_are_a_json_object() {
        let mut secrets = Secrets::new(Seed(1), String::new());
        secrets.generate("arn:a", &json!({"credentials": {"username": "mate", "length": 32}}));
        let value: Value = serde_json::from_str(secrets.value("arn:a").unwrap()).unwrap();
        assert_eq!(value["username"], "mate");
        assert_eq!(value["password"].as_str().unwrap().len(), 32);
    }
}
