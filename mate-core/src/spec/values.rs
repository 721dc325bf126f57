//! The scalars of a spec as newtypes: each is parsed once, at the edge, and is valid from then on.

use std::fmt;
use std::str::FromStr;

use super::error::InvalidValue;
use crate::model::ids::TenantId;

/// A newtype that a text of a document is read into.
pub(crate) trait TextValue: Sized {
    const ALLOWED: &'static str;
    fn parse(text: &str) -> Result<Self, InvalidValue>;
}

/// A newtype that an integer of a document is read into.
pub(crate) trait NumberValue: Sized {
    const WHAT: &'static str;
    const PROBLEM: &'static str = "is out of range";
    fn parse(number: i128) -> Option<Self>;
    fn allowed() -> String;
}

macro_rules! text_value {
    ($(#[$doc:meta])* $name:ident, $what:literal, $allowed:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl TryFrom<String> for $name {
            type Error = InvalidValue;

            fn try_from(text: String) -> Result<Self, InvalidValue> {
                Self::new(text)
            }
        }

        impl $name {
            /// Parses the text.
            ///
            /// # Errors
            /// [`InvalidValue`] with the allowed values and the given one.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidValue> {
                let text = text.into();
                let valid: fn(&str) -> bool = $valid;
                if valid(&text) { Ok(Self(text)) } else { Err(InvalidValue::text($what, $allowed, &text)) }
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TextValue for $name {
            const ALLOWED: &'static str = $allowed;

            fn parse(text: &str) -> Result<Self, InvalidValue> {
                Self::new(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidValue;
            fn from_str(text: &str) -> Result<Self, InvalidValue> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.0
            }
        }
    };
}
pub(crate) use text_value;

impl TextValue for TenantId {
    const ALLOWED: &'static str = Subdomain::ALLOWED;

    fn parse(text: &str) -> Result<Self, InvalidValue> {
        Self::new(text).map_err(|invalid| InvalidValue::text(invalid.what, invalid.allowed, &invalid.given))
    }
}

macro_rules! number_value {
    ($(#[$doc:meta])* $name:ident($repr:ty), $what:literal, $min:literal..=$max:literal, $unit:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($repr);

        impl $name {
            /// The least.
            pub const MIN: Self = Self($min);
            /// The most.
            pub const MAX: Self = Self($max);

            /// Takes the number.
            ///
            /// # Errors
            /// [`InvalidValue`] with the allowed values and the given one.
            pub fn new(number: $repr) -> Result<Self, InvalidValue> {
                <Self as NumberValue>::parse(number.into()).ok_or_else(|| InvalidValue {
                    what: $what,
                    allowed: Self::allowed(),
                    given: number.to_string(),
                })
            }

            /// The number.
            #[must_use]
            pub const fn get(self) -> $repr {
                self.0
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serde::Serialize::serialize(&self.0, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let number = <$repr as serde::Deserialize>::deserialize(deserializer)?;
                Self::new(number).map_err(serde::de::Error::custom)
            }
        }

        impl NumberValue for $name {
            const WHAT: &'static str = $what;

            fn parse(number: i128) -> Option<Self> {
                ($min..=$max).contains(&number).then_some(())?;
                <$repr>::try_from(number).ok().map(Self)
            }

            fn allowed() -> String {
                concat!(stringify!($min), " to ", stringify!($max), $unit).to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}
pub(crate) use number_value;

fn printable(text: &str, most: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control)
}

/// Letters a-z, digits and single hyphens; starting with a letter, not ending with a hyphen.
pub(crate) fn label(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && text.as_bytes()[0].is_ascii_lowercase()
        && !text.ends_with('-')
        && !text.contains("--")
}

/// A domain name of two labels at least.
pub(crate) fn domain(text: &str) -> bool {
    let dns_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').count() >= 2 && text.split('.').all(dns_label)
}

fn email(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else { return false };
    let atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b);
    (1..=64).contains(&local.len())
        && local.bytes().all(atom)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && domain(&host.to_ascii_lowercase())
}

fn class_of(text: &str, prefix: &str) -> bool {
    let mut parts = text.split('.');
    let (Some(head), Some(family), Some(size), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let family_is_good = family.len() >= 2
        && family.as_bytes()[0].is_ascii_lowercase()
        && family.bytes().any(|b| b.is_ascii_digit())
        && family.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !family.ends_with('-');
    let size_is_good = matches!(size, "micro" | "small" | "medium" | "large" | "xlarge")
        || size.strip_suffix("xlarge").is_some_and(|count| {
            (1..=3).contains(&count.len()) && count.bytes().all(|b| b.is_ascii_digit()) && !count.starts_with('0')
        });
    head == prefix && family_is_good && size_is_good
}

fn https(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.split_once(':').map_or(host, |(name, _)| name);
    text.len() <= 2048 && text.bytes().all(|b| b.is_ascii_graphic()) && domain(&host.to_ascii_lowercase())
}

fn major_minor(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    parts.len() <= 3
        && parts.iter().all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
        && !text.starts_with('0')
}

/// An absolute path without `.`, `..`, empty parts or a slash at its end.
pub(crate) fn absolute_path(text: &str) -> bool {
    text.len() <= 255
        && text.strip_prefix('/').is_some_and(|rest| {
            rest.split('/').all(|part| {
                !matches!(part, "" | "." | "..")
                    && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
            })
        })
}

text_value!(
    /// A tenant's name for people: any printable text of up to 120 characters.
    DisplayName, "a display name", "1 to 120 printable characters", |text| printable(text, 120)
);
text_value!(
    /// The first label of a tenant's host name, and by default its [`crate::model::ids::TenantId`].
    Subdomain,
    "a subdomain",
    "1 to 40 of a-z, 0-9 and single hyphens, starting with a letter, not ending with a hyphen",
    |text| label(text, 40)
);
text_value!(
    /// An e-mail address.
    Email, "an e-mail address", "an address such as it@hospital.com", email
);
text_value!(
    /// The value of a tag on everything the tenant has, such as a cost centre.
    TagValue, "the value of a tag", "1 to 256 letters, digits, spaces and _ . : / = + - @", |text| {
        printable(text, 256) && text.chars().all(|c| c.is_alphanumeric() || " _.:/=+-@".contains(c))
    }
);
text_value!(
    /// An RDS instance class: `db.t4g.micro`.
    InstanceClass, "an RDS instance class", "db.<family>.<size>, such as db.t4g.micro", |text| class_of(text, "db")
);
text_value!(
    /// An ElastiCache node type: `cache.t4g.micro`.
    NodeType, "an ElastiCache node type", "cache.<family>.<size>, such as cache.t4g.micro", |text| {
        class_of(text, "cache")
    }
);
text_value!(
    /// A version of an engine: `17`, `7.1`.
    EngineVersion, "an engine version", "a version such as 17 or 7.1", major_minor
);
text_value!(
    /// An `https://` address.
    HttpsUrl, "an address", "an https:// address with a host name", https
);
text_value!(
    /// The name of an identity provider in the user pool.
    ProviderName, "the name of an identity provider", "3 to 32 letters, digits, hyphens and dots", |text| {
        (3..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
    }
);

number_value!(
    /// The number of tasks of a service, 1 to 100.
    TaskCount(u32), "a count of tasks", 1..=100, ""
);
number_value!(
    /// Storage of a database, GiB, 20 to 65536.
    Gib(u32), "a size of database storage", 20..=65536, " GiB"
);
number_value!(
    /// The retention of backups, in days, 0 to 35; 0 for no backups.
    BackupDays(u8), "a number of days", 0..=35, " days"
);
number_value!(
    /// The retention of data, in days, 1 to 36500.
    RetentionDays(u32), "a number of days", 1..=36500, " days"
);
number_value!(
    /// A share, percent, 0 to 100.
    Percent(u8), "a percentage", 0..=100, " %"
);
number_value!(
    /// A utilisation to hold, percent, 1 to 100.
    TargetPercent(u8), "a percentage", 1..=100, " %"
);
number_value!(
    /// Provisioned throughput of a file system, MiB/s, 1 to 1024.
    MibPerSecond(u16), "a throughput", 1..=1024, " MiB/s"
);
number_value!(
    /// A storage quota, GB, 1 to 1000000.
    QuotaGb(u32), "a storage quota", 1..=1000000, " GB"
);
number_value!(
    /// Replicas of a cache's primary node, 1 to 5: two to six nodes in all.
    ReplicaCount(u8), "a count of replicas", 1..=5, ""
);
number_value!(
    /// Nodes of a cache, 1 to 6.
    NodeCount(u8), "a count of nodes", 1..=6, ""
);
number_value!(
    /// The port that a container listens on, 1 to 65535.
    Port(u16), "a port", 1..=65535, ""
);
number_value!(
    /// Requests a target and minute, 1 to 1000000.
    RequestCount(u32), "a count of requests", 1..=1000000, ""
);
number_value!(
    /// A pause between two changes of scale, seconds, 0 to 3600.
    CooldownSeconds(u32), "a cooldown", 0..=3600, " seconds"
);
number_value!(
    /// Time between two health checks, seconds, 5 to 300.
    CheckIntervalSeconds(u16), "an interval", 5..=300, " seconds"
);
number_value!(
    /// Checks until a target counts as healthy or unhealthy, 2 to 10.
    CheckThreshold(u8), "a count of checks", 2..=10, ""
);
number_value!(
    /// The deregistration delay of a target, in seconds, 0 to 3600.
    DrainSeconds(u16), "a time to drain", 0..=3600, " seconds"
);
number_value!(
    /// The duration of stickiness, for which a client stays with its target, in seconds, 1 to 604800.
    StickySeconds(u32), "a time of stickiness", 1..=604800, " seconds"
);
number_value!(
    /// Time between SIGTERM and SIGKILL, seconds, 2 to 120.
    StopSeconds(u8), "a time to stop", 2..=120, " seconds"
);
number_value!(
    /// Tasks that stay healthy during a deployment, percent of the desired count, 0 to 100.
    MinimumHealthyPercent(u16), "a percentage", 0..=100, " %"
);
number_value!(
    /// Tasks that may run during a deployment, percent of the desired count, 101 to 400: more than all, or no task could be replaced.
    MaximumPercent(u16), "a percentage", 101..=400, " %"
);
