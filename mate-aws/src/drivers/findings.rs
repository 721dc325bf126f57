//! What the drivers' diagnoses have in common.

use mate_core::provider::{Diagnosis, ProviderError};

/// What could not be asked. A diagnosis goes on without it: what is known already is not lost for it.
pub(crate) fn unread(error: &ProviderError) -> Diagnosis {
    Diagnosis {
        concern: None,
        finding: format!("not everything could be asked: {error}"),
        advice: Some(error.advice().to_owned()),
        terminal: false,
    }
}
