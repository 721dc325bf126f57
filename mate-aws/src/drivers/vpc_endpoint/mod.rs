//! `ec2:VPCEndpoint`.

mod actions;
mod alive;
mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::VpcEndpointDriver;
