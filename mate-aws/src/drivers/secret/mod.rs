//! `secretsmanager:Secret`.

mod actions;
mod alive;
mod driver;
#[cfg(test)]
mod tests;
mod versions;

pub(crate) use driver::SecretDriver;
