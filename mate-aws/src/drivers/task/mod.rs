//! `ecs:Task`.

mod actions;
mod driver;
mod form;
#[cfg(feature = "logs")]
mod logs;
#[cfg(test)]
mod tests;

pub(crate) use driver::TaskDriver;
