//! The facets of a kind: everything that simulation, adoption, quotas, deletion, health and conformance have to know of it.
//!
//! A facet is data, and functions over values of the model. The modules that read facets contain no table of kinds, so an
//! embedding program's own kind gets everything that a standard kind has.

mod adoption;
mod arn;
mod data;
mod deduplication;
mod health;
mod link;
mod made;
mod naming;
mod quota;
mod sample;
mod seed;
mod simulation;
mod terraform;
mod timing;

pub use adoption::{AdoptFacet, KnownId, TerraformAlias, TerraformOutput, TerraformType};
pub use arn::{ArnForm, ArnId, is_arn, resource_of};
pub use data::{CredentialRule, SnapshotRule};
pub use deduplication::Deduplication;
pub use health::HealthFacet;
pub use link::{Link, texts_at};
pub use made::Companion;
pub use naming::{Naming, hyphened, outputs};
pub use quota::{Per, Quota, QuotaWorld, Unit};
pub use sample::{Sample, SampleBase};
pub use seed::Seed;
pub use simulation::{Mechanism, Refused, RefusedFor, SimDeletion, SimFacet, SimRequest, SimView, SimWorld};
pub use terraform::TerraformResource;
pub use timing::Timing;
