//! The text by which values of fields are compared.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::references;

/// A value as text by which it is compared; none for what says nothing: null, an empty text or list, what still refers
/// to a node.
pub(super) fn comparable(field: &str, value: &Value) -> Option<String> {
    if !references(value).is_empty() {
        return None;
    }
    match value {
        Value::Null => None,
        Value::String(text) => comparable_text(field, text),
        Value::Array(items) => {
            let items: BTreeSet<String> = items.iter().filter_map(|item| comparable(field, item)).collect();
            (!items.is_empty()).then(|| items.into_iter().collect::<Vec<_>>().join("\n"))
        }
        other => Some(other.to_string()),
    }
}

/// The same of a text.
pub(super) fn comparable_text(field: &str, text: &str) -> Option<String> {
    let text = match field {
        "domain" | "domain_name" | "record_name" => text.trim_end_matches('.').to_lowercase(),
        _ => text.to_owned(),
    };
    (!text.is_empty()).then_some(text)
}
