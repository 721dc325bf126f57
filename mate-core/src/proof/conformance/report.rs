//! The report of a run of the suite.

use std::collections::BTreeMap;
use std::fmt;

use crate::model::ids::{KindName, NodeId};

/// One promise of a provider that the suite checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Check {
    /// An object that was never made is observed as absent.
    AbsentBefore,
    /// When the cloud cannot be reached, observe answers unknown and never absent.
    UnknownIsNotAbsent,
    /// Create is accepted.
    Create,
    /// The created object becomes ready.
    BecomesReady,
    /// Inputs are told as they were given.
    InputsReadBack,
    /// The object carries the tags that it was given, ownership tags among them.
    CarriesTags,
    /// Every output that the kind declares is there once the object is ready.
    HasOutputs,
    /// The same token twice makes one object.
    SameTokenMakesOne,
    /// Without a physical id the object is found all the same.
    FoundByName,
    /// A batch is answered as single requests are, in the order of the requests.
    BatchAsSingle,
    /// A changed field is told after an update, and the others as before.
    UpdateIsVisible,
    /// Outputs that an update revises have new values.
    OutputsRevised,
    /// An update that is repeated changes nothing.
    UpdateIsRepeatable,
    /// An update of tags changes the tags.
    TagsAreUpdated,
    /// An object that belongs to somebody else is observed as foreign.
    ForeignIsTold,
    /// Create refuses what belongs to somebody else, and does not touch it.
    ForeignIsNotAdopted,
    /// Delete refuses what belongs to somebody else, and does not touch it.
    ForeignIsNotDeleted,
    /// Discover lists every object that carries our tags.
    Discovered,
    /// A search of the whole environment finds what a search of the tenant finds.
    EnvironmentIsSearched,
    /// An object that carries nobody's ownership tags is foreign as one that must be ours, and present as one that is
    /// adopted or only read.
    ClaimIsHonoured,
    /// An object that carries nobody's ownership tags is ours once it was adopted.
    IsAdopted,
    /// Tags that are taken off are gone, and all others stay.
    UntagIsExact,
    /// Create, update and delete of what is only read are refused, and change nothing.
    ReadOnlyIsNotWritten,
    /// Delete is accepted, and the object is absent in the end.
    Deleted,
    /// Delete of what is absent answers that it is gone.
    DeleteOfAbsent,
    /// In the end nothing is left.
    NothingLeft,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A promise that was not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// The node; none for what is about all of them.
    pub node: Option<NodeId>,
    /// Its kind.
    pub kind: Option<KindName>,
    /// The check.
    pub check: Check,
    /// The promise.
    pub promised: String,
    /// The observation.
    pub seen: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let node = self.node.as_ref().map_or("all nodes", NodeId::as_str);
        let kind = self.kind.as_ref().map_or("every kind", KindName::as_str);
        write!(f, "{} of {node} ({kind}): promised {}; seen {}", self.check, self.promised, self.seen)
    }
}

/// A gap of a provider, or of the emulator behind it, that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exemption {
    /// The kind; none for every kind.
    pub kind: Option<KindName>,
    /// The check.
    pub check: Check,
    /// The reason.
    pub reason: String,
}

impl Exemption {
    /// The gap of one kind.
    #[must_use]
    pub fn new(kind: KindName, check: Check, reason: impl Into<String>) -> Self {
        Self { kind: Some(kind), check, reason: reason.into() }
    }

    fn covers(&self, failure: &Failure) -> bool {
        self.check == failure.check && (self.kind.is_none() || self.kind == failure.kind)
    }
}

/// The report of a run of the suite: all failures, not only the first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The number of times that each check was kept.
    pub passed: BTreeMap<Check, usize>,
    /// The promises that were not kept, and are not exempt.
    pub failures: Vec<Failure>,
    /// The promises that were not kept, and are exempt.
    pub exempted: Vec<Failure>,
    /// Exemptions that nothing needed: to be taken out.
    pub stale: Vec<Exemption>,
    /// Nodes that could not be checked, because what they refer to was not made.
    pub skipped: Vec<NodeId>,
}

impl Report {
    pub(super) fn exempt(&mut self, exemptions: &[Exemption]) {
        let failures = std::mem::take(&mut self.failures);
        let covered = |failure: &Failure| exemptions.iter().any(|exemption| exemption.covers(failure));
        (self.exempted, self.failures) = failures.into_iter().partition(covered);
        let needed = |exemption: &Exemption| self.exempted.iter().any(|failure| exemption.covers(failure));
        self.stale = exemptions.iter().filter(|exemption| !needed(exemption)).cloned().collect();
    }

    /// The number of checks that were kept.
    #[must_use]
    pub fn passed_count(&self) -> usize {
        self.passed.values().sum()
    }

    /// Returns true if every promise was kept or is exempt, and every exemption is needed.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.failures.is_empty() && self.stale.is_empty()
    }

    /// Returns true if this check failed for any node.
    #[must_use]
    pub fn names(&self, check: Check) -> bool {
        self.failures.iter().any(|failure| failure.check == check)
    }

    /// Panics with the whole report unless it [is ok](Self::is_ok).
    ///
    /// # Panics
    /// When a promise was not kept or an exemption is stale.
    pub fn assert_ok(&self) {
        assert!(self.is_ok(), "{self}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} checks kept, {} not kept, {} exempt, {} exemptions stale, {} nodes skipped",
            self.passed_count(),
            self.failures.len(),
            self.exempted.len(),
            self.stale.len(),
            self.skipped.len()
        )?;
        for failure in &self.failures {
            writeln!(f, "  not kept: {failure}")?;
        }
        for failure in &self.exempted {
            writeln!(f, "  exempt: {failure}")?;
        }
        for exemption in &self.stale {
            let kind = exemption.kind.as_ref().map_or("every kind", KindName::as_str);
            writeln!(f, "  stale exemption: {} of {kind} ({})", exemption.check, exemption.reason)?;
        }
        for node in &self.skipped {
            writeln!(f, "  skipped: {node}")?;
        }
        Ok(())
    }
}
