//! The refusals of AWS: inputs that it does not accept, references into nothing, deletion of what is protected or in use.

use std::time::Duration;

use serde_json::Value;

use super::facets::{At, view};
use super::object::Object;
use super::state::State;
use crate::model::ids::KindName;
use crate::model::{SimDeletion, SimRequest, references, texts_at};
use crate::provider::{DataPolicy, ErrorClass, Status};

/// A refusal: its class, AWS's code, and the message.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) class: ErrorClass,
    pub(super) code: String,
    pub(super) message: String,
}

pub(super) fn refuse<T>(class: ErrorClass, code: &str, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { class, code: code.to_owned(), message: message.into() })
}

/// Checks that AWS makes the change in place.
pub(super) fn check_change(state: &State, object: &Object, new: &Value) -> Result<(), Refusal> {
    if object.inputs["stopped"] == true && new["stopped"] == true {
        let message = format!("{} is stopped: it is started before it is changed", object.name);
        return refuse(ErrorClass::Invalid, state.config.facet(&object.kind).busy, message);
    }
    match state.config.unchangeable(&object.kind, &object.inputs, new) {
        Some((field, why)) => {
            let message = format!("{field} cannot be changed in place: {why}");
            refuse(ErrorClass::Invalid, "InvalidParameterCombination", message)
        }
        None => Ok(()),
    }
}

impl State {
    /// Refuses inputs that have not the kind's form, or values that AWS does not accept.
    pub(super) fn check_inputs(&self, kind: &KindName, inputs: &Value) -> Result<(), Refusal> {
        if let Some(open) = references(inputs).first() {
            return refuse(ErrorClass::Bug, "UnresolvedReference", format!("the inputs still refer to {open}"));
        }
        if let Some(Err(error)) = self.config.model(kind).map(|model| model.check_form(inputs)) {
            let message = format!("the inputs do not fit {kind}: {error}");
            return refuse(ErrorClass::Bug, "SerializationException", message);
        }
        Ok((self.config.facet(kind).inputs)(inputs)?)
    }

    /// Refuses inputs that refer to what is not there, and what the rules of the kind refuse.
    /// `own` is the object that has the inputs, once there is one.
    pub(super) fn check_links(
        &self,
        (kind, name): (&KindName, &str),
        inputs: &Value,
        own: Option<u64>,
        now: Duration,
    ) -> Result<(), Refusal> {
        for link in self.config.links(kind) {
            for text in texts_at(inputs, link.path) {
                let known = self.by_key(link.target, text);
                let Some(target) = known.filter(|target| target.gone_at.is_none()) else {
                    let elsewhere = link.base && known.is_none() && !self.was_here(link.target, text);
                    if elsewhere || link.own_of_aws.is_some_and(|prefix| text.starts_with(prefix)) {
                        continue;
                    }
                    let message = format!("the {} {text} does not exist", link.target);
                    return refuse(ErrorClass::Invalid, link.missing, message);
                };
                if target.visible_at > now {
                    let message = format!("the {} {text} does not exist", link.target);
                    return refuse(ErrorClass::EventualConsistency, link.missing, message);
                }
                if !link.not_ready.is_empty() && matches!(self.status(target, now), Status::Pending(_)) {
                    let message = format!("the {} {text} is not available", link.target);
                    return refuse(ErrorClass::Dependency, link.not_ready, message);
                }
            }
        }
        let request = SimRequest::new(name, inputs, own);
        Ok((self.config.facet(kind).request)(&request, &At { state: self, now })?)
    }

    /// Checks that the object can be changed or deleted now.
    pub(super) fn check_idle(&self, object: &Object, now: Duration) -> Result<(), Refusal> {
        let busy = self.config.facet(&object.kind).busy;
        match self.status(object, now) {
            Status::Deleting => {
                let code = if busy.is_empty() { "OperationInProgress" } else { busy };
                refuse(ErrorClass::Conflict, code, format!("{} is being deleted", object.name))
            }
            Status::Pending(word) if !busy.is_empty() && !object.stuck => {
                refuse(ErrorClass::Conflict, busy, format!("{} is {word}", object.name))
            }
            _ => Ok(()),
        }
    }

    /// Refuses the deletion of what is protected, has content, or is in use.
    pub(super) fn check_delete(&self, object: &Object, data: &DataPolicy, now: Duration) -> Result<(), Refusal> {
        let facet = self.config.facet(&object.kind);
        if let Some((code, words)) = facet.protected.filter(|_| object.inputs["deletion_protection"] == true) {
            let message = words.replace("{name}", &object.name).replace("{id}", &object.physical_id);
            return refuse(ErrorClass::Invalid, code, message);
        }
        let (keeps, snapshot) = match data {
            DataPolicy::Keep { final_snapshot } => (true, final_snapshot.as_deref()),
            _ => (false, None),
        };
        let content = self.config.model(&object.kind).and_then(|model| model.content);
        if let Some(content) = content.filter(|_| keeps && self.is_filled(object)) {
            let message = format!("{} still contains {content}", object.name);
            return refuse(ErrorClass::Dependency, facet.not_empty, message);
        }
        (facet.deletion)(&SimDeletion::new(view(object), keeps, snapshot), &At { state: self, now })?;
        if let Some(name) = snapshot {
            self.check_snapshot(object, name)?;
        }
        for holder in self.holders(object) {
            let mut held = self.config.links(&holder.kind).iter().filter(|link| {
                let texts = texts_at(&holder.inputs, link.path);
                link.target == object.kind.as_str()
                    && !link.in_use.is_empty()
                    && texts.iter().any(|text| object.keys.iter().any(|key| key == text))
            });
            if let Some(link) = held.next() {
                let message = format!("{} is in use by the {} {}", object.physical_id, holder.kind, holder.name);
                return refuse(ErrorClass::Dependency, link.in_use, message);
            }
        }
        Ok(())
    }

    /// The content of the snapshot that the inputs of a new object name: it is filled with that.
    pub(super) fn restored(&self, kind: &KindName, inputs: &Value) -> Result<Option<String>, Refusal> {
        let Some(name) = self.config.filled_from(kind).and_then(|field| inputs[field].as_str()) else {
            return Ok(None);
        };
        match self.snapshots.iter().find(|taken| taken.name == name && taken.kind == *kind) {
            Some(snapshot) => Ok(snapshot.content.clone()),
            None => {
                let code = self.config.facet(kind).snapshot_missing;
                refuse(ErrorClass::Invalid, code, format!("the snapshot {name} does not exist"))
            }
        }
    }

    fn check_snapshot(&self, object: &Object, name: &str) -> Result<(), Refusal> {
        let (kind, facet) = (&object.kind, self.config.facet(&object.kind));
        let Some(rule) = self.config.model(kind).and_then(|model| model.snapshot) else { return Ok(()) };
        if (rule.refuses)(&object.inputs).is_some() {
            let message = format!("snapshots of {} are not supported", object.name);
            return refuse(ErrorClass::Invalid, facet.snapshot_refused, message);
        }
        if self.snapshots.iter().any(|taken| taken.name == name && taken.kind == *kind) {
            let message = format!("a snapshot called {name} exists");
            return refuse(ErrorClass::AlreadyExists, facet.snapshot_exists, message);
        }
        Ok(())
    }
}
