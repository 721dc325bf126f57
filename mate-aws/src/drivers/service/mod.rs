//! An ECS service (`ecs:Service`).

pub(crate) mod diagnose;
mod driver;
mod form;
#[cfg(test)]
mod tests;

pub(crate) use driver::ServiceDriver;
