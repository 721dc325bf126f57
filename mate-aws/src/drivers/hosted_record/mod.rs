//! An alias record (`route53:RecordSet`).

mod actions;
mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::{RecordSetDriver, plain};
