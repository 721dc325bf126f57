//! Specs as an embedding program meets them: files, wire forms, tiers, and everything that can be wrong.

#[path = "spec/base.rs"]
mod base;
#[path = "spec/builders.rs"]
mod builders;
#[path = "spec/examples.rs"]
mod examples;
#[path = "spec/figures.rs"]
mod figures;
#[path = "spec/malformed.rs"]
mod malformed;
#[path = "spec/properties.rs"]
mod properties;
#[path = "spec/wire.rs"]
mod wire;
