//! A change of a tenant's desired state. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Scale;
use crate::model::ids::NodeId;
use crate::spec::{ServiceName, Services, SpecError, SpecErrors, TenantSpec, Tier};
use crate::vocab::{CommandRun, MaintenanceWindow, Mode, OnFailure, Operating, Page, Release, Suspension, TenantVerb};

/// The desired state of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wanted {
    /// The spec.
    pub spec: TenantSpec,
    /// The operating state.
    pub operating: Operating,
}

/// A change of a tenant's desired state: a verb with its arguments. A run stores the change that follows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// Another spec.
    Update(Box<TenantSpec>),
    /// Other counts and sizes.
    Scale(Box<Scale>),
    /// Another tier. What the tenant sets itself stays.
    ChangeTier(Tier),
    /// Another release: a new one, or one that ran before.
    Deploy(Release),
    /// The release that ran before, or another one.
    Rollback(Release),
    /// The tasks of these services are started anew; of all where none is named.
    Restart(Vec<ServiceName>),
    /// Other values of secrets, by node: which generation each has then. Their consumers take them; the cache takes the token before
    /// too, until [`Change::RetireTokens`].
    Rotate(BTreeMap<NodeId, u32>),
    /// Other objects in the place of those that stand, by node: the generation that each has then at least.
    Replace(BTreeMap<NodeId, u32>),
    /// The cache takes its present token only.
    RetireTokens,
    /// No task runs, the database is stopped, and the cache is kept or removed.
    Suspend(Suspension),
    /// It runs again.
    Resume,
    /// It runs, and this page stands before it.
    Deactivate(Page),
    /// Everybody is let through again.
    Activate,
    /// No task runs, at once; the database stays as it is.
    ShutDown(Page),
    /// A command runs once.
    RunCommand(CommandRun),
    /// Another time of the week for its maintenance; none for that of its tier.
    SetMaintenanceWindow(Option<MaintenanceWindow>),
    /// This page stands before it while it is maintained.
    BeginMaintenance(Page),
    /// The changes that waited for maintenance are applied.
    Maintain,
    /// Everybody is let through again after maintenance.
    EndMaintenance,
}

impl Change {
    /// The verb.
    #[must_use]
    pub fn verb(&self) -> TenantVerb {
        match self {
            Self::Update(_) => TenantVerb::Update,
            Self::Scale(_) => TenantVerb::Scale,
            Self::ChangeTier(_) => TenantVerb::ChangeTier,
            Self::Deploy(_) => TenantVerb::Deploy,
            Self::Rollback(_) => TenantVerb::Rollback,
            Self::Restart(_) => TenantVerb::Restart,
            Self::Rotate(_) | Self::RetireTokens => TenantVerb::Rotate,
            Self::Replace(_) => TenantVerb::Replace,
            Self::Suspend(_) => TenantVerb::Suspend,
            Self::Resume => TenantVerb::Resume,
            Self::Deactivate(_) => TenantVerb::Deactivate,
            Self::Activate => TenantVerb::Activate,
            Self::ShutDown(_) => TenantVerb::ShutDown,
            Self::RunCommand(_) => TenantVerb::RunCommand,
            Self::SetMaintenanceWindow(_) => TenantVerb::SetMaintenanceWindow,
            Self::BeginMaintenance(_) | Self::Maintain | Self::EndMaintenance => TenantVerb::Maintain,
        }
    }

    /// Returns true if the parts of the change that cause downtime can wait for maintenance.
    #[must_use]
    pub fn can_wait(&self) -> bool {
        matches!(self, Self::Update(_) | Self::Scale(_) | Self::ChangeTier(_))
    }

    /// Returns true if downtime is the purpose of the change: then the call itself is the consent to downtime.
    #[must_use]
    pub fn takes_down(&self) -> bool {
        matches!(self, Self::Suspend(_) | Self::Deactivate(_) | Self::ShutDown(_) | Self::BeginMaintenance(_))
    }

    /// The reaction to a failed step of its run. Changes on which the services, their secrets or a maintenance depend are
    /// unwound, and so is a command, which leaves nothing.
    #[must_use]
    pub fn on_failure(&self) -> OnFailure {
        match self {
            Self::Deploy(_) | Self::Rollback(_) | Self::Rotate(_) | Self::Maintain | Self::RunCommand(_) => {
                OnFailure::Unwind
            }
            Self::Update(_)
            | Self::Scale(_)
            | Self::ChangeTier(_)
            | Self::Restart(_)
            | Self::Replace(_)
            | Self::RetireTokens
            | Self::Suspend(_)
            | Self::Resume
            | Self::Deactivate(_)
            | Self::Activate
            | Self::ShutDown(_)
            | Self::SetMaintenanceWindow(_)
            | Self::BeginMaintenance(_)
            | Self::EndMaintenance => OnFailure::Stop,
        }
    }

    /// The change that follows once its run has reached its end, for a tenant that was run like this before: the token before
    /// the present one is retired, and the page of a maintenance goes.
    #[must_use]
    pub fn then(&self, before: &Operating) -> Option<Self> {
        match self {
            Self::Rotate(_) => Some(Self::RetireTokens),
            Self::Maintain if matches!(before.mode, Mode::Maintained(_)) => Some(Self::EndMaintenance),
            _ => None,
        }
    }

    /// True if it follows a run that went back as well: the page of a maintenance goes either way.
    pub(crate) fn follows_a_way_back(&self) -> bool {
        matches!(self, Self::EndMaintenance)
    }

    /// The desired state after the change.
    ///
    /// # Errors
    /// [`SpecErrors`] if the spec does not admit the change.
    pub fn of(self, wanted: Wanted) -> Result<Wanted, SpecErrors> {
        let Wanted { mut spec, operating } = wanted;
        // No field is passed over: a new one does not compile until it stands here, to be changed or kept by each verb.
        let Operating {
            mut mode,
            mut release,
            mut strategy,
            mut restarts,
            mut secrets,
            mut generations,
            mut command,
            mut window,
            mut deferred,
            mut both_tokens,
        } = operating;
        match self {
            Self::Update(new) => {
                // A spec that names other images than before means them.
                release = release.filter(|_| images(&new) == images(&spec));
                spec = *new;
            }
            Self::Scale(scale) => spec = scale.of(spec)?,
            Self::ChangeTier(tier) => spec = spec.into_builder().with_tier(tier).build()?,
            Self::Deploy(new) | Self::Rollback(new) => {
                strategy = new.strategy.unwrap_or(strategy);
                release = Some(new);
            }
            Self::Restart(services) => restart(&mut restarts, &spec, &services)?,
            Self::Rotate(values) => {
                secrets.extend(values);
                both_tokens = true;
            }
            Self::Replace(nodes) => generations.extend(nodes),
            Self::RetireTokens => both_tokens = false,
            Self::Suspend(how) => mode = Mode::Suspended(how),
            Self::RunCommand(run) => command = Some(run),
            Self::SetMaintenanceWindow(new) => window = new,
            Self::BeginMaintenance(page) => mode = Mode::Maintained(page),
            Self::Maintain => deferred = BTreeMap::new(),
            Self::Resume | Self::Activate | Self::EndMaintenance => mode = Mode::Running,
            Self::Deactivate(page) => mode = Mode::Deactivated(page),
            Self::ShutDown(page) => mode = Mode::ShutDown(page),
        }
        let operating = Operating {
            mode,
            release,
            strategy,
            restarts,
            secrets,
            generations,
            command,
            window,
            deferred,
            both_tokens,
        };
        Ok(Wanted { spec, operating })
    }
}

/// The images that a spec names, as text.
fn images(spec: &TenantSpec) -> Vec<(String, String)> {
    match spec.services() {
        Services::Preset(preset) => vec![("django".to_owned(), format!("{:?}", preset.tag))],
        Services::List(list) => {
            list.iter().map(|service| (service.name.to_string(), format!("{:?}", service.image))).collect()
        }
    }
}

/// Counts one restart more of these services, of all where none is named.
fn restart(
    restarts: &mut BTreeMap<String, u32>,
    spec: &TenantSpec,
    services: &[ServiceName],
) -> Result<(), SpecErrors> {
    let known: Vec<String> = match spec.services() {
        Services::Preset(_) => ["django", "celery", "beat"].map(str::to_owned).to_vec(),
        Services::List(list) => list.iter().map(|service| service.name.to_string()).collect(),
    };
    let unknown = services.iter().filter(|name| !known.iter().any(|known| known == name.as_str())).map(|name| {
        SpecError::unknown(format!("services.{name}"), "service", name.as_str(), known.iter().map(String::as_str))
    });
    if let Some(errors) = SpecErrors::from_list(unknown) {
        return Err(errors);
    }
    for name in known {
        if services.is_empty() || services.iter().any(|service| service.as_str() == name) {
            *restarts.entry(name).or_default() += 1;
        }
    }
    Ok(())
}
