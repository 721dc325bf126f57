//! `ecr:Repository`.

mod actions;
mod driver;
mod lifecycle;
#[cfg(test)]
mod tests;

pub(crate) use driver::RepositoryDriver;
