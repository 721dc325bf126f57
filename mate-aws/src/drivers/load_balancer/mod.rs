//! An application load balancer (`elbv2:LoadBalancer`).

mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::LoadBalancerDriver;
