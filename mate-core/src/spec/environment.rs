//! Plain environment variables of a service: never a secret, never one that MATE sets.

use std::fmt;

use super::error::InvalidValue;

/// Variables that MATE sets in every container from the tenant's own resources.
pub const SET_BY_MATE: [&str; 11] = [
    "AWS_REGION",
    "AWS_STORAGE_BUCKET_NAME",
    "DATABASE_HOST",
    "DATABASE_NAME",
    "DATABASE_PORT",
    "DJANGO_ALLOWED_HOSTS",
    "ENVIRONMENT",
    "MAX_STORAGE_GB",
    "REDIS_HOST",
    "REDIS_PORT",
    "TENANT",
];

/// Variables that ECS fills from the tenant's secrets when a task starts.
pub const SET_FROM_SECRETS: [&str; 4] = ["DATABASE_PASSWORD", "DATABASE_USER", "DJANGO_SECRET_KEY", "REDIS_AUTH_TOKEN"];

/// Variables that carry AWS credentials: never in an environment, a task has its role.
pub const CREDENTIALS: [&str; 3] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/// The name of a plain environment variable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VariableName(String);

impl VariableName {
    /// Parses the name. Upper and lower case are one for what MATE sets: `Database_Host` would only mislead.
    ///
    /// # Errors
    /// [`InvalidValue`] for a form that is no name, and for what MATE sets itself.
    pub fn new(name: impl Into<String>) -> Result<Self, InvalidValue> {
        let name = name.into();
        let what = "a variable that a service can set";
        let refused = |allowed: &str| Err(InvalidValue::text(what, allowed, &name));
        let upper = name.to_ascii_uppercase();
        if CREDENTIALS.contains(&upper.as_str()) {
            return refused("any other name: AWS credentials are never in an environment, tasks have a role");
        }
        if SET_FROM_SECRETS.contains(&upper.as_str()) {
            return refused("any other name: MATE fills this one from the tenant's secret");
        }
        if SET_BY_MATE.contains(&upper.as_str()) {
            return refused("any other name: MATE sets this one from the tenant's resources");
        }
        let well_formed = (1..=128).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && !name.as_bytes()[0].is_ascii_digit();
        if well_formed { Ok(Self(name)) } else { refused("1 to 128 letters, digits and _, not starting with a digit") }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VariableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The value of a plain environment variable. Not shown by `Debug`: what should have been a secret must not reach a log.
#[derive(Clone, PartialEq, Eq)]
pub struct VariableValue(String);

impl VariableValue {
    /// Takes the value.
    ///
    /// # Errors
    /// [`InvalidValue`], which does not repeat the value: for more than 4096 bytes, for control characters other than
    /// tab and line feed, and for what is an AWS access key.
    pub fn new(value: impl Into<String>) -> Result<Self, InvalidValue> {
        let value = value.into();
        let refused = |allowed: &str| {
            Err(InvalidValue {
                what: "a plain value",
                allowed: allowed.to_owned(),
                given: format!("{} bytes, not shown", value.len()),
            })
        };
        if value.len() > 4096 || value.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            return refused("up to 4096 bytes without control characters");
        }
        let access_key = value.len() == 20
            && (value.starts_with("AKIA") || value.starts_with("ASIA"))
            && value.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if access_key {
            return refused("no AWS access key: credentials are never in an environment, tasks have a role");
        }
        Ok(Self(value))
    }

    /// The value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for VariableValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VariableValue({} bytes)", self.0.len())
    }
}
