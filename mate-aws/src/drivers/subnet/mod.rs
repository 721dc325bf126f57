//! `ec2:Subnet`.

mod actions;
mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::SubnetDriver;
