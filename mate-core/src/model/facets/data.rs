//! The data of an object: the snapshot that it leaves when it is deleted, and the credentials that it takes from a secret.

use serde_json::Value;

/// The final snapshot of a kind.
#[derive(Debug, Clone, Copy)]
pub struct SnapshotRule {
    /// True if a snapshot is taken unless the caller says otherwise; false if only one that the caller names is taken.
    pub usual: bool,
    /// The input that names the snapshot from which a new object is filled; none where an object cannot be made from one.
    pub filled_from: Option<&'static str>,
    /// The reason why no snapshot can be taken of an object with these inputs, with the way round.
    pub refuses: fn(&Value) -> Option<&'static str>,
}

impl SnapshotRule {
    /// A snapshot that is taken unless the caller says otherwise.
    #[must_use]
    pub const fn usual() -> Self {
        Self { usual: true, filled_from: None, refuses: |_| None }
    }

    /// A snapshot that is taken where the caller names one.
    #[must_use]
    pub const fn on_request() -> Self {
        Self { usual: false, ..Self::usual() }
    }

    /// The input from which a new object is filled.
    #[must_use]
    pub const fn filled_from(mut self, input: &'static str) -> Self {
        self.filled_from = Some(input);
        self
    }

    /// Refuses a snapshot for some inputs.
    #[must_use]
    pub const fn refused(mut self, refuses: fn(&Value) -> Option<&'static str>) -> Self {
        self.refuses = refuses;
        self
    }
}

/// The inputs by which an object takes credentials from a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CredentialRule {
    /// The input with the ARN of the secret.
    pub secret: &'static str,
    /// The input that says which value it is.
    pub version: &'static str,
    /// The input that says that the value is the only one; none where there is never another.
    pub only: Option<&'static str>,
}
