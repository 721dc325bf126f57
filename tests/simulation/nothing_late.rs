//! Invariant: no call of a former lease holder is sent once the next one has begun.
//!
//! A holder has begun with its first call. What a former one sends after that may undo it, or make what nobody knows of.

use mate::model::ids::TenantKey;

use crate::findings::{Findings, Invariant};
use crate::ledger::Ledger;
use crate::world::Bug;

/// A controller sends a call about a tenant.
pub(crate) fn sends(findings: &Findings, ledger: &Ledger, (key, controller): (&TenantKey, &str), what: &str) {
    let begun = ledger.change(key, |page| {
        let (last, sent) = &mut page.last;
        if last == controller {
            *sent = true;
            return None;
        }
        sent.then(|| last.clone())
    });
    if let Some(last) = begun {
        findings.add(Invariant::NothingLate, format!("{key}: {controller} sends {what} after {last} has begun"));
    }
}

/// A provider that sends whatever it is given, whoever holds the lease.
#[derive(Debug)]
struct SendsLate;

impl Bug for SendsLate {
    fn sends_late(&self) -> bool {
        true
    }
}

#[test]
fn a_provider_that_sends_after_the_lease_is_caught() {
    crate::sweep::catches(SendsLate, Invariant::NothingLate);
}
