//! `ec2:VPC`.

mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::VpcDriver;
