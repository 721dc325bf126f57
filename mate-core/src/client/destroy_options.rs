//! The options of the destruction of a tenant or a platform.

use crate::vocab::Consents;

/// The options of the destruction of a tenant or a platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestroyOptions {
    pub(super) final_snapshot: bool,
    pub(super) empty: bool,
    pub(super) consents: Consents,
}

impl Default for DestroyOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl DestroyOptions {
    /// A final snapshot of the database is taken, a bucket that holds objects is refused, and nothing is consented to.
    #[must_use]
    pub fn new() -> Self {
        Self { final_snapshot: true, empty: false, consents: Consents::none() }
    }

    /// Takes no final snapshot: the database is lost. Its step then needs consent to data loss.
    #[must_use]
    pub fn without_final_snapshot(mut self) -> Self {
        self.final_snapshot = false;
        self
    }

    /// Empties buckets, every version of every object, and repositories, every image. Their steps then need consent to
    /// data loss.
    #[must_use]
    pub fn empty_bucket(mut self) -> Self {
        self.empty = true;
        self
    }

    /// Consents to these steps; [`crate::plan::Plan::risky_steps`] of [`super::Tenant::plan_destroy`] lists what needs it.
    #[must_use]
    pub fn consent(mut self, consents: Consents) -> Self {
        self.consents = consents;
        self
    }
}
