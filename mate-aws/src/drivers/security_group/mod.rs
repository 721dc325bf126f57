//! `ec2:SecurityGroup`.

mod actions;
mod difference;
mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::SecurityGroupDriver;
