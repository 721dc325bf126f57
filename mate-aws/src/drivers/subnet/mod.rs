//! `ec2:Subnet`.

mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::SubnetDriver;
