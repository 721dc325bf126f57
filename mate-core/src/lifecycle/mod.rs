//! The verbs of a tenant's lifecycle: each is a pure change of the desired state.
//!
//! The desired state is [`Wanted`]: the spec, and the operating state [`Operating`](crate::vocab::Operating). A [`Change`]
//! turns it into another one, and knows nothing of the cloud. The rest is the same for every plan: the spec is resolved and
//! made into a graph, [`operate`] overlays the operating state, and the comparison with the existing objects yields the steps.
//! So every verb has a plan, risks, a duration, events, cancellation, resume and unwind, with no code of its own for them.
//!
//! [`TenantPhase`](crate::vocab::TenantPhase) has the table of the verbs that each phase allows.

mod change;
mod design;
mod release;
mod scale;
#[cfg(test)]
mod tests;
mod two_groups;

pub use change::{Change, Wanted};
pub use design::operate;
pub use release::Deployment;
pub(crate) use release::{reference_of, with_release};
pub use scale::{Scale, ServiceScale};
