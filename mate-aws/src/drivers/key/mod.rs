//! A customer-managed KMS key with its alias (`kms:Key`).

mod actions;
mod alive;
mod driver;
mod live;
#[cfg(test)]
mod tests;

pub(crate) use driver::KeyDriver;
