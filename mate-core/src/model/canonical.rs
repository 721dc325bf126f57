//! The canonical form of a JSON value: equal values have equal texts.

use serde_json::{Map, Value};

/// The value with the keys of every object in order, so that equal values have equal texts.
#[must_use]
pub fn canonical(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(canonical).collect()),
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort();
            Value::Object(names.into_iter().map(|name| (name.clone(), canonical(&fields[name]))).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}
