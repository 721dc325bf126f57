//! `ec2:EIP`.

mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::ElasticIpDriver;
