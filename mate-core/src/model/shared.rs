//! Inputs and tags, shared between design, plan, request and record: a copy costs nothing until one of the two is changed.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// Tags by key. Every object that can carry tags carries the ownership tags of [`crate::model::Ownership`] among them.
///
/// Read and changed like the map that it holds. Copies share it until one of them is changed.
///
/// ```
/// # use mate_core::model::Tags;
/// let mut tags = Tags::from([("Owner".to_owned(), "radiology".to_owned())]);
/// let before = tags.clone();
/// tags.insert("Owner".to_owned(), "cardiology".to_owned());
/// assert_eq!(before["Owner"], "radiology");
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tags(Arc<BTreeMap<String, String>>);

impl Tags {
    /// No tag.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Deref for Tags {
    type Target = BTreeMap<String, String>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Tags {
    fn deref_mut(&mut self) -> &mut Self::Target {
        Arc::make_mut(&mut self.0)
    }
}

impl fmt::Debug for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<BTreeMap<String, String>> for Tags {
    fn from(tags: BTreeMap<String, String>) -> Self {
        Self(Arc::new(tags))
    }
}

impl From<Tags> for BTreeMap<String, String> {
    fn from(tags: Tags) -> Self {
        Arc::unwrap_or_clone(tags.0)
    }
}

impl<const N: usize> From<[(String, String); N]> for Tags {
    fn from(tags: [(String, String); N]) -> Self {
        BTreeMap::from(tags).into()
    }
}

impl FromIterator<(String, String)> for Tags {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(tags: I) -> Self {
        tags.into_iter().collect::<BTreeMap<_, _>>().into()
    }
}

impl IntoIterator for Tags {
    type Item = (String, String);
    type IntoIter = std::collections::btree_map::IntoIter<String, String>;

    fn into_iter(self) -> Self::IntoIter {
        BTreeMap::from(self).into_iter()
    }
}

impl<'a> IntoIterator for &'a Tags {
    type Item = (&'a String, &'a String);
    type IntoIter = std::collections::btree_map::Iter<'a, String, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl Extend<(String, String)> for Tags {
    fn extend<I: IntoIterator<Item = (String, String)>>(&mut self, tags: I) {
        (**self).extend(tags);
    }
}

impl PartialEq<BTreeMap<String, String>> for Tags {
    fn eq(&self, other: &BTreeMap<String, String>) -> bool {
        **self == *other
    }
}

impl Serialize for Tags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::deserialize(deserializer).map(Self::from)
    }
}

/// The inputs of an object in their JSON form, references included.
///
/// Read and changed like the value that it holds. Copies share it until one of them is changed.
///
/// ```
/// # use mate_core::model::Inputs;
/// # use serde_json::json;
/// let mut inputs = Inputs::from(json!({"desired_count": 2}));
/// let before = inputs.clone();
/// inputs["desired_count"] = json!(0);
/// assert_eq!(before["desired_count"], 2);
/// ```
#[derive(Clone, PartialEq)]
pub struct Inputs(Arc<Value>);

impl Inputs {
    /// The value itself; a copy of it where it is shared.
    #[must_use]
    pub fn into_value(self) -> Value {
        Arc::unwrap_or_clone(self.0)
    }

    /// The same inputs in canonical form: [`super::canonical()`]. A copy is made only where keys are not in order.
    #[must_use]
    pub(crate) fn canonical(&self) -> Self {
        if in_order(self) { self.clone() } else { super::canonical(self).into() }
    }
}

/// True if the keys of every object in the value are in order.
pub(super) fn in_order(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(in_order),
        Value::Object(fields) => fields.keys().is_sorted() && fields.values().all(in_order),
        _ => true,
    }
}

impl Default for Inputs {
    fn default() -> Self {
        Self::from(Value::Null)
    }
}

impl Deref for Inputs {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0
    }
}

impl DerefMut for Inputs {
    fn deref_mut(&mut self) -> &mut Value {
        Arc::make_mut(&mut self.0)
    }
}

impl fmt::Debug for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Value> for Inputs {
    fn from(value: Value) -> Self {
        Self(Arc::new(value))
    }
}

impl From<Map<String, Value>> for Inputs {
    fn from(fields: Map<String, Value>) -> Self {
        Value::Object(fields).into()
    }
}

impl From<Inputs> for Value {
    fn from(inputs: Inputs) -> Self {
        inputs.into_value()
    }
}

impl PartialEq<Value> for Inputs {
    fn eq(&self, other: &Value) -> bool {
        **self == *other
    }
}

impl PartialEq<Inputs> for Value {
    fn eq(&self, other: &Inputs) -> bool {
        *self == **other
    }
}

impl Serialize for Inputs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Inputs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_copy_shares_inputs_until_it_is_changed() {
        let one = Inputs::from(json!({"a": 1}));
        let mut other = one.clone();
        assert!(Arc::ptr_eq(&one.0, &other.0));
        other["a"] = json!(2);
        assert_eq!((one, other), (json!({"a": 1}).into(), json!({"a": 2}).into()));
    }

    #[test]
    fn a_copy_shares_tags_until_it_is_changed() {
        let one = Tags::from([("a".to_owned(), "b".to_owned())]);
        let mut other = one.clone();
        assert!(Arc::ptr_eq(&one.0, &other.0));
        other.remove("a");
        assert_eq!((one.len(), other.len()), (1, 0));
    }

    #[test]
    fn both_have_the_json_form_of_what_they_hold() {
        let tags = Tags::from([("a".to_owned(), "b".to_owned())]);
        let inputs = Inputs::from(json!({"z": [1], "a": null}));
        let form = serde_json::to_value((&tags, &inputs)).unwrap();
        assert_eq!(form, json!([{"a": "b"}, {"z": [1], "a": null}]));
        assert_eq!(serde_json::from_value::<(Tags, Inputs)>(form).unwrap(), (tags, inputs));
    }
}
