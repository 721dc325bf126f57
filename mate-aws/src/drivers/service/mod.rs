//! An ECS service (`ecs:Service`).

mod actions;
mod alive;
pub(crate) mod diagnose;
mod driver;
mod form;
#[cfg(test)]
mod tests;
mod traffic;

pub(crate) use driver::ServiceDriver;
