//! A listener of a load balancer (`elbv2:Listener`).

mod actions;
mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::ListenerDriver;
