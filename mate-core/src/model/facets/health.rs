//! The meaning of an object's state for the users of a tenant.

/// The meaning of an object's state for the users of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HealthFacet {
    /// Users do not notice when it is not there.
    Beside,
    /// Users notice when it is not there.
    Serving,
    /// A service of tasks: the inputs `desired_count`, `autoscaling` and `load_balancers` say how many have to run, and for whom.
    Tasks,
    /// A database, which may be stopped on purpose by its input `stopped`.
    Database,
    /// A cache.
    Cache,
}

impl HealthFacet {
    /// True if users notice when an object is not there.
    #[must_use]
    pub const fn serves(self) -> bool {
        matches!(self, Self::Serving | Self::Database | Self::Cache)
    }

    /// The word for it in tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Beside => "beside",
            Self::Serving => "serving",
            Self::Tasks => "tasks",
            Self::Database => "database",
            Self::Cache => "cache",
        }
    }
}
