//! `ec2:InternetGateway`.

mod driver;
#[cfg(test)]
mod tests;

pub(crate) use driver::InternetGatewayDriver;
