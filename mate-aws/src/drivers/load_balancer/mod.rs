//! An application load balancer (`elbv2:LoadBalancer`).

mod actions;
mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::LoadBalancerDriver;
