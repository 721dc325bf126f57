//! Proofs for providers: the conformance suite.

pub mod conformance;
