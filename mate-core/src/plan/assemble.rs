//! A plan out of its steps: their order, what the record says otherwise, and the digest over all of it.

use serde_json::Value;

use super::request::{After, DiffRequest};
use super::step::{FieldChange, Shown, Step};
use super::{Plan, operations};
use crate::state::{Phase, Record};
use crate::vocab::Goal;

pub(super) fn assemble(request: DiffRequest<'_>, goal: Goal, steps: Vec<Step>) -> Plan {
    let keeps = matches!(goal, Goal::Apply | Goal::Adopt);
    let mut after = request.after;
    after.phase = match request.record {
        Some(record) if goal == Goal::Amend => Some(record.phase),
        _ => keeps.then_some(Phase::Active),
    };
    let record_changes = request.record.map_or_else(Vec::new, |record| record_changes(record, &after, goal));
    let order = operations::ordered(&steps).expect("both graphs have an order, and so has what follows from them");
    let mut slots: Vec<Option<Step>> = steps.into_iter().map(Some).collect();
    let steps = order.into_iter().filter_map(|index| slots[index].take()).collect();
    let mut plan = Plan {
        schema: Plan::SCHEMA,
        id: String::new(),
        key: request.key.clone(),
        goal,
        verb: None,
        record_version: request.record.map_or(0, |record| record.version),
        lineage: request.record.map(|record| record.lineage.clone()),
        after,
        record_changes,
        steps,
        notes: request.notes,
        deletions: request.deletions.clone(),
        repair: None,
        amendment: None,
    };
    plan.id = plan.digest();
    plan
}

fn json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).expect("a map by text has a JSON form")
}

fn record_changes(record: &Record, after: &After, goal: Goal) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    let mut compare = |path: &str, old: Value, new: Value| {
        if old != new {
            changes.push(FieldChange { path: path.to_owned(), old: Shown::Value(old), new: Shown::Value(new) });
        }
    };
    let phase = |phase: Option<Phase>| match phase {
        Some(phase) => serde_json::to_value(phase).unwrap_or_default(),
        None => Value::String("removed".to_owned()),
    };
    compare("phase", phase(Some(record.phase)), phase(after.phase));
    // An interrupted run ends with the next one that reaches its end, even where nothing is left to do.
    compare("run", record.run.as_ref().map(|_| "interrupted").into(), Value::Null);
    if matches!(goal, Goal::Apply | Goal::Adopt) {
        let (old, new) = (&record.summary, &after.summary);
        compare("display_name", old.display_name.clone().into(), new.display_name.clone().into());
        compare("tier", old.tier.clone().into(), new.tier.clone().into());
        compare("url", old.url.clone().into(), new.url.clone().into());
        compare("operating", record.operating.mode.word().into(), after.operating.mode.word().into());
        let release = |operating: &crate::vocab::Operating| {
            operating.release.as_ref().map_or(Value::Null, |release| release.number.into())
        };
        compare("release", release(&record.operating), release(&after.operating));
        compare("restarts", json(&record.operating.restarts), json(&after.operating.restarts));
        compare("secrets", json(&record.operating.secrets), json(&after.operating.secrets));
        compare("both_tokens", record.operating.both_tokens.into(), after.operating.both_tokens.into());
        compare("deletion_protection", record.deletion_protection.into(), after.deletion_protection.into());
    }
    changes
}
