//! `secretsmanager:Secret`.

mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::SecretDriver;
