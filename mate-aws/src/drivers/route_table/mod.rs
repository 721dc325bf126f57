//! `ec2:RouteTable`.

mod driver;
mod routes;
#[cfg(test)]
mod tests;

pub(crate) use driver::RouteTableDriver;
