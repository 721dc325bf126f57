//! The verbs of a tenant's life: each a pure change of what is wanted of it.
//!
//! The desired state is [`Wanted`]: the spec, and beside it [`Operating`](crate::vocab::Operating), how the tenant is run. A [`Change`] makes another one of
//! it, and knows nothing of the cloud. From there the way is that of every plan: the spec is resolved and made into a graph,
//! [`operate`] lays over it how the tenant is run, and the comparison with what stands says what is done. So every verb has a
//! plan, risks, a duration, events, cancellation, resume and unwind, with no code of its own for them.
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
