//! An input of a node: a value known now, or the output of another node known later.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::Inputs;
use crate::model::ids::NodeId;

/// The outputs of a node by name, for example `arn` and `endpoint`. Never a secret's value.
pub type Outputs = BTreeMap<String, Value>;

/// The output of another node, with text around it where a longer string is built from it
/// (`{bucket.arn}/*`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OutputRef {
    /// The node whose output it is.
    #[serde(rename = "$node")]
    pub node: NodeId,
    /// The output's name.
    #[serde(rename = "$output")]
    pub output: String,
    /// Text before it.
    #[serde(rename = "$prefix", default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// Text after it.
    #[serde(rename = "$suffix", default, skip_serializing_if = "String::is_empty")]
    pub suffix: String,
}

impl OutputRef {
    /// Reads a reference out of a JSON value, if it is one.
    #[must_use]
    pub fn from_json(value: &Value) -> Option<Self> {
        Reference::from_json(value)?.owned()
    }

    /// The value, once the node's outputs are known.
    #[must_use]
    pub fn resolve(&self, outputs: &BTreeMap<NodeId, Outputs>) -> Option<Value> {
        let value = outputs.get(&self.node)?.get(&self.output)?;
        if self.prefix.is_empty() && self.suffix.is_empty() {
            return Some(value.clone());
        }
        Some(Value::String(format!("{}{}{}", self.prefix, value.as_str()?, self.suffix)))
    }
}

impl std::fmt::Display for OutputRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{{{}.{}}}{}", self.prefix, self.node, self.output, self.suffix)
    }
}

/// A value of a node's inputs: a literal, or a late-bound reference to another node's output.
/// Edges of the graph are derived from these references and declared nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Input<T> {
    /// Known now.
    Literal(T),
    /// Known when the node that it names is ready.
    Ref(OutputRef),
}

/// An input that was read before the node it refers to was ready.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the input still refers to {0}, which is not known yet")]
#[non_exhaustive]
pub struct Unresolved(pub OutputRef);

impl<T> Input<T> {
    /// The value.
    ///
    /// # Errors
    /// [`Unresolved`] while it is a reference. A driver is only ever called with resolved inputs.
    pub fn get(&self) -> Result<&T, Unresolved> {
        match self {
            Self::Literal(value) => Ok(value),
            Self::Ref(reference) => Err(Unresolved(reference.clone())),
        }
    }

    /// The value, if it is known.
    pub fn known(&self) -> Option<&T> {
        self.get().ok()
    }
}

impl Input<String> {
    /// The same reference or text with `suffix` behind it.
    #[must_use]
    pub fn with_suffix(self, suffix: &str) -> Self {
        match self {
            Self::Literal(text) => Self::Literal(format!("{text}{suffix}")),
            Self::Ref(mut reference) => {
                reference.suffix.push_str(suffix);
                Self::Ref(reference)
            }
        }
    }

    /// The same reference or text with `prefix` before it.
    #[must_use]
    pub fn with_prefix(self, prefix: &str) -> Self {
        match self {
            Self::Literal(text) => Self::Literal(format!("{prefix}{text}")),
            Self::Ref(mut reference) => {
                reference.prefix.insert_str(0, prefix);
                Self::Ref(reference)
            }
        }
    }
}

impl<T> From<T> for Input<T> {
    fn from(value: T) -> Self {
        Self::Literal(value)
    }
}

impl From<&str> for Input<String> {
    fn from(value: &str) -> Self {
        Self::Literal(value.to_owned())
    }
}

impl<T: Serialize> Serialize for Input<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Literal(value) => value.serialize(serializer),
            Self::Ref(reference) => reference.serialize(serializer),
        }
    }
}

impl<'de, T: serde::de::DeserializeOwned> Deserialize<'de> for Input<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        match OutputRef::from_json(&value) {
            Some(reference) => Ok(Self::Ref(reference)),
            None => serde_json::from_value(value).map(Self::Literal).map_err(serde::de::Error::custom),
        }
    }
}

/// An [`OutputRef`] where it stands in a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reference<'v> {
    pub(crate) node: &'v str,
    pub(crate) output: &'v str,
    prefix: &'v str,
    suffix: &'v str,
}

impl<'v> Reference<'v> {
    /// Reads a reference out of a JSON value, if it is one.
    pub(crate) fn from_json(value: &'v Value) -> Option<Self> {
        let object = value.as_object()?;
        let node = object.get("$node")?.as_str().filter(|node| NodeId::is_valid(node))?;
        let output = object.get("$output")?.as_str()?;
        let around = |name: &str| object.get(name).map_or(Some(""), Value::as_str);
        Some(Self { node, output, prefix: around("$prefix")?, suffix: around("$suffix")? })
    }

    fn owned(self) -> Option<OutputRef> {
        Some(OutputRef {
            node: NodeId::new(self.node).ok()?,
            output: self.output.to_owned(),
            prefix: self.prefix.to_owned(),
            suffix: self.suffix.to_owned(),
        })
    }

    /// The value, once the node's outputs are known.
    fn resolve(self, known: &dyn Known) -> Option<Value> {
        let value = known.output(self.node, self.output)?;
        if self.prefix.is_empty() && self.suffix.is_empty() {
            return Some(value.clone());
        }
        Some(Value::String(format!("{}{}{}", self.prefix, value.as_str()?, self.suffix)))
    }

    /// True if what it refers to is known and is this value.
    pub(crate) fn is(self, known: &dyn Known, value: &Value, same: impl Fn(&Value, &Value) -> bool) -> Option<bool> {
        let told = known.output(self.node, self.output)?;
        if self.prefix.is_empty() && self.suffix.is_empty() {
            return Some(same(value, told));
        }
        let told = told.as_str()?;
        let inner = value.as_str().and_then(|value| value.strip_prefix(self.prefix)?.strip_suffix(self.suffix));
        Some(inner == Some(told))
    }
}

impl std::fmt::Display for Reference<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{{{}.{}}}{}", self.prefix, self.node, self.output, self.suffix)
    }
}

/// Outputs that are known now, by node and name.
pub(crate) trait Known {
    fn output(&self, node: &str, output: &str) -> Option<&Value>;
}

impl Known for BTreeMap<NodeId, Outputs> {
    fn output(&self, node: &str, output: &str) -> Option<&Value> {
        self.get(node)?.get(output)
    }
}

impl Known for BTreeMap<&str, &Outputs> {
    fn output(&self, node: &str, output: &str) -> Option<&Value> {
        self.get(node)?.get(output)
    }
}

/// Every reference inside `value`, in the order of the text.
#[must_use]
pub fn references(value: &Value) -> Vec<OutputRef> {
    let mut found = Vec::new();
    each_reference(value, &mut |reference| found.extend(reference.owned()));
    found
}

/// Visits every reference inside `value`, in the order of the text.
pub(crate) fn each_reference<'v>(value: &'v Value, visit: &mut dyn FnMut(Reference<'v>)) {
    if let Some(reference) = Reference::from_json(value) {
        return visit(reference);
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| each_reference(item, visit)),
        Value::Object(fields) => fields.values().for_each(|field| each_reference(field, visit)),
        _ => {}
    }
}

/// `value` with every reference replaced whose node's outputs are in `outputs`; the others stay.
#[must_use]
pub fn resolve(value: &Value, outputs: &BTreeMap<NodeId, Outputs>) -> Value {
    resolved(value, outputs)
}

fn resolved(value: &Value, known: &dyn Known) -> Value {
    if let Some(reference) = Reference::from_json(value) {
        return reference.resolve(known).unwrap_or_else(|| value.clone());
    }
    match value {
        Value::Array(items) => Value::Array(items.iter().map(|item| resolved(item, known)).collect()),
        Value::Object(fields) => Value::Object(
            fields.iter().map(|(name, field)| (name.clone(), resolved(field, known))).collect::<Map<_, _>>(),
        ),
        other => other.clone(),
    }
}

/// The inputs with every reference replaced that is known; the same ones where none is.
pub(crate) fn resolve_with(inputs: &Inputs, known: &dyn Known) -> Inputs {
    let mut any = false;
    each_reference(inputs, &mut |reference| any |= known.output(reference.node, reference.output).is_some());
    if any { resolved(inputs, known).into() } else { inputs.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn node(text: &str) -> NodeId {
        NodeId::new(text).unwrap()
    }

    fn reference(prefix: &str, suffix: &str) -> OutputRef {
        OutputRef { node: node("bucket"), output: "arn".into(), prefix: prefix.into(), suffix: suffix.into() }
    }

    #[test]
    fn a_literal_is_written_as_itself() {
        assert_eq!(serde_json::to_value(Input::Literal(5432)).unwrap(), json!(5432));
    }

    #[test]
    fn a_reference_survives_the_wire() {
        let input: Input<String> = Input::Ref(reference("", "/*"));
        let wire = serde_json::to_value(&input).unwrap();
        assert_eq!(serde_json::from_value::<Input<String>>(wire).unwrap(), input);
    }

    #[test]
    fn references_are_found_at_any_depth() {
        let value = json!({"a": [{"b": serde_json::to_value(reference("", "")).unwrap()}], "c": 1});
        assert_eq!(references(&value), vec![reference("", "")]);
    }

    #[test]
    fn resolving_puts_the_text_around_the_output() {
        let outputs = BTreeMap::from([(node("bucket"), Outputs::from([("arn".into(), json!("arn:b"))]))]);
        let value = json!([serde_json::to_value(reference("<", ">")).unwrap()]);
        assert_eq!(resolve(&value, &outputs), json!(["<arn:b>"]));
    }

    #[test]
    fn what_is_not_known_yet_stays_a_reference() {
        let value = serde_json::to_value(reference("", "")).unwrap();
        assert_eq!(resolve(&value, &BTreeMap::new()), value);
    }
}
