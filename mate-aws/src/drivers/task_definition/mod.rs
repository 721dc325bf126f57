//! A task definition (`ecs:TaskDefinition`).

mod actions;
mod driver;
mod form;
#[cfg(test)]
mod tests;

pub(crate) use driver::TaskDefinitionDriver;
