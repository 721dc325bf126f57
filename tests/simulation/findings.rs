//! The findings of the invariants.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The invariants of a simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Invariant {
    /// No live object without a journal entry.
    Journalled,
    /// Nobody touches another tenant.
    Apart,
    /// Protected data is never deleted.
    Protected,
    /// One writer a tenant.
    OneWriter,
    /// No call of a former lease holder is sent once the next one has begun.
    NothingLate,
    /// After healing the tenant is as it is wanted, and its next plan is empty.
    Healed,
    /// Every operation ends, and never with an error that is a bug.
    Sound,
}

/// A violation of an invariant.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    pub(crate) invariant: Invariant,
    pub(crate) what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.invariant, self.what)
    }
}

/// All findings of a schedule. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Findings(Arc<Mutex<Vec<Finding>>>);

impl Findings {
    pub(crate) fn add(&self, invariant: Invariant, what: impl Into<String>) {
        let what = what.into();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Finding { invariant, what });
    }

    pub(crate) fn all(&self) -> Vec<Finding> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
