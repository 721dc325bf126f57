//! A plan out of its steps: their order, what the record says otherwise, and the digest over all of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::request::{After, DiffRequest};
use super::step::{FieldChange, Shown, Step};
use super::{Plan, operations};
use crate::state::{Record, RecordPhase, RecordSummary};
use crate::vocab::{Goal, OnFailure, Operating, Release};

pub(super) fn assemble(request: DiffRequest<'_>, goal: Goal, steps: Vec<Step>) -> Plan {
    let keeps = matches!(goal, Goal::Apply | Goal::Adopt);
    let mut after = request.after;
    after.phase = match request.record {
        Some(record) if goal == Goal::Amend => Some(record.phase),
        _ => keeps.then_some(RecordPhase::Active),
    };
    let mut changes = request.record.map_or_else(Vec::new, |record| record_changes(record, &after, goal));
    let alone = changes.is_empty() && steps.iter().all(|step| !step.action.acts());
    if let Some(record) = request.record.filter(|_| alone && matches!(goal, Goal::Apply | Goal::Adopt)) {
        changes = words_alone(record, &after);
    }
    let order = operations::ordered(&steps).expect("both graphs have an order, and so has what follows from them");
    let mut slots: Vec<Option<Step>> = steps.into_iter().map(Some).collect();
    let steps = order.into_iter().filter_map(|index| slots[index].take()).collect();
    let mut plan = Plan {
        schema: Plan::SCHEMA,
        id: String::new(),
        key: request.key.clone(),
        goal,
        verb: None,
        on_failure: OnFailure::Stop,
        then: None,
        record_version: request.record.map_or(0, |record| record.version),
        lineage: request.record.map(|record| record.lineage.clone()),
        after,
        record_changes: changes,
        steps,
        notes: request.notes,
        deletions: request.deletions.clone(),
        repair: None,
        amendment: None,
    };
    plan.id = plan.digest();
    plan
}

/// Everything that the record says otherwise afterwards, apart from its nodes. Nothing is written where there is no such
/// change and no step: whatever is missing here would be written by a plan that says that there is nothing to do.
fn record_changes(record: &Record, after: &After, goal: Goal) -> Vec<FieldChange> {
    let mut changes = Changes(Vec::new());
    let phase = |phase: Option<RecordPhase>| match phase {
        Some(phase) => serde_json::to_value(phase).unwrap_or_default(),
        None => Value::String("removed".to_owned()),
    };
    changes.compare("phase", phase(Some(record.phase)), phase(after.phase));
    // An interrupted run ends with the next one that reaches its end, even where nothing is left to do.
    changes.compare("run", record.run.as_ref().map(|_| "interrupted").into(), Value::Null);
    changes.compare("then", record.then.as_ref().map(|then| then.change.verb().word()).into(), Value::Null);
    if matches!(goal, Goal::Apply | Goal::Adopt) {
        // No field is passed over: a new one does not compile until it is compared, or is named as one that is not.
        let After { phase: _, spec_digest: _, spec: _, operating, summary, deletion_protection, outputs: _ } = after;
        let RecordSummary { display_name, tier, url } = summary;
        let old = &record.summary;
        changes.compare("display_name", old.display_name.as_str().into(), display_name.as_str().into());
        changes.compare("tier", old.tier.as_str().into(), tier.as_str().into());
        changes.compare("url", old.url.as_str().into(), url.as_str().into());
        changes.operating(&record.operating, operating);
        changes.compare("deletion_protection", record.deletion_protection.into(), (*deletion_protection).into());
    }
    changes.0
}

/// The changes of the record where no object changes. They are shown only where there are no others, from which they would
/// follow.
fn words_alone(record: &Record, after: &After) -> Vec<FieldChange> {
    let mut changes = Changes(Vec::new());
    if record.spec != after.spec {
        let field = |spec: &Option<Value>, name: &str| spec.as_ref().and_then(|spec| spec.get(name)).cloned();
        let named = |spec: &Option<Value>| spec.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
        let names: BTreeSet<String> =
            named(&record.spec).into_iter().chain(named(&after.spec)).map(|(name, _)| name).collect();
        for name in names {
            let (old, new) = (field(&record.spec, &name), field(&after.spec, &name));
            changes.compare(&format!("spec.{name}"), old.unwrap_or_default(), new.unwrap_or_default());
        }
    }
    let outputs = record.outputs_of(&after.outputs);
    for name in record.outputs.keys().chain(outputs.keys()).collect::<BTreeSet<_>>() {
        let value = |outputs: &BTreeMap<String, String>| outputs.get(name).map_or(Value::Null, |value| json!(value));
        changes.compare(&format!("outputs.{name}"), value(&record.outputs), value(&outputs));
    }
    changes.0
}

struct Changes(Vec<FieldChange>);

impl Changes {
    fn compare(&mut self, path: &str, old: Value, new: Value) {
        if old != new {
            self.0.push(FieldChange { path: path.to_owned(), old: Shown::Value(old), new: Shown::Value(new) });
        }
    }

    /// Compares two values that are shown in short where that tells them apart, and in full where it does not.
    fn in_short<T: serde::Serialize>(&mut self, path: &str, (old, new): (&T, &T), short: impl Fn(&T) -> Value) {
        let (shown, wanted) = (short(old), short(new));
        if shown == wanted { self.compare(path, json!(old), json!(new)) } else { self.compare(path, shown, wanted) }
    }

    fn operating(&mut self, old: &Operating, new: &Operating) {
        self.in_short("operating", (&old.mode, &new.mode), |mode| mode.word().into());
        // A migration runs once: the record does not keep it.
        let kept = |release: &Option<Release>| release.clone().map(|release| Release { migration: None, ..release });
        let number = |release: &Option<Release>| release.as_ref().map_or(Value::Null, |release| release.number.into());
        self.in_short("release", (&old.release, &kept(&new.release)), number);
        // Every other field, in full: none can be passed over.
        let (old, new) = (json!(old), json!(new));
        let fields: BTreeSet<&String> =
            [&old, &new].into_iter().filter_map(Value::as_object).flat_map(Map::keys).collect();
        for field in fields.into_iter().filter(|field| !matches!(field.as_str(), "mode" | "release")) {
            let shown = |of: &Value| of.get(field).map_or(Shown::Absent, |value| Shown::Value(value.clone()));
            if old.get(field) != new.get(field) {
                self.0.push(FieldChange { path: field.clone(), old: shown(&old), new: shown(&new) });
            }
        }
    }
}
