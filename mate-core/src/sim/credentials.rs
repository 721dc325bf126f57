//! The passwords that a database takes, and the AUTH tokens that a cache takes: the values of their secrets when they were told
//! to read them.

use serde_json::Value;

use super::state::State;

/// The password in a secret's value, or the whole value where it is a token.
pub(super) fn of_value(value: &str) -> String {
    let password =
        serde_json::from_str::<Value>(value).ok().and_then(|value| Some(value["password"].as_str()?.to_owned()));
    password.unwrap_or_else(|| value.to_owned())
}

impl State {
    /// Gives an object the value that its secret has now, where it is new or is told to read it.
    pub(super) fn give_credentials(&mut self, uid: u64, before: Option<&Value>) {
        let Some(object) = self.objects.get(&uid) else { return };
        let rule = self.config.model(&object.kind).and_then(|model| model.credentials);
        let Some(rule) = rule else { return };
        let (fields, only) = ([rule.secret, rule.version], rule.only.is_none_or(|only| object.inputs[only] != false));
        let told = before.is_none_or(|before| {
            let differs = |field: &'static str| before[field] != object.inputs[field];
            fields.into_iter().any(differs) || only && rule.only.is_some_and(differs)
        });
        let value = object.inputs[rule.secret].as_str().and_then(|arn| self.secrets.value(arn)).map(of_value);
        let Some(value) = value.filter(|_| told) else { return };
        let taken = self.credentials.entry(uid).or_default();
        if only {
            taken.clear();
        }
        taken.retain(|one| *one != value);
        taken.push(value);
        // A cache takes two tokens at most.
        if taken.len() > 2 {
            taken.remove(0);
        }
    }
}
