//! The values of secrets: generated here, kept here, shown only to a test that asks for one by its ARN.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use super::rules::{Refusal, refuse};
use crate::model::Seed;
use crate::provider::ErrorClass;

/// The values that a secret has: the present one, and the one before.
struct Versions {
    /// The input from which each value is made.
    generate: Value,
    current: (u64, String),
    previous: Option<(u64, String)>,
}

pub(super) struct Secrets {
    seed: Seed,
    canary: String,
    values: BTreeMap<String, Versions>,
    /// Every value that there ever was.
    ever: Vec<String>,
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
        Self { seed, canary, values: BTreeMap::new(), ever: Vec::new(), recovery: BTreeMap::new() }
    }

    /// Checks that the secret can be brought to a generation: to a higher one, or to the one before.
    pub(super) fn check(&self, arn: &str, generation: u64) -> Result<(), Refusal> {
        let Some(versions) = self.values.get(arn) else { return Ok(()) };
        let kept = versions.previous.as_ref().is_some_and(|(previous, _)| *previous == generation);
        if generation >= versions.current.0 || kept {
            return Ok(());
        }
        refuse(
            ErrorClass::Invalid,
            "InvalidParameterException",
            format!("generation {generation} of {arn} is kept no more"),
        )
    }

    /// Brings the secret `arn` to a generation: the value that it had then where that is the one before, else a new one, made as
    /// its input `generate` says.
    pub(super) fn generate(&mut self, arn: &str, generate: &Value, generation: u64) {
        if let Some(versions) = self.values.get_mut(arn) {
            if versions.current.0 == generation {
                return;
            }
            if let Some(previous) = versions.previous.take_if(|(previous, _)| *previous == generation) {
                versions.previous = Some(std::mem::replace(&mut versions.current, previous));
                return;
            }
        }
        let value = self.drawn(arn, generate, generation);
        self.ever.push(value.clone());
        let previous = self.values.remove(arn).map(|versions| versions.current);
        let versions = Versions { generate: generate.clone(), current: (generation, value), previous };
        self.values.insert(arn.to_owned(), versions);
    }

    /// The value of one generation: the same whenever it is asked for.
    fn drawn(&self, arn: &str, generate: &Value, generation: u64) -> String {
        let number = generation.to_string();
        let mut label = vec!["secret value", arn];
        if generation > 0 {
            label.push(&number);
        }
        let token = |length: &Value| {
            let length = usize::try_from(length.as_u64().unwrap_or(32)).unwrap_or(32);
            let random = self.seed.alphanumeric(&label, length.max(self.canary.len() + 8));
            let mut value = self.canary.clone();
            value.push_str(&random[..length.saturating_sub(self.canary.len()).max(8)]);
            value
        };
        match (&generate["token"], &generate["credentials"]) {
            (Value::Object(options), _) => token(&options["length"]),
            (_, Value::Object(options)) => {
                json!({ "username": options["username"], "password": token(&options["length"]) }).to_string()
            }
            _ => token(&Value::Null),
        }
    }

    /// Each secret with the input from which its values are made, its present generation, and the one before.
    pub(super) fn generations(&self) -> impl Iterator<Item = (&str, &Value, u64, Option<u64>)> {
        self.values.iter().map(|(arn, versions)| {
            let previous = versions.previous.as_ref().map(|(generation, _)| *generation);
            (arn.as_str(), &versions.generate, versions.current.0, previous)
        })
    }

    /// Gives a secret the values of these generations again.
    pub(super) fn regenerate(&mut self, arn: &str, generate: &Value, current: u64, previous: Option<u64>) {
        for generation in previous.into_iter().chain([current]) {
            self.generate(arn, generate, generation);
        }
    }

    /// The secret and the generation whose value is this one by `part`.
    pub(super) fn origin(&self, value: &str, part: impl Fn(&str) -> String) -> Option<(&str, u64)> {
        self.values.iter().find_map(|(arn, versions)| {
            let known = versions.previous.iter().map(|(generation, _)| *generation);
            let mut all = [versions.current.0].into_iter().chain(known).chain(0..versions.current.0);
            let is_it = |generation: &u64| part(&self.drawn(arn, &versions.generate, *generation)) == value;
            all.find(is_it).map(|generation| (arn.as_str(), generation))
        })
    }

    /// The value that a secret had in one generation.
    pub(super) fn value_of(&self, arn: &str, generation: u64) -> Option<String> {
        self.values.get(arn).map(|versions| self.drawn(arn, &versions.generate, generation))
    }

    /// The names that deleted secrets hold, and until when.
    pub(super) fn held(&self) -> impl Iterator<Item = (&str, Duration)> {
        self.recovery.iter().map(|(name, until)| (name.as_str(), *until))
    }

    pub(super) fn value(&self, arn: &str) -> Option<&str> {
        self.values.get(arn).map(|versions| versions.current.1.as_str())
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.ever.iter().map(String::as_str)
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
        secrets.generate("arn:a", &json!({"token": {"length": 40}}), 0);
        let value = secrets.value("arn:a").unwrap();
        assert!(value.starts_with("canary"));
        assert_eq!(value.len(), 40);
        assert_eq!(format!("{secrets:?}"), "Secrets(1)");
    }

    #[test]
    fn credentials_are_a_json_object() {
        let mut secrets = Secrets::new(Seed(1), String::new());
        secrets.generate("arn:a", &json!({"credentials": {"username": "mate", "length": 32}}), 0);
        let value: Value = serde_json::from_str(secrets.value("arn:a").unwrap()).unwrap();
        assert_eq!(value["username"], "mate");
        assert_eq!(value["password"].as_str().unwrap().len(), 32);
    }

    #[test]
    fn a_higher_generation_is_a_new_value_and_the_one_before_comes_back() {
        let generate = json!({"token": {"length": 40}});
        let mut secrets = Secrets::new(Seed(1), String::new());
        let mut at = |generation| {
            secrets.check("arn:a", generation).map_err(|refusal| refusal.message)?;
            secrets.generate("arn:a", &generate, generation);
            Ok::<_, String>(secrets.value("arn:a").unwrap().to_owned())
        };
        let (zero, one) = (at(0).unwrap(), at(1).unwrap());
        assert_ne!(zero, one);
        assert_eq!((at(1).unwrap(), at(0).unwrap(), at(1).unwrap()), (one.clone(), zero, one.clone()));
        let two = at(2).unwrap();
        assert_ne!(two, one);
        assert_eq!(at(0).unwrap_err(), "generation 0 of arn:a is kept no more");
        assert_eq!((at(1).unwrap(), secrets.all().count()), (one, 3));
    }
}
