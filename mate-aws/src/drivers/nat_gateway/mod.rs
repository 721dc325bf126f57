//! `ec2:NatGateway`.

mod actions;
mod alive;
mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::NatGatewayDriver;
