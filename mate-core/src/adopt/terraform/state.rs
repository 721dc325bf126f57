//! `terraform show -json`.

use serde_json::{Map, Value};

use super::Document;
use super::resource::Resource;
use super::types::{TYPES, Type, host};
use crate::adopt::candidate::{Candidate, name_of};
use crate::adopt::forms::kind;
use crate::adopt::source::{Listing, SkipReason, Skipped, SourceError};

const DOCUMENT: Document = Document { command: "terraform show -json" };

pub(in crate::adopt) fn state(json: &str) -> Result<Listing, SourceError> {
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
    let mut reading = Reading::default();
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

/// The name of a key, as an alias gives it.
struct Alias {
    name: String,
    key: String,
    origin: String,
}

#[derive(Default)]
struct Reading {
    listing: Listing,
    aliases: Vec<Alias>,
}

impl Reading {
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
        // What was replaced and could not be deleted yet.
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
        let outcome = if name == "aws_kms_alias" {
            alias(&resource, origin).map(|alias| self.aliases.push(alias))
        } else {
            candidate(name, &resource, origin).map(|candidate| self.listing.candidates.push(candidate))
        };
        if let Err(reason) = outcome {
            self.listing.skipped.push(skip(reason));
        }
        Ok(())
    }

    /// An alias is a part of its key: it gives the key a name. A key with two is listed with each of them.
    fn join_aliases(&mut self) {
        let kind = kind("kms:Key");
        for alias in std::mem::take(&mut self.aliases) {
            let is_of = |key: &&mut Candidate| {
                key.kind == kind
                    && (key.physical_id == alias.key || key.physical_id.ends_with(&format!("/{}", alias.key)))
            };
            let named = |key: &Candidate, origin: String| Candidate {
                name: Some(alias.name.trim_start_matches("alias/").to_owned()),
                hints: [("alias".to_owned(), alias.name.clone())].into(),
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
                    let key = Candidate::new(kind.clone(), alias.key.clone(), "");
                    self.listing.candidates.push(named(&key, alias.origin.clone()));
                }
            }
        }
    }
}

fn without_id(resource: &Resource<'_>) -> SkipReason {
    if resource.withheld() { SkipReason::Sensitive } else { SkipReason::WithoutId }
}

fn candidate(name: &str, resource: &Resource<'_>, origin: &str) -> Result<Candidate, SkipReason> {
    let Some(Type { kind: of, id, name, hints, covers, .. }) = TYPES.iter().find(|known| known.names.contains(&name))
    else {
        return Err(SkipReason::Unknown);
    };
    if !covers(resource) {
        return Err(SkipReason::NotCovered);
    }
    let id = id(resource).ok_or_else(|| without_id(resource))?;
    let mut candidate = Candidate::new(kind(of), id, origin);
    candidate.name = resource.first(name).or(candidate.name);
    candidate.tags = resource.tags();
    for (attribute, field) in *hints {
        if let Some(value) = resource.text(attribute) {
            candidate.hints.entry((*field).to_owned()).or_insert_with(|| in_our_form(field, value));
        }
    }
    if candidate.kind.as_str() == "route53:HostedZone" {
        candidate.name = candidate.name.as_deref().map(host);
    }
    Ok(candidate)
}

/// The value as the kind's inputs have it.
fn in_our_form(field: &str, value: String) -> String {
    match field {
        "cluster" => value.rsplit('/').next().map(str::to_owned).unwrap_or(value),
        "domain" | "record_name" | "domain_name" => host(&value),
        // A flow log names its group by its ARN.
        "log_group_name" => name_of(&kind("logs:LogGroup"), &value).unwrap_or(value),
        _ => value,
    }
}

fn alias(resource: &Resource<'_>, origin: &str) -> Result<Alias, SkipReason> {
    let name = resource.text("name").ok_or_else(|| without_id(resource))?;
    if name.starts_with("alias/aws/") {
        // A key of AWS's own.
        return Err(SkipReason::NotCovered);
    }
    let key = resource.first(&["target_key_arn", "target_key_id"]).ok_or_else(|| without_id(resource))?;
    Ok(Alias { name, key, origin: origin.to_owned() })
}
