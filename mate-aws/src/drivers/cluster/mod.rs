//! `ecs:Cluster`.

mod actions;
mod alive;
mod driver;
mod form;
#[cfg(test)]
mod tests;

pub(crate) use driver::ClusterDriver;
