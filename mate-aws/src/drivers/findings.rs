//! The common parts of the drivers' diagnoses.

use mate_core::provider::{Diagnosis, ProviderError};

/// The finding for a call that failed during a diagnosis. The diagnosis goes on without its answer and keeps its other
/// findings.
pub(crate) fn unread(error: &ProviderError) -> Diagnosis {
    Diagnosis {
        concern: None,
        finding: format!("not everything could be asked: {error}"),
        advice: Some(error.advice().to_owned()),
        terminal: false,
    }
}
