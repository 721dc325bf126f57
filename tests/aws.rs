//! The AWS provider over the real wire protocol, against the emulator: the conformance suite, whole tenants, and
//! what AWS's own client then says.
#![cfg(all(feature = "aws", feature = "postgres"))]
#![allow(missing_docs, reason = "tests read as specification")]

mod support;

#[allow(dead_code, reason = "each test binary uses its own part of this")]
#[path = "support/postgres.rs"]
mod postgres;

#[path = "aws/canary.rs"]
mod canary;
#[path = "aws/client.rs"]
mod client;
#[path = "aws/conformance.rs"]
mod conformance;
#[path = "aws/day_to_day.rs"]
mod day_to_day;
#[path = "aws/examples.rs"]
mod examples;
#[path = "aws/faults.rs"]
mod faults;
#[path = "aws/fights.rs"]
mod fights;
#[path = "aws/inventory.rs"]
mod inventory;
#[path = "aws/life.rs"]
mod life;
#[path = "aws/notices.rs"]
mod notices;
#[path = "aws/outbox.rs"]
mod outbox;
#[path = "aws/platform.rs"]
mod platform;
#[path = "aws/regions.rs"]
mod regions;
#[path = "aws/stores.rs"]
mod stores;
#[path = "aws/tenants.rs"]
mod tenants;
#[path = "aws/verbs.rs"]
mod verbs;
#[path = "aws/whole_life.rs"]
mod whole_life;
#[path = "aws/world.rs"]
mod world;
