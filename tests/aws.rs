//! The AWS provider over the real wire protocol, against the emulator: the conformance suite, whole tenants, and
//! what AWS's own client then says.
#![cfg(feature = "aws")]
#![allow(missing_docs, reason = "tests read as specification")]

mod support;

#[path = "aws/canary.rs"]
mod canary;
#[path = "aws/client.rs"]
mod client;
#[path = "aws/conformance.rs"]
mod conformance;
#[path = "aws/examples.rs"]
mod examples;
#[path = "aws/faults.rs"]
mod faults;
#[path = "aws/inventory.rs"]
mod inventory;
#[path = "aws/platform.rs"]
mod platform;
#[path = "aws/tenants.rs"]
mod tenants;
#[path = "aws/world.rs"]
mod world;
