//! The caller of an API call, and its priority.

use std::fmt;

use crate::model::ids::TenantKey;

/// The priority of a call, the most urgent first. [`super::RateBudget`] describes the rule against starvation of the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Priority {
    /// A tenant is being made for the first time.
    NewTenant,
    /// A tenant is being changed or taken away.
    Change,
    /// A run looks whether what it has begun is ready.
    Wait,
    /// Nobody waits for it at once: status, drift, search by tags.
    Scan,
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NewTenant => "new tenant",
            Self::Change => "change",
            Self::Wait => "wait",
            Self::Scan => "scan",
        })
    }
}

/// The caller of an API call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caller {
    /// The tenant or platform of the call; none for a call that concerns no single one.
    pub tenant: Option<TenantKey>,
    /// The priority of the call.
    pub priority: Priority,
}

tokio::task_local! {
    static CALLER: Caller;
}

impl Caller {
    /// A call for this tenant.
    #[must_use]
    pub fn new(tenant: TenantKey, priority: Priority) -> Self {
        Self { tenant: Some(tenant), priority }
    }

    /// The present caller, as set by [`Caller::asks`]; none outside it.
    #[must_use]
    pub fn current() -> Option<Self> {
        CALLER.try_with(Clone::clone).ok()
    }

    /// Lets `work` ask for its calls as this caller. The innermost counts. It is lost in tasks that `work` spawns.
    pub async fn asks<T>(self, work: impl Future<Output = T>) -> T {
        CALLER.scope(self, work).await
    }
}
