//! An ECS service (`ecs:Service`).

mod diagnose;
mod driver;
mod form;
#[cfg(test)]
mod tests;

pub(crate) use driver::ServiceDriver;
