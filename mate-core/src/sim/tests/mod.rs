//! The simulated cloud, tested through the provider that it is.

mod broken;
mod conformance;
mod faults;
mod rules;
mod world;
