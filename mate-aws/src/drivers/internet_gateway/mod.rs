//! `ec2:InternetGateway`.

mod actions;
mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::InternetGatewayDriver;
