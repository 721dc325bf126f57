//! The fields of one object: as they are, and as they should be.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::step::{FieldChange, Shown};
use crate::model::canonical;
use crate::model::compare::same_value as same;
use crate::model::{FieldImpact, FieldRule, Impact, KindModel};
use crate::model::{Inputs, Known, OutputRef, Reference, Tags, references, resolve_with};

/// One field that differs.
pub(super) struct Difference {
    pub(super) field: &'static str,
    pub(super) impact: Impact,
    pub(super) old: Value,
    pub(super) new: Value,
    pub(super) changes: Vec<FieldChange>,
    /// True if it winds the object down, and comes behind the changes of what uses it.
    pub(super) after_users: bool,
}

/// The inputs as they are: from the cloud where it tells them, else from the record. Those of the record where the cloud
/// tells the same.
pub(super) fn present_inputs(model: &KindModel, live: &Value, recorded: Option<&Inputs>) -> Inputs {
    let told = |rule: &FieldRule| present(rule, live, recorded.map(|recorded| &**recorded));
    if let Some((recorded, fields)) = recorded.and_then(|recorded| Some((recorded, recorded.as_object()?))) {
        let known = model.fields.iter().filter(|rule| fields.contains_key(rule.field)).count();
        if known == fields.len() && model.fields.iter().all(|rule| told(rule) == fields.get(rule.field)) {
            return recorded.canonical();
        }
    }
    let mut fields = Map::new();
    for rule in model.fields {
        if let Some(value) = told(rule) {
            fields.insert(rule.field.to_owned(), canonical(value));
        }
    }
    fields.into()
}

fn present<'a>(rule: &FieldRule, live: &'a Value, recorded: Option<&'a Value>) -> Option<&'a Value> {
    let told = if rule.write_only || rule.edge_only { None } else { live.get(rule.field) };
    told.or_else(|| recorded.and_then(|inputs| inputs.get(rule.field)))
}

/// No outputs: every reference stays.
pub(super) struct Nothing;

impl Known for Nothing {
    fn output(&self, _: &str, _: &str) -> Option<&Value> {
        None
    }
}

/// Every field that differs, where the references of `new` mean what is `known`.
pub(super) fn differences(model: &KindModel, old: &Value, new: &Inputs, known: &dyn Known) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut resolved = None;
    for rule in model.fields.iter().filter(|rule| !rule.edge_only && !rule.creation_only) {
        // A field that neither the cloud nor the record gives is taken to be as desired.
        let Some(is) = old.get(rule.field) else { continue };
        if alike(is, new.get(rule.field).unwrap_or(&Value::Null), known) {
            continue;
        }
        let new = resolved.get_or_insert_with(|| resolve_with(new, known));
        let wanted = new.get(rule.field).unwrap_or(&Value::Null);
        let (is, wanted) = if rule.unordered { (sorted(is), sorted(wanted)) } else { (is.clone(), wanted.clone()) };
        let mut changes = Vec::new();
        if rule.unordered && is.is_array() && wanted.is_array() {
            members(rule.field, &is, &wanted, &mut changes);
        } else {
            leaves(rule.field, &is, &wanted, &mut changes);
        }
        if changes.is_empty() {
            continue;
        }
        let impact = match rule.impact {
            FieldImpact::Always(impact) => impact,
            FieldImpact::By(impact) => impact(old, new),
        };
        let after_users = rule.after_users.is_some_and(|winds_down| winds_down(&is, &wanted));
        found.push(Difference { field: rule.field, impact, old: is, new: wanted, changes, after_users });
    }
    found
}

/// The differences between the values that were last applied and those desired now that cannot be changed, although the cloud
/// shows none: storage that has grown by itself is reported as desired, and so is storage that should shrink.
pub(super) fn hidden(
    model: &KindModel,
    asked: &Value,
    live: &Value,
    new: &Inputs,
    known: &dyn Known,
) -> Vec<Difference> {
    let mut found = differences(model, asked, new, known);
    found.retain(|difference| {
        let told = live.get(difference.field).is_some_and(|told| same(told, &difference.new));
        told && matches!(difference.impact, Impact::Never(_))
    });
    found
}

/// The desired tags that the object does not carry.
pub(super) fn missing_tags(live: &Tags, desired: &Tags) -> Vec<FieldChange> {
    desired
        .iter()
        .filter(|(key, value)| live.get(*key) != Some(value))
        .map(|(key, value)| FieldChange {
            path: format!("tags.{key}"),
            old: live.get(key).map_or(Shown::Absent, |old| Shown::Value(Value::String(old.clone()))),
            new: Shown::Value(Value::String(value.clone())),
        })
        .collect()
}

/// Without what an adopted object keeps as its maker wrote it: its words. Some of them, a security group's for one, could
/// only be changed by making the object anew.
pub(super) fn but_words(model: &KindModel, mut differences: Vec<Difference>) -> Vec<Difference> {
    differences.retain(|difference| !model.field(difference.field).is_some_and(|rule| rule.words));
    differences
}

/// The keys that the object carries since we set them and that are no longer wanted, and what that looks like in a plan.
pub(super) fn dropped_tags(live: &Tags, recorded: &Tags, desired: &Tags) -> (BTreeSet<String>, Vec<FieldChange>) {
    let dropped: BTreeSet<String> =
        recorded.keys().filter(|key| live.contains_key(*key) && !desired.contains_key(*key)).cloned().collect();
    let changes = dropped.iter().map(|key| FieldChange {
        path: format!("tags.{key}"),
        old: Shown::Value(Value::String(live[key].clone())),
        new: Shown::Absent,
    });
    let changes = changes.collect();
    (dropped, changes)
}

/// True if both mean the same, where the references of `new` mean what is `known`. Makes no copy of either.
fn alike(old: &Value, new: &Value, known: &dyn Known) -> bool {
    if let Some(told) = Reference::from_json(new).and_then(|reference| reference.is(known, old, same)) {
        return told;
    }
    match (old, new) {
        (Value::Array(old), Value::Array(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| alike(old, new, known))
        }
        (Value::Object(was), Value::Object(is)) => {
            let null = Value::Null;
            was.iter().all(|(name, was)| alike(was, is.get(name).unwrap_or(&null), known))
                && is.iter().all(|(name, is)| was.contains_key(name) || alike(&null, is, known))
        }
        _ => same(old, new),
    }
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let by_text: BTreeMap<(String, usize), &Value> =
                items.iter().enumerate().map(|(index, item)| ((canonical(item).to_string(), index), item)).collect();
            Value::Array(by_text.into_values().cloned().collect())
        }
        other => other.clone(),
    }
}

pub(super) fn show(value: &Value) -> Shown {
    match value {
        Value::Null => Shown::Absent,
        value => match (OutputRef::from_json(value), references(value).as_slice()) {
            (Some(reference), _) => Shown::KnownAfterApply(reference.to_string()),
            (None, []) => Shown::Value(canonical(value)),
            (None, _) => Shown::KnownAfterApply(readable(value).to_string()),
        },
    }
}

/// The value with `{node.output}` where a reference stands.
fn readable(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(readable).collect()),
        Value::Object(fields) => match OutputRef::from_json(value) {
            Some(reference) => Value::String(reference.to_string()),
            None => canonical(&Value::Object(
                fields.iter().map(|(name, field)| (name.clone(), readable(field))).collect::<Map<_, _>>(),
            )),
        },
        other => other.clone(),
    }
}

/// A list without order: what goes and what comes. One that goes and one that comes are one that changes.
fn members(path: &str, old: &Value, new: &Value, changes: &mut Vec<FieldChange>) {
    let old = old.as_array().map_or(&[][..], Vec::as_slice);
    let mut coming: Vec<&Value> = new.as_array().map_or(&[][..], Vec::as_slice).iter().collect();
    let mut going: Vec<&Value> = Vec::new();
    for item in old {
        match coming.iter().position(|other| same(item, other)) {
            Some(index) => {
                coming.remove(index);
            }
            None => going.push(item),
        }
    }
    let path = format!("{path}[]");
    if let ([old], [new]) = (going.as_slice(), coming.as_slice()) {
        leaves(&path, old, new, changes);
        return;
    }
    for item in going {
        changes.push(FieldChange { path: path.clone(), old: show(item), new: Shown::Absent });
    }
    for item in coming {
        changes.push(FieldChange { path: path.clone(), old: Shown::Absent, new: show(item) });
    }
}

fn leaves(path: &str, old: &Value, new: &Value, changes: &mut Vec<FieldChange>) {
    if same(old, new) {
        return;
    }
    let is_reference = OutputRef::from_json(new).is_some();
    match (old, new) {
        (Value::Object(was), Value::Object(is)) if !is_reference => {
            let mut names: Vec<&String> = was.keys().chain(is.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let (was, is) = (was.get(name).unwrap_or(&Value::Null), is.get(name).unwrap_or(&Value::Null));
                leaves(&format!("{path}.{name}"), was, is, changes);
            }
        }
        (Value::Array(was), Value::Array(is)) if was.len() == is.len() => {
            for (index, (was, is)) in was.iter().zip(is).enumerate() {
                leaves(&format!("{path}[{index}]"), was, is, changes);
            }
        }
        _ => changes.push(FieldChange { path: path.to_owned(), old: show(old), new: show(new) }),
    }
}

/// True if `value` stands somewhere in `inside`.
pub(super) fn contains(inside: &Value, value: &Value) -> bool {
    same(inside, value)
        || match inside {
            Value::Array(items) => items.iter().any(|item| contains(item, value)),
            Value::Object(fields) => fields.values().any(|field| contains(field, value)),
            _ => false,
        }
}
