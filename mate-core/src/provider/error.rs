//! The error of a provider, on two axes: its class and its retry status.

use std::fmt;

use super::Created;
use crate::model::ids::Address;

/// The class of a failure. It is decided once, by the cloud's error code, never by its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ErrorClass {
    /// Too many calls.
    Throttled,
    /// The cloud or the way to it failed for the moment, and the call took no effect.
    Transient,
    /// It is not known whether the call took effect: the answer was lost.
    Ambiguous,
    /// Something that was just made cannot be seen yet.
    EventualConsistency,
    /// Something else is being done to the object at this moment.
    Conflict,
    /// Something still uses the object, or something that it needs is missing.
    Dependency,
    /// AWS has no capacity of this sort at the moment.
    Capacity,
    /// A limit of the account is reached.
    Quota,
    /// The credentials do not allow it, or are not valid.
    Denied,
    /// AWS refuses the inputs.
    Invalid,
    /// It is not there.
    NotFound,
    /// Something that is not ours has the name.
    AlreadyExists,
    /// The provider does not do this.
    Unsupported,
    /// A fault of this library or an answer that cannot be.
    Bug,
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Throttled => "throttled",
            Self::Transient => "transient",
            Self::Ambiguous => "ambiguous",
            Self::EventualConsistency => "eventual consistency",
            Self::Conflict => "conflict",
            Self::Dependency => "dependency",
            Self::Capacity => "capacity",
            Self::Quota => "quota",
            Self::Denied => "denied",
            Self::Invalid => "invalid",
            Self::NotFound => "not found",
            Self::AlreadyExists => "already exists",
            Self::Unsupported => "unsupported",
            Self::Bug => "bug",
        })
    }
}

/// The prospect that a repetition of the same call succeeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryStatus {
    /// A retry soon may succeed.
    Temporary,
    /// The failure was temporary, and persisted through all attempts.
    Persistent,
    /// A retry changes nothing.
    Permanent,
}

impl ErrorClass {
    /// The retry status of a call that failed with this class.
    #[must_use]
    pub fn retry(self) -> RetryStatus {
        match self {
            Self::Throttled
            | Self::Transient
            | Self::Ambiguous
            | Self::EventualConsistency
            | Self::Conflict
            | Self::Dependency
            | Self::Capacity => RetryStatus::Temporary,
            Self::Quota
            | Self::Denied
            | Self::Invalid
            | Self::NotFound
            | Self::AlreadyExists
            | Self::Unsupported
            | Self::Bug => RetryStatus::Permanent,
        }
    }

    /// Returns true if a call that failed with this class may have taken effect nevertheless.
    #[must_use]
    pub fn leaves_unknown(self) -> bool {
        matches!(self, Self::Transient | Self::Ambiguous)
    }

    /// The next step for a person.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::Throttled => "run it again later, or lower the parallelism",
            Self::Transient | Self::Ambiguous | Self::EventualConsistency | Self::Conflict => {
                "run it again: what was done is found and kept"
            }
            Self::Dependency => "see what still uses it or is missing, remove that or wait, and run it again",
            Self::Capacity => "choose another instance class or zone, or run it again later",
            Self::Quota => "have the account's limit raised in Service Quotas, then run it again",
            Self::Denied => "give the caller's role the action that the message names, then run it again",
            Self::Invalid => "correct the spec by what the message says, and make a new plan",
            Self::NotFound => "make a new plan: something was removed outside",
            Self::AlreadyExists => "something that is not ours has this name: rename the tenant, or adopt the object",
            Self::Unsupported => "use a provider that has this kind",
            Self::Bug => "report it with this message",
        }
    }
}

/// A call to the cloud that failed.
///
/// The cause is in [`std::error::Error::source`] and not in the text. The text never holds a secret: causes are
/// reduced to code, message and request id where they enter.
#[derive(Debug, thiserror::Error)]
#[error("{operation} for {address} failed ({class}{}{}){}{}", Http(*.status), Code(.code.as_deref()), Message(.message.as_deref()), Request(.request_id.as_deref()))]
#[non_exhaustive]
pub struct ProviderError {
    /// The class of the failure.
    pub class: ErrorClass,
    /// The retry status.
    pub retry: RetryStatus,
    /// The call, as `rds:CreateDBInstance`.
    pub operation: String,
    /// The object.
    pub address: Address,
    /// The status of the HTTP answer; none where there was no answer.
    pub status: Option<u16>,
    /// The cloud's error code.
    pub code: Option<String>,
    /// The cloud's message.
    pub message: Option<String>,
    /// The cloud's request id, for a support case.
    pub request_id: Option<String>,
    /// The object that exists by now, when the call failed half-way.
    pub created: Option<Box<Created>>,
    /// The number of attempts until this answer, 1 or more. It includes retries below the provider.
    pub attempts: u32,
    /// The cause.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ProviderError {
    /// An error of `class` in `operation` on `address`; the retry status is derived from the class.
    #[must_use]
    pub fn new(class: ErrorClass, operation: impl Into<String>, address: Address) -> Self {
        Self {
            class,
            retry: class.retry(),
            operation: operation.into(),
            address,
            status: None,
            code: None,
            message: None,
            request_id: None,
            created: None,
            attempts: 1,
            source: None,
        }
    }

    /// The next step for a person, as far as the cloud's answer allows.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match (self.class, &self.message) {
            (ErrorClass::Invalid, None) => {
                "AWS did not say what is wrong: look up the error code in the service's documentation, or the request id \
                 in CloudTrail, correct the spec, and make a new plan"
            }
            (ErrorClass::Denied, None) => {
                "give the caller's role the action of this call, or renew its credentials, then run it again"
            }
            (class, _) => class.advice(),
        }
    }

    /// With the status of the HTTP answer.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// With the cloud's error code.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// With a message.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// With the cloud's request id.
    #[must_use]
    pub fn with_request_id(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = Some(request_id.into());
        self
    }

    /// With what exists by now.
    #[must_use]
    pub fn with_created(mut self, created: Created) -> Self {
        self.created = Some(Box::new(created));
        self
    }

    /// With how often the cloud was asked; never less than once.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// With the retry status changed from what the class says.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryStatus) -> Self {
        self.retry = retry;
        self
    }

    /// With its cause. The cause must hold no secret.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

struct Http(Option<u16>);
struct Code<'a>(Option<&'a str>);
struct Message<'a>(Option<&'a str>);
struct Request<'a>(Option<&'a str>);

impl fmt::Display for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |status| write!(f, ", HTTP {status}"))
    }
}

impl fmt::Display for Code<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |code| write!(f, ", {code}"))
    }
}

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |message| write!(f, ": {message}"))
    }
}

impl fmt::Display for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |id| write!(f, " [request {id}]"))
    }
}
