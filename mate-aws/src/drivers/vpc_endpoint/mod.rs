//! `ec2:VPCEndpoint`.

mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::VpcEndpointDriver;
