//! `ec2:SecurityGroup`.

mod difference;
mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::SecurityGroupDriver;
