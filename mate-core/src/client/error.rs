//! The errors of the verbs.

use std::time::Duration;

use crate::engine::RunError;
use crate::model::GraphError;
use crate::model::ids::{KindName, NodeId, TenantKey};
use crate::plan::{MissingConsent, PlanError};
use crate::spec::SpecErrors;
use crate::state::{LogBroken, StoreError};
use crate::vocab::{MaintenanceWindow, TenantPhase, TenantVerb};

/// The error of a verb. The cause is in [`std::error::Error::source`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The spec is wrong: everything at once, each with its field path.
    #[error(transparent)]
    Spec(#[from] SpecErrors),
    /// A blueprint made a graph that cannot be carried out.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// No plan can be made: what AWS cannot do, what is not ours, what could not be read.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The source of an adoption cannot be used.
    #[error(transparent)]
    Source(#[from] crate::adopt::SourceError),
    /// The record store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The run did not reach its end.
    #[error(transparent)]
    Run(#[from] Box<RunError>),
    /// The log of the tenant is not as it was written.
    #[error(transparent)]
    Log(#[from] LogBroken),
    /// A sink did not take an event.
    #[error(transparent)]
    Sink(crate::outbox::SinkError),
    /// A sink had not answered at its deadline, and whether it took the event is not known; or it was not offered any more after
    /// many others.
    #[error(
        "the sink `{sink}` does not answer: it has {within:?} for an event; what it has not taken is offered again at the \
         next delivery"
    )]
    SinkSilent {
        /// The sink, by [`EventSink::name`](crate::outbox::EventSink::name).
        sink: String,
        /// Its deadline.
        within: Duration,
    },
    /// The plan was made from another record than the present one.
    #[error("the plan of {key} was made from version {planned} of its record, which is now {present}; make a new plan")]
    Stale {
        /// The tenant.
        key: TenantKey,
        /// The version that the plan was made from.
        planned: u64,
        /// The version that stands there now; 0 for no record.
        present: u64,
    },
    /// Steps that lose data or take the tenant down, and that nobody consented to.
    #[error("{} of the plan's steps need your consent: {}", .0.len(), Lines(.0))]
    Consent(Vec<MissingConsent>),
    /// A search of the cloud, or the question whose credentials these are, failed.
    #[error(transparent)]
    Provider(#[from] crate::provider::ProviderError),
    /// The credentials, or the region, are not those that the spec names.
    #[error(
        "the spec is for {wanted}, and the provider works in {present}: use the credentials and region of the spec"
    )]
    OtherPlace {
        /// The account and region that the spec names.
        wanted: String,
        /// The account and region in which the provider works.
        present: String,
    },
    /// The environment's platform stands in another account or region: an environment is one platform.
    #[error(
        "the platform of `{environment}` stands in {recorded}, not in {wanted}: an environment is one account and region; \
         give this one an environment of its own, such as `{environment}-2`"
    )]
    OtherPlatform {
        /// The environment.
        environment: crate::model::ids::Environment,
        /// The account and region in which it stands.
        recorded: String,
        /// The account and region in which it should stand.
        wanted: String,
    },
    /// Tenants stand on the platform.
    #[error("{} tenants stand on the platform of `{environment}`: {}; destroy or move them first", .tenants.len(), Names(.tenants))]
    TenantsStand {
        /// The environment.
        environment: crate::model::ids::Environment,
        /// The tenants, by record or by what stands in the cloud.
        tenants: Vec<crate::model::ids::TenantId>,
    },
    /// The platform is being destroyed, or its destruction was interrupted.
    #[error("the platform of `{0}` is being destroyed: nothing is planned onto it")]
    PlatformGoing(crate::model::ids::Environment),
    /// There is no record of the tenant.
    #[error("there is no record of {0}; `tenants` lists those that there are")]
    NotFound(TenantKey),
    /// No run of the tenant was interrupted.
    #[error("no run of {0} was interrupted: there is nothing to resume and nothing to unwind")]
    NothingInterrupted(TenantKey),
    /// The record does not hold the spec that the run was for.
    #[error("the record of {0} does not hold the spec of its run: apply the spec again")]
    SpecNotRecorded(TenantKey),
    /// Objects that held data are gone, and the verb is about something else than making them anew.
    #[error(
        "`{verb}` of {key} would make anew, and empty, what held data and is gone: {}. Restore it and adopt it, or have it \
         made empty by `repair` with `Consents::data_loss`; then ask again",
        Lost(.lost)
    )]
    DataGone {
        /// The tenant.
        key: TenantKey,
        /// The verb that was asked for.
        verb: TenantVerb,
        /// The objects that are gone, with their kinds.
        lost: Vec<(NodeId, KindName)>,
    },
    /// A run of this sort cannot be resumed, or cannot be unwound.
    #[error("the interrupted run of {key} {reason}")]
    NotPossible {
        /// The tenant.
        key: TenantKey,
        /// The reason, and what can be done instead.
        reason: &'static str,
    },
    /// The verb is not possible in the present phase of the tenant.
    #[error("{key} is {phase}: `{verb}` is not possible now; possible: {}", Verbs(.possible))]
    IllegalTransition {
        /// The tenant.
        key: TenantKey,
        /// The present phase.
        phase: TenantPhase,
        /// The verbs that are possible instead.
        possible: Vec<TenantVerb>,
        /// The verb that was asked for.
        verb: TenantVerb,
    },
    /// A deployment failed, and the tenant went back by itself to what ran before.
    #[error(
        "the deployment of {} to {key} failed, and it runs {} again: {reason}",
        Named(.release), Named(.to)
    )]
    RolledBack {
        /// The tenant.
        key: TenantKey,
        /// The release that failed.
        release: Option<u32>,
        /// The release that runs again; none for the images of the spec.
        to: Option<u32>,
        /// The reason of the failure: each operation with the cloud's findings.
        reason: Box<RunError>,
    },
    /// A rotation failed, and every secret has the value again that it had.
    #[error("the rotation of secrets of {key} failed, and they are as before: {reason}")]
    PutBack {
        /// The tenant.
        key: TenantKey,
        /// The reason of the failure: each operation with the cloud's findings.
        reason: Box<RunError>,
    },
    /// It is not the time for the tenant's maintenance.
    #[error(
        "{key} is not maintained now: {}; `MaintenanceOptions::regardless_of_time` does it all the same",
        Times { window: *.window, next: *.next, needs: *.needs, left: *.left }
    )]
    NotTheTime {
        /// The tenant.
        key: TenantKey,
        /// Its window; none where none is set.
        window: Option<MaintenanceWindow>,
        /// The next beginning of the window, in seconds of the Unix epoch.
        next: Option<i64>,
        /// The usual duration of the work.
        needs: Duration,
        /// The time left in the window, where it is open.
        left: Option<Duration>,
    },
    /// The work of a maintenance failed, and the tenant is as before; the work waits still.
    #[error("the maintenance of {key} failed, and it is as before; its work waits still: {reason}")]
    Maintenance {
        /// The tenant.
        key: TenantKey,
        /// The reason of the failure: each operation with the cloud's findings.
        reason: Box<RunError>,
    },
    /// Only what changes a tenant for good can wait for its maintenance.
    #[error("`{verb}` does not wait for maintenance: update, scale and change_tier can")]
    CannotWait {
        /// The verb that was asked for.
        verb: TenantVerb,
    },
    /// A command has ended, and its exit code is not known: ECS tells of a task for about an hour.
    #[error("the command of {0} has ended, and its exit code is not known any more; its log is in CloudWatch")]
    NoExitCode(TenantKey),
    /// An image is not in its registry.
    #[error("there is no image {image}; push it, or name another tag or digest")]
    NoImage {
        /// The image with its tag or digest.
        image: String,
        /// The error of the registry.
        source: crate::provider::ProviderError,
    },
    /// There is no such release to go back to.
    #[error("{key} has no {}; it has run {}", Wanted(*.to), Numbers(.known))]
    NoRelease {
        /// The tenant.
        key: TenantKey,
        /// The release that was asked for; none for the one before the present one.
        to: Option<u32>,
        /// The releases that are kept.
        known: Vec<u32>,
    },
    /// The record cannot be amended so.
    #[error("the record of {key} cannot be amended")]
    Amend {
        /// The tenant.
        key: TenantKey,
        /// The cause.
        source: crate::plan::AmendError,
    },
    /// The tenant is protected.
    #[error("{0} is protected; set `deletion_protection = false` in its spec, apply that, and destroy it then")]
    Protected(TenantKey),
}

impl From<RunError> for Error {
    fn from(error: RunError) -> Self {
        Self::Run(Box::new(error))
    }
}

struct Times {
    window: Option<MaintenanceWindow>,
    next: Option<i64>,
    needs: Duration,
    left: Option<Duration>,
}

impl std::fmt::Display for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Some(window) = self.window else {
            return f.write_str("no window is set, for it or its tier; `set_maintenance_window` sets one");
        };
        if let Some(left) = self.left {
            let (needs, left) = (self.needs.as_secs().div_ceil(60), left.as_secs() / 60);
            write!(f, "the work usually takes {needs} min, and {left} min of {window} are left")?;
        } else {
            write!(f, "its window is {window} (UTC)")?;
        }
        match self.next.and_then(|next| jiff::Timestamp::from_second(next).ok()) {
            Some(next) => write!(f, ", next at {next}"),
            None => Ok(()),
        }
    }
}

struct Named<'a>(&'a Option<u32>);

impl std::fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(number) => write!(f, "release {number}"),
            None => f.write_str("the images of its spec"),
        }
    }
}

struct Wanted(Option<u32>);

impl std::fmt::Display for Wanted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(number) => write!(f, "release {number}"),
            None => f.write_str("release before the present one"),
        }
    }
}

struct Numbers<'a>(&'a [u32]);

impl std::fmt::Display for Numbers<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        let numbers: Vec<String> = self.0.iter().map(u32::to_string).collect();
        f.write_str(&numbers.join(", "))
    }
}

struct Verbs<'a>(&'a [TenantVerb]);

impl std::fmt::Display for Verbs<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<&str> = self.0.iter().map(|verb| verb.word()).collect();
        f.write_str(&words.join(", "))
    }
}

struct Lost<'a>(&'a [(NodeId, KindName)]);

impl std::fmt::Display for Lost<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lost: Vec<String> = self.0.iter().map(|(node, kind)| format!("{node} ({kind})")).collect();
        f.write_str(&lost.join(", "))
    }
}

struct Names<'a>(&'a [crate::model::ids::TenantId]);

impl std::fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.0.iter().map(crate::model::ids::TenantId::as_str).collect();
        f.write_str(&names.join(", "))
    }
}

struct Lines<'a>(&'a [MissingConsent]);

impl std::fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for missing in self.0 {
            write!(f, "\n  {missing}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
