//! Taking over what exists: which object of the cloud stands for which node of a graph.
//!
//! A base or a tenant that was made by Terraform, by a script or by hand is not made again. The caller says where to
//! look ([`AdoptionSource`]); what is found there are [`Candidate`]s, and [`match_nodes`] finds out which of them stands
//! for which node. All of it is pure: nothing here asks the cloud. Whoever calls [`match_nodes`] may have looked at the
//! candidates before ([`Seen`]); the more is known of them, the more of them are told apart.
//!
//! Nothing is guessed: where two objects could stand for one node, [`Matches::ambiguous`] names both, and the caller says
//! which by [`AdoptionSource::ids`].
//!
//! ```
//! use std::collections::BTreeMap;
//! use mate_core::adopt::{AdoptionSource, match_nodes};
//! use mate_core::model::{Graph, Kinds, Tags};
//! use mate_core::kinds::{Vpc, vpc::VpcInputs};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut graph = Graph::new();
//! let inputs = VpcInputs { cidr_block: "10.0.0.0/16".into(), enable_dns_support: true, enable_dns_hostnames: true };
//! graph.add::<Vpc>("vpc".parse()?, "mate-dev", &inputs, Tags::new())?;
//!
//! let outputs = r#"{"vpc_id": {"sensitive": false, "type": "string", "value": "vpc-0a1b2c3d4e5f60718"}}"#;
//! let kinds = Kinds::standard();
//! let source = AdoptionSource::terraform_outputs(outputs)?;
//! let matches = match_nodes(&kinds, &graph, &source.candidates(&kinds, &graph)?, &BTreeMap::new());
//! assert_eq!(matches.matched["vpc"].physical_id, "vpc-0a1b2c3d4e5f60718");
//! # Ok(())
//! # }
//! ```

mod candidate;
mod forms;
mod matching;
mod object;
mod source;
mod telling;
mod terraform;
#[cfg(test)]
mod tests;
mod text;

pub use candidate::{Candidate, name_of};
pub use matching::{Evidence, Matches, match_nodes};
pub use object::Seen;
pub use source::{AdoptionSource, Listing, SkipReason, Skipped, SourceError};
