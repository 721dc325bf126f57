//! `ec2:VPC`.

mod actions;
mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::VpcDriver;
