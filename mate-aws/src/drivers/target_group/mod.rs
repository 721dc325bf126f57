//! A target group of type ip (`elbv2:TargetGroup`).

mod actions;
mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::TargetGroupDriver;
