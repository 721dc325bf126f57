//! The objects that Terraform and OpenTofu made, from their own output.

mod outputs;
mod state;

pub(super) use outputs::outputs;
pub(super) use state::state;

use serde_json::{Map, Value};

use super::source::SourceError;

/// A document that is being read, for errors that say where.
#[derive(Debug, Clone, Copy)]
struct Document {
    command: &'static str,
}

impl Document {
    /// The document's object. The text of an error of the parser is dropped: it could quote the document.
    fn parse(self, json: &str) -> Result<Map<String, Value>, SourceError> {
        match serde_json::from_str(json) {
            Ok(Value::Object(root)) => Ok(root),
            Ok(_) => Err(self.wrong("the whole", "is not an object")),
            Err(error) => {
                Err(SourceError::NotJson { command: self.command, line: error.line(), column: error.column() })
            }
        }
    }

    fn wrong(self, place: impl Into<String>, problem: &'static str) -> SourceError {
        SourceError::NotTheDocument { command: self.command, place: place.into(), problem }
    }

    fn object<'a>(self, place: &str, value: &'a Value) -> Result<&'a Map<String, Value>, SourceError> {
        value.as_object().ok_or_else(|| self.wrong(place, "is not an object"))
    }

    /// The list called `name`; empty where there is none.
    fn list<'a>(self, place: &str, of: &'a Map<String, Value>, name: &str) -> Result<&'a [Value], SourceError> {
        match of.get(name) {
            None | Some(Value::Null) => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(self.wrong(format!("{place}.{name}"), "is not a list")),
        }
    }

    fn text<'a>(self, place: &str, of: &'a Map<String, Value>, name: &str) -> Result<&'a str, SourceError> {
        of.get(name).and_then(Value::as_str).ok_or_else(|| self.wrong(format!("{place}.{name}"), "is not text"))
    }
}
