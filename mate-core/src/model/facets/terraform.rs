//! One resource of a Terraform state, of which only what is asked for by name is read.

use std::cell::Cell;

use serde_json::{Map, Value};

use crate::model::Tags;

/// One resource of a Terraform state. A value that the state marks as sensitive is not told.
#[derive(Debug)]
pub struct TerraformResource<'a> {
    values: &'a Map<String, Value>,
    sensitive: Option<&'a Value>,
    withheld: Cell<bool>,
}

impl<'a> TerraformResource<'a> {
    pub(crate) fn new(values: &'a Map<String, Value>, sensitive: Option<&'a Value>) -> Self {
        Self { values, sensitive, withheld: Cell::new(false) }
    }

    /// True if something was asked for that is marked as sensitive.
    pub(crate) fn withheld(&self) -> bool {
        self.withheld.get()
    }

    /// The attribute at `path` (`root_directory.0.path`) as text; none where it is empty, null or sensitive.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<String> {
        match self.at(path)? {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    /// The first of the attributes that has a value.
    #[must_use]
    pub fn first(&self, paths: &[&str]) -> Option<String> {
        paths.iter().find_map(|path| self.text(path))
    }

    /// True if the attribute at `path` is `value`.
    #[must_use]
    pub fn is(&self, path: &str, value: &str) -> bool {
        self.text(path).as_deref() == Some(value)
    }

    /// The tags, those of the provider among them.
    pub(crate) fn tags(&self) -> Tags {
        let of = |attribute: &str| -> Tags {
            let keys = self.at(attribute).and_then(Value::as_object).into_iter().flat_map(Map::keys);
            // A key may contain a dot, so it is no path.
            keys.filter_map(|key| Some((key.clone(), self.find(&[attribute, key])?.as_str()?.to_owned()))).collect()
        };
        let all = of("tags_all");
        if all.is_empty() { of("tags") } else { all }
    }

    /// A host name as the inputs of a kind have it: lower case, without a dot at its end.
    #[must_use]
    pub fn host(name: &str) -> String {
        name.trim_end_matches('.').to_lowercase()
    }

    fn at(&self, path: &str) -> Option<&'a Value> {
        self.find(&path.split('.').collect::<Vec<_>>())
    }

    fn find(&self, path: &[&str]) -> Option<&'a Value> {
        let step = |value: &'a Value, name: &str| match value {
            Value::Array(items) => items.get(name.parse::<usize>().ok()?),
            other => other.get(name),
        };
        let (first, rest) = path.split_first()?;
        let mut value = self.values.get(*first)?;
        let mut mark = self.sensitive;
        let is_marked = |mark: Option<&Value>| mark.is_some_and(|mark| *mark == Value::Bool(true));
        let mut marked = is_marked(mark);
        mark = mark.and_then(|mark| step(mark, first));
        marked |= is_marked(mark);
        for name in rest {
            value = step(value, name)?;
            mark = mark.and_then(|mark| step(mark, name));
            marked |= is_marked(mark);
        }
        if marked {
            self.withheld.set(true);
            return None;
        }
        Some(value)
    }
}
