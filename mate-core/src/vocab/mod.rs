//! The words that plan, record and verbs share: values without behaviour of their own.

mod amendment;
mod consents;
mod deletions;
mod goal;
mod on_failure;
mod op;
mod operating;
mod phase;
mod release;
mod selection;
mod suspension;
mod verb;
mod window;

pub use amendment::Amendment;
pub use consents::{Consent, ConsentRisk, Consents};
pub use deletions::{Deletions, FinalSnapshot};
pub use goal::Goal;
pub use on_failure::OnFailure;
pub use op::{OpId, Verb};
pub use operating::{InvalidPage, Mode, Operating, Page};
pub use phase::TenantPhase;
pub use release::{Command, CommandRun, Migration, Release};
pub use selection::RepairSelection;
pub(crate) use selection::Waiting;
pub use suspension::{SuspendedCache, Suspension};
pub use verb::TenantVerb;
pub use window::{InvalidWindow, MaintenanceWindow};
