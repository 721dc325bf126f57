//! The bounds of autoscaling (`application-autoscaling:ScalableTarget`).

mod actions;
mod alive;
mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::ScalableTargetDriver;
