//! `terraform output -json`.

use serde_json::Value;

use super::Document;
use crate::adopt::candidate::Candidate;
use crate::adopt::forms::recognize;
use crate::adopt::source::{Listing, SkipReason, Skipped, SourceError};
use crate::model::ids::KindName;
use crate::model::{Kinds, TerraformOutput};

const DOCUMENT: Document = Document { command: "terraform output -json" };

/// The kind that an output of this name holds the id of, and the rule that says so.
type Named<'k> = Option<(&'k KindName, &'static TerraformOutput)>;

fn by_name<'k>(kinds: &'k Kinds, output: &str) -> Named<'k> {
    let output = output.to_ascii_lowercase().replace('-', "_");
    let is = |rule: &TerraformOutput| {
        rule.names.iter().any(|name| {
            let before = output.strip_suffix(name);
            before.is_some_and(|before| before.is_empty() || (!rule.whole && before.ends_with('_')))
        })
    };
    let mut rules = kinds.iter().flat_map(|model| model.adopt.outputs.iter().map(|rule| (&model.name, rule)));
    rules.find(|(_, rule)| is(rule))
}

pub(in crate::adopt) fn outputs(kinds: &Kinds, json: &str) -> Result<Listing, SourceError> {
    let root = DOCUMENT.parse(json)?;
    if root.get("format_version").is_some_and(Value::is_string) || root.get("lineage").is_some_and(Value::is_string) {
        return Err(
            DOCUMENT.wrong("the whole", "is a state: give it to terraform_state, as `terraform show -json` writes it")
        );
    }
    let mut listing = Listing::default();
    for (name, output) in &root {
        let output = DOCUMENT.object(name, output)?;
        let Some(sensitive) = output.get("sensitive").and_then(Value::as_bool) else {
            return Err(DOCUMENT.wrong(format!("{name}.sensitive"), "is neither true nor false"));
        };
        let Some(value) = output.get("value") else {
            return Err(DOCUMENT.wrong(format!("{name}.value"), "is missing"));
        };
        let before = listing.candidates.len();
        if !sensitive {
            read(kinds, by_name(kinds, name), name.clone(), value, &mut listing.candidates);
        }
        if listing.candidates.len() == before {
            let reason = match value {
                _ if sensitive => SkipReason::Sensitive,
                value if is_empty(value) => SkipReason::WithoutId,
                _ => SkipReason::Unknown,
            };
            listing.skipped.push(Skipped { origin: name.clone(), reason });
        }
    }
    Ok(listing)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn read(kinds: &Kinds, named: Named<'_>, origin: String, value: &Value, found: &mut Vec<Candidate>) {
    match value {
        Value::String(text) => {
            let named = named.filter(|(_, rule)| (rule.valid)(text));
            let by_name = || named.map(|(kind, _)| (kind.clone(), text.clone()));
            if let Some((kind, id)) = recognize(kinds, text).or_else(by_name) {
                found.push(Candidate::new(kinds, kind, id, origin));
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                read(kinds, named, format!("{origin}[{index}]"), item, found);
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                // Of an object the attributes have names of their own; of a map of names the values are alike.
                let alike = fields.values().all(Value::is_string).then_some(named).flatten();
                read(kinds, by_name(kinds, key).or(alike), format!("{origin}[\"{key}\"]"), field, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
