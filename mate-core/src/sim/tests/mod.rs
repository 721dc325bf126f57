//! The simulated cloud, tested through the provider that it is.

mod broken;
mod claims;
mod conformance;
mod faults;
mod image;
mod oracle;
mod platform;
mod rotation;
mod rules;
mod runs;
mod tokens;
mod topics;
mod world;
