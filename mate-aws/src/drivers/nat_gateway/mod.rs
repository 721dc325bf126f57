//! `ec2:NatGateway`.

mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::NatGatewayDriver;
