//! `ec2:EIP`.

mod actions;
mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::ElasticIpDriver;
