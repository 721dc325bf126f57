//! `terraform show -json`.

use serde_json::{Map, Value};

use super::Document;
use crate::adopt::candidate::Candidate;
use crate::adopt::source::{Listing, SkipReason, Skipped, SourceError};
use crate::model::ids::KindName;
use crate::model::{Kinds, TerraformAlias, TerraformResource as Resource};

const DOCUMENT: Document = Document { command: "terraform show -json" };

pub(in crate::adopt) fn state(kinds: &Kinds, json: &str) -> Result<Listing, SourceError> {
    let root = DOCUMENT.parse(json)?;
    if root.contains_key("lineage") && root.contains_key("serial") {
        return Err(DOCUMENT.wrong("the whole", "is a state file: give what `terraform show -json` writes of it"));
    }
    if root.contains_key("planned_values") {
        return Err(DOCUMENT.wrong("the whole", "is a plan, not a state"));
    }
    let Some(version) = root.get("format_version").and_then(Value::as_str) else {
        return Err(DOCUMENT.wrong("format_version", "is missing"));
    };
    let major = version.split('.').next().and_then(|major| major.parse::<u64>().ok());
    match major {
        Some(0 | 1) => {}
        Some(major) => return Err(SourceError::NewerFormat { command: DOCUMENT.command, major }),
        None => return Err(DOCUMENT.wrong("format_version", "is not a version")),
    }
    let mut reading = Reading { kinds, listing: Listing::default(), aliases: Vec::new() };
    // An empty state has no values.
    if let Some(values) = root.get("values").filter(|values| !values.is_null()) {
        let values = DOCUMENT.object("values", values)?;
        if let Some(module) = values.get("root_module") {
            reading.module("values.root_module", module)?;
        }
    }
    reading.join_aliases();
    Ok(reading.listing)
}

/// The name of an object, as a resource beside it gives it: that of a key by its alias.
struct Alias {
    kind: KindName,
    rule: TerraformAlias,
    name: String,
    target: String,
    origin: String,
}

struct Reading<'k> {
    kinds: &'k Kinds,
    listing: Listing,
    aliases: Vec<Alias>,
}

impl Reading<'_> {
    fn module(&mut self, place: &str, module: &Value) -> Result<(), SourceError> {
        let module = DOCUMENT.object(place, module)?;
        for (index, resource) in DOCUMENT.list(place, module, "resources")?.iter().enumerate() {
            let place = format!("{place}.resources[{index}]");
            self.resource(&place, DOCUMENT.object(&place, resource)?)?;
        }
        for (index, child) in DOCUMENT.list(place, module, "child_modules")?.iter().enumerate() {
            self.module(&format!("{place}.child_modules[{index}]"), child)?;
        }
        Ok(())
    }

    fn resource(&mut self, place: &str, resource: &Map<String, Value>) -> Result<(), SourceError> {
        let origin = DOCUMENT.text(place, resource, "address")?;
        let name = DOCUMENT.text(place, resource, "type")?;
        let mode = DOCUMENT.text(place, resource, "mode")?;
        // A deposed object: it was replaced, and could not be deleted yet.
        let deposed = resource.get("deposed_key").is_some_and(Value::is_string);
        let skip = |reason| Skipped { origin: origin.to_owned(), reason };
        if !matches!(mode, "managed" | "data") || deposed {
            self.listing.skipped.push(skip(SkipReason::NotCovered));
            return Ok(());
        }
        let empty = Map::new();
        let values = match resource.get("values") {
            None | Some(Value::Null) => &empty,
            Some(values) => DOCUMENT.object(&format!("{place}.values"), values)?,
        };
        let resource = Resource::new(values, resource.get("sensitive_values"));
        let mut rules = self.kinds.iter().filter_map(|model| Some((&model.name, model.adopt.alias?)));
        let outcome = match rules.find(|(_, rule)| rule.of_type == name) {
            Some((kind, rule)) => alias((kind, rule), &resource, origin).map(|alias| self.aliases.push(alias)),
            None => {
                candidate(self.kinds, name, &resource, origin).map(|candidate| self.listing.candidates.push(candidate))
            }
        };
        if let Err(reason) = outcome {
            self.listing.skipped.push(skip(reason));
        }
        Ok(())
    }

    /// An alias is a part of its key: it gives the key a name. A key with two is listed with each of them.
    fn join_aliases(&mut self) {
        for alias in std::mem::take(&mut self.aliases) {
            let is_of = |key: &&mut Candidate| {
                key.kind == alias.kind
                    && (key.physical_id == alias.target || key.physical_id.ends_with(&format!("/{}", alias.target)))
            };
            let named = |key: &Candidate, origin: String| Candidate {
                name: Some(alias.name.trim_start_matches(alias.rule.prefix).to_owned()),
                hints: [(alias.rule.field.to_owned(), alias.name.clone())].into(),
                origin,
                ..key.clone()
            };
            match self.listing.candidates.iter_mut().find(is_of) {
                Some(key) if key.name.is_none() => *key = named(key, key.origin.clone()),
                Some(key) => {
                    let another = named(key, alias.origin.clone());
                    self.listing.candidates.push(another);
                }
                None => {
                    let key = Candidate::new(self.kinds, alias.kind.clone(), alias.target.clone(), "");
                    self.listing.candidates.push(named(&key, alias.origin.clone()));
                }
            }
        }
    }
}

fn without_id(resource: &Resource<'_>) -> SkipReason {
    if resource.withheld() { SkipReason::Sensitive } else { SkipReason::WithoutId }
}

fn candidate(kinds: &Kinds, name: &str, resource: &Resource<'_>, origin: &str) -> Result<Candidate, SkipReason> {
    let mut types = kinds.iter().flat_map(|model| model.adopt.terraform.iter().map(|known| (&model.name, known)));
    let Some((kind, known)) = types.find(|(_, known)| known.names.contains(&name)) else {
        return Err(SkipReason::Unknown);
    };
    if !(known.covers)(resource) {
        return Err(SkipReason::NotCovered);
    }
    let id = (known.id)(resource).ok_or_else(|| without_id(resource))?;
    let mut candidate = Candidate::new(kinds, kind.clone(), id, origin);
    let name = resource.first(known.name).map(|name| (known.in_our_form)("name", name));
    candidate.name = name.or(candidate.name);
    candidate.tags = resource.tags();
    for (attribute, field) in known.hints {
        if let Some(value) = resource.text(attribute) {
            candidate.hints.entry((*field).to_owned()).or_insert_with(|| (known.in_our_form)(field, value));
        }
    }
    Ok(candidate)
}

fn alias(
    (kind, rule): (&KindName, TerraformAlias),
    resource: &Resource<'_>,
    origin: &str,
) -> Result<Alias, SkipReason> {
    let name = resource.text("name").ok_or_else(|| without_id(resource))?;
    if name.starts_with(rule.of_aws) {
        // A key of AWS's own.
        return Err(SkipReason::NotCovered);
    }
    let target = resource.first(rule.target).ok_or_else(|| without_id(resource))?;
    Ok(Alias { kind: kind.clone(), rule, name, target, origin: origin.to_owned() })
}
