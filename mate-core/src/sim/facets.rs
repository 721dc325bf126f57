//! The facets of the kinds, as the simulated cloud reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use super::config::Config;
use super::object::Object;
use super::rules::Refusal;
use super::state::State;
use crate::model::ids::KindName;
use crate::model::{
    KindModel, Kinds, Link, Mechanism, Naming, Outputs, Refused, RefusedFor, SimFacet, SimView, SimWorld,
};
use crate::provider::{ErrorClass, Status};

/// The behaviour of a kind that says nothing of it.
static GENERIC: SimFacet = SimFacet { physical_id: generic_id, ..SimFacet::PLAIN };

fn generic_id(n: &Naming<'_>) -> String {
    format!("{}-{}", n.kind.as_str().rsplit(':').next().unwrap_or_default().to_ascii_lowercase(), n.hex("id", 17))
}

/// The outputs of a kind that does not say how they are made: those that its model declares, or `id`, `arn` and `name`.
pub(super) fn generic_outputs(n: &Naming<'_>, model: Option<&KindModel>) -> Outputs {
    let (service, noun) = n.kind.as_str().split_once(':').unwrap_or_default();
    let declared = model.map_or(&["id", "arn", "name"][..], |model| model.outputs);
    let arn = || match model.and_then(|model| model.arn) {
        Some(form) => form.arn(n.region(), n.account(), n.name()),
        None => n.arn(service, &format!("{}/{}", noun.to_ascii_lowercase(), n.name())),
    };
    let value = |output: &str| match output {
        "arn" => json!(arn()),
        "name" => json!(n.name()),
        "id" => json!(generic_id(n)),
        other if !n.inputs()[other].is_null() => n.inputs()[other].clone(),
        other => json!(format!("{}-{}-{}", n.name(), other.replace('_', "-"), n.hex(other, 8))),
    };
    declared.iter().map(|output| ((*output).to_owned(), value(output))).collect()
}

impl Config {
    /// The behaviour of a kind.
    pub(super) fn facet(&self, kind: &KindName) -> &'static SimFacet {
        self.model(kind).and_then(|model| model.sim).unwrap_or(&GENERIC)
    }

    /// The links of a kind.
    pub(super) fn links(&self, kind: &KindName) -> &'static [Link] {
        self.model(kind).map_or(&[], |model| model.links)
    }

    pub(super) fn is(&self, kind: &KindName, mechanism: Mechanism) -> bool {
        self.facet(kind).mechanism == mechanism
    }

    /// The input that names the snapshot from which an object is filled.
    pub(super) fn filled_from(&self, kind: &KindName) -> Option<&'static str> {
        self.model(kind)?.snapshot?.filled_from
    }
}

/// By the kind of the target: the outputs that links refer to.
pub(super) type Linked = BTreeMap<&'static str, BTreeSet<&'static str>>;

pub(super) fn linked(kinds: &Kinds) -> Linked {
    let mut linked = Linked::new();
    for link in kinds.iter().flat_map(|model| model.links) {
        linked.entry(link.target).or_default().insert(link.output);
    }
    linked
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        let class = match refused.class {
            RefusedFor::Invalid => ErrorClass::Invalid,
            RefusedFor::Dependency => ErrorClass::Dependency,
            RefusedFor::AlreadyExists => ErrorClass::AlreadyExists,
        };
        Self { class, code: refused.code.to_owned(), message: refused.message }
    }
}

/// The cloud at a time, for the rules of the kinds.
pub(super) struct At<'a> {
    pub(super) state: &'a State,
    pub(super) now: Duration,
}

/// An object as the rules of the kinds see it.
pub(super) fn view(object: &Object) -> SimView<'_> {
    let texts = [object.kind.as_str(), object.name.as_str(), object.physical_id.as_str()];
    SimView::new(object.uid, texts, (&object.inputs, &object.outputs), object.gone_at.is_some())
}

impl SimWorld for At<'_> {
    fn by_key(&self, kind: &str, key: &str) -> Option<SimView<'_>> {
        self.state.by_key(kind, key).map(view)
    }

    fn find<'a>(&'a self, kind: &str, test: &mut dyn FnMut(&SimView<'a>) -> bool) -> Option<SimView<'a>> {
        self.state.of_kind(kind).map(view).find(|object| test(object))
    }

    fn holders(&self, uid: u64) -> Vec<SimView<'_>> {
        let object = self.state.objects.get(&uid);
        object.map(|object| self.state.holders(object)).unwrap_or_default().into_iter().map(view).collect()
    }

    fn is_ready(&self, uid: u64) -> bool {
        self.state.objects.get(&uid).is_some_and(|object| self.state.status(object, self.now) == Status::Ready)
    }

    fn find_stopped<'a>(&'a self, test: &mut dyn FnMut(&SimView<'a>) -> bool) -> Option<SimView<'a>> {
        self.state.stopped().filter_map(|uid| self.state.objects.get(&uid)).map(view).find(|object| test(object))
    }
}

impl State {
    /// The reason why an object does not become ready, if there is one: a mount target, secret or log group is missing.
    pub(super) fn held_up(&self, object: &Object, now: Duration) -> Option<String> {
        if self.is_run_once(object) { None } else { self.trouble(object, now) }
    }

    /// The reason why a run fails, or an object does not become ready.
    pub(super) fn trouble(&self, object: &Object, now: Duration) -> Option<String> {
        (self.config.facet(&object.kind).trouble)(&view(object), &At { state: self, now })
    }

    /// True if something was put into it.
    pub(super) fn is_filled(&self, object: &Object) -> bool {
        self.filled.contains_key(&(object.kind.to_string(), object.name.clone()))
    }

    /// The ARN of an object.
    pub(super) fn arn(&self, object: &Object) -> String {
        if let Some(arn) = object.outputs.get("arn").and_then(Value::as_str) {
            return arn.to_owned();
        }
        let (region, account, id) = (&object.region, &self.config.account, &object.physical_id);
        if let Some(form) = self.config.model(&object.kind).and_then(|model| model.arn) {
            return form.arn(region, account, id);
        }
        let service = object.kind.as_str().split(':').next().unwrap_or_default();
        format!("arn:aws:{service}:{region}:{account}:{id}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Seed;

    #[test]
    fn every_standard_kind_says_how_it_behaves() {
        let kinds = Kinds::standard();
        let missing: Vec<_> = kinds.iter().filter(|model| model.sim.is_none()).map(|model| &model.name).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn an_unknown_kind_has_id_arn_and_name() {
        let (kind, inputs) = (KindName::new("sqs:Queue").unwrap(), json!({}));
        let n = Naming::new(Seed(1), ("us-east-1", "123456789012"), &kind, "jobs", &inputs);
        let outputs = generic_outputs(&n, None);
        assert_eq!(outputs["arn"], "arn:aws:sqs:us-east-1:123456789012:queue/jobs");
        assert_eq!(outputs.keys().collect::<Vec<_>>(), ["arn", "id", "name"]);
    }
}
