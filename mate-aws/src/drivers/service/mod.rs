//! An ECS service (`ecs:Service`).

pub(crate) mod diagnose;
mod driver;
mod form;
#[cfg(test)]
mod tests;
mod traffic;

pub(crate) use driver::ServiceDriver;
