//! The plan: the changes that will be made to a tenant, their reasons, and their risks. Pure, synchronous, deterministic.
//!
//! [`diff()`] compares the desired graph with the observed state and with the record. The plan that comes out is
//! immutable and complete: carrying it out decides nothing that it does not say.

mod amend;
mod assemble;
mod checks;
mod compare;
mod consent;
mod deletion;
mod diff;
mod differ;
mod error;
pub(crate) mod escape;
mod finish;
pub(crate) mod former;
mod holding;
mod json;
mod judge;
mod lost;
mod mermaid;
mod once;
mod operations;
mod removal;
mod repair;
mod request;
mod resting;
mod scope;
mod step;
mod targets;
mod text;
mod want;

#[cfg(test)]
mod tests;

pub use amend::{AmendError, amend};
pub use consent::MissingConsent;
pub use diff::diff;
pub use error::{ImpossibleChange, NodeProblem, PlanError};
pub use holding::{AdoptRequest, Found, NodeDifferences, adoption, differences, disown, since_applied};
pub use json::PlanJsonError;
pub(crate) use once::is_over;
pub use operations::Op;
pub use repair::repair;
pub use request::{After, DiffRequest, Observed, Purpose, Snapshot};
pub use step::{Action, FieldChange, OldObject, Risk, Shown, Step, UpdateOrder};
pub use targets::observe_targets;
pub(crate) use targets::targets_among;
pub use text::TextStyle;

use crate::lifecycle::Change;
use crate::vocab::{Amendment, Deletions, Goal, OnFailure, RepairSelection, TenantVerb};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::ids::TenantKey;

/// The changes that will be made to a tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The form of this plan, [`Plan::SCHEMA`].
    pub schema: u32,
    /// SHA-256 of the plan's contents, hex.
    pub id: String,
    /// The tenant.
    pub key: TenantKey,
    /// The goal.
    pub goal: Goal,
    /// The verb that it carries out, where it is another than the goal says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verb: Option<TenantVerb>,
    /// The way on where a step of it fails.
    #[serde(default, skip_serializing_if = "OnFailure::is_stop")]
    pub on_failure: OnFailure,
    /// The change that follows once it is carried out. It is planned then, from the record as it is by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<Change>,
    /// The version of the record that it was made from; 0 when there was none.
    pub record_version: u64,
    /// The lineage of that record.
    pub lineage: Option<String>,
    /// The record afterwards.
    pub after: After,
    /// The differences between the present record and the one afterwards, apart from its nodes.
    pub record_changes: Vec<FieldChange>,
    /// The steps, in an order in which they can be done.
    pub steps: Vec<Step>,
    /// Remarks for the reader.
    pub notes: Vec<String>,
    /// The options for deleted data, as the caller gave them: a resumed run keeps to them.
    #[serde(default, skip_serializing_if = "Deletions::is_default")]
    pub deletions: Deletions,
    /// The selection that it is bounded to, where it repairs a part of the differences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<RepairSelection>,
    /// The nodes that get other ids or go out of the record, where it amends the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amendment: Option<Amendment>,
}

/// The number of steps of each sort in a plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// To create.
    pub create: usize,
    /// To update in place, with or without a restart or downtime.
    pub update: usize,
    /// To replace.
    pub replace: usize,
    /// To delete.
    pub delete: usize,
    /// To take into the record as they are.
    pub adopt: usize,
    /// To take over.
    pub take_over: usize,
    /// To give another id.
    #[serde(default)]
    pub rename: usize,
    /// To disown.
    #[serde(alias = "release")]
    pub disown: usize,
    /// To drop from the record, because they are gone.
    pub forget: usize,
    /// To leave as they are, though they differ.
    #[serde(default)]
    pub left: usize,
    /// As they should be.
    pub unchanged: usize,
}

impl Plan {
    /// The form that this version writes.
    pub const SCHEMA: u32 = 2;

    /// Returns true if there is nothing to do: no step does anything, and the record is as it should be.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.record_changes.is_empty() && self.steps.iter().all(|step| !step.action.acts())
    }

    /// The digest of the plan's contents, which is its id.
    #[must_use]
    pub fn digest(&self) -> String {
        json::digest(self)
    }

    /// The same plan as that of this verb, which the log then tells.
    #[must_use]
    pub(crate) fn of_verb(mut self, verb: TenantVerb) -> Self {
        self.verb = Some(verb);
        self.id = self.digest();
        self
    }

    /// The same plan with this way on where a step fails, and with what follows it.
    #[must_use]
    pub(crate) fn going_on(mut self, on_failure: OnFailure, then: Option<Change>) -> Self {
        (self.on_failure, self.then) = (on_failure, then);
        self.id = self.digest();
        self
    }

    /// The steps that need consent.
    pub fn risky_steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.needs_consent())
    }

    /// The number of steps of each sort.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for step in &self.steps {
            *match step.action {
                Action::Create => &mut counts.create,
                Action::Update | Action::UpdateWithRestart | Action::UpdateWithDowntime => &mut counts.update,
                Action::Replace { .. } => &mut counts.replace,
                Action::Delete | Action::Rest | Action::DeleteLeftover => &mut counts.delete,
                Action::Adopt => &mut counts.adopt,
                Action::TakeOver => &mut counts.take_over,
                Action::Rename => &mut counts.rename,
                Action::Disown | Action::DisownLeftover => &mut counts.disown,
                Action::Forget | Action::ForgetResting => &mut counts.forget,
                Action::Leave => &mut counts.left,
                Action::NoChange => &mut counts.unchanged,
            } += 1;
        }
        counts
    }

    /// The expected duration with nothing in the way: the longest chain of operations that wait for one another.
    #[must_use]
    pub fn expected(&self) -> Duration {
        operations::critical_path(&self.operations())
    }

    /// The steps that take something down and can wait for maintenance: [`crate::client::Tenant::defer`] leaves them until then.
    pub fn can_wait(&self) -> impl Iterator<Item = &Step> {
        let asked = [TenantVerb::Update, TenantVerb::Scale, TenantVerb::ChangeTier];
        let can = self.goal == Goal::Apply && self.verb.is_none_or(|verb| asked.contains(&verb));
        let waits = move |step: &&Step| can && matches!(step.risk, Risk::Downtime(_)) && step.old.is_some();
        self.steps.iter().filter(waits).filter(|step| step.action.acts() && !step.action.deletes())
    }

    /// One line: `Plan: 43 to create, 1 to update; about 12 min`.
    #[must_use]
    pub fn headline(&self) -> String {
        text::headline(self)
    }
}
