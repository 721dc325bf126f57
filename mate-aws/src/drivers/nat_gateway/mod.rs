//! `ec2:NatGateway`.

mod actions;
mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::NatGatewayDriver;
