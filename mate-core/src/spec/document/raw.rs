//! A document as it was read: any value at any place, so that everything wrong with it can be told at once.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::spec::error::quoted;

/// A value of any type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Raw {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    List(Vec<Self>),
    Table(Table),
    /// A value that is not a literal, described in words: a date, an expression.
    Foreign(String),
}

/// A table, with the names that stood in it more than once.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Table {
    pub(crate) entries: BTreeMap<String, Raw>,
    pub(crate) duplicates: Vec<String>,
}

impl Table {
    pub(crate) fn insert(&mut self, name: String, value: Raw) {
        match self.entries.entry(name) {
            Entry::Occupied(first) => self.duplicates.push(first.key().clone()),
            Entry::Vacant(place) => {
                place.insert(value);
            }
        }
    }

    /// Puts a value in where there is one.
    pub(crate) fn put(&mut self, name: &str, value: Option<impl Into<Raw>>) {
        if let Some(value) = value {
            self.entries.insert(name.to_owned(), value.into());
        }
    }

    /// Puts a table in unless it is empty.
    pub(crate) fn put_table(&mut self, name: &str, table: Self) {
        self.put(name, (!table.entries.is_empty()).then_some(table));
    }
}

impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(flag) => write!(f, "{flag}"),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::List(items) => write!(f, "a list of {}", items.len()),
            Self::Table(table) => write!(f, "a table of {}", table.entries.len()),
            Self::Foreign(words) => f.write_str(words),
        }
    }
}

impl From<bool> for Raw {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<u32> for Raw {
    fn from(number: u32) -> Self {
        Self::Integer(number.into())
    }
}

impl From<&str> for Raw {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Table> for Raw {
    fn from(table: Table) -> Self {
        Self::Table(table)
    }
}

impl From<toml::Value> for Raw {
    fn from(value: toml::Value) -> Self {
        match value {
            toml::Value::String(text) => Self::Text(text),
            toml::Value::Integer(number) => Self::Integer(number.into()),
            toml::Value::Float(number) => Self::Float(number),
            toml::Value::Boolean(flag) => Self::Bool(flag),
            toml::Value::Datetime(date) => Self::Foreign(format!("the date {date}")),
            toml::Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            toml::Value::Table(table) => Self::from_toml(table),
        }
    }
}

impl Raw {
    pub(crate) fn from_toml(table: toml::Table) -> Self {
        let entries = table.into_iter().map(|(name, value)| (name, Self::from(value))).collect();
        Self::Table(Table { entries, duplicates: Vec::new() })
    }

    pub(crate) fn to_toml(&self) -> toml::Value {
        match self {
            Self::Null => toml::Value::String(String::new()),
            Self::Bool(flag) => toml::Value::Boolean(*flag),
            Self::Integer(number) => {
                i64::try_from(*number).map_or_else(|_| toml::Value::String(number.to_string()), toml::Value::Integer)
            }
            Self::Float(number) => toml::Value::Float(*number),
            Self::Text(text) | Self::Foreign(text) => toml::Value::String(text.clone()),
            Self::List(items) => toml::Value::Array(items.iter().map(Self::to_toml).collect()),
            Self::Table(table) => {
                let known = table.entries.iter().filter(|(_, value)| **value != Self::Null);
                toml::Value::Table(known.map(|(name, value)| (name.clone(), value.to_toml())).collect())
            }
        }
    }
}

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(flag) => serializer.serialize_bool(*flag),
            Self::Integer(number) => match (u64::try_from(*number), i64::try_from(*number)) {
                (Ok(number), _) => serializer.serialize_u64(number),
                (_, Ok(number)) => serializer.serialize_i64(number),
                _ => serializer.serialize_str(&number.to_string()),
            },
            Self::Float(number) => serializer.serialize_f64(*number),
            Self::Text(text) | Self::Foreign(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Table(table) => serializer.collect_map(&table.entries),
        }
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

/// The key under which serde_json passes a number when a crate of the build enables its `arbitrary_precision` feature.
const PRECISE_NUMBER: &str = "$serde_json::private::Number";

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Raw, E> {
        Ok(Raw::Integer(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Raw, E> {
        Ok(Raw::Integer(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Raw, E> {
        Ok(Raw::Float(number))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut table = Table::default();
        while let Some((name, value)) = access.next_entry::<String, Raw>()? {
            if name == PRECISE_NUMBER
                && let Raw::Text(number) = &value
            {
                return Ok(number.parse().map_or_else(
                    |_| number.parse().map_or_else(|_| Raw::Foreign(number.clone()), Raw::Float),
                    Raw::Integer,
                ));
            }
            table.insert(name, value);
        }
        Ok(Raw::Table(table))
    }
}
