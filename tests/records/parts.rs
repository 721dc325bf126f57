//! The parts that several fixtures of a generation have in common: each stands once, under the hash of its text.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

/// The field that stands for a part.
const PART: &str = "$part";
/// A shorter text stands where it is.
const SHORT: usize = 120;

/// The parts of a generation.
#[derive(Default)]
pub(crate) struct Parts(BTreeMap<String, Value>);

/// The places of the parts in a fixture: `*` for every item of a list.
const PLACES: [&str; 4] = ["base.text", "store.*.record.*", "store.*.log.*", "cloud.objects.*"];

impl Parts {
    pub(crate) fn read(text: &str) -> Self {
        Self(serde_json::from_str(text).unwrap())
    }

    /// One part a line.
    pub(crate) fn text(&self) -> String {
        let lines: Vec<String> = self.0.iter().map(|(hash, part)| format!("{}: {part}", json!(hash))).collect();
        format!("{{\n{}\n}}\n", lines.join(",\n"))
    }

    /// Takes the parts out of a fixture.
    pub(crate) fn shorten(&mut self, fixture: &mut Value) {
        for place in PLACES {
            self.at(fixture, &place.split('.').collect::<Vec<_>>());
        }
    }

    fn at(&mut self, value: &mut Value, path: &[&str]) {
        match path {
            [] => {
                let text = value.to_string();
                if text.len() > SHORT {
                    let hash = digest(&text);
                    let known = self.0.entry(hash.clone()).or_insert_with(|| value.clone());
                    assert_eq!(known, value, "two parts of one hash");
                    *value = json!({ PART: hash });
                }
            }
            ["*", rest @ ..] => {
                value.as_array_mut().into_iter().flatten().for_each(|item| self.at(item, rest));
            }
            [field, rest @ ..] => {
                if let Some(value) = value.get_mut(field) {
                    self.at(value, rest);
                }
            }
        }
    }

    /// Puts the parts back.
    pub(crate) fn lengthen(&self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.lengthen(item)),
            Value::Object(fields) => {
                if let (1, Some(Value::String(hash))) = (fields.len(), fields.get(PART)) {
                    *value = self.0.get(hash).unwrap_or_else(|| panic!("there is no part {hash}")).clone();
                    return;
                }
                fields.values_mut().for_each(|field| self.lengthen(field));
            }
            _ => {}
        }
    }
}

/// FNV-1a in 64 bits, hex: only to name a part.
fn digest(text: &str) -> String {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("{hash:016x}")
}

/// JSON with one line for each value down to this depth, and what is deeper in that line.
pub(crate) fn lines(value: &Value, depth: usize) -> String {
    let mut text = String::new();
    write(&mut text, value, depth, 0);
    text.push('\n');
    text
}

fn write(text: &mut String, value: &Value, depth: usize, indent: usize) {
    let items: Vec<(String, &Value)> = match value {
        Value::Array(items) if depth > 0 && !items.is_empty() => {
            items.iter().map(|item| (String::new(), item)).collect()
        }
        Value::Object(fields) if depth > 0 && !fields.is_empty() && !fields.contains_key(PART) => {
            fields.iter().map(|(name, field)| (format!("{}: ", json!(name)), field)).collect()
        }
        other => {
            write!(text, "{other}").unwrap();
            return;
        }
    };
    let (open, close) = if value.is_array() { ('[', ']') } else { ('{', '}') };
    text.push(open);
    for (index, (name, item)) in items.into_iter().enumerate() {
        let comma = if index > 0 { "," } else { "" };
        write!(text, "{comma}\n{:1$}{name}", "", indent + 1).unwrap();
        write(text, item, depth - 1, indent + 1);
    }
    write!(text, "\n{:1$}{close}", "", indent).unwrap();
}
