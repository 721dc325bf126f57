//! The status of an object of a simulated cloud at a time, and the view of it that a test has.

use std::time::Duration;

use serde_json::Value;

use super::Selector;
use super::config::Config;
use super::object::{Object, SimObject};
use super::runs;
use super::state::State;
use crate::model::ids::Address;
use crate::model::{Mechanism, Ownership};
use crate::provider::Status;

impl State {
    pub(super) fn owner(object: &Object) -> Option<Address> {
        Ownership::from_tags(&object.tags).or_else(|| object.maker.clone())
    }

    /// The status of an object at `now`.
    pub(super) fn status(&self, object: &Object, now: Duration) -> Status {
        if object.gone_at.is_some() {
            return Status::Deleting;
        }
        match &object.ended {
            Some(Ok(())) => return Status::Ready,
            Some(Err(reason)) => return Status::Failed(reason.clone()),
            None => {}
        }
        let words = self.config.facet(&object.kind).words;
        let word = if object.ready_at == object.made_at { words.0 } else { words.1 };
        let is_service = self.config.is(&object.kind, Mechanism::Service);
        let word = if is_service { tasks(object, word, now) } else { word.to_owned() };
        if object.stuck || now < object.ready_at {
            return Status::Pending(word);
        }
        if let Some(reason) = self.injected(object) {
            return Status::Failed(reason.to_owned());
        }
        match self.held_up(object, now) {
            Some(reason) => Status::Pending(reason),
            None => Status::Ready,
        }
    }

    /// The reason that a test injected.
    pub(super) fn injected(&self, object: &Object) -> Option<&str> {
        let owner = Self::owner(object);
        let strikes = |selector: &Selector| selector.matches(&object.kind, owner.as_ref().map(|owner| &owner.node));
        let injected = self.failures.iter().find(|(selector, _)| strikes(selector)).map(|(_, reason)| reason.as_str());
        injected.or_else(|| self.broken(object))
    }

    /// The reason why the image that a service runs does not start.
    fn broken(&self, object: &Object) -> Option<&str> {
        if self.broken_images.is_empty() || object.inputs["desired_count"] == 0 {
            return None;
        }
        let images = self.revisions.get(object.inputs["task_definition"].as_str()?)?;
        let is_broken = |part: &str| images.iter().any(|image| image.contains(part));
        self.broken_images.iter().find(|(part, _)| is_broken(part)).map(|(_, reason)| reason.as_str())
    }

    /// The object as a test sees it.
    pub(super) fn view(&self, object: &Object, now: Duration) -> SimObject {
        SimObject {
            kind: object.kind.clone(),
            name: object.name.clone(),
            physical_id: object.physical_id.clone(),
            address: Self::owner(object),
            inputs: object.inputs.clone(),
            outputs: visible_outputs(&self.config, object, now),
            tags: object.tags.clone(),
            status: self.status(object, now),
            created_at: object.created_at,
            ready_at: object.ready_at,
        }
    }
}

/// The outputs that exist at `now`.
pub(super) fn visible_outputs(config: &Config, object: &Object, now: Duration) -> crate::model::Outputs {
    let late = config.facet(&object.kind).late;
    let made = now >= object.made_at && !object.stuck;
    let outputs = object.outputs.iter().filter(|(name, _)| made || !late.contains(&name.as_str()));
    let mut outputs: crate::model::Outputs = outputs.map(|(name, value)| (name.clone(), value.clone())).collect();
    if let (Some(Err(reason)), Some(told)) = (&object.ended, outputs.get_mut("exit_code")) {
        *told = runs::exit_code(reason).map_or(Value::Null, Value::from);
    }
    outputs
}

fn tasks(object: &Object, word: &str, now: Duration) -> String {
    let desired = object.inputs["desired_count"].as_u64().unwrap_or(0);
    let (from, to) = if object.ready_at == object.made_at {
        (object.created_at, object.made_at)
    } else {
        (object.before.as_ref().map_or(object.created_at, |before| before.0), object.ready_at)
    };
    let share = if object.stuck || to <= from {
        0.0
    } else {
        (now.saturating_sub(from).as_secs_f64() / (to - from).as_secs_f64()).min(1.0)
    };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    let done = (desired as f64 * share) as u64;
    format!("{done} of {desired} {word}")
}
