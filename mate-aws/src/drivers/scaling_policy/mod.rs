//! A target-tracking policy (`application-autoscaling:ScalingPolicy`).

mod actions;
mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::ScalingPolicyDriver;
