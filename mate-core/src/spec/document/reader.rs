//! Reads a table field by field and keeps every problem it finds.

use super::raw::{Raw, Table};
use crate::spec::error::{SpecError, nearest, quoted};
use crate::spec::values::{NumberValue, TextValue};

/// Reads one table. Every field asked for is a known one; [`Reader::finish`] reports the rest.
pub(crate) struct Reader<'e> {
    path: String,
    table: Table,
    known: Vec<&'static str>,
    pub(crate) errors: &'e mut Vec<SpecError>,
}

impl<'e> Reader<'e> {
    pub(crate) fn new(path: impl Into<String>, table: Table, errors: &'e mut Vec<SpecError>) -> Self {
        Self { path: path.into(), table, known: Vec::new(), errors }
    }

    /// Reads `raw` as a table, if it is one.
    pub(crate) fn open(path: &str, raw: Raw, errors: &'e mut Vec<SpecError>) -> Option<Self> {
        match raw {
            Raw::Table(table) => Some(Self::new(path, table, errors)),
            other => {
                errors.push(SpecError::new(path, "is not a table").allowed("a table of fields").given(other));
                None
            }
        }
    }

    pub(crate) fn path(&self, field: &str) -> String {
        if self.path.is_empty() { field.to_owned() } else { format!("{}.{field}", self.path) }
    }

    pub(crate) fn has(&self, field: &str) -> bool {
        self.table.entries.get(field).is_some_and(|value| *value != Raw::Null)
    }

    pub(crate) fn fail(&mut self, field: &str, problem: impl Into<String>) -> &mut SpecError {
        let error = SpecError::new(self.path(field), problem);
        self.errors.push(error);
        self.errors.last_mut().expect("just pushed")
    }

    pub(crate) fn take(&mut self, field: &'static str) -> Option<Raw> {
        self.known.push(field);
        self.table.entries.remove(field).filter(|value| *value != Raw::Null)
    }

    fn wrong(&mut self, field: &str, problem: &str, allowed: &str, given: &Raw) {
        self.errors.push(SpecError::new(self.path(field), problem).allowed(allowed).given(given));
    }

    pub(crate) fn text<T: TextValue>(&mut self, field: &'static str) -> Option<T> {
        let raw = self.take(field)?;
        let Raw::Text(text) = &raw else {
            self.wrong(field, "is not text", T::ALLOWED, &raw);
            return None;
        };
        T::parse(text).map_err(|invalid| self.errors.push(SpecError::invalid(self.path(field), invalid))).ok()
    }

    pub(crate) fn required<T: TextValue>(&mut self, field: &'static str) -> Option<T> {
        if !self.has(field) {
            self.fail(field, "is missing").allowed = Some(T::ALLOWED.to_owned());
        }
        self.text(field)
    }

    pub(crate) fn number<T: NumberValue>(&mut self, field: &'static str) -> Option<T> {
        let raw = self.take(field)?;
        let Raw::Integer(number) = raw else {
            self.wrong(field, "is not a whole number", &T::allowed(), &raw);
            return None;
        };
        let value = T::parse(number);
        if value.is_none() {
            self.wrong(field, T::PROBLEM, &T::allowed(), &raw);
        }
        value
    }

    pub(crate) fn flag(&mut self, field: &'static str) -> Option<bool> {
        match self.take(field)? {
            Raw::Bool(flag) => Some(flag),
            other => {
                self.wrong(field, "is not true or false", "true or false", &other);
                None
            }
        }
    }

    /// One of a few words. Which one is told by its place.
    pub(crate) fn choice(&mut self, field: &'static str, words: &[&'static str]) -> Option<&'static str> {
        let raw = self.take(field)?;
        let chosen = match &raw {
            Raw::Text(text) => words.iter().copied().find(|word| word == text),
            _ => None,
        };
        if chosen.is_none() {
            let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
            self.wrong(field, "is none of the choices", &words.join(" or "), &raw);
        }
        chosen
    }

    pub(crate) fn table(&mut self, field: &'static str) -> Option<Reader<'_>> {
        let raw = self.take(field)?;
        Reader::open(&self.path(field), raw, self.errors)
    }

    pub(crate) fn list(&mut self, field: &'static str) -> Option<Vec<Raw>> {
        match self.take(field)? {
            Raw::List(items) => Some(items),
            other => {
                self.wrong(field, "is not a list", "a list", &other);
                None
            }
        }
    }

    pub(crate) fn texts<T: TextValue>(&mut self, field: &'static str) -> Vec<T> {
        let items = self.list(field).unwrap_or_default();
        let mut texts = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let place = format!("{field}[{index}]");
            match item {
                Raw::Text(text) => match T::parse(&text) {
                    Ok(value) => texts.push(value),
                    Err(invalid) => self.errors.push(SpecError::invalid(self.path(&place), invalid)),
                },
                other => self.wrong(&place, "is not text", T::ALLOWED, &other),
            }
        }
        texts
    }

    /// The entries of a table with names of the caller's own.
    pub(crate) fn entries(&mut self, field: &'static str) -> Vec<(String, Raw)> {
        match self.take(field) {
            None => Vec::new(),
            Some(Raw::Table(table)) => {
                let path = self.path(field);
                duplicated(&path, &table.duplicates, self.errors);
                table.entries.into_iter().collect()
            }
            Some(other) => {
                self.wrong(field, "is not a table", "a table of text", &other);
                Vec::new()
            }
        }
    }

    /// Fields that were looked for and read only where they stand.
    pub(crate) fn known<const N: usize>(&mut self, fields: [&'static str; N]) {
        self.known.extend(fields);
    }

    /// Reports what is left: fields that nobody asked for, and fields that stood twice.
    pub(crate) fn finish(self) {
        duplicated(&self.path, &self.table.duplicates, self.errors);
        for name in self.table.entries.keys() {
            self.errors.push(unknown_field(&self.path, name, &self.known));
        }
    }
}

fn joined(path: &str, name: &str) -> String {
    let plain = name.len() <= 60 && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    let name = if plain && !name.is_empty() { name.to_owned() } else { quoted(name) };
    if path.is_empty() { name } else { format!("{path}.{name}") }
}

pub(crate) fn duplicated(path: &str, names: &[String], errors: &mut Vec<SpecError>) {
    errors.extend(names.iter().map(|name| SpecError::new(joined(path, name), "stands more than once").allowed("once")));
}

pub(crate) fn unknown_field(path: &str, name: &str, known: &[&str]) -> SpecError {
    let path = joined(path, name);
    match nearest(name, known.iter().copied()) {
        Some(near) => SpecError::new(path, format!("is not a known field; did you mean `{near}`?")),
        None => SpecError::new(path, "is not a known field").allowed(known.join(", ")),
    }
}
