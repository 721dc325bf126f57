//! Whole tenants on SimCloud, through the facade only, as an embedding program would.
#![allow(missing_docs, reason = "tests read as specification")]

#[path = "sim/cloud.rs"]
mod cloud;

#[path = "sim/adversary.rs"]
mod adversary;
#[path = "sim/amend.rs"]
mod amend;
#[path = "sim/audit.rs"]
mod audit;
#[path = "sim/blueprint.rs"]
mod blueprint;
#[path = "sim/canary.rs"]
mod canary;
#[path = "sim/cancel.rs"]
mod cancel;
#[path = "sim/command.rs"]
mod command;
#[path = "sim/crash.rs"]
mod crash;
#[path = "sim/deploy.rs"]
mod deploy;
#[path = "sim/diagnosis.rs"]
mod diagnosis;
#[path = "sim/documented.rs"]
mod documented;
#[path = "sim/drift.rs"]
mod drift;
#[path = "sim/embedding.rs"]
mod embedding;
#[path = "sim/environment.rs"]
mod environment;
#[path = "sim/failure.rs"]
mod failure;
#[path = "support/figures.rs"]
mod figures;
#[path = "sim/fleet.rs"]
mod fleet;
#[path = "sim/going_on.rs"]
mod going_on;
#[path = "sim/health.rs"]
mod health;
#[path = "sim/holding.rs"]
mod holding;
#[path = "sim/life.rs"]
mod life;
#[path = "support/logs.rs"]
mod logs;
#[path = "sim/lost_data.rs"]
mod lost_data;
#[path = "sim/maintenance.rs"]
mod maintenance;
#[path = "sim/matrix.rs"]
mod matrix;
#[path = "sim/measure.rs"]
mod measure;
#[path = "sim/measured.rs"]
mod measured;
#[path = "sim/naive.rs"]
mod naive;
#[path = "sim/onboarding.rs"]
mod onboarding;
#[path = "sim/one_read.rs"]
mod one_read;
#[path = "sim/outbox.rs"]
mod outbox;
#[path = "sim/platform.rs"]
mod platform;
#[path = "sim/progress.rs"]
mod progress;
#[path = "sim/properties.rs"]
mod properties;
#[path = "sim/refusals.rs"]
mod refusals;
#[path = "sim/regions.rs"]
mod regions;
#[path = "sim/repair.rs"]
mod repair;
#[path = "sim/replace.rs"]
mod replace;
#[path = "sim/rotate.rs"]
mod rotate;
#[allow(dead_code, reason = "each test binary uses its own part of this")]
#[path = "support/sample.rs"]
mod sample;
#[allow(dead_code, reason = "each test binary uses its own part of this")]
#[path = "simulation/tenant.rs"]
mod small;
#[path = "sim/standing.rs"]
mod standing;
#[path = "sim/state_machine.rs"]
mod state_machine;
#[path = "sim/suspended_cache.rs"]
mod suspended_cache;
#[path = "sim/told.rs"]
mod told;
#[path = "sim/two_groups.rs"]
mod two_groups;
#[path = "sim/verbs.rs"]
mod verbs;
#[path = "sim/whole_life.rs"]
mod whole_life;
#[path = "sim/yielding.rs"]
mod yielding;
