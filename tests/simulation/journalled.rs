//! Invariant: no live object without a journal entry.
//!
//! The durable journal names every creation, change and deletion as begun before the call, a creation with its token.
//! Each live object is in its tenant's record, at every moment between two rounds.

use mate::Record;
use mate::model::ids::TenantKey;
use mate::provider::{CreateRequest, Status, Target};
use mate::sim::SimObject;
use mate::state::{NodeState, Transition};
use mate::vocab::Verb;

use crate::findings::{Findings, Invariant};
use crate::ledger::Ledger;
use crate::world::{Bug, World};

/// A creation is about to be called.
pub(crate) fn creates(findings: &Findings, ledger: &Ledger, tenant: &TenantKey, request: &CreateRequest) {
    let announced = ledger.record(tenant).is_some_and(|record| {
        record.run.as_ref().is_some_and(|run| {
            run.journal().iter().any(|entry| {
                let this = entry.op.node == request.target.address.node
                    && entry.op.name == request.target.name
                    && entry.op.verb == Verb::Create;
                this && matches!(&entry.what, Transition::Begun { token, .. } if *token == request.token)
            })
        })
    });
    if !announced {
        let target = &request.target;
        findings.add(Invariant::Journalled, format!("{} {} is made unannounced", target.kind, target.address));
    }
}

/// An update or a deletion is about to be called.
pub(crate) fn changes(findings: &Findings, ledger: &Ledger, tenant: &TenantKey, target: &Target) {
    let announced = ledger.record(tenant).is_some_and(|record| {
        record.run.as_ref().is_some_and(|run| {
            run.standing().iter().any(|(op, state)| {
                op.node == target.address.node && op.name == target.name && op.verb != Verb::Create && state.is_open()
            })
        })
    });
    if !announced {
        findings.add(Invariant::Journalled, format!("{} {} is changed unannounced", target.kind, target.address));
    }
}

/// Returns true if the record knows of this object.
fn knows(record: &Record, object: &SimObject) -> bool {
    let Some(node) = object.address.as_ref().and_then(|address| record.nodes.get(&address.node)) else { return false };
    let same = node.kind == object.kind
        && (node.physical_id.as_ref().is_none_or(|id| *id == object.physical_id) || node.name == object.name);
    same || node.retired.iter().any(|old| old.kind == object.kind && old.name == object.name)
}

/// Every live object is known of. Between rounds nothing is in flight.
pub(crate) fn check(world: &World) {
    for object in world.cloud.objects() {
        let Some(address) = object.address.clone().filter(|_| object.status != Status::Deleting) else { continue };
        let key = TenantKey::new(address.environment.clone(), address.tenant.clone());
        let known = world.ledger.record(&key).is_some_and(|record| knows(&record, &object));
        let late = world.late.lock().is_ok_and(|late| late.contains(&(object.kind.clone(), address.clone())));
        if !known && !late {
            let what = format!("{} {} of {address} stands in no record", object.kind, object.physical_id);
            world.findings.add(Invariant::Journalled, what);
        }
    }
}

/// The intent of a creation is not written before its call.
#[derive(Debug)]
struct ForgetsIntents;

impl Bug for ForgetsIntents {
    fn puts(&self, record: &mut Record) {
        record.nodes.retain(|_, node| node.state != NodeState::Creating || node.physical_id.is_some());
        let Some(run) = &mut record.run else { return };
        let mut document = serde_json::to_value(&*run).expect("a run has a JSON form");
        if let Some(journal) = document["journal"].as_array_mut() {
            journal.retain(|entry| entry["verb"] != "create");
        }
        *run = serde_json::from_value(document).expect("it is a run still");
    }
}

#[test]
fn a_run_that_does_not_write_its_intents_is_caught() {
    crate::sweep::catches(ForgetsIntents, Invariant::Journalled);
}
