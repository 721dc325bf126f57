//! The calls that a simulated cloud received.

use std::time::Duration;

use super::faults::{Fault, Method};
use crate::model::ids::{Address, KindName};
use crate::provider::ErrorClass;

/// One call as it was logged. It holds no inputs and no values.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// The method.
    pub method: Method,
    /// The kind; none for a batch of more than one, for `discover` and for `quotas`.
    pub kind: Option<KindName>,
    /// The object; none for a batch of more than one, for `discover` and for `quotas`.
    pub address: Option<Address>,
    /// The number of objects, or quotas, that it was about.
    pub targets: usize,
    /// The virtual time at which it ended.
    pub at: Duration,
    /// The fault that it met.
    pub fault: Option<Fault>,
    /// The outcome.
    pub outcome: Outcome,
}

/// The outcome of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// With an answer.
    Ok,
    /// With an error.
    Error {
        /// Its class.
        class: ErrorClass,
        /// AWS's code.
        code: Option<String>,
    },
    /// Without one: the process that asked was killed.
    Killed,
}

impl Outcome {
    pub(super) fn of<T>(result: &Result<T, crate::provider::ProviderError>) -> Self {
        match result {
            Ok(_) => Self::Ok,
            Err(error) => Self::Error { class: error.class, code: error.code.clone() },
        }
    }
}
