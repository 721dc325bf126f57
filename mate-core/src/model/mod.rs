//! The model of a tenant: ids, names, ownership tags, nodes with late-bound inputs, and the contract of a kind.
//!
//! The lowest floor of the crate: everything else is built on it, and it uses nothing of the rest.

mod canonical;
pub mod compare;
mod drift_class;
mod facets;
mod field;
mod graph;
pub mod ids;
mod input;
mod kind;
pub mod names;
mod order;
mod ownership;
mod shared;
pub(crate) mod sorted;
mod text;

pub use canonical::canonical;
pub use drift_class::DriftClass;
pub use facets::{
    AdoptFacet, ArnForm, ArnId, Companion, CredentialRule, Deduplication, HealthFacet, KnownId, Link, Mechanism,
    Naming, Per, Quota, QuotaWorld, Refused, RefusedFor, Sample, SampleBase, Seed, SimDeletion, SimFacet, SimRequest,
    SimView, SimWorld, SnapshotRule, TerraformAlias, TerraformOutput, TerraformResource, TerraformType, Timing, Unit,
    hyphened, is_arn, outputs, resource_of, texts_at,
};
pub use field::{FieldImpact, FieldRule, Impact};
pub(crate) use graph::json_of;
pub use graph::{Existing, Former, Graph, Node, NodeHandle, Output};
pub use input::{Input, OutputRef, Outputs, Unresolved, references, resolve};
pub(crate) use input::{Known, Reference, each_reference, resolve_with};
pub use kind::{Data, Kind, KindModel, Kinds, NameRule, Reach, ReplaceOrder, UnknownKind};
pub(crate) use order::ordered;
pub use order::{Cycle, GraphError};
pub use ownership::Ownership;
pub use shared::{Inputs, Tags};
