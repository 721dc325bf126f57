//! `iam:Role`.

mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::RoleDriver;
