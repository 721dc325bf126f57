//! Releases and one-off commands, as a record holds them.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::kinds::service::DeploymentStrategy;

/// A release of a tenant: the image of each service, by digest where the registry reports one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Release {
    /// The number of the release; a tenant's releases are counted from 1.
    pub number: u32,
    /// Tag or digest of each service's image, by service.
    pub images: BTreeMap<String, String>,
    /// The migration that runs once before the services move. It is removed once the release is deployed, so that it never runs
    /// again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub migration: Option<Migration>,
    /// The strategy of this deployment and of later ones; none for the strategy of the deployments before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<DeploymentStrategy>,
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "release {}", self.number)?;
        for (index, (service, reference)) in self.images.iter().enumerate() {
            write!(f, "{} {service} {reference}", if index == 0 { ":" } else { "," })?;
        }
        Ok(())
    }
}

/// A command that runs once, as a task of its own with the image of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Command {
    /// The service whose image, variables, secrets and network it has.
    pub service: String,
    /// The command.
    pub command: Vec<String>,
}

/// A command that has to succeed before the services move.
pub type Migration = Command;

/// A command that a tenant runs once. It is removed from the record when it has run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CommandRun {
    /// The identifier of the run.
    pub run: String,
    /// The command.
    pub command: Command,
}
