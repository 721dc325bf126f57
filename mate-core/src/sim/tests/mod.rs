//! The simulated cloud, tested through the provider that it is.

mod conformance;
