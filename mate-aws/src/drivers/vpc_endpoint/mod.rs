//! `ec2:VPCEndpoint`.

mod actions;
mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::VpcEndpointDriver;
