//! The operating state of a tenant: the part of its desired state that verbs change besides its spec.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{CommandRun, MaintenanceWindow, Release, SuspendedCache, Suspension};
use crate::kinds::service::DeploymentStrategy;
use crate::model::ids::NodeId;

/// The operating state of a tenant, besides its spec. It is part of the record; an update of the spec does not change it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Operating {
    /// The mode of operation: the state of the services and their reachability.
    #[serde(default, skip_serializing_if = "Mode::is_running")]
    pub mode: Mode,
    /// The release that the tenant runs; none for the images that its spec names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Release>,
    /// The strategy of its deployments. Once a strategy uses two target groups, the tenant keeps both.
    #[serde(default, skip_serializing_if = "DeploymentStrategy::is_rolling")]
    pub strategy: DeploymentStrategy,
    /// The number of restarts of a service's tasks without another change, by service.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub restarts: BTreeMap<String, u32>,
    /// The generation of the value of each secret that was ever rotated, by node.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<NodeId, u32>,
    /// The minimum generation of the object of each node whose replacement was ever requested.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub generations: BTreeMap<NodeId, u32>,
    /// The command that runs once. It is removed when it has run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<CommandRun>,
    /// The weekly maintenance window; none for the window of its tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<MaintenanceWindow>,
    /// The changes that wait for maintenance because they take the tenant down: fields by node; no fields for an object that only
    /// has to stay until then.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub deferred: BTreeMap<NodeId, BTreeSet<String>>,
    /// True while the cache accepts the previous token beside the present one, until every service has moved.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub both_tokens: bool,
}

impl Operating {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The same, in this mode.
    #[must_use]
    pub fn in_mode(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }

    /// The same after a run to `other` was undone: which of two target groups has the traffic by then only ECS knows, so both stay.
    pub(crate) fn undone_from(mut self, other: &Self) -> Self {
        if self.strategy.is_rolling() {
            self.strategy = other.strategy;
        }
        self
    }

    /// The same once a run has reached its end: what runs once has run.
    pub(crate) fn settled(mut self) -> Self {
        if let Some(release) = &mut self.release {
            release.migration = None;
        }
        self.command = None;
        self
    }
}

/// The mode of operation of a tenant: the state of its services and their reachability.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Mode {
    /// The services run.
    #[default]
    Running,
    /// No task runs, autoscaling is suspended, the database is stopped, the cache is kept or removed, and the load balancer answers
    /// with a page.
    Suspended(Suspension),
    /// No task runs and autoscaling is suspended; the database, the cache and all data stay as they are. This is the mode after
    /// an emergency shutdown, which waits for no slow operation.
    ShutDown(Page),
    /// Everything runs, and the load balancer answers with this page instead of letting anybody through.
    Deactivated(Page),
    /// Everything runs behind this page while the tenant is maintained, and nothing else is done with it.
    Maintained(Page),
}

impl Mode {
    pub(crate) fn is_running(&self) -> bool {
        *self == Self::Running
    }

    /// The page that stands before the services.
    #[must_use]
    pub fn page(&self) -> Option<&Page> {
        match self {
            Self::Running => None,
            Self::Suspended(Suspension { page, .. })
            | Self::ShutDown(page)
            | Self::Deactivated(page)
            | Self::Maintained(page) => Some(page),
        }
    }

    /// Returns true if the services run.
    #[must_use]
    pub fn has_tasks(&self) -> bool {
        matches!(self, Self::Running | Self::Deactivated(_) | Self::Maintained(_))
    }

    /// Returns true if the database is stopped.
    #[must_use]
    pub fn stops_database(&self) -> bool {
        matches!(self, Self::Suspended(_))
    }

    /// Returns true if the cache is removed, with its data in a snapshot.
    #[must_use]
    pub fn removes_cache(&self) -> bool {
        matches!(self, Self::Suspended(Suspension { cache: SuspendedCache::SnapshottedAndRemoved, .. }))
    }

    /// The mode in one word, as in JSON.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Suspended(_) => "suspended",
            Self::ShutDown(_) => "shut_down",
            Self::Deactivated(_) => "deactivated",
            Self::Maintained(_) => "maintained",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A page that the load balancer itself answers with, whatever is asked for.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_FixedResponseActionConfig.html>
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Parts")]
pub struct Page {
    status: u16,
    content_type: String,
    body: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    status: u16,
    content_type: String,
    body: String,
}

impl TryFrom<Parts> for Page {
    type Error = InvalidPage;

    fn try_from(parts: Parts) -> Result<Self, InvalidPage> {
        Self::new(parts.status, parts.content_type, parts.body)
    }
}

/// An invalid page: the list of all its problems.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the page is not one that a load balancer answers with:{}", .0.iter().map(|problem| format!("\n  - {problem}")).collect::<String>())]
#[non_exhaustive]
pub struct InvalidPage(pub Vec<String>);

impl Page {
    /// The longest body, bytes.
    pub const MAX_BODY: usize = 1024;
    /// The content types that there are.
    pub const CONTENT_TYPES: [&'static str; 5] =
        ["text/plain", "text/css", "text/html", "application/javascript", "application/json"];

    /// A page: its status (2XX, 4XX or 5XX), its content type (one of [`Page::CONTENT_TYPES`]), its body (up to 1024 bytes).
    ///
    /// # Errors
    /// [`InvalidPage`] with all problems at once.
    pub fn new(status: u16, content_type: impl Into<String>, body: impl Into<String>) -> Result<Self, InvalidPage> {
        let (content_type, body) = (content_type.into(), body.into());
        let mut problems = Vec::new();
        if !matches!(status, 200..=299 | 400..=599) {
            problems
                .push(format!("status: is not one that is allowed (allowed: 200 to 299, 400 to 599; given: {status})"));
        }
        if !Self::CONTENT_TYPES.contains(&content_type.as_str()) {
            let allowed = Self::CONTENT_TYPES.join(", ");
            problems.push(format!("content_type: is not a known one (allowed: {allowed}; given: {content_type:?})"));
        }
        if body.len() > Self::MAX_BODY {
            problems.push(format!(
                "body: is too long (allowed: up to {} bytes; given: {})",
                Self::MAX_BODY,
                body.len()
            ));
        }
        if problems.is_empty() { Ok(Self { status, content_type, body }) } else { Err(InvalidPage(problems)) }
    }

    fn plain(body: &str) -> Self {
        Self { status: 503, content_type: "text/plain".to_owned(), body: body.to_owned() }
    }

    /// The default page of a suspended tenant: status 503.
    #[must_use]
    pub fn suspended() -> Self {
        Self::plain("This service is suspended. Please ask your administrator.")
    }

    /// The default page of a deactivated tenant: status 503.
    #[must_use]
    pub fn deactivated() -> Self {
        Self::plain("This service is not active. Please ask your administrator.")
    }

    /// The default page after an emergency shutdown and during maintenance: status 503.
    #[must_use]
    pub fn maintenance() -> Self {
        Self::plain("This service is being maintained. Please come back later.")
    }

    /// Its HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Its content type.
    #[must_use]
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    /// Its body.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }
}
